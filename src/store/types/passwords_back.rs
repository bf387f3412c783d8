//! The passwords that jobs have ended, for comparing a store with a copy that is to replace it.

use std::collections::HashMap;

use crate::domain::job::JobId;

/// Why there may be ended passwords that nobody can count.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Uncounted {
    /// There is no store to compare the copy with.
    NoStore,
    /// Not all of the store can be read.
    Damaged,
}

impl Uncounted {
    /// The same in words.
    pub fn word(self) -> &'static str {
        match self {
            Self::NoStore => "there is no store to compare the backup with",
            Self::Damaged => "the replaced store is damaged",
        }
    }
}

/// Whose passwords jobs have ended in a store, for comparing it with a copy that is to take its place.
#[derive(Debug, Default)]
pub struct EndedPasswords {
    pub(in crate::store) users: HashMap<i64, EndedUser>,
    /// The fingerprint of the reset key: a copy with the same one is a copy of this store.
    pub(in crate::store) key: Option<Vec<u8>>,
    pub(in crate::store) jobs: Vec<EndingJob>,
    /// Whether the users of the jobs can be listed.
    pub(in crate::store) has_lists: bool,
    pub(in crate::store) uncounted: Option<Uncounted>,
}

/// A user whose passwords jobs have ended. Ids are never given again, but the copy may be of another store.
#[derive(Debug)]
pub(in crate::store) struct EndedUser {
    /// When the last password ended, in unix seconds.
    pub(in crate::store) ended_at: i64,
    /// When the user was added, in unix seconds.
    pub(in crate::store) added_at: Option<i64>,
    /// The address of a user who was deleted since.
    pub(in crate::store) address: Option<String>,
}

/// A job that ended passwords.
#[derive(Debug)]
pub(in crate::store) struct EndingJob {
    pub(in crate::store) id: i64,
    pub(in crate::store) created_at: i64,
    pub(in crate::store) passwords: i64,
}

/// The passwords of a copy that were ended after it was made.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct PasswordsBack {
    /// How many users log in with them once the copy is the store.
    pub count: u64,
    /// Why there may be more; `None`: there are no more.
    pub uncounted: Option<Uncounted>,
    /// The jobs that ended them, as far as the store that is replaced still has them, and the users of each; the copy has none of them.
    pub jobs: Vec<JobId>,
}

impl EndedUser {
    /// Whether it is the user of a copy with the same id. What a damaged store does not tell excludes nobody.
    pub(in crate::store) fn is(&self, is_same_store: bool, created_at: i64, email: Option<&str>) -> bool {
        match (self.added_at, &self.address) {
            (Some(added_at), _) => added_at == created_at,
            (None, Some(address)) => is_same_store || email == Some(address),
            (None, None) => true,
        }
    }
}
