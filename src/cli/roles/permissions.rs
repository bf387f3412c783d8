//! `roles permissions`.

use crate::cli::context::Context;
use crate::cli::data;
use crate::cli::value::Column;
use crate::cli::value::Value;
use crate::domain::role::Permission;

/// List all permissions: what each allows, and which others it requires
#[derive(Debug, clap::Args)]
pub struct PermissionsArgs {}

const HEADS: [Column; 3] = [
    Column { name: "permission", title: "PERMISSION" },
    Column { name: "allows", title: "ALLOWS TO" },
    Column { name: "requires", title: "REQUIRES" },
];

/// Runs the command.
///
/// # Errors
/// When the output cannot be written.
pub fn run(context: &mut Context, _: &PermissionsArgs) -> anyhow::Result<()> {
    // A table of facts about the program: it needs no store.
    let nowhen = jiff::Timestamp::UNIX_EPOCH;
    data::records::<anyhow::Error>(&mut context.output, &HEADS, nowhen, |sink| {
        for permission in Permission::ALL {
            let requires = permission.requires().iter().map(|required| required.word()).collect();
            sink(&[Value::text(permission.word()), Value::Sentence(permission.help().into()), Value::List(requires)])?;
        }
        Ok(())
    })
}
