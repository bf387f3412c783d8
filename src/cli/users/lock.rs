//! `users lock`.

use jiff::Timestamp;
use jiff::tz::TimeZone;

use crate::actions::users::list::ExcludedNames;
use crate::actions::users::lock;
use crate::actions::users::lock::LockLimit;
use crate::actions::users::lock::LockManyOutcome;
use crate::actions::users::targets::TargetList;
use crate::actions::users::targets::Targets;
use crate::app::App;
use crate::cli::acting_args::ActingArgs;
use crate::cli::as_typed;
use crate::cli::context::Context;
use crate::cli::failure::CliError;
use crate::cli::files::InputFile;
use crate::cli::jobs::summary::grouped;
use crate::cli::plan;
use crate::cli::plan::PlanStep;
use crate::cli::selection::read_names;
use crate::cli::targets;
use crate::cli::targets::TargetArgs;
use crate::cli::value::Value;
use crate::domain::action::Action;
use crate::domain::duration::parse_duration;
use crate::domain::moment::local_time;
use crate::domain::moment::parse_moment;
use crate::domain::secret_form;
use crate::domain::user::UserReference;

/// Lock users, for a time or until they are unlocked
///
/// Locked users cannot sign in, and their sessions end. `users show` shows the reason, and the audit log keeps it. Of
/// several users, named or selected, all are locked or none, after confirmation. Another lock never shortens one in
/// force, and keeps its reason unless `--reason` gives one: among several users, a lock that ends later is kept and
/// counted; for a single user, a shorter lock is refused (`users unlock` ends it). Examples: `cxme-admin users lock
/// alice --for 2h --reason 'lost laptop'`; `cxme-admin users lock --role Student --not-in enrolled.csv` locks the
/// students who are not on the list
#[derive(Debug, clap::Args)]
pub struct LockArgs {
    /// End of the lock: a date (midnight) or a time such as `2026-12-01T08:00`, local unless it has a zone such as `Z`
    /// or `+01:00`
    #[arg(long, value_name = "TIME", conflicts_with = "duration")]
    until: Option<String>,
    /// Duration of the lock, such as `30d` or `2h30m`; by default until `users unlock`
    #[arg(long = "for", id = "duration", value_name = "LENGTH")]
    duration: Option<String>,
    /// Lock all users who are not named in a file (`-`: standard input), in the forms of `--from`; operators' own users
    /// are left out
    #[arg(long, value_name = "FILE", value_hint = clap::ValueHint::AnyPath, conflicts_with = "from")]
    not_in: Option<InputFile>,
    /// With `--not-in`: ignore names in the file that no user has
    #[arg(long, requires = "not_in")]
    ignore_unknown: bool,
    /// Abort unless exactly N users would be locked
    #[arg(long, value_name = "N")]
    expect: Option<u64>,
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
    args.targets.check_beside(args.not_in.is_some())?;
    if args.expect.is_some() && args.targets.users.len() == 1 {
        let words = "--expect: one user is named".to_owned();
        return Err(CliError::Usage { words, hint: Some("leave `--expect` out".to_owned()) }.into());
    }
    let app = context.app(Action::UsersLock)?;
    let end = end(args, app.now(), &context.process.time_zone())?;
    match args.targets.targets(context, &app)? {
        Targets::One(user) => lock_one(context, &app, &user, &end, args),
        Targets::Many(mut several) if args.not_in.is_some() => {
            exclude(context, args, &mut several)?;
            lock_several(context, &app, *several, &end, args)
        }
        Targets::Many(several) => lock_several(context, &app, *several, &end, args),
    }
}

/// Reads the list of those who stay.
fn exclude(context: &mut Context, args: &LockArgs, several: &mut TargetList) -> anyhow::Result<()> {
    let Some(source) = &args.not_in else { return Ok(()) };
    let list = read_names(context, source)?;
    if list.users.is_empty() {
        return Err(
            CliError::Data(format!("{source}: the list names nobody, so that all users would be locked")).into()
        );
    }
    if list.ends_within_line && args.expect.is_none() {
        let words = format!("{source}: the last line does not end with a line break: the list may have been cut off");
        let hint = "if it is whole, say how many users are to be locked: `--expect N`".to_owned();
        return Err(CliError::BadList { words, hint }.into());
    }
    several.words = Some(
        [several.words.take(), Some(not_in_words(source))]
            .into_iter()
            .flatten()
            .filter(|words| !words.is_empty())
            .collect::<Vec<_>>()
            .join(" "),
    );
    several.sha256 = Some(list.sha256);
    several.spares_operators = true;
    several.wanted.excluded = Some(ExcludedNames {
        names: list.users.into(),
        lines: list.lines,
        emails: list.emails,
        ignores_unknown: args.ignore_unknown,
    });
    Ok(())
}

/// The option as one would type it.
fn not_in_words(source: &InputFile) -> String {
    secret_form::without_secrets(&as_typed(&["--not-in".into(), source.to_string().into()])).into_owned()
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
    let limit = match (args.expect, &args.not_in) {
        (Some(expected), _) => LockLimit::Exactly(expected),
        (None, Some(_)) if !args.acting.dry_run => LockLimit::Half,
        (None, _) => LockLimit::Any,
    };
    let locked = targets::change_several(
        context,
        args.yes,
        &args.acting,
        several,
        |LockManyOutcome { users, changed, kept }| {
            let beside = beside_words(*kept, &users.spared);
            (*changed > 0).then(|| format!("Lock {} {length}{beside}?", targets::changed_of(*changed, users)))
        },
        |several, change_options| lock::lock_several(app, several, end.until, limit, change_options),
    )?;
    let LockManyOutcome { users, changed, kept } = &locked;
    let longer = beside_words(*kept, &users.spared);
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
            .field("left_out", Value::List(users.spared.iter().map(String::as_str).collect()))
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

/// " (2 already locked for longer; left out, as an operator: carol)", or nothing.
fn beside_words(kept: u64, spared: &[String]) -> String {
    let longer = (kept > 0).then(|| format!("{} already locked for longer", grouped(kept)));
    let spared = match spared {
        [] => None,
        [one] => Some(format!("left out, as an operator: {one}")),
        several => Some(format!("left out, as operators: {}", several.join(", "))),
    };
    let words: Vec<String> = longer.into_iter().chain(spared).collect();
    if words.is_empty() { String::new() } else { format!(" ({})", words.join("; ")) }
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
