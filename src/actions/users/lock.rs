//! `users lock`.

use jiff::Timestamp;

use super::targets::ResolvedTargets;
use super::targets::TargetList;
use super::targets::resolve_several;
use crate::actions::users::list::UserFilter;
use crate::actions::users::list::resolve;
use crate::app::App;
use crate::app::Change;
use crate::app::ChangeOptions;
use crate::app::EventDetails;
use crate::app::Result;
use crate::app::Transaction as _;
use crate::domain::action::Action;
use crate::domain::refusal::ExpectedEffect;
use crate::domain::refusal::Refusal;
use crate::domain::user::Lock;
use crate::domain::user::LockChange;
use crate::domain::user::User;
use crate::domain::user::UserReference;
use crate::store::selected_users::BulkLockOutcome;

/// What was found and done.
#[derive(Debug, PartialEq, Eq)]
pub struct LockOutcome {
    /// The user's name.
    pub username: String,
    /// False if they were so already.
    pub changed: bool,
}

/// Locks a user, until a moment or until `users unlock`, and ends the user's sessions. A lock in force keeps its reason where
/// the operator gives none.
///
/// # Errors
/// [`Refusal::LockedLonger`] when the lock in force ends later; others when there is no such user, the user's role may do more
/// than the operator's, or the moment has passed.
pub fn lock(
    app: &App,
    reference: &UserReference,
    until: Option<Timestamp>,
    change_options: &ChangeOptions,
) -> Result<LockOutcome> {
    app.change(Action::UsersLock, change_options, |change| {
        let user = change.subordinate(reference)?;
        let lock = new_lock(change, until, change_options)?;
        let changed = match user.locking(&lock, change.now()) {
            LockChange::Set(lock) => {
                change.set_lock(user.id, Some(&lock), change.now())?;
                true
            }
            LockChange::Same => false,
            LockChange::Kept(Lock { until, .. }) => {
                return Err(Refusal::LockedLonger { user: name(&user), until }.into());
            }
        };
        let mut details = EventDetails::of(&user);
        details.is_unchanged = !changed;
        details.note("until", end(until));
        Ok((details, LockOutcome { username: name(&user), changed }))
    })
}

/// How many users a command may lock.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LockLimit {
    /// Any number.
    Any,
    /// This number, or none.
    Exactly(u64),
    /// Half of the users among whom the list of those who stay was applied.
    Half,
}

/// What locking several users found and did.
#[derive(Debug, PartialEq, Eq)]
pub struct LockManyOutcome {
    /// The users.
    pub users: ResolvedTargets,
    /// How many of them were locked.
    pub changed: u64,
    /// How many of them keep a lock that ends later; the others had the same lock already.
    pub kept: u64,
}

impl AsRef<ResolvedTargets> for LockManyOutcome {
    fn as_ref(&self) -> &ResolvedTargets {
        &self.users
    }
}

/// Locks several users, all or none. A lock in force that ends later is kept, and one whose user is locked for longer by the new
/// one keeps its reason where the operator gives none.
///
/// # Errors
/// When one does not exist, one's role may do more than the operator's, they are others than the operator confirmed, the
/// moment has passed, or more or fewer users would be locked than `limit` allows.
pub fn lock_several(
    app: &App,
    several: &TargetList,
    until: Option<Timestamp>,
    limit: LockLimit,
    change_options: &ChangeOptions,
) -> Result<LockManyOutcome> {
    app.change(Action::UsersLock, change_options, |change| {
        let (users, mut details) = resolve_several(change, several)?;
        let BulkLockOutcome { changed, kept } =
            change.lock_chosen(&new_lock(change, until, change_options)?, change.now())?;
        require_within(change, &several.wanted, limit, changed)?;
        details.is_unchanged = changed == 0;
        details.note("changed", changed);
        details.note("until", end(until));
        if kept > 0 {
            details.note("locked_longer", kept);
        }
        Ok((details, LockManyOutcome { users, changed, kept }))
    })
}

/// Refuses to lock another number of users than the limit allows.
fn require_within(change: &Change<'_>, wanted: &UserFilter, limit: LockLimit, locked: u64) -> Result<()> {
    match limit {
        LockLimit::Exactly(expected) if locked != expected => {
            Err(Refusal::NotExpected { effect: ExpectedEffect::Locked, expected, found: locked }.into())
        }
        LockLimit::Half => {
            let all = resolve(change, &UserFilter { excluded: None, ..wanted.clone() })?;
            let of = change.count_users(&all.selection, change.now())?;
            if locked > of / 2 { Err(Refusal::MostLocked { locked, of }.into()) } else { Ok(()) }
        }
        LockLimit::Exactly(_) | LockLimit::Any => Ok(()),
    }
}

/// The lock, unless its end has passed.
fn new_lock(change: &Change<'_>, until: Option<Timestamp>, change_options: &ChangeOptions) -> Result<Lock> {
    if until.is_some_and(|until| until <= change.now()) {
        return Err(Refusal::Field { field: "end of the lock", fault: "lies in the past".to_owned() }.into());
    }
    Ok(Lock { until, reason: change_options.reason.clone() })
}

/// The end of a lock in an event.
fn end(until: Option<Timestamp>) -> String {
    until.map_or("permanent".to_owned(), |until| until.to_string())
}

fn name(user: &User) -> String {
    user.username.to_string()
}
