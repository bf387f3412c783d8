//! `roles list`.

use crate::actions::Desk;
use crate::actions::Result;
use crate::domain::action::Action;
use crate::domain::role::Role;

/// All roles, by name.
///
/// # Errors
/// When the operator is none.
pub fn list(desk: &Desk) -> Result<Vec<Role>> {
    desk.view(Action::RolesList, |view| Ok(view.roles()?))
}
