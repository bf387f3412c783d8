//! `roles list`.

use crate::app::App;
use crate::app::Result;
use crate::domain::action::Action;
use crate::domain::role::Role;

/// All roles, by name.
///
/// # Errors
/// When the operator is none.
pub fn list(app: &App) -> Result<Vec<Role>> {
    app.view(Action::RolesList, |view| Ok(view.roles()?))
}
