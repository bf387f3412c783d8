//! `store`.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;

use insta::assert_snapshot;

use crate::support::CAROL;
use crate::support::GOOD;
use crate::support::World;

#[test]
fn a_sound_store_is_said_to_be_sound() {
    let world = World::new().with_users("alice");
    assert_snapshot!(world.run("store check"), @"
    status 0
    -- stdout
    EXAMINED    FOUND
    modes       sound
    integrity   sound
    references  sound
    audit       sound
    reset key   sound
    ");
}

#[test]
fn a_reference_that_leads_nowhere_is_found() {
    let world = World::new().with_users("alice");
    world.sql("PRAGMA foreign_keys = OFF; UPDATE user SET role_id = 99");
    assert_snapshot!(world.run("store check"), @"
    status 65
    -- stdout
    EXAMINED    FOUND
    modes       sound
    integrity   sound
    references  user: row 1
    audit       sound
    reset key   sound
    -- stderr
    error: the store has 1 fault
    hint: modes and key: as it says; else keep a copy of the file as it is, and restore the newest sound backup
    ");
}

#[test]
fn a_backup_is_a_whole_store_for_its_owner_alone() {
    let world = World::new().with_users("alice").with_password("alice", GOOD);
    let back_up = || world.command("store backup -v").argument(world.path("copy.db")).run();
    assert_snapshot!(back_up(), @"
    status 0
    -- stderr
    The store is copied to [DIR]/copy.db.
    ");
    assert_eq!(fs::metadata(world.path("copy.db")).unwrap().permissions().mode() & 0o7777, 0o600);
    let from = |command: &str| world.command(command).argument("--store").argument(world.path("copy.db"));
    from("store check").run().expect_status(0);
    from("audit verify").run().expect_status(0);
    from("users verify-password alice --stdin").stdin(GOOD).run().expect_status(0);
    assert!(from("audit list").run().out().contains("store backup"), "the event stands in the copy too");
    assert_snapshot!(back_up(), @"
    status 74
    -- stderr
    error: [DIR]/copy.db: exists already: move it away, or give another path
    ");
}

#[test]
fn a_backup_that_would_only_be_made_is_not() {
    let world = World::new();
    let run = world.command("store backup --dry-run -v").argument(world.path("copy.db")).run();
    assert_snapshot!(run, @"
    status 0
    -- stderr
    The store would be copied to [DIR]/copy.db.
    ");
    assert!(!world.path("copy.db").exists());
}

#[test]
fn a_store_of_the_present_version_needs_no_migration() {
    let world = World::new();
    let before = world.events();
    assert_snapshot!(world.run("store migrate -v"), @"
    status 0
    -- stderr
    The store has the schema version 2 already: nothing was changed.
    ");
    assert_eq!(world.events(), before);
}

#[test]
fn a_store_from_before_the_outbox_is_brought_up_with_its_users() {
    let world = World::new().with_users("alice").with_password("alice", GOOD);
    world.sql(
        "DROP TRIGGER link_dies_with_a_change; DROP TRIGGER link_dies_with_the_user; DROP TABLE message; DROP TABLE job; \
         PRAGMA user_version = 1",
    );
    assert_eq!(world.run("users list").status, 78);
    assert_snapshot!(world.run("store migrate -v"), @"
    status 0
    -- stderr
    The store is brought from schema version 1 to 2; a copy is at [DIR]/data/store.before-1.db.
    ");
    assert!(world.accepts("alice", GOOD));
    world.set_password("alice", "seven violet umbrellas whistle");
    assert_eq!(world.ask("SELECT count(*) FROM message"), "0");
}

#[test]
fn an_older_store_is_named_by_every_other_command() {
    let world = World::new();
    world.sql("PRAGMA user_version = 0");
    assert_snapshot!(world.run("users list"), @"
    status 78
    -- stderr
    error: [DIR]/data/store.db: the store has schema version 0, this program needs 2
    hint: bring it up: cxme-admin store migrate
    ");
}

#[test]
fn the_store_is_for_those_who_manage_it() {
    let world = World::new().with_operator(CAROL, "Minimal Permissions");
    for command in ["store check", "store migrate", "store backup /absent/copy.db"] {
        let run = world.command(command).uid(CAROL).run();
        assert_eq!(run.status, 77, "{command}: {run}");
        assert!(run.err().contains("manage-store"), "{command}: {run}");
    }
}
