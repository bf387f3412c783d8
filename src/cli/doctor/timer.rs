//! The timer that sends mail.

use crate::actions::doctor::finding::FaultClass;
use crate::actions::doctor::finding::Finding;
use crate::domain::text;
use crate::process::systemd::SERVICE;
use crate::process::systemd::TIMER;
use crate::process::systemd::TimerState;

/// The most that is repeated of systemd's words, in characters.
const WORDS: usize = 80;

/// What to say of the timer. cron may send the mail as well, so that no timer is no failure.
pub(super) fn finding_of(state: TimerState) -> Finding {
    let (is_active, last_trigger, result, status) = match state {
        TimerState::NoSystemd => return Finding::not_checked("systemd does not run here; cron may run `jobs run`"),
        TimerState::NotInstalled => {
            return Finding::not_checked(format!("{TIMER} is not installed; cron may run `jobs run`"));
        }
        TimerState::NoAnswer => return Finding::not_checked("systemctl does not answer"),
        TimerState::Installed { is_active, last_trigger, result, status } => (is_active, last_trigger, result, status),
    };
    if !is_active {
        let next = format!("systemctl enable --now {TIMER}");
        return Finding::warning(FaultClass::Configuration, format!("{TIMER} is not active: no mail is sent"), next);
    }
    if !["", "success"].contains(&result.as_str()) {
        let (result, status) = (text::quoted(&result, WORDS), text::quoted(&status, WORDS));
        let words = format!("the last run of {SERVICE} failed ({result}, exit code {status})");
        return Finding::warning(FaultClass::Later, words, format!("journalctl -u {SERVICE}"));
    }
    match last_trigger.as_str() {
        "" => Finding::ok("active; not started yet"),
        last => Finding::ok(format!("active; last started {}", text::quoted(last, WORDS))),
    }
}
