//! `operators add`.

use crate::actions::operators;
use crate::cli::acting_args::ActingArgs;
use crate::cli::context::Context;
use crate::cli::operators::new_operator;
use crate::cli::plan;
use crate::cli::plan::PlanStep;
use crate::cli::value::Value;
use crate::domain::action::Action;
use crate::domain::operator::OperatorKind;

/// Make an OS account an operator
///
/// Example: `cxme-admin operators add carol --role Admin`
#[derive(Debug, clap::Args)]
pub struct AddArgs {
    /// Name or number of an OS account
    #[arg(value_name = "ACCOUNT")]
    account: String,
    /// Role: what the operator is allowed to do
    #[arg(long, value_name = "ROLE")]
    role: String,
    /// The account is a service (a timer, a login system), not a person
    #[arg(long)]
    service: bool,
    #[command(flatten)]
    acting: ActingArgs,
}

/// Runs the command.
///
/// # Errors
/// When there is no such account or role, or the operator may not.
pub fn run(context: &mut Context, args: &AddArgs) -> anyhow::Result<()> {
    let app = context.app(Action::OperatorsAdd)?;
    let (uid, name) = new_operator(context, &args.account)?;
    let kind = if args.service { OperatorKind::Service } else { OperatorKind::Person };
    operators::add(&app, uid, &name, &args.role, kind, &args.acting.change_options())?;
    if args.acting.dry_run {
        let step =
            PlanStep::new(Action::OperatorsAdd, format!("Would add {name} as operator with the role {}.", args.role))
                .field("account", Value::text(&name))
                .field("uid", Value::Number(i64::from(uid)))
                .field("role", Value::text(&args.role))
                .field("kind", Value::text(kind.word()));
        return plan::print(&mut context.output, app.now(), &[step]);
    }
    context.output.say(&format!("Added {name} as operator with the role {}.", args.role));
    Ok(())
}
