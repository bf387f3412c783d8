//! `operators`.

pub mod add;
pub mod list;
pub mod remove;

use clap::Subcommand;

use crate::app::ActionError;
use crate::cli::context::Context;
use crate::cli::failure::CliError;
use crate::domain::refusal::Refusal;
use crate::domain::uid;

/// Operators: the OS accounts that may use this tool
#[derive(Debug, Subcommand)]
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

/// The number and the name of an OS account that can become an operator.
pub(super) fn new_operator(context: &Context, given: &str) -> anyhow::Result<(u32, String)> {
    // A number that stands for no account is the number of none.
    let (uid, name) = match given.parse() {
        Ok(uid @ uid::NONE) => (uid, String::new()),
        _ => account(context, given)?,
    };
    match uid::reserved(uid) {
        Some(why) => Err(ActionError::Refused(Refusal::ReservedUid { uid, why }).into()),
        None => Ok((uid, name)),
    }
}

/// The number and the name of an OS account that exists: one that does not would be an operator whom nobody can be, until
/// some other account gets the number.
pub(super) fn account(context: &Context, given: &str) -> anyhow::Result<(u32, String)> {
    let failed = |error| CliError::AccountLookup { given: given.to_owned(), error };
    let found = context.process.accounts.find(given).map_err(failed)?;
    let (uid, name) = found.ok_or_else(|| ActionError::Refused(Refusal::NoSuchAccount(given.to_owned())))?;
    let number = given.parse::<u32>().ok().filter(|&number| number != uid && number.to_string() == given);
    if let Some(numbered) = number.and_then(|number| context.process.accounts.known_name(number)) {
        return Err(ActionError::from(Refusal::TwoAccounts { given: given.to_owned(), named: uid, numbered }).into());
    }
    Ok((uid, name))
}
