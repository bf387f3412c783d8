//! `operators remove`.

use crate::actions::operators;
use crate::cli::acting::ActingArgs;
use crate::cli::context::Context;
use crate::cli::data::Cell;
use crate::cli::plan;
use crate::cli::plan::Step;
use crate::domain::action::Action;
use crate::domain::operator::Operator;

/// Remove an operator; the OS account stays
#[derive(Debug, clap::Args)]
pub struct RemoveArgs {
    /// Name or number of an OS account, as `operators list` shows it
    #[arg(value_name = "ACCOUNT")]
    account: String,
    #[command(flatten)]
    acting: ActingArgs,
}

/// Runs the command.
///
/// # Errors
/// When the account is no operator, it is the last Admin, or the operator may not.
pub fn run(context: &mut Context, args: &RemoveArgs) -> anyhow::Result<()> {
    let desk = context.desk(Action::OperatorsRemove)?;
    let accounts = &context.process.accounts;
    let known = accounts.find(&args.account).ok().flatten().map(|(uid, _)| uid);
    let is_usable = |operator: &Operator| operator.is_usable(&accounts.look_up(operator.uid));
    let name = operators::remove(&desk, &args.account, known, is_usable, &args.acting.intent())?;
    if args.acting.dry_run {
        let step = Step::new(Action::OperatorsRemove, format!("Would remove {name} as operator."));
        return plan::print(&mut context.output, desk.now(), &[step.field("account", Cell::text(&name))]);
    }
    context.output.say(&format!("{name} is removed as operator."));
    Ok(())
}
