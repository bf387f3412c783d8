//! `mail test`, `mail preview`, `mail queue`, `jobs run`.

use std::os::unix::fs::PermissionsExt as _;

use insta::assert_snapshot;

use crate::relay::Act;
use crate::relay::At;
use crate::relay::Offer;
use crate::relay::ScriptedRelay;
use crate::support::CAROL;
use crate::support::World;

fn greylisting() -> ScriptedRelay {
    ScriptedRelay::start(Offer::default(), |moment| match moment.at {
        At::Rcpt => Act::Say(b"450 4.2.0 greylisted\r\n".to_vec()),
        _ => Act::Usual,
    })
}

#[test]
fn a_test_mail_shows_the_dialogue() {
    let world = World::with_mail();
    let relay = ScriptedRelay::start(Offer { extensions: vec!["PIPELINING"], tls: None }, |_| Act::Usual);
    world.configure_relay(relay.port());
    assert_snapshot!(world.run("mail test admin@example.net"), @"status 0");
    let run = world.command("mail test admin@example.net -v").run();
    assert_snapshot!(run.to_string().replace(&relay.port().to_string(), "[PORT]"), @"
    status 0
    -- stderr
    * connected to 127.0.0.1, port [PORT]
    < 220 scripted.example ESMTP
    > EHLO host
    < 250-scripted.example
    < 250 PIPELINING
    > MAIL FROM:<passwords@example.com>
    > RCPT TO:<admin@example.net>
    > DATA
    < 250 2.1.0 Ok
    < 250 2.1.5 Ok
    < 354 End data with <CR><LF>.<CR><LF>
    > (… 2786 bytes)
    > .
    < 250 2.0.0 Ok: queued
    > QUIT
    < 221 2.0.0 Bye
    The relay accepted the test mail for admin@example.net: 250 2.0.0 Ok: queued
    ");
    assert_eq!(relay.accepted().len(), 2);
    assert_snapshot!(world.newest_event(), @r#"
    mail test | done | owner, Admin | -
    {"address":"admin@example.net","message":2}
    "#);
}

#[test]
fn a_test_that_fails_says_why_and_is_not_sent_again() {
    let world = World::with_mail();
    let relay = greylisting();
    world.configure_relay(relay.port());
    assert_snapshot!(world.run("mail test admin@example.net"), @"
    status 75
    -- stderr
    error: the mail for admin@example.net is deferred: 450 4.2.0 greylisted
    hint: `-v` shows the dialogue with the relay
    ");
    assert_eq!(world.ask("SELECT state || ': ' || reply FROM messages"), "cancelled: a test is not sent again");
    assert_snapshot!(world.run("mail test nonsense"), @"
    status 65
    -- stderr
    error: the email address `nonsense` needs exactly one @
    ");
    assert_snapshot!(World::new().run("mail test admin@example.net"), @"
    status 78
    -- stderr
    error: no mail is configured: `[mail] from` is missing
    hint: config.example.toml shows the sections [mail] and [mail.smtp]
    ");
    drop(relay);
    let run = world.run("mail test admin@example.net").expect_status(75);
    assert!(run.err().contains("refused"), "{run}");
}

#[test]
fn a_preview_is_the_mail_with_a_code_that_does_not_work() {
    let world = World::with_mail().with_users("alice");
    assert_snapshot!(world.run("mail preview reset --user alice --note 'Ask Bob.'"), @"
    status 0
    -- stdout
    To: alice@example.com
    Subject: Choose a new password for Example Travel

    Hello Alice Example,

    An administrator of Example Travel asks you to choose a new password for
    your account.

    Your username: alice

    Open this link to choose your new password:

    https://reset.example.com/#SAMP1EC0DESAMP1EC0DESAMP1E

    If the link does not open, go to https://reset.example.com/ and enter
    this code:

    SAMP1-EC0DE-SAMP1-EC0DE-SAMP1E

    The link and the code work once, within 24 hours. If you receive a newer
    mail like this one, use that one instead.

    Message from the administrator:

    > Ask Bob.

    Password requirements:

    - at least 15 characters (any characters, including spaces)
    - not a common password, even with digits or symbols added; several
      words in a row are fine
    - not only your name, username or email address, or the organization's
      name
    - no repetition of one character or a short group, and no sequence such
      as abcdefgh12345678

    If you did not expect this mail, or it was not meant for you, do not use
    the link above; cancel it here:

    https://reset.example.com/#!SAMP1EC0DESAMP1EC0DESAMP1E

    Questions? help@example.com, extension 4711

    Nobody at Example Travel will ever ask you for your password or for a
    code.
    ");
    assert!(world.run("mail preview invitation --locale de").expect_status(0).out().contains("Benutzername"));
    assert!(world.run("mail preview test").expect_status(0).out().contains("Subject: "));
    let run = world.run("mail preview notice -o json").expect_status(0);
    let value: serde_json::Value = serde_json::from_slice(&run.stdout).unwrap();
    assert!(value["html"].as_str().unwrap().starts_with("<!DOCTYPE html>"));
    assert_snapshot!(world.run("mail preview letter"), @"
    status 2
    -- stderr
    error: invalid value 'letter' for '<MAIL>': `letter` is no mail: take reset, forced-reset, invitation, notice, address-notice or test

    For more information, try '--help'.
    ");
    assert_snapshot!(world.run("mail preview reset --user nobody"), @"
    status 67
    -- stderr
    error: no user with the username `nobody`
    hint: names must match exactly; to search: cxme-admin users list --search TEXT
    ");
    assert!(world.mails().is_empty());
    assert_eq!(world.ask("SELECT count(*) FROM messages"), "0");
}

#[test]
fn a_preview_in_a_file_is_private_and_overwrites_nothing() {
    let world = World::with_mail();
    let file = world.path("reset.html");
    let command = || world.command("mail preview reset --out").argument(&file).run();
    command().expect_status(0);
    assert_eq!(file.metadata().unwrap().permissions().mode() & 0o777, 0o600);
    assert!(std::fs::read_to_string(&file).unwrap().starts_with("<!DOCTYPE html>"));
    assert_snapshot!(command(), @"
    status 74
    -- stderr
    error: [DIR]/reset.html: already exists: give another path
    ");
}

#[test]
fn a_preview_of_a_user_needs_the_right_to_see_users() {
    let world = World::with_mail().with_users("alice").with_role("Nothing", "").with_operator(CAROL, "Nothing");
    world.command("mail preview reset").uid(CAROL).run().expect_status(0);
    world.command("mail preview reset --user alice").uid(CAROL).run().expect_status(77);
}

#[test]
fn what_waits_is_listed_and_can_be_called_off() {
    let world = World::with_mail().with_users("alice,bob");
    assert_snapshot!(world.command("mail queue").at_terminal().run(), @"
    status 0
    -- stderr
    No mail is waiting.
    ");
    let relay = greylisting();
    world.configure_relay(relay.port());
    // One by one: over two connections chance would say whose wait is drawn first.
    world.run("users send-reset alice").expect_status(75);
    world.run("users send-reset bob").expect_status(75);
    assert_snapshot!(world.run("mail queue"), @"
    status 0
    -- stdout
    MESSAGE  ADDRESS            STATE     TRIES  NEXT TRY      REPLY
    1        alice@example.com  deferred  1      in 6 minutes  450 4.2.0 greylisted
    2        bob@example.com    deferred  1      in 5 minutes  450 4.2.0 greylisted
    ");
    assert_snapshot!(world.run("mail queue -o ndjson"), @r#"
    status 0
    -- stdout
    {"message":1,"kind":"invitation","username":"alice","address":"alice@example.com","state":"deferred","attempts":1,"due_at":"2026-11-24T08:05:42Z","reply":"450 4.2.0 greylisted","created_at":"2026-11-24T08:00:00Z","last_try_at":"2026-11-24T08:00:00Z","operator":"owner"}
    {"message":2,"kind":"invitation","username":"bob","address":"bob@example.com","state":"deferred","attempts":1,"due_at":"2026-11-24T08:04:49Z","reply":"450 4.2.0 greylisted","created_at":"2026-11-24T08:00:00Z","last_try_at":"2026-11-24T08:00:00Z","operator":"owner"}
    "#);
    assert_snapshot!(world.command("mail queue --cancel 1 --reason typo").at_terminal().run(), @"
    status 0
    -- stderr
    Cancelled message 1, the invitation for alice@example.com.
    ");
    assert_snapshot!(world.newest_event(), @r#"
    mail queue with cancel | done | owner, Admin | typo
    {"kind":"invitation","message":1}
    "#);
    assert_snapshot!(world.run("mail queue --cancel 1"), @"
    status 65
    -- stderr
    error: message 1 does not wait: it is cancelled
    hint: what waits: cxme-admin mail queue
    ");
    assert_snapshot!(world.run("mail queue --cancel 99"), @"
    status 65
    -- stderr
    error: no such message: 99
    hint: what waits: cxme-admin mail queue
    ");
    world.wait(6_000);
    world.configure_mail("");
    world.run("jobs run").expect_status(0);
    assert_eq!(world.mails().len(), 1);
    assert!(world.mails()[0].contains("\r\nTo: bob@example.com\r\n"));
}

#[test]
fn a_run_says_nothing_while_all_is_well_and_sums_up_what_is_not() {
    let world = World::with_mail().with_users("alice,bob");
    assert_snapshot!(world.run("jobs run"), @"status 0");
    let relay = greylisting();
    world.configure_relay(relay.port());
    world.run("users send-reset alice bob").expect_status(75);
    assert_snapshot!(world.run("jobs run"), @"status 0");
    drop(relay);
    world.wait(500);
    let refusing = ScriptedRelay::start(Offer::default(), |moment| match moment.at {
        At::Rcpt if moment.line.contains("bob") => Act::Say(b"550 5.1.1 no such user\r\n".to_vec()),
        _ => Act::Usual,
    });
    world.configure_relay(refusing.port());
    assert_snapshot!(world.run("jobs run"), @"
    status 3
    -- stderr
    error: 1 accepted, 1 failed (first failed: message 2)
    hint: details: cxme-admin resets list -o csv
    ");
    assert_eq!(world.ask("SELECT group_concat(state) FROM messages"), "accepted,failed");
}

#[test]
fn a_relay_that_cannot_be_used_is_told_by_a_run_with_the_exit_code() {
    let world = World::with_mail().with_users("alice");
    for (reply, status) in [("421 4.3.2 busy", 75), ("554 5.7.1 go away", 69)] {
        let relay = ScriptedRelay::start(Offer::default(), move |moment| match moment.at {
            At::Greeting => Act::Say(format!("{reply}\r\n").into_bytes()),
            _ => Act::Usual,
        });
        world.configure_relay(relay.port());
        world.run("users send-reset alice --unless-sent-within 0s").expect_status(status);
        let run = world.run("jobs run -v").expect_status(status);
        assert!(run.err().contains(reply) && run.err().lines().count() == 2, "{run}");
    }
    assert_eq!(world.ask("SELECT max(attempts) FROM messages"), "0");
}

#[test]
fn links_wait_for_their_key_and_are_never_given_up_for_lack_of_it() {
    let world = World::with_mail().with_users("alice");
    let relay = ScriptedRelay::start(Offer::default(), |_| Act::Hang(Vec::new()));
    world.configure_relay(relay.port());
    world.run("users send-reset alice").expect_status(75);
    world.configure_mail("");
    let key = world.path("data/reset.key");
    let content = std::fs::read(&key).unwrap();
    world.file("data/reset.key", "0".repeat(64));
    assert_snapshot!(world.run("jobs run"), @"
    status 78
    -- stderr
    error: the reset key is not the one that this store was made with
    hint: restore the key file that `init` made with this store, or name it: [reset] key_file; if it is lost, name a new file there, and cxme-admin init --new-key creates it
    ");
    std::fs::remove_file(&key).unwrap();
    world.run("jobs run").expect_status(78);
    world.file("data/reset.key", content);
    world.run("jobs run").expect_status(0);
    assert_eq!(world.mails().len(), 1);
}
