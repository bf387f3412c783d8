//! Refusals of Exim, and how the program handles them.

use std::time::Duration;
use std::time::Instant;

use cxme_admin::outbox::SendOptions;

use crate::exim::Exim;
use crate::exim::can_exim;
use crate::sending::Sent;
use crate::sending::assert_each_once;
use crate::sending::many;
use crate::sending::user;
use crate::world::World;
use crate::world::smtp;

#[test]
fn a_limit_of_five_mails_a_connection_costs_connections_and_no_mail() {
    if !can_exim() {
        return;
    }
    let exim = Exim::start("smtp_accept_max_per_connection = 5", "");
    let count = many(100);
    let sent = Sent::to(&exim.server, "", (0..count).map(user));
    assert_eq!((sent.status, sent.count("accepted")), (0, count), "{}", sent.output);
    assert_each_once(&exim.counts(), count);
    exim.await_log("too many messages in one connection");
}

#[test]
fn a_limit_of_connections_costs_no_mail() {
    if !can_exim() {
        return;
    }
    let exim = Exim::start("smtp_accept_max_per_host = 2\nsmtp_accept_max = 10", "");
    let count = many(200);
    let sent = Sent::to(&exim.server, "connections = 8\n", (0..count).map(user));
    assert_eq!((sent.status, sent.count("accepted")), (0, count), "{}", sent.output);
    assert_each_once(&exim.counts(), count);
    exim.await_log("refused: too many connections from that IP address");
}

#[test]
fn a_relay_that_does_not_relay_for_us_fails_nobody() {
    if !can_exim() {
        return;
    }
    let exim = Exim::start("", "");
    let sent = Sent::to(&exim.server, "", (0..100).map(|number| format!("user{number}@other.example")));
    sent.assert_given_back(100, "550 relay not permitted");
    assert!(sent.output.contains("check the permission to relay"), "{}", sent.output);
    assert!(exim.counts().is_empty());
    // The same again, until an operator has fixed it.
    sent.again().assert_given_back(100, "550 relay not permitted");
}

#[test]
fn an_unverifiable_sender_fails_nobody_and_the_key_is_named() {
    if !can_exim() {
        return;
    }
    // The reply has several lines: the last one names the check, and the others give the reason.
    let exim = Exim::start("", "  require verify = sender");
    let sent = Sent::to(&exim.server, "", (0..100).map(user));
    sent.assert_given_back(100, "550 Verification failed for <no-reply@example.com>");
    assert!(sent.output.contains("Sender verify failed; check `[mail] from`"), "{}", sent.output);
    assert!(exim.counts().is_empty());
}

#[test]
fn a_relay_that_refuses_the_greeting_fails_nobody_and_sets_no_hold() {
    if !can_exim() {
        return;
    }
    let exim = Exim::start("acl_smtp_helo = deny", "");
    let sent = Sent::to(&exim.server, "", (0..20).map(user));
    assert_eq!((sent.status, sent.count_where("state = 'queued' AND attempts = 0")), (69, 20), "{}", sent.output);
    assert_eq!(sent.number("SELECT count(*) FROM relay_hold WHERE count > 0"), 0);
}

#[test]
fn unknown_recipients_fail_alone_with_exims_words() {
    if !can_exim() {
        return;
    }
    let exim = Exim::start("", "");
    // One among valid ones, and then so many in a row that Exim ends connections because of the RSET after each.
    let known = |numbers: std::ops::Range<usize>| numbers.map(user);
    let unknown = (0..60).map(|number| format!("nobody2024{number}@example.com"));
    let addresses = known(0..10).chain(unknown).chain(known(10..40));
    let sent = Sent::to(&exim.server, "connections = 1\n", addresses);
    assert_eq!((sent.status, sent.count("accepted"), sent.count("failed")), (3, 40, 60), "{}", sent.output);
    let own = "state = 'failed' AND attempts = 1 AND reply = '550 Unrouteable address'";
    assert_eq!(sent.count_where(own), 60);
    assert_each_once(&exim.counts(), 40);
    exim.await_log("too many nonmail commands (last was \"RSET\")");
}

#[test]
fn a_used_up_quota_fails_nobody() {
    if !can_exim() {
        return;
    }
    let acl = "  deny ratelimit = 20 / 1h / per_mail / strict
       message = Sender rate $sender_rate / $sender_rate_period exceeds the limit";
    let exim = Exim::start("", acl);
    let sent = Sent::to(&exim.server, "", (0..100).map(user));
    assert_eq!(sent.count("accepted"), 20, "{}", sent.output);
    sent.assert_given_back(80, "550 Sender rate ");
    assert!(sent.output.contains("check the quota of this account"), "{}", sent.output);
    let counts = exim.counts();
    assert_eq!((counts.len(), counts.values().sum::<usize>()), (20, 20), "{counts:?}");
}

#[test]
fn a_limit_of_the_rate_slows_the_pace_and_all_mail_is_sent() {
    if !can_exim() {
        return;
    }
    let acl = "  defer ratelimit = 20 / 1s / per_mail / leaky
        message = Sender rate $sender_rate / $sender_rate_period exceeds the limit";
    let exim = Exim::start("", acl);
    let (world, count) = (World::new(), many(60).min(400));
    world.queued(count);
    let order = SendOptions { connections: 4, retry_for: Duration::from_secs(60), ..SendOptions::default() };
    let first = world.send_with(smtp(exim.server.port()), &order);
    assert_eq!((first.failed, first.total(), &first.transport_error), (0, count as u64, &None), "{first:?}");
    assert!(first.deferred > 0 && first.accepted as usize > count / 2, "{first:?}");
    let mut accepted = first.accepted as usize;
    // Exim measures the rate over time that passes while these runs wait for their slower pace.
    let until = Instant::now() + Duration::from_secs(60);
    while accepted < count && Instant::now() < until {
        world.wait(700);
        let report = world.send_with(smtp(exim.server.port()), &order);
        assert_eq!((report.failed, &report.transport_error), (0, &None), "{report:?}");
        accepted += report.accepted as usize;
    }
    assert_eq!(accepted, count);
    assert_each_once(&exim.counts(), count);
}
