//! `users send-reset`, `users add --send-reset`.

use insta::assert_snapshot;

use crate::relay::Act;
use crate::relay::At;
use crate::relay::Offer;
use crate::relay::ScriptedRelay;
use crate::support::CAROL;
use crate::support::GOOD;
use crate::support::World;

fn world() -> World {
    World::with_mail().with_users("alice,bob,carla").with_password("alice", GOOD)
}

/// A relay that answers so at one point, and as a relay does elsewhere.
fn relay(at: At, reply: &'static str) -> ScriptedRelay {
    ScriptedRelay::start(Offer { extensions: vec!["PIPELINING"], tls: None }, move |moment| {
        if moment.at == at { Act::Say(format!("{reply}\r\n").into_bytes()) } else { Act::Usual }
    })
}

#[test]
fn a_link_is_mailed_at_once_and_the_outcome_is_said() {
    let world = world();
    assert_snapshot!(world.command("users send-reset alice").at_terminal().run(), @"
    status 0
    -- stderr
    alice: a reset link for alice@example.com was written to a file; nobody receives it; the link is valid for 24 hours.
    ");
    assert_snapshot!(world.newest_event(), @r#"
    users send-reset | done | owner, Admin | -
    {"kind":"reset","lifetime":86400,"message":1,"username":"alice"}
    "#);
    let mails = world.mails();
    let mail = mails.last().unwrap();
    assert!(mail.contains("\r\nTo: alice@example.com\r\n"), "{mail}");
    assert!(mail.contains("\r\nhttps://reset.example.com/#"), "{mail}");
    assert_eq!(world.ask("SELECT count(*) FROM messages WHERE state = 'accepted' AND kind = 'reset'"), "1");
    assert_snapshot!(world.run("users send-reset bob"), @"status 0");
    assert_eq!(world.ask("SELECT kind || lifetime FROM messages ORDER BY id DESC LIMIT 1"), "invitation604800");
}

#[test]
fn data_says_the_same_without_a_code() {
    let world = world();
    let run = world.run("users send-reset alice bob nobody -o csv");
    assert_snapshot!(run, @"
    status 3
    -- stdout
    user,address,result,why,message,expires_at,next_try_at
    alice,alice@example.com,accepted,kept as 1.258d9f404bac97359582972212f423c8_example.com.eml,1,2026-11-25T08:00:00Z,
    bob,bob@example.com,accepted,kept as 2.6d3fa6caabf7089ef6f4513fe6f3ebf5_example.com.eml,2,2026-12-01T08:00:00Z,
    nobody,,refused,no user with the username `nobody`,,,
    -- stderr
    nobody: no user with the username `nobody`
    error: 1 of 3 users was sent no mail
    ");
    let code = world.newest_code();
    let all = [run.all(), world.run("resets list -o json").all(), world.run("audit list -o json").all()].concat();
    assert!(!String::from_utf8_lossy(&all).contains(&code));
}

#[test]
fn fifty_times_in_a_row_is_one_mail() {
    let world = world();
    for _ in 0..50 {
        world.run("users send-reset alice").expect_status(0);
    }
    assert_eq!(world.mails().len(), 1);
    world.wait(180);
    assert_snapshot!(world.command("users send-reset alice").at_terminal().run(), @"
    status 0
    -- stderr
    alice: skipped: a link was mailed 3 minutes ago (message 1); `--unless-sent-within 0s` mails another.
    ");
    world.wait(15 * 60);
    world.run("users send-reset alice").expect_status(0);
    world.run("users send-reset alice --unless-sent-within 0s").expect_status(0);
    assert_eq!(world.mails().len(), 3);
    assert_eq!(world.ask("SELECT count(*) FROM messages WHERE revoked_why = 'a newer link'"), "2");
}

#[test]
fn whom_a_link_would_not_help_is_refused_with_the_reason() {
    let world = world().with_saml_user();
    world.run("users lock bob").expect_status(0);
    world.sql("UPDATE users SET email = 'carla@elsewhere.example' WHERE username = 'carla'");
    assert_snapshot!(world.run("users send-reset sam"), @"
    status 65
    -- stderr
    error: sam signs in with SAML: the password is kept by the organization's identity provider
    hint: the password is reset there: ask the identity team
    ");
    assert_snapshot!(world.newest_event(), @r#"
    users send-reset | refused | owner, Admin | -
    {"refusal":"sam signs in with SAML: the password is kept by the organization's identity provider"}
    "#);
    assert_snapshot!(world.run("users send-reset bob"), @"
    status 65
    -- stderr
    error: bob is locked, and cannot use a link
    hint: cxme-admin users unlock bob
    ");
    assert_snapshot!(world.run("users send-reset carla"), @"
    status 65
    -- stderr
    error: the email domain of carla@elsewhere.example is not one of the organization's: example.com, idp.example.com
    hint: the domains are configured in [organization] email_domains
    ");
    assert_snapshot!(world.run("users send-reset nobody"), @"
    status 67
    -- stderr
    error: no user with the username `nobody`
    hint: names must match exactly; to search: cxme-admin users list --search TEXT
    ");
    assert_snapshot!(world.run("users send-reset alice sam bob nobody"), @"
    status 3
    -- stderr
    sam signs in with SAML: the password is kept by the organization's identity provider
    bob is locked, and cannot use a link
    nobody: no user with the username `nobody`
    error: 3 of 4 users were sent no mail
    ");
    assert_eq!(world.mails().len(), 1, "only alice gets a mail");
}

#[test]
fn what_is_malformed_is_refused_before_anything_is_queued() {
    let world = world();
    for (options, status, words) in [
        ("--expires 4m", 65, "between 5 minutes and 24 hours"),
        ("--expires 25h", 65, "between 5 minutes and 24 hours"),
        ("--expires soon", 2, "--expires: expected whole numbers"),
        ("--unless-sent-within x", 2, "--unless-sent-within: expected whole numbers"),
    ] {
        let run = world.run(&format!("users send-reset alice {options}")).expect_status(status);
        assert!(run.err().contains(words), "{run}");
    }
    for note in ["a\rb", "a\u{1b}[2J", "\u{202e}abc", &"x".repeat(10_000)] {
        let run = world.command("users send-reset alice --note").argument(note).run().expect_status(65);
        assert!(run.err().starts_with("error: the note "), "{run}");
    }
    assert_eq!(world.ask("SELECT count(*) FROM messages"), "0");
    assert!(world.run("users send-reset bob --expires 8d").expect_status(65).err().contains("7 days"));
    world.run("users send-reset bob --expires 7d").expect_status(0);
    assert_eq!(world.ask("SELECT lifetime FROM messages"), "604800");
}

#[test]
fn a_note_is_the_operators_own_words_and_no_template() {
    let world = world();
    let note = "{{ link }} <b>Ask</b> Bob & co. {% raw %}";
    world.command("users send-reset alice --note").argument(note).run().expect_status(0);
    let mail = world.mails().pop().unwrap();
    assert!(mail.contains("> {{ link }} <b>Ask</b> Bob & co. {% raw %}\r\n"), "{mail}");
    assert!(!mail.contains("<b>Ask</b> Bob & co. {% raw %}</"), "it is escaped in HTML: {mail}");
}

#[test]
fn a_trial_queues_nothing() {
    let world = world();
    let events = world.events();
    assert_snapshot!(world.command("users send-reset alice bob -n").at_terminal().run(), @"
    status 0
    -- stdout
    alice: would be mailed a reset link to alice@example.com, valid for 24 hours.
    bob: would be mailed an invitation to bob@example.com, valid for 7 days.
    -- stderr
    Dry run; nothing was changed.
    ");
    assert_eq!((world.ask("SELECT count(*) FROM messages"), world.events()), ("0".to_owned(), events));
    assert!(world.mails().is_empty());
}

#[test]
fn what_is_not_configured_is_said_before_anything_is_queued() {
    let world = World::new().with_users("alice");
    assert_snapshot!(world.run("users send-reset alice"), @"
    status 78
    -- stderr
    error: no mail is configured: `[mail] from` is missing
    hint: config.example.toml shows the sections [mail] and [mail.smtp]
    ");
    world.configure_mail("");
    let text = std::fs::read_to_string(world.config()).unwrap().replace("link =", "# link =");
    world.write_config(&text);
    assert_snapshot!(world.run("users send-reset alice"), @r#"
    status 78
    -- stderr
    error: no link is configured: `[reset] link` is missing
    hint: such as: link = "https://reset.example.com/#{code}", the page where codes are redeemed
    "#);
    world.configure_mail("");
    let key = world.path("data/reset.key");
    let content = std::fs::read(&key).unwrap();
    std::fs::remove_file(&key).unwrap();
    assert_snapshot!(world.run("users send-reset alice"), @"
    status 78
    -- stderr
    error: [DIR]/data/reset.key: the reset key is missing, and no link can be made without it
    hint: restore it from its backup, or name it: [reset] key_file; if it is lost: cxme-admin init --new-key
    ");
    world.file("data/reset.key", "0".repeat(64));
    assert_snapshot!(world.run("users send-reset alice"), @"
    status 78
    -- stderr
    error: the reset key is not the one that this store was made with
    hint: restore the key file that `init` made with this store, or name it: [reset] key_file; if it is lost, name a new file there, and cxme-admin init --new-key creates it
    ");
    world.file_with_mode("data/reset.key", &content, 0o640);
    assert_snapshot!(world.run("users send-reset alice"), @"
    status 78
    -- stderr
    error: [DIR]/data/reset.key: is group-readable (0640): run `chmod 600 [DIR]/data/reset.key`
    ");
    world.file("data/reset.key", &content);
    world.run("users send-reset alice").expect_status(0);
    assert_eq!(world.ask("SELECT count(*) FROM messages"), "1");
}

#[test]
fn each_answer_of_the_relay_has_its_words_and_its_exit_code() {
    let world = world();
    let mut seen = String::new();
    for (at, reply) in [
        (At::Rcpt, "550 5.1.1 no such user"),
        (At::Rcpt, "450 4.2.0 greylisted"),
        (At::Dot, "552 5.3.4 too big"),
        (At::Mail, "550 5.7.1 sender refused"),
        (At::Greeting, "421 4.3.2 busy"),
    ] {
        let relay = relay(at, reply);
        world.configure_relay(relay.port());
        let run = world.run("users send-reset alice --unless-sent-within 0s");
        seen.push_str(&format!("{run}\n").replace(&relay.port().to_string(), "[PORT]"));
    }
    assert_snapshot!(seen, @"
    status 69
    -- stderr
    error: alice: the mail for alice@example.com was refused, and is not tried again: 550 5.1.1 no such user
    status 75
    -- stderr
    error: alice: deferred by the relay, the next try is due in 5 minutes: 450 4.2.0 greylisted
    hint: it waits in the outbox: cxme-admin jobs run tries again
    status 69
    -- stderr
    error: alice: the mail for alice@example.com was refused, and is not tried again: 552 5.3.4 too big
    status 69
    -- stderr
    error: alice: not sent yet: the relay refuses the mail: 550 5.7.1 sender refused; check `[mail] from`
    hint: fix it, and test it: cxme-admin mail test ADDRESS -v; then send the waiting mail: cxme-admin jobs run --now
    status 75
    -- stderr
    error: alice: not sent yet: 127.0.0.1:[PORT]: 421 4.3.2 busy
    hint: it waits in the outbox: cxme-admin jobs run tries again
    ");
    assert_eq!(
        world.ask("SELECT group_concat(state, ', ') FROM messages"),
        "failed, cancelled, failed, cancelled, queued"
    );
}

#[test]
fn what_the_relay_did_not_take_is_sent_by_the_next_run() {
    let world = world();
    let down = relay(At::Greeting, "421 4.3.2 busy");
    world.configure_relay(down.port());
    world.run("users send-reset alice bob").expect_status(75);
    assert_eq!(world.run("mail queue -o csv").out().lines().count(), 3);
    world.configure_mail("");
    assert_snapshot!(world.command("jobs run").at_terminal().run(), @"
    status 0
    -- stderr
    2 accepted.
    ");
    assert_snapshot!(world.run("jobs run"), @"status 0");
    assert_eq!(world.mails().len(), 2);
    assert!(world.run("mail queue -o csv").out().lines().count() == 1);
}

#[test]
fn a_role_without_the_permission_sends_nothing_and_none_beyond_its_own() {
    let world = World::with_mail()
        .with_role("Sender", "view-users send-resets")
        .with_role("Looker", "view-users")
        .with_users("low:Looker,admin:Admin")
        .with_operator(CAROL, "Looker");
    world.command("users send-reset low").uid(CAROL).run().expect_status(77);
    world.run("operators remove carol").expect_status(0);
    let world = world.with_operator(CAROL, "Sender");
    world.command("users send-reset low").uid(CAROL).run().expect_status(0);
    world.command("users send-reset admin").uid(CAROL).run().expect_status(77);
    let run = world.command("users send-reset low admin --unless-sent-within 0s").uid(CAROL).run().expect_status(3);
    assert!(run.err().contains("admin: the role of admin allows"), "{run}");
    assert_eq!(world.mails().len(), 2);
}

#[test]
fn what_was_true_at_queueing_is_asked_again_at_sending() {
    let world = world();
    let down = relay(At::Greeting, "421 4.3.2 busy");
    world.configure_relay(down.port());
    world.run("users send-reset alice bob carla").expect_status(75);
    world.run("users lock alice").expect_status(0);
    world.run("users edit bob --sign-in saml").expect_status(0);
    world.run("users delete carla --yes").expect_status(0);
    world.configure_mail("");
    world.run("jobs run").expect_status(0);
    assert!(world.mails().is_empty());
    assert_eq!(
        world.ask("SELECT group_concat(state || ': ' || reply, ', ') FROM messages"),
        "cancelled: locked, cancelled: moved to SAML, cancelled: user deleted"
    );
}

#[test]
fn a_new_user_is_invited() {
    let world = World::with_mail();
    let command = "users add dora@example.com --name 'Dora Dietrich' --locale de --send-reset";
    assert_snapshot!(world.command(command).at_terminal().run(), @"
    status 0
    -- stderr
    Added dora (dora@example.com).
    dora: an invitation for dora@example.com was written to a file; nobody receives it; the link is valid for 7 days.
    ");
    assert!(world.mails()[0].contains("\r\nContent-Language: de\r\n"));
    assert_snapshot!(world.run("users add sam@idp.example.com --send-reset"), @"
    status 65
    -- stderr
    error: a user who signs in with SAML has no password here: leave out `--send-reset`, `--set-password` and `--generate`
    ");
    let without = World::new();
    without.run("users add dora@example.com --send-reset").expect_status(78);
    assert_eq!(without.count_users(), 0, "where no mail can be sent nobody is added");
}
