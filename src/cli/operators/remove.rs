//! `operators remove`.

use crate::actions::operators::remove;
use crate::cli::acting_args::ActingArgs;
use crate::cli::context::Context;
use crate::cli::operators::known_uid;
use crate::cli::plan;
use crate::cli::plan::PlanStep;
use crate::cli::value::Value;
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
    let app = context.app(Action::OperatorsRemove)?;
    let (accounts, known) = (&context.process.accounts, known_uid(context, &args.account));
    let is_usable = |operator: &Operator| operator.is_usable(&accounts.look_up(operator.uid));
    let name = remove::remove(&app, &args.account, known, is_usable, &args.acting.change_options())?;
    if args.acting.dry_run {
        let step = PlanStep::new(Action::OperatorsRemove, format!("Would remove operator {name}."));
        return plan::print(&mut context.output, app.now(), &[step.field("account", Value::text(&name))]);
    }
    context.output.say(&format!("Removed operator {name}."));
    Ok(())
}
