//! `audit export`.

use std::time::Duration;

use jiff::Timestamp;

use super::list;
use crate::actions::audit::export;
use crate::actions::audit::export::ExportPosition;
use crate::actions::audit::export::ExportStart;
use crate::actions::audit::list as actions;
use crate::app::ActionError;
use crate::app::App;
use crate::cli::context::Context;
use crate::cli::data;
use crate::cli::failure::CliError;
use crate::cli::output::Format;
use crate::cli::value::Heading;
use crate::cli::value::Value;
use crate::domain::action::Action;
use crate::domain::event::EventFields;
use crate::domain::event_archive::hex;
use crate::domain::user_change::UserChange;
use crate::process::continuous_output::ContinuousOutput;
use crate::process::continuous_output::WaitEnd;
use crate::store::StoreError;

/// Export events, oldest first, for collectors
///
/// Writes NDJSON unless `-o` says otherwise, with the fields of `audit list -o ndjson`. With `--follow` it continues with
/// new events until you stop it or nobody reads its output: each line is written whole.
///
/// A collector that keeps `number` and `hash` of the last event continues behind it with `--after` and `--hash`, so that it
/// loses no event and gets none twice. If the store no longer has that event, because a backup was restored, the command
/// says so.
#[derive(Debug, clap::Args)]
pub struct ExportArgs {
    /// Begin with the first event since a date or a time; `7d`: of the last 7 days
    #[arg(long, value_name = "TIME", conflicts_with = "after")]
    since: Option<String>,
    /// Begin behind the event with this number
    #[arg(long, value_name = "NO", value_parser = clap::value_parser!(i64).range(0..))]
    after: Option<i64>,
    /// Hash of that event: refuse if the store has another one under its number
    #[arg(long, value_name = "HASH", requires = "after")]
    hash: Option<String>,
    /// Continue with new events as they happen, as NDJSON
    #[arg(long)]
    follow: bool,
}

/// How often a store is asked for new events.
const PAUSE: Duration = Duration::from_millis(500);
/// How many events are read at once: no transaction is open while the reader takes them.
const PAGE: u64 = 500;

/// The columns: the fields of `audit list`, and what the event changed.
const HEADINGS: [Heading; 15] = {
    let mut headings = [Heading { name: "changes", title: "" }; 15];
    let mut place = 0;
    while place < list::FIELDS.len() {
        headings[place] = Heading { name: list::FIELDS[place].name, title: "" };
        place += 1;
    }
    headings
};

/// Runs the command.
///
/// # Errors
/// When the operator may not view the audit, the store no longer has the event behind which it begins, or another file has
/// taken the place of the store.
pub fn run(context: &mut Context, args: &ExportArgs) -> anyhow::Result<()> {
    let app = context.app(Action::AuditExport)?;
    let zone = context.process.time_zone();
    let start = match (&args.since, args.after) {
        (Some(given), _) => ExportStart::Since(list::moment("--since", given, app.now(), &zone)?),
        (None, Some(number)) => {
            let hash = args.hash.as_deref().map(|hash| super::hash_of("--hash", hash)).transpose()?;
            ExportStart::After(ExportPosition { number, hash })
        }
        (None, None) => ExportStart::First,
    };
    match context.output.format {
        Format::Table => context.output.format = Format::Ndjson,
        Format::Csv | Format::Json if args.follow => {
            let words = "--follow writes NDJSON: leave out `-o`, or give `-o ndjson`".to_owned();
            return Err(CliError::Usage { words, hint: None }.into());
        }
        Format::Csv | Format::Json | Format::Ndjson => {}
    }
    if !matches!(start, ExportStart::After(_)) {
        let since = if let ExportStart::Since(since) = start { Some(since) } else { None };
        list::say_moved(context, actions::newest_archive(&app)?, since);
    }
    if args.follow {
        let output = context.process.continuous_output().map_err(StoreError::NoThread)?;
        return follow(context, &app, &output, start);
    }
    data::records::<ActionError>(&mut context.output, &HEADINGS, app.now(), |sink| {
        export::export(&app, &start, None, &mut |event, changes| Ok(with_cells(event, changes, sink)?))?;
        Ok(())
    })?;
    Ok(())
}

/// Writes events as they come until it is stopped, which is its usual end.
fn follow(context: &mut Context, app: &App, output: &ContinuousOutput, mut start: ExportStart) -> anyhow::Result<()> {
    let mut seen = None;
    loop {
        match export::change_number(app) {
            Ok(number) if seen == Some(number) => {}
            found => {
                // What was written before somebody moved the file is in it.
                if write_new(context, app, output, &mut start)? == FollowStep::Stopped {
                    return Ok(());
                }
                seen = Some(found?);
            }
        }
        match output.wait(PAUSE)? {
            WaitEnd::TimeOver => {}
            WaitEnd::Stopped => return Ok(()),
            WaitEnd::ReaderGone => return Err(std::io::Error::from(std::io::ErrorKind::BrokenPipe).into()),
        }
    }
}

/// Whether following continues.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum FollowStep {
    Continue,
    Stopped,
}

/// Writes all events that are new.
fn write_new(
    context: &mut Context,
    app: &App,
    output: &ContinuousOutput,
    start: &mut ExportStart,
) -> anyhow::Result<FollowStep> {
    loop {
        let mut lines = Vec::new();
        let last = export::export(app, start, Some(PAGE), &mut |event, changes| {
            let keep = &mut |cells: &[Value<'_>]| {
                lines.push(data::ndjson_line(&HEADINGS, cells)?);
                Ok(())
            };
            Ok(with_cells(event, changes, keep)?)
        })?;
        for line in &lines {
            if output.write_line(context.output.data(), line)? {
                return Ok(FollowStep::Stopped);
            }
        }
        match last {
            Some(last) => *start = ExportStart::After(last),
            None => return Ok(FollowStep::Continue),
        }
    }
}

/// Gives the values of an event to the sink, in the order of [`HEADINGS`].
fn with_cells(event: &EventFields<'_>, changes: &[UserChange], sink: &mut data::Sink<'_>) -> std::io::Result<()> {
    let number_or_nothing = |number: Option<i64>| number.map_or(Value::Nothing(""), Value::Number);
    let changes = if changes.is_empty() { "[]".into() } else { list::as_json(changes.iter()).into() };
    sink(&[
        Value::Number(event.number),
        Value::Time(Timestamp::from_second(event.time).unwrap_or_default()),
        Value::text(event.operator),
        Value::Number(event.operator_uid),
        number_or_nothing(event.login_uid),
        Value::text(event.host),
        Value::text(event.identified_by),
        Value::text(event.authority),
        Value::text(event.action),
        Value::text(event.outcome),
        number_or_nothing(event.user_id),
        Value::text_or(event.reason, ""),
        event.details.map_or(Value::Nothing(""), |details| Value::Json(details.into())),
        Value::text(hex(event.hash)),
        Value::Json(changes),
    ])
}
