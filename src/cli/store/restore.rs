//! `store restore`.

use std::path::Path;
use std::path::PathBuf;

use crate::actions::store::restore;
use crate::actions::store::restore::PreparedRestore;
use crate::cli::acting_args::ActingArgs;
use crate::cli::context::Context;
use crate::cli::jobs::summary::counted;
use crate::cli::plan;
use crate::cli::plan::PlanStep;
use crate::cli::prompt;
use crate::cli::store::latest::Latest;
use crate::cli::value::Value;
use crate::domain::action::Action;
use crate::store::passwords_back::PasswordsBack;

/// Replace the store with a backup
///
/// Replaces the store atomically: other processes see the old store or the new one. Everything since the backup is
/// lost, including its events; `audit verify --head HASH` detects the gap. Because the backup may be outdated, every
/// link is revoked, unsent mails are marked in doubt and get a new link, and running jobs are paused. The replaced
/// store is kept as STORE.replaced-TIME.
///
/// The backup is only read. It must belong to root, to the account that runs this, or to the account of the store, and
/// have exactly the schema of its version.
///
/// --latest takes the newest backup in a directory by its name. If it is damaged or its name is later than the clock, nothing
/// is restored: the error names the backup before it, which you can restore by its name.
#[derive(Debug, clap::Args)]
#[command(group = clap::ArgGroup::new("backup").required(true).args(["file", "latest"]))]
pub struct RestoreArgs {
    /// Backup, as created by `store backup`
    #[arg(value_name = "FILE", conflicts_with = "latest")]
    file: Option<PathBuf>,
    /// Restore the newest backup that `store backup --directory` created in this directory
    #[arg(long, value_name = "DIR")]
    latest: Option<PathBuf>,
    /// Skip confirmation
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
    let change_options = args.acting.change_options();
    let ended = context.may_replace_store()?;
    context.require_reason(Action::StoreRestore)?;
    let latest = args.latest.as_deref().map(|directory| Latest::find(directory, context.now())).transpose()?;
    let file = latest.as_ref().map_or_else(|| args.file.as_deref().unwrap_or(Path::new("")), |latest| &latest.file);
    let explained = |error| match &latest {
        Some(latest) => latest.explain(error),
        None => error,
    };
    let (restoring, app) = context.app_on_copy(file).map_err(explained)?;
    let restored = restore::prepare_restored(&app, &restoring, file, &ended, &change_options)
        .map_err(|error| explained(error.into()))?;
    let place = context.place_of_store()?;
    let words = format!(
        "the store of {} with {}",
        restored.newest.map_or_else(|| "no event".to_owned(), |time| context.output.local_time(time)),
        counted(restored.users, "user")
    );
    let PasswordsBack { count: back, uncounted, .. } = restored.passwords_back;
    let words = match &latest {
        Some(latest) => format!("{words}, from {}", latest.file.display()),
        None => words,
    };
    if change_options.dry_run {
        let mut words = format!("Would replace {} with {words}.", place.display());
        if back > 0 {
            words += &format!(" {} ended since would work again.", counted(back, "password"));
        }
        if let Some(uncounted) = uncounted {
            let others = if back > 0 { "Others" } else { "Passwords" };
            words += &format!(" {others} ended since may work again; they cannot be counted: {}.", uncounted.word());
        }
        let step = PlanStep::new(Action::StoreRestore, words)
            .field("store", Value::text(place.display().to_string()))
            .field("file", Value::text(file.display().to_string()))
            .field("users", Value::count(restored.users))
            .field("newest_event_at", Value::time_or(restored.newest, ""))
            .field("links", Value::count(restored.unsettled.links))
            .field("in_doubt", Value::count(restored.unsettled.messages))
            .field("jobs", Value::count(restored.unsettled.jobs))
            .field("ended_passwords", Value::count(back))
            .field(
                "ended_passwords_uncounted",
                uncounted.map_or(Value::Nothing(""), |uncounted| Value::text(uncounted.word())),
            );
        return plan::print(&mut context.output, app.now(), &[step]);
    }
    if place.symlink_metadata().is_ok() {
        let mut and = match back {
            0 => String::new(),
            _ => format!(", and let {} work again that were ended since", counted(back, "password")),
        };
        if let Some(uncounted) = uncounted {
            let others = if back > 0 { "others" } else { "passwords ended since" };
            and += &format!(" ({others} may work again; they cannot be counted: {})", uncounted.word());
        }
        let question = format!("Replace {} with {words}{and}?", place.display());
        prompt::confirm(context, args.yes, &question)?;
    }
    restore::finish_restored(app, restoring)?;
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
    warn_of_passwords(context, &restored);
    Ok(())
}

/// Ends all passwords, where nobody can list the users whose passwords work again.
const END_ALL: &str = "cxme-admin users send-reset --all --end-passwords";

/// Warns of passwords that work again, in cron too: somebody may have stolen them.
fn warn_of_passwords(context: &mut Context, restored: &PreparedRestore) {
    let PasswordsBack { count, uncounted, jobs } = &restored.passwords_back;
    let words = match count {
        0 => None,
        1 => Some("1 password works again that was ended after the backup".to_owned()),
        _ => Some(format!("{} work again that were ended after the backup", counted(*count, "password"))),
    };
    let end = "cxme-admin users send-reset --from FILE --end-passwords";
    let ids: Vec<String> = jobs.iter().map(ToString::to_string).collect();
    let next = match (ids.as_slice(), &restored.kept) {
        ([first, ..], Some(kept)) => {
            let (which, whose) = if ids.len() == 1 { ("job", "its users") } else { ("jobs", "the users of each") };
            let kept = crate::cli::as_typed(&[kept.clone().into_os_string()]);
            let list = format!("cxme-admin jobs recipients {first} --store {kept} -o csv");
            format!(
                ", by {which} {} of the replaced store; list {whose} with {list} > FILE, then: {end}",
                ids.join(", ")
            )
        }
        // Which users they are of is not known either.
        _ if uncounted.is_some() => String::new(),
        _ => format!("; to end all passwords: {END_ALL}"),
    };
    let known = words.map(|words| words + &next);
    let others = uncounted.map(|uncounted| {
        let others = if *count > 0 { "others" } else { "passwords that were ended after the backup" };
        let why = uncounted.word();
        format!("{others} may work again; they cannot be counted: {why}; to end all passwords: {END_ALL}")
    });
    let parts: Vec<String> = known.into_iter().chain(others).collect();
    if !parts.is_empty() {
        context.output.warn(&parts.join("; "));
    }
}
