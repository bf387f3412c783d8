//! `audit archive`.

use std::path::PathBuf;

use super::list;
use crate::actions::audit::archive;
use crate::actions::audit::archive::BESIDES;
use crate::cli::acting_args::ActingArgs;
use crate::cli::context::Context;
use crate::cli::jobs::summary::counted;
use crate::cli::plan::PlanStep;
use crate::cli::prompt;
use crate::cli::value::Value;
use crate::domain::action::Action;
use crate::store::event_archives::OldEvents;

/// Move old events out of the store into a file
///
/// The file has the events with all that their hashes cover, and their user changes, one JSON object per line. It is written
/// with mode 0600, read again from the first event to the last, and on the disk before the store is changed. The chain
/// continues from the last event that was moved: `audit verify` checks the rest, and with `--archive FILE` the whole chain.
///
/// The events of the last 30 days and the newest event stay in the store. Values that were erased with their users stay
/// erased; those of users who are deleted later stay in the file.
#[derive(Debug, clap::Args)]
pub struct ArchiveArgs {
    /// Events before a date or a time; `365d`: those older than 365 days
    #[arg(long, value_name = "TIME")]
    before: String,
    /// New file
    #[arg(long, value_name = "FILE")]
    out: PathBuf,
    /// Skip confirmation
    #[arg(short, long)]
    yes: bool,
    #[command(flatten)]
    acting: ActingArgs,
}

/// Runs the command.
///
/// # Errors
/// When the operator may not, there is a file already, it cannot be written, or the chain is broken.
pub fn run(context: &mut Context, args: &ArchiveArgs) -> anyhow::Result<()> {
    let app = context.app_with(Action::AuditArchive, &BESIDES)?;
    let zone = context.process.time_zone();
    let before = list::moment("--before", &args.before, app.now(), &zone)?;
    let plan = archive::plan(&app, before)?;
    let file = args.out.display();
    let what = plan.old.as_ref().map_or_else(
        || "no events".to_owned(),
        |old| format!("{} ({} to {})", counted(old.events(), "event"), old.first, old.last),
    );
    if args.acting.dry_run {
        archive::check_place(&args.out)?;
        let number = |number: fn(&OldEvents) -> i64| {
            plan.old.as_ref().map_or(Value::Nothing(""), |old| Value::Number(number(old)))
        };
        let step = PlanStep::new(Action::AuditArchive, format!("Would move {what} to {file}."))
            .if_changed(plan.old.is_some())
            .field("events", Value::count(plan.old.as_ref().map_or(0, OldEvents::events)))
            .field("first", number(|old| old.first))
            .field("last", number(|old| old.last))
            .field("changes", number(|old| old.changes))
            .field("file", Value::text(file.to_string()));
        return crate::cli::plan::print(&mut context.output, app.now(), &[step]);
    }
    let Some(old) = plan.old else {
        context.output.say("No events to move.");
        return Ok(());
    };
    prompt::confirm(context, args.yes, &format!("Move {what} out of the store to {file}?"))?;
    archive::archive(&app, before, &old, &args.out, &args.acting.change_options())?;
    context.output.say(&format!("Moved {what} to {file}. Keep it: `audit verify` needs it for the whole chain."));
    Ok(())
}
