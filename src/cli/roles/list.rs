//! `roles list`.

use crate::actions::roles;
use crate::cli::context::Context;
use crate::cli::data;
use crate::cli::data::Cell;
use crate::cli::data::Head;
use crate::cli::output::Format;
use crate::domain::action::Action;
use crate::domain::role::Permission;
use crate::domain::role::Permissions;

/// List roles and their permissions
#[derive(Debug, clap::Args)]
pub struct ListArgs {}

const HEADS: [Head; 3] = [
    Head { name: "name", title: "NAME" },
    Head { name: "built_in", title: "BUILT IN" },
    Head { name: "permissions", title: "PERMISSIONS" },
];

/// Runs the command.
///
/// # Errors
/// When the operator is none.
pub fn run(context: &mut Context, _: &ListArgs) -> anyhow::Result<()> {
    let desk = context.desk(Action::RolesList)?;
    let roles = roles::list(&desk)?;
    let shortens = context.output.format == Format::Table;
    data::records::<anyhow::Error>(&mut context.output, &HEADS, desk.now(), |sink| {
        for role in &roles {
            let permissions = if shortens && role.permissions == Permissions::all() {
                Cell::text("all")
            } else {
                Cell::List(role.permissions.iter().map(Permission::word).collect())
            };
            sink(&[Cell::text(&role.name), Cell::Flag(role.built_in), permissions])?;
        }
        Ok(())
    })
}
