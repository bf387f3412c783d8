//! The real msmtp as `sendmail`: it delivers each mail at once, and passes on the server's reply by its exit status
//! and its error output.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::process::Command;

use cxme_admin::domain::message::MessageState;
use cxme_admin::mail::outcome::TransportErrorKind;
use cxme_admin::mail::sendmail::Sendmail;
use cxme_admin::mail::transport::Transport;
use tempfile::TempDir;

use crate::relay::Act;
use crate::relay::At;
use crate::relay::Offer;
use crate::relay::ScriptedRelay;
use crate::world::World;
use crate::world::variable;

/// Whether msmtp is installed. Without it the test prints that and passes, but never in CI.
#[expect(clippy::print_stdout, reason = "shown by whoever wants to see what was left out")]
fn can_msmtp() -> bool {
    let can = Command::new("msmtp").arg("--version").output().is_ok_and(|output| output.status.success());
    if !can {
        assert!(variable("CI").is_none(), "not tested: needs msmtp");
        println!("not tested: needs msmtp");
    }
    can
}

/// msmtp with its own configuration, under the name by which a machine calls it as `sendmail`.
struct Msmtp(TempDir);

impl Msmtp {
    fn new(settings: &str) -> Self {
        let directory = tempfile::tempdir().unwrap();
        let (config, script) = (directory.path().join("msmtprc"), directory.path().join("script"));
        fs::write(&config, format!("account default\ntls off\n{settings}\n")).unwrap();
        fs::set_permissions(&config, fs::Permissions::from_mode(0o600)).unwrap();
        fs::write(script, format!("#!/bin/sh\nexec msmtp -C '{}' \"$@\"\n", config.display())).unwrap();
        // Another process writes it: a program that another test starts could inherit a file that is open for
        // writing.
        let mut copy = Command::new("install");
        assert!(copy.args(["-m", "700", "script", "sendmail"]).current_dir(&directory).status().unwrap().success());
        Self(directory)
    }

    fn to(port: u16) -> Self {
        Self::new(&format!("host 127.0.0.1\nport {port}"))
    }

    fn transport(&self) -> Transport {
        Transport::Sendmail(Sendmail::new(self.0.path().join("sendmail")))
    }
}

/// A relay that gives this reply to recipients whose addresses begin with `to`.
fn saying(at: At, to: &'static str, reply: &'static str) -> ScriptedRelay {
    ScriptedRelay::start(Offer { extensions: vec!["AUTH PLAIN"], tls: None }, move |moment| {
        let is_meant = moment.at == at && moment.recipient.starts_with(to);
        if is_meant { Act::Say(format!("{reply}\r\n").into_bytes()) } else { Act::Usual }
    })
}

#[test]
fn the_servers_reply_to_one_mail_only_concerns_that_mail() {
    if !can_msmtp() {
        return;
    }
    for (at, reply, state, status) in [
        (At::Rcpt, "550 5.1.1 no such user", MessageState::Failed, 65),
        (At::Rcpt, "451 4.7.1 greylisted", MessageState::Deferred, 69),
        (At::Dot, "554 5.7.1 spam", MessageState::Failed, 69),
        (At::Dot, "452 4.2.2 mailbox full", MessageState::Deferred, 69),
    ] {
        let world = World::new();
        let ids = world.queued(4);
        let relay = saying(at, "user1@", reply);
        let report = world.send(Msmtp::to(relay.port()).transport(), 2);
        assert_eq!((report.accepted, report.total(), report.transport_error), (3, 4, None), "{reply}");
        assert_eq!(relay.connections(), 4, "{reply}: none is given twice");
        let message = world.message(ids[1]);
        assert_eq!((message.state, message.attempts), (state, 1), "{reply}");
        let words = message.reply.unwrap();
        assert!(words.contains(&format!("exit status {status}")), "{words}");
        assert!(words.contains(&format!("server message: {reply}")), "{words}");
    }
}

#[test]
fn the_same_reply_to_everybody_fails_nobody() {
    if !can_msmtp() {
        return;
    }
    for (at, reply, kind) in [
        (At::Rcpt, "550 relay not permitted", TransportErrorKind::Permanent),
        (At::Rcpt, "454 4.7.1 Relay access denied", TransportErrorKind::Temporary),
        (At::Mail, "550 5.7.1 sender refused", TransportErrorKind::Permanent),
        (At::Dot, "554 Message rejected: Email address is not verified", TransportErrorKind::Permanent),
        (At::Greeting, "421 4.3.2 busy", TransportErrorKind::Temporary),
    ] {
        let world = World::new();
        let ids = world.queued(30);
        let relay = saying(at, "", reply);
        let report = world.send(Msmtp::to(relay.port()).transport(), 2);
        let transport_error = report.transport_error.unwrap();
        assert_eq!(
            (report.accepted, report.failed, report.deferred),
            (0, 0, 0),
            "{reply}: {}",
            transport_error.message
        );
        assert_eq!(transport_error.kind, kind, "{reply}: {}", transport_error.message);
        assert!(relay.connections() <= 14, "{reply}: {} connections", relay.connections());
        for id in ids {
            let message = world.message(id);
            assert_eq!((message.state, message.attempts), (MessageState::Queued, 0), "{reply}");
        }
    }
}

#[test]
fn an_unavailable_or_unknown_server_fails_nobody() {
    if !can_msmtp() {
        return;
    }
    let away = saying(At::Greeting, "", "").port();
    for settings in [format!("host 127.0.0.1\nport {away}"), "host relay.invalid\nport 25".to_owned()] {
        let world = World::new();
        let id = world.queued(1)[0];
        let report = world.send(Msmtp::new(&settings).transport(), 1);
        assert_eq!((report.deferred, report.total()), (1, 1), "{settings}");
        let message = world.message(id);
        assert_eq!((message.state, message.attempts), (MessageState::Deferred, 1), "{settings}: {message:?}");
        assert!(message.reply.unwrap().contains("msmtp: "), "{settings}");
    }
}

#[test]
fn a_refused_login_is_a_configuration_error_and_a_busy_server_is_not() {
    if !can_msmtp() {
        return;
    }
    for (reply, kind) in [
        ("535 5.7.8 bad credentials", Some(TransportErrorKind::Configuration)),
        ("454 4.7.0 Temporary authentication failure", None),
    ] {
        let world = World::new();
        let id = world.queued(1)[0];
        let relay = saying(At::Auth, "", reply);
        let settings = format!("host 127.0.0.1\nport {}\nauth plain\nuser u\npassword sentinel-of-relay", relay.port());
        let report = world.send(Msmtp::new(&settings).transport(), 1);
        assert_eq!(report.transport_error.map(|transport_error| transport_error.kind), kind, "{reply}");
        let message = world.message(id);
        assert_eq!((message.state, message.attempts), (MessageState::Deferred, 1), "{reply}: {message:?}");
        let words = message.reply.unwrap();
        assert!(words.contains(reply) && !words.contains("sentinel"), "{words}");
    }
}
