//! `store migrate`.

use std::path::PathBuf;

use crate::actions::store::migrate;
use crate::cli::acting_args::ActingArgs;
use crate::cli::context::Context;
use crate::cli::plan;
use crate::cli::plan::PlanStep;
use crate::cli::value::Value;
use crate::domain::action::Action;
use crate::store::open::ExpectedVersion;
use crate::store::schema;

/// Upgrade the store to the current schema
///
/// A backup is created first, beside the store, and examined. All steps are done, or none. A store that a newer program has
/// upgraded is refused: install that program again, or restore the backup that it created.
#[derive(Debug, clap::Args)]
pub struct MigrateArgs {
    /// Backup to create first; by default the store's name with the old version added
    #[arg(long, value_name = "FILE")]
    backup: Option<PathBuf>,
    #[command(flatten)]
    acting: ActingArgs,
}

/// Runs the command.
///
/// # Errors
/// When a step fails, or the operator may not.
pub fn run(context: &mut Context, args: &MigrateArgs) -> anyhow::Result<()> {
    let app = context.app_for(ExpectedVersion::CurrentOrOlder)?;
    app.authorize(Action::StoreMigrate, &[])?;
    context.require_reason(Action::StoreMigrate)?;
    let migrated = migrate::migrate(&app, args.backup.as_deref(), &args.acting.change_options())?;
    let known = schema::VERSION;
    if args.acting.dry_run {
        let words = match &migrated.copy {
            None => format!("The store has the schema version {known} already: nothing would be changed."),
            Some(copy) => {
                let found = migrated.found;
                format!(
                    "Would upgrade the store from schema version {found} to {known}; the backup would be {}.",
                    copy.display()
                )
            }
        };
        let step = PlanStep::new(Action::StoreMigrate, words)
            .if_changed(migrated.found != known)
            .field("schema_version", Value::Number(migrated.found))
            .field("new_schema_version", Value::Number(known))
            .field(
                "file",
                migrated.copy.as_ref().map_or(Value::Nothing(""), |copy| Value::text(copy.display().to_string())),
            );
        return plan::print(&mut context.output, app.now(), &[step]);
    }
    context.output.say(&match migrated.copy {
        None => format!("The store has the schema version {known} already; nothing was changed."),
        Some(copy) => {
            let found = migrated.found;
            format!("Upgraded the store from schema version {found} to {known}; the backup is {}.", copy.display())
        }
    });
    Ok(())
}
