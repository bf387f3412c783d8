//! A relay that asks for less mail gets less, for as long as it asks: fewer mails over a connection, fewer
//! connections, a slower pace.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::Condvar;
use std::sync::Mutex;
use std::sync::atomic::AtomicUsize;
use std::sync::atomic::Ordering;
use std::time::Duration;

use cxme_admin::domain::message::MessageState;
use cxme_admin::domain::relay::Security;
use cxme_admin::mail::smtp::Relay;
use cxme_admin::mail::transport::Transport;
use cxme_admin::outbox::SendOptions;

use crate::relay::Act;
use crate::relay::At;
use crate::relay::ScriptedRelay;
use crate::relays::pipelined;
use crate::relays::pipelining;
use crate::world::World;
use crate::world::is_long;
use crate::world::smtp;

/// A relay that ends each connection in this way after five mails.
fn five_a_connection(at: At, act: Act) -> ScriptedRelay {
    let taken = Mutex::new(HashMap::<usize, usize>::new());
    ScriptedRelay::start(pipelining(), move |moment| {
        let mut taken = taken.lock().unwrap();
        let count = taken.entry(moment.connection).or_default();
        if moment.at == At::Dot {
            *count += 1;
        }
        if moment.at == at && *count >= 5 && at != At::Dot { act.clone() } else { Act::Usual }
    })
}

#[test]
fn a_limit_per_connection_costs_a_connection_and_no_message() {
    let count = if is_long() { 2_000 } else { 100 };
    let say = |text: &str| Act::Say(text.as_bytes().to_vec());
    for (at, act) in [
        (At::Mail, say("421 4.7.0 too many messages in this connection\r\n")),
        (At::Mail, say("452 4.5.3 Too many recipients: Too many messages sent\r\n")),
        (At::Mail, Act::Hang(Vec::new())),
        (At::Rcpt, say("421 bye\r\n")),
        (At::Rcpt, Act::Hang(Vec::new())),
        (At::Data, Act::Hang(b"421 bye\r\n".to_vec())),
        (At::Data, Act::Hang(Vec::new())),
    ] {
        for connections in [1, 3] {
            let world = World::new();
            world.queued(count);
            let relay = five_a_connection(at, act.clone());
            let report = world.send(smtp(relay.port()), connections);
            let case = format!("{at:?} {act:?} over {connections}: {report:?}");
            assert_eq!((report.accepted as usize, report.total() as usize), (count, count), "{case}");
            assert_eq!((&report.transport_error, report.stop_reason), (&None, None), "{case}");
            let least = count / 5;
            assert!((least..=least + connections).contains(&relay.connections()), "{case}: {}", relay.connections());
        }
    }
}

/// A relay that only knows the first twenty users, and ends a connection in this way after it has refused five
/// others.
fn five_refusals_a_connection(at: At, act: Act) -> ScriptedRelay {
    let refused = Mutex::new(HashMap::<usize, usize>::new());
    ScriptedRelay::start(pipelining(), move |moment| {
        let mut refused = refused.lock().unwrap();
        let count = refused.entry(moment.connection).or_default();
        let is_known = (0..20).any(|number| moment.recipient == format!("user{number}@example.com"));
        if moment.at == at && *count >= 5 {
            return act.clone();
        }
        if moment.at == At::Rcpt && !is_known {
            *count += 1;
            return Act::Say(b"550 5.1.1 no such user\r\n".to_vec());
        }
        Act::Usual
    })
}

#[test]
fn a_limit_of_refusals_per_connection_costs_a_connection_and_no_message() {
    let hang = |text: &str| Act::Hang(text.as_bytes().to_vec());
    for (at, act) in [
        // Exim's smtp_accept_max_nonmail, Postfix's smtpd_hard_error_limit.
        (At::Rset, hang("554 Too many nonmail commands\r\n")),
        (At::Rset, hang("421 4.7.0 Error: too many errors\r\n")),
        (At::Rset, hang("")),
        (At::Mail, hang("421 4.7.0 Error: too many errors\r\n")),
        (At::Mail, hang("")),
    ] {
        for connections in [1, 3] {
            let world = World::new();
            let ids = world.queued(120);
            let relay = five_refusals_a_connection(at, act.clone());
            let report = world.send(smtp(relay.port()), connections);
            let case = format!("{at:?} {act:?} over {connections}: {report:?}");
            assert_eq!((report.accepted, report.failed, report.total()), (20, 100, 120), "{case}");
            assert_eq!((&report.transport_error, report.stop_reason), (&None, None), "{case}");
            for id in &ids[20..] {
                let message = world.message(*id);
                assert_eq!(message.reply.as_deref(), Some("550 5.1.1 no such user"), "{case}");
            }
        }
    }
}

#[test]
fn a_run_without_retries_continues_while_one_connection_works() {
    for greeting in ["421 4.7.0 too many connections\r\n", "554 5.7.1 too many connections\r\n", ""] {
        let world = World::new();
        world.queued(10);
        // The first connection gets no reply until the run knows that the second was refused.
        let known = Arc::new((Mutex::new(false), Condvar::new()));
        let waited = Arc::clone(&known);
        let relay = ScriptedRelay::start(pipelining(), move |moment| match (moment.connection, moment.at) {
            (0, At::Dot) => {
                let (is_known, changed) = &*waited;
                drop(changed.wait_while(is_known.lock().unwrap(), |is_known| !*is_known).unwrap());
                Act::Usual
            }
            (1.., At::Greeting) => Act::Hang(greeting.as_bytes().to_vec()),
            _ => Act::Usual,
        });
        let order = SendOptions { connections: 2, ..SendOptions::default() };
        let report = world.send_observed(smtp(relay.port()), &order, &mut |progress| {
            if progress.last_error.is_some() {
                *known.0.lock().unwrap() = true;
                known.1.notify_all();
            }
        });
        assert_eq!((report.accepted, report.total(), report.transport_error), (10, 10, None), "{greeting}");
    }
}

#[test]
fn a_connection_that_ends_after_the_dot_leaves_the_message_in_doubt() {
    let world = World::new();
    world.queued(10);
    let dots = AtomicUsize::new(0);
    let relay = ScriptedRelay::start(pipelining(), move |moment| match moment.at {
        At::Dot if dots.fetch_add(1, Ordering::SeqCst) == 5 => Act::Hang(Vec::new()),
        _ => Act::Usual,
    });
    let report = world.send(smtp(relay.port()), 1);
    assert_eq!((report.accepted, report.in_doubt, report.transport_error), (9, 1, None));
}

#[test]
fn the_same_refusal_over_a_new_connection_slows_down_and_defers() {
    let world = World::new();
    world.queued(10);
    let rcpts = AtomicUsize::new(0);
    // The sixth, over the first connection and again over the second.
    let relay = ScriptedRelay::start(pipelining(), move |moment| match moment.at {
        At::Rcpt if (5..7).contains(&rcpts.fetch_add(1, Ordering::SeqCst)) => {
            Act::Say(b"421 4.7.0 try again later\r\n".to_vec())
        }
        _ => Act::Usual,
    });
    let report = world.send(smtp(relay.port()), 1);
    assert_eq!((report.accepted, report.deferred, report.transport_error), (9, 1, None));
    assert_eq!(relay.connections(), 3);
}

#[test]
fn a_connection_sends_as_many_mails_as_configured() {
    let world = World::new();
    world.queued(20);
    let relay = ScriptedRelay::start(pipelining(), |_| Act::Usual);
    let mut way = Relay::new("127.0.0.1", relay.port(), Security::None, None).unwrap();
    way.mails_per_connection = Some(5);
    let report = world.send(Transport::Smtp(Box::new(way)), 1);
    assert_eq!((report.accepted, report.transport_error, relay.connections()), (20, None, 4));
    let quits = relay.end().iter().filter(|dump| dump.text().ends_with("QUIT\r\n")).count();
    assert_eq!(quits, 4, "each connection ends in good order");
}

/// A relay that accepts `allowed` connections at a time, and refuses others at the greeting.
fn crowded(allowed: usize, at: At, reply: &'static str) -> ScriptedRelay {
    let open = Arc::new(Mutex::new(std::collections::HashSet::<usize>::new()));
    ScriptedRelay::start(pipelining(), move |moment| {
        let mut open = open.lock().unwrap();
        if moment.at == At::Greeting && open.len() < allowed {
            open.insert(moment.connection);
        }
        // Not every connection ends with QUIT, which is not possible after 354.
        if moment.at == At::End {
            open.remove(&moment.connection);
        }
        let is_refused = moment.at == at && !open.contains(&moment.connection);
        match (is_refused, at) {
            (true, At::Greeting) => Act::Hang(format!("{reply}\r\n").into_bytes()),
            (true, _) => Act::Say(format!("{reply}\r\n").into_bytes()),
            _ => Act::Usual,
        }
    })
}

#[test]
fn a_relay_that_accepts_few_connections_gets_few() {
    for (at, reply) in [
        (At::Greeting, "421 4.7.0 Error: too many connections"),
        (At::Mail, "432 4.3.2 Concurrent connections limit exceeded"),
    ] {
        let world = World::new();
        world.queued(200);
        let relay = crowded(2, at, reply);
        let order = SendOptions { connections: 8, retry_for: Duration::from_secs(60), ..SendOptions::default() };
        let report = world.send_with(smtp(relay.port()), &order);
        assert_eq!((report.accepted, report.failed, &report.transport_error), (200, 0, &None), "{at:?}: {report:?}");
        assert!(relay.connections() <= 40, "{at:?}: {} connections", relay.connections());
    }
}

#[test]
fn connections_that_wait_for_a_greeting_do_not_keep_a_run_from_ending() {
    let world = World::new();
    world.queued(60);
    // OpenSMTPD accepts no further connections for a while when it has as many as it can; the kernel opens them all
    // the same.
    let relay = ScriptedRelay::start(pipelining(), |moment| match moment.at {
        At::Greeting if moment.connection >= 2 => Act::Silence,
        _ => Act::Usual,
    });
    let mut way = Relay::new("127.0.0.1", relay.port(), Security::None, None).unwrap();
    way.timeouts.greeting = Duration::from_secs(3_600);
    let report = world.send(Transport::Smtp(Box::new(way)), 8);
    assert_eq!((report.accepted, &report.transport_error, report.stop_reason), (60, &None, None), "{report:?}");
}

#[test]
fn throttling_in_any_wording_slows_the_pace_and_all_possible_mails_are_sent() {
    for reply in [
        "454 Throttling failure: Maximum sending rate exceeded",
        "450 4.2.1 The user you are trying to contact is receiving mail at a rate that prevents it",
        "451 4.3.0 Temporary server error",
        "452 4.3.1 Insufficient system storage",
    ] {
        for at in [At::Rcpt, At::Dot] {
            let world = World::new();
            let ids = world.queued(30);
            // It accepts ten, refuses for a while, and accepts all again.
            let seen = AtomicUsize::new(0);
            let relay = ScriptedRelay::start(pipelining(), move |moment| match moment.at {
                now if now == at && (10..14).contains(&seen.fetch_add(1, Ordering::SeqCst)) => {
                    Act::Say(format!("{reply}\r\n").into_bytes())
                }
                _ => Act::Usual,
            });
            let order = SendOptions { slowest: Duration::from_millis(40), ..SendOptions::default() };
            let report = world.send_with(smtp(relay.port()), &order);
            assert_eq!((report.accepted, report.deferred), (26, 4), "{at:?} {reply}: {report:?}");
            assert_eq!((&report.transport_error, report.stop_reason), (&None, None), "{at:?} {reply}");
            let deferred = ids.iter().map(|id| world.message(*id)).filter(|message| message.attempts == 1);
            assert_eq!(deferred.filter(|message| message.state == MessageState::Deferred).count(), 4);
            // At a slower pace nothing is announced ahead.
            assert!(pipelined(relay).len() < 20, "{at:?} {reply}");
        }
    }
}

#[test]
fn the_last_messages_if_refused_temporarily_wait_and_stop_nothing() {
    const COUNT: usize = 12;
    for reply in ["451 4.3.0 Temporary server error", "451 Sender rate 20.0 / 1s exceeds the limit"] {
        let world = World::new();
        let ids = world.queued(5 + COUNT);
        // It accepts five, and refuses all others at once, so that no message is left as a probe.
        let (seen, waiting) = (AtomicUsize::new(0), Arc::new((Mutex::new(0), Condvar::new())));
        let relay = ScriptedRelay::start(pipelining(), move |moment| {
            if moment.at != At::Rcpt || seen.fetch_add(1, Ordering::SeqCst) < 5 {
                return Act::Usual;
            }
            let (count, all) = &*waiting;
            let mut count = count.lock().unwrap();
            *count += 1;
            all.notify_all();
            drop(all.wait_timeout_while(count, Duration::from_secs(20), |count| *count < COUNT).unwrap());
            Act::Say(format!("{reply}\r\n").into_bytes())
        });
        let order = SendOptions { connections: COUNT, slowest: Duration::from_millis(40), ..SendOptions::default() };
        let report = world.send_with(smtp(relay.port()), &order);
        assert_eq!((report.accepted, report.deferred as usize), (5, COUNT), "{reply}: {report:?}");
        assert_eq!((&report.transport_error, report.stop_reason), (&None, None), "{reply}");
        let tried = ids.iter().map(|id| world.message(*id)).filter(|message| message.attempts == 1);
        assert_eq!(tried.count(), 5 + COUNT, "{reply}");
    }
}

#[test]
fn greylisting_of_some_keeps_the_pace() {
    let world = World::new();
    world.queued(60);
    let relay = ScriptedRelay::start(pipelining(), |moment| match moment.at {
        At::Rcpt if ["1@", "3@", "5@", "7@"].iter().any(|end| moment.line.contains(end)) => {
            Act::Say(b"451 4.7.1 Greylisting in action, please come back later\r\n".to_vec())
        }
        _ => Act::Usual,
    });
    let report = world.send(smtp(relay.port()), 1);
    assert_eq!((report.accepted, report.deferred, &report.transport_error), (36, 24, &None));
    // At a slower pace nothing is announced ahead.
    assert_eq!(pipelined(relay).len(), 35);
}
