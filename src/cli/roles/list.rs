//! `roles list`.

use crate::actions::roles::list;
use crate::cli::column;
use crate::cli::column::Column;
use crate::cli::context::Context;
use crate::cli::output::Format;
use crate::cli::value::Value;
use crate::domain::action::Action;
use crate::domain::role::Permission;
use crate::domain::role::Permissions;
use crate::domain::role::Role;

/// List roles and their permissions
#[derive(Debug, clap::Args)]
pub struct ListArgs {}

/// A role, and whether all permissions are told in one word.
struct RoleRow {
    role: Role,
    shortens: bool,
}

const COLUMNS: [Column<RoleRow>; 4] = [
    Column { name: "name", title: "NAME", cell: |row| Value::text(&row.role.name) },
    Column { name: "built_in", title: "BUILT IN", cell: |row| Value::Flag(row.role.built_in) },
    Column {
        name: "permissions",
        title: "PERMISSIONS",
        cell: |row| match row.role.permissions {
            all if row.shortens && all == Permissions::all() => Value::text("all"),
            some => Value::List(some.iter().map(Permission::word).collect()),
        },
    },
    Column { name: "description", title: "DESCRIPTION", cell: |row| Value::prose(row.role.description.as_str()) },
];

/// Runs the command.
///
/// # Errors
/// When the operator is none.
pub fn run(context: &mut Context, _: &ListArgs) -> anyhow::Result<()> {
    let app = context.app(Action::RolesList)?;
    let shortens = context.output.format == Format::Table;
    let rows: Vec<RoleRow> = list::list(&app)?.into_iter().map(|role| RoleRow { role, shortens }).collect();
    column::list::<_, anyhow::Error>(&mut context.output, &COLUMNS, app.now(), |sink| {
        Ok(rows.iter().try_for_each(sink)?)
    })
}
