//! `store`.

pub mod backup;
pub mod check;
mod latest;
pub mod migrate;
mod recovery;
mod repair_times;
pub mod restore;

use clap::Subcommand;

use crate::cli::context::Context;

/// The store
#[derive(Debug, Subcommand)]
#[expect(missing_docs, reason = "each variant is documented at its struct, and that is its help")]
pub enum StoreCommand {
    Check(check::CheckArgs),
    Backup(backup::BackupArgs),
    Restore(restore::RestoreArgs),
    Migrate(migrate::MigrateArgs),
}

/// Runs a command of the group.
///
/// # Errors
/// As the command.
pub fn run(context: &mut Context, command: StoreCommand) -> anyhow::Result<()> {
    match command {
        StoreCommand::Check(args) => check::run(context, &args),
        StoreCommand::Backup(args) => backup::run(context, &args),
        StoreCommand::Restore(args) => restore::run(context, &args),
        StoreCommand::Migrate(args) => migrate::run(context, &args),
    }
}
