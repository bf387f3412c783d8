//! `users unlock`.

use super::targets::ResolvedTargets;
use super::targets::TargetList;
use super::targets::resolve_several;
use crate::app::App;
use crate::app::ChangeOptions;
use crate::app::EventDetails;
use crate::app::Result;
use crate::app::Transaction as _;
use crate::domain::action::Action;
use crate::domain::user::UserReference;
use crate::store::selected_users::BulkUnlockOutcome;

/// What `users unlock` found and did.
#[derive(Debug, PartialEq, Eq)]
pub struct UnlockOutcome {
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
pub fn unlock(app: &App, reference: &UserReference, change_options: &ChangeOptions) -> Result<UnlockOutcome> {
    app.change(Action::UsersUnlock, change_options, |change| {
        let user = change.subordinate(reference)?;
        let was_locked = user.lock.is_some();
        if was_locked {
            change.set_lock(user.id, None, change.now())?;
        }
        let failures = change.sign_in_failures(user.id)?.count;
        let mut details = EventDetails::of(&user);
        if change.clear_sign_in_failures(user.id)? {
            details.note("failed_logins", failures);
        } else {
            details.is_unchanged = !was_locked;
        }
        Ok((details, UnlockOutcome { username: user.username.to_string(), was_locked, failures }))
    })
}

/// What unlocking several users found and did.
#[derive(Debug, PartialEq, Eq)]
pub struct UnlockManyOutcome {
    /// The users.
    pub users: ResolvedTargets,
    /// What was done.
    pub done: BulkUnlockOutcome,
}

impl AsRef<ResolvedTargets> for UnlockManyOutcome {
    fn as_ref(&self) -> &ResolvedTargets {
        &self.users
    }
}

/// Ends the locks of several users, and clears their wrong passwords, all or none.
///
/// # Errors
/// When one does not exist, one's role may do more than the operator's, or they are others than the operator confirmed.
pub fn unlock_several(app: &App, several: &TargetList, change_options: &ChangeOptions) -> Result<UnlockManyOutcome> {
    app.change(Action::UsersUnlock, change_options, |change| {
        let (users, mut details) = resolve_several(change, several)?;
        let done = change.unlock_chosen(change.now())?;
        details.is_unchanged = done.changed == 0;
        details.note("unlocked", done.unlocked);
        if done.failures > 0 {
            details.note("failed_logins", done.failures);
        }
        Ok((details, UnlockManyOutcome { users, done }))
    })
}
