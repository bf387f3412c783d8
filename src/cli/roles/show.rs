//! `roles show`.

use crate::actions::roles::show;
use crate::actions::roles::show::RoleDetails;
use crate::cli::column::Column;
use crate::cli::context::Context;
use crate::cli::data;
use crate::cli::output::Format;
use crate::cli::roles::list_of;
use crate::cli::value::Value;
use crate::domain::action::Action;

/// Show a role: its permissions, and who has it
#[derive(Debug, clap::Args)]
pub struct ShowArgs {
    /// Name of the role
    #[arg(value_name = "ROLE")]
    role: String,
}

const COLUMNS: [Column<RoleDetails>; 6] = [
    Column { name: "name", title: "Name", cell: |row| Value::text(&row.role.name) },
    Column { name: "description", title: "Description", cell: |row| Value::prose(row.role.description.as_str()) },
    Column { name: "built_in", title: "Built in", cell: |row| Value::Flag(row.role.built_in) },
    Column { name: "permissions", title: "Permissions", cell: |row| list_of(row.role.permissions) },
    Column { name: "users", title: "Users", cell: |row| row.users.map_or(Value::Nothing(""), Value::count) },
    Column {
        name: "operators",
        title: "Operators",
        cell: |row| Value::List(row.operators.iter().map(String::as_str).collect()),
    },
];

/// Runs the command.
///
/// # Errors
/// When there is no such role, or the account is no operator.
pub fn run(context: &mut Context, args: &ShowArgs) -> anyhow::Result<()> {
    let app = context.app(Action::RolesShow)?;
    let details = show::show(&app, &args.role)?;
    let is_table = context.output.format == Format::Table;
    // A table leaves out what does not apply; data always has every key.
    let is_empty = |value: &Value<'_>| match value {
        Value::Nothing(_) => true,
        Value::List(texts) => texts.is_empty(),
        Value::Prose(text) => text.is_empty(),
        _ => false,
    };
    let applies = |value: &Value<'_>| !is_table || !is_empty(value);
    let (headings, values): (Vec<_>, Vec<_>) =
        COLUMNS.iter().map(|column| column.of(&details)).filter(|(_, value)| applies(value)).unzip();
    Ok(data::record(&mut context.output, &headings, &values, app.now())?)
}
