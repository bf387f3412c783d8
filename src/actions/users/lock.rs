//! `users lock` and `users unlock`.

use jiff::Timestamp;

use super::targets::Resolved;
use super::targets::Several;
use super::targets::resolve_several;
use crate::actions::Change;
use crate::actions::Desk;
use crate::actions::Intent;
use crate::actions::Record;
use crate::actions::Result;
use crate::actions::Scene as _;
use crate::domain::action::Action;
use crate::domain::refusal::Refusal;
use crate::domain::user::Lock;
use crate::domain::user::Locking;
use crate::domain::user::User;
use crate::domain::user::UserReference;
use crate::store::chosen::ChosenLocked;
use crate::store::chosen::ChosenUnlocked;

/// What was found and done.
#[derive(Debug, PartialEq, Eq)]
pub struct Outcome {
    /// The user's name.
    pub username: String,
    /// False if he was so already.
    pub changed: bool,
}

/// Locks a user, until a moment or until `users unlock`, and ends the user's sessions. A lock in force keeps its reason where
/// the operator gives none.
///
/// # Errors
/// [`Refusal::LockedLonger`] when the lock in force ends later; others when there is no such user, the user's role may do more
/// than the operator's, or the moment has passed.
pub fn lock(desk: &Desk, reference: &UserReference, until: Option<Timestamp>, intent: &Intent) -> Result<Outcome> {
    desk.change(Action::UsersLock, intent, |change| {
        let user = change.subordinate(reference)?;
        let lock = new_lock(change, until, intent)?;
        let changed = match user.locking(&lock, change.now()) {
            Locking::Set(lock) => {
                change.set_lock(user.id, Some(&lock), change.now())?;
                true
            }
            Locking::Same => false,
            Locking::Kept(Lock { until, .. }) => {
                return Err(Refusal::LockedLonger { user: name(&user), until }.into());
            }
        };
        let mut record = Record::of(&user);
        record.is_unchanged = !changed;
        record.note("until", end(until));
        Ok((record, Outcome { username: name(&user), changed }))
    })
}

/// What locking several users found and did.
#[derive(Debug, PartialEq, Eq)]
pub struct LockedSeveral {
    /// The users.
    pub users: Resolved,
    /// How many of them were locked.
    pub changed: u64,
    /// How many of them keep a lock that ends later; the others had the same lock already.
    pub kept: u64,
}

impl AsRef<Resolved> for LockedSeveral {
    fn as_ref(&self) -> &Resolved {
        &self.users
    }
}

/// Locks several users, all or none. A lock in force that ends later is kept, and one whose user is locked for longer by the new
/// one keeps its reason where the operator gives none.
///
/// # Errors
/// When one does not exist, one's role may do more than the operator's, they are others than the operator confirmed, or the
/// moment has passed.
pub fn lock_several(
    desk: &Desk,
    several: &Several,
    until: Option<Timestamp>,
    intent: &Intent,
) -> Result<LockedSeveral> {
    desk.change(Action::UsersLock, intent, |change| {
        let (users, mut record) = resolve_several(change, several)?;
        let ChosenLocked { changed, kept } = change.lock_chosen(&new_lock(change, until, intent)?, change.now())?;
        record.is_unchanged = changed == 0;
        record.note("changed", changed);
        record.note("until", end(until));
        if kept > 0 {
            record.note("locked_longer", kept);
        }
        Ok((record, LockedSeveral { users, changed, kept }))
    })
}

/// The lock, unless its end has passed.
fn new_lock(change: &Change<'_>, until: Option<Timestamp>, intent: &Intent) -> Result<Lock> {
    if until.is_some_and(|until| until <= change.now()) {
        return Err(Refusal::Field { field: "end of the lock", fault: "lies in the past".to_owned() }.into());
    }
    Ok(Lock { until, reason: intent.reason.clone() })
}

/// The end of a lock in an event.
fn end(until: Option<Timestamp>) -> String {
    until.map_or("permanent".to_owned(), |until| until.to_string())
}

/// What `users unlock` found and did.
#[derive(Debug, PartialEq, Eq)]
pub struct Unlocked {
    /// The user's name.
    pub username: String,
    /// Whether the user was locked.
    pub was_locked: bool,
    /// How many wrong passwords are forgotten.
    pub failures: u64,
}

/// Ends a user's lock, and forgets the wrong passwords since the last right one.
///
/// # Errors
/// When there is no such user, or the user's role may do more than the operator's.
pub fn unlock(desk: &Desk, reference: &UserReference, intent: &Intent) -> Result<Unlocked> {
    desk.change(Action::UsersUnlock, intent, |change| {
        let user = change.subordinate(reference)?;
        let was_locked = user.lock.is_some();
        if was_locked {
            change.set_lock(user.id, None, change.now())?;
        }
        let failures = change.sign_in_failures(user.id)?.count;
        let mut record = Record::of(&user);
        if change.clear_sign_in_failures(user.id)? {
            record.note("failed_logins", failures);
        } else {
            record.is_unchanged = !was_locked;
        }
        Ok((record, Unlocked { username: name(&user), was_locked, failures }))
    })
}

/// What unlocking several users found and did.
#[derive(Debug, PartialEq, Eq)]
pub struct UnlockedSeveral {
    /// The users.
    pub users: Resolved,
    /// What was done.
    pub done: ChosenUnlocked,
}

impl AsRef<Resolved> for UnlockedSeveral {
    fn as_ref(&self) -> &Resolved {
        &self.users
    }
}

/// Ends the locks of several users, and clears their wrong passwords, all or none.
///
/// # Errors
/// When one does not exist, one's role may do more than the operator's, or they are others than the operator confirmed.
pub fn unlock_several(desk: &Desk, several: &Several, intent: &Intent) -> Result<UnlockedSeveral> {
    desk.change(Action::UsersUnlock, intent, |change| {
        let (users, mut record) = resolve_several(change, several)?;
        let done = change.unlock_chosen(change.now())?;
        record.is_unchanged = done.changed == 0;
        record.note("unlocked", done.unlocked);
        if done.failures > 0 {
            record.note("failed_logins", done.failures);
        }
        Ok((record, UnlockedSeveral { users, done }))
    })
}

fn name(user: &User) -> String {
    user.username.to_string()
}
