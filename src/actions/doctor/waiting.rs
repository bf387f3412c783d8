//! The mail that waits.

use std::time::Duration;

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
    let (hold, waits, count) = app.view(Action::Doctor, |view| {
        let hold = view.relay_hold()?.filter(|hold| hold.is_in_force(now));
        Ok((hold, view.has_waited_since(ago(now, complain_after))?, view.count_waiting_messages()?))
    })?;
    let mails = text::counted(count, "mail");
    if let Some(hold) = hold {
        let words = text::quoted(hold.words(), REPLY);
        let words = format!("{mails} waiting; the relay refused all mail: {words}");
        return Ok(Finding::failed(FaultClass::Later, words, "fix that, then: cxme-admin jobs run --now"));
    }
    if waits {
        let words = format!("{mails} waiting, the oldest for more than {minutes} min");
        return Ok(Finding::failed(
            FaultClass::Later,
            words,
            "cxme-admin mail queue shows why; to send: cxme-admin jobs run",
        ));
    }
    Ok(Finding::ok(format!("{mails} waiting")))
}
