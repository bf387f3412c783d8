//! `operators`.

pub mod add;
pub mod disable;
pub mod edit;
pub mod enable;
pub mod list;
pub mod remove;

use clap::Subcommand;

use crate::actions::operators::LimitsEdit;
use crate::app::ActionError;
use crate::cli::context::Context;
use crate::cli::failure::CliError;
use crate::cli::value::Value;
use crate::domain::operator_limits::OperatorLimits;
use crate::domain::refusal::Refusal;
use crate::domain::text;
use crate::domain::uid;

/// Operators: the OS accounts that may use this tool
///
/// The role of an operator decides which commands they may run. Limits decide whom they may act on besides: only users with
/// certain roles, or in certain email domains.
#[derive(Debug, Subcommand)]
#[expect(missing_docs, reason = "each variant is documented at its struct, and that is its help")]
pub enum OperatorsCommand {
    List(list::ListArgs),
    Add(add::AddArgs),
    Edit(edit::EditArgs),
    Disable(disable::DisableArgs),
    Enable(enable::EnableArgs),
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
        OperatorsCommand::Edit(args) => edit::run(context, &args),
        OperatorsCommand::Disable(args) => disable::run(context, &args),
        OperatorsCommand::Enable(args) => enable::run(context, &args),
        OperatorsCommand::Remove(args) => remove::run(context, &args),
    }
}

/// Whom an operator may act on
#[derive(Debug, Default, clap::Args)]
pub struct LimitArgs {
    /// Only act on users with this role; can be repeated
    #[arg(long, value_name = "ROLE")]
    only_role: Vec<String>,
    /// Only act on users whose email address is in this domain; can be repeated
    #[arg(long, value_name = "DOMAIN")]
    only_domain: Vec<String>,
}

impl LimitArgs {
    /// What is given; an option that is not given leaves what is.
    fn edit(&self) -> LimitsEdit {
        let given = |values: &Vec<String>| Some(values.clone()).filter(|values| !values.is_empty());
        LimitsEdit { roles: given(&self.only_role), domains: given(&self.only_domain) }
    }
}

/// The limits of an operator as fields of data.
fn limit_fields(limits: &OperatorLimits) -> [(&'static str, Value<'_>); 2] {
    [
        ("only_roles", Value::List(limits.roles.values().map(String::as_str).collect())),
        ("only_domains", Value::List(limits.domains.iter().map(String::as_str).collect())),
    ]
}

/// The limits of an operator behind their role: ", who may act only on users in example.com".
fn and_limits(limits: &OperatorLimits) -> String {
    if limits.is_none() { String::new() } else { format!(", who may act only on {}", text::visible(&limits.words())) }
}

/// The number of an account that the machine knows by the name given.
fn known_uid(context: &Context, given: &str) -> Option<u32> {
    context.process.accounts.find(given).ok().flatten().map(|(uid, _)| uid)
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
