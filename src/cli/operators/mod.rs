//! `operators`.

pub mod add;
pub mod list;
pub mod remove;

use clap::Subcommand;

use crate::cli::context::Context;

/// Operators: the OS accounts that may use this tool
#[derive(Debug, Subcommand)]
#[command(disable_help_subcommand = true)]
#[expect(missing_docs, reason = "each variant is documented at its struct, and that is its help")]
pub enum OperatorsCommand {
    List(list::ListArgs),
    Add(add::AddArgs),
    Remove(remove::RemoveArgs),
}

/// Runs a command of the group.
///
/// # Errors
/// As the command.
pub fn run(context: &mut Context, command: OperatorsCommand) -> anyhow::Result<()> {
    match command {
        OperatorsCommand::List(args) => list::run(context, &args),
        OperatorsCommand::Add(args) => add::run(context, &args),
        OperatorsCommand::Remove(args) => remove::run(context, &args),
    }
}

/// The number and the name of an OS account.
pub(super) fn account(context: &Context, given: &str) -> Result<(u32, String), crate::actions::ActionError> {
    let accounts = &context.process.accounts;
    let uid = accounts.uid(given).ok_or_else(|| crate::domain::refusal::Refusal::NoSuchAccount(given.to_owned()))?;
    Ok((uid, accounts.name(uid)))
}
