//! `users delete`.

use super::targets::ResolvedTargets;
use super::targets::TargetList;
use super::targets::resolve_several;
use crate::app::App;
use crate::app::ChangeOptions;
use crate::app::EventDetails;
use crate::app::Result;
use crate::app::Transaction as _;
use crate::domain::action::Action;
use crate::domain::user::User;
use crate::domain::user::UserReference;

/// Deletes a user. Gives the user as it was.
///
/// # Errors
/// When there is no such user, or the user's role may do more than the operator's.
pub fn delete(app: &App, reference: &UserReference, change_options: &ChangeOptions) -> Result<User> {
    app.change(Action::UsersDelete, change_options, |change| {
        let user = change.subordinate(reference)?;
        change.delete_user(user.id)?;
        Ok((EventDetails::of(&user), user))
    })
}

/// Deletes several users, all or none. Gives those that were deleted.
///
/// # Errors
/// When one does not exist, one's role may do more than the operator's, or they are others than the operator confirmed.
pub fn delete_several(app: &App, several: &TargetList, change_options: &ChangeOptions) -> Result<ResolvedTargets> {
    app.change(Action::UsersDelete, change_options, |change| {
        let (resolved, mut details) = resolve_several(change, several)?;
        details.is_unchanged = change.delete_chosen()? == 0;
        Ok((details, resolved))
    })
}

/// Whether the log beside the store still has values of users whom this app deleted, because others were reading.
pub fn keeps_values(app: &App) -> bool {
    app.store().keeps_erased()
}
