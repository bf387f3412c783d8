//! `operators enable`.

use crate::actions::operators::disable;
use crate::cli::acting_args::ActingArgs;
use crate::cli::context::Context;
use crate::cli::operators::and_limits;
use crate::cli::operators::known_uid;
use crate::cli::plan;
use crate::cli::plan::PlanStep;
use crate::cli::value::Value;
use crate::domain::action::Action;
use crate::domain::text;

/// Enable an operator who was disabled
#[derive(Debug, clap::Args)]
pub struct EnableArgs {
    /// Name or number of an OS account, as `operators list` shows it
    #[arg(value_name = "ACCOUNT")]
    account: String,
    #[command(flatten)]
    acting: ActingArgs,
}

/// Runs the command.
///
/// # Errors
/// When the account is no operator, or the operator may not.
pub fn run(context: &mut Context, args: &EnableArgs) -> anyhow::Result<()> {
    let app = context.app(Action::OperatorsEnable)?;
    let known = known_uid(context, &args.account);
    let enabled = disable::enable(&app, &args.account, known, &args.acting.change_options())?;
    let operator = &enabled.operator;
    let name = text::visible(&operator.account);
    let role = text::visible(&operator.role_name);
    let words = |verb: &str| match enabled.is_changed {
        true => format!("{verb} operator {name} with the role {role}{}.", and_limits(&operator.limits)),
        false => format!("Operator {name} is not disabled; nothing was changed."),
    };
    if args.acting.dry_run {
        let step = PlanStep::new(Action::OperatorsEnable, words("Would enable"))
            .if_changed(enabled.is_changed)
            .field("account", Value::text(&operator.account))
            .field("role", Value::text(&operator.role_name));
        return plan::print(&mut context.output, app.now(), &[step]);
    }
    context.output.say(&words("Enabled"));
    Ok(())
}
