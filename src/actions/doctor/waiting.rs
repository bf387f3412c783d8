//! The mail that waits.

use std::time::Duration;

use jiff::Timestamp;

use super::finding::CheckResult;
use super::finding::FaultClass;
use super::finding::Finding;
use crate::actions::ago;
use crate::app::App;
use crate::domain::action::Action;
use crate::domain::text;

/// The most that is repeated of a relay's words, in characters.
const REPLY: usize = 200;

/// Checks whether mail waits for longer than `complain_after` without being sent.
///
/// # Errors
/// When the operator may not manage the store, or it cannot be read.
pub fn check_waiting(app: &App, complain_after: Duration) -> CheckResult {
    let (now, minutes) = (app.now(), complain_after.as_secs() / 60);
    let (hold, waits, count, delivered) = app.view(Action::Doctor, |view| {
        let hold = view.relay_hold()?.filter(|hold| hold.is_in_force(now));
        let waits = view.has_waited_since(ago(now, complain_after))?;
        Ok((hold, waits, view.count_waiting_messages()?, view.delivered_since(0, None)?))
    })?;
    let mails = text::counted(count, "mail");
    // Deliveries are kept for two days.
    let last = delivered.last().and_then(|last| Timestamp::from_second(last.minute.saturating_mul(60)).ok());
    let last =
        last.map_or_else(|| "none was delivered for two days".to_owned(), |last| format!("the last delivery: {last}"));
    if let Some(hold) = hold {
        let words = text::quoted(hold.words(), REPLY);
        let words = format!("{mails} waiting; the relay refused all mail: {words}");
        return Ok(Finding::failed(FaultClass::Later, words, "fix that, then: cxme-admin jobs run --now"));
    }
    if waits {
        let words = format!("{mails} waiting, the oldest for more than {minutes} min; {last}");
        return Ok(Finding::failed(
            FaultClass::Later,
            words,
            "cxme-admin mail queue shows why; to send: cxme-admin jobs run",
        ));
    }
    Ok(Finding::ok(format!("{mails} waiting; {last}")))
}
