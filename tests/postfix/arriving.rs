//! Mails arrive exactly once and complete, with every kind of connection to the relay.

use std::collections::BTreeMap;
use std::collections::BTreeSet;
use std::time::Duration;

use cxme_admin::domain::message::MessageState;
use cxme_admin::domain::relay::LoginMethod;
use cxme_admin::domain::relay::Security;
use cxme_admin::mail::outcome::TransportErrorKind;
use cxme_admin::mail::transport::Transport;
use cxme_admin::secrets::ResetCode;
use cxme_admin::store::outbox::Scope;

use crate::reading;
use crate::reading::Expected;
use crate::server::Options;
use crate::server::PASSWORD;
use crate::server::Postfix;
use crate::server::login;
use crate::sink::SmtpSink;
use crate::support;
use crate::support::can_postfix;
use crate::support::can_sink;
use crate::world::World;
use crate::world::code_in;

/// Sends a reset to alice, and parses the mail with Python to find the link.
fn a_reset_arrives_completely(options: Options) {
    let postfix = Postfix::start(options.clone());
    let world = World::new();
    let alice = world.user("alice");
    let id = world.queue(alice);
    let report = world.send(postfix.transport(), 4);
    assert_eq!((report.accepted, report.total(), report.transport_error), (1, 1, None), "{}", postfix.log());
    let message = world.message(id);
    assert_eq!((message.state, message.attempts), (MessageState::Accepted, 1));
    assert!(message.reply.unwrap().starts_with("250 2.0.0 Ok: queued as "));

    let delivered = postfix.delivered();
    let [(mailbox, mail)] = &delivered[..] else { panic!("{} mails: {}", delivered.len(), postfix.log()) };
    assert_eq!(mailbox, "alice");
    let text = String::from_utf8_lossy(mail);
    let code = code_in(&text);
    let expected = Expected {
        from: "no-reply@example.com",
        to: "alice@example.com",
        date: Some("2026-11-24T08:00:00+00:00"),
        link: &format!("https://reset.example.com/#{code}"),
    };
    let directory = tempfile::tempdir().unwrap();
    reading::put(directory.path(), 0, mail, &expected);
    assert_eq!(reading::read(directory.path()), ["1 mails\n".to_owned(), String::new()]);

    let code = ResetCode::parse(&code).unwrap();
    let link = world.store.read().unwrap().link_by_code(&code.hash()).unwrap().unwrap();
    assert_eq!((link.user, link.message), (alice, id));

    // Postfix records how a mail was received (RFC 3848): S for TLS, A for a login.
    let protocol = match (options.tls == Security::None, options.login) {
        (true, false) => "ESMTP",
        (true, true) => "ESMTPA",
        (false, false) => "ESMTPS",
        (false, true) => "ESMTPSA",
    };
    assert!(text.contains(&format!(" with {protocol} id ")), "{text}");
    assert!(!text.contains(PASSWORD) && !postfix.complete_log().contains(PASSWORD));
}

#[test]
fn a_reset_arrives_by_starttls_with_a_login() {
    if can_postfix() {
        a_reset_arrives_completely(Options::default());
    }
}

#[test]
fn a_reset_arrives_by_implicit_tls_with_a_login() {
    if can_postfix() {
        a_reset_arrives_completely(Options { tls: Security::Implicit, ..Options::default() });
    }
}

#[test]
fn a_reset_arrives_by_starttls_without_a_login() {
    if can_postfix() {
        a_reset_arrives_completely(Options { login: false, ..Options::default() });
    }
}

#[test]
fn a_reset_arrives_on_this_machine_without_tls_with_or_without_a_login() {
    if can_postfix() {
        for login in [false, true] {
            a_reset_arrives_completely(Options { tls: Security::None, login, ..Options::default() });
        }
    }
}

#[test]
fn postfix_accepts_each_login_method() {
    if !can_postfix() {
        return;
    }
    let postfix = Postfix::start(Options::default());
    let world = World::new();
    for (user, method) in [("alice", LoginMethod::Plain), ("bob", LoginMethod::Login)] {
        world.queue(world.user(user));
        let mut relay = postfix.relay();
        relay.login = Some(login(PASSWORD, method));
        assert_eq!(world.send(Transport::Smtp(Box::new(relay)), 1).accepted, 1, "{}", postfix.log());
    }
    assert_eq!(postfix.counts().len(), 2);
    let log = postfix.complete_log();
    for name in ["PLAIN", "LOGIN"] {
        assert!(log.contains(&format!("sasl_method={name}, ")), "{name}: {log}");
    }
}

/// This many mailboxes of Postfix, each with one mail.
fn one_each(users: usize) -> BTreeMap<String, usize> {
    (0..users).map(|number| (format!("user{number}"), 1)).collect()
}

#[test]
fn every_user_gets_one_mail_over_two_connections() {
    if !can_postfix() {
        return;
    }
    let postfix = Postfix::start(Options { users: 20, ..Options::default() });
    let world = World::new();
    let ids = world.queued(20);
    let report = world.send(postfix.transport(), 2);
    assert_eq!((report.accepted, report.total(), report.transport_error), (20, 20, None));
    assert!(ids.iter().all(|id| world.message(*id).attempts == 1));
    assert_eq!(postfix.counts(), one_each(20));
    let connections = postfix.connections();
    assert!((1..=2).contains(&connections), "{connections} connections:\n{}", postfix.log());
    assert_eq!(world.send(postfix.transport(), 2).total(), 0, "nothing is sent again");
}

#[test]
fn a_relay_that_was_down_gets_every_mail_when_it_is_up_again() {
    if !can_postfix() {
        return;
    }
    let postfix = Postfix::start(Options { users: 10, ..Options::default() });
    let world = World::new();
    let ids = world.queued(10);
    postfix.stop();
    let transport_error = world.send(postfix.transport(), 4).transport_error.unwrap();
    assert_eq!(transport_error.kind, TransportErrorKind::Temporary, "{}", transport_error.message);
    assert!(transport_error.message.contains("refused"), "{}", transport_error.message);
    assert!(ids.iter().all(|id| world.message(*id).attempts == 0), "it burns nobody's attempt");
    postfix.restart();
    assert_eq!(world.send(postfix.transport(), 4).accepted, 10);
    assert_eq!(postfix.counts(), one_each(10));
}

#[test]
fn a_relay_that_is_stopped_in_the_middle_loses_no_mail() {
    if !can_postfix() {
        return;
    }
    let users = 200;
    // Each of these four takes a second, so that all connections are still busy when the relay stops.
    let settings = "smtpd_recipient_restrictions = check_recipient_access regexp:{{/^user10[0-3]@/ sleep 1}}";
    let postfix = Postfix::start(Options { users, settings, ..Options::default() });
    let world = World::new();
    let ids = world.queued(users);
    let report = std::thread::scope(|scope| {
        scope.spawn(|| {
            // Some mails have been delivered, and most have not.
            assert!(support::comes_true(|| postfix.log().matches(": client=").count() > 20), "{}", postfix.log());
            postfix.stop();
            postfix.restart();
        });
        world.send_order(postfix.transport(), Scope::OfNoJob, 4, Duration::from_secs(30))
    });
    assert_eq!(report.transport_error, None, "it was back within the patience");
    assert!(postfix.log().matches("]: connect from ").count() > 4, "it was cut off:\n{}", postfix.log());
    // Messages that were in flight are due again some minutes later.
    world.wait(400);
    let rest = world.send(postfix.transport(), 4);
    assert_eq!(report.accepted + rest.accepted, 200, "{report:?}, then {rest:?}");
    assert!(ids.iter().all(|id| world.message(*id).state == MessageState::Accepted));
    let delivered = postfix.delivered();
    let mailboxes: BTreeSet<&str> = delivered.iter().map(|(mailbox, _)| mailbox.as_str()).collect();
    assert_eq!(mailboxes.len(), users, "every user has a mail");
    // Postfix may also deliver twice what it was delivering when it was stopped, which must not be counted.
    let texts: Vec<_> = delivered.iter().map(|(_, mail)| String::from_utf8_lossy(mail)).collect();
    let taken: BTreeSet<&str> = texts.iter().map(|text| queue_id(text)).collect();
    assert!(taken.len() <= users + 4, "{} were handed over, with 4 connections cut off once", taken.len());
    let codes: BTreeSet<String> = texts.iter().map(|text| code_in(text)).collect();
    assert_eq!(codes.len(), users, "a copy is the same mail again");
}

/// The queue id that Postfix gave a mail.
fn queue_id(mail: &str) -> &str {
    let (_, rest) = mail.split_once(" with ESMTPSA id ").unwrap();
    rest.split_whitespace().next().unwrap()
}

#[test]
fn a_fast_relay_gets_every_mail_once_over_four_connections() {
    if !can_sink() {
        return;
    }
    // With PIPELINING and without it.
    for options in [&[][..], &["-p"]] {
        let sink = SmtpSink::keeping(options);
        let world = World::new();
        world.queued(200);
        let report = world.send(sink.transport(), 4);
        assert_eq!((report.accepted, report.total(), report.transport_error), (200, 200, None), "{options:?}");
        let mails = sink.mails();
        assert_eq!(mails.len(), 200, "{options:?}");
        let recipients: BTreeSet<&str> =
            mails.iter().filter_map(|mail| mail.lines().find(|line| line.starts_with("X-Rcpt-Args: "))).collect();
        assert_eq!(recipients.len(), 200, "{options:?}");
        let codes: BTreeSet<String> = mails.iter().map(|mail| code_in(mail)).collect();
        assert_eq!(codes.len(), 200, "{options:?}");
    }
}
