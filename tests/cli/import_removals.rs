//! Passwords that an import takes away: counted, asked for and recorded.

use cxme_admin::actions::users::import;
use cxme_admin::app::ActionError;
use cxme_admin::app::ChangeOptions;
use cxme_admin::domain::refusal::Refusal;
use cxme_admin::domain::removal::Removals;
use insta::assert_snapshot;
use jiff::tz::TimeZone;

use crate::support::CAROL;
use crate::support::Command;
use crate::support::GOOD;
use crate::support::World;
use crate::support::me;

/// Alice and Bob have a password, Carla has none; an update moves all three to SAML, Alice by the address alone.
const MOVE: &str = "username,email,sign_in\nalice,alice@idp.example.com,\nbob,,saml\ncarla,,saml\n";

fn world() -> World {
    World::new().with_users("alice,bob,carla").with_password("alice", GOOD).with_password("bob", GOOD)
}

fn update<'a>(world: &'a World, options: &str) -> Command<'a> {
    world.command(&format!("users import {options}")).argument(world.file("moved.csv", MOVE))
}

fn passwords(world: &World) -> String {
    world.ask("SELECT count(password_hash) FROM users")
}

#[test]
fn without_a_terminal_an_update_that_removes_passwords_needs_yes() {
    let world = world();
    let events = world.events();
    assert_snapshot!(update(&world, "--update").run(), @"
    status 65
    -- stderr
    error: 2 passwords would be removed, because the users would sign in with SAML; nothing was changed
    hint: look at them with `--dry-run`; give `--yes` to remove them without being asked
    ");
    assert_snapshot!(update(&world, "--update-only --no-input").typing(["y"]).run(), @"
    status 65
    -- stderr
    error: 2 passwords would be removed, because the users would sign in with SAML; nothing was changed
    hint: look at them with `--dry-run`; give `--yes` to remove them without being asked
    ");
    assert_eq!((passwords(&world), world.events()), ("2".to_owned(), events));
    assert_snapshot!(update(&world, "--update --yes -v").run(), @"
    status 0
    -- stderr
    0 added, 3 changed, 0 unchanged. Removed 2 passwords: the users sign in with SAML.
    ");
    assert_eq!(passwords(&world), "0");
    assert_snapshot!(world.newest_event(), @r#"
    users import | done | owner, Admin | -
    {"added":0,"changed":3,"passwords_removed":2,"sha256":"98aaf08fe107251184ee7fca19460337e77ba6036954ebbc5355539492da0843","source":"[DIR]/moved.csv","unchanged":0}
    "#);
    assert!(!world.accepts("alice", GOOD));
    // Nothing is left to remove, and nobody is asked.
    update(&world, "--update").run().expect_status(0);
}

#[test]
fn at_a_terminal_it_asks_and_a_dry_run_says_how_many() {
    let world = world();
    assert_snapshot!(update(&world, "--update -n").run(), @"
    status 0
    -- stdout
    0 would be added, 3 would be changed, 0 unchanged. Would remove 2 passwords: the users sign in with SAML.
    line 2: alice would lose the password.
    line 3: bob would lose the password.
    ");
    assert_snapshot!(update(&world, "--update -n -o json").run(), @r#"
    status 0
    -- stdout
    {"added":0,"changed":3,"unchanged":0,"notices":0,"dry_run":true,"sha256":"98aaf08fe107251184ee7fca19460337e77ba6036954ebbc5355539492da0843","passwords_removed":2,"locks_shortened":0,"roles_changed":0,"password_removed_users":[{"line":2,"username":"alice"},{"line":3,"username":"bob"}],"lock_shortened_users":[]}
    "#);
    assert_snapshot!(update(&world, "--update").typing(["n"]).run(), @"
    status 65
    -- asked
    Remove 2 passwords, whose users would sign in with SAML? [y/N] n
    -- stderr
    error: aborted; nothing was changed
    ");
    assert_eq!(passwords(&world), "2");
    assert_snapshot!(update(&world, "--update").typing(["y"]).run(), @"
    status 0
    -- asked
    Remove 2 passwords, whose users would sign in with SAML? [y/N] y
    -- stderr
    0 added, 3 changed, 0 unchanged. Removed 2 passwords: the users sign in with SAML.
    Non-interactive equivalent: cxme-admin users import --update [DIR]/moved.csv --yes
    ");
    assert_eq!(passwords(&world), "0");
}

/// An export that is older than a lock says that the user is active.
#[test]
fn an_old_export_unlocks_nobody_without_being_confirmed() {
    let world = World::new().with_role("Clerk", "view-users").with_users("v1,v2,v3");
    let export = world.run("users export").expect_status(0).out();
    world.run("users lock v2 --reason 'dismissed today'").expect_status(0);
    world.run("users lock v3 --for 30d").expect_status(0);
    let update = |options: &str| world.command(&format!("users import - --update {options}")).stdin(&export);
    let locked = || world.ask("SELECT group_concat(username, ' ') FROM users WHERE locked_at IS NOT NULL");
    let events = world.events();
    assert_snapshot!(update("").run(), @"
    status 65
    -- stderr
    error: 2 locks would be ended or shortened; nothing was changed
    hint: look at them with `--dry-run`; give `--yes` to do it without being asked
    ");
    assert_snapshot!(update("-n").run(), @"
    status 0
    -- stdout
    0 would be added, 2 would be changed, 1 unchanged. Would end or shorten 2 locks.
    line 3: v2 would be unlocked.
    line 4: v3 would be unlocked.
    ");
    assert_snapshot!(update("-n -o json").run(), @r#"
    status 0
    -- stdout
    {"added":0,"changed":2,"unchanged":1,"notices":0,"dry_run":true,"sha256":"7475a686f53410d72c1c2479005e9dd0fe63209c3b759b7c7b40747a70d84342","passwords_removed":0,"locks_shortened":2,"roles_changed":0,"password_removed_users":[],"lock_shortened_users":[{"line":3,"username":"v2"},{"line":4,"username":"v3"}]}
    "#);
    assert_eq!((locked(), world.events()), ("v2 v3".to_owned(), events));
    let file = world.file("w.csv", &export);
    let at_terminal = || world.command("users import --update").argument(&file);
    assert_snapshot!(at_terminal().typing(["n"]).run(), @"
    status 65
    -- asked
    End or shorten 2 locks? [y/N] n
    -- stderr
    error: aborted; nothing was changed
    ");
    assert_eq!(locked(), "v2 v3");
    // A lock that would only end sooner is one too, and a role is counted.
    let rows = "username,locked_until,role\nv2,2026-12-01T00:00Z,Clerk\nv3,2026-12-24T08:00Z,\n";
    let shorter = |options: &str| world.command(&format!("users import - --update {options}")).stdin(rows);
    assert_snapshot!(shorter("-n").run(), @"
    status 0
    -- stdout
    0 would be added, 1 would be changed, 1 unchanged. Would end or shorten 1 lock. Would change the role of 1 user.
    line 2: v2 would be locked for a shorter time.
    ");
    shorter("").run().expect_status(65);
    assert_snapshot!(shorter("--yes -v").run(), @"
    status 0
    -- stderr
    0 added, 1 changed, 1 unchanged. Ended or shortened 1 lock. Changed the role of 1 user.
    ");
    assert_snapshot!(world.newest_event(), @r#"
    users import | done | owner, Admin | -
    {"added":0,"changed":1,"locks_shortened":1,"roles_changed":1,"sha256":"552b6839cd9f432617d05959d8c625aeb76ef43aff794d5e30cb755abd261e88","source":"-","unchanged":1}
    "#);
    // Longer is no loss.
    world.command("users import - --update").stdin("username,locked_until\nv2,2027-01-01\n").run().expect_status(0);
    assert_snapshot!(at_terminal().typing(["y"]).run(), @"
    status 0
    -- asked
    End or shorten 2 locks? [y/N] y
    -- stderr
    0 added, 2 changed, 1 unchanged. Ended or shortened 2 locks. Changed the role of 1 user.
    Non-interactive equivalent: cxme-admin users import --update [DIR]/w.csv --yes
    ");
    assert_eq!(locked(), "-");
}

#[test]
fn the_first_users_who_would_lose_something_are_named_and_the_others_counted() {
    let users: Vec<String> = (1..=23).map(|number| format!("u{number}")).collect();
    let world = World::new().with_users(&users.join(",")).with_password("u2", GOOD).with_password("u3", GOOD);
    world.run("users lock --all --yes").expect_status(0);
    assert_snapshot!(world.run("users edit --all --sign-in saml -n"), @"
    status 0
    -- stdout
    Would change sign_in of 23 users and remove 2 passwords (u2, u3).
    ");
    assert_snapshot!(world.run("users edit u1 u2 --sign-in saml -n -o json"), @r#"
    status 0
    -- stdout
    [
    {"action":"users edit","would_change":true,"users":2,"users_changed":2,"usernames":["u1","u2"],"changed":["sign_in"],"passwords_removed":1,"password_removed_usernames":["u2"],"without_password":0}
    ]
    "#);
    let rows: String = users.iter().map(|user| format!("{user},active,saml\n")).collect();
    let rows = format!("username,status,sign_in\n{rows}");
    assert_snapshot!(world.command("users import - --update -n").stdin(&rows).run(), @"
    status 0
    -- stdout
    0 would be added, 23 would be changed, 0 unchanged. Would remove 2 passwords: the users sign in with SAML. Would end or shorten 23 locks.
    line 2: u1 would be unlocked.
    line 3: u2 would lose the password and be unlocked.
    line 4: u3 would lose the password and be unlocked.
    line 5: u4 would be unlocked.
    line 6: u5 would be unlocked.
    line 7: u6 would be unlocked.
    line 8: u7 would be unlocked.
    line 9: u8 would be unlocked.
    line 10: u9 would be unlocked.
    line 11: u10 would be unlocked.
    line 12: u11 would be unlocked.
    line 13: u12 would be unlocked.
    line 14: u13 would be unlocked.
    line 15: u14 would be unlocked.
    line 16: u15 would be unlocked.
    line 17: u16 would be unlocked.
    line 18: u17 would be unlocked.
    line 19: u18 would be unlocked.
    line 20: u19 would be unlocked.
    line 21: u20 would be unlocked.
    … and 3 more (`-o json` names them).
    ");
    let data = world.command("users import - --update -n -o json").stdin(&rows).run().expect_status(0).out();
    let data: serde_json::Value = serde_json::from_str(&data).unwrap();
    assert_eq!(
        data["password_removed_users"],
        serde_json::json!([{"line": 3, "username": "u2"}, {"line": 4, "username": "u3"}])
    );
    assert_eq!(data["lock_shortened_users"].as_array().unwrap().len(), 23);
    let array = r#"[{"username": "u2", "sign_in": "saml", "status": "active"}]"#;
    assert_snapshot!(world.command("users import - --update").stdin(array).run(), @"
    status 65
    -- stderr
    error: 1 password would be removed, because the users would sign in with SAML, and 1 lock would be ended or shortened; nothing was changed
    hint: look at them with `--dry-run`; give `--yes` to do it without being asked
    ");
    assert_snapshot!(world.command("users import - --update -n").stdin(array).run(), @"
    status 0
    -- stdout
    0 would be added, 1 would be changed, 0 unchanged. Would remove 1 password: the users sign in with SAML. Would end or shorten 1 lock.
    line 1, element 1: u2 would lose the password and be unlocked.
    ");
}

/// The operator was asked before the lock of the store was taken: more than they confirmed is not removed.
#[test]
fn passwords_set_since_the_operator_confirmed_are_not_removed() {
    let world = World::new().with_users("alice,bob,carla").with_password("alice", GOOD);
    let app = world.app(me(), "owner");
    let options = import::ImportOptions {
        mode: import::Mode::Update,
        clear: Vec::new(),
        delimiter: None,
        ignore_unknown: false,
        source: "-".to_owned(),
        notify: false,
        time_zone: TimeZone::UTC,
    };
    let (mut rows, change_options) = ("username,sign_in\nalice,saml\nbob,saml\n".as_bytes(), ChangeOptions::default());
    let checked = import::check(&app, &mut rows, &options, &change_options, &mut |_| ()).unwrap();
    assert_eq!(checked.removals, Removals::of_passwords(1));
    world.set_password("bob", GOOD);
    let write = |confirmed| import::write(&app, &checked, confirmed, &change_options, &mut |_| ());
    let refused = write(Some(checked.removals)).unwrap_err();
    assert!(
        matches!(refused, ActionError::Refused(Refusal::Removals(Removals { passwords: 2, locks: 0 }))),
        "{refused}"
    );
    assert_eq!(passwords(&world), "2");
    assert_eq!(write(Some(Removals::of_passwords(2))).unwrap().effects.removals.passwords, 2);
    assert_eq!(passwords(&world), "0");
}

#[test]
fn an_update_that_removes_no_password_asks_nothing() {
    let world = World::new().with_users("alice,carla").with_password("alice", GOOD);
    let rows = "username,name,sign_in\nalice,Alice Adams,password\ncarla,,saml\n";
    let run = world.command("users import - --update -o json").stdin(rows).run().expect_status(0);
    assert!(run.out().contains(r#""passwords_removed":0"#), "{run}");
    assert!(world.accepts("alice", GOOD));
}

#[test]
fn rows_refused_for_rank_are_one_event_with_their_count_and_the_first_usernames() {
    let world = World::new()
        .with_role("Mine", "view-users add-users edit-users")
        .with_users("boss:Admin,chief:Admin,alice")
        .with_operator(CAROL, "Mine");
    let events = world.events();
    let refused = |rows: &str, options: &str| {
        let run = world.command(&format!("users import - {options}")).uid(CAROL).stdin(rows).run();
        assert_eq!(run.status, 77, "{run}");
    };
    refused("username,name,role\nboss,B,\nalice,A,\nchief,C,\nalice,,Admin\n", "--update");
    assert_snapshot!(world.newest_event(), @r#"
    users import | refused | carol, Mine | -
    {"count":3,"refusal":"3 rows concern a role with permissions that your role, Mine, lacks; nothing was imported","usernames":["alice","boss","chief"]}
    "#);
    refused("email,role\nnew@example.com,Admin\n", "");
    assert_snapshot!(world.newest_event(), @r#"
    users import | refused | carol, Mine | -
    {"count":1,"refusal":"1 row concerns a role with permissions that your role, Mine, lacks; nothing was imported","usernames":["new"]}
    "#);
    assert_eq!(world.events(), events + 2);
    let many: String = (0..50).map(|number| format!("user{number}@example.com,Admin\n")).collect();
    refused(&format!("email,role\n{many}"), "");
    let event = world.newest_event();
    assert!(event.contains(r#""count":50"#) && event.contains("\"user19\"]"), "{event}");
}
