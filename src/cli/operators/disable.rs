//! `operators disable`.

use crate::actions::operators::disable;
use crate::app::ChangeOptions;
use crate::cli::acting_args::ActingArgs;
use crate::cli::context::Context;
use crate::cli::operators::known_uid;
use crate::cli::plan;
use crate::cli::plan::PlanStep;
use crate::cli::prompt;
use crate::cli::value::Value;
use crate::domain::action::Action;
use crate::domain::operator::Operator;
use crate::domain::text;

/// Disable an operator, who keeps role and limits
///
/// They may do nothing until `operators enable`. Mails of a running job that they asked for are cancelled. Asks before you
/// disable yourself.
#[derive(Debug, clap::Args)]
pub struct DisableArgs {
    /// Name or number of an OS account, as `operators list` shows it
    #[arg(value_name = "ACCOUNT")]
    account: String,
    /// Skip confirmation
    #[arg(short, long)]
    yes: bool,
    #[command(flatten)]
    acting: ActingArgs,
}

/// Runs the command.
///
/// # Errors
/// When the account is no operator, it is the last Admin, or the operator may not.
pub fn run(context: &mut Context, args: &DisableArgs) -> anyhow::Result<()> {
    let app = context.app(Action::OperatorsDisable)?;
    let known = known_uid(context, &args.account);
    let run = |context: &Context, change_options: &ChangeOptions| {
        let accounts = &context.process.accounts;
        let is_usable = |operator: &Operator| operator.is_usable(&accounts.look_up(operator.uid));
        disable::disable(&app, &args.account, known, is_usable, change_options)
    };
    let change_options = args.acting.change_options();
    let plan = run(context, &ChangeOptions { dry_run: true, ..change_options.clone() })?;
    let name = text::visible(&plan.operator.account).into_owned();
    let already = format!("Operator {name} is already disabled; nothing was changed.");
    if args.acting.dry_run {
        let words = if plan.is_changed { format!("Would disable operator {name}.") } else { already };
        let step = PlanStep::new(Action::OperatorsDisable, words)
            .if_changed(plan.is_changed)
            .field("account", Value::text(&plan.operator.account));
        return plan::print(&mut context.output, app.now(), &[step]);
    }
    if plan.is_own {
        prompt::confirm(context, args.yes, &format!("Disable {name}, which is your own account?"))?;
    }
    let disabled = run(context, &change_options)?;
    context.output.say(&if disabled.is_changed { format!("Disabled operator {name}.") } else { already });
    Ok(())
}
