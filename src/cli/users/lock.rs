//! `users lock`.

use jiff::Timestamp;
use jiff::tz::TimeZone;

use crate::actions::users::lock;
use crate::cli::acting::ActingArgs;
use crate::cli::context::Context;
use crate::cli::data::Cell;
use crate::cli::failure::Complaint;
use crate::cli::plan;
use crate::cli::plan::Step;
use crate::domain::action::Action;
use crate::domain::duration::parse_duration;
use crate::domain::moment::local_time;
use crate::domain::moment::parse_moment;
use crate::domain::user::UserReference;

/// Lock a user, for a time or for good
///
/// A locked user cannot sign in, and his sessions end. The reason is shown by `users show` and kept in the audit.
/// Example: `cxme-admin users lock alice --for 2h --reason 'lost laptop'`
#[derive(Debug, clap::Args)]
pub struct LockArgs {
    /// Username or email address, whole
    #[arg(value_name = "USER")]
    user: String,
    /// End of the lock: a date (its midnight) or a time such as `2026-12-01T08:00`, local unless it has a zone such as `Z` or `+01:00`
    #[arg(long, value_name = "TIME", conflicts_with = "duration")]
    until: Option<String>,
    /// Length of the lock, such as `30d` or `2h30m`; otherwise until `users unlock`
    #[arg(long = "for", id = "duration", value_name = "LENGTH")]
    duration: Option<String>,
    #[command(flatten)]
    acting: ActingArgs,
}

/// Runs the command.
///
/// # Errors
/// When there is no such user, the moment is malformed or past, or the operator may not.
pub fn run(context: &mut Context, args: &LockArgs) -> anyhow::Result<()> {
    let desk = context.desk(Action::UsersLock)?;
    let zone = context.process.time_zone();
    let until = end(args, desk.now(), &zone)?;
    let outcome = lock::lock(&desk, &UserReference::new(&args.user), until, &args.acting.intent())?;
    let name = &outcome.username;
    let length =
        until.map_or_else(|| "until `users unlock`".to_owned(), |until| format!("until {}", local_time(until, &zone)));
    let already = format!("{name} is locked so already: nothing was changed.");
    if args.acting.dry_run {
        let words = if outcome.changed { format!("Would lock {name} {length}.") } else { already };
        let step = Step::new(Action::UsersLock, words)
            .if_changed(outcome.changed)
            .field("username", Cell::text(name))
            .field("locked_until", Cell::time_or(until, ""))
            .field("lock_reason", Cell::text_or(args.acting.reason.as_deref(), ""));
        return plan::print(&mut context.output, desk.now(), &[step]);
    }
    context.output.say(&if outcome.changed { format!("{name} is locked {length}.") } else { already });
    Ok(())
}

fn end(args: &LockArgs, now: Timestamp, zone: &TimeZone) -> Result<Option<Timestamp>, Complaint> {
    let usage = |option: &str, words: String| Complaint::Usage { words: format!("{option}: {words}"), hint: None };
    if let Some(length) = &args.duration {
        let length = parse_duration(length).map_err(|error| usage("--for", error.to_string()))?;
        let until = now.checked_add(length);
        return until.map(Some).map_err(|_| usage("--for", "reaches too far ahead".to_owned()));
    }
    let Some(given) = &args.until else { return Ok(None) };
    parse_moment(given, zone).map(Some).map_err(|error| usage("--until", error.to_string()))
}
