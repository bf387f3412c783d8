//! `roles`.

pub mod list;
pub mod permissions;

use clap::Subcommand;

use crate::cli::context::Context;

/// Roles and their permissions
#[derive(Debug, Subcommand)]
#[expect(missing_docs, reason = "each variant is documented at its struct, and that is its help")]
pub enum RolesCommand {
    List(list::ListArgs),
    Permissions(permissions::PermissionsArgs),
}

/// Runs a command of the group.
///
/// # Errors
/// As the command.
pub fn run(context: &mut Context, command: RolesCommand) -> anyhow::Result<()> {
    match command {
        RolesCommand::List(args) => list::run(context, &args),
        RolesCommand::Permissions(args) => permissions::run(context, &args),
    }
}
