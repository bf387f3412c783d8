//! `store restore`.

use std::path::PathBuf;

use crate::actions::store;
use crate::cli::acting::ActingArgs;
use crate::cli::context::Context;
use crate::cli::data::Cell;
use crate::cli::jobs::summary::counted;
use crate::cli::plan;
use crate::cli::plan::Step;
use crate::cli::prompt;
use crate::domain::action::Action;

/// Put a copy in the store's place
///
/// Replaces the store atomically: other processes see the old store or the new one. Everything since the backup is lost,
/// including its events; `audit verify --head HASH` detects the gap. Because the backup may be outdated, every link is
/// revoked, unsent mails are marked in doubt and get a new link, and running jobs are paused. The replaced store is kept as
/// STORE.replaced-TIME.
///
/// The copy is only read. It must belong to root, to the account that runs this, or to the account of the store, and have
/// the schema that its version has.
#[derive(Debug, clap::Args)]
pub struct RestoreArgs {
    /// The copy, as `store backup` makes it
    #[arg(value_name = "FILE")]
    file: PathBuf,
    /// Do not ask
    #[arg(short, long)]
    yes: bool,
    #[command(flatten)]
    acting: ActingArgs,
}

/// Runs the command.
///
/// # Errors
/// When the copy is not whole, the disk is full, or the operator may not manage the store, in it or in the one that is
/// there.
pub fn run(context: &mut Context, args: &RestoreArgs) -> anyhow::Result<()> {
    let intent = args.acting.intent();
    context.may_replace_store()?;
    let (restoring, desk) = context.desk_on_copy(&args.file)?;
    let restored = store::prepare_restored(&desk, &restoring, &args.file, &intent)?;
    let place = context.place_of_store()?;
    let words = format!(
        "the store of {} with {}",
        restored.newest.map_or_else(|| "no event".to_owned(), |time| context.output.local_time(time)),
        counted(restored.users, "user")
    );
    if intent.dry_run {
        let step = Step::new(Action::StoreRestore, format!("Would replace {} with {words}.", place.display()))
            .field("store", Cell::text(place.display().to_string()))
            .field("users", Cell::count(restored.users))
            .field("newest_event_at", Cell::time_or(restored.newest, ""))
            .field("links", Cell::count(restored.unsettled.links))
            .field("in_doubt", Cell::count(restored.unsettled.messages))
            .field("jobs", Cell::count(restored.unsettled.jobs));
        return plan::print(&mut context.output, desk.now(), &[step]);
    }
    if place.symlink_metadata().is_ok() {
        let question = format!("Put {words} in the place of {}?", place.display());
        prompt::confirm(context, args.yes, &question)?;
    }
    store::finish_restored(desk, restoring)?;
    let unsettled = restored.unsettled;
    context.output.say(&format!("{} is {words}.", place.display()));
    if let Some(kept) = &restored.kept {
        context.output.say(&format!("The replaced store is kept as {}.", kept.display()));
    }
    context.output.say(&format!(
        "{} revoked, {} in doubt, {} paused.",
        counted(unsettled.links, "open link"),
        counted(unsettled.messages, "waiting mail"),
        counted(unsettled.jobs, "running job"),
    ));
    Ok(())
}
