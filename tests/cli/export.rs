//! `users export`.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;

use insta::assert_snapshot;

use crate::support::CAROL;
use crate::support::GOOD;
use crate::support::World;

#[test]
fn what_is_exported_can_be_imported() {
    let world = World::new().with_users("alice:Admin,bob").with_saml_user();
    world.run("users lock bob").expect_status(0);
    let exported = world.run("users export").expect_status(0);
    assert_snapshot!(exported, @"
    status 0
    -- stdout
    username,email,name,role,status,locked_until,sign_in,locale,password_set_at,must_change_password,password_expires_at,last_login_at,created_at,updated_at
    alice,alice@example.com,Alice Example,Admin,active,,password,,,false,,,2026-11-24T08:00:00Z,2026-11-24T08:00:00Z
    bob,bob@example.com,Bob Example,Minimal Permissions,locked,,password,,,false,,,2026-11-24T08:00:00Z,2026-11-24T08:00:00Z
    sam,sam@idp.example.com,,Minimal Permissions,active,,saml,,,false,,,2026-11-24T08:00:00Z,2026-11-24T08:00:00Z
    ");
    for form in ["csv", "ndjson"] {
        let exported = world.run(&format!("users export -o {form}")).expect_status(0).stdout;
        let other = World::new();
        other.command("users import -").stdin(&exported).run().expect_status(0);
        let again = other.run("users list -o csv --columns username,email,name,role,status,sign_in,locale");
        let first = world.run("users list -o csv --columns username,email,name,role,status,sign_in,locale");
        assert_eq!(again.out(), first.out(), "{form}");
    }
}

#[test]
fn an_export_is_chosen_as_a_list_is() {
    let world = World::new().with_users("alice,bob");
    let run = world.run("users export --search alice -o ndjson").expect_status(0);
    assert_eq!(run.out().lines().count(), 1);
    assert_eq!(world.command("users export --from -").stdin("nobody").run().status, 67);
}

#[test]
fn a_file_is_new_and_for_its_owner_alone() {
    let world = World::new().with_users("alice");
    let to = |name: &str| world.command("users export --to").argument(world.path(name)).at_terminal().run();
    assert_snapshot!(to("out.csv"), @"
    status 0
    -- stderr
    Exported 1 user to [DIR]/out.csv.
    ");
    assert_eq!(fs::metadata(world.path("out.csv")).unwrap().permissions().mode() & 0o7777, 0o600);
    let before = fs::read(world.path("out.csv")).unwrap();
    assert_snapshot!(to("out.csv"), @"
    status 74
    -- stderr
    error: [DIR]/out.csv: already exists: give another path
    ");
    assert_eq!(fs::read(world.path("out.csv")).unwrap(), before);
    std::os::unix::fs::symlink(world.path("target"), world.path("link")).unwrap();
    assert_eq!(to("link").status, 74);
    assert!(!world.path("target").exists());
    assert_eq!(to("absent/out.csv").status, 74);
}

#[test]
fn hashes_go_only_to_a_new_file_and_the_event_says_who_took_them() {
    let world = World::new().with_users("alice,bob").with_password("alice", GOOD);
    assert_snapshot!(world.run("users export --with-hashes"), @"
    status 2
    -- stderr
    error: password hashes go to a new file of mode 0600, not to standard output
    hint: name it with `--to FILE`
    ");
    let to = |name: &str| {
        world.command("users export --with-hashes --reason 'new mail server' --to").argument(world.path(name)).run()
    };
    assert_snapshot!(to("hashes.csv"), @"status 0");
    assert_snapshot!(world.newest_event(), @r#"
    users export with hashes | done | owner, Admin | new mail server
    {"to":"[DIR]/hashes.csv","users":2}
    "#);
    assert_eq!(fs::metadata(world.path("hashes.csv")).unwrap().permissions().mode() & 0o7777, 0o600);
    let exported = fs::read_to_string(world.path("hashes.csv")).unwrap();
    assert!(exported.contains("$argon2id$v=19$m=19456,t=2,p=1$"), "{exported}");
    assert!(!world.run("users export").out().contains("$argon2id"));
    let other = World::new();
    other.command("users import -").stdin(&exported).run().expect_status(0);
    assert!(other.accepts("alice", GOOD));
    let events = world.events();
    assert_eq!(to("hashes.csv").status, 74);
    assert_eq!(world.events(), events, "none were taken");
}

#[test]
fn hashes_need_their_own_permission() {
    let world = World::new().with_users("alice").with_operator(CAROL, "Minimal Permissions");
    world.command("users export").uid(CAROL).run().expect_status(0);
    let command = world.command("users export --with-hashes --to").argument(world.path("hashes.csv"));
    assert_snapshot!(command.uid(CAROL).run(), @"
    status 77
    -- stderr
    error: your role, Minimal Permissions, lacks the permission `export-hashes`
    hint: export-hashes: Export password hashes, and import them; an Admin can give another role
    ");
    assert!(!world.path("hashes.csv").exists());
}
