//! `users show`.

use crate::actions::Desk;
use crate::actions::Result;
use crate::actions::Scene as _;
use crate::domain::action::Action;
use crate::domain::sign_in::SignInFailures;
use crate::domain::user::User;
use crate::domain::user::UserReference;

/// A user and the name of his role.
#[derive(Debug)]
pub struct Shown {
    /// The user.
    pub user: User,
    /// The role's name.
    pub role: String,
    /// Whether his password met the policy in force; `None`: he has none.
    pub meets_policy: Option<bool>,
    /// The wrong passwords since the last right one.
    pub failures: SignInFailures,
}

/// Finds a user.
///
/// # Errors
/// When there is none, or the operator may not see users.
pub fn show(desk: &Desk, reference: &UserReference) -> Result<Shown> {
    desk.view(Action::UsersShow, |view| {
        let user = view.user(reference)?;
        let role = view.role(user.role)?.map(|role| role.name).unwrap_or_default();
        let fingerprint = desk.policy()?.fingerprint();
        let meets_policy = user.password.as_ref().map(|facts| facts.policy.as_deref() == Some(fingerprint.as_str()));
        let failures = view.sign_in_failures(user.id)?;
        Ok(Shown { user, role, meets_policy, failures })
    })
}
