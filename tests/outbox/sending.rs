//! Sending: the result for each message, whatever the relay does.

use std::sync::atomic::AtomicUsize;
use std::sync::atomic::Ordering;
use std::time::Duration;

use cxme_admin::domain::message::MessageState;
use cxme_admin::mail::outcome::TransportErrorKind;
use cxme_admin::mail::transport::MemoryTransport;
use cxme_admin::mail::transport::Transport;
use cxme_admin::outbox::SendOptions;
use cxme_admin::outbox::StopReason;
use cxme_admin::store::attempts::AttemptStart;
use cxme_admin::store::outbox::Scope;

use crate::relay::Act;
use crate::relay::At;
use crate::relay::ScriptedRelay;
use crate::relays::pipelining;
use crate::world::World;
use crate::world::code_in;
use crate::world::smtp;

#[test]
fn every_message_that_is_due_is_sent_once_over_all_connections() {
    let world = World::new();
    let ids = world.queued(40);
    let relay = ScriptedRelay::start(pipelining(), |_| Act::Usual);
    let report = world.send(smtp(relay.port()), 4);
    assert_eq!((report.accepted, report.total(), report.transport_error), (40, 40, None));
    let mut to: Vec<String> = relay.accepted().into_iter().map(|mail| mail.recipients.concat()).collect();
    to.sort();
    to.dedup();
    assert_eq!((to.len(), relay.accepted().len()), (40, 40));
    assert!(relay.connections() <= 4);
    for id in ids {
        let message = world.message(id);
        assert_eq!((message.state, message.attempts), (MessageState::Accepted, 1));
        assert_eq!(message.reply.as_deref(), Some("250 2.0.0 Ok: queued"));
    }
    assert_eq!(world.send(smtp(relay.port()), 4).total(), 0);
}

#[test]
fn one_invalid_user_affects_no_others() {
    let world = World::new();
    let ids = world.queued(30);
    let relay = ScriptedRelay::start(pipelining(), |moment| match (moment.at, moment.line) {
        (At::Rcpt, line) if line.contains("user7@") => Act::Say(b"550 5.1.1 no such user\r\n".to_vec()),
        (At::Rcpt, line) if line.contains("user8@") => Act::Say(b"450 4.2.0 greylisted\r\n".to_vec()),
        _ => Act::Usual,
    });
    let report = world.send(smtp(relay.port()), 2);
    assert_eq!((report.accepted, report.failed, report.deferred), (28, 1, 1));
    assert!(relay.connections() <= 2);
    let refused = world.message(ids[7]);
    assert_eq!((refused.state, refused.reply.as_deref()), (MessageState::Failed, Some("550 5.1.1 no such user")));
    let deferred = world.message(ids[8]);
    assert_eq!(deferred.state, MessageState::Deferred);
    let wait = (deferred.due_at - world.now()).as_secs();
    assert!((240..=360).contains(&wait), "{wait}");
    assert_eq!(world.send(smtp(relay.port()), 2).total(), 0, "it is not due yet");
    world.wait(400);
    assert_eq!(world.send(smtp(relay.port()), 2).deferred, 1);
    assert_eq!(world.message(ids[8]).attempts, 2);
}

#[test]
fn an_unusable_relay_costs_no_attempt_and_stops_the_run() {
    let world = World::new();
    let ids = world.queued(20);
    for (at, reply, kind) in [
        (At::Greeting, "554 5.7.1 not you", TransportErrorKind::Permanent),
        (At::Ehlo, "421 busy", TransportErrorKind::Temporary),
        (At::Mail, "550 5.7.1 sender refused", TransportErrorKind::Permanent),
    ] {
        let relay = ScriptedRelay::start(pipelining(), move |moment| {
            if moment.at == at { Act::Say(format!("{reply}\r\n").into_bytes()) } else { Act::Usual }
        });
        let report = world.send(smtp(relay.port()), 4);
        let transport_error = report.transport_error.unwrap();
        assert_eq!(transport_error.kind, kind, "{}", transport_error.message);
        assert!(relay.connections() <= 4, "{at:?}: {} connections", relay.connections());
        for id in &ids {
            let message = world.message(*id);
            assert_eq!((message.state, message.attempts), (MessageState::Queued, 0), "{at:?}");
        }
    }
    let relay = ScriptedRelay::start(pipelining(), |_| Act::Usual);
    assert_eq!(world.send(smtp(relay.port()), 4).accepted, 20);
}

#[test]
fn a_relay_that_recovers_within_the_retry_time_is_retried() {
    let world = World::new();
    world.queued(3);
    let relay = ScriptedRelay::start(pipelining(), |moment| match (moment.at, moment.connection) {
        (At::Greeting, 0) => Act::Hang(b"421 busy\r\n".to_vec()),
        _ => Act::Usual,
    });
    let order = SendOptions { connections: 2, retry_for: Duration::from_secs(30), ..SendOptions::default() };
    let mut seen = Vec::new();
    let report = world.send_observed(smtp(relay.port()), &order, &mut |progress| {
        seen.push((progress.relay_retry_in, progress.last_error.map(str::to_owned)));
    });
    assert_eq!((report.accepted, report.transport_error), (3, None));
    let waits: Vec<_> = seen.iter().filter(|(retry_in, _)| retry_in.is_some()).collect();
    assert!(!waits.is_empty(), "{seen:?}");
    for (retry_in, why) in waits {
        assert!(*retry_in <= Some(Duration::from_secs(1)), "{retry_in:?}");
        assert!(why.as_deref().unwrap().contains("421 busy"), "{why:?}");
    }
    assert_eq!(seen.last().unwrap().0, None, "it is back");
}

#[test]
fn a_connection_lost_after_the_dot_leaves_the_message_in_doubt_and_the_repeat_is_the_same_mail() {
    let world = World::new();
    let id = world.queued(1)[0];
    let count = AtomicUsize::new(0);
    let relay = ScriptedRelay::start(pipelining(), move |moment| match moment.at {
        At::Dot if count.fetch_add(1, Ordering::SeqCst) == 0 => Act::Hang(b"250 2.0".to_vec()),
        _ => Act::Usual,
    });
    let report = world.send(smtp(relay.port()), 1);
    assert_eq!((report.in_doubt, world.message(id).state), (1, MessageState::InDoubt));
    world.wait(400);
    assert_eq!(world.send(smtp(relay.port()), 1).accepted, 1);
    let mails: Vec<Vec<u8>> = relay.end().into_iter().flat_map(|dump| dump.mails).map(|mail| mail.content).collect();
    assert_eq!(mails.len(), 2);
    assert_eq!(mails[0], mails[1], "the same link, Message-ID, Date and boundary");
}

#[test]
fn messages_of_a_dead_process_are_recovered_and_those_of_a_living_one_are_not() {
    let world = World::new();
    let ids = world.queued(2);
    let other = world.again();
    let lock = other.lock_as_sender().unwrap();
    let start = AttemptStart { id: ids[0], nonce: [1; 16], message_id: "1.x@example.com".to_owned(), code_hash: None };
    world.change(|store| store.start_attempts(&[start], lock.number(), world.now()));
    let memory = MemoryTransport::default();
    let report = world.send(Transport::Memory(memory.clone()), 1);
    assert_eq!((report.accepted, world.message(ids[0]).state), (1, MessageState::Sending));
    drop(lock);
    let report = world.send(Transport::Memory(memory.clone()), 1);
    assert_eq!((report.accepted, world.message(ids[0]).state), (1, MessageState::Accepted));
    assert_eq!(memory.mails()[1].message_id, "1.x@example.com");
}

#[test]
fn a_message_that_waited_too_long_fails() {
    let world = World::new();
    let id = world.queued(1)[0];
    let relay = ScriptedRelay::start(pipelining(), |moment| match moment.at {
        At::Rcpt => Act::Say(b"450 4.2.0 greylisted\r\n".to_vec()),
        _ => Act::Usual,
    });
    let mut tries = 0;
    while world.message(id).state != MessageState::Failed {
        assert_eq!(world.send(smtp(relay.port()), 1).total(), 1);
        tries += 1;
        world.wait(5_000);
    }
    assert_eq!(world.message(id).reply.as_deref(), Some("gave up: 450 4.2.0 greylisted"));
    assert!((15..=30).contains(&tries), "{tries}");
}

#[test]
fn a_message_at_which_the_connection_is_lost_twice_is_the_cause() {
    let world = World::new();
    let ids = world.queued(5);
    let relay = ScriptedRelay::start(pipelining(), |moment| match (moment.at, moment.line) {
        (At::Rcpt, line) if line.contains("user2@") => Act::Hang(Vec::new()),
        _ => Act::Usual,
    });
    let report = world.send_order(smtp(relay.port()), Scope::OfNoJob, 1, Duration::from_secs(30));
    assert_eq!((report.accepted, report.deferred, report.transport_error), (4, 1, None));
    assert_eq!(world.message(ids[2]).state, MessageState::Deferred);
}

#[test]
fn a_message_at_which_the_relay_is_lost_does_not_block_later_runs_without_retries() {
    let world = World::new();
    let ids = world.queued(5);
    let relay = ScriptedRelay::start(pipelining(), |moment| match (moment.at, moment.line) {
        (At::Rcpt, line) if line.contains("user0@") => Act::Hang(Vec::new()),
        _ => Act::Usual,
    });
    // Both runs end at this message; in the second the attempt counts.
    for attempts in [0, 1] {
        let report = world.send(smtp(relay.port()), 1);
        assert_eq!((report.accepted, report.stop_reason), (0, Some(StopReason::TransportFailed)), "{report:?}");
        let message = world.message(ids[0]);
        assert_eq!((message.attempts, message.reply.is_some()), (attempts, true), "{message:?}");
    }
    assert!(world.message(ids[0]).due_at > world.now());
    let report = world.send(smtp(relay.port()), 1);
    assert_eq!((report.accepted, report.transport_error), (4, None));
}

#[test]
fn new_mail_does_not_wait_behind_deferred_mail() {
    let world = World::new();
    world.queued(50);
    world.sql("UPDATE messages SET state = 'deferred', attempts = 1");
    world.wait(10);
    let fresh = world.queue(world.user("fresh"));
    let memory = MemoryTransport::default();
    world.send(Transport::Memory(memory.clone()), 1);
    let place = memory.mails().iter().position(|mail| mail.envelope.recipient.as_str() == "fresh@example.com");
    assert!(place.unwrap() < 3, "{place:?}");
    assert_eq!(world.message(fresh).state, MessageState::Accepted);
}

#[test]
fn the_conditions_of_queueing_are_checked_again_when_sending() {
    let world = World::new();
    let users: Vec<_> = (0..4).map(|number| world.user(&format!("user{number}"))).collect();
    let ids: Vec<_> = users.iter().map(|user| world.queue(*user)).collect();
    // Without the triggers, which would already cancel such messages.
    world.sql("DROP TRIGGER revoke_links_of_changed_user; DROP TRIGGER revoke_links_of_deleted_user");
    world.sql(&format!("UPDATE users SET sign_in = 'saml' WHERE id = {}", users[0].0));
    world.sql(&format!("UPDATE users SET locked_at = 1 WHERE id = {}", users[1].0));
    world.sql(&format!("UPDATE users SET email = 'other@example.com' WHERE id = {}", users[2].0));
    world.sql(&format!("DELETE FROM users WHERE id = {}", users[3].0));
    let after = world.user("after");
    let kept = world.queue(after);
    assert_eq!(world.mails().len(), 1);
    let replies: Vec<_> = ids.iter().map(|id| world.message(*id).reply.unwrap()).collect();
    assert_eq!(replies, ["moved to SAML", "locked", "another address", "user deleted"]);
    assert_eq!(world.message(kept).state, MessageState::Accepted);
}

#[test]
fn a_revoked_permission_takes_effect_at_the_next_message() {
    let world = World::new();
    let id = world.queued(1)[0];
    world.sql("DELETE FROM operators");
    assert_eq!(world.mails().len(), 0);
    let message = world.message(id);
    assert_eq!(message.state, MessageState::Cancelled);
    assert!(message.reply.unwrap().contains("may not send resets any more"));
}

/// The effect of changes to roles during a run on the messages that it has not started yet.
#[test]
fn changed_roles_and_permissions_take_effect_at_the_next_message_of_a_run() {
    let outranked = "the operator who asked for it may not act on this user any more";
    let not_permitted = "the operator who asked for it may not send resets any more";
    let new_role = "INSERT INTO roles (name, built_in) VALUES ('Less', 0); INSERT INTO role_permissions SELECT id, \
                    permission FROM roles, (SELECT 'send-resets' AS permission UNION SELECT 'view-users') WHERE \
                    name = 'Less';";
    let lowered = format!("{new_role} UPDATE operators SET role_id = (SELECT id FROM roles WHERE name = 'Less')");
    let raised = format!(
        "{new_role} UPDATE users SET role_id = 2; UPDATE operators SET role_id = (SELECT id FROM roles WHERE name = 'Less'); \
         UPDATE users SET role_id = 1 WHERE username IN ('user0', 'user19')"
    );
    for (meanwhile, words, spared) in [
        (lowered.as_str(), outranked, 0),
        (raised.as_str(), outranked, 18),
        ("UPDATE operators SET role_id = 2", not_permitted, 0),
        ("DELETE FROM operators", not_permitted, 0),
    ] {
        let world = World::new();
        let ids = world.queued(20);
        let mut done = false;
        let report = world.send_observed(
            Transport::Memory(MemoryTransport::default()),
            &SendOptions::default(),
            &mut |progress| {
                if progress.report.accepted >= 1 && !std::mem::replace(&mut done, true) {
                    world.sql(meanwhile);
                }
            },
        );
        let replies: Vec<_> =
            ids.iter().filter_map(|id| world.message(*id).reply).filter(|reply| reply == words).collect();
        assert_eq!(report.accepted + report.cancelled, 20, "{meanwhile}: {report:?}");
        assert_eq!(report.cancelled, replies.len() as u64, "{meanwhile}");
        let may_have_been_under_way = 3;
        let expected = if spared > 0 { 1..=1 } else { 20 - may_have_been_under_way..=19 };
        assert!(expected.contains(&report.cancelled), "{meanwhile}: {report:?}");
    }
}

#[test]
fn a_domain_that_no_longer_belongs_to_the_organization_gets_no_link() {
    let world = World::new();
    let id = world.queued(1)[0];
    let mut post = world.post(Transport::Memory(MemoryTransport::default()));
    post.organization.email_domains = vec!["example.net".to_owned()];
    let random = cxme_admin::random::ScriptedRandom::new(1);
    cxme_admin::outbox::run(&world.store, &post, &SendOptions::default(), &world.clock, &random).unwrap();
    assert_eq!(world.message(id).reply.as_deref(), Some("domain not allowed"));
}

#[test]
fn the_store_has_the_hash_of_a_code_before_its_mail_is_sent() {
    let world = World::new();
    world.queued(1);
    let mails = world.mails();
    let code = cxme_admin::secrets::ResetCode::parse(&code_in(&mails[0])).unwrap();
    assert!(world.store.read().unwrap().link_by_code(&code.hash()).unwrap().is_some());
}

#[test]
fn a_clock_that_is_set_back_keeps_no_new_mail_from_being_sent() {
    let world = World::new();
    world.queued(10);
    world.wait(-3_600);
    assert_eq!(world.mails().len(), 10);
}
