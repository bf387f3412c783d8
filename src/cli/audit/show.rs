//! `audit show`.

use crate::actions::ActionError;
use crate::actions::audit;
use crate::actions::audit::EventWithChanges;
use crate::cli::audit::list;
use crate::cli::context::Context;
use crate::cli::data;
use crate::cli::output::Format;
use crate::cli::output::Output;
use crate::cli::value::Column;
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

/// A user change as a row.
const CHANGE: [Column; 6] = [
    Column { name: "user_id", title: "USER ID" },
    Column { name: "username", title: "USER" },
    Column { name: "field", title: "FIELD" },
    Column { name: "old", title: "OLD" },
    Column { name: "new", title: "NEW" },
    Column { name: "erased", title: "ERASED" },
];

/// The titles of the fields of an event, in the order of [`list::DATA`].
const TITLES: [&str; 14] = [
    "Event",
    "Time",
    "Operator",
    "Operator uid",
    "Logged in as",
    "Host",
    "Identified by",
    "Role",
    "Action",
    "Outcome",
    "User id",
    "Reason",
    "Details",
    "Hash",
];

/// Runs the command.
///
/// # Errors
/// When there is no such event, or the operator may not view the audit.
pub fn run(context: &mut Context, args: &ShowArgs) -> anyhow::Result<()> {
    let app = context.app(Action::AuditShow)?;
    if args.changes {
        let now = app.now();
        return Ok(data::records::<ActionError>(&mut context.output, &CHANGE, now, |sink| {
            audit::each_change(&app, args.number, &mut |change, username| {
                Ok(sink(&[
                    Value::Number(change.user.0),
                    Value::text_or(username, "(deleted)"),
                    Value::text(&change.field),
                    Value::text_or(change.old.as_deref(), ""),
                    Value::text_or(change.new.as_deref(), ""),
                    Value::Flag(change.is_erased),
                ])?)
            })
        })?);
    }
    let EventWithChanges { event, changes, changes_total } = audit::show(&app, args.number)?;
    let is_table = context.output.format == Format::Table;
    let details = list::parts(&event, false);
    let rows = list::DATA.into_iter().zip(TITLES).zip(list::cells(&event)).map(|((head, title), cell)| {
        let cell = match head.name {
            _ if !is_table || cell == Value::Nothing("") => cell,
            "details" => Value::List(details.iter().map(String::as_str).collect()),
            "login_uid" => Value::text(list::login_account(&context.process.accounts, &event).unwrap_or_default()),
            _ => cell,
        };
        (Column { title, ..head }, cell)
    });
    // A table leaves out what does not apply; data always has every key.
    let applies = |cell: &Value<'_>| !is_table || *cell != Value::Nothing("");
    let (mut heads, mut cells): (Vec<Column>, Vec<Value<'_>>) = rows.filter(|(_, cell)| applies(cell)).unzip();
    let told = told(&context.output, &changes, changes_total, &event);
    if is_table && !changes.is_empty() {
        heads.push(Column { title: "Changes", ..list::CHANGES });
        cells.push(Value::List(told.iter().map(String::as_str).collect()));
    } else if !is_table {
        heads.extend([list::CHANGES, Column { name: "changes_total", title: "" }]);
        let shown = changes.iter().map(|(change, _)| change);
        cells.extend([Value::Json(list::as_json(shown).into()), Value::count(changes_total)]);
    }
    Ok(data::record(&mut context.output, &heads, &cells, app.now())?)
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
