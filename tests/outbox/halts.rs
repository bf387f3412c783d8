//! What stops a run: its limits, its time, and requests to stop.

use std::sync::Arc;
use std::sync::Mutex;
use std::sync::atomic::AtomicUsize;
use std::sync::atomic::Ordering;
use std::time::Duration;
use std::time::Instant;

use cxme_admin::domain::message::MessageState;
use cxme_admin::outbox::SendOptions;
use cxme_admin::outbox::StopReason;
use cxme_admin::outbox::StopSignal;
use cxme_admin::store::outbox::Scope;

use crate::relay::Act;
use crate::relay::At;
use crate::relay::Moment;
use crate::relay::ScriptedRelay;
use crate::relays::pipelined;
use crate::relays::pipelining;
use crate::world::World;
use crate::world::smtp;
use crate::world::sql_at;

/// A relay that refuses the recipients for which `refuses` is true.
fn refusing(refuses: impl Fn(&str) -> bool + Send + Sync + 'static) -> ScriptedRelay {
    ScriptedRelay::start(pipelining(), move |moment| match moment.at {
        At::Rcpt if refuses(moment.line) => Act::Say(b"550 5.1.1 no such user\r\n".to_vec()),
        _ => Act::Usual,
    })
}

#[test]
fn a_run_stops_when_too_many_fail_and_what_is_left_waits() {
    let world = World::new();
    world.queued(200);
    let relay = refusing(|line| line.contains("1@") || line.contains("3@") || line.contains("5@"));
    let order = SendOptions { connections: 4, max_failures: Some("20%".parse().unwrap()), ..SendOptions::default() };
    let report = world.send_with(smtp(relay.port()), &order);
    let Some(StopReason::TooManyFailures { failed, settled }) = report.stop_reason else { panic!("{report:?}") };
    assert!((10..14).contains(&settled) && failed * 5 > settled, "{report:?}");
    // At most the messages in flight were sent after that.
    assert!(report.total() <= settled + 4, "{report:?}");
    assert_eq!(world.count(MessageState::Queued), 200 - usize::try_from(report.total()).unwrap());
    assert_eq!((world.count(MessageState::Sending), report.transport_error), (0, None));
}

#[test]
fn the_canaries_are_sent_first_and_the_others_follow_if_all_are_accepted() {
    let world = World::new();
    world.queued(100);
    let relay = refusing(|line| line.contains("user50@"));
    let order = SendOptions { connections: 4, canary: Some(20), ..SendOptions::default() };
    let report = world.send_with(smtp(relay.port()), &order);
    assert_eq!((report.accepted, report.failed, report.stop_reason), (99, 1, None));
}

#[test]
fn the_first_canary_that_fails_stops_the_run() {
    let world = World::new();
    world.queued(100);
    let relay = refusing(|line| line.contains("user12@"));
    let order = SendOptions { connections: 4, canary: Some(20), ..SendOptions::default() };
    let report = world.send_with(smtp(relay.port()), &order);
    assert_eq!((report.failed, report.stop_reason), (1, Some(StopReason::CanaryFailed)));
    assert!(report.total() <= 20, "{report:?}");
    assert_eq!(world.count(MessageState::Queued), 100 - usize::try_from(report.total()).unwrap());
}

#[test]
fn nothing_is_started_after_its_time() {
    let world = World::new();
    world.queued(10);
    let relay = refusing(|_| false);
    let order = SendOptions { begin_until: Some(Instant::now()), ..SendOptions::default() };
    let report = world.send_with(smtp(relay.port()), &order);
    assert_eq!((report.total(), report.stop_reason, report.transport_error), (0, Some(StopReason::OutOfTime), None));
    assert_eq!(world.count(MessageState::Queued), 10);
}

#[test]
fn waiting_workers_do_not_extend_a_run_beyond_its_time() {
    let world = World::new();
    world.queued(3);
    let relay = refusing(|_| false);
    let soon = || Some(Instant::now() + Duration::from_secs(1));
    // A worker waits for its turn, which comes after a minute.
    let began = Instant::now();
    let order =
        SendOptions { rates: "1/min".parse().unwrap(), connections: 2, begin_until: soon(), ..SendOptions::default() };
    let report = world.send_with(smtp(relay.port()), &order);
    assert_eq!((report.accepted, report.stop_reason, report.transport_error), (1, Some(StopReason::OutOfTime), None));
    assert!(began.elapsed() < Duration::from_secs(40), "{:?}", began.elapsed());
    // A worker waits for an unusable relay, for up to an hour.
    let down = ScriptedRelay::start(pipelining(), |_| Act::Hang(Vec::new()));
    let order = SendOptions { retry_for: Duration::from_secs(3_600), begin_until: soon(), ..SendOptions::default() };
    let report = world.send_with(smtp(down.port()), &order);
    assert_eq!((report.accepted, report.stop_reason), (0, Some(StopReason::OutOfTime)));
}

#[test]
fn a_past_deadline_sends_nothing_and_is_reported() {
    let world = World::new();
    world.queued(3);
    let relay = ScriptedRelay::start(pipelining(), |_| Act::Silence);
    let order =
        SendOptions { deadline: Some(Instant::now()), retry_for: Duration::from_secs(60), ..SendOptions::default() };
    let report = world.send_with(smtp(relay.port()), &order);
    assert_eq!((report.total(), report.stop_reason), (0, Some(StopReason::OutOfTime)));
    assert_eq!(world.count(MessageState::Queued), 3);
}

/// Sends over one connection to a relay whose script can ask the run to stop.
fn stopped(
    grace: Duration,
    script: impl Fn(&Moment<'_>, &StopSignal) -> Act + Send + Sync + 'static,
) -> (World, cxme_admin::outbox::SendReport, usize) {
    let world = World::new();
    world.queued(10);
    let stop = Arc::new(StopSignal::new(grace));
    let order = SendOptions { stop: Some(Arc::clone(&stop)), ..SendOptions::default() };
    let relay = ScriptedRelay::start(pipelining(), move |moment| script(moment, &stop));
    let report = world.send_with(smtp(relay.port()), &order);
    assert_eq!(
        (report.stop_reason, report.transport_error.is_some()),
        (Some(StopReason::Stopped), false),
        "{report:?}"
    );
    assert_eq!(world.count(MessageState::Sending), 0);
    let accepted = relay.accepted().len();
    (world, report, accepted)
}

#[test]
fn after_one_stop_request_messages_in_flight_end_and_nothing_is_started() {
    let (world, report, accepted) = stopped(Duration::from_secs(600), |moment, stop| {
        if (moment.at, moment.recipient) == (At::Dot, "user4@example.com") {
            stop.ask();
            // Long enough for the run to notice it; if it does not, an assertion below fails.
            return Act::Late(Duration::from_millis(300));
        }
        Act::Usual
    });
    assert_eq!((report.accepted, report.total(), accepted), (5, 5, 5));
    assert_eq!(world.count(MessageState::Queued), 5);
}

#[test]
fn a_message_that_does_not_end_within_the_grace_period_is_in_doubt_if_its_dot_may_have_been_sent() {
    let (world, report, _) = stopped(Duration::ZERO, |moment, stop| {
        if (moment.at, moment.recipient) == (At::Dot, "user4@example.com") {
            stop.ask();
            return Act::Silence;
        }
        Act::Usual
    });
    assert_eq!((report.accepted, report.in_doubt), (4, 1));
    assert_eq!(world.count(MessageState::Queued), 5);
}

#[test]
fn a_message_that_does_not_end_within_the_grace_period_waits_if_its_content_was_not_sent() {
    let (world, report, _) = stopped(Duration::ZERO, |moment, stop| {
        if (moment.at, moment.recipient) == (At::Data, "user0@example.com") {
            stop.ask();
            return Act::Silence;
        }
        Act::Usual
    });
    assert_eq!(report.total(), 0);
    assert_eq!(world.count(MessageState::Queued), 10);
}

#[test]
fn a_second_stop_request_stops_the_run_at_once() {
    let (_, report, _) = stopped(Duration::from_secs(600), |moment, stop| {
        if (moment.at, moment.recipient) == (At::Dot, "user4@example.com") {
            stop.ask();
            stop.ask();
            return Act::Silence;
        }
        Act::Usual
    });
    assert_eq!((report.accepted, report.in_doubt), (4, 1));
}

#[test]
fn a_run_that_waits_for_its_turn_or_for_the_relay_can_be_stopped() {
    let world = World::new();
    world.queued(3);
    let stop = Arc::new(StopSignal::default());
    let asked = Arc::clone(&stop);
    let relay = ScriptedRelay::start(pipelining(), move |moment| {
        if moment.at == At::Dot {
            asked.ask();
        }
        Act::Usual
    });
    let rates = "1/min".parse().unwrap();
    let order = SendOptions { rates, connections: 2, stop: Some(stop), ..SendOptions::default() };
    let report = world.send_with(smtp(relay.port()), &order);
    assert_eq!((report.accepted, report.stop_reason), (1, Some(StopReason::Stopped)));
    // An unusable relay, and a long time to retry.
    let stop = Arc::new(StopSignal::default());
    let asked = Arc::clone(&stop);
    let relay = ScriptedRelay::start(pipelining(), move |_| {
        asked.ask();
        Act::Hang(Vec::new())
    });
    let order = SendOptions { retry_for: Duration::from_secs(3_600), stop: Some(stop), ..SendOptions::default() };
    let report = world.send_with(smtp(relay.port()), &order);
    assert_eq!((report.total(), report.stop_reason), (0, Some(StopReason::Stopped)));
}

#[test]
fn a_run_with_a_pace_sends_all_and_announces_nothing_ahead() {
    let world = World::new();
    world.queued(20);
    let relay = refusing(|_| false);
    let order = SendOptions { rates: "1000/s".parse().unwrap(), connections: 4, ..SendOptions::default() };
    assert_eq!(world.send_with(smtp(relay.port()), &order).accepted, 20);
    assert_eq!(pipelined(relay), [""; 0]);
}

#[test]
fn a_relay_that_asks_for_a_slower_pace_gets_it() {
    let world = World::new();
    world.queued(6);
    let said = AtomicUsize::new(0);
    let relay = ScriptedRelay::start(pipelining(), move |moment| match moment.at {
        At::Dot if said.fetch_add(1, Ordering::SeqCst) == 1 => Act::Say(b"451 4.7.1 too fast\r\n".to_vec()),
        _ => Act::Usual,
    });
    let report = world.send(smtp(relay.port()), 1);
    assert_eq!((report.accepted, report.deferred), (5, 1));
    // Nothing is pipelined at a limited pace.
    assert_eq!(pipelined(relay), ["user1@example.com", "user2@example.com"]);
}

#[test]
fn an_observer_sees_the_progress_of_the_run() {
    let world = World::new();
    world.queued(20);
    let relay = refusing(|line| line.contains("user7@"));
    let seen = Mutex::new(Vec::new());
    let order = SendOptions { connections: 2, ..SendOptions::default() };
    let report = world.send_observed(smtp(relay.port()), &order, &mut |progress| {
        assert!(progress.in_flight <= 2);
        seen.lock().unwrap().push((progress.report.total(), progress.last_error.map(str::to_owned)));
    });
    let seen = seen.into_inner().unwrap();
    assert!(seen.is_sorted_by_key(|(total, _)| *total) && seen.len() >= 10, "{seen:?}");
    assert_eq!(seen.last(), Some(&(20, Some("550 5.1.1 no such user".to_owned()))));
    assert_eq!((report.accepted, report.failed), (19, 1));
}

#[test]
fn a_job_that_another_process_pauses_or_cancels_is_sent_no_further() {
    for state in ["'paused'", "'cancelled', ended_at = 1"] {
        let world = World::new();
        world.queued(50);
        let job = world.put_in_job("true");
        let (path, statement) = (world.store.path().to_owned(), format!("UPDATE jobs SET state = {state}"));
        let relay = ScriptedRelay::start(pipelining(), move |moment| {
            if moment.at == At::Dot && moment.recipient.contains("user9@") {
                sql_at(&path, &statement);
            }
            Act::Usual
        });
        let order = SendOptions { scope: Scope::Job(job), ..SendOptions::default() };
        let report = world.send_with(smtp(relay.port()), &order);
        assert_eq!((report.accepted, report.stop_reason), (10, Some(StopReason::Ended)), "{state}");
    }
}
