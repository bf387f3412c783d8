//! What the operator reads where a change of roles and operators is refused.

use super::DATA;
use super::NOT_PERMITTED;
use super::RenderedError;
use crate::domain::management_refusal::ManagementRefusal;

/// The refusal in words, with its exit code and what to do.
pub(super) fn of_management(refusal: &ManagementRefusal) -> RenderedError {
    let told = |code| RenderedError::new(code, refusal);
    let typed = |words: &[&str]| crate::cli::as_typed(&words.iter().map(Into::into).collect::<Vec<_>>());
    match refusal {
        ManagementRefusal::Disabled(account) => told(NOT_PERMITTED)
            .hint(format!("an Admin can run: {}", typed(&["cxme-admin", "operators", "enable", account]))),
        ManagementRefusal::OutsideLimits { .. }
        | ManagementRefusal::LeavesLimits { .. }
        | ManagementRefusal::UsersOutsideLimits { .. }
        | ManagementRefusal::RowsOutsideLimits { .. }
        | ManagementRefusal::WiderLimits { .. }
        | ManagementRefusal::Limited(_) => {
            told(NOT_PERMITTED).hint("ask an operator without these limits; your own: cxme-admin whoami")
        }
        ManagementRefusal::GrantBeyond { .. } => {
            told(NOT_PERMITTED).hint("ask an operator whose role has at least those permissions")
        }
        ManagementRefusal::AdminHasNoLimits(account) => told(DATA).hint(format!(
            "copy the role and give the copy with the limits: cxme-admin roles clone Admin NEW; then: {} --role NEW",
            typed(&["cxme-admin", "operators", "edit", account])
        )),
        ManagementRefusal::BuiltInRole(name) => told(DATA)
            .hint(format!("copy it, and change the copy: {} NEW", typed(&["cxme-admin", "roles", "clone", name]))),
        ManagementRefusal::RoleNameTaken { .. } => told(DATA).hint("cxme-admin roles list"),
        ManagementRefusal::LastOwnPermission(_) => {
            told(DATA).hint("ask another operator with the permission `manage-roles`")
        }
        ManagementRefusal::HoldersChanged { .. } => told(DATA).hint("run the command again, and look at the new count"),
        ManagementRefusal::RoleInConfiguration { .. } => {
            told(DATA).hint("take the section out of the configuration, and add it again under the new name")
        }
        ManagementRefusal::RoleIsLimit { operators, .. } => told(DATA).hint(format!(
            "change their limits first: {} --only-role ROLE",
            typed(&["cxme-admin", "operators", "edit", operators.first().map_or("ACCOUNT", String::as_str)])
        )),
        ManagementRefusal::NoSuchOperator(_) => told(DATA).hint("cxme-admin operators list"),
        ManagementRefusal::LastAdmin(_) => {
            told(NOT_PERMITTED).hint("add another one first: cxme-admin operators add ACCOUNT --role Admin")
        }
        ManagementRefusal::RootIsAdmin(_) | ManagementRefusal::RootIsUnlimited(_) => {
            told(NOT_PERMITTED).hint("to limit a person who uses sudo, add their own account")
        }
        ManagementRefusal::OperatorExists(account) => told(DATA).hint(format!(
            "to change the role: {} --role ROLE",
            typed(&["cxme-admin", "operators", "edit", account.split(' ').next().unwrap_or_default()])
        )),
        ManagementRefusal::RoleName(_) | ManagementRefusal::MoveToItself(_) => told(DATA),
    }
}
