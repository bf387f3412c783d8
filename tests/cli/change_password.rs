//! `users change-password`.

use insta::assert_snapshot;

use crate::support::GOOD;
use crate::support::OTHER;
use crate::support::World;

fn world() -> World {
    World::new().with_users("alice,bob").with_saml_user().with_password("alice", GOOD)
}

#[test]
fn the_user_chooses_with_the_old_password_as_proof() {
    let world = world();
    let epoch: i64 = world.ask("SELECT session_epoch FROM users WHERE username = 'alice'").parse().unwrap();
    assert_snapshot!(world.command("users change-password alice").typing([GOOD, OTHER, OTHER]).run(), @"
    status 0
    -- asked
    Old password: 
    Requirements for the new password:
      - at least 15 characters (any characters, including spaces)
      - not a common password, even with digits or symbols added; several words in a row are fine
      - not only the user's name, username or email address, or the organization's name
      - no repetition of one character or a short group, and no sequence such as abcdefgh12345678
    New password: 
    Retype new password: 
    -- stderr
    Password changed for alice.
    ");
    assert_snapshot!(world.newest_event(), @r#"
    users change-password | done | owner, Admin | -
    {"chosen_by":"user","username":"alice"}
    "#);
    assert!(world.accepts("alice", OTHER) && !world.accepts("alice", GOOD));
    assert_eq!(world.ask("SELECT session_epoch FROM users WHERE username = 'alice'"), (epoch + 1).to_string());
}

#[test]
fn standard_input_gives_the_old_and_the_new_on_two_lines() {
    let world = world();
    let change = |stdin: String| world.command("users change-password alice --stdin").stdin(stdin).run();
    assert_snapshot!(change(format!("{GOOD}\n{OTHER}\n")), @"status 0");
    assert!(world.accepts("alice", OTHER));
    change(format!("{OTHER}\r\n{GOOD}\r\n")).expect_status(0);
    assert!(world.accepts("alice", GOOD));
    for wrong in [String::new(), GOOD.to_owned(), format!("{GOOD}\n"), format!("{GOOD}\n{OTHER}\n{OTHER}\n")] {
        let run = change(wrong.clone());
        assert_eq!(run.status, 65, "{wrong:?}: {run}");
    }
    assert_snapshot!(change(format!("{GOOD}\n")), @"
    status 65
    -- stderr
    error: standard input must be two lines: the old password and the new one
    ");
    assert_snapshot!(change(format!("{GOOD}\n\n")), @"
    status 65
    -- stderr
    error: the password is empty; give at least one character
    ");
    assert_snapshot!(change(format!("\n{OTHER}\n")), @"
    status 65
    -- stderr
    error: the password is empty; give at least one character
    ");
    assert!(world.accepts("alice", GOOD));
}

#[test]
fn wrong_unknown_locked_saml_and_none_are_refused_in_the_same_words() {
    let world = world();
    world.set_password("bob", GOOD);
    world.run("users lock bob").expect_status(0);
    let change = |user: &str, old: &str| {
        let command = world.command("users change-password --stdin").argument(user);
        command.stdin(format!("{old}\n{OTHER}\n")).run()
    };
    let wrong = change("alice", OTHER);
    assert_snapshot!(wrong, @"
    status 65
    -- stderr
    error: the old password is not the password of this user, or this user cannot sign in with a password now
    ");
    assert_snapshot!(world.newest_event(), @r#"
    users change-password | refused | owner, Admin | -
    {"refusal":"the old password is not the password of this user, or this user cannot sign in with a password now","user":"alice"}
    "#);
    for user in ["nobody", "bob", "sam"] {
        assert_eq!(change(user, GOOD), wrong, "{user}");
    }
    assert!(world.accepts("alice", GOOD));
}

#[test]
fn the_policy_holds_and_says_each_rule() {
    let world =
        World::with_rules("history = 1\nclasses = [\"lower\"]").with_users("alice").with_password("alice", GOOD);
    let change = |new: &str| world.command("users change-password alice --stdin").stdin(format!("{GOOD}\n{new}")).run();
    assert_snapshot!(change("PASSWORD"), @"
    status 65
    -- stderr
    error: the password does not meet the organization's requirements
      - too short: 8 characters, at least 15 are needed
      - no lowercase letter: at least one is needed
      - too common: it is on a list of refused passwords, or is one of them with digits or symbols added or letters replaced
    hint: all requirements: cxme-admin policy show; help: help@example.com, extension 4711
    ");
    assert_snapshot!(change(GOOD), @"
    status 65
    -- stderr
    error: the password does not meet the organization's requirements
      - used before: it is the user's current password
    hint: all requirements: cxme-admin policy show; help: help@example.com, extension 4711
    ");
    assert!(world.accepts("alice", GOOD));
}

#[test]
fn a_password_that_must_be_changed_is_changed_for_good() {
    let world = World::new().with_users("alice");
    world.command("users set-password alice --stdin --must-change").stdin(GOOD).run().expect_status(0);
    world.command("users change-password alice --stdin").stdin(format!("{GOOD}\n{OTHER}")).run().expect_status(0);
    assert_eq!(world.ask("SELECT must_change_password FROM users"), "0");
}

#[test]
fn the_current_password_again_is_refused_whatever_the_history_says_and_never_ends_the_demand_for_another() {
    let world = World::new().with_users("alice");
    world.command("users set-password alice --stdin --must-change").stdin(GOOD).run().expect_status(0);
    let again = format!("{GOOD}\n{GOOD}\n");
    assert_snapshot!(world.command("users change-password alice --stdin").stdin(&again).run(), @"
    status 65
    -- stderr
    error: the password does not meet the organization's requirements
      - used before: it is the user's current password
    hint: all requirements: cxme-admin policy show; help: help@example.com, extension 4711
    ");
    assert_eq!(world.command("users change-password alice --stdin -n").stdin(&again).run().status, 65);
    // A password on its way from the keyboard is the same in both normal forms.
    let accented =
        world.command("users set-password alice --stdin --must-change").stdin("cafe\u{301} horse battery lantern");
    accented.run().expect_status(0);
    let again = "cafe\u{301} horse battery lantern\ncaf\u{e9} horse battery lantern\n";
    world.command("users change-password alice --stdin").stdin(again).run().expect_status(65);
    assert_eq!(world.ask("SELECT must_change_password FROM users"), "1");
    let typed = ["caf\u{e9} horse battery lantern", "caf\u{e9} horse battery lantern", OTHER, OTHER];
    let run = world.command("users change-password alice").typing(typed).run().expect_status(0);
    assert!(run.to_string().contains("used before: it is the user's current password"), "{run}");
    assert_eq!(world.ask("SELECT must_change_password FROM users"), "0");
}

#[test]
fn a_dry_run_asks_nothing_and_no_terminal_is_said() {
    let world = world();
    assert_snapshot!(world.command("users change-password alice --dry-run").typing([]).run(), @"
    status 0
    -- stdout
    Would change the password if the old one is right. Nothing was asked.
    -- stderr
    Dry run; nothing was changed.
    ");
    assert_snapshot!(world.run("users change-password alice"), @"
    status 2
    -- stderr
    error: cannot prompt (no terminal or `--no-input`): The old and the new password
    hint: give `--stdin`
    ");
}

#[test]
fn a_dry_run_checks_both_passwords_of_standard_input_and_changes_nothing() {
    let world = world();
    let try_out = |stdin: String| world.command("users change-password alice --stdin -n").stdin(stdin).run();
    assert_snapshot!(try_out(format!("{GOOD}\n{OTHER}\n")), @"
    status 0
    -- stdout
    Would change the password of alice.
    ");
    assert_eq!(try_out(format!("{GOOD}\nshort\n")).status, 65, "the policy");
    assert_eq!(try_out(format!("{GOOD}\n")).status, 65, "one line");
    assert!(world.accepts("alice", GOOD) && !world.accepts("alice", OTHER));
    let run = try_out(format!("{OTHER}\n{GOOD}\n"));
    assert!(run.status == 65 && run.err().contains("the old password"), "{run}");
}
