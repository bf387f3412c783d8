//! `resets`.

pub mod list;
pub mod redeem;
pub mod revoke;

use clap::Subcommand;

use crate::cli::context::Context;

/// Links with which users choose a password
#[derive(Debug, Subcommand)]
#[expect(missing_docs, reason = "each variant is documented at its struct, and that is its help")]
pub enum ResetsCommand {
    List(list::ListArgs),
    Revoke(revoke::RevokeArgs),
    Redeem(redeem::RedeemArgs),
}

/// Runs a command of the group.
///
/// # Errors
/// As the command.
pub fn run(context: &mut Context, command: ResetsCommand) -> anyhow::Result<()> {
    match command {
        ResetsCommand::List(args) => list::run(context, &args),
        ResetsCommand::Revoke(args) => revoke::run(context, &args),
        ResetsCommand::Redeem(args) => redeem::run(context, &args),
    }
}
