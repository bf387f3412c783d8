//! When a run stops although there is more to send.

use std::time::Instant;

use super::Halt;
use super::Order;
use super::Report;

/// From this many settled messages on their share of failures says something.
const ENOUGH: u64 = 10;

/// Whether another message may be begun.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Leave {
    /// It may.
    Yes,
    /// It must wait for what is in flight.
    Later,
    /// It may not, nor any after it.
    Never(Halt),
}

/// Looks at what was settled and what is in flight.
pub(super) fn leave(order: &Order, report: &Report, in_flight: u64, now: Instant) -> Leave {
    let before = &order.before;
    let settled = report.total() - report.cancelled + before.total() - before.cancelled;
    let (failed, accepted) = (report.failed + before.failed, report.accepted + before.accepted);
    if order.begin_until.is_some_and(|until| until <= now) {
        return Leave::Never(Halt::OutOfTime);
    }
    if let Some(share) = order.max_failures
        && settled >= ENOUGH
        && share.is_exceeded(failed, settled)
    {
        return Leave::Never(Halt::TooManyFailures { failed, settled });
    }
    match order.canary {
        Some(count) if accepted < count && settled > accepted => Leave::Never(Halt::CanaryFailed),
        Some(count) if accepted < count && accepted + in_flight >= count => Leave::Later,
        _ => Leave::Yes,
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    fn report(accepted: u64, failed: u64) -> Report {
        Report { accepted, failed, cancelled: 1_000, ..Report::default() }
    }

    #[test]
    fn without_limits_everything_may_begin() {
        assert_eq!(leave(&Order::default(), &report(0, 1_000), 1_000, Instant::now()), Leave::Yes);
    }

    #[test]
    fn failures_stop_a_run_from_ten_settled_messages_on() {
        let order = Order { max_failures: Some("20%".parse().unwrap()), ..Order::default() };
        let leave = |accepted, failed| leave(&order, &report(accepted, failed), 0, Instant::now());
        assert_eq!(leave(0, 9), Leave::Yes);
        assert_eq!(leave(8, 2), Leave::Yes);
        assert_eq!(leave(7, 3), Leave::Never(Halt::TooManyFailures { failed: 3, settled: 10 }));
    }

    #[test]
    fn the_first_ones_go_alone_and_all_must_be_accepted() {
        let order = Order { canary: Some(5), ..Order::default() };
        let leave = |report: &Report, in_flight| leave(&order, report, in_flight, Instant::now());
        assert_eq!(leave(&report(0, 0), 4), Leave::Yes);
        assert_eq!(leave(&report(0, 0), 5), Leave::Later);
        assert_eq!(leave(&report(4, 0), 1), Leave::Later);
        assert_eq!(leave(&report(5, 0), 0), Leave::Yes);
        assert_eq!(leave(&report(5, 100), 0), Leave::Yes);
        assert_eq!(leave(&report(4, 1), 0), Leave::Never(Halt::CanaryFailed));
        for other in [Report { deferred: 1, ..report(3, 0) }, Report { in_doubt: 1, ..report(3, 0) }] {
            assert_eq!(leave(&other, 0), Leave::Never(Halt::CanaryFailed));
        }
    }

    #[test]
    fn what_earlier_runs_came_to_counts() {
        let order = Order {
            canary: Some(5),
            max_failures: Some("20%".parse().unwrap()),
            before: report(4, 0),
            ..Order::default()
        };
        assert_eq!(leave(&order, &report(0, 0), 1, Instant::now()), Leave::Later);
        assert_eq!(leave(&order, &report(1, 0), 1, Instant::now()), Leave::Yes);
        let order = Order { before: report(8, 2), ..order };
        assert_eq!(leave(&order, &report(0, 0), 0, Instant::now()), Leave::Yes);
        let halt = Halt::TooManyFailures { failed: 3, settled: 11 };
        assert_eq!(leave(&order, &report(0, 1), 0, Instant::now()), Leave::Never(halt));
    }

    #[test]
    fn nothing_begins_after_its_time() {
        let now = Instant::now();
        let order = Order { begin_until: Some(now + Duration::from_secs(1)), ..Order::default() };
        assert_eq!(leave(&order, &report(0, 0), 0, now), Leave::Yes);
        assert_eq!(leave(&order, &report(0, 0), 0, now + Duration::from_secs(1)), Leave::Never(Halt::OutOfTime));
    }
}
