//! Edits of many users at once, and their results.

use crate::domain::role::RoleId;
use crate::domain::user::SignIn;

/// The fields that an edit of many users can set; `None` leaves a field as it is.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct BulkEdit {
    /// The role.
    pub role: Option<RoleId>,
    /// How they sign in. SAML removes their passwords.
    pub sign_in: Option<SignIn>,
    /// The language; the inner `None` is the organization's.
    pub locale: Option<Option<String>>,
    /// Whether they must choose another password at the next sign-in. Users without a password stay as they are.
    pub must_change: Option<bool>,
    /// Forgets that their addresses bounced.
    pub clear_bounce: bool,
}

/// What an edit of many users did.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct BulkEditOutcome {
    /// How many users were changed.
    pub changed: u64,
    /// How many passwords were removed.
    pub passwords_removed: u64,
    /// How many users have no password that they could have to change.
    pub without_password: u64,
}

/// What locking many users did.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct BulkLockOutcome {
    /// How many users got the lock.
    pub changed: u64,
    /// How many users keep a lock in force that ends later.
    pub kept: u64,
}

/// What unlocking many users did.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct BulkUnlockOutcome {
    /// How many users were locked or had wrong passwords.
    pub changed: u64,
    /// How many users were locked.
    pub unlocked: u64,
    /// How many users had wrong passwords since the last right one.
    pub cleared: u64,
    /// How many wrong passwords those were.
    pub failures: u64,
}
