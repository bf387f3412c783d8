//! `mail test` and jobs against relays that want more than a host: other logins, tokens that expire, a program.

use insta::assert_snapshot;

use crate::relay::Act;
use crate::relay::At;
use crate::relay::Offer;
use crate::relay::ScriptedRelay;
use crate::support::World;

/// A relay with AUTH that answers a line of it so.
fn relay(answer: impl Fn(&str) -> Option<&'static str> + Send + Sync + 'static) -> ScriptedRelay {
    let offer = Offer { extensions: vec!["AUTH PLAIN LOGIN XOAUTH2"], tls: None };
    ScriptedRelay::start(offer, move |moment| match answer(moment.line).filter(|_| moment.at == At::Auth) {
        Some(reply) => Act::Say(format!("{reply}\r\n").into_bytes()),
        None => Act::Usual,
    })
}

impl World {
    /// Lets mails go to a relay with these lines in `[mail.smtp]`.
    fn configure_login(&self, relay: &ScriptedRelay, lines: &str) {
        self.configure_relay(relay.port());
        let text = std::fs::read_to_string(self.config()).unwrap();
        self.write_config(&text.replace("retry_for = \"0s\"", &format!("retry_for = \"0s\"\n{lines}")));
    }
}

#[test]
fn a_fallback_to_login_is_said_without_being_asked() {
    let world = World::with_mail();
    let password = world.file_with_mode("relay", "tanstaaf", 0o600);
    let relay = relay(|line| line.starts_with("AUTH PLAIN").then_some("504 5.7.4 Unrecognized authentication type"));
    world.configure_login(&relay, &format!("username = \"u\"\npassword_file = \"{}\"", password.display()));
    assert_snapshot!(world.run("mail test admin@example.net"), @r#"
    status 0
    -- stderr
    warning: the relay offers PLAIN and refuses it (504 5.7.4 Unrecognized authentication type); logging in by LOGIN, as `auth = "login"` does at once
    "#);
}

#[test]
fn a_token_that_expires_is_got_anew_by_the_same_command_and_all_mail_goes() {
    let world = World::with_mail().with_users("alice,bob,carla,dora");
    let directory = world.path("tokens");
    std::fs::create_dir(&directory).unwrap();
    std::fs::write(directory.join("now"), "1").unwrap();
    // Each call gives the next token.
    let program = world.file_with_mode(
        "token",
        format!("#!/bin/sh\ncd '{}'\nread n <now\necho token-$n\necho $((n + 1)) >now\n", directory.display()),
        0o755,
    );
    // The first token is valid for nothing any more, and each later one for as long as no other was given.
    let relay = relay(|line| {
        let first = "dXNlcj11AWF1dGg9QmVhcmVyIHRva2VuLTEBAQ==";
        line.ends_with(first).then_some("535 5.7.3 expired")
    });
    let lines = format!("username = \"u\"\nauth = \"xoauth2\"\npassword_command = [\"{}\"]", program.display());
    world.configure_login(&relay, &lines);
    assert_snapshot!(world.run("users send-reset --all --yes -v"), @"
    status 0
    -- stderr
    Created job 1: 4 mails.
    Job 1, finished: 4 mails: 4 accepted.
    ");
    assert_eq!(std::fs::read_to_string(directory.join("now")).unwrap(), "3\n");
    assert_eq!(relay.accepted().len(), 4);
}

#[test]
fn a_token_that_is_not_renewed_is_configuration_and_burns_nobody() {
    let world = World::with_mail().with_users("alice");
    let relay = relay(|_| Some("535 5.7.3 expired"));
    let lines = "username = \"u\"\nauth = \"xoauth2\"\npassword_command = [\"/bin/echo\", \"token\"]";
    world.configure_login(&relay, lines);
    let run = world.run("mail test admin@example.net");
    assert_snapshot!(run.to_string().replace(&relay.port().to_string(), "[PORT]"), @"
    status 78
    -- stderr
    error: 127.0.0.1:[PORT]: login as `u` by XOAUTH2 refused (is the username right, and the access token still valid?): 535 5.7.3 expired; `password_command`, asked again, gives the same
    hint: `-v` shows the dialogue with the relay
    ");
    world.run("users send-reset alice").expect_status(78);
    assert_eq!(world.ask("SELECT state || attempts FROM messages WHERE user_id IS NOT NULL"), "queued0");
}

#[test]
fn a_program_that_is_not_set_up_is_configuration_and_one_that_defers_is_not() {
    let world = World::with_mail();
    let with = |body: &str| {
        let program = world.file_with_mode("sendmail", format!("#!/bin/sh\ncat >/dev/null\n{body}\n"), 0o755);
        world.configure_mail("");
        let text = std::fs::read_to_string(world.config()).unwrap();
        let section = format!("\"sendmail\"\n[mail.sendmail]\nprogram = \"{}\"\n[mail.file]\n", program.display());
        world.write_config(&text.replace("\"file\"\n[mail.file]\n", &section));
        world.without_paths(&world.run("mail test admin@example.net").to_string())
    };
    assert_snapshot!(with("echo 'no account' >&2; exit 78"), @"
    status 78
    -- stderr
    error: [DIR]/sendmail: exit status 78 (configuration): no account
    ");
    assert_snapshot!(with("echo 'server message: 451 4.7.1 greylisted' >&2; exit 69"), @"
    status 75
    -- stderr
    error: the mail for admin@example.net is deferred: [DIR]/sendmail: exit status 69 (service unavailable): server message: 451 4.7.1 greylisted
    ");
    assert_snapshot!(with("echo 'server message: 550 5.1.1 no such user' >&2; exit 69"), @"
    status 69
    -- stderr
    error: the mail for admin@example.net was refused: [DIR]/sendmail: exit status 69 (service unavailable): server message: 550 5.1.1 no such user
    ");
}

#[test]
fn a_client_certificate_and_its_key_are_checked_before_anything_is_sent() {
    let world = World::with_mail();
    let relay = relay(|_| None);
    let [certificate, key] =
        [("c.pem", 0o644), ("k.pem", 0o640)].map(|(name, mode)| world.file_with_mode(name, "x", mode));
    world.configure_login(
        &relay,
        &format!(
            "client_certificate_file = {certificate:?}\nclient_key_file = {key:?}\ncertificate_sha256 = \"{}\"",
            "ab".repeat(32)
        ),
    );
    let text = std::fs::read_to_string(world.config()).unwrap().replace("tls = \"none\"\n", "");
    world.write_config(&text);
    let run = |world: &World| world.without_paths(&world.run("mail test admin@example.net").to_string());
    assert_snapshot!(run(&world), @"
    status 78
    -- stderr
    error: [mail.smtp]: [DIR]/c.pem: holds no certificate in PEM form
    ");
    let authority = rcgen::CertificateParams::default();
    let own = rcgen::KeyPair::generate().unwrap();
    std::fs::write(&certificate, authority.self_signed(&own).unwrap().pem()).unwrap();
    assert_snapshot!(run(&world), @"
    status 78
    -- stderr
    error: [mail.smtp]: [DIR]/k.pem: is group-readable (0640): use a file that only its owner may access
    ");
    assert_eq!(relay.connections(), 0);
}
