//! `users delete`.

use super::targets::Resolved;
use super::targets::Several;
use super::targets::resolve_several;
use crate::actions::Desk;
use crate::actions::Intent;
use crate::actions::Record;
use crate::actions::Result;
use crate::actions::Scene as _;
use crate::domain::action::Action;
use crate::domain::user::User;
use crate::domain::user::UserReference;

/// Deletes a user. Gives the user as it was.
///
/// # Errors
/// When there is no such user, or the user's role may do more than the operator's.
pub fn delete(desk: &Desk, reference: &UserReference, intent: &Intent) -> Result<User> {
    desk.change(Action::UsersDelete, intent, |change| {
        let user = change.subordinate(reference)?;
        change.delete_user(user.id)?;
        Ok((Record::of(&user), user))
    })
}

/// Deletes several users, all or none. Gives those that were deleted.
///
/// # Errors
/// When one does not exist, one's role may do more than the operator's, or they are others than the operator confirmed.
pub fn delete_several(desk: &Desk, several: &Several, intent: &Intent) -> Result<Resolved> {
    desk.change(Action::UsersDelete, intent, |change| {
        let (resolved, mut record) = resolve_several(change, several)?;
        record.is_unchanged = change.delete_chosen()? == 0;
        Ok((record, resolved))
    })
}
