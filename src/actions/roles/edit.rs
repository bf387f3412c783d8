//! `roles edit`.

use super::changeable;
use super::checked_description;
use super::free_name;
use super::require_grantable;
use super::require_unconfigured;
use super::words;
use crate::app::App;
use crate::app::ChangeOptions;
use crate::app::EventDetails;
use crate::app::Result;
use crate::app::Transaction as _;
use crate::domain::action::Action;
use crate::domain::management_refusal::ManagementRefusal;
use crate::domain::permission_edit::EditedPermissions;
use crate::domain::permission_edit::PermissionEdit;
use crate::domain::role::Role;

/// What is to be changed of a role.
#[derive(Debug, Clone, Copy, Default)]
pub struct RoleEdit<'a> {
    /// The permissions to allow and to deny.
    pub permissions: PermissionEdit,
    /// The new name.
    pub rename: Option<&'a str>,
    /// The new description; may be empty.
    pub description: Option<&'a str>,
}

/// A role that was changed.
#[derive(Debug)]
pub struct EditedRole {
    /// The role as it was.
    pub old: Role,
    /// The role as it is.
    pub role: Role,
    /// What became of its permissions.
    pub permissions: EditedPermissions,
    /// How many users have it.
    pub users: u64,
    /// The accounts of the operators who have it.
    pub operators: Vec<String>,
    /// Whether it is the role of the operator who changes it.
    pub is_own: bool,
}

impl EditedRole {
    /// Whether anything differs.
    pub fn is_changed(&self) -> bool {
        self.old != self.role
    }
}

/// Changes a role. Users and operators who have it keep it.
///
/// # Errors
/// When there is no such role, it is built in, it allows or would allow what the operator's own role lacks, the new name is
/// malformed or taken, or the operator's own role would allow nothing any more.
pub fn edit(app: &App, name: &str, edit: RoleEdit<'_>, change_options: &ChangeOptions) -> Result<EditedRole> {
    app.change(Action::RolesEdit, change_options, |change| {
        let old = changeable(change, name)?;
        let permissions = edit.permissions.apply(old.permissions);
        require_grantable(change, permissions.gained)?;
        let is_own = change.authority().has_role(old.id);
        if is_own && permissions.permissions.is_empty() && !permissions.lost.is_empty() {
            return Err(ManagementRefusal::LastOwnPermission(old.name).into());
        }
        let role = Role {
            name: edit
                .rename
                .map(|new| free_name(change, new, Some(old.id)))
                .transpose()?
                .unwrap_or_else(|| old.name.clone()),
            description: edit
                .description
                .map(checked_description)
                .transpose()?
                .unwrap_or_else(|| old.description.clone()),
            permissions: permissions.permissions,
            ..old
        };
        let mut details = EventDetails { is_unchanged: role == old, ..EventDetails::default() };
        details.note("role", old.name.as_str());
        if role.name != old.name {
            details.note("renamed", role.name.as_str());
        }
        if role.description != old.description {
            details.note("description", role.description.as_str());
        }
        for (name, changed) in [("allowed", permissions.gained), ("denied", permissions.lost)] {
            if !changed.is_empty() {
                details.note(name, words(changed));
            }
        }
        if role.name != old.name {
            require_unconfigured(change, &old)?;
        }
        if role != old {
            change.update_role(&role)?;
        }
        let users = change.users_with_role(role.id)?;
        let operators = change.operators()?.into_iter().filter(|operator| operator.role == role.id);
        let operators = operators.map(|operator| operator.account).collect();
        Ok((details, EditedRole { old, role, permissions, users, operators, is_own }))
    })
}
