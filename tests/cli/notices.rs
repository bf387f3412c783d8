//! The notice that a user gets of a changed password.

use insta::assert_snapshot;

use crate::relay::Act;
use crate::relay::Offer;
use crate::relay::ScriptedRelay;
use crate::support::GOOD;
use crate::support::OTHER;
use crate::support::World;

fn world() -> World {
    World::with_mail().with_users("alice")
}

fn causes(world: &World) -> String {
    world.ask("SELECT ifnull(group_concat(cause || ': ' || state, ', '), '') FROM messages WHERE kind = 'notice'")
}

#[test]
fn every_change_of_a_password_is_told_to_its_user() {
    let world = world();
    world.command("users set-password alice --stdin").stdin(GOOD).run().expect_status(0);
    let stdin = format!("{GOOD}\n{OTHER}\n");
    world.command("users change-password alice --stdin").stdin(stdin).run().expect_status(0);
    world.run("users send-reset alice").expect_status(0);
    let stdin = format!("{}\n{GOOD}\n", world.newest_code());
    world.command("resets redeem --stdin").stdin(stdin).run().expect_status(0);
    world.run("users set-password alice --generate").expect_status(0);
    assert_eq!(
        causes(&world),
        "set by operator: accepted, changed by user: accepted, chosen by link: accepted, set by operator: accepted"
    );
    let mails = world.mails();
    let notices: Vec<&String> = mails.iter().filter(|mail| !mail.contains("reset.example.com")).collect();
    assert_eq!((mails.len(), notices.len()), (5, 4), "no link and no code in a notice");
    for secret in [GOOD, OTHER] {
        assert!(mails.iter().all(|mail| !mail.contains(secret)));
    }
}

#[test]
fn none_is_sent_where_it_is_not_wanted_or_no_mail_is_configured_or_nothing_changed() {
    let world = world();
    world.command("users set-password alice --stdin --no-notify").stdin(GOOD).run().expect_status(0);
    let stdin = format!("{GOOD}\n{OTHER}\n");
    world.command("users change-password alice --stdin --no-notify").stdin(stdin).run().expect_status(0);
    world.command("users set-password alice --stdin").stdin("short").run().expect_status(65);
    world.command("users set-password alice -n").run().expect_status(0);
    assert_eq!(causes(&world), "");
    world.configure("");
    world.command("users set-password alice --stdin").stdin(GOOD).run().expect_status(0);
    assert_eq!(causes(&world), "");
}

#[test]
fn a_notice_that_cannot_be_sent_is_a_warning_and_waits() {
    let world = world();
    let refusing = ScriptedRelay::start(Offer::default(), |_| Act::Hang(b"421 4.3.2 busy\r\n".to_vec()));
    world.configure_relay(refusing.port());
    let run = world.command("users set-password alice --stdin").stdin(GOOD).run();
    assert_snapshot!(run.to_string().replace(&refusing.port().to_string(), "[PORT]"), @"
    status 0
    -- stderr
    warning: the user is not notified by mail yet: 127.0.0.1:[PORT]: 421 4.3.2 busy; `cxme-admin jobs run` tries again
    ");
    assert!(world.accepts("alice", GOOD));
    assert_eq!(causes(&world), "set by operator: queued");
    world.configure_mail("");
    world.run("jobs run").expect_status(0);
    assert_eq!((causes(&world), world.mails().len()), ("set by operator: accepted".to_owned(), 1));
}

#[test]
fn a_relay_that_does_not_answer_holds_nobody_up_for_longer_than_ten_seconds() {
    let world = world();
    let silent = ScriptedRelay::start(Offer::default(), |_| Act::Silence);
    world.configure_relay(silent.port());
    let began = std::time::Instant::now();
    let run = world.command("users set-password alice --stdin").stdin(GOOD).run().expect_status(0);
    let took = began.elapsed().as_secs();
    assert!((9..40).contains(&took), "{took} s");
    assert_snapshot!(run, @"
    status 0
    -- stderr
    warning: the user is not notified by mail yet: the relay did not answer in time; `cxme-admin jobs run` tries again
    ");
    assert!(world.accepts("alice", GOOD));
}

#[test]
fn a_generated_password_is_told_to_the_operator_before_the_user_is_told() {
    let world = world();
    let run = world.command("users set-password alice --generate").at_terminal().run().expect_status(0);
    assert!(run.err().ends_with("The notice to the user was written to a file; nobody receives it.\n"), "{run}");
    assert!(world.accepts("alice", run.out().trim_end()));
    let mail = world.mails().pop().unwrap();
    assert!(!mail.contains(run.out().trim_end()));
}
