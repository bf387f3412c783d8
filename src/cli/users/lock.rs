//! `users lock`.

use jiff::Timestamp;
use jiff::tz::TimeZone;

use crate::actions::users::lock;
use crate::actions::users::lock::LockManyOutcome;
use crate::actions::users::targets::TargetList;
use crate::actions::users::targets::Targets;
use crate::app::App;
use crate::cli::acting_args::ActingArgs;
use crate::cli::context::Context;
use crate::cli::failure::CliError;
use crate::cli::jobs::summary::grouped;
use crate::cli::plan;
use crate::cli::plan::PlanStep;
use crate::cli::targets;
use crate::cli::targets::TargetArgs;
use crate::cli::value::Value;
use crate::domain::action::Action;
use crate::domain::duration::parse_duration;
use crate::domain::moment::local_time;
use crate::domain::moment::parse_moment;
use crate::domain::user::UserReference;

/// Lock users, for a time or until they are unlocked
///
/// Locked users cannot sign in, and their sessions end. `users show` shows the reason, and the audit log keeps it. Of
/// several users, named or selected, all are locked or none, after confirmation. Another lock never shortens one in
/// force, and keeps its reason unless `--reason` gives one: among several users, a lock that ends later is kept and
/// counted; for a single user, a shorter lock is refused (`users unlock` ends it). Example: `cxme-admin users lock
/// alice --for 2h --reason 'lost laptop'`
#[derive(Debug, clap::Args)]
pub struct LockArgs {
    /// End of the lock: a date (midnight) or a time such as `2026-12-01T08:00`, local unless it has a zone such as `Z`
    /// or `+01:00`
    #[arg(long, value_name = "TIME", conflicts_with = "duration")]
    until: Option<String>,
    /// Duration of the lock, such as `30d` or `2h30m`; by default until `users unlock`
    #[arg(long = "for", id = "duration", value_name = "LENGTH")]
    duration: Option<String>,
    /// Skip confirmation before several users are locked
    #[arg(short, long)]
    yes: bool,
    #[command(flatten)]
    acting: ActingArgs,
    #[command(flatten)]
    targets: TargetArgs,
}

/// The end of a lock.
struct End {
    until: Option<Timestamp>,
    /// "until 2026-12-01T08:00:00Z"
    words: String,
}

/// Runs the command.
///
/// # Errors
/// When there is no such user, the moment is malformed or past, or the operator may not.
pub fn run(context: &mut Context, args: &LockArgs) -> anyhow::Result<()> {
    args.targets.check()?;
    let app = context.app(Action::UsersLock)?;
    let end = end(args, app.now(), &context.process.time_zone())?;
    match args.targets.targets(context, &app)? {
        Targets::One(user) => lock_one(context, &app, &user, &end, args),
        Targets::Many(several) => lock_several(context, &app, *several, &end, args),
    }
}

fn lock_one(context: &mut Context, app: &App, user: &UserReference, end: &End, args: &LockArgs) -> anyhow::Result<()> {
    let outcome = lock::lock(app, user, end.until, &args.acting.change_options())?;
    let name = &outcome.username;
    let length = &end.words;
    let already = format!("{name} is already locked like this; nothing was changed.");
    if args.acting.dry_run {
        let words = if outcome.changed { format!("Would lock {name} {length}.") } else { already };
        let step = PlanStep::new(Action::UsersLock, words)
            .if_changed(outcome.changed)
            .field("username", Value::text(name))
            .field("locked_until", Value::time_or(end.until, ""))
            .field("lock_reason", Value::text_or(args.acting.reason.as_deref(), ""));
        return plan::print(&mut context.output, app.now(), &[step]);
    }
    context.output.say(&if outcome.changed { format!("Locked {name} {length}.") } else { already });
    Ok(())
}

fn lock_several(
    context: &mut Context,
    app: &App,
    several: TargetList,
    end: &End,
    args: &LockArgs,
) -> anyhow::Result<()> {
    let length = &end.words;
    let locked = targets::change_several(
        context,
        args.yes,
        &args.acting,
        several,
        |LockManyOutcome { users, changed, kept }| {
            let kept = kept_words(*kept);
            (*changed > 0).then(|| format!("Lock {} {length}{kept}?", targets::changed_of(*changed, users)))
        },
        |several, change_options| lock::lock_several(app, several, end.until, change_options),
    )?;
    let LockManyOutcome { users, changed, kept } = &locked;
    let longer = kept_words(*kept);
    if args.acting.dry_run {
        let words = match (changed, kept) {
            (0, 1..) => format!("Nothing would be changed{longer}."),
            _ => targets::would(*changed, users, |who| format!("Would lock {who} {length}{longer}.")),
        };
        let step = PlanStep::new(Action::UsersLock, words)
            .if_changed(*changed > 0)
            .field("users", Value::count(users.count))
            .field("users_changed", Value::count(*changed))
            .field("locked_longer", Value::count(*kept))
            .field("usernames", targets::usernames(users))
            .field("locked_until", Value::time_or(end.until, ""))
            .field("lock_reason", Value::text_or(args.acting.reason.as_deref(), ""));
        return plan::print(&mut context.output, app.now(), &[step]);
    }
    context.output.say(&match (users.count, changed) {
        (0, _) => targets::NOBODY.to_owned(),
        (_, 0) if *kept > 0 => format!("Nothing was changed{longer}."),
        (_, 0) => "All of these users are already locked like this; nothing was changed.".to_owned(),
        _ => format!("Locked {} {length}{longer}.", targets::count_of(*changed, users)),
    });
    Ok(())
}

/// " (2 already locked for longer)", or nothing.
fn kept_words(kept: u64) -> String {
    if kept == 0 { String::new() } else { format!(" ({} already locked for longer)", grouped(kept)) }
}

fn end(args: &LockArgs, now: Timestamp, zone: &TimeZone) -> Result<End, CliError> {
    let usage = |option: &str, words: String| CliError::Usage { words: format!("{option}: {words}"), hint: None };
    let until = match (&args.duration, &args.until) {
        (Some(length), _) => {
            let length = parse_duration(length).map_err(|error| usage("--for", error.to_string()))?;
            let until = now.checked_add(length);
            Some(until.map_err(|_| usage("--for", "reaches too far ahead".to_owned()))?)
        }
        (None, Some(given)) => Some(parse_moment(given, zone).map_err(|error| usage("--until", error.to_string()))?),
        (None, None) => None,
    };
    let words =
        until.map_or_else(|| "until `users unlock`".to_owned(), |until| format!("until {}", local_time(until, zone)));
    Ok(End { until, words })
}
