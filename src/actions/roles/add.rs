//! `roles add`.

use super::checked_description;
use super::free_name;
use super::require_grantable;
use super::words;
use crate::app::App;
use crate::app::ChangeOptions;
use crate::app::EventDetails;
use crate::app::Result;
use crate::domain::action::Action;
use crate::domain::permission_edit::PermissionEdit;
use crate::domain::role::Permissions;
use crate::domain::role::Role;
use crate::domain::role::RoleId;

/// A role that was added.
#[derive(Debug)]
pub struct AddedRole {
    /// The role.
    pub role: Role,
    /// The permissions that were not named: others require them.
    pub brought: Permissions,
}

/// Adds a role with the permissions that the edit allows, and those that they require.
///
/// # Errors
/// When the name or the description is malformed, the name is taken, or the operator's own role lacks a permission.
pub fn add(
    app: &App,
    name: &str,
    permissions: PermissionEdit,
    description: &str,
    change_options: &ChangeOptions,
) -> Result<AddedRole> {
    app.change(Action::RolesAdd, change_options, |change| {
        let name = free_name(change, name, None)?;
        let description = checked_description(description)?;
        let edited = permissions.apply(Permissions::default());
        require_grantable(change, edited.permissions)?;
        let new = Role { id: RoleId(0), name, description, built_in: false, permissions: edited.permissions };
        let role = Role { id: change.add_role(&new)?, ..new };
        let mut details = EventDetails::default();
        details.note("role", role.name.as_str());
        details.note("permissions", words(role.permissions));
        Ok((details, AddedRole { role, brought: edited.brought }))
    })
}
