//! How often an unattended `jobs run` reports that something is wrong. cron mails every word that it prints, each minute: what is
//! new is reported at once, what goes on only now and then, and what passes by itself only when mail has waited for long.

use std::time::Duration;

use jiff::SignedDuration;
use jiff::Timestamp;

/// A failure that goes on is reported again after this time.
const EVERY: Duration = Duration::from_secs(3_600);
/// The same for what was asked for.
const EXPECTED_EVERY: Duration = Duration::from_secs(86_400);

/// Whether the next run may come to the same failure.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Recurrence {
    /// It happens once: each is news.
    Once,
    /// It passes by itself, such as a relay that cannot be reached.
    Passing,
    /// It passes by itself and was asked for, such as a rate that is used up.
    Expected,
    /// It lasts until somebody does something. The text tells it from others.
    Lasting(String),
}

/// The last report of a failure that goes on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LastReport {
    /// When.
    pub at: Timestamp,
    /// The last [`Recurrence::Lasting`] that was reported; may be empty.
    pub failure: String,
}

impl LastReport {
    /// As it is stored: the unix time, a line break, the failure.
    pub fn to_bytes(&self) -> Vec<u8> {
        format!("{}\n{}", self.at.as_second(), self.failure).into_bytes()
    }

    /// From its stored form; `None`: another form.
    pub fn from_bytes(bytes: &[u8]) -> Option<Self> {
        let (at, failure) = std::str::from_utf8(bytes).ok()?.split_once('\n')?;
        let at = Timestamp::from_second(at.parse().ok()?).ok()?;
        Some(Self { at, failure: failure.to_owned() })
    }

    /// The report of a failure after this one.
    pub fn next(before: Option<&Self>, recurrence: &Recurrence, now: Timestamp) -> Self {
        let failure = match recurrence {
            Recurrence::Lasting(failure) => failure.clone(),
            Recurrence::Once | Recurrence::Passing | Recurrence::Expected => {
                before.map(|before| before.failure.clone()).unwrap_or_default()
            }
        };
        Self { at: now, failure }
    }
}

/// Whether a failure is to be reported now. `has_waited`: a mail has waited for at least `complain_after`.
pub fn is_due(
    recurrence: &Recurrence,
    last: Option<&LastReport>,
    has_waited: bool,
    complain_after: Duration,
    now: Timestamp,
) -> bool {
    // A report of the future is one of a clock that was wrong: it counts for nothing.
    let last = last.filter(|last| last.at <= now);
    let is_past = |time: Duration| last.is_none_or(|last| now.duration_since(last.at).unsigned_abs() >= time);
    match recurrence {
        Recurrence::Once => true,
        Recurrence::Passing => has_waited && is_past(EVERY),
        Recurrence::Expected => has_waited && is_past(EXPECTED_EVERY),
        Recurrence::Lasting(failure) => {
            let is_new = last.is_none_or(|last| last.failure != *failure);
            // Where nothing waits any more, the same failure on another day is news too.
            is_new || (is_past(EVERY) && (has_waited || is_past(complain_after)))
        }
    }
}

/// A sender may do nothing for so long and be well: a relay may take minutes to answer (RFC 5321, 4.5.3.2).
const BUSY: Duration = Duration::from_secs(900);

/// Whether a process that sends has stalled: it has done nothing for at least `complain_after`, and, unless it is stopped, for
/// longer than a relay may take to answer.
pub fn has_stalled(active_at: Timestamp, is_stopped: bool, complain_after: Duration, now: Timestamp) -> bool {
    let least = if is_stopped { complain_after } else { complain_after.max(BUSY) };
    now.duration_since(active_at) >= SignedDuration::try_from(least).unwrap_or(SignedDuration::MAX)
}

/// What tells a failure from others: its words without those that differ each time, such as a queue id or a time. Codes of SMTP
/// stay (RFC 5321, 4.2; RFC 3463, 2).
pub fn signature(words: &str) -> String {
    let is_digits = |part: &str| !part.is_empty() && part.len() <= 3 && part.bytes().all(|byte| byte.is_ascii_digit());
    let is_code = |word: &str| {
        let parts: Vec<&str> = word.trim_matches([':', ',', ';']).split('.').collect();
        parts.iter().all(|part| is_digits(part)) && (parts.len() == 3 || (parts.len() == 1 && parts[0].len() == 3))
    };
    let kept = words.split_whitespace().filter(|word| is_code(word) || !word.bytes().any(|byte| byte.is_ascii_digit()));
    // Enough to tell one from another, and no more than a row should hold.
    kept.collect::<Vec<_>>().join(" ").chars().take(500).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const HOUR: Duration = EVERY;

    fn at(minutes: i64) -> Timestamp {
        Timestamp::from_second(1_800_000_000 + minutes * 60).unwrap()
    }

    /// The minutes of a day at which a failure is reported, run by run, where a mail has waited since minute 0.
    fn reported(recurrence: &Recurrence, complain_after: Duration) -> Vec<i64> {
        let mut last = None;
        let mut reported = Vec::new();
        for minute in 0_i64..300 {
            let has_waited = complain_after <= Duration::from_secs(minute.unsigned_abs() * 60);
            if is_due(recurrence, last.as_ref(), has_waited, complain_after, at(minute)) {
                last = Some(LastReport::next(last.as_ref(), recurrence, at(minute)));
                reported.push(minute);
            }
        }
        reported
    }

    #[test]
    fn what_passes_is_reported_when_mail_has_waited_and_then_once_an_hour() {
        assert_eq!(reported(&Recurrence::Passing, HOUR), [60, 120, 180, 240]);
        assert_eq!(reported(&Recurrence::Passing, HOUR * 4), [240]);
        assert_eq!(reported(&Recurrence::Passing, Duration::ZERO), [0, 60, 120, 180, 240]);
    }

    #[test]
    fn what_lasts_is_reported_at_once_and_again_when_mail_has_waited() {
        let lasting = Recurrence::Lasting("login refused".to_owned());
        assert_eq!(reported(&lasting, HOUR), [0, 60, 120, 180, 240]);
        assert_eq!(reported(&lasting, HOUR * 3), [0, 180, 240]);
        assert_eq!(reported(&Recurrence::Once, HOUR).len(), 300);
    }

    #[test]
    fn another_failure_is_news_and_what_passes_between_does_not_make_the_same_one_news() {
        let lasting = |words: &str| Recurrence::Lasting(words.to_owned());
        let last = LastReport::next(None, &lasting("a"), at(0));
        assert!(is_due(&lasting("b"), Some(&last), false, HOUR, at(1)));
        assert!(!is_due(&lasting("a"), Some(&last), true, HOUR, at(1)));
        let last = LastReport::next(Some(&last), &Recurrence::Passing, at(61));
        assert!(!is_due(&lasting("a"), Some(&last), true, HOUR, at(62)));
    }

    #[test]
    fn a_clock_that_was_wrong_silences_nothing() {
        let lasting = Recurrence::Lasting("a".to_owned());
        let last = LastReport::next(None, &lasting, at(1_000_000));
        assert!(is_due(&lasting, Some(&last), false, HOUR, at(0)));
        assert!(is_due(&Recurrence::Passing, Some(&last), true, HOUR, at(0)));
        let ends = [Timestamp::MIN, Timestamp::MAX];
        for (then, now) in ends.into_iter().flat_map(|then| ends.map(|now| (then, now))) {
            is_due(&lasting, Some(&LastReport { at: then, failure: String::new() }), true, HOUR, now);
        }
    }

    #[test]
    fn a_sender_that_does_nothing_for_an_hour_has_stalled_and_one_of_the_future_has_not() {
        let stalled = |active: i64, complain_after| has_stalled(at(active), false, complain_after, at(100));
        assert!(stalled(40, HOUR) && !stalled(41, HOUR));
        // A relay may take so long.
        assert!(stalled(85, Duration::ZERO) && !stalled(86, Duration::ZERO));
        // One that is stopped does not wait for a relay.
        let five_minutes = Duration::from_secs(300);
        let is_stopped = |active: i64| has_stalled(at(active), true, five_minutes, at(100));
        assert!(is_stopped(95) && !is_stopped(96) && !is_stopped(200));
        assert!(!stalled(200, Duration::ZERO) && !stalled(0, Duration::MAX));
    }

    #[test]
    fn what_differs_each_time_is_no_part_of_a_signature() {
        let first = "relay 127.0.0.1: 554 5.7.1 <mx>: rejected (queue id 4F3A2B, 12:04:31)";
        let second = "relay 127.0.0.1: 554 5.7.1 <mx>: rejected (queue id 9C81D0, 12:05:31)";
        assert_eq!(signature(first), signature(second));
        assert_eq!(signature(first), "relay 554 5.7.1 <mx>: rejected (queue id");
        assert_ne!(signature("535 5.7.8 no"), signature("530 5.7.0 no"));
        assert_eq!(signature(&"word ".repeat(10_000)).len(), 500);
    }

    #[test]
    fn a_report_is_read_back_and_anything_else_is_none() {
        let report = LastReport { at: at(0), failure: "a\nb".to_owned() };
        assert_eq!(LastReport::from_bytes(&report.to_bytes()), Some(report));
        for bytes in [&b""[..], b"x\ny", b"1", b"\xff\n", b"99999999999999999999\na"] {
            assert_eq!(LastReport::from_bytes(bytes), None);
        }
    }
}
