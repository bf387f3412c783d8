//! `config`.

pub mod show;

use clap::Subcommand;

use crate::cli::context::Context;

/// The configuration
#[derive(Debug, Subcommand)]
#[expect(missing_docs, reason = "each variant is documented at its struct, and that is its help")]
pub enum ConfigCommand {
    Show(show::ShowArgs),
}

/// Runs a command of the group.
///
/// # Errors
/// As the command.
pub fn run(context: &mut Context, command: ConfigCommand) -> anyhow::Result<()> {
    match command {
        ConfigCommand::Show(args) => show::run(context, &args),
    }
}
