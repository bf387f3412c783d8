//! `roles delete`.

use super::changeable;
use super::require_unconfigured;
use crate::actions::users::targets::NAMED;
use crate::app::App;
use crate::app::ChangeOptions;
use crate::app::EventDetails;
use crate::app::Result;
use crate::app::Transaction as _;
use crate::domain::action::Action;
use crate::domain::management_refusal::ManagementRefusal;
use crate::domain::operator::Operator;
use crate::domain::refusal::Refusal;
use crate::domain::role::MINIMAL;
use crate::domain::role::Role;
use crate::domain::role::RoleId;

/// A role that was deleted.
#[derive(Debug)]
pub struct DeletedRole {
    /// The role as it was.
    pub role: Role,
    /// The role that its users and operators have now.
    pub to: Role,
    /// How many users had it.
    pub users: u64,
    /// The accounts of the operators who had it.
    pub operators: Vec<String>,
    /// Whether it was the role of the operator who deletes it.
    pub is_own: bool,
}

impl DeletedRole {
    /// How many users and operators had it.
    pub fn holders(&self) -> u64 {
        self.users + self.operators.len() as u64
    }
}

/// Deletes a role. Its users and operators get the role `to`; `None`: Minimal Permissions. `confirmed` is how many of them the
/// operator agreed to move; `None`: any number.
///
/// # Errors
/// [`ManagementRefusal::HoldersChanged`] when there are more; others when there is no such role, it is built in, or one of the two roles
/// allows what the operator's own lacks and somebody would get it.
pub fn delete(
    app: &App,
    name: &str,
    to: Option<&str>,
    confirmed: Option<u64>,
    change_options: &ChangeOptions,
) -> Result<DeletedRole> {
    app.change(Action::RolesDelete, change_options, |change| {
        let role = changeable(change, name)?;
        require_unconfigured(change, &role)?;
        let found = to.map_or_else(|| change.role(RoleId::MINIMAL), |to| change.role_named(to))?;
        let to = found.ok_or_else(|| Refusal::NoSuchRole(to.unwrap_or(MINIMAL).to_owned()))?;
        if to.id == role.id {
            return Err(ManagementRefusal::MoveToItself(role.name).into());
        }
        let is_own = change.authority().has_role(role.id);
        let operators = change.operators()?;
        let accounts = |is_meant: &dyn Fn(&Operator) -> bool| -> Vec<String> {
            operators.iter().filter(|operator| is_meant(operator)).map(|operator| operator.account.clone()).collect()
        };
        // Without the role they would be limited to nobody, or not at all.
        let limited = accounts(&|operator| operator.limits.roles.contains_key(&role.id));
        if !limited.is_empty() {
            return Err(ManagementRefusal::RoleIsLimit { role: role.name, operators: limited }.into());
        }
        let operators = accounts(&|operator| operator.role == role.id);
        let users = change.delete_role(role.id, to.id, change.now())?;
        let deleted = DeletedRole { role, to, users, operators, is_own };
        let found = deleted.holders();
        if found > 0 {
            change.may_give(&deleted.to)?;
        }
        if let Some(confirmed) = confirmed.filter(|confirmed| *confirmed < found) {
            return Err(ManagementRefusal::HoldersChanged { confirmed, found }.into());
        }
        let mut details = EventDetails::default();
        details.note("role", deleted.role.name.as_str());
        details.note("moved_to", deleted.to.name.as_str());
        details.note("users", users);
        details.note("operators", deleted.operators.iter().take(NAMED).map(String::as_str).collect::<Vec<_>>());
        Ok((details, deleted))
    })
}
