//! `roles list`.

use crate::actions::roles;
use crate::cli::context::Context;
use crate::cli::data;
use crate::cli::output::Format;
use crate::cli::value::Column;
use crate::cli::value::Value;
use crate::domain::action::Action;
use crate::domain::role::Permission;
use crate::domain::role::Permissions;

/// List roles and their permissions
#[derive(Debug, clap::Args)]
pub struct ListArgs {}

const HEADS: [Column; 3] = [
    Column { name: "name", title: "NAME" },
    Column { name: "built_in", title: "BUILT IN" },
    Column { name: "permissions", title: "PERMISSIONS" },
];

/// Runs the command.
///
/// # Errors
/// When the operator is none.
pub fn run(context: &mut Context, _: &ListArgs) -> anyhow::Result<()> {
    let app = context.app(Action::RolesList)?;
    let roles = roles::list(&app)?;
    let shortens = context.output.format == Format::Table;
    data::records::<anyhow::Error>(&mut context.output, &HEADS, app.now(), |sink| {
        for role in &roles {
            let permissions = if shortens && role.permissions == Permissions::all() {
                Value::text("all")
            } else {
                Value::List(role.permissions.iter().map(Permission::word).collect())
            };
            sink(&[Value::text(&role.name), Value::Flag(role.built_in), permissions])?;
        }
        Ok(())
    })
}
