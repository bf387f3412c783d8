//! Refusals of OpenSMTPD, and how the program handles them.

use crate::opensmtpd::OpenSmtpd;
use crate::opensmtpd::can_opensmtpd;
use crate::opensmtpd::shipped;
use crate::sending::Sent;
use crate::sending::assert_each_once;
use crate::sending::many;
use crate::sending::user;

/// The rule with which the package's configuration relays for this machine.
const RELAY: &str = "match from local for any action \"relay\"\n";

#[test]
fn with_the_packages_configuration_it_gets_all_mail_a_hundred_a_connection() {
    if !can_opensmtpd() {
        return;
    }
    let count = many(150);
    let opensmtpd = OpenSmtpd::start(count, &shipped());
    // A small number of mails reaches the limit only over a single connection.
    let settings = if count < 2_000 { "connections = 1\n" } else { "" };
    let sent = Sent::to(&opensmtpd.server, settings, (0..count).map(user));
    assert_eq!((sent.status, sent.count("accepted")), (0, count), "{}", sent.output);
    assert_each_once(&opensmtpd.counts(), count);
    let refused = opensmtpd.server.said().matches("Too many messages sent").count();
    assert!(refused >= 1, "{refused}");
}

#[test]
fn limits_of_mails_and_recipients_cost_connections_and_no_mail() {
    if !can_opensmtpd() {
        return;
    }
    let opensmtpd = OpenSmtpd::start(50, &format!("smtp limit max-mails 3\nsmtp limit max-rcpt 1\n{}", shipped()));
    let sent = Sent::to(&opensmtpd.server, "", (0..50).map(user));
    assert_eq!((sent.status, sent.count("accepted")), (0, 50), "{}", sent.output);
    assert_each_once(&opensmtpd.counts(), 50);
}

#[test]
fn a_relay_that_does_not_relay_for_us_fails_nobody() {
    if !can_opensmtpd() {
        return;
    }
    let config = shipped();
    assert!(config.contains(RELAY), "{config}");
    let opensmtpd = OpenSmtpd::start(10, &config.replace(RELAY, ""));
    let sent = Sent::to(&opensmtpd.server, "", (0..100).map(|number| format!("user{number}@other.example")));
    sent.assert_given_back(100, "550 Invalid recipient: <user");
    assert!(opensmtpd.counts().is_empty());
}

#[test]
fn unknown_recipients_fail_alone_with_its_words() {
    if !can_opensmtpd() {
        return;
    }
    let opensmtpd = OpenSmtpd::start(40, &shipped());
    let unknown = (0..60).map(|number| format!("nobody2024{number}@example.com"));
    let addresses = (0..10).map(user).chain(unknown).chain((10..40).map(user));
    let sent = Sent::to(&opensmtpd.server, "connections = 1\n", addresses);
    assert_eq!((sent.status, sent.count("accepted"), sent.count("failed")), (3, 40, 60), "{}", sent.output);
    let own = "state = 'failed' AND attempts = 1 AND reply = '550 Invalid recipient: <' || address || '>'";
    assert_eq!(sent.count_where(own), 60);
    assert_each_once(&opensmtpd.counts(), 40);
}
