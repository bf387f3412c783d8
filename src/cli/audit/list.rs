//! `audit list`.

use jiff::Timestamp;
use jiff::tz::TimeZone;

use crate::actions::Total;
use crate::actions::audit::list;
use crate::actions::audit::list::ListedEvent;
use crate::app::ActionError;
use crate::cli::audit::sentence;
use crate::cli::audit::sentence::Besides;
use crate::cli::column;
use crate::cli::column::Column;
use crate::cli::context::Context;
use crate::cli::failure::CliError;
use crate::cli::jobs::summary::counted;
use crate::cli::limit::LimitArgs;
use crate::cli::one_of;
use crate::cli::output::Format;
use crate::cli::value::Value;
use crate::domain::action::Action;
use crate::domain::duration::parse_duration;
use crate::domain::event::Event;
use crate::domain::event::EventOutcome;
use crate::domain::event_archive::EventArchive;
use crate::domain::event_archive::hex;
use crate::domain::moment::parse_moment;
use crate::domain::user::UserReference;
use crate::domain::user_change::DELETED;
use crate::domain::user_change::UserChange;
use crate::process::Accounts;
use crate::store::events::EventQuery;

/// List events, newest first
///
/// A table tells each event in one sentence; data has its fields. Users are named as they are called now, and deleted
/// users by number. Where sudo (or run0), doas or pkexec named the operator, the sentence says so; `logged in as` is the
/// account of the login session, where it is another one than the operator.
///
/// `--user` finds every event that changed the user, including imports, selections and jobs, and shows what it changed:
/// field, old and new value. For passwords, only the fact that they changed is recorded. The values of deleted users
/// are erased.
#[derive(Debug, clap::Args)]
pub struct ListArgs {
    /// Events about this user; for a deleted user, the number in `user_id`
    #[arg(long, value_name = "USER")]
    user: Option<String>,
    /// Events of this command and its variants, such as `users set-password`
    #[arg(long, value_name = "COMMAND")]
    action: Option<String>,
    /// Events of this OS account, by name or number
    #[arg(long, value_name = "ACCOUNT")]
    operator: Option<String>,
    /// Events with this outcome
    #[arg(long, value_name = "OUTCOME", value_parser = one_of::event_outcome())]
    outcome: Option<EventOutcome>,
    /// Events since a date (midnight) or a time, such as `2026-11-01T08:00`; `7d`: of the last 7 days
    #[arg(long, value_name = "TIME")]
    since: Option<String>,
    /// Events until a date or a time; `1h`: until an hour ago
    #[arg(long, value_name = "TIME")]
    until: Option<String>,
    #[command(flatten)]
    limit: LimitArgs,
}

/// An event with what it changed.
pub(super) struct EventRow {
    pub(super) event: Event,
    pub(super) changes: Vec<UserChange>,
    /// The event in one sentence; empty where the fields are shown.
    pub(super) sentence: String,
}

/// The columns of the table: the sentence has what is left of the terminal's width.
const TABLE: [Column<EventRow>; 3] = [
    Column { name: "number", title: "NO", cell: |row| Value::Number(row.event.number) },
    Column { name: "time", title: "WHEN", cell: |row| Value::Time(store_time(&row.event)) },
    Column { name: "sentence", title: "WHAT HAPPENED", cell: |row| Value::Sentence(row.sentence.as_str().into()) },
];

/// The fields of an event as data, with their titles where one event is shown.
pub(super) const FIELDS: [Column<EventRow>; 14] = [
    Column { name: "number", title: "Event", cell: |row| Value::Number(row.event.number) },
    Column { name: "time", title: "Time", cell: |row| Value::Time(store_time(&row.event)) },
    Column { name: "operator", title: "Operator", cell: |row| Value::text(&row.event.operator) },
    Column { name: "operator_uid", title: "Operator uid", cell: |row| Value::Number(row.event.operator_uid) },
    Column { name: "login_uid", title: "Logged in as", cell: |row| number_or_nothing(row.event.login_uid) },
    Column { name: "host", title: "Host", cell: |row| Value::text(&row.event.host) },
    Column { name: "identified_by", title: "Identified by", cell: |row| Value::text(&row.event.identified_by) },
    Column { name: "authority", title: "Role", cell: |row| Value::text(&row.event.authority) },
    Column { name: "action", title: "Action", cell: |row| Value::text(&row.event.action) },
    Column { name: "outcome", title: "Outcome", cell: |row| Value::text(&row.event.outcome) },
    Column { name: "user_id", title: "User id", cell: |row| number_or_nothing(row.event.user_id) },
    Column { name: "reason", title: "Reason", cell: |row| Value::text_or(row.event.reason.as_deref(), "") },
    Column {
        name: "details",
        title: "Details",
        cell: |row| row.event.details.as_deref().map_or(Value::Nothing(""), |details| Value::Json(details.into())),
    },
    Column { name: "hash", title: "Hash", cell: |row| Value::text(hex(&row.event.hash)) },
];

/// What an event changed, as data: an array of objects.
pub(super) const CHANGES: Column<EventRow> =
    Column { name: "changes", title: "Changes", cell: |row| Value::Json(as_json(row.changes.iter()).into()) };

fn number_or_nothing(number: Option<i64>) -> Value<'static> {
    number.map_or(Value::Nothing(""), Value::Number)
}

/// The field of whether a user has to change the password.
const MUST_CHANGE: &str = "must_change_password";
/// The fields of which the sentence of an action says enough.
const TOLD_BY_THE_ACTION: [&str; 10] = [
    "added_by_event",
    "bounced_at",
    "bounce_reply",
    "failed_logins",
    "locked_at",
    "locked_until",
    "lock_reason",
    "password",
    "password_expires_at",
    DELETED,
];

/// Runs the command.
///
/// # Errors
/// When the operator may not view the audit.
pub fn run(context: &mut Context, args: &ListArgs) -> anyhow::Result<()> {
    let app = context.app(Action::AuditList)?;
    let operator_uid = match &args.operator {
        None => None,
        Some(given) => Some(crate::cli::operators::account(context, given)?.0),
    };
    let now = app.now();
    let zone = context.process.time_zone();
    let query = EventQuery {
        user: None,
        action: args.action.as_deref().map(action).transpose()?,
        operator_uid,
        outcome: args.outcome.map(EventOutcome::word),
        since: args.since.as_deref().map(|given| moment("--since", given, now, &zone)).transpose()?,
        until: args.until.as_deref().map(|given| moment("--until", given, now, &zone)).transpose()?,
        limit: args.limit.rows(&context.output),
    };
    let user = args.user.as_deref().map(UserReference::new);
    let is_table = context.output.format == Format::Table;
    let columns: Vec<Column<EventRow>> =
        if is_table { TABLE.into() } else { FIELDS.into_iter().chain([CHANGES]).collect() };
    let (is_of_user, accounts) = (user.is_some(), &context.process.accounts);
    let (mut shown, mut total) = (0, Total::default());
    column::list::<_, ActionError>(&mut context.output, &columns, now, |sink| {
        shown = 0;
        total = list::list(&app, &query, user.as_ref(), is_table, &mut |listed| {
            shown += 1;
            let sentence = if is_table { told(&listed, is_of_user, accounts, &zone) } else { String::new() };
            let ListedEvent { event, changes, .. } = listed;
            Ok(sink(&EventRow { event, changes, sentence })?)
        })?;
        Ok(())
    })?;
    args.limit.say_total(&mut context.output, shown, total, "event");
    say_moved(context, list::newest_archive(&app)?, query.since);
    for attempts in list::unrecorded_attempts(&app)? {
        let count = counted(attempts.count, "refused attempt");
        let since = context.output.local_time(attempts.since);
        context.output.say(&format!("Not yet recorded: {count} since {since} ({}).", attempts.action));
    }
    Ok(())
}

/// Says where the events are that were moved out of the store, if they would be among those since this moment.
pub(super) fn say_moved(context: &mut Context, newest: Option<EventArchive>, since: Option<i64>) {
    let Some(newest) = newest.filter(|newest| since.is_none_or(|since| since < newest.before)) else { return };
    let EventArchive { last, file, .. } = newest;
    let what = if last == 1 { "Event 1 was".to_owned() } else { format!("Events 1 to {last} were") };
    context.output.say(&format!("{what} moved out of the store; the newest of their files: {file}."));
}

/// When the event happened.
pub(super) fn store_time(event: &Event) -> Timestamp {
    Timestamp::from_second(event.time).unwrap_or_default()
}

/// The account of the login session in which an event was caused, with the name that it has now.
pub(super) fn login_account(accounts: &Accounts, event: &Event) -> Option<String> {
    let uid = event.login_uid?;
    Some(u32::try_from(uid).map_or_else(|_| format!("uid {uid}"), |uid| accounts.described(uid)))
}

fn action(given: &str) -> Result<&'static str, CliError> {
    // As it is typed, with blanks between the words.
    let words = given.split_whitespace().collect::<Vec<_>>().join(" ");
    let found = Action::named(&words).map(Action::word);
    found.ok_or_else(|| CliError::NoSuchAction { given: given.to_owned(), nearest: Action::nearest(&words) })
}

/// A moment: a date, a time, or so long ago.
pub(super) fn moment(option: &str, given: &str, now: Timestamp, zone: &TimeZone) -> Result<i64, CliError> {
    let usage = |words: String| CliError::Usage { words: format!("{option}: {words}"), hint: None };
    if let Ok(age) = parse_duration(given) {
        return now.checked_sub(age).map(Timestamp::as_second).map_err(|_| usage("reaches too far back".to_owned()));
    }
    let ago = |error| usage(format!("{error}; a length of time such as `7d` counts back from now"));
    parse_moment(given, zone).map(Timestamp::as_second).map_err(ago)
}

/// Changes as data.
pub(super) fn as_json<'a>(changes: impl Iterator<Item = &'a UserChange>) -> String {
    let object = |change: &UserChange| {
        let UserChange { user, field, old, new, is_erased, .. } = change;
        serde_json::json!({ "user_id": user.0, "field": field, "old": old, "new": new, "erased": is_erased })
    };
    serde_json::Value::Array(changes.map(object).collect()).to_string()
}

/// A change as a person reads it: "name: Bob -> Bob Brown".
pub(super) fn change(change: &UserChange) -> String {
    let UserChange { field, old, new, is_erased, .. } = change;
    match (old, new) {
        _ if *is_erased => format!("{field}: erased"),
        (Some(old), Some(new)) => format!("{field}: {old} -> {new}"),
        // What happened, and no value.
        (None, Some(new)) if matches!(field.as_str(), "password" | DELETED) => format!("{field}: {new}"),
        (None, new) => format!("{field}: -> {}", new.as_deref().unwrap_or_default()),
        (Some(old), None) => format!("{field}: {old} ->"),
    }
}

/// An event in one sentence, with what it changed. Where a user was asked for, `is_of_user`, an import says all that changed of
/// this one.
fn told(listed: &ListedEvent, is_of_user: bool, accounts: &Accounts, zone: &TimeZone) -> String {
    let ListedEvent { event, changes, names } = listed;
    let is_import = is_of_user && event.action.starts_with(Action::UsersImport.word());
    let is_edit = event.action == Action::UsersEdit.word();
    let is_told_by_action = |field: &str| match field {
        MUST_CHANGE => !is_edit,
        field => TOLD_BY_THE_ACTION.contains(&field),
    };
    let changes = changes.iter().filter(|change| is_import || !is_told_by_action(&change.field)).map(change);
    let login = event.login_uid.filter(|uid| *uid != event.operator_uid).and_then(|_| login_account(accounts, event));
    sentence::of(event, Besides { names, changes: changes.collect(), login_account: login, zone })
}

/// The details as a person reads them, each "name: value".
pub(super) fn details(event: &Event) -> Vec<String> {
    let parsed: Option<serde_json::Value> =
        event.details.as_deref().and_then(|details| serde_json::from_str(details).ok());
    let plain = |value: &serde_json::Value| match value {
        serde_json::Value::String(text) => text.clone(),
        serde_json::Value::Array(texts) if texts.iter().all(serde_json::Value::is_string) => {
            texts.iter().filter_map(serde_json::Value::as_str).collect::<Vec<_>>().join(" ")
        }
        other => other.to_string(),
    };
    let Some(serde_json::Value::Object(object)) = &parsed else { return event.details.iter().cloned().collect() };
    let detail = |(name, value): (&String, &serde_json::Value)| match (value.get("old"), value.get("new")) {
        (Some(old), Some(new)) => format!("{name}: {} -> {}", plain(old), plain(new)),
        (None, Some(new)) => format!("{name}: -> {}", plain(new)),
        _ => format!("{name}: {}", plain(value)),
    };
    object.iter().map(detail).collect()
}
