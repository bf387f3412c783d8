//! `roles show`.

use crate::app::App;
use crate::app::Result;
use crate::app::Transaction as _;
use crate::domain::action::Action;
use crate::domain::refusal::Refusal;
use crate::domain::role::Permission;
use crate::domain::role::Role;

/// A role, and who has it.
#[derive(Debug)]
pub struct RoleDetails {
    /// The role.
    pub role: Role,
    /// How many users have it; `None`: the operator may not see users.
    pub users: Option<u64>,
    /// The accounts of the operators who have it.
    pub operators: Vec<String>,
}

/// Shows a role.
///
/// # Errors
/// When there is no such role, or the account is no operator.
pub fn show(app: &App, name: &str) -> Result<RoleDetails> {
    app.view(Action::RolesShow, |view| {
        let role = view.role_named(name)?.ok_or_else(|| Refusal::NoSuchRole(name.to_owned()))?;
        let may_see = view.authority().permissions().has(Permission::ViewUsers);
        let users = if may_see { Some(view.users_with_role(role.id)?) } else { None };
        let operators = view.operators()?.into_iter().filter(|operator| operator.role == role.id);
        Ok(RoleDetails { operators: operators.map(|operator| operator.account).collect(), role, users })
    })
}
