//! `policy show` and `policy check`.

use crate::app::ActionError;
use crate::app::App;
use crate::app::Result;
use crate::app::Transaction as _;
use crate::app::View;
use crate::domain::action::Action;
use crate::domain::policy::PersonalWords;
use crate::domain::policy::Violation;
use crate::domain::refusal::Refusal;
use crate::domain::role::Permission;
use crate::domain::user::User;
use crate::domain::user::UserReference;
use crate::secrets::admission::FormerPasswords;
use crate::secrets::password::Password;

/// Asks whether the operator may see the policy. For those who may see users, counts the hashes that cost less than a new one.
///
/// # Errors
/// When they are no operator.
pub fn show(app: &App) -> Result<Option<u64>> {
    app.view(Action::PolicyShow, |view| {
        if view.require(Permission::ViewUsers).is_err() {
            return Ok(None);
        }
        Ok(Some(weak_hashes(app, view)?))
    })
}

/// How many hashes cost less than a new one.
pub(super) fn weak_hashes(app: &App, view: &View<'_>) -> Result<u64> {
    let hashes = view.password_hashes_by_cost()?;
    Ok(hashes.iter().filter(|(hash, _)| app.is_weak(hash)).map(|(_, count)| count).sum())
}

/// The rules that a password would break, for a user where one is named. Sets nothing and notes nothing.
///
/// # Errors
/// When the operator is none, or the user does not exist.
pub fn check(app: &App, reference: Option<&UserReference>, password: &Password) -> Result<Vec<Violation>> {
    let user: Option<User> = app.view(Action::PolicyCheck, |view| match reference {
        None => Ok(None),
        Some(reference) => {
            view.require(Permission::ViewUsers)?;
            Ok(Some(view.user(reference)?))
        }
    })?;
    let validated = match &user {
        Some(user) => app.validate(user, password, &FormerPasswords::default()),
        None => {
            let organization = app.organization();
            let words = PersonalWords {
                username: "",
                email: "",
                name: "",
                organization: &organization.name,
                email_domains: &organization.email_domains,
            };
            return Ok(password.faults(app.policy()?, &words)?);
        }
    };
    match validated {
        Ok(()) => Ok(Vec::new()),
        Err(ActionError::Refused(Refusal::Policy { faults, .. })) => Ok(faults),
        Err(error) => Err(error),
    }
}
