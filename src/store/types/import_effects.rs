//! What an import takes away from users.

use super::import::RowPlace;
use crate::domain::removal::Removals;

/// What an update changes that its operator may not expect.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct UpdateEffects {
    /// What it takes away.
    pub removals: Removals,
    /// From how many users.
    pub users: u64,
    /// How many users get another role.
    pub roles_changed: u64,
    /// How many users get a hash who have no password since a job ended theirs. It may be of the ended one: a login that replaces a
    /// hash by a stronger one leaves others of the same password in older exports.
    pub after_end: u64,
}

/// What a row does to the lock of its user.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LockEffect {
    /// The user would not be locked.
    Ended,
    /// The lock would end sooner.
    Shortened,
}

/// A row that takes something away from its user.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RowRemoval {
    /// Its place in the input.
    pub place: RowPlace,
    /// The username as it is before the import.
    pub username: String,
    /// Whether the password is removed.
    pub password: bool,
    /// What becomes of a lock in force that does not stay.
    pub lock: Option<LockEffect>,
}
