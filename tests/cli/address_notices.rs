//! The notice of a changed address, to the old and the new one.

use insta::assert_snapshot;

use crate::relay::Act;
use crate::relay::Offer;
use crate::relay::ScriptedRelay;
use crate::support::GOOD;
use crate::support::World;

fn notices(world: &World) -> String {
    let one = "cause || ': ' || address || ' ' || state";
    world.ask(&format!("SELECT ifnull(group_concat({one}, ', '), '-') FROM messages WHERE kind = 'notice'"))
}

/// The mail to this address.
fn mail_to(world: &World, address: &str) -> String {
    let mails = world.mails();
    mails.into_iter().find(|mail| mail.contains(&format!("To: {address}\r\n"))).unwrap()
}

#[test]
fn another_address_is_told_to_the_old_and_the_new_one() {
    let world = World::with_mail().with_users("alice");
    let run = world.command("users edit alice --email adams@example.com").at_terminal().run();
    assert_snapshot!(run, @"
    status 0
    -- stderr
    Changed alice: email.
    The notices to the old and the new address were written to files; nobody receives them.
    ");
    assert_eq!(
        notices(&world),
        "address replaced: alice@example.com accepted, address set: adams@example.com accepted"
    );
    let (old, new) = (mail_to(&world, "alice@example.com"), mail_to(&world, "adams@example.com"));
    for (mail, other) in [(&old, "adams@example.com"), (&new, "alice@example.com")] {
        assert!(mail.contains("Subject: The email address of your Example Travel account was changed\r\n"), "{mail}");
        assert!(!mail.contains("reset.example.com") && !mail.contains(other), "{mail}");
    }
    assert!(old.contains("no longer to this one"), "{old}");
    assert!(new.contains("is sent to this address"), "{new}");
    assert!(world.newest_event().contains(r#""notices":2"#), "{}", world.newest_event());
}

#[test]
fn none_is_sent_where_it_is_not_wanted_or_no_mail_is_configured_or_the_address_is_the_same() {
    let world = World::with_mail().with_users("alice");
    for line in [
        "users edit alice --email adams@example.com --no-notify",
        "users edit alice --email ADAMS@example.com",
        "users edit alice --name Alice",
        "users edit alice --email weber@example.com --dry-run",
        "users edit alice --email weber@example.com --name \u{7}",
    ] {
        world.run(line);
        assert_eq!((notices(&world), world.mails().len()), ("-".to_owned(), 0), "{line}");
    }
    let text = std::fs::read_to_string(world.config()).unwrap();
    world.write_config(&text.replace("\"example.com\"", "\"example.com\", \"bücher.example\""));
    world.run("users edit alice --email alice@bücher.example --no-notify").expect_status(0);
    world.run("users edit alice --email Alice@xn--bcher-kva.example").expect_status(0);
    assert_eq!((notices(&world), world.mails().len()), ("-".to_owned(), 0), "the same in another form");
    world.configure("");
    world.run("users edit alice --email weber@example.com").expect_status(0);
    assert_eq!(notices(&world), "-");
}

#[test]
fn users_of_the_identity_provider_and_locked_ones_are_told_too() {
    let world = World::with_mail().with_users("alice,bob");
    world.command("users set-password bob --stdin --no-notify").stdin(GOOD).run().expect_status(0);
    world.run("users edit alice --email alice@idp.example.com --yes").expect_status(0);
    assert!(world.run("users show alice").out().contains("saml"));
    world.run("users lock bob").expect_status(0);
    world.run("users edit bob --email brown@example.com").expect_status(0);
    assert_eq!(world.mails().len(), 4, "{}", notices(&world));
}

#[test]
fn a_notice_waits_in_the_outbox_and_goes_to_the_address_that_it_was_queued_for() {
    let world = World::with_mail().with_users("alice");
    let refusing = ScriptedRelay::start(Offer::default(), |_| Act::Hang(b"421 4.3.2 busy\r\n".to_vec()));
    world.configure_relay(refusing.port());
    let run = world.run("users edit alice --email adams@example.com");
    assert_snapshot!(run.to_string().replace(&refusing.port().to_string(), "[PORT]"), @"
    status 0
    -- stderr
    warning: the old and the new address are not notified by mail yet: 127.0.0.1:[PORT]: 421 4.3.2 busy; `cxme-admin jobs run` tries again
    ");
    world.configure_mail("");
    world.run("users edit alice --email weber@example.com --no-notify").expect_status(0);
    let queue = world.run("mail queue -o csv").out();
    assert!(queue.contains("address-notice") || queue.contains("alice@example.com"), "{queue}");
    world.run("jobs run").expect_status(0);
    assert_eq!(
        notices(&world),
        "address replaced: alice@example.com accepted, address set: adams@example.com accepted"
    );
    world.run("users edit alice --email adams@example.com --no-notify").expect_status(0);
}

#[test]
fn an_import_queues_them_for_whom_it_gives_another_address() {
    let world = World::with_mail().with_users("alice,bob,carol");
    let rows = "username,email,name\nalice,adams@example.com,Alice\nbob,BOB@example.com,Bob\ncarol,,Carol\ndave,dave@example.com,\n";
    let import = |line: &str| world.command(line).stdin(rows).run();
    assert_snapshot!(import("users import - --update -n"), @"
    status 0
    -- stdout
    1 would be added, 3 would be changed, 0 unchanged. 2 notices of changed addresses would be queued.
    ");
    assert_eq!(notices(&world), "-");
    assert_snapshot!(world.command("users import - --update").stdin(rows).at_terminal().run(), @"
    status 0
    -- stderr
    1 added, 3 changed, 0 unchanged. 2 notices of changed addresses queued.
    To send the notices: cxme-admin jobs run
    ");
    assert_eq!(notices(&world), "address replaced: alice@example.com queued, address set: adams@example.com queued");
    assert!(world.newest_event().contains(r#""notices":2"#), "{}", world.newest_event());
    assert!(world.run("mail queue").out().contains("alice@example.com"));
    world.run("jobs run").expect_status(0);
    assert!(mail_to(&world, "alice@example.com").contains("no longer to this one"));
    assert!(mail_to(&world, "adams@example.com").contains("is sent to this address"));
    assert!(import("users import - --update -o json").out().contains(r#""notices":0,"#));

    let back = "username,email\nalice,alice@example.com\n";
    world.command("users import - --update --no-notify").stdin(back).run().expect_status(0);
    assert_eq!(world.mails().len(), 2);
}

/// Neither `users edit` nor an import takes it for another one.
#[test]
fn the_same_address_in_another_form_leaves_links_and_sessions_alone() {
    let world = World::with_mail().with_users("alice");
    let text = std::fs::read_to_string(world.config()).unwrap();
    world.write_config(&text.replace("\"example.com\"", "\"example.com\", \"bücher.example\""));
    world.run("users edit alice --email alice@bücher.example --no-notify").expect_status(0);
    world.run("users send-reset alice").expect_status(0);
    let epoch = world.ask("SELECT session_epoch FROM users");
    let revoked = || world.ask("SELECT ifnull(max(revoked_why), '-') FROM messages");
    for (form, by_import) in [
        ("alice@xn--bcher-kva.example", true),
        ("ALICE@BÜCHER.example", true),
        ("Alice@XN--BCHER-kva.example", false),
        ("alice@bücher.example", false),
    ] {
        if by_import {
            let rows = format!("username,email\nalice,{form}\n");
            world.command("users import - --update").stdin(rows).run().expect_status(0);
        } else {
            world.run(&format!("users edit alice --email {form}")).expect_status(0);
        }
        assert_eq!(world.ask("SELECT email FROM users"), form);
        assert_eq!(
            (world.ask("SELECT session_epoch FROM users"), revoked()),
            (epoch.clone(), "-".to_owned()),
            "{form}"
        );
    }
    assert_eq!(notices(&world), "-");
    world.run("store check").expect_status(0);
    let rows = "username,email\nalice,ALICIA@bücher.example\n";
    world.command("users import - --update").stdin(rows).run().expect_status(0);
    assert_eq!(revoked(), "another address");
    assert_ne!(world.ask("SELECT session_epoch FROM users"), epoch);
}

#[test]
fn the_notice_can_be_looked_at() {
    let world = World::with_mail().with_users("alice");
    assert_snapshot!(world.run("mail preview address-notice --user alice"), @"
    status 0
    -- stdout
    To: alice@example.com
    Subject: The email address of your Example Travel account was changed

    Hello Alice Example,

    An administrator of Example Travel changed the email address of your
    account on 24 November 2026 at 08:00 UTC. From now on, mail about your
    account is sent to the new address and no longer to this one.

    Your username: alice

    If you did not expect this, tell us immediately: help@example.com,
    extension 4711

    Nobody at Example Travel will ever ask you for your password or for a
    code.
    ");
    let german = world.run("mail preview address-notice --locale de").out();
    assert!(german.contains("Subject: Die E-Mail-Adresse Ihres Kontos bei Example Travel wurde geändert"), "{german}");
}
