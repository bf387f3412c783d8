//! `store migrate`.

use std::path::PathBuf;

use crate::actions::store;
use crate::cli::acting::ActingArgs;
use crate::cli::context::Context;
use crate::domain::action::Action;
use crate::store::open::Expect;
use crate::store::schema;

/// Bring a store that an older program made to the present schema
///
/// A copy is made first, beside the store. All steps are done, or none.
#[derive(Debug, clap::Args)]
pub struct MigrateArgs {
    /// Copy to make first; otherwise the store's name with the old version added
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
    desk.may(Action::StoreMigrate, &[])?;
    let migrated = store::migrate(&desk, args.backup.as_deref(), &args.acting.intent())?;
    let known = schema::VERSION;
    let words = match (migrated.found == known, migrated.copy) {
        (true, _) => format!("The store has the schema version {known} already: nothing was changed."),
        (false, None) => format!("The store would be brought from schema version {} to {known}.", migrated.found),
        (false, Some(copy)) => {
            let found = migrated.found;
            format!("The store is brought from schema version {found} to {known}; a copy is at {}.", copy.display())
        }
    };
    context.output.say(&words);
    for collision in migrated.collisions {
        context.output.warn(&collision);
    }
    Ok(())
}
