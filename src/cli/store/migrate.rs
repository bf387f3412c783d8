//! `store migrate`.

use std::path::PathBuf;

use crate::actions::store;
use crate::cli::acting::ActingArgs;
use crate::cli::context::Context;
use crate::cli::data::Cell;
use crate::cli::plan;
use crate::cli::plan::Step;
use crate::domain::action::Action;
use crate::store::open::Expect;
use crate::store::schema;

/// Upgrade the store to the current schema
///
/// A backup is created first, beside the store. All steps are done, or none.
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
    let desk = context.desk_for(Expect::CurrentOrOlder)?;
    desk.authorize(Action::StoreMigrate, &[])?;
    let migrated = store::migrate(&desk, args.backup.as_deref(), &args.acting.intent())?;
    let known = schema::VERSION;
    if args.acting.dry_run {
        let words = match migrated.found == known {
            true => format!("The store has the schema version {known} already: nothing would be changed."),
            false => format!("Would upgrade the store from schema version {} to {known}.", migrated.found),
        };
        let step = Step::new(Action::StoreMigrate, words)
            .if_changed(migrated.found != known)
            .field("schema_version", Cell::Number(migrated.found))
            .field("new_schema_version", Cell::Number(known));
        return plan::print(&mut context.output, desk.now(), &[step]);
    }
    context.output.say(&match migrated.copy {
        None => format!("The store has the schema version {known} already: nothing was changed."),
        Some(copy) => {
            let found = migrated.found;
            format!("The store is brought from schema version {found} to {known}; a copy is at {}.", copy.display())
        }
    });
    for collision in migrated.collisions {
        context.output.warn(&collision);
    }
    Ok(())
}
