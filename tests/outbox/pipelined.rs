//! The envelope of a worker's next message is pipelined behind the final dot; the message itself is started only
//! after the reply.

use std::sync::Arc;
use std::sync::Mutex;
use std::sync::atomic::AtomicI64;
use std::sync::atomic::Ordering;

use cxme_admin::domain::message::MessageState;
use cxme_admin::outbox::SendOptions;
use cxme_admin::secrets::ResetCode;

use crate::relay::Act;
use crate::relay::At;
use crate::relay::Offer;
use crate::relay::Received;
use crate::relay::ScriptedRelay;
use crate::relays::pipelined;
use crate::relays::pipelining;
use crate::world::World;
use crate::world::code_in;
use crate::world::smtp;
use crate::world::sql_at;
use crate::world::value_at;

/// Number of messages in flight in the store, read without the engine's connection.
fn in_flight(path: &std::path::Path) -> i64 {
    value_at(path, "SELECT count(*) FROM messages WHERE state = 'sending'", [])
}

#[test]
fn each_message_is_started_before_its_content_is_sent_and_no_more_are_in_flight_than_connections() {
    let world = World::new();
    world.queued(60);
    let path = world.store.path().to_owned();
    let (most, unbegun) = (Arc::new(AtomicI64::new(0)), Arc::new(Mutex::new(Vec::new())));
    let (most_seen, unbegun_seen) = (Arc::clone(&most), Arc::clone(&unbegun));
    let relay = ScriptedRelay::start(pipelining(), move |moment| {
        if moment.at == At::Dot {
            most_seen.fetch_max(in_flight(&path), Ordering::SeqCst);
            let sql = "SELECT state = 'sending' AND code_hash IS NOT NULL FROM messages WHERE address = ?1";
            if value_at(&path, sql, [moment.recipient]) == 0 {
                unbegun_seen.lock().unwrap().push(moment.recipient.to_owned());
            }
        }
        Act::Usual
    });
    assert_eq!(world.send(smtp(relay.port()), 3).accepted, 60);
    assert_eq!(*unbegun.lock().unwrap(), [""; 0]);
    assert!((1..=3).contains(&most.load(Ordering::SeqCst)), "{most:?}");
    // Each message but the first of a connection can be pipelined, unless other workers had taken all when the one
    // before it started.
    let count = pipelined(relay).len();
    assert!(count >= 50, "only {count} envelopes rode");
}

#[test]
fn a_message_of_which_only_the_envelope_was_sent_is_not_in_doubt() {
    let world = World::new();
    let ids = world.queued(3);
    let relay = ScriptedRelay::start(pipelining(), |moment| match (moment.at, moment.recipient) {
        // The second message was announced with the end of the first when the relay dies.
        (At::Rcpt, "user1@example.com") => Act::Hang(Vec::new()),
        _ => Act::Usual,
    });
    let report = world.send(smtp(relay.port()), 1);
    assert_eq!((report.accepted, report.in_doubt), (1, 0));
    assert!(report.transport_error.is_some());
    for id in &ids[1..] {
        let message = world.message(*id);
        assert_eq!((message.state, message.attempts), (MessageState::Queued, 0));
    }
}

#[test]
fn a_user_who_is_locked_while_their_envelope_is_pipelined_gets_nothing_and_the_others_do() {
    let world = World::new();
    let ids = world.queued(6);
    let locked = "UPDATE users SET locked_at = 1, updated_at = 1 WHERE username = 'user3'";
    let relay = changed_at_dot(&world, "user2@example.com", locked);
    let report = world.send(smtp(relay.port()), 1);
    assert_eq!((report.accepted, report.transport_error, relay.connections()), (5, None, 2));
    assert_eq!(world.message(ids[3]).state, MessageState::Cancelled);
    assert!(relay.accepted().iter().all(|mail| mail.recipients != ["user3@example.com"]));
}

#[test]
fn an_announced_mail_that_cannot_be_composed_costs_one_message_and_one_connection() {
    let world = World::new();
    let ids = world.queued(6);
    world.sql(&format!("UPDATE messages SET message_id = 'none' WHERE id = {}", ids[2].0));
    let relay = ScriptedRelay::start(pipelining(), |_| Act::Usual);
    let report = world.send(smtp(relay.port()), 1);
    assert_eq!((report.accepted, report.failed, report.transport_error), (5, 1, None));
    assert_eq!(relay.connections(), 2);
    assert!(world.message(ids[2]).reply.unwrap().contains("Message-ID"));
}

#[test]
fn without_pipelining_all_are_sent_too() {
    let world = World::new();
    world.queued(10);
    let relay = ScriptedRelay::start(Offer::default(), |_| Act::Usual);
    assert_eq!(world.send(smtp(relay.port()), 2).accepted, 10);
}

/// Changes the store from outside when the content for this recipient arrives.
fn changed_at_dot(world: &World, recipient: &'static str, statement: &'static str) -> ScriptedRelay {
    let path = world.store.path().to_owned();
    ScriptedRelay::start(pipelining(), move |moment| {
        if (moment.at, moment.recipient) == (At::Dot, recipient) {
            sql_at(&path, statement);
        }
        Act::Usual
    })
}

#[test]
fn each_mail_has_the_link_date_and_message_id_of_its_row() {
    // While the clock stands still, mails are rendered before their messages are started; when it moves, each is
    // rendered again.
    for seconds in [0, 1] {
        let world = World::new();
        world.queued(30);
        let relay = ScriptedRelay::start(pipelining(), |_| Act::Usual);
        let order = SendOptions { connections: 3, ..SendOptions::default() };
        world.send_observed(smtp(relay.port()), &order, &mut |_| world.wait(seconds));
        let mails = relay.accepted();
        assert_eq!(mails.len(), 30);
        for mail in mails {
            let content = String::from_utf8(mail.content).unwrap();
            let header = |name: &str| content.lines().find_map(|line| line.strip_prefix(name)).unwrap().to_owned();
            let date = jiff::fmt::rfc2822::parse(&header("Date: ")).unwrap().timestamp().as_second();
            let hash = ResetCode::parse(&code_in(&content)).unwrap().hash().0;
            let sql = "SELECT first_try_at = ?2 AND code_hash = ?3 AND '<' || message_id || '>' = ?4 FROM messages WHERE address = ?1";
            let row = (&mail.recipients[0], date, hash, header("Message-ID: "));
            assert_eq!(value_at(world.store.path(), sql, row), 1, "{content}");
        }
    }
}

#[test]
fn a_user_whose_name_changes_while_the_mail_is_rendered_ahead_is_addressed_by_the_new_one() {
    let world = World::new();
    world.queued(6);
    let changed = "UPDATE users SET name = 'Trillian', updated_at = 1 WHERE username IN ('user3', 'user4')";
    let relay = changed_at_dot(&world, "user2@example.com", changed);
    assert_eq!(world.send(smtp(relay.port()), 1).accepted, 6);
    let mails = relay.accepted();
    let greets = |mail: &&Received| String::from_utf8_lossy(&mail.content).contains("Trillian");
    let new: Vec<_> = mails.iter().filter(greets).map(|mail| mail.recipients[0].as_str()).collect();
    assert_eq!((new, relay.connections()), (vec!["user3@example.com", "user4@example.com"], 1));
}

#[test]
fn a_user_who_is_locked_after_their_message_was_read_ahead_gets_nothing() {
    let world = World::new();
    let ids = world.queued(6);
    let locked = "UPDATE users SET locked_at = 1, updated_at = 1 WHERE username = 'user4'";
    let relay = changed_at_dot(&world, "user2@example.com", locked);
    let report = world.send(smtp(relay.port()), 1);
    // The message was not announced yet.
    assert_eq!((report.accepted, report.transport_error, relay.connections()), (5, None, 1));
    assert_eq!(world.message(ids[4]).state, MessageState::Cancelled);
}
