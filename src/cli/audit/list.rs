//! `audit list`.

use jiff::Timestamp;

use crate::actions::ActionError;
use crate::actions::audit;
use crate::cli::context::Context;
use crate::cli::data;
use crate::cli::data::Cell;
use crate::cli::data::Head;
use crate::cli::failure::Complaint;
use crate::cli::jobs::summary::counted;
use crate::cli::output::Format;
use crate::domain::action::Action;
use crate::domain::duration::parse_duration;
use crate::domain::user::UserReference;
use crate::store::events::EventQuery;

/// List events, the newest first
#[derive(Debug, clap::Args)]
pub struct ListArgs {
    /// Those about this user
    #[arg(long, value_name = "USER")]
    user: Option<String>,
    /// Those of this command, such as `users set-password`
    #[arg(long, value_name = "COMMAND")]
    action: Option<String>,
    /// Those by this OS account, by name or number
    #[arg(long, value_name = "ACCOUNT")]
    operator: Option<String>,
    /// Refusals alone
    #[arg(long)]
    refused: bool,
    /// Those of the last hours or days, such as `24h`
    #[arg(long, value_name = "AGE")]
    since: Option<String>,
    /// At most so many; all in data, 50 in a table
    #[arg(long, value_name = "N")]
    limit: Option<u64>,
}

/// The columns of the table: it fits 80 columns.
const TABLE: [Head; 6] = [
    Head { name: "number", title: "NO" },
    Head { name: "time", title: "WHEN" },
    Head { name: "operator", title: "OPERATOR" },
    Head { name: "action", title: "ACTION" },
    Head { name: "outcome", title: "OUTCOME" },
    Head { name: "details", title: "DETAILS" },
];

const DATA: [Head; 14] = [
    Head { name: "number", title: "" },
    Head { name: "time", title: "" },
    Head { name: "operator", title: "" },
    Head { name: "operator_uid", title: "" },
    Head { name: "login_uid", title: "" },
    Head { name: "host", title: "" },
    Head { name: "by_sudo", title: "" },
    Head { name: "standing", title: "" },
    Head { name: "action", title: "" },
    Head { name: "outcome", title: "" },
    Head { name: "user_id", title: "" },
    Head { name: "reason", title: "" },
    Head { name: "details", title: "" },
    Head { name: "hash", title: "" },
];

/// What a table shows without `--limit`.
const TABLE_LIMIT: u64 = 50;

/// Runs the command.
///
/// # Errors
/// When the operator may not view the audit.
pub fn run(context: &mut Context, args: &ListArgs) -> anyhow::Result<()> {
    let desk = context.desk(Action::AuditList)?;
    let operator_uid = match &args.operator {
        None => None,
        Some(given) => Some(crate::cli::operators::account(context, given)?.0),
    };
    let now = desk.now();
    let is_table = context.output.format == Format::Table;
    let query = EventQuery {
        user: None,
        action: args.action.clone(),
        operator_uid,
        outcome: args.refused.then_some("refused"),
        since: args.since.as_deref().map(|age| since(age, now)).transpose()?,
        limit: args.limit.or(is_table.then_some(TABLE_LIMIT)),
    };
    let user = args.user.as_deref().map(UserReference::new);
    let heads: &[Head] = if is_table { &TABLE } else { &DATA };
    data::records::<ActionError>(&mut context.output, heads, now, |sink| {
        audit::list(&desk, &query, user.as_ref(), &mut |event| {
            let time = Timestamp::from_second(event.time).unwrap_or_default();
            let optional = |number: Option<i64>| number.map_or(Cell::Nothing(""), Cell::Number);
            if is_table {
                let details = brief(event.reason.as_deref(), event.details.as_deref());
                return Ok(sink(&[
                    Cell::Number(event.number),
                    Cell::Time(time),
                    Cell::text(&event.operator),
                    Cell::text(&event.action),
                    Cell::text(&event.outcome),
                    Cell::text(details),
                ])?);
            }
            Ok(sink(&[
                Cell::Number(event.number),
                Cell::Time(time),
                Cell::text(&event.operator),
                Cell::Number(event.operator_uid),
                optional(event.login_uid),
                Cell::text(&event.host),
                Cell::Flag(event.by_sudo == 1),
                Cell::text(&event.standing),
                Cell::text(&event.action),
                Cell::text(&event.outcome),
                optional(event.user_id),
                Cell::text_or(event.reason.as_deref(), ""),
                Cell::text_or(event.details.as_deref(), ""),
                Cell::text(super::hex(&event.hash)),
            ])?)
        })
    })?;
    for attempts in audit::unrecorded_attempts(&desk)? {
        let (count, since) = (counted(attempts.count, "refused attempt"), attempts.since);
        context.output.say(&format!("Not yet recorded: {count} since {since} ({}).", attempts.action));
    }
    Ok(())
}

fn since(age: &str, now: Timestamp) -> Result<i64, Complaint> {
    let usage = |words: String| Complaint::Usage { words: format!("--since: {words}"), hint: None };
    let age = parse_duration(age).map_err(|error| usage(error.to_string()))?;
    now.checked_sub(age).map(Timestamp::as_second).map_err(|_| usage("reaches too far back".to_owned()))
}

/// The details as a person reads them: the user first, then "name: value", the reason last.
fn brief(reason: Option<&str>, details: Option<&str>) -> String {
    let parsed: Option<serde_json::Value> = details.and_then(|details| serde_json::from_str(details).ok());
    let mut parts: Vec<String> = Vec::new();
    let plain = |value: &serde_json::Value| match value {
        serde_json::Value::String(text) => text.clone(),
        other => other.to_string(),
    };
    if let Some(serde_json::Value::Object(object)) = &parsed {
        parts.extend(object.get("username").filter(|name| name.is_string()).map(plain));
        // The address beside the name would only take room, unless it is what changed.
        let is_told = |(name, value): &(&String, &serde_json::Value)| {
            !(matches!(name.as_str(), "username" | "email") && value.is_string())
        };
        for (name, value) in object.iter().filter(is_told) {
            match (value.get("old"), value.get("new")) {
                (Some(old), Some(new)) => parts.push(format!("{name}: {} -> {}", plain(old), plain(new))),
                _ if name == "refusal" => parts.push(plain(value)),
                _ if name == "sha256" => parts.push(format!("sha256: {:.8}…", plain(value))),
                _ => parts.push(format!("{name}: {}", plain(value))),
            }
        }
    }
    parts.extend(reason.map(|reason| format!("reason: {reason}")));
    parts.join(", ")
}
