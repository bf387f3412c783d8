//! An event as one sentence: who did what to whom, and in brackets by which way and why. [`phrases`](super::phrases) has the
//! words of each action.

use jiff::Timestamp;
use jiff::tz::TimeZone;
use serde_json::Map;
use serde_json::Value;

use super::phrases;
use super::phrases::Facts;
use super::phrases::Phrase;
use crate::actions::audit::list::EventNames;
use crate::domain::action::Action;
use crate::domain::elevation::BY_UID;
use crate::domain::event::Event;
use crate::domain::event::EventOutcome;
use crate::domain::moment::local_time;

/// What a sentence needs besides the event.
pub(super) struct Besides<'a> {
    /// What the users of the event are called now.
    pub(super) names: &'a EventNames,
    /// What it changed, each "name: Bob -> Bob Brown".
    pub(super) changes: Vec<String>,
    /// The account of the login session, where it is another one than the operator.
    pub(super) login_account: Option<String>,
    /// The zone of the times that are told.
    pub(super) zone: &'a TimeZone,
}

/// The sentence. The caller escapes what cannot be printed.
pub(super) fn of(event: &Event, besides: Besides<'_>) -> String {
    let parsed = event.details.as_deref().and_then(|details| serde_json::from_str(details).ok());
    let details = match parsed {
        Some(Value::Object(details)) => details,
        _ => Map::new(),
    };
    let Besides { names, changes, login_account, zone } = besides;
    let facts = Facts { details: &details, names, zone };
    let Phrase { words, mut notes } = match Action::named(&event.action) {
        _ if event.outcome == EventOutcome::Refused.word() => refusal(event, &facts),
        Some(action) => phrases::of(action, &facts),
        None => Phrase { words: format!("ran `{}`", event.action), notes: Vec::new() },
    };
    if event.identified_by != BY_UID {
        notes.insert(0, format!("by {}", event.identified_by));
    }
    notes.extend(changes);
    notes.extend(login_account.map(|account| format!("logged in as {account}")));
    // Last, because these are the operator's own words: nothing of the program's follows them.
    notes.extend(event.reason.as_ref().map(|reason| format!("reason: {reason}")));
    let notes = if notes.is_empty() { String::new() } else { format!(" ({})", notes.join("; ")) };
    format!("{} {words}{notes}", operator(event))
}

/// The operator's account by name, or by number if it had no name.
fn operator(event: &Event) -> String {
    let is_number = event.operator == event.operator_uid.to_string();
    if is_number { format!("uid {}", event.operator) } else { event.operator.clone() }
}

/// "was refused: users set-password bob", and what was missing.
fn refusal(event: &Event, facts: &Facts<'_>) -> Phrase {
    let text = |name: &str| facts.details.get(name).and_then(Value::as_str);
    let user = facts.names.user.as_deref().or_else(|| text("user"));
    let times = facts.details.get("count").and_then(Value::as_u64).filter(|_| facts.details.contains_key("since"));
    let times = match times {
        Some(times @ 2..) => format!(" {times} times"),
        _ => String::new(),
    };
    let since = text("since").and_then(|since| since.parse::<Timestamp>().ok());
    let user = user.map(|user| format!(" {user}")).unwrap_or_default();
    let notes = [
        text("refusal").map(|words| needed(words).unwrap_or_else(|| words.to_owned())),
        text("why").map(str::to_owned),
        text("client").map(|client| format!("from {client}")),
        since.map(|since| format!("since {}", local_time(since, facts.zone))),
    ];
    Phrase {
        words: format!("was refused{times}: {}{user}", event.action),
        notes: notes.into_iter().flatten().collect(),
    }
}

/// The permission that a refusal for a missing one names. Its words speak to the operator ("your role"), and a sentence of the
/// log is about them.
fn needed(refusal: &str) -> Option<String> {
    let (_, permission) = refusal.strip_suffix('`')?.rsplit_once("lacks the permission `")?;
    Some(format!("needs {permission}"))
}

#[cfg(test)]
mod tests {
    use strum::VariantArray as _;

    use super::*;
    use crate::domain::refusal::Refusal;
    use crate::domain::role::Permission;

    fn event(action: &str, outcome: EventOutcome, details: &str) -> Event {
        Event {
            number: 7,
            time: 0,
            operator: "carol".to_owned(),
            operator_uid: 1_001,
            login_uid: None,
            host: "host".to_owned(),
            identified_by: BY_UID.to_owned(),
            authority: "Helpdesk".to_owned(),
            action: action.to_owned(),
            outcome: outcome.word().to_owned(),
            user_id: None,
            reason: None,
            details: (!details.is_empty()).then(|| details.to_owned()),
            changes_digest: Vec::new(),
            hash: Vec::new(),
        }
    }

    fn told(event: &Event, user: Option<&str>) -> String {
        let names = EventNames { user: user.map(str::to_owned), ..EventNames::default() };
        of(event, Besides { names: &names, changes: Vec::new(), login_account: None, zone: &TimeZone::UTC })
    }

    /// A new action must not end up with a sentence that lacks its object where the event has no details.
    #[test]
    fn each_action_has_a_sentence_done_or_refused_also_without_details() {
        for action in Action::VARIANTS.iter().copied() {
            for details in
                ["", "{}", "[]", "no JSON", r#"{"users":"many","job":-1,"jobs":7,"until":9,"permissions":{}}"#]
            {
                let done = told(&event(action.word(), EventOutcome::Done, details), None);
                assert!(done.starts_with("carol ") && done.len() > "carol ".len() && !done.contains("  "), "{done}");
                let refused = told(&event(action.word(), EventOutcome::Refused, details), None);
                assert_eq!(refused, format!("carol was refused: {}", action.word()));
            }
        }
        assert_eq!(told(&event("users lend", EventOutcome::Done, ""), None), "carol ran `users lend`");
    }

    #[test]
    fn the_sentence_names_the_way_the_reason_and_what_was_missing() {
        let mut set =
            event("users set-password", EventOutcome::Done, r#"{"chosen_by":"operator","must_change":false}"#);
        set.identified_by = "sudo".to_owned();
        set.reason = Some("TICKET-12".to_owned());
        assert_eq!(told(&set, Some("alice")), "carol set a password for alice (by sudo; reason: TICKET-12)");
        let lacking = Refusal::NotPermitted { role: "Auditor".to_owned(), permission: Permission::SetPasswords };
        let details = serde_json::json!({ "refusal": lacking.to_string() }).to_string();
        let refused = event("users set-password", EventOutcome::Refused, &details);
        assert_eq!(told(&refused, Some("bob")), "carol was refused: users set-password bob (needs set-passwords)");
        let details = serde_json::json!({
            "refusal": lacking.to_string(), "count": 12, "since": "2026-11-24T08:00:00Z"
        });
        let refused = event("users set-password", EventOutcome::Refused, &details.to_string());
        let expected =
            "carol was refused 12 times: users set-password (needs set-passwords; since 2026-11-24T08:00:00Z)";
        assert_eq!(told(&refused, None), expected);
    }

    #[test]
    fn an_operator_without_a_name_is_named_by_number() {
        let mut event = event("store backup", EventOutcome::Done, r#"{"to":"/srv/copy.db"}"#);
        event.operator = "1001".to_owned();
        assert_eq!(told(&event, None), "uid 1001 backed up the store (to /srv/copy.db)");
    }
}
