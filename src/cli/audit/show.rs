//! `audit show`.

use crate::actions::audit::show;
use crate::actions::audit::show::EventWithChanges;
use crate::app::ActionError;
use crate::cli::audit::list;
use crate::cli::audit::list::EventRow;
use crate::cli::column;
use crate::cli::column::Column;
use crate::cli::context::Context;
use crate::cli::data;
use crate::cli::output::Format;
use crate::cli::output::Output;
use crate::cli::value::Heading;
use crate::cli::value::Value;
use crate::domain::action::Action;
use crate::domain::event::Event;
use crate::domain::user_change::UserChange;

/// Show an event with all of its details
///
/// The first 100 user changes are shown with it; `--changes` shows all of them.
#[derive(Debug, clap::Args)]
pub struct ShowArgs {
    /// Number of the event, as `audit list` shows it
    #[arg(value_name = "NO")]
    number: i64,
    /// Show only the user changes of the event, one per row
    #[arg(long)]
    changes: bool,
}

/// A user change, and the user's name if there still is the user.
struct ChangeRow {
    change: UserChange,
    username: Option<String>,
}

const CHANGE: [Column<ChangeRow>; 6] = [
    Column { name: "user_id", title: "USER ID", cell: |row| Value::Number(row.change.user.0) },
    Column { name: "username", title: "USER", cell: |row| Value::text_or(row.username.as_deref(), "(deleted)") },
    Column { name: "field", title: "FIELD", cell: |row| Value::text(&row.change.field) },
    Column { name: "old", title: "OLD", cell: |row| Value::text_or(row.change.old.as_deref(), "") },
    Column { name: "new", title: "NEW", cell: |row| Value::text_or(row.change.new.as_deref(), "") },
    Column { name: "erased", title: "ERASED", cell: |row| Value::Flag(row.change.is_erased) },
];

/// Runs the command.
///
/// # Errors
/// When there is no such event, or the operator may not view the audit.
pub fn run(context: &mut Context, args: &ShowArgs) -> anyhow::Result<()> {
    let app = context.app(Action::AuditShow)?;
    if args.changes {
        let now = app.now();
        return Ok(column::list::<_, ActionError>(&mut context.output, &CHANGE, now, |sink| {
            show::each_change(&app, args.number, &mut |change, username| {
                Ok(sink(&ChangeRow { change: change.clone(), username: username.map(str::to_owned) })?)
            })
        })?);
    }
    let EventWithChanges { event, changes, changes_total } = show::show(&app, args.number)?;
    let is_table = context.output.format == Format::Table;
    let details = list::details(&event);
    let accounts = &context.process.accounts;
    let changes_shown = changes.iter().map(|(change, _)| change.clone()).collect();
    let row = EventRow { event, changes: changes_shown, sentence: String::new() };
    let rows = list::FIELDS.into_iter().map(|column| {
        let cell = (column.cell)(&row);
        let cell = match column.name {
            _ if !is_table || cell == Value::Nothing("") => cell,
            "details" => Value::List(details.iter().map(String::as_str).collect()),
            "login_uid" => Value::text(list::login_account(accounts, &row.event).unwrap_or_default()),
            _ => cell,
        };
        (column.heading(), cell)
    });
    let told = told(&context.output, &changes, changes_total, &row.event);
    let mut fields: Vec<(Heading, Value<'_>)> = rows.collect();
    if is_table && !changes.is_empty() {
        fields.push((list::CHANGES.heading(), Value::List(told.iter().map(String::as_str).collect())));
    } else if !is_table {
        fields.push(list::CHANGES.of(&row));
        fields.push((Heading { name: "changes_total", title: "" }, Value::count(changes_total)));
    }
    Ok(data::fields(&mut context.output, fields, app.now())?)
}

/// The changes as a person reads them, with their users where the event is not about one user alone.
fn told(output: &Output, changes: &[(UserChange, Option<String>)], total: u64, event: &Event) -> Vec<String> {
    let mut told: Vec<String> = Vec::new();
    for (change, username) in changes {
        let words = list::change(change);
        told.push(match (event.user_id, username) {
            (Some(_), _) => words,
            (None, Some(username)) => format!("{username} {words}"),
            (None, None) => format!("user {} {words}", change.user.0),
        });
    }
    match total.saturating_sub(changes.len() as u64) {
        0 => {}
        more => {
            let words = format!("and {more} more: cxme-admin audit show {} --changes", event.number);
            told.push(output.pasteable(&words).into_owned());
        }
    }
    told
}
