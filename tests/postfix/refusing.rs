//! Refusals of Postfix, and how the program handles them.

use std::path::Path;
use std::time::Duration;

use cxme_admin::domain::message::MessageId;
use cxme_admin::domain::message::MessageState;
use cxme_admin::domain::relay::LoginMethod;
use cxme_admin::domain::relay::Security;
use cxme_admin::mail::outcome::Phase;
use cxme_admin::mail::outcome::TransportError;
use cxme_admin::mail::outcome::TransportErrorKind;
use cxme_admin::mail::smtp::Relay;
use cxme_admin::mail::transport::Transport;
use cxme_admin::outbox::SendOptions;

use crate::server::Options;
use crate::server::PASSWORD;
use crate::server::Postfix;
use crate::server::login;
use crate::support::can_postfix;
use crate::world::World;

/// Sends ten resets through an unusable relay, over four connections, and returns the error.
fn transport_error(postfix: &Postfix, relay: Relay) -> TransportError {
    let world = World::new();
    let ids = world.queued(10);
    let before = postfix.connections();
    let report = world.send(Transport::Smtp(Box::new(relay)), 4);
    assert_eq!(report.total(), 0, "{report:?}");
    let is_untouched = |id: &MessageId| {
        let message = world.message(*id);
        (message.state, message.attempts) == (MessageState::Queued, 0)
    };
    assert!(ids.iter().all(is_untouched), "the relay's trouble burns nobody's attempt");
    let opened = postfix.connections() - before;
    assert!((1..=4).contains(&opened), "{opened} connections:\n{}", postfix.log());
    assert!(postfix.delivered().is_empty());
    report.transport_error.unwrap()
}

#[test]
fn a_wrong_password_is_a_configuration_error() {
    if !can_postfix() {
        return;
    }
    let postfix = Postfix::start(Options { users: 10, ..Options::default() });
    for method in [LoginMethod::Auto, LoginMethod::Plain, LoginMethod::Login] {
        let mut relay = postfix.relay();
        let wrong = format!("{PASSWORD}x");
        relay.login = Some(login(&wrong, method));
        let transport_error = transport_error(&postfix, relay);
        assert_eq!(
            (transport_error.kind, transport_error.phase),
            (TransportErrorKind::Configuration, Phase::Auth),
            "{}",
            transport_error.message
        );
        assert!(transport_error.message.contains("535 5.7.8"), "{}", transport_error.message);
        assert!(!transport_error.message.contains(PASSWORD), "{}", transport_error.message);
    }
}

#[test]
fn a_relay_with_an_untrusted_authority_gets_nothing() {
    if !can_postfix() {
        return;
    }
    for tls in [Security::StartTls, Security::Implicit] {
        let postfix = Postfix::start(Options { users: 10, tls, ..Options::default() });
        let usual = |host: &str, ca_file: &Path| {
            let mut relay = Relay::new(host, postfix.port(), tls, Some(ca_file)).unwrap();
            relay.login = Some(login(PASSWORD, LoginMethod::Auto));
            relay
        };
        for (why, relay) in [
            ("another authority", usual("localhost", &postfix.other_ca_file())),
            ("another name", usual("127.0.0.1", &postfix.ca_file())),
        ] {
            let transport_error = transport_error(&postfix, relay);
            assert_eq!(
                (transport_error.kind, transport_error.phase),
                (TransportErrorKind::Configuration, Phase::Tls),
                "{why}: {transport_error:?}"
            );
            assert!(transport_error.message.contains("certificate"), "{why}: {}", transport_error.message);
        }
        let log = postfix.complete_log();
        assert!(!log.contains("auth=") && !log.contains("mail="), "Postfix counts the commands that it gets:\n{log}");
    }
}

#[test]
fn a_relay_without_tls_gets_neither_password_nor_mail_if_tls_is_required() {
    if !can_postfix() {
        return;
    }
    let postfix = Postfix::start(Options { users: 10, tls: Security::None, ..Options::default() });
    for (tls, kinds) in [
        (Security::StartTls, [TransportErrorKind::Permanent, TransportErrorKind::Configuration]),
        (Security::Implicit, [TransportErrorKind::Permanent, TransportErrorKind::Configuration]),
    ] {
        let mut relay = Relay::new("localhost", postfix.port(), tls, Some(&postfix.ca_file())).unwrap();
        relay.login = Some(login(PASSWORD, LoginMethod::Auto));
        let transport_error = transport_error(&postfix, relay);
        assert!(kinds.contains(&transport_error.kind), "{tls:?}: {transport_error:?}");
    }
    let log = postfix.complete_log();
    assert!(!log.contains("auth=") && !log.contains("mail="), "Postfix counts the commands that it gets:\n{log}");
}

#[test]
fn an_unknown_user_fails_alone_with_the_reply() {
    if !can_postfix() {
        return;
    }
    let postfix = Postfix::start(Options { users: 5, ..Options::default() });
    let world = World::new();
    let known = world.queued(5);
    let unknown = world.queue(world.user("nobody"));
    let more = world.queue(world.user("alice"));
    let report = world.send(postfix.transport(), 1);
    assert_eq!((report.accepted, report.failed, report.total(), report.transport_error), (6, 1, 7, None));
    let message = world.message(unknown);
    assert_eq!((message.state, message.attempts), (MessageState::Failed, 1));
    assert_eq!(
        message.reply.as_deref(),
        Some("550 5.1.1 <nobody@example.com>: Recipient address rejected: User unknown in virtual mailbox table")
    );
    for id in known.iter().chain([&more]) {
        assert_eq!(world.message(*id).state, MessageState::Accepted);
    }
    assert_eq!(postfix.connections(), 1, "the connection goes on");
    let counts = postfix.counts();
    assert_eq!((counts.len(), counts.values().sum::<usize>()), (6, 6), "{counts:?}");
}

#[test]
fn a_user_whom_postfix_refuses_temporarily_waits_and_the_others_do_not() {
    if !can_postfix() {
        return;
    }
    let settings = "smtpd_recipient_restrictions = check_recipient_access inline:{bob@example.com=DEFER}";
    let postfix = Postfix::start(Options { users: 3, settings, ..Options::default() });
    let world = World::new();
    let bob = world.queue(world.user("bob"));
    world.queued(3);
    let report = world.send(postfix.transport(), 1);
    assert_eq!((report.accepted, report.deferred, report.total(), report.transport_error), (3, 1, 4, None));
    let message = world.message(bob);
    assert_eq!((message.state, message.attempts), (MessageState::Deferred, 1));
    let reply = message.reply.unwrap();
    assert!(reply.starts_with("450 4.7.1 <bob@example.com>: "), "{reply}");
    assert_eq!(postfix.counts().len(), 3);
}

#[test]
fn a_refused_sender_makes_the_relay_unusable() {
    if !can_postfix() {
        return;
    }
    let settings = "smtpd_delay_reject = no\nsmtpd_sender_restrictions = reject";
    let postfix = Postfix::start(Options { login: false, users: 10, settings, ..Options::default() });
    let transport_error = transport_error(&postfix, postfix.relay());
    assert_eq!(
        (transport_error.kind, transport_error.phase),
        (TransportErrorKind::Permanent, Phase::Mail),
        "{}",
        transport_error.message
    );
    assert!(
        transport_error.message.contains("554 5.7.1 <no-reply@example.com>: Sender address rejected"),
        "{}",
        transport_error.message
    );
}

#[test]
fn a_relay_that_requires_tls_accepts_nothing_without_it() {
    if !can_postfix() {
        return;
    }
    let postfix = Postfix::start(Options { users: 10, ..Options::default() });
    let transport_error =
        transport_error(&postfix, Relay::new("localhost", postfix.port(), Security::None, None).unwrap());
    assert_eq!(
        (transport_error.kind, transport_error.phase),
        (TransportErrorKind::Permanent, Phase::Mail),
        "{}",
        transport_error.message
    );
    assert!(
        transport_error.message.contains("530 5.7.0 Must issue a STARTTLS command first"),
        "{}",
        transport_error.message
    );
}

/// Checks that nobody failed: all wait as before, tried messages have the relay's reply, and the next run of cron
/// waits too.
fn assert_given_back(world: &World, ids: &[MessageId], words: &str) {
    let mut tried = 0;
    for id in ids {
        let message = world.message(*id);
        assert_eq!((message.state, message.attempts), (MessageState::Queued, 0), "{message:?}");
        tried += usize::from(message.reply.is_some_and(|reply| reply.contains(words)));
    }
    // Five and five probes, and the messages that each of four connections had in flight and reserved at that moment.
    assert!((2..=18).contains(&tried), "{tried} were tried");
    let hold = world.store.read().unwrap().relay_hold().unwrap().unwrap();
    assert!(hold.is_in_force(world.now()) && hold.reply.contains(words), "{hold:?}");
}

#[test]
fn a_postfix_with_default_settings_that_does_not_relay_for_us_fails_nobody() {
    if !can_postfix() {
        return;
    }
    let settings = "smtpd_relay_restrictions = defer_unauth_destination";
    let postfix = Postfix::start(Options { login: false, settings, ..Options::default() });
    let world = World::new();
    let ids: Vec<_> = (0..40).map(|number| world.queue_at(&format!("user{number}"), "other.example")).collect();
    let report = world.send(postfix.transport(), 4);
    let transport_error = report.transport_error.unwrap();
    assert_eq!((report.accepted, report.failed, report.deferred), (0, 0, 0));
    assert_eq!(
        (transport_error.kind, transport_error.phase),
        (TransportErrorKind::Temporary, Phase::Rcpt),
        "{}",
        transport_error.message
    );
    assert!(
        transport_error.message.contains("Relay access denied; check the permission to relay"),
        "{}",
        transport_error.message
    );
    assert_given_back(&world, &ids, "454 4.7.1 <");
}

#[test]
fn a_postfix_that_requires_another_helo_fails_nobody_and_the_key_is_named() {
    if !can_postfix() {
        return;
    }
    let settings = "smtpd_helo_required = yes\nsmtpd_helo_restrictions = reject_non_fqdn_helo_hostname";
    let postfix = Postfix::start(Options { login: false, users: 40, settings, ..Options::default() });
    let world = World::new();
    let ids = world.queued(40);
    let report = world.send(postfix.transport(), 4);
    let transport_error = report.transport_error.unwrap();
    assert_eq!((report.accepted, report.failed, report.deferred), (0, 0, 0));
    assert_eq!(
        (transport_error.kind, transport_error.phase),
        (TransportErrorKind::Permanent, Phase::Rcpt),
        "{}",
        transport_error.message
    );
    assert!(transport_error.message.contains("check `[mail.smtp] helo`"), "{}", transport_error.message);
    assert_given_back(&world, &ids, "504 5.5.2 <localhost>: Helo command rejected");
    // With another name the same messages are sent.
    let mut relay = postfix.relay();
    relay.helo = "admin.example.com".to_owned();
    assert_eq!(world.send(Transport::Smtp(Box::new(relay)), 4).accepted, 40);
}

#[test]
fn a_user_whom_an_access_map_refuses_by_571_fails_alone() {
    if !can_postfix() {
        return;
    }
    let settings = "smtpd_recipient_restrictions = check_recipient_access inline:{ { bob@example.com = 571 5.7.1 \
                    Delivery not authorized } }";
    let postfix = Postfix::start(Options { users: 20, settings, ..Options::default() });
    let world = World::new();
    let bob = world.queue(world.user("bob"));
    world.queued(20);
    let report = world.send(postfix.transport(), 1);
    assert_eq!((report.accepted, report.failed, report.total(), report.transport_error), (20, 1, 21, None));
    let message = world.message(bob);
    assert_eq!((message.state, message.attempts), (MessageState::Failed, 1));
    let reply = message.reply.unwrap();
    assert!(
        reply.starts_with("571 5.7.1 <bob@example.com>: ") && reply.ends_with("Delivery not authorized"),
        "{reply}"
    );
}

#[test]
fn a_postfix_that_limits_the_rate_gets_all_mail_at_a_slower_pace() {
    if !can_postfix() {
        return;
    }
    let settings = "smtpd_client_event_limit_exceptions =\nsmtpd_client_message_rate_limit = 10\n\
                    anvil_rate_time_unit = 1s";
    let postfix = Postfix::start(Options { users: 40, settings, ..Options::default() });
    let world = World::new();
    world.queued(40);
    let order = SendOptions { connections: 2, retry_for: Duration::from_secs(30), ..SendOptions::default() };
    let report = world.send_with(postfix.transport(), &order);
    assert_eq!((report.failed, report.total(), &report.transport_error), (0, 40, &None), "{report:?}");
    assert!(report.accepted >= 30, "{report:?}\n{}", postfix.log());
    world.wait(400);
    let again = world.send_with(postfix.transport(), &order);
    assert_eq!(report.accepted + again.accepted, 40, "{again:?}");
    assert!(postfix.complete_log().contains("rate limit exceeded"), "the limit was met");
}

#[test]
fn unknown_users_fail_alone_even_if_many_follow_each_other() {
    if !can_postfix() {
        return;
    }
    // The default limit, after which Postfix ends the connection, but without the second by which it delays each
    // further reply.
    let settings = "smtpd_hard_error_limit = 20\nsmtpd_soft_error_limit = 20";
    let postfix = Postfix::start(Options { login: false, users: 30, settings, ..Options::default() });
    let world = World::new();
    let unknown: Vec<_> = (0..70).map(|number| world.queue(world.user(&format!("nobody{number}")))).collect();
    world.queued(30);
    let report = world.send(postfix.transport(), 1);
    assert_eq!(
        (report.accepted, report.failed, report.total(), &report.transport_error),
        (30, 70, 100, &None),
        "{report:?}"
    );
    for id in unknown {
        let reply = world.message(id).reply.unwrap();
        assert!(reply.starts_with("550 5.1.1 <nobody"), "{reply}");
    }
    assert_eq!(postfix.counts().len(), 30);
    assert!(postfix.complete_log().contains("too many errors after"), "the limit was met:\n{}", postfix.log());
}

#[test]
fn a_postfix_that_accepts_few_connections_gets_all_mail_over_these() {
    if !can_postfix() {
        return;
    }
    let settings = "smtpd_client_event_limit_exceptions =\nsmtpd_client_connection_count_limit = 2";
    let postfix = Postfix::start(Options { login: false, users: 100, settings, ..Options::default() });
    let world = World::new();
    world.queued(100);
    let report = world.send(postfix.transport(), 8);
    assert_eq!((report.accepted, report.total(), &report.transport_error), (100, 100, &None), "{report:?}");
    let counts = postfix.counts();
    assert_eq!((counts.len(), counts.values().sum::<usize>()), (100, 100), "{counts:?}");
    assert!(postfix.complete_log().contains("Connection concurrency limit exceeded"), "{}", postfix.log());
}
