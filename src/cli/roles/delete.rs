//! `roles delete`.

use crate::actions::roles::delete;
use crate::actions::roles::delete::DeletedRole;
use crate::app::ChangeOptions;
use crate::cli::acting_args::ActingArgs;
use crate::cli::context::Context;
use crate::cli::jobs::summary::counted;
use crate::cli::plan;
use crate::cli::plan::PlanStep;
use crate::cli::prompt;
use crate::cli::value::Value;
use crate::domain::action::Action;
use crate::domain::text;

/// Delete a role; its users and operators get another one
///
/// They get the role Minimal Permissions, or the one of `--move-to`. Asks for confirmation with their number. Mails of a
/// running job that an operator asked for whose new role may not send them are cancelled.
#[derive(Debug, clap::Args)]
pub struct DeleteArgs {
    /// Role to delete
    #[arg(value_name = "ROLE")]
    role: String,
    /// Role that its users and operators get; without it, Minimal Permissions
    #[arg(long, value_name = "ROLE")]
    move_to: Option<String>,
    /// Skip confirmation
    #[arg(short, long)]
    yes: bool,
    #[command(flatten)]
    acting: ActingArgs,
}

/// Runs the command.
///
/// # Errors
/// When there is no such role, it is built in, or the operator may not.
pub fn run(context: &mut Context, args: &DeleteArgs) -> anyhow::Result<()> {
    let app = context.app(Action::RolesDelete)?;
    let change_options = args.acting.change_options();
    let run = |confirmed, change_options: &ChangeOptions| {
        delete::delete(&app, &args.role, args.move_to.as_deref(), confirmed, change_options)
    };
    let plan = run(None, &ChangeOptions { dry_run: true, ..change_options.clone() })?;
    let name = text::visible(&plan.role.name).into_owned();
    if args.acting.dry_run {
        let step =
            PlanStep::new(Action::RolesDelete, format!("Would delete the role {name}.{}", moved(&plan, "would get")))
                .field("role", Value::text(&plan.role.name))
                .field("move_to", Value::text(&plan.to.name))
                .field("users", Value::count(plan.users))
                .field("operators", Value::List(plan.operators.iter().map(String::as_str).collect()));
        return plan::print(&mut context.output, app.now(), &[step]);
    }
    let own = if plan.is_own { " This is your own role." } else { "" };
    prompt::confirm(context, args.yes, &format!("Delete the role {name}?{}{own}", moved(&plan, "will get")))?;
    let confirmed = (!args.yes).then(|| plan.holders());
    let deleted = run(confirmed, &change_options)?;
    context.output.say(&format!("Deleted the role {name}.{}", moved(&deleted, "now have")));
    Ok(())
}

/// Says who gets which role: " 3 users and 1 operator (carol) now have the role Minimal Permissions."
fn moved(deleted: &DeletedRole, verb: &str) -> String {
    let DeletedRole { to, users, operators, .. } = deleted;
    if deleted.holders() == 0 {
        return String::new();
    }
    let named = match operators.as_slice() {
        [] => String::new(),
        some => format!(" ({})", text::visible(&some.join(", "))),
    };
    let operators = counted(operators.len() as u64, "operator");
    format!(" {} and {operators}{named} {verb} the role {}.", counted(*users, "user"), text::visible(&to.name))
}
