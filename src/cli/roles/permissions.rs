//! `roles permissions`.

use crate::cli::column;
use crate::cli::column::Column;
use crate::cli::context::Context;
use crate::cli::value::Value;
use crate::domain::role::Permission;
use strum::VariantArray as _;

/// List all permissions: what each allows, and which others it requires
#[derive(Debug, clap::Args)]
pub struct PermissionsArgs {}

const COLUMNS: [Column<Permission>; 3] = [
    Column { name: "permission", title: "PERMISSION", cell: |row| Value::text(row.word()) },
    Column { name: "allows", title: "ALLOWS TO", cell: |row| Value::Sentence(row.help().into()) },
    Column {
        name: "requires",
        title: "REQUIRES",
        cell: |row| Value::List(row.requires().iter().map(|required| required.word()).collect()),
    },
];

/// Runs the command.
///
/// # Errors
/// When the output cannot be written.
pub fn run(context: &mut Context, _: &PermissionsArgs) -> anyhow::Result<()> {
    // A table of facts about the program: it needs no store.
    let nowhen = jiff::Timestamp::UNIX_EPOCH;
    column::list::<_, anyhow::Error>(&mut context.output, &COLUMNS, nowhen, |sink| {
        Ok(Permission::VARIANTS.iter().try_for_each(sink)?)
    })
}
