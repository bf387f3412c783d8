//! `roles clone`.

use crate::actions::roles::clone;
use crate::cli::acting_args::ActingArgs;
use crate::cli::context::Context;
use crate::cli::plan;
use crate::cli::plan::PlanStep;
use crate::cli::roles::in_words;
use crate::cli::roles::list_of;
use crate::cli::value::Value;
use crate::domain::action::Action;
use crate::domain::text;

/// Add a role with the permissions of another one
///
/// Nobody has the new role until an operator gives it. You can only copy a role whose permissions your own role has.
#[derive(Debug, clap::Args)]
pub struct CloneArgs {
    /// Role to copy
    #[arg(value_name = "FROM")]
    from: String,
    /// Name of the new role
    #[arg(value_name = "NEW")]
    new: String,
    /// What the new role is for; without it, as the copied role says
    #[arg(long, value_name = "TEXT")]
    description: Option<String>,
    #[command(flatten)]
    acting: ActingArgs,
}

/// Runs the command.
///
/// # Errors
/// When there is no such role, the new name is malformed or taken, or the operator may not.
pub fn run(context: &mut Context, args: &CloneArgs) -> anyhow::Result<()> {
    let app = context.app(Action::RolesClone)?;
    let description = args.description.as_deref();
    let role = clone::clone(&app, &args.from, &args.new, description, &args.acting.change_options())?;
    let words = format!("role {} with {}.", text::visible(&role.name), in_words(role.permissions));
    if args.acting.dry_run {
        let step = PlanStep::new(Action::RolesClone, format!("Would add {words}"))
            .field("role", Value::text(&role.name))
            .field("description", Value::text(&role.description))
            .field("permissions", list_of(role.permissions));
        return plan::print(&mut context.output, app.now(), &[step]);
    }
    context.output.say(&format!("Added {words}"));
    Ok(())
}
