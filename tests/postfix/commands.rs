//! The commands that send mail, with a real Postfix.

use std::fs;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use cxme_admin::config::Config;
use cxme_admin::config::ConfigEnv;
use cxme_admin::config::PasswordFrom;
use cxme_admin::domain::relay::Security;
use cxme_admin::mail::smtp::Login;
use cxme_admin::mail::smtp::Relay;
use cxme_admin::mail::transport::Transport;
use cxme_admin::secrets::RelayPassword;
use zeroize::Zeroizing;

use crate::program::Program;
use crate::reading;
use crate::reading::Expected;
use crate::server::Options;
use crate::server::PASSWORD;
use crate::server::Postfix;
use crate::server::USERNAME;
use crate::support::can_postfix;
use crate::world::World;
use crate::world::code_in;

/// The password that a user chooses, long enough for the policy.
const NEW: &str = "ferry tobacco lantern";

#[test]
fn a_user_who_follows_the_link_can_sign_in_and_gets_a_notice() {
    if !can_postfix() {
        return;
    }
    for tls in [Security::StartTls, Security::Implicit] {
        let postfix = Postfix::start(Options { tls, ..Options::default() });
        let program = Program::new(&postfix.config());
        program.does(&["users", "add", "alice@example.com"], "");
        program.does(&["users", "send-reset", "alice"], "");
        let invitation = postfix.delivered().pop().unwrap().1;
        let code = code_in(&String::from_utf8_lossy(&invitation));

        let answers = format!("{code}\n{NEW}\n");
        program.does(&["resets", "redeem", "--stdin"], &answers);
        program.does(&["users", "verify-password", "alice", "--stdin"], NEW);
        program.fails(65, &["resets", "redeem", "--stdin"], &answers);

        let delivered = postfix.delivered();
        assert_eq!(delivered.len(), 2, "the invitation and one notice: {}", postfix.log());
        let directory = tempfile::tempdir().unwrap();
        for (number, (mailbox, mail)) in delivered.iter().enumerate() {
            assert_eq!(mailbox, "alice");
            let link = if *mail == invitation { format!("https://reset.example.com/#{code}") } else { String::new() };
            let expected = Expected { from: "no-reply@example.com", to: "alice@example.com", date: None, link: &link };
            reading::put(directory.path(), number, mail, &expected);
        }
        assert_eq!(reading::read(directory.path()), ["2 mails\n".to_owned(), String::new()]);
    }
}

#[test]
fn a_test_mail_arrives_and_its_dialogue_is_shown_without_the_password() {
    if !can_postfix() {
        return;
    }
    let postfix = Postfix::start(Options::default());
    let program = Program::new(&postfix.config());
    let shown = program.does(&["mail", "test", "alice@example.com", "-v"], "");
    for line in ["STARTTLS", "AUTH PLAIN", "RCPT TO:<alice@example.com>", "250 2.0.0 Ok: queued as "] {
        assert!(shown.contains(line), "{line}: {shown}");
    }
    let plain = STANDARD.encode(format!("\0{USERNAME}\0{PASSWORD}"));
    for secret in [PASSWORD, &plain, &STANDARD.encode(PASSWORD)] {
        assert!(!shown.contains(secret), "{shown}");
    }
    assert_eq!(postfix.counts().into_iter().collect::<Vec<_>>(), [("alice".to_owned(), 1)]);
}

#[test]
fn the_exit_code_tells_the_cause() {
    if !can_postfix() {
        return;
    }
    let postfix = Postfix::start(Options::default());
    let config = postfix.config();
    let (ca, other_ca) = (postfix.ca_file(), postfix.other_ca_file());
    let test = ["mail", "test", "alice@example.com"];

    let said = Program::new(&config).fails(69, &["mail", "test", "nobody@example.com"], "");
    assert!(said.contains("550 5.1.1 <nobody@example.com>: Recipient address rejected"), "{said}");

    let untrusted = config.replace(ca.to_str().unwrap(), other_ca.to_str().unwrap());
    let said = Program::new(&untrusted).fails(78, &test, "");
    assert!(said.contains("certificate"), "{said}");

    // The certificate is for another name, and the account does not exist.
    let said = Program::new(&config.replace("localhost", "127.0.0.1")).fails(78, &test, "");
    assert!(said.contains("certificate"), "{said}");
    let stranger = config.replace(&format!("\"{USERNAME}\""), "\"stranger\"");
    let said = Program::new(&stranger).fails(78, &test, "");
    assert!(said.contains("535 5.7.8"), "{said}");

    let plain = config.replace("\"starttls\"", "\"none\"");
    let plain = Program::new(&plain.replace(&format!("ca_file = \"{}\"\n", ca.display()), ""));
    let said = plain.fails(78, &test, "");
    assert!(said.contains("offers no login at all (AUTH)"), "{said}");

    postfix.stop();
    let said = Program::new(&(config + "retry_for = \"0s\"\n")).fails(75, &test, "");
    assert!(said.contains("refused"), "{said}");
}

#[test]
fn a_reset_that_waited_for_the_relay_is_sent_by_the_next_run() {
    if !can_postfix() {
        return;
    }
    let postfix = Postfix::start(Options::default());
    let program = Program::new(&(postfix.config() + "retry_for = \"0s\"\n"));
    program.does(&["users", "add", "alice@example.com"], "");
    postfix.stop();
    program.fails(75, &["users", "send-reset", "alice"], "");
    postfix.restart();
    program.does(&["jobs", "run"], "");
    program.does(&["jobs", "run"], "");
    let [(_, mail)] = &postfix.delivered()[..] else { panic!("not one mail: {}", postfix.log()) };
    let code = code_in(&String::from_utf8_lossy(mail));
    program.does(&["resets", "redeem", "--stdin"], &format!("{code}\n{NEW}\n"));
}

#[test]
fn a_server_is_used_as_configured() {
    if !can_postfix() {
        return;
    }
    for (tls, login) in [(Security::StartTls, true), (Security::Implicit, true), (Security::None, false)] {
        let postfix = Postfix::start(Options { tls, login, ..Options::default() });
        let program = Program::new(&postfix.config());
        let config = Config::load(&program.config(), ConfigEnv::default()).unwrap();
        let smtp = config.mail.smtp;
        let mut relay = Relay::new(&smtp.host.unwrap(), smtp.port, smtp.tls, smtp.ca_file.as_deref()).unwrap();
        relay.login = smtp.login.map(|login| {
            let PasswordFrom::File(file) = login.password else { panic!("{:?}", login.password) };
            let password = RelayPassword::from_bytes(Zeroizing::new(fs::read(file).unwrap())).unwrap();
            Login { username: login.username, password: password.into_secret(), method: login.method }
        });
        assert_eq!(relay.login.is_some(), login);
        let world = World::new();
        world.queue(world.user("alice"));
        let report = world.send(Transport::Smtp(Box::new(relay)), 1);
        assert_eq!(report.accepted, 1, "{report:?}\n{}", postfix.log());
    }
}

/// Postfix accepts mail for somebody whom it does not know, and writes a report to the address in `bounce_to`.
#[test]
fn a_report_of_postfix_is_read_from_a_pipe() {
    if !can_postfix() {
        return;
    }
    let postfix = Postfix::start(Options { settings: "smtpd_reject_unlisted_recipient = no", ..Options::default() });
    let config = postfix.config().replace("[mail]\n", "[mail]\nbounce_to = \"bob@example.com\"\n");
    let program = Program::new(&config);
    program.does(&["users", "add", "nobody@example.com"], "");
    program.does(&["users", "send-reset", "nobody"], "");
    let delivered = postfix.delivered();
    let [(mailbox, report)] = &delivered[..] else { panic!("{} mails: {}", delivered.len(), postfix.log()) };
    assert_eq!(mailbox, "bob");
    let report = String::from_utf8_lossy(report);
    let told = program.does(&["mail", "bounces", "-", "-o", "json"], &report);
    assert!(told.contains("\"read\":1,\"bounced\":1,\"users_changed\":1,"), "{told}\n{report}");
    assert!(program.does(&["users", "show", "nobody"], "").contains("5.1.1 unknown user: \"nobody@example.com\""));
    // The report holds the mail, and its link is of no use any more.
    let code = code_in(&report);
    let answers = format!("{code}\n{NEW}\n");
    program.fails(65, &["resets", "redeem", "--stdin"], &answers);
    let told = program.does(&["mail", "bounces", "-", "-o", "json"], &report);
    assert!(told.contains("\"bounced\":0,\"users_changed\":0,\"known\":1,"), "{told}");
}
