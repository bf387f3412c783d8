//! `policy`.

pub mod blocklist;
pub mod check;
pub mod show;

use clap::Subcommand;

use crate::cli::context::Context;

/// The organization's password requirements
#[derive(Debug, Subcommand)]
#[expect(missing_docs, reason = "each variant is documented at its struct, and that is its help")]
pub enum PolicyCommand {
    Show(show::ShowArgs),
    Check(check::CheckArgs),
    #[command(subcommand)]
    Blocklist(blocklist::BlocklistCommand),
}

/// Runs a command of the group.
///
/// # Errors
/// As the command.
pub fn run(context: &mut Context, command: PolicyCommand) -> anyhow::Result<()> {
    match command {
        PolicyCommand::Show(args) => show::run(context, &args),
        PolicyCommand::Check(args) => check::run(context, &args),
        PolicyCommand::Blocklist(command) => blocklist::run(context, command),
    }
}
