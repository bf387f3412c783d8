//! `jobs`.

pub mod run;

use clap::Subcommand;

use crate::cli::context::Context;

/// Sending what waits in the outbox
#[derive(Debug, Subcommand)]
#[command(disable_help_subcommand = true)]
#[expect(missing_docs, reason = "each variant is documented at its struct, and that is its help")]
pub enum JobsCommand {
    Run(run::RunArgs),
}

/// Runs a command of the group.
///
/// # Errors
/// As the command.
pub fn run(context: &mut Context, command: JobsCommand) -> anyhow::Result<()> {
    match command {
        JobsCommand::Run(args) => run::run(context, &args),
    }
}
