//! `[audit] require_reason`.

use std::fs;

use insta::assert_snapshot;

use crate::support::CAROL;
use crate::support::GOOD;
use crate::support::World;

/// A world in which these commands need a reason.
fn requiring(commands: &str) -> World {
    let world = World::with_mail().with_users("alice,bob");
    let text = fs::read_to_string(world.config()).unwrap();
    world.write_config(&format!("{text}[audit]\nrequire_reason = [{commands}]\n"));
    world
}

#[test]
fn a_command_that_needs_a_reason_is_refused_without_one() {
    let world = requiring(r#""users set-password", "users lock""#);
    let events = world.events();
    assert_snapshot!(world.command("users set-password alice --stdin").stdin(GOOD).run(), @"
    status 2
    -- stderr
    error: cannot prompt (no terminal or `--no-input`): Reason
    hint: give `--reason TEXT`: `users set-password` needs a reason here ([audit] require_reason)
    ");
    assert_snapshot!(world.run("users lock alice --reason ' '"), @"
    status 2
    -- stderr
    error: `users lock` needs a reason here ([audit] require_reason); nothing was changed
    hint: give `--reason TEXT`
    ");
    for command in
        ["users set-password alice --generate", "users add carl@example.com --generate", "users lock --all --yes"]
    {
        assert_eq!(world.run(command).status, 2, "{command}");
    }
    assert_eq!(world.events(), events);
    world.command("users set-password alice --stdin --reason TICKET-12").stdin(GOOD).run().expect_status(0);
    world.run("users add carl@example.com --generate --reason TICKET-13").expect_status(0);
    // Nothing is changed by these.
    world.run("users lock alice --dry-run").expect_status(0);
    world.run("users unlock bob").expect_status(0);
    world.run("users add dora@example.com").expect_status(0);
}

#[test]
fn at_a_terminal_the_reason_is_prompted_for_before_anything_else() {
    let world = requiring(r#""users set-password", "users delete""#);
    let run = world.command("users set-password alice").typing(["TICKET-12", GOOD, GOOD]).run();
    assert_snapshot!(run, @"
    status 0
    -- asked
    Reason: TICKET-12
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
    Non-interactive equivalent: cxme-admin users set-password alice --reason TICKET-12 --stdin < FILE
    ");
    assert_snapshot!(world.command("users delete bob").typing(["left the organization", "y"]).run(), @"
    status 0
    -- asked
    Reason: left the organization
    Delete bob (bob@example.com) permanently? [y/N] y
    -- stderr
    Deleted bob (bob@example.com).
    Non-interactive equivalent: cxme-admin users delete bob --reason 'left the organization' --yes
    ");
    let reasons = world.ask("SELECT group_concat(reason, '; ') FROM events WHERE reason IS NOT NULL");
    assert_eq!(reasons, "TICKET-12; left the organization");
    let events = world.events();
    assert_eq!(world.command("users set-password alice").typing([""]).run().status, 2);
    assert_eq!(world.command("users set-password alice --no-input").typing(["x"]).run().status, 2);
    assert_eq!(world.events(), events);
}

#[test]
fn a_menu_that_leads_to_the_command_asks_for_the_reason_too() {
    let world = requiring(r#""users set-password""#);
    let run = world.command("users password alice").typing([""]).run();
    assert_eq!(run.status, 2, "{run}");
    assert!(run.asked.starts_with("Reason: "), "{run}");
}

#[test]
fn an_operator_without_the_permission_is_told_that_and_not_asked() {
    let world = requiring(r#""users set-password""#).with_operator(CAROL, "Minimal Permissions");
    let run = world.command("users set-password alice").uid(CAROL).typing(["TICKET-12"]).run().expect_status(77);
    assert_eq!(run.asked, "");
}

#[test]
fn a_name_that_is_no_command_or_changes_nothing_is_refused_with_its_line() {
    let world = World::new();
    let text = fs::read_to_string(world.config()).unwrap();
    world.write_config(&format!(
        "{text}[audit]\nrequire_reason = [\n  \"users set-pasword\",\n  \"users list\",\n  \"whatever\",\n  \"users lock\",\n  \"users lock\",\n]\n"
    ));
    assert_snapshot!(world.run("users list"), @r#"
    status 78
    -- stderr
    error: the configuration has 4 problems
      - [DIR]/config/cxme-admin/config.toml:17: [audit] require_reason: expected a command such as "users set-password" (did you mean "users set-password"?), found "users set-pasword"
      - [DIR]/config/cxme-admin/config.toml:18: [audit] require_reason: expected a command that changes something; no event tells of this one, found "users list"
      - [DIR]/config/cxme-admin/config.toml:19: [audit] require_reason: expected a command such as "users set-password", found "whatever"
      - [DIR]/config/cxme-admin/config.toml:21: [audit] require_reason: "users lock" appears twice in the list
    "#);
}
