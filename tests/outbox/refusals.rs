//! Whether a refusal concerns its recipient or everybody: the same reply to everybody concerns this program and fails
//! nobody.

use std::sync::Arc;
use std::sync::atomic::AtomicU16;
use std::sync::atomic::AtomicUsize;
use std::sync::atomic::Ordering;
use std::time::Duration;

use cxme_admin::domain::message::MessageId;
use cxme_admin::domain::message::MessageState;
use cxme_admin::mail::outcome::TransportErrorKind;
use cxme_admin::outbox::SendOptions;
use cxme_admin::outbox::SendReport;
use cxme_admin::outbox::StopReason;

use crate::relay::Act;
use crate::relay::At;
use crate::relay::Moment;
use crate::relay::ScriptedRelay;
use crate::relays::pipelining;
use crate::world::World;
use crate::world::is_long;
use crate::world::smtp;

/// Replies of relays, with the phase, the server that sends them, and their meaning.
const REPLIES: &str = include_str!("relay-replies.tsv");

/// Number of users for each row of the table.
const USERS: usize = 40;

/// A row of the table.
#[derive(Clone)]
struct Row {
    reply: &'static str,
    phases: Vec<At>,
    means: &'static str,
}

fn rows() -> Vec<Row> {
    let rows = REPLIES.lines().filter(|line| !line.starts_with('#') && !line.is_empty()).map(|line| {
        let fields: Vec<&'static str> = line.split('\t').collect();
        let phases = fields[1].split(" or ").map(|phase| match phase.trim() {
            "MAIL" => At::Mail,
            "RCPT" => At::Rcpt,
            // A relay that checks the content replies to the dot.
            other => {
                assert!(["DATA", "after DATA"].contains(&other), "no phase: {other}");
                At::Dot
            }
        });
        Row { reply: fields[0], phases: phases.collect(), means: fields[3] }
    });
    let rows: Vec<Row> = rows.collect();
    assert_eq!(rows.len(), 26);
    rows
}

impl Row {
    /// The bytes of the reply to a mail for this address.
    fn bytes(&self, address: &str) -> Vec<u8> {
        let reply = self.reply.replace("user@example.com", address);
        match reply.strip_suffix(" in one reply").and_then(|reply| reply.split_once(" then ")) {
            Some((first, last)) => format!("{first}\r\n{last}\r\n").into_bytes(),
            None => format!("{reply}\r\n").into_bytes(),
        }
    }

    fn is_permanent(&self) -> bool {
        self.reply.starts_with('5')
    }
}

/// A relay that accepts the first `accepted` mails, and then gives the same reply to everything.
fn refusing(row: &Row, phase: At, accepted: usize) -> ScriptedRelay {
    let (row, count) = (row.clone(), AtomicUsize::new(0));
    let dots = Arc::new(AtomicUsize::new(0));
    ScriptedRelay::start(pipelining(), move |moment| {
        let is_taken = dots.load(Ordering::SeqCst) < accepted;
        if moment.at == At::Dot && is_taken {
            dots.fetch_add(1, Ordering::SeqCst);
        }
        // With pipelined envelopes, the sixth mail is announced before the fifth is accepted.
        let is_refused = match moment.at {
            at if at != phase => false,
            At::Dot => !is_taken,
            _ => count.fetch_add(1, Ordering::SeqCst) >= accepted,
        };
        if is_refused { Act::Say(row.bytes(moment.recipient)) } else { Act::Usual }
    })
}

/// Sends with the slowest pace for which a test can wait.
fn send(world: &World, relay: &ScriptedRelay, connections: usize) -> SendReport {
    let order = SendOptions { connections, slowest: Duration::from_millis(2), ..SendOptions::default() };
    world.send_with(smtp(relay.port()), &order)
}

/// Checks that nobody failed: tried messages wait with a reply and a time, and with as many attempts as before.
fn assert_given_back(world: &World, ids: &[MessageId], report: &SendReport, accepted: usize, case: &str) {
    assert_eq!((report.accepted as usize, report.failed), (accepted, 0), "{case}: {report:?}");
    assert_eq!((report.deferred, report.stop_reason), (0, Some(StopReason::TransportFailed)), "{case}: {report:?}");
    let mut with_words = 0;
    for id in ids {
        let message = world.message(*id);
        if message.state == MessageState::Accepted {
            continue;
        }
        assert_eq!((message.state, message.attempts), (MessageState::Queued, 0), "{case}: {message:?}");
        with_words += usize::from(message.reply.is_some());
        // Only the reply of the attempt is new.
        assert_eq!(message.reply.is_some(), message.last_try_at.is_some(), "{case}: {message:?}");
    }
    assert!(with_words > 0, "{case}");
}

#[test]
fn replies_mean_what_the_table_says_at_once_and_after_five_accepted_mails() {
    for row in rows() {
        for (phase, accepted) in row.phases.iter().flat_map(|phase| [(*phase, 0), (*phase, 5)]) {
            let case = format!("{} at {phase:?} after {accepted}", row.reply);
            let world = World::new();
            let ids = world.queued(USERS);
            if row.means.starts_with("this recipient") || row.means.starts_with("this message") {
                assert_of_one(&world, &ids, &row, phase, accepted, &case);
                continue;
            }
            if row.means.starts_with("new connection") {
                assert_costs_a_connection(&world, &row, phase, &case);
                continue;
            }
            if row.means.contains("without pipelining") {
                let said = AtomicUsize::new(0);
                let own = row.clone();
                let relay = ScriptedRelay::start(pipelining(), move |moment| {
                    let is_it = moment.at == phase && said.fetch_add(1, Ordering::SeqCst) == accepted;
                    if is_it { Act::Say(own.bytes(moment.recipient)) } else { Act::Usual }
                });
                let report = send(&world, &relay, 1);
                assert_eq!((report.accepted as usize, report.transport_error), (USERS, None), "{case}");
                continue;
            }
            let relay = refusing(&row, phase, accepted);
            let report = send(&world, &relay, 1);
            assert_given_back(&world, &ids, &report, accepted, &case);
            let transport_error = report.transport_error.unwrap();
            let kind = if row.is_permanent() { TransportErrorKind::Permanent } else { TransportErrorKind::Temporary };
            assert_eq!(transport_error.kind, kind, "{case}");
            let code = row.reply.split(' ').next().unwrap();
            assert!(transport_error.message.contains(code), "{case}: {}", transport_error.message);
            let hold = world.store.read().unwrap().relay_hold().unwrap();
            // If it refuses MAIL temporarily and has accepted nothing, it is retried like an unavailable relay.
            if !(phase == At::Mail && accepted == 0) {
                let hold = hold.unwrap();
                assert!((hold.until - world.now()).as_secs() >= 300, "{case}: {hold:?}");
                assert!(hold.reply.starts_with(code), "{case}: {hold:?}");
                assert!(transport_error.message.contains("check "), "{case}: {}", transport_error.message);
            }
            let tried = ids.iter().filter(|id| world.message(**id).reply.is_some()).count() - accepted;
            // Five and five probes, and one that was announced before the refusals were known.
            let most = if row.is_permanent() { 11 } else { 20 };
            assert!(tried <= most, "{case}: {tried} were tried");
        }
    }
}

/// Checks a relay that gives this reply to one recipient, and accepts all others.
fn assert_of_one(world: &World, ids: &[MessageId], row: &Row, phase: At, accepted: usize, case: &str) {
    let (own, mails) = (row.clone(), AtomicUsize::new(0));
    let at = accepted + 2;
    let relay = ScriptedRelay::start(pipelining(), move |moment| {
        let is_it = match moment.at {
            now if now != phase => false,
            At::Mail => mails.fetch_add(1, Ordering::SeqCst) == at,
            _ => moment.recipient == format!("user{at}@example.com"),
        };
        if is_it { Act::Say(own.bytes(moment.recipient)) } else { Act::Usual }
    });
    let report = send(world, &relay, 1);
    let (failed, deferred) = if row.is_permanent() { (1, 0) } else { (0, 1) };
    assert_eq!((report.failed, report.deferred, &report.transport_error), (failed, deferred, &None), "{case}");
    assert_eq!(report.accepted as usize, USERS - 1, "{case}");
    let message = world.message(ids[at]);
    let code = if row.reply.contains(" then ") { "554" } else { row.reply.split(' ').next().unwrap() };
    assert!(message.reply.as_deref().unwrap().starts_with(code), "{case}: {message:?}");
    assert_eq!(message.attempts, 1, "{case}");
}

/// Checks a relay that gives this reply after each fifth mail of a connection, and accepts the next one over another
/// connection.
fn assert_costs_a_connection(world: &World, row: &Row, phase: At, case: &str) {
    let (own, mails) = (row.clone(), std::sync::Mutex::new(std::collections::HashMap::<usize, usize>::new()));
    let relay = ScriptedRelay::start(pipelining(), move |moment| {
        if moment.at != phase {
            return Act::Usual;
        }
        let mut mails = mails.lock().unwrap();
        let count = mails.entry(moment.connection).or_default();
        *count += 1;
        if *count > 5 { Act::Say(own.bytes(moment.recipient)) } else { Act::Usual }
    });
    let report = send(world, &relay, 1);
    assert_eq!(
        (report.accepted as usize, report.total() as usize, &report.transport_error),
        (USERS, USERS, &None),
        "{case}"
    );
    assert_eq!(relay.connections(), USERS / 5, "{case}");
}

#[test]
fn eight_dead_addresses_at_the_head_of_forty_stop_nothing() {
    for reply in ["550 5.1.1 no such user", "550 No such user here", "550 <{}>: unknown", "554 5.7.1 not wanted"] {
        for connections in [1, 4] {
            let world = World::new();
            let ids = world.queued(USERS);
            let relay = ScriptedRelay::start(pipelining(), move |moment| {
                let is_dead = (0..8).any(|number| moment.recipient == format!("user{number}@example.com"));
                match moment.at {
                    At::Rcpt if is_dead => {
                        Act::Say(format!("{}\r\n", reply.replace("{}", moment.recipient)).into_bytes())
                    }
                    _ => Act::Usual,
                }
            });
            let report = send(&world, &relay, connections);
            assert_eq!((report.accepted, report.failed, report.deferred), (32, 8, 0), "{reply}: {report:?}");
            assert_eq!((report.transport_error, report.stop_reason), (None, None), "{reply}");
            for id in &ids[..8] {
                let message = world.message(*id);
                assert_eq!((message.state, message.attempts), (MessageState::Failed, 1), "{reply}");
                assert_eq!(message.reply, Some(reply.replace("{}", &message.address)));
            }
            assert_eq!(world.store.read().unwrap().relay_hold().unwrap(), None);
        }
    }
}

#[test]
fn a_quota_that_is_used_up_while_others_are_in_flight_fails_nobody() {
    let world = World::new();
    let ids = world.queued(100);
    // Like Exim's `ratelimit`: twenty recipients are accepted, and none after them. The contents for the accepted
    // ones are accepted after others were refused.
    let count = AtomicUsize::new(0);
    let relay = ScriptedRelay::start(pipelining(), move |moment| match moment.at {
        At::Rcpt => match count.fetch_add(1, Ordering::SeqCst) {
            0..20 => Act::Usual,
            number => Act::Say(format!("550 Sender rate {number}.0 / 1h exceeds the limit\r\n").into_bytes()),
        },
        At::Dot => Act::Late(Duration::from_millis(20) * moment.connection as u32),
        _ => Act::Usual,
    });
    let report = send(&world, &relay, 4);
    assert_given_back(&world, &ids, &report, 20, "quota");
}

#[test]
fn fewer_than_five_refusals_concern_their_recipients() {
    for count in 1..=4 {
        let world = World::new();
        world.queued(count);
        let relay = refusing(&Row { reply: "550 no", phases: vec![], means: "" }, At::Rcpt, 0);
        let report = send(&world, &relay, 2);
        assert_eq!((report.failed as usize, report.deferred, report.transport_error), (count, 0, None), "{count}");
    }
    let world = World::new();
    let ids = world.queued(5);
    let relay = refusing(&Row { reply: "550 no", phases: vec![], means: "" }, At::Rcpt, 0);
    let report = send(&world, &relay, 2);
    assert_given_back(&world, &ids, &report, 0, "five");
}

#[test]
fn probes_go_to_other_domains_and_an_accepted_one_clears_all() {
    let world = World::new();
    let dead: Vec<MessageId> = (0..60).map(|number| world.queue_at(&format!("gone{number}"), "gone.example")).collect();
    let living = world.queue_at("alice", "living.example");
    let more: Vec<MessageId> = (0..60).map(|number| world.queue_at(&format!("lost{number}"), "gone.example")).collect();
    let relay = ScriptedRelay::start(pipelining(), |moment| match moment.at {
        At::Rcpt if moment.recipient.ends_with("@gone.example") => Act::Say(b"550 host unknown\r\n".to_vec()),
        _ => Act::Usual,
    });
    let report = send(&world, &relay, 1);
    assert_eq!((report.accepted, world.message(living).state), (1, MessageState::Accepted), "{report:?}");
    // The message to the other domain was the first probe; after it nothing shows whom the same refusals concern.
    assert!(report.failed >= 5, "{report:?}");
    assert_eq!(report.stop_reason, Some(StopReason::TransportFailed));
    // A message accepted in another run does show it: then they concern their recipients.
    let other = world.queue_at("bob", "living.example");
    world.sql(&format!("UPDATE messages SET job_id = NULL WHERE id = {}", other.0));
    let order = SendOptions { scope: cxme_admin::store::outbox::Scope::These(vec![other]), ..SendOptions::default() };
    assert_eq!(world.send_with(smtp(relay.port()), &order).accepted, 1);
    let report = send(&world, &relay, 1);
    assert!(report.failed >= 5, "{report:?}");
    let failed = |ids: &[MessageId]| ids.iter().filter(|id| world.message(**id).state == MessageState::Failed).count();
    assert!(failed(&dead) + failed(&more) >= 10);
}

#[test]
fn a_test_mail_to_an_address_that_is_always_accepted_fails_nobody() {
    let world = World::new();
    let ids: Vec<MessageId> =
        (0..USERS).map(|number| world.queue_at(&format!("user{number}"), "other.example")).collect();
    let relay = ScriptedRelay::start(pipelining(), |moment| match moment.at {
        At::Rcpt if moment.recipient.ends_with("@other.example") => Act::Say(b"550 relay not permitted\r\n".to_vec()),
        _ => Act::Usual,
    });
    for _ in 0..3 {
        let report = send(&world, &relay, 2);
        assert_given_back(&world, &ids, &report, 0, "relaying is not permitted");
        assert!(world.store.read().unwrap().relay_hold().unwrap().unwrap().is_in_force(world.now()));
        // What the message of the run suggests.
        let test = world.queue_test("admin@example.com");
        let order =
            SendOptions { scope: cxme_admin::store::outbox::Scope::These(vec![test]), ..SendOptions::default() };
        assert_eq!(world.send_with(smtp(relay.port()), &order).accepted, 1);
        let hold = world.store.read().unwrap().relay_hold().unwrap().unwrap();
        assert!(!hold.is_in_force(world.now()), "the next run of cron tries it");
    }
}

#[test]
fn greylisting_of_everybody_delays_and_stops_nothing() {
    let world = World::new();
    let ids = world.queued(USERS);
    // Each recipient is accepted in a later attempt.
    let seen = Arc::new(std::sync::Mutex::new(std::collections::HashSet::<String>::new()));
    let round = Arc::new(AtomicUsize::new(0));
    let (known, now) = (Arc::clone(&seen), Arc::clone(&round));
    let relay = ScriptedRelay::start(pipelining(), move |moment| {
        let key = |round: usize| format!("{round} {}", moment.recipient);
        let is_known = |round: usize| known.lock().unwrap().contains(&key(round));
        let this = now.load(Ordering::SeqCst);
        if moment.at != At::Rcpt || (0..this).any(is_known) {
            return Act::Usual;
        }
        known.lock().unwrap().insert(key(this));
        Act::Say(b"451 4.7.1 Greylisting in action, please come back later\r\n".to_vec())
    });
    let report = send(&world, &relay, 1);
    assert_given_back(&world, &ids, &report, 0, "the first run");
    assert_eq!(report.transport_error.map(|transport_error| transport_error.kind), Some(TransportErrorKind::Temporary));
    let given_back: Vec<_> = ids.iter().filter(|id| world.message(**id).reply.is_some()).copied().collect();
    // Five and five probes, and one that was announced before the refusals were known.
    assert!((10..=11).contains(&given_back.len()), "{}", given_back.len());
    world.wait(300);
    round.store(1, Ordering::SeqCst);
    // It starts with the same messages; they are accepted, and all others are tried once.
    let report = send(&world, &relay, 1);
    let accepted = given_back.len() as u64;
    let expected = (accepted, USERS as u64 - accepted, None);
    assert_eq!((report.accepted, report.deferred, report.stop_reason), expected, "{report:?}");
    assert!(given_back.iter().all(|id| world.message(*id).state == MessageState::Accepted));
    assert_eq!(ids.iter().filter(|id| world.message(**id).attempts == 1).count(), USERS);
    world.wait(400);
    round.store(2, Ordering::SeqCst);
    let report = send(&world, &relay, 1);
    assert_eq!((report.accepted, report.total(), report.stop_reason), (USERS as u64 - accepted, report.accepted, None));
}

#[test]
fn a_relay_that_keeps_refusing_gets_the_same_messages_and_longer_holds() {
    let world = World::new();
    let ids = world.queued(USERS);
    let relay = refusing(&Row { reply: "550 relay not permitted", phases: vec![], means: "" }, At::Rcpt, 0);
    let mut tried = None;
    for seconds in [300, 600, 1_200, 2_400, 4_000, 4_000] {
        let report = send(&world, &relay, 2);
        assert_given_back(&world, &ids, &report, 0, "again");
        let hold = world.store.read().unwrap().relay_hold().unwrap().unwrap();
        assert_eq!((hold.until - world.now()).as_secs(), seconds);
        assert!(hold.is_in_force(world.now()) && !hold.is_in_force(hold.until));
        let given_back: Vec<_> = ids.iter().filter(|id| world.message(**id).reply.is_some()).copied().collect();
        // Messages that were in flight at the same time may be added.
        assert!((10..=14).contains(&given_back.len()), "{}", given_back.len());
        let first = tried.get_or_insert_with(|| given_back.clone());
        assert!(given_back.len() <= first.len() + 4, "{} {}", given_back.len(), first.len());
        world.wait(seconds);
    }
    let taking = ScriptedRelay::start(pipelining(), |_| Act::Usual);
    assert_eq!(send(&world, &taking, 2).accepted as usize, USERS);
    let hold = world.store.read().unwrap().relay_hold().unwrap().unwrap();
    assert_eq!((hold.count, hold.is_in_force(world.now())), (0, false));
}

#[test]
fn no_connection_sets_no_hold() {
    let world = World::new();
    world.queued(20);
    for at in [At::Greeting, At::Ehlo] {
        for reply in ["554 5.7.1 not you\r\n", "421 busy\r\n", ""] {
            let relay = ScriptedRelay::start(pipelining(), move |moment| match moment.at {
                now if now == at => Act::Hang(reply.as_bytes().to_vec()),
                _ => Act::Usual,
            });
            assert_eq!(send(&world, &relay, 4).stop_reason, Some(StopReason::TransportFailed));
        }
    }
    assert_eq!(world.store.read().unwrap().relay_hold().unwrap(), None);
}

/// Whatever a relay replies in any phase, each message has a state that says what happened to it, and none is stuck.
#[test]
fn every_code_in_every_phase_leaves_a_state_and_no_message_stuck() {
    let step = if is_long() { 1 } else { 7 };
    for at in [At::Mail, At::Rcpt, At::Data, At::Dot] {
        let world = World::new();
        let code = Arc::new(AtomicU16::new(0));
        let said = Arc::clone(&code);
        let relay = ScriptedRelay::start(pipelining(), move |moment: &Moment<'_>| match said.load(Ordering::SeqCst) {
            code if moment.at == at && code > 0 => Act::Say(format!("{code} x\r\n").into_bytes()),
            _ => Act::Usual,
        });
        let named = [421, 450, 452, 500, 503, 504, 530, 550, 555, 571];
        for tried in (200..600).filter(|code| code % step == 0 || named.contains(code)) {
            code.store(tried, Ordering::SeqCst);
            let id = world.queue(world.user(&format!("of{tried}")));
            world.send(smtp(relay.port()), 1);
            let message = world.message(id);
            assert_ne!(message.state, MessageState::Sending, "{at:?} {tried}");
            assert!(message.reply.is_some(), "{at:?} {tried}: {message:?}");
            if message.state == MessageState::Failed {
                assert!(message.attempts == 1 && tried >= 200, "{at:?} {tried}: {message:?}");
                assert!(!(400..500).contains(&tried), "{at:?} {tried}: {message:?}");
            }
            // When the relay accepts mail again, all waiting messages are sent.
            code.store(0, Ordering::SeqCst);
            world.wait(5_000);
            world.send(smtp(relay.port()), 1);
            let message = world.message(id);
            assert!(message.state.has_ended(), "{at:?} {tried}: {message:?}");
        }
        assert_eq!(world.count(MessageState::Queued) + world.count(MessageState::Deferred), 0);
    }
}

#[test]
fn a_message_with_two_invalid_replies_fails_with_the_reply_and_the_others_are_sent() {
    for reply in ["2500 ok", "what?", "220 hm", "354 go"] {
        let world = World::new();
        let ids = world.queued(10);
        let relay = ScriptedRelay::start(pipelining(), move |moment| match moment.at {
            At::Rcpt if moment.recipient == "user0@example.com" => Act::Say(format!("{reply}\r\n").into_bytes()),
            _ => Act::Usual,
        });
        let report = send(&world, &relay, 1);
        assert_eq!((report.accepted, report.failed, report.stop_reason), (9, 1, None), "{reply}: {report:?}");
        let message = world.message(ids[0]);
        assert!(message.reply.as_deref().unwrap().contains(reply), "{message:?}");
        assert_eq!((message.state, message.attempts), (MessageState::Failed, 1));
    }
}

#[test]
fn invalid_replies_to_everybody_fail_nobody() {
    let world = World::new();
    let ids = world.queued(10);
    let relay = ScriptedRelay::start(pipelining(), |moment| match moment.at {
        At::Rcpt => Act::Say(b"what?\r\n".to_vec()),
        _ => Act::Usual,
    });
    let report = send(&world, &relay, 1);
    assert_eq!((report.total(), report.stop_reason), (0, Some(StopReason::TransportFailed)), "{report:?}");
    assert!(ids.iter().all(|id| world.message(*id).state == MessageState::Queued));
    assert_eq!(ids.iter().filter(|id| world.message(**id).reply.is_some()).count(), 3);
}

#[test]
fn a_single_message_that_is_refused_for_its_sender_waits_with_an_attempt_a_reply_and_a_time() {
    for (at, reply) in [(At::Mail, "550 5.7.1 sender refused"), (At::Rcpt, "504 5.5.2 <host>: Helo command rejected")] {
        let world = World::new();
        let id = world.queued(1)[0];
        let relay = ScriptedRelay::start(pipelining(), move |moment| match moment.at {
            now if now == at => Act::Say(format!("{reply}\r\n").into_bytes()),
            _ => Act::Usual,
        });
        let report = send(&world, &relay, 1);
        assert_eq!(
            report.transport_error.map(|transport_error| transport_error.kind),
            Some(TransportErrorKind::Permanent)
        );
        assert!(report.is_over_one, "no other is kept back for it");
        let message = world.message(id);
        assert_eq!((message.state, message.attempts), (MessageState::Deferred, 1));
        assert_eq!(message.reply.as_deref(), Some(reply));
        assert!(message.due_at > world.now());
        assert_eq!(world.store.read().unwrap().relay_hold().unwrap(), None);
        let mut runs = 1;
        while world.message(id).state != MessageState::Failed {
            world.wait(5_000);
            send(&world, &relay, 1);
            runs += 1;
        }
        assert!((15..=30).contains(&runs), "{runs}");
        assert_eq!(world.message(id).reply, Some(format!("gave up: {reply}")));
    }
}

#[test]
fn the_lifetime_starts_at_the_first_counted_attempt() {
    let world = World::new();
    let ids = world.queued(USERS);
    let refusing = refusing(&Row { reply: "550 relay not permitted", phases: vec![], means: "" }, At::Rcpt, 0);
    send(&world, &refusing, 1);
    // Longer than the lifetime in this queue.
    world.wait(3 * 86_400);
    let greylisting = ScriptedRelay::start(pipelining(), |moment| match moment.at {
        At::Rcpt if moment.recipient == "user0@example.com" => Act::Say(b"450 4.2.0 later\r\n".to_vec()),
        _ => Act::Usual,
    });
    let report = send(&world, &greylisting, 1);
    assert_eq!((report.accepted as usize, report.deferred, report.failed), (USERS - 1, 1, 0), "{report:?}");
    let message = world.message(ids[0]);
    assert_eq!((message.state, message.attempts), (MessageState::Deferred, 1));
    world.wait(86_400);
    assert_eq!(send(&world, &greylisting, 1).failed, 1);
    assert_eq!(world.message(ids[0]).reply.as_deref(), Some("gave up: 450 4.2.0 later"));
}

#[test]
fn the_lifetime_holds_while_the_relay_cannot_be_used() {
    let world = World::new();
    let ids = world.queued(3);
    let greylisting = ScriptedRelay::start(pipelining(), |moment| match moment.at {
        At::Rcpt => Act::Say(b"450 4.2.0 later\r\n".to_vec()),
        _ => Act::Usual,
    });
    assert_eq!(send(&world, &greylisting, 1).deferred, 3);
    let fresh = world.queue(world.user("fresh"));
    for (act, failed) in [(Act::Hang(Vec::new()), 0), (Act::Hang(b"421 busy\r\n".to_vec()), 3)] {
        let down = ScriptedRelay::start(pipelining(), move |moment| match moment.at {
            At::Greeting => act.clone(),
            _ => Act::Usual,
        });
        world.wait(if failed > 0 { 86_400 } else { 1_000 });
        let report = send(&world, &down, 1);
        assert_eq!((report.failed, report.stop_reason), (failed, Some(StopReason::TransportFailed)), "{report:?}");
    }
    for id in ids {
        assert_eq!(world.message(id).reply.as_deref(), Some("gave up: 450 4.2.0 later"));
    }
    assert_eq!(world.message(fresh).state, MessageState::Queued, "it never was tried");
}

#[test]
fn the_time_for_which_a_job_is_paused_does_not_count() {
    let world = World::new();
    let ids = world.queued(2);
    let job = world.put_in_job("true");
    let greylisting = ScriptedRelay::start(pipelining(), |moment| match moment.at {
        At::Rcpt => Act::Say(b"450 4.2.0 later\r\n".to_vec()),
        _ => Act::Usual,
    });
    let order = SendOptions { scope: cxme_admin::store::outbox::Scope::Job(job), ..SendOptions::default() };
    let run = || world.send_with(smtp(greylisting.port()), &order);
    assert_eq!(run().deferred, 2);
    world.wait(3_600);
    world.change(|store| store.pause_job(job, "by carol", world.now()));
    world.wait(5 * 86_400);
    world.change(|store| store.resume_job(job, world.now()));
    // An hour of its day is used up, and not six days.
    assert_eq!(run().deferred, 2);
    world.wait(20 * 3_600);
    assert_eq!(run().deferred, 2);
    world.wait(3 * 3_600);
    assert_eq!((run().failed, world.message(ids[0]).state), (2, MessageState::Failed));
}
