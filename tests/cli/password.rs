//! `users password`, and the same question after `users add`.

use insta::assert_snapshot;

use crate::support::CAROL;
use crate::support::GOOD;
use crate::support::World;

#[test]
fn both_choices_are_offered_in_the_words_of_the_form() {
    let world = World::with_mail().with_users("alice");
    assert_snapshot!(world.command("users password alice").typing(["1"]).run(), @"
    status 0
    -- asked
    Password Management: alice (alice@example.com)
      1. Email the link for resetting password to this User
      2. Set a password for this user
    1
    -- stderr
    alice: an invitation for alice@example.com was written to a file; nobody receives it; the link is valid for 7 days.
    Non-interactive equivalent: cxme-admin users send-reset alice
    ");
    assert_eq!(world.mails().len(), 1);
    assert_snapshot!(world.command("users password alice").typing(["2", GOOD, GOOD]).run(), @"
    status 0
    -- asked
    Password Management: alice (alice@example.com)
      1. Email the link for resetting password to this User
      2. Set a password for this user
    2
    Requirements for the password of alice (alice@example.com):
      - at least 15 characters (any characters, including spaces)
      - not a common password, even with digits or symbols added; several words in a row are fine
      - not only the user's name, username or email address, or the organization's name
      - no repetition of one character or a short group, and no sequence such as abcdefgh12345678
    Help: help@example.com, extension 4711
    New password: 
    Retype new password: 
    -- stderr
    Password set for alice.
    The notice to the user was written to a file; nobody receives it.
    Non-interactive equivalent: cxme-admin users set-password alice --stdin < FILE
    ");
    assert!(world.accepts("alice", GOOD));
    assert_snapshot!(world.command("users password alice").typing(["q"]).run(), @"
    status 65
    -- asked
    Password Management: alice (alice@example.com)
      1. Email the link for resetting password to this User
      2. Set a password for this user
    q
    -- stderr
    error: aborted; nothing was changed
    ");
}

#[test]
fn only_what_the_operator_may_do_is_offered() {
    let world = World::with_mail()
        .with_role("Setter", "view-users set-passwords")
        .with_role("Sender", "view-users send-resets")
        .with_role("Looker", "view-users")
        .with_users("alice:Looker");
    for (role, offered) in [("Setter", "Set a password for this user"), ("Sender", "Email the link")] {
        let world = &world;
        world.run(&format!("operators add {CAROL} --role {role}")).expect_status(0);
        let run = world.command("users password alice").uid(CAROL).typing(["q"]).run();
        assert!(run.asked.contains(&format!("1. {offered}")) && !run.asked.contains("2. "), "{run}");
        world.run("operators remove carol").expect_status(0);
    }
    world.run(&format!("operators add {CAROL} --role Looker")).expect_status(0);
    world.command("users password alice").uid(CAROL).typing(["1"]).run().expect_status(77);
}

#[test]
fn a_user_of_the_identity_provider_is_refused_before_anything_is_asked() {
    let world = World::with_mail().with_saml_user();
    assert_snapshot!(world.command("users password sam").typing(["1"]).run(), @"
    status 65
    -- stderr
    error: sam signs in with SAML: the password is kept by the organization's identity provider
    hint: the password is reset there: ask the identity team
    ");
}

#[test]
fn where_nobody_can_be_asked_it_says_what_to_give() {
    let world = World::with_mail().with_users("alice");
    assert_snapshot!(world.run("users password alice"), @"
    status 2
    -- stderr
    error: cannot prompt (no terminal or `--no-input`): How the user gets a password
    hint: give `users send-reset USER` or `users set-password USER --stdin`
    ");
    assert_snapshot!(world.command("users password alice --no-input").typing(["1"]).run(), @"
    status 2
    -- stderr
    error: cannot prompt (no terminal or `--no-input`): How the user gets a password
    hint: give `users send-reset USER` or `users set-password USER --stdin`
    ");
}

#[test]
fn a_new_user_at_a_terminal_gets_the_same_question() {
    let world = World::with_mail();
    assert_snapshot!(world.command("users add alice@example.com").typing(["1"]).run(), @"
    status 0
    -- asked
    Password Management: alice (alice@example.com)
      1. Email the link for resetting password to this User
      2. Set a password for this user
      3. Neither now
    1
    -- stderr
    Added alice (alice@example.com).
    alice: an invitation for alice@example.com was written to a file; nobody receives it; the link is valid for 7 days.
    Non-interactive equivalent: cxme-admin users send-reset alice
    ");
    assert_snapshot!(world.command("users add bob@example.com").typing(["2", GOOD, GOOD]).run(), @"
    status 0
    -- asked
    Password Management: bob (bob@example.com)
      1. Email the link for resetting password to this User
      2. Set a password for this user
      3. Neither now
    2
    Requirements for the password of bob (bob@example.com):
      - at least 15 characters (any characters, including spaces)
      - not a common password, even with digits or symbols added; several words in a row are fine
      - not only the user's name, username or email address, or the organization's name
      - no repetition of one character or a short group, and no sequence such as abcdefgh12345678
    Help: help@example.com, extension 4711
    New password: 
    Retype new password: 
    -- stderr
    Added bob (bob@example.com).
    Password set for bob.
    The notice to the user was written to a file; nobody receives it.
    Non-interactive equivalent: cxme-admin users set-password bob --stdin < FILE
    ");
    assert_snapshot!(world.command("users add carla@example.com").typing(["3"]).run(), @"
    status 0
    -- asked
    Password Management: carla (carla@example.com)
      1. Email the link for resetting password to this User
      2. Set a password for this user
      3. Neither now
    3
    -- stderr
    Added carla (carla@example.com).
    carla cannot log in yet: cxme-admin users password carla
    ");
    let run = world.command("users add dora@example.com --no-input").typing(["1"]).run().expect_status(0);
    assert!(run.asked.is_empty(), "{run}");
    let run = world.command("users add sam@idp.example.com").typing(["1"]).run().expect_status(0);
    assert!(run.asked.is_empty(), "{run}");
    assert_eq!(world.count_users(), 5);
}

#[test]
fn the_equivalent_command_keeps_what_was_typed() {
    let world = World::with_mail().with_users("alice,bob");
    let config = world.config().display().to_string();
    let typed = |answers: &[&str], line: &str| {
        let answers: Vec<_> = answers.iter().map(|answer| Ok((*answer).to_owned())).collect();
        let run = world.command(&format!("-c {config} {line}")).answering(answers).run().expect_status(0);
        let said = world.without_paths(&run.err());
        said.lines().find(|line| line.starts_with("Non-interactive equivalent")).unwrap().to_owned()
    };
    assert_eq!(
        typed(&[GOOD, GOOD], "users set-password alice --must-change --reason 'ticket 7'"),
        "Non-interactive equivalent: cxme-admin -c [DIR]/config/cxme-admin/config.toml users set-password alice --must-change \
         --reason 'ticket 7' --stdin < FILE"
    );
    assert_eq!(
        typed(&["2", GOOD, GOOD], "users password bob --reason 'ticket 7'"),
        "Non-interactive equivalent: cxme-admin -c [DIR]/config/cxme-admin/config.toml users set-password bob \
         '--reason=ticket 7' --stdin < FILE"
    );
    assert_eq!(
        typed(&["1"], "users password bob"),
        "Non-interactive equivalent: cxme-admin -c [DIR]/config/cxme-admin/config.toml users send-reset bob"
    );
}
