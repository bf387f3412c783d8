//! With many users: invalid users affect no others, and an unusable relay costs no attempt.

use std::collections::BTreeMap;
use std::sync::atomic::AtomicUsize;
use std::sync::atomic::Ordering;
use std::time::Duration;

use cxme_admin::domain::message::MessageId;
use cxme_admin::domain::message::MessageState;
use cxme_admin::domain::relay::Security;
use cxme_admin::mail::outcome::TransportErrorKind;
use cxme_admin::mail::smtp::Relay;
use cxme_admin::mail::smtp::Timeouts;
use cxme_admin::mail::transport::MemoryTransport;
use cxme_admin::mail::transport::Transport;
use cxme_admin::outbox::SendOptions;
use cxme_admin::outbox::StopReason;

use crate::relay::Act;
use crate::relay::At;
use crate::relay::ScriptedRelay;
use crate::relays::pipelining;
use crate::world::World;
use crate::world::is_long;
use crate::world::smtp;

#[test]
fn of_many_users_the_invalid_ones_have_a_reason_and_the_others_get_their_mail() {
    let count = if is_long() { 2_000 } else { 200 };
    let world = World::new();
    let ids = world.queued(count);
    world.sql(
        "UPDATE users SET name = 'Eve' || char(13) || char(10) || 'Bcc: all@example.com' WHERE username = 'user11'",
    );
    world.sql(
        "UPDATE users SET email = 'ü@example.com' WHERE username = 'user12';
         UPDATE messages SET address = 'ü@example.com', state = 'queued', ended_at = NULL, revoked_at = NULL,
         revoked_why = NULL WHERE address = 'user12@example.com'",
    );
    let relay = ScriptedRelay::start(pipelining(), |moment| match moment.at {
        At::Rcpt if moment.line.contains("5@") => Act::Say(b"550 5.1.1 no such user\r\n".to_vec()),
        _ => Act::Usual,
    });
    let report = world.send(smtp(relay.port()), 4);
    let refused = count / 10;
    let expected = (count - refused - 1, refused + 1, 0, None);
    assert_eq!((report.accepted as usize, report.failed as usize, report.cancelled, report.transport_error), expected);
    assert!(relay.connections() <= 8, "{} connections", relay.connections());
    for id in &ids {
        let message = world.message(*id);
        match message.state {
            MessageState::Accepted => {}
            MessageState::Failed if message.address == "ü@example.com" => {
                assert!(message.reply.unwrap().contains("SMTPUTF8"));
            }
            MessageState::Failed => assert_eq!(message.reply.unwrap(), "550 5.1.1 no such user"),
            other => panic!("{}: {other}", message.address),
        }
    }
    let eve = relay.accepted().into_iter().find(|mail| mail.recipients == ["user11@example.com"]).unwrap();
    assert!(!String::from_utf8(eve.content).unwrap().contains("\r\nBcc:"));
}

#[test]
fn a_relay_that_is_down_or_refuses_the_sender_is_tried_a_few_times_and_then_again_when_it_is_back() {
    let world = World::new();
    let ids = world.queued(200);
    let nobody_listens = std::net::TcpListener::bind((std::net::Ipv4Addr::LOCALHOST, 0)).unwrap();
    let port = nobody_listens.local_addr().unwrap().port();
    drop(nobody_listens);
    let down = world.send(smtp(port), 8);
    assert_eq!(
        (down.transport_error.map(|transport_error| transport_error.kind), down.stop_reason),
        (Some(TransportErrorKind::Temporary), Some(StopReason::TransportFailed))
    );
    for (at, reply) in
        [(At::Greeting, "554 5.7.1 go away"), (At::Mail, "450 4.3.2 not now"), (At::Mail, "530 5.7.0 log in")]
    {
        let relay = ScriptedRelay::start(pipelining(), move |moment| match moment.at {
            now if now == at => Act::Say(format!("{reply}\r\n").into_bytes()),
            _ => Act::Usual,
        });
        let report = world.send(smtp(relay.port()), 8);
        let transport_error = report.transport_error.unwrap();
        assert!(
            transport_error.message.contains(reply) && !transport_error.message.contains('\n'),
            "{}",
            transport_error.message
        );
        assert!(relay.connections() <= 8, "{reply}: {} connections", relay.connections());
        assert_eq!(
            (report.stop_reason, report.accepted + report.failed + report.deferred),
            (Some(StopReason::TransportFailed), 0)
        );
    }
    assert!(ids.iter().all(|id| world.message(*id).attempts == 0 && world.message(*id).state == MessageState::Queued));
    let relay = ScriptedRelay::start(pipelining(), |_| Act::Usual);
    assert_eq!(world.send(smtp(relay.port()), 8).accepted, 200);
}

#[test]
fn a_relay_that_first_refuses_each_mail_is_not_retried_forever() {
    let world = World::new();
    world.queued(3);
    let relay = ScriptedRelay::start(pipelining(), |moment| match moment.at {
        At::Mail => Act::Say(b"450 4.3.2 not now\r\n".to_vec()),
        _ => Act::Usual,
    });
    // It can be connected to each time, but remains unusable.
    let report = world.send_with(
        smtp(relay.port()),
        &SendOptions { retry_for: Duration::from_millis(1_500), ..SendOptions::default() },
    );
    assert_eq!((report.total(), report.stop_reason), (0, Some(StopReason::TransportFailed)));
    assert_eq!(relay.connections(), 2, "at once and after a second; the next wait would be longer than the patience");
}

#[test]
fn a_relay_that_dies_in_the_middle_and_comes_back_gets_each_mail_once() {
    let world = World::new();
    world.queued(100);
    let dots = AtomicUsize::new(0);
    let relay = ScriptedRelay::start(pipelining(), move |moment| match moment.at {
        // It accepts the 50th mail and dies before it replies; for a while after that it only hangs up.
        At::Mail | At::Greeting if (50..52).contains(&dots.load(Ordering::SeqCst)) => {
            dots.fetch_add(1, Ordering::SeqCst);
            Act::Hang(Vec::new())
        }
        At::Dot if dots.fetch_add(1, Ordering::SeqCst) == 49 => Act::Hang(Vec::new()),
        _ => Act::Usual,
    });
    let order = SendOptions { connections: 4, retry_for: Duration::from_secs(60), ..SendOptions::default() };
    let report = world.send_with(smtp(relay.port()), &order);
    assert_eq!((report.accepted + report.in_doubt, report.failed, &report.transport_error), (100, 0, &None));
    assert!((1..=4).contains(&report.in_doubt), "{report:?}");
    world.wait(400);
    assert_eq!(world.send(smtp(relay.port()), 4).accepted, report.in_doubt);
    let mut copies: BTreeMap<String, Vec<Vec<u8>>> = BTreeMap::new();
    for mail in relay.end().into_iter().flat_map(|dump| dump.mails) {
        copies.entry(mail.recipients.concat()).or_default().push(mail.content);
    }
    assert_eq!(copies.len(), 100);
    assert!(copies.values().all(|mails| mails.iter().all(|mail| *mail == mails[0])));
    assert!(copies.values().map(Vec::len).sum::<usize>() <= 104);
}

#[test]
fn new_mail_does_not_starve_behind_much_that_is_deferred_nor_the_other_way_round() {
    let count = if is_long() { 10_000 } else { 1_000 };
    let world = World::new();
    world.queued(count);
    world.sql("UPDATE messages SET state = 'deferred', attempts = 1");
    world.wait(10);
    for number in 0..20 {
        world.queue(world.user(&format!("fresh{number}")));
    }
    let memory = MemoryTransport::default();
    assert_eq!(world.send(Transport::Memory(memory.clone()), 4).accepted as usize, count + 20);
    let mails = memory.mails();
    let is_fresh = |at: usize| mails[at].envelope.recipient.as_str().starts_with("fresh");
    // Four connections may deliver in another order than the messages were started in.
    let fresh = (0..48).filter(|at| is_fresh(*at)).count();
    assert_eq!(fresh, 20);
    assert!((0..24).any(|at| !is_fresh(at)));
}

#[test]
fn messages_that_were_deferred_together_are_retried_at_different_times() {
    let world = World::new();
    let ids = world.queued(if is_long() { 1_000 } else { 200 });
    let relay = ScriptedRelay::start(pipelining(), |moment| match moment.at {
        // Only some of the recipients.
        At::Rcpt if ["1@", "3@", "5@", "7@", "9@"].iter().any(|end| moment.line.contains(end)) => {
            Act::Say(b"450 4.2.0 greylisted\r\n".to_vec())
        }
        _ => Act::Usual,
    });
    // Over one connection: over several, deferred messages would follow each other, as if all were refused.
    assert_eq!(world.send(smtp(relay.port()), 1).deferred as usize, ids.len() / 2);
    let is_deferred = |id: &&MessageId| world.message(**id).state == MessageState::Deferred;
    let mut seconds: Vec<_> = ids.iter().filter(is_deferred).map(|id| world.message(*id).due_at).collect();
    seconds.sort();
    seconds.dedup();
    assert!(seconds.len() >= 50, "{} seconds", seconds.len());
}

/// A transport to a relay with a timeout that overflows, so that the worker panics when it uses it.
fn panicking(relay: &ScriptedRelay, set: impl FnOnce(&mut Timeouts)) -> Transport {
    let mut relay_with_timeouts = Relay::new("127.0.0.1", relay.port(), Security::None, None).unwrap();
    set(&mut relay_with_timeouts.timeouts);
    Transport::Smtp(Box::new(relay_with_timeouts))
}

#[test]
fn a_panic_in_a_worker_costs_only_its_message() {
    let world = World::new();
    let ids = world.queued(3);
    let relay = ScriptedRelay::start(pipelining(), |_| Act::Usual);
    let report = world.send(panicking(&relay, |timeouts| timeouts.dot = Duration::MAX), 1);
    assert_eq!((report.failed, report.bug, report.transport_error, relay.connections()), (3, true, None, 3));
    assert!(ids.iter().all(|id| world.message(*id).reply.unwrap().starts_with("a bug: ")));
}

#[test]
fn a_panic_without_a_message_stops_the_run_and_costs_no_attempt() {
    let world = World::new();
    let ids = world.queued(3);
    let relay = ScriptedRelay::start(pipelining(), |_| Act::Usual);
    let report = world.send(panicking(&relay, |timeouts| timeouts.whole = Duration::MAX), 2);
    assert_eq!((report.total(), report.bug, report.stop_reason), (0, true, Some(StopReason::TransportFailed)));
    assert!(report.transport_error.unwrap().message.starts_with("a bug: "));
    assert!(ids.iter().all(|id| world.message(*id).state == MessageState::Queued));
}

/// A run starts with the messages of the lowest ids; those at which the relay hangs up are then tried last.
#[test]
fn a_mail_at_which_the_relay_hangs_up_keeps_no_other_from_being_sent() {
    for at in [At::Mail, At::Rcpt] {
        let world = World::new();
        let ids = world.queued(10);
        let relay = ScriptedRelay::start(pipelining(), move |moment| {
            let is_bad = match at {
                At::Mail => moment.at == At::Mail && moment.connection.is_multiple_of(2) && moment.connection < 4,
                _ => moment.at == At::Rcpt && moment.line.contains("user0@"),
            };
            if is_bad { Act::Hang(Vec::new()) } else { Act::Usual }
        });
        let order = SendOptions { retry_for: Duration::from_secs(30), ..SendOptions::default() };
        let report = world.send_with(smtp(relay.port()), &order);
        assert!(report.accepted >= 9, "{at:?}: {report:?}");
        for id in &ids[1..] {
            assert_eq!(world.message(*id).state, MessageState::Accepted, "{at:?}");
        }
    }
}

#[test]
fn a_mail_that_may_have_arrived_remains_in_doubt() {
    let world = World::new();
    let id = world.queued(1)[0];
    let dropping = ScriptedRelay::start(pipelining(), |moment| match moment.at {
        At::Dot => Act::Hang(Vec::new()),
        _ => Act::Usual,
    });
    world.send(smtp(dropping.port()), 1);
    let message = world.message(id);
    assert_eq!((message.state, message.times_in_doubt), (MessageState::InDoubt, 1));
    world.wait(1_000);
    let refusing = ScriptedRelay::start(pipelining(), |moment| match moment.at {
        At::Mail => Act::Say(b"421 4.3.2 later\r\n".to_vec()),
        _ => Act::Usual,
    });
    world.send(smtp(refusing.port()), 1);
    assert_eq!(world.message(id).state, MessageState::InDoubt);
}

#[test]
fn a_mail_at_which_the_relay_is_lost_twice_waits_with_an_attempt_a_reply_and_a_time() {
    let world = World::new();
    let ids = world.queued(4);
    let tries = std::sync::Arc::new(AtomicUsize::new(0));
    let counted = std::sync::Arc::clone(&tries);
    let relay = ScriptedRelay::start(crate::relay::Offer::default(), move |moment| match moment.at {
        At::Rcpt if moment.line.contains("user0@") => {
            counted.fetch_add(1, Ordering::SeqCst);
            Act::Hang(Vec::new())
        }
        _ => Act::Usual,
    });
    let order = SendOptions { retry_for: Duration::from_secs(20), ..SendOptions::default() };
    let report = world.send_with(smtp(relay.port()), &order);
    assert_eq!((report.accepted, report.deferred, report.stop_reason), (3, 1, None), "{report:?}");
    // The second time it was not the first mail of its connection, so that a new connection was tried at once.
    assert_eq!(tries.load(Ordering::SeqCst), 3);
    let message = world.message(ids[0]);
    assert_eq!((message.state, message.attempts), (MessageState::Deferred, 1));
    assert!(message.due_at > world.now() && message.reply.unwrap().contains("closed the connection"));
    assert_eq!(world.mails().len(), 0, "it is not due yet");
    world.wait(400);
    assert_eq!(world.mails().len(), 1);
}
