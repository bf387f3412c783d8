//! Rates per hour and day, counted over all runs and processes.

use std::thread;

use cxme_admin::domain::message::MessageState;
use cxme_admin::domain::rate::Rates;
use cxme_admin::outbox::SendOptions;
use cxme_admin::outbox::SendReport;
use cxme_admin::store::outbox::Scope;

use crate::relay::Act;
use crate::relay::At;
use crate::relay::ScriptedRelay;
use crate::relays::pipelining;
use crate::world::World;
use crate::world::smtp;

fn usual() -> ScriptedRelay {
    ScriptedRelay::start(pipelining(), |_| Act::Usual)
}

fn rates(text: &str) -> Rates {
    text.parse().unwrap()
}

fn send(world: &World, relay: &ScriptedRelay, text: &str, connections: usize) -> SendReport {
    world.send_with(smtp(relay.port()), &SendOptions { rates: rates(text), connections, ..SendOptions::default() })
}

/// The rate that stopped the run, and the seconds until the next message may be sent.
fn used_up(world: &World, report: &SendReport) -> Option<(String, i64)> {
    let used_up = report.used_up()?;
    Some((used_up.rate.to_string(), (used_up.until - world.now()).as_secs()))
}

#[test]
fn messages_beyond_the_rate_wait_for_a_later_run_without_a_connection() {
    let world = World::new();
    world.queued(10);
    let relay = usual();
    let report = send(&world, &relay, "4/h", 3);
    assert_eq!((report.accepted, report.total()), (4, 4));
    assert_eq!(used_up(&world, &report), Some(("4/h".to_owned(), 3_660)));
    world.wait(600);
    let connections = relay.connections();
    let report = send(&world, &relay, "4/h", 3);
    assert_eq!((report.total(), used_up(&world, &report)), (0, Some(("4/h".to_owned(), 3_060))));
    assert_eq!(relay.connections(), connections);
    world.wait(3_060);
    assert_eq!(send(&world, &relay, "4/h", 3).accepted, 4);
    world.wait(3_660);
    let report = send(&world, &relay, "4/h", 3);
    assert_eq!((report.accepted, report.stop_reason), (2, None), "nothing is left that could wait");
}

#[test]
fn a_clock_that_is_set_back_frees_nothing_and_one_that_was_ahead_does_not_block_for_long() {
    for back in [90, 600, 7_200, 90_000, 40 * 86_400] {
        let world = World::new();
        world.queued(12);
        world.wait(back);
        let relay = usual();
        assert_eq!(send(&world, &relay, "4/h", 2).accepted, 4);
        world.wait(-back);
        let report = send(&world, &relay, "4/h", 2);
        assert_eq!((report.total(), used_up(&world, &report)), (0, Some(("4/h".to_owned(), 3_660))), "{back}");
        world.wait(3_660);
        assert_eq!(send(&world, &relay, "4/h", 2).accepted, 4, "{back}");
    }
}

#[test]
fn several_rates_apply_at_once_and_the_one_that_blocks_longest_is_reported() {
    let world = World::new();
    world.queued(10);
    let relay = usual();
    assert_eq!(used_up(&world, &send(&world, &relay, "1000/s, 3/h, 5/day", 2)), Some(("3/h".to_owned(), 3_660)));
    world.wait(3_660);
    let report = send(&world, &relay, "1000/s, 3/h, 5/day", 2);
    assert_eq!((report.accepted, used_up(&world, &report)), (2, Some(("5/day".to_owned(), 82_800))));
}

#[test]
fn mails_that_may_have_arrived_count_and_refused_ones_do_not() {
    let world = World::new();
    let ids = world.queued(5);
    let relay = ScriptedRelay::start(pipelining(), |moment| match moment.at {
        At::Dot if moment.recipient.contains("user0@") => Act::Hang(Vec::new()),
        At::Rcpt if moment.line.contains("user1@") => Act::Say(b"550 5.1.1 no such user\r\n".to_vec()),
        _ => Act::Usual,
    });
    let report = send(&world, &relay, "3/day", 1);
    assert_eq!((report.in_doubt, report.failed, report.accepted), (1, 1, 2));
    assert_eq!(world.message(ids[4]).state, MessageState::Queued);
    assert!(report.used_up().is_some(), "{report:?}");
}

#[test]
fn if_the_last_allowed_mail_is_refused_another_one_may_be_sent() {
    let world = World::new();
    world.queued(6);
    let relay = ScriptedRelay::start(pipelining(), |moment| match moment.at {
        At::Rcpt if moment.line.contains("user2@") => Act::Say(b"550 5.1.1 no such user\r\n".to_vec()),
        _ => Act::Usual,
    });
    let report = send(&world, &relay, "3/day", 3);
    assert_eq!((report.accepted, report.failed), (3, 1), "{report:?}");
}

#[test]
fn deleted_messages_still_count() {
    let world = World::new();
    world.queued(4);
    let relay = usual();
    assert_eq!(send(&world, &relay, "2/day", 1).accepted, 2);
    world.sql("DELETE FROM messages WHERE state = 'accepted'");
    assert_eq!(send(&world, &relay, "2/day", 1).accepted, 0);
}

#[test]
fn the_rate_of_a_job_counts_its_own_mails_and_that_of_all_counts_every_one() {
    let world = World::new();
    world.queued(8);
    let job = world.put_in_job("id > 3");
    let relay = usual();
    assert_eq!(send(&world, &relay, "6/day", 1).accepted, 3);
    let scope = Scope::Job(job);
    let order = SendOptions { scope, rates: rates("6/day"), job_rates: rates("2/h"), ..SendOptions::default() };
    let report = world.send_with(smtp(relay.port()), &order);
    assert_eq!((report.accepted, report.used_up().unwrap().is_of_job), (2, true));
    world.wait(3_660);
    let report = world.send_with(smtp(relay.port()), &order);
    assert_eq!((report.accepted, report.used_up().unwrap().is_of_job), (1, false), "{report:?}");
}

#[test]
fn processes_that_send_at_the_same_time_keep_the_rate_together() {
    let world = World::new();
    world.queued(60);
    let relay = usual();
    let (path, port) = (world.store.path().to_owned(), relay.port());
    let send = move || {
        let order = SendOptions { rates: rates("20/h"), connections: 4, ..SendOptions::default() };
        World::at(&path).send_with(smtp(port), &order).accepted
    };
    let others: Vec<_> = (0..2).map(|_| thread::spawn(send.clone())).collect();
    let accepted: u64 = others.into_iter().map(|other| other.join().unwrap()).sum();
    assert_eq!((accepted, relay.accepted().len()), (20, 20));
}

#[test]
fn messages_of_a_dead_process_count_at_the_time_of_their_attempts() {
    let world = World::new();
    let ids = world.queued(2);
    let tried_at = world.now().as_second();
    let id = ids[0].0;
    world.sql(&format!(
        "UPDATE messages SET state = 'sending', sender = 99, nonce = zeroblob(16), message_id = 'a@b', last_try_at = {tried_at}, \
         first_try_at = {tried_at} WHERE id = {id}"
    ));
    world.wait(1_800);
    let report = send(&world, &usual(), "1/h", 1);
    assert_eq!((report.total(), used_up(&world, &report)), (0, Some(("1/h".to_owned(), 1_860))));
}
