//! `roles edit`.

use crate::actions::roles::edit;
use crate::actions::roles::edit::EditedRole;
use crate::actions::roles::edit::RoleEdit;
use crate::app::ChangeOptions;
use crate::cli::acting_args::ActingArgs;
use crate::cli::context::Context;
use crate::cli::failure::CliError;
use crate::cli::jobs::summary::counted;
use crate::cli::one_of;
use crate::cli::plan;
use crate::cli::plan::PlanStep;
use crate::cli::prompt;
use crate::cli::roles::also_allowed;
use crate::cli::roles::also_denied;
use crate::cli::roles::in_words;
use crate::cli::roles::list_of;
use crate::cli::roles::permission_edit;
use crate::cli::roles::sentences;
use crate::cli::value::Value;
use crate::domain::action::Action;
use crate::domain::role::Permission;
use crate::domain::text;

/// Change a role: its permissions, name or description
///
/// A permission that requires others brings them along, and those that require a denied permission go with it. The change
/// takes effect at once, also for the mails of a running job. You can only change a role whose permissions your own role
/// has, and only allow what your own role allows. Asks before it takes permissions from your own role.
///
/// Example: `cxme-admin roles edit Helpdesk --allow view-audit --deny lock-users`
#[derive(Debug, clap::Args)]
pub struct EditArgs {
    /// Role to change
    #[arg(value_name = "ROLE")]
    role: String,
    /// Permissions to allow besides, separated by commas; `roles permissions` lists them
    #[arg(long, value_name = "PERMISSION", value_delimiter = ',', value_parser = one_of::permission(), hide_possible_values = true)]
    allow: Vec<Permission>,
    /// Permissions to allow no more, separated by commas
    #[arg(long, value_name = "PERMISSION", value_delimiter = ',', value_parser = one_of::permission(), hide_possible_values = true)]
    deny: Vec<Permission>,
    /// New name
    #[arg(long, value_name = "NEW")]
    rename: Option<String>,
    /// What the role is for; empty: no description
    #[arg(long, value_name = "TEXT")]
    description: Option<String>,
    /// Skip confirmation
    #[arg(short, long)]
    yes: bool,
    #[command(flatten)]
    acting: ActingArgs,
}

/// Runs the command.
///
/// # Errors
/// When there is no such role, it is built in, a field is malformed, or the operator may not.
pub fn run(context: &mut Context, args: &EditArgs) -> anyhow::Result<()> {
    let app = context.app(Action::RolesEdit)?;
    let permissions = permission_edit(&args.allow, &args.deny)?;
    if permissions.is_empty() && args.rename.is_none() && args.description.is_none() {
        let hint = Some("give `--allow`, `--deny`, `--rename` or `--description`".to_owned());
        return Err(CliError::Usage { words: "nothing to change".to_owned(), hint }.into());
    }
    let wanted = RoleEdit { permissions, rename: args.rename.as_deref(), description: args.description.as_deref() };
    let change_options = args.acting.change_options();
    let plan = edit::edit(&app, &args.role, wanted, &ChangeOptions { dry_run: true, ..change_options.clone() })?;
    if args.acting.dry_run {
        let step = PlanStep::new(Action::RolesEdit, words(&plan, "Would change"))
            .if_changed(plan.is_changed())
            .field("role", Value::text(&plan.old.name))
            .field("name", Value::text(&plan.role.name))
            .field("description", Value::text(&plan.role.description))
            .field("permissions", list_of(plan.role.permissions))
            .field("allowed", list_of(plan.permissions.gained))
            .field("denied", list_of(plan.permissions.lost))
            .field("also_allowed", list_of(plan.permissions.brought))
            .field("also_denied", list_of(plan.permissions.taken_along))
            .field("users", Value::count(plan.users))
            .field("operators", Value::List(plan.operators.iter().map(String::as_str).collect()));
        return plan::print(&mut context.output, app.now(), &[step]);
    }
    if plan.is_own && !plan.permissions.lost.is_empty() {
        let lost = in_words(plan.permissions.lost);
        prompt::confirm(context, args.yes, &format!("Take {lost} from your own role, {}?", plan.role.name))?;
    }
    let edited = edit::edit(&app, &args.role, wanted, &change_options)?;
    context.output.say(&words(&edited, "Changed"));
    Ok(())
}

/// What became of the role: "Changed Helpdesk: allowed view-audit. 3 users and 1 operator have this role."
fn words(edited: &EditedRole, verb: &str) -> String {
    let (old, new) = (text::visible(&edited.old.name), text::visible(&edited.role.name));
    if !edited.is_changed() {
        return format!("{old} already has these permissions and this name; nothing was changed.");
    }
    let EditedRole { permissions, .. } = edited;
    let changes = [
        (!permissions.gained.is_empty()).then(|| format!("allowed {}", in_words(permissions.gained))),
        (!permissions.lost.is_empty()).then(|| format!("denied {}", in_words(permissions.lost))),
        (new != old).then(|| format!("renamed to {new}")),
        (edited.role.description != edited.old.description).then(|| "description changed".to_owned()),
    ];
    let changes = changes.into_iter().flatten().collect::<Vec<_>>().join("; ");
    let holders = format!(
        "{} and {} have this role.",
        counted(edited.users, "user"),
        counted(edited.operators.len() as u64, "operator")
    );
    sentences([
        Some(format!("{verb} {old}: {changes}.")),
        also_allowed(permissions.brought),
        also_denied(permissions.taken_along),
        Some(holders),
    ])
}
