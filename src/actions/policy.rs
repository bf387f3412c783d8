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
use crate::secrets::password::Password;

/// Asks whether the operator may see the policy.
///
/// # Errors
/// When he is none.
pub fn show(desk: &Desk) -> Result<()> {
    desk.view(Action::PolicyShow, |_| Ok(()))
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
        Some(user) => desk.judge(user, password),
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
