//! `users show`.

use std::collections::HashMap;

use super::list::resolve;
use super::targets::TargetList;
use crate::app::App;
use crate::app::Result;
use crate::app::Transaction as _;
use crate::app::View;
use crate::domain::action::Action;
use crate::domain::password_age::PasswordTimes;
use crate::domain::policy::Fingerprints;
use crate::domain::role::RoleId;
use crate::domain::sign_in::SignInFailures;
use crate::domain::user::User;
use crate::domain::user::UserReference;

/// A user and the name of their role.
#[derive(Debug)]
pub struct UserDetails {
    /// The user.
    pub user: User,
    /// The role's name.
    pub role: String,
    /// Whether their password met the policy in force; `None`: they have none.
    pub meets_policy: Option<bool>,
    /// Whether they must choose another password at the next sign-in.
    pub must_change: bool,
    /// The wrong passwords since the last right one.
    pub failures: SignInFailures,
}

/// Finds a user.
///
/// # Errors
/// When there is none, or the operator may not see users.
pub fn show(app: &App, reference: &UserReference) -> Result<UserDetails> {
    app.view(Action::UsersShow, |view| {
        let user = view.user(reference)?;
        let role = view.role(user.role)?.map(|role| role.name).unwrap_or_default();
        shown(view, user, role, &app.fingerprints(view)?, &view.password_times()?)
    })
}

/// Gives each of several users to `visit`, by address.
///
/// # Errors
/// When one who is named does not exist, the operator may not see users, or `visit` fails.
pub fn show_several(app: &App, several: &TargetList, visit: &mut dyn FnMut(UserDetails) -> Result<()>) -> Result<()> {
    app.view(Action::UsersShow, |view| {
        let query = resolve(view, &several.wanted)?;
        let (fingerprints, times) = (app.fingerprints(view)?, view.password_times()?);
        let roles: HashMap<RoleId, String> = view.roles()?.into_iter().map(|role| (role.id, role.name)).collect();
        view.each_user(&query, false, view.now(), |row| {
            let user = row.to_user()?;
            let role = roles.get(&user.role).cloned().unwrap_or_default();
            visit(shown(view, user, role, &fingerprints, &times)?)
        })
    })
}

fn shown(
    view: &View<'_>,
    user: User,
    role: String,
    fingerprints: &Fingerprints,
    times: &PasswordTimes,
) -> Result<UserDetails> {
    let fingerprint = fingerprints.of(user.role);
    let meets_policy = user.password.as_ref().map(|facts| facts.policy.as_deref() == Some(fingerprint));
    let must_change = user.must_change(view.now(), times);
    let failures = view.sign_in_failures(user.id)?;
    Ok(UserDetails { user, role, meets_policy, must_change, failures })
}
