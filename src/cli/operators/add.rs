//! `operators add`.

use crate::actions::operators::add;
use crate::actions::operators::add::NewOperator;
use crate::cli::acting_args::ActingArgs;
use crate::cli::context::Context;
use crate::cli::operators::LimitArgs;
use crate::cli::operators::and_limits;
use crate::cli::operators::limit_fields;
use crate::cli::operators::new_operator;
use crate::cli::plan;
use crate::cli::plan::PlanStep;
use crate::cli::value::Value;
use crate::domain::action::Action;
use crate::domain::operator::OperatorKind;
use crate::domain::text;

/// Make an OS account an operator
///
/// The role decides which commands the operator may run. With limits, they may only act on some users. You can only give a role
/// whose permissions your own role has, and no wider limits than your own.
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
    limits: LimitArgs,
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
    let new = NewOperator { uid, account: &name, role: &args.role, kind, limits: args.limits.edit() };
    let added = add::add(&app, &new, &args.acting.change_options())?;
    let role = text::visible(&added.role_name);
    let words = format!("{name} as operator with the role {role}{}.", and_limits(&added.limits));
    if args.acting.dry_run {
        let mut step = PlanStep::new(Action::OperatorsAdd, format!("Would add {words}"))
            .field("account", Value::text(&name))
            .field("uid", Value::Number(i64::from(uid)))
            .field("role", Value::text(&added.role_name))
            .field("kind", Value::text(kind.word()));
        for (field, value) in limit_fields(&added.limits) {
            step = step.field(field, value);
        }
        return plan::print(&mut context.output, app.now(), &[step]);
    }
    context.output.say(&format!("Added {words}"));
    Ok(())
}
