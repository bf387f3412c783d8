//! The mail that waits.

use std::time::Duration;

use jiff::SignedDuration;

use super::finding::CheckResult;
use super::finding::FaultClass;
use super::finding::Finding;
use crate::actions::ago;
use crate::app::App;
use crate::domain::action::Action;
use crate::domain::text;

/// The most that is repeated of a relay's words, in characters.
const REPLY: usize = 200;

/// A run that last succeeded so long ago is started by nothing any more.
const RUN_EVERY: SignedDuration = SignedDuration::from_hours(24);

/// Checks whether mail waits for longer than `complain_after` without being sent, and when `jobs run` last succeeded.
///
/// # Errors
/// When the operator may not manage the store, or it cannot be read.
pub fn check_waiting(app: &App, complain_after: Duration) -> CheckResult {
    let (now, minutes) = (app.now(), complain_after.as_secs() / 60);
    let (hold, waits, count, last) = app.view(Action::Doctor, |view| {
        let hold = view.relay_hold()?.filter(|hold| hold.is_in_force(now));
        let waits = view.has_waited_since(ago(now, complain_after))?;
        Ok((hold, waits, view.count_waiting_messages()?, view.metrics(now)?.last_success))
    })?;
    let mails = text::counted(count, "mail");
    if let Some(hold) = hold {
        let words = text::quoted(hold.words(), REPLY);
        let words = format!("{mails} waiting; the relay refused all mail: {words}");
        return Ok(Finding::failed(FaultClass::Later, words, "fix that, then: cxme-admin jobs run --now"));
    }
    let succeeded = match last {
        Some(last) => format!("`jobs run` last succeeded at {last}"),
        None => "`jobs run` has not succeeded yet".to_owned(),
    };
    if waits {
        let words = format!("{mails} waiting, the oldest for more than {minutes} min; {succeeded}");
        let next = "cxme-admin mail queue shows why; to send: cxme-admin jobs run";
        return Ok(Finding::failed(FaultClass::Later, words, next));
    }
    let words = format!("{mails} waiting; {succeeded}");
    if last.is_some_and(|last| now.duration_since(last) > RUN_EVERY) {
        let next = "neither cron nor the timer has run it for a day: see the timer, or the lines of cron";
        return Ok(Finding::warning(FaultClass::Later, words, next));
    }
    Ok(Finding::ok(words))
}
