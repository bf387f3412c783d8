//! `roles clone`.

use super::checked_description;
use super::free_name;
use super::words;
use crate::app::App;
use crate::app::ChangeOptions;
use crate::app::EventDetails;
use crate::app::Result;
use crate::app::Transaction as _;
use crate::domain::action::Action;
use crate::domain::refusal::Refusal;
use crate::domain::role::Role;

/// Adds a role with the permissions of another one, and with its description unless another one is given. Nobody has the new
/// role yet.
///
/// # Errors
/// When there is no such role, it allows what the operator's own lacks, or the new name is malformed or taken.
pub fn clone(
    app: &App,
    from: &str,
    name: &str,
    description: Option<&str>,
    change_options: &ChangeOptions,
) -> Result<Role> {
    app.change(Action::RolesClone, change_options, |change| {
        let from = change.role_named(from)?.ok_or_else(|| Refusal::NoSuchRole(from.to_owned()))?;
        change.may_give(&from)?;
        let name = free_name(change, name, None)?;
        let description = checked_description(description.unwrap_or(&from.description))?;
        let new = Role { name, description, built_in: false, ..from.clone() };
        let role = Role { id: change.add_role(&new)?, ..new };
        let mut details = EventDetails::default();
        details.note("role", role.name.as_str());
        details.note("from", from.name);
        details.note("permissions", words(role.permissions));
        Ok((details, role))
    })
}
