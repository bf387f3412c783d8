//! `policy show` and `policy check`.

use crate::actions::ActionError;
use crate::actions::Desk;
use crate::actions::Result;
use crate::actions::Scene as _;
use crate::domain::action::Action;
use crate::domain::policy::Fault;
use crate::domain::policy::PersonalWords;
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
pub fn show(desk: &Desk) -> Result<Option<u64>> {
    desk.view(Action::PolicyShow, |view| {
        if view.require(Permission::ViewUsers).is_err() {
            return Ok(None);
        }
        let hashes = view.password_hashes_by_cost()?;
        Ok(Some(hashes.iter().filter(|(hash, _)| desk.is_weak(hash)).map(|(_, count)| count).sum()))
    })
}

/// The rules that a password would break, for a user where one is named. Sets nothing and notes nothing.
///
/// # Errors
/// When the operator is none, or the user does not exist.
pub fn check(desk: &Desk, reference: Option<&UserReference>, password: &Password) -> Result<Vec<Fault>> {
    let user: Option<User> = desk.view(Action::PolicyCheck, |view| match reference {
        None => Ok(None),
        Some(reference) => {
            view.require(Permission::ViewUsers)?;
            Ok(Some(view.user(reference)?))
        }
    })?;
    let judged = match &user {
        Some(user) => desk.judge(user, password, &FormerPasswords::default()),
        None => {
            let organization = desk.organization();
            let words = PersonalWords {
                username: "",
                email: "",
                name: "",
                organization: &organization.name,
                email_domains: &organization.email_domains,
            };
            return Ok(password.faults(desk.policy()?, &words));
        }
    };
    match judged {
        Ok(()) => Ok(Vec::new()),
        Err(ActionError::Refused(Refusal::Policy { faults, .. })) => Ok(faults),
        Err(error) => Err(error),
    }
}
