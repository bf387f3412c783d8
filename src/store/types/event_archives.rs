//! Events that are moved out of the store.

use crate::domain::event::EventFields;
use crate::domain::user_change::ChangeValues;

/// The events at the beginning of the store's chain that happened before a moment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OldEvents {
    /// The number of the first one.
    pub first: i64,
    /// The number of the last one.
    pub last: i64,
    /// The hash of the event before the first one.
    pub hash_before: Vec<u8>,
    /// The hash of the last one.
    pub last_hash: Vec<u8>,
    /// How many user changes they have.
    pub changes: i64,
    /// How many of these have lost their values.
    pub erased: i64,
}

impl OldEvents {
    /// How many there are.
    pub fn events(&self) -> u64 {
        (self.last - self.first + 1).unsigned_abs()
    }
}

/// What is moved: an event, or a user change of the event before it with its digest.
#[derive(Debug, Clone, Copy)]
pub enum OldRow<'a> {
    /// An event.
    Event(&'a EventFields<'a>),
    /// A user change.
    Change(&'a ChangeValues<'a>, &'a [u8]),
}
