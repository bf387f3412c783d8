//! `users lock` and `users unlock`.

use jiff::Timestamp;

use crate::actions::Desk;
use crate::actions::Intent;
use crate::actions::Record;
use crate::actions::Result;
use crate::actions::Scene as _;
use crate::domain::action::Action;
use crate::domain::refusal::Refusal;
use crate::domain::user::Lock;
use crate::domain::user::Status;
use crate::domain::user::User;
use crate::domain::user::UserReference;

/// What was found and done.
#[derive(Debug, PartialEq, Eq)]
pub struct Outcome {
    /// The user's name.
    pub username: String,
    /// False if he was so already.
    pub changed: bool,
}

/// Locks a user, until a moment or for good, and ends his sessions. A lock that is there already is replaced.
///
/// # Errors
/// When he does not exist, outranks the operator, or the moment has passed.
pub fn lock(desk: &Desk, reference: &UserReference, until: Option<Timestamp>, intent: &Intent) -> Result<Outcome> {
    desk.change(Action::UsersLock, intent, |change| {
        let user = change.subordinate(reference)?;
        if until.is_some_and(|until| until <= change.now()) {
            return Err(Refusal::Field { field: "end of the lock", fault: "lies in the past".to_owned() }.into());
        }
        let lock = Lock { until, reason: intent.reason.clone() };
        let changed = user.status(change.now()) == Status::Active || user.lock.as_ref() != Some(&lock);
        if changed {
            change.set_lock(user.id, Some(&lock), change.now())?;
        }
        let mut record = Record::of(&user);
        record.note("until", until.map_or("for good".to_owned(), |until| until.to_string()));
        Ok((record, Outcome { username: name(&user), changed }))
    })
}

/// Ends a user's lock.
///
/// # Errors
/// When he does not exist or outranks the operator.
pub fn unlock(desk: &Desk, reference: &UserReference, intent: &Intent) -> Result<Outcome> {
    desk.change(Action::UsersUnlock, intent, |change| {
        let user = change.subordinate(reference)?;
        let changed = user.lock.is_some();
        if changed {
            change.set_lock(user.id, None, change.now())?;
        }
        Ok((Record::of(&user), Outcome { username: name(&user), changed }))
    })
}

fn name(user: &User) -> String {
    user.username.to_string()
}
