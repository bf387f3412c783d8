//! The limits that stop a run before all messages are sent.

use std::time::Instant;

use super::SendOptions;
use super::SendReport;
use super::StopReason;

/// The share of failures is checked from this many ended messages on.
const ENOUGH: u64 = 10;

/// Whether another message may be started.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum StartDecision {
    /// It may.
    Yes,
    /// It must wait for messages in flight.
    Later,
    /// Neither it nor any after it may.
    Never(StopReason),
}

/// Decides by the messages that ended and those in flight.
pub(super) fn start_decision(
    send_options: &SendOptions,
    report: &SendReport,
    in_flight: u64,
    now: Instant,
) -> StartDecision {
    let before = &send_options.before;
    let settled = report.total() - report.cancelled + before.total() - before.cancelled;
    let (failed, accepted) = (report.failed + before.failed, report.accepted + before.accepted);
    if send_options.begin_until.is_some_and(|until| until <= now) {
        return StartDecision::Never(StopReason::OutOfTime);
    }
    if let Some(share) = send_options.max_failures
        && settled >= ENOUGH
        && share.is_exceeded(failed, settled)
    {
        return StartDecision::Never(StopReason::TooManyFailures { failed, settled });
    }
    match send_options.canary {
        Some(count) if accepted < count && settled > accepted => StartDecision::Never(StopReason::CanaryFailed),
        Some(count) if accepted < count && accepted + in_flight >= count => StartDecision::Later,
        _ => StartDecision::Yes,
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    fn report(accepted: u64, failed: u64) -> SendReport {
        SendReport { accepted, failed, cancelled: 1_000, ..SendReport::default() }
    }

    #[test]
    fn without_limits_everything_may_start() {
        assert_eq!(
            start_decision(&SendOptions::default(), &report(0, 1_000), 1_000, Instant::now()),
            StartDecision::Yes
        );
    }

    #[test]
    fn failures_stop_a_run_from_ten_ended_messages_on() {
        let send_options = SendOptions { max_failures: Some("20%".parse().unwrap()), ..SendOptions::default() };
        let start_decision =
            |accepted, failed| start_decision(&send_options, &report(accepted, failed), 0, Instant::now());
        assert_eq!(start_decision(0, 9), StartDecision::Yes);
        assert_eq!(start_decision(8, 2), StartDecision::Yes);
        assert_eq!(start_decision(7, 3), StartDecision::Never(StopReason::TooManyFailures { failed: 3, settled: 10 }));
    }

    #[test]
    fn canaries_are_sent_alone_and_all_must_be_accepted() {
        let send_options = SendOptions { canary: Some(5), ..SendOptions::default() };
        let start_decision =
            |report: &SendReport, in_flight| start_decision(&send_options, report, in_flight, Instant::now());
        assert_eq!(start_decision(&report(0, 0), 4), StartDecision::Yes);
        assert_eq!(start_decision(&report(0, 0), 5), StartDecision::Later);
        assert_eq!(start_decision(&report(4, 0), 1), StartDecision::Later);
        assert_eq!(start_decision(&report(5, 0), 0), StartDecision::Yes);
        assert_eq!(start_decision(&report(5, 100), 0), StartDecision::Yes);
        assert_eq!(start_decision(&report(4, 1), 0), StartDecision::Never(StopReason::CanaryFailed));
        for other in [SendReport { deferred: 1, ..report(3, 0) }, SendReport { in_doubt: 1, ..report(3, 0) }] {
            assert_eq!(start_decision(&other, 0), StartDecision::Never(StopReason::CanaryFailed));
        }
    }

    #[test]
    fn earlier_runs_count() {
        let send_options = SendOptions {
            canary: Some(5),
            max_failures: Some("20%".parse().unwrap()),
            before: report(4, 0),
            ..SendOptions::default()
        };
        assert_eq!(start_decision(&send_options, &report(0, 0), 1, Instant::now()), StartDecision::Later);
        assert_eq!(start_decision(&send_options, &report(1, 0), 1, Instant::now()), StartDecision::Yes);
        let send_options = SendOptions { before: report(8, 2), ..send_options };
        assert_eq!(start_decision(&send_options, &report(0, 0), 0, Instant::now()), StartDecision::Yes);
        let stop_reason = StopReason::TooManyFailures { failed: 3, settled: 11 };
        assert_eq!(start_decision(&send_options, &report(0, 1), 0, Instant::now()), StartDecision::Never(stop_reason));
    }

    #[test]
    fn nothing_starts_after_its_time() {
        let now = Instant::now();
        let send_options = SendOptions { begin_until: Some(now + Duration::from_secs(1)), ..SendOptions::default() };
        assert_eq!(start_decision(&send_options, &report(0, 0), 0, now), StartDecision::Yes);
        assert_eq!(
            start_decision(&send_options, &report(0, 0), 0, now + Duration::from_secs(1)),
            StartDecision::Never(StopReason::OutOfTime)
        );
    }
}
