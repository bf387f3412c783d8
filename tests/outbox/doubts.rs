//! A relay that never says what became of a mail: it is left alone after a few, and nobody gets one copy after the other.

use std::collections::BTreeMap;
use std::sync::Barrier;
use std::sync::atomic::AtomicUsize;
use std::sync::atomic::Ordering;

use cxme_admin::domain::message::MessageId;
use cxme_admin::domain::message::MessageState;
use cxme_admin::mail::outcome::TransportErrorKind;
use cxme_admin::outbox::SendReport;
use cxme_admin::outbox::StopReason;

use crate::relay::Act;
use crate::relay::At;
use crate::relay::ScriptedRelay;
use crate::relays::pipelining;
use crate::world::World;
use crate::world::smtp;

/// What it may do after the final dot that is no answer.
fn no_answers() -> [(&'static str, Act); 4] {
    let long = [&b"250 "[..], &[b'x'; 100_000], b"\r\n"].concat();
    [
        ("closed", Act::Hang(Vec::new())),
        ("closed within the reply", Act::Hang(b"250-2.0.0".to_vec())),
        ("a long line", Act::Say(long)),
        ("bytes", Act::Say(b"\xff\xfe\x00\x01\r\n".to_vec())),
    ]
}

/// A relay that never answers the end of a mail.
fn answering_none(act: Act) -> ScriptedRelay {
    ScriptedRelay::start(pipelining(), move |moment| if moment.at == At::Dot { act.clone() } else { Act::Usual })
}

fn in_state(world: &World, ids: &[MessageId], state: MessageState) -> usize {
    ids.iter().filter(|id| world.message(**id).state == state).count()
}

/// How often each recipient was sent a mail whole.
fn copies(relay: ScriptedRelay) -> BTreeMap<String, usize> {
    let mut copies = BTreeMap::new();
    for mail in relay.end().into_iter().flat_map(|dump| dump.mails) {
        *copies.entry(mail.recipients.concat()).or_default() += 1;
    }
    copies
}

fn assert_stopped(report: &SendReport, case: &str) {
    assert_eq!(
        (report.accepted, report.failed, report.stop_reason),
        (0, 0, Some(StopReason::TransportFailed)),
        "{case}: {report:?}"
    );
    let transport_error = report.transport_error.as_ref().unwrap();
    assert_eq!(transport_error.kind, TransportErrorKind::Temporary, "{case}");
    assert!(
        transport_error.message.starts_with("the relay leaves all mail in doubt: 127.0.0.1:"),
        "{case}: {}",
        transport_error.message
    );
    assert!(transport_error.message.contains("after the end of the mail"), "{case}: {}", transport_error.message);
    assert!(!report.is_over_one, "{case}");
}

#[test]
fn a_relay_that_leaves_everything_in_doubt_stops_the_run_and_holds_the_next_ones_back() {
    for (what, act) in no_answers() {
        for connections in [1, 4] {
            let world = World::new();
            let ids = world.queued(40);
            let relay = answering_none(act.clone());
            let case = format!("{what} over {connections}");
            let report = world.send(smtp(relay.port()), connections);
            assert_stopped(&report, &case);
            // Five in a row and those that were under way then, and one by itself.
            assert!((6..=5 + connections).contains(&(report.in_doubt as usize)), "{case}: {report:?}");
            let first = in_state(&world, &ids, MessageState::InDoubt);
            assert_eq!(
                (first, in_state(&world, &ids, MessageState::Queued)),
                (report.in_doubt as usize, 40 - first),
                "{case}"
            );
            for seconds in [300, 600] {
                let hold = world.store.read().unwrap().relay_hold().unwrap().unwrap();
                assert!(hold.is_for_doubts() && hold.is_in_force(world.now()), "{case}: {hold:?}");
                assert_eq!(hold.until.as_second() - world.now().as_second(), seconds, "{case}");
                world.wait(seconds);
                // One mail shows that nothing has changed.
                let report = world.send(smtp(relay.port()), connections);
                assert_stopped(&report, &case);
                assert_eq!(report.in_doubt, 1, "{case}: {report:?}");
            }
            let copies = copies(relay);
            assert!(copies.values().all(|count| *count <= 2), "{case}: {copies:?}");
            // The relay works again: everybody gets the mail.
            let healthy = ScriptedRelay::start(pipelining(), |_| Act::Usual);
            for _ in 0..2 {
                world.wait(4_000);
                world.send(smtp(healthy.port()), connections);
            }
            assert_eq!(in_state(&world, &ids, MessageState::Accepted), 40, "{case}");
            let hold = world.store.read().unwrap().relay_hold().unwrap().unwrap();
            assert!(!hold.is_in_force(world.now()) && hold.count == 0, "{case}: {hold:?}");
        }
    }
}

#[test]
fn a_mail_that_somebody_sends_meanwhile_makes_no_later_run_wait_longer() {
    let world = World::new();
    world.queued(10);
    let relay = answering_none(Act::Hang(Vec::new()));
    world.send(smtp(relay.port()), 1);
    let hold = || world.store.read().unwrap().relay_hold().unwrap().unwrap();
    let before = hold();
    for seconds in [10, 1_000] {
        world.wait(seconds);
        let id = world.queue_test("postmaster@example.org");
        let scope = cxme_admin::store::outbox::Scope::These(vec![id]);
        let report = world.send_order(smtp(relay.port()), scope, 1, std::time::Duration::ZERO);
        assert_stopped(&report, "a test");
        let waits = report.transport_error.unwrap().message.contains("`jobs run` waits 5 minutes");
        assert_eq!((waits, hold()), (seconds == 10, before.clone()));
    }
}

#[test]
fn few_mails_in_doubt_hold_nobody_back_and_five_that_are_all_do() {
    for (count, is_held) in [(4, false), (5, true)] {
        let world = World::new();
        world.queued(count);
        let relay = answering_none(Act::Hang(Vec::new()));
        let report = world.send(smtp(relay.port()), 1);
        assert_eq!((report.in_doubt as usize, report.transport_error.is_some()), (count, is_held));
        assert_eq!(world.store.read().unwrap().relay_hold().unwrap().is_some(), is_held);
    }
}

#[test]
fn a_relay_that_starts_anew_with_many_connections_stops_nothing() {
    let world = World::new();
    let ids = world.queued(100);
    let dots = AtomicUsize::new(0);
    // All ten connections are lost at once: when each of them has a mail under way.
    let together = Barrier::new(10);
    let relay = ScriptedRelay::start(pipelining(), move |moment| match moment.at {
        At::Dot if (20..30).contains(&dots.fetch_add(1, Ordering::SeqCst)) => {
            together.wait();
            Act::Hang(Vec::new())
        }
        _ => Act::Usual,
    });
    let report = world.send(smtp(relay.port()), 10);
    assert_eq!((report.accepted, report.in_doubt, &report.transport_error), (90, 10, &None), "{report:?}");
    assert_eq!(world.store.read().unwrap().relay_hold().unwrap(), None);
    world.wait(400);
    world.send(smtp(relay.port()), 10);
    assert_eq!(in_state(&world, &ids, MessageState::Accepted), 100);
}

#[test]
fn an_answer_to_the_end_of_a_mail_shows_that_the_others_may_go() {
    for answer in ["250 ok", "451 later", "550 spam"] {
        let world = World::new();
        world.queued(20);
        let dots = AtomicUsize::new(0);
        let answer = format!("{answer}\r\n").into_bytes();
        let relay = ScriptedRelay::start(pipelining(), move |moment| match moment.at {
            At::Dot if dots.fetch_add(1, Ordering::SeqCst) % 5 == 4 => Act::Say(answer.clone()),
            At::Dot => Act::Hang(Vec::new()),
            _ => Act::Usual,
        });
        let report = world.send(smtp(relay.port()), 1);
        assert_eq!((report.in_doubt, report.total(), report.stop_reason), (16, 20, None), "{report:?}");
    }
}

#[test]
fn a_mail_that_is_in_doubt_each_time_is_sent_six_times_in_its_lifetime_and_no_more() {
    let world = World::new();
    let ids = world.queued(2);
    let relay = ScriptedRelay::start(pipelining(), |moment| match moment.at {
        At::Dot if moment.recipient == "user0@example.com" => Act::Hang(Vec::new()),
        _ => Act::Usual,
    });
    for _ in 0..30 * 12 {
        world.send(smtp(relay.port()), 1);
        world.wait(300);
    }
    let message = world.message(ids[0]);
    assert_eq!((message.state, message.attempts), (MessageState::Failed, 6), "{message:?}");
    assert!(message.reply.as_deref().unwrap().starts_with("gave up: 127.0.0.1:"), "{message:?}");
    let lifetime = message.last_try_at.unwrap().as_second() - message.created_at.as_second();
    assert!((24 * 3_600..25 * 3_600).contains(&lifetime), "{lifetime}");
    assert_eq!(copies(relay).values().copied().collect::<Vec<_>>(), [6, 1]);
}

#[test]
fn in_a_day_with_such_a_relay_nobody_gets_more_than_a_few_copies() {
    let world = World::new();
    world.queued(20);
    let relay = answering_none(Act::Hang(Vec::new()));
    for _ in 0..24 * 12 {
        let hold = world.store.read().unwrap().relay_hold().unwrap();
        if hold.is_none_or(|hold| !hold.is_in_force(world.now())) {
            world.send(smtp(relay.port()), 1);
        }
        world.wait(300);
    }
    let copies = copies(relay);
    assert!(copies.values().all(|count| *count <= 3), "{copies:?}");
    assert!(copies.values().sum::<usize>() <= 32, "{copies:?}");
}
