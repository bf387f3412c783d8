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
    assert_snapshot!(world.command("users set-password alice --stdin").stdin(GOOD).run(), @"");
    assert_snapshot!(world.run("users lock alice --reason ' '"), @"");
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
    assert_snapshot!(run, @"");
    assert_snapshot!(world.command("users delete bob").typing(["left the organization", "y"]).run(), @"");
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
    assert_snapshot!(world.run("users list"), @"");
}
