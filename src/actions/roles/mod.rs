//! Roles: what operators may do, and who may act on users.

pub mod add;
pub mod clone;
pub mod delete;
pub mod edit;
pub mod list;
pub mod show;

use crate::app::Change;
use crate::app::Result;
use crate::app::Transaction as _;
use crate::domain::management_refusal::ManagementRefusal;
use crate::domain::refusal::Refusal;
use crate::domain::role::Permission;
use crate::domain::role::Permissions;
use crate::domain::role::Role;
use crate::domain::role::RoleId;
use crate::domain::role_name;
use crate::domain::text;

/// The role of this name, if the operator may change it: it allows nothing that their own lacks, and is not built in.
fn changeable(change: &Change<'_>, name: &str) -> Result<Role> {
    let role = change.role_named(name)?.ok_or_else(|| Refusal::NoSuchRole(name.to_owned()))?;
    change.may_give(&role)?;
    // It may be that of users and operators outside the limits, now or later.
    if let Some(limits) = change.authority().limits() {
        return Err(ManagementRefusal::Limited(limits.words()).into());
    }
    if role.built_in {
        return Err(ManagementRefusal::BuiltInRole(role.name).into());
    }
    Ok(role)
}

/// Refuses to take the name from a role by which the configuration names it.
fn require_unconfigured(change: &Change<'_>, role: &Role) -> Result<()> {
    match change.app().role_in_configuration(&role.name) {
        Some(place) => Err(ManagementRefusal::RoleInConfiguration { role: role.name.clone(), place }.into()),
        None => Ok(()),
    }
}

/// The name as it is stored, if no other role than `except` has it or one that people can take for it.
fn free_name(change: &Change<'_>, given: &str, except: Option<RoleId>) -> Result<String> {
    let name = role_name::parse(given).map_err(ManagementRefusal::from)?;
    let others = change.roles()?.into_iter().filter(|role| Some(role.id) != except);
    match others.into_iter().find(|role| role_name::is_confusable(&role.name, &name)) {
        Some(role) => Err(ManagementRefusal::RoleNameTaken { given: name, other: role.name }.into()),
        None => Ok(name),
    }
}

/// Refuses to grant what the operator's own role lacks.
fn require_grantable(change: &Change<'_>, granted: Permissions) -> Result<()> {
    let authority = change.authority();
    match granted.beyond(authority.permissions()) {
        Some(permission) => {
            Err(ManagementRefusal::GrantBeyond { permission, own: authority.words().to_owned() }.into())
        }
        None => Ok(()),
    }
}

/// A description as it is stored.
fn checked_description(given: &str) -> Result<String> {
    let validated = text::check_line(given, text::MAX_NAME);
    validated.map_err(|fault| Refusal::Field { field: "description", fault: fault.to_string() })?;
    Ok(given.trim().to_owned())
}

/// Permissions as an event has them.
fn words(permissions: Permissions) -> Vec<&'static str> {
    permissions.iter().map(Permission::word).collect()
}
