//! `roles add`.

use crate::actions::roles::add;
use crate::cli::acting_args::ActingArgs;
use crate::cli::context::Context;
use crate::cli::one_of;
use crate::cli::plan;
use crate::cli::plan::PlanStep;
use crate::cli::roles::also_allowed;
use crate::cli::roles::in_words;
use crate::cli::roles::list_of;
use crate::cli::roles::permission_edit;
use crate::cli::roles::sentences;
use crate::cli::value::Value;
use crate::domain::action::Action;
use crate::domain::role::Permission;
use crate::domain::text;

/// Add a role
///
/// A permission that requires others brings them along. You can only allow what your own role allows.
///
/// Example: `cxme-admin roles add Helpdesk --allow send-resets,lock-users`
#[derive(Debug, clap::Args)]
pub struct AddArgs {
    /// Name of the new role
    #[arg(value_name = "NAME")]
    name: String,
    /// Permissions that the role allows, separated by commas; `roles permissions` lists them
    #[arg(long, value_name = "PERMISSION", value_delimiter = ',', value_parser = one_of::permission(), hide_possible_values = true)]
    allow: Vec<Permission>,
    /// What the role is for
    #[arg(long, value_name = "TEXT", default_value = "", hide_default_value = true)]
    description: String,
    #[command(flatten)]
    acting: ActingArgs,
}

/// Runs the command.
///
/// # Errors
/// When the name is malformed or taken, or the operator may not.
pub fn run(context: &mut Context, args: &AddArgs) -> anyhow::Result<()> {
    let app = context.app(Action::RolesAdd)?;
    let permissions = permission_edit(&args.allow, &[])?;
    let added = add::add(&app, &args.name, permissions, &args.description, &args.acting.change_options())?;
    let role = &added.role;
    let words = format!("role {} with {}.", text::visible(&role.name), in_words(role.permissions));
    let also = also_allowed(added.brought);
    if args.acting.dry_run {
        let step = PlanStep::new(Action::RolesAdd, sentences([Some(format!("Would add {words}")), also]))
            .field("role", Value::text(&role.name))
            .field("description", Value::text(&role.description))
            .field("permissions", list_of(role.permissions))
            .field("also_allowed", list_of(added.brought));
        return plan::print(&mut context.output, app.now(), &[step]);
    }
    context.output.say(&sentences([Some(format!("Added {words}")), also]));
    Ok(())
}
