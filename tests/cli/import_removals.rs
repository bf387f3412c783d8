//! Passwords that an import takes away: counted, asked for and recorded.

use cxme_admin::actions::ActionError;
use cxme_admin::actions::Desk;
use cxme_admin::actions::Intent;
use cxme_admin::actions::Rules;
use cxme_admin::actions::users::import;
use cxme_admin::clock::ScriptedClock;
use cxme_admin::domain::operator::Account;
use cxme_admin::domain::refusal::Refusal;
use cxme_admin::private_file::Rule;
use cxme_admin::random::ScriptedRandom;
use cxme_admin::store::Store;
use cxme_admin::store::open::Expect;
use insta::assert_snapshot;
use jiff::tz::TimeZone;

use crate::support::CAROL;
use crate::support::Command;
use crate::support::GOOD;
use crate::support::World;

/// Alice and Bob have a password, Carla has none; an update moves all three to SAML, Alice by her address alone.
const MOVE: &str = "username,email,sign_in\nalice,alice@idp.example.com,\nbob,,saml\ncarla,,saml\n";

fn world() -> World {
    World::new().with_users("alice,bob,carla").with_password("alice", GOOD).with_password("bob", GOOD)
}

fn update<'a>(world: &'a World, options: &str) -> Command<'a> {
    world.command(&format!("users import {options}")).argument(world.file("moved.csv", MOVE))
}

fn passwords(world: &World) -> String {
    world.ask("SELECT count(password_hash) FROM user")
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
    ");
    assert_snapshot!(update(&world, "--update -n -o json").run(), @r#"
    status 0
    -- stdout
    {"added":0,"changed":3,"unchanged":0,"notices":0,"dry_run":true,"sha256":"98aaf08fe107251184ee7fca19460337e77ba6036954ebbc5355539492da0843","passwords_removed":2}
    "#);
    assert_snapshot!(update(&world, "--update").typing(["n"]).run(), @"
    status 65
    -- asked
    Remove 2 passwords, whose users would sign in with SAML? [y/N] n
    -- stderr
    error: not confirmed: nothing was changed
    ");
    assert_eq!(passwords(&world), "2");
    assert_snapshot!(update(&world, "--update").typing(["y"]).run(), @"
    status 0
    -- asked
    Remove 2 passwords, whose users would sign in with SAML? [y/N] y
    -- stderr
    0 added, 3 changed, 0 unchanged. Removed 2 passwords: the users sign in with SAML.
    The same without questions: cxme-admin users import --update [DIR]/moved.csv --yes
    ");
    assert_eq!(passwords(&world), "0");
}

/// The operator was asked before the lock of the store was taken: more than they confirmed is not removed.
#[test]
fn passwords_set_since_the_operator_confirmed_are_not_removed() {
    let world = World::new().with_users("alice,bob,carla").with_password("alice", GOOD);
    let account = Account {
        uid: nix::unistd::geteuid().as_raw(),
        name: "owner".to_owned(),
        is_name_known: true,
        login_uid: None,
        host: "host".to_owned(),
        by_sudo: false,
    };
    let store = Store::open(&world.store(), &Rule::store(false), Expect::Current).unwrap();
    let (clock, random) = (Box::new(ScriptedClock::new(world.now())), Box::new(ScriptedRandom::new(1)));
    let desk = Desk::new(store, account, Rules::default(), clock, random);
    let options = import::Options {
        mode: import::Mode::Update,
        clear: Vec::new(),
        delimiter: None,
        ignore_unknown: false,
        source: "-".to_owned(),
        notify: false,
        time_zone: TimeZone::UTC,
    };
    let (mut rows, intent) = ("username,sign_in\nalice,saml\nbob,saml\n".as_bytes(), Intent::default());
    let checked = import::check(&desk, &mut rows, &options, &intent, &mut |_| ()).unwrap();
    assert_eq!(checked.passwords_removed, 1);
    world.set_password("bob", GOOD);
    let write = |confirmed| import::write(&desk, &checked, confirmed, &intent, &mut |_| ());
    let refused = write(Some(checked.passwords_removed)).unwrap_err();
    assert!(matches!(refused, ActionError::Refused(Refusal::PasswordsRemoved { passwords: 2 })), "{refused}");
    assert_eq!(passwords(&world), "2");
    assert_eq!(write(Some(2)).unwrap().imported.passwords_removed, 2);
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
