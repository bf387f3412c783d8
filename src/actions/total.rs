//! How long a list is of which only the beginning was asked for.

use crate::store;

/// How many rows a list has in all; `None`: it had no limit, and all of them were given.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Total(pub Option<u64>);

impl Total {
    /// Counts, if the list had a limit.
    ///
    /// # Errors
    /// As `count`.
    pub(super) fn of(limit: Option<u64>, count: impl FnOnce() -> store::Result<u64>) -> store::Result<Self> {
        limit.map(|_| count()).transpose().map(Self)
    }
}
