//! What `store check` finds in the rows, and what a restore says of a copy that is damaged.

use std::fs;
use std::os::unix::fs::symlink;

use insta::assert_snapshot;

use crate::support::World;

/// Damage that only somebody who writes to the file by other means can do, and what is said of it.
const DAMAGE: [(&str, &str); 13] = [
    (
        "INSERT INTO operators (uid, account, kind, role_id, added_at) VALUES (-1, 'x', 'person', 1, 1)",
        "operators: row -1: uid: -1 is out of range",
    ),
    (
        "INSERT INTO jobs (state, operator, operator_uid, created_at, selection) VALUES ('running', 'x', -7, 1, '--all')",
        "jobs: row 1: operator_uid: -7 is out of range",
    ),
    (
        "INSERT INTO messages (kind, state, address, operator, operator_uid, created_at, due_at) \
         VALUES ('test', 'queued', 'a@example.com', 'x', 4294967296, 1, 1)",
        "messages: row 1: operator_uid: 4294967296 is out of range",
    ),
    (
        "UPDATE roles SET name = 'swap' WHERE id = 1; UPDATE roles SET name = 'Admin' WHERE id = 2; \
         UPDATE roles SET name = 'Minimal Permissions' WHERE id = 1",
        "roles: row 1: name: not `Admin`, as this built-in role is called",
    ),
    ("UPDATE roles SET built_in = 0 WHERE id = 3", "roles: row 3: built_in: not marked as a built-in role"),
    (
        "INSERT INTO roles (id, name, built_in) VALUES (9, 'Extra', 1)",
        "roles: row 9: built_in: marked as a built-in role, and is none",
    ),
    (
        "UPDATE users SET password_hash = 'x', password_set_at = 1 WHERE username = 'alice'",
        "users: row 1: password_hash: not a PHC string",
    ),
    (
        "INSERT INTO password_history (user_id, replaced_at, password_hash) VALUES (1, 1, 'x')",
        "password_history: row 1: password_hash: not a PHC string",
    ),
    ("UPDATE users SET name = CAST(x'ff' AS TEXT) WHERE username = 'alice'", "users: row 1: name: invalid utf-8"),
    (
        "INSERT INTO sqlite_sequence VALUES ('messages', 9223372036854775807)",
        "messages: the next number would be 9223372036854775808: almost no numbers are left",
    ),
    (
        "UPDATE users SET id = 9223372036854775800 WHERE username = 'alice'",
        "users: the next number would be 9223372036854775801: almost no numbers are left",
    ),
    (
        "UPDATE clock_periods SET number = 9223372036854775807",
        "clock_periods: the next number would be 9223372036854775808: almost no numbers are left",
    ),
    (
        "UPDATE users SET session_epoch = 9223372036854775807 WHERE username = 'bob'",
        "users: row 2: session_epoch: 9223372036854775807 is out of range",
    ),
];

#[test]
fn whatever_row_a_command_could_not_use_is_found_and_no_copy_with_one_is_restored() {
    for (sql, fault) in DAMAGE {
        let world = World::new().with_users("alice,bob");
        world.command("store backup").argument(world.path("sound.db")).run().expect_status(0);
        world.sql(sql);
        let run = world.run("store check").expect_status(65);
        assert!(run.err().contains(&format!("  - rows: {fault}")), "{sql}: {run}");
        // The copy of the damaged store, which a backup makes as it is.
        world.command("store backup").argument(world.path("bad.db")).run().expect_status(0);
        world.command("store restore --yes").argument(world.path("sound.db")).run().expect_status(0);
        let run = world.command("store restore --yes").argument(world.path("bad.db")).run().expect_status(65);
        assert!(run.err().contains("/bad.db: damaged: "), "{sql}: {run}");
        assert!(run.err().contains(fault), "{sql}: {run}");
        world.run("store check").expect_status(0);
    }
}

#[test]
fn a_table_without_numbers_is_not_told_as_a_full_disk() {
    for (table, line) in [
        ("messages", "users send-reset alice"),
        ("jobs", "users send-reset --all --yes"),
        ("users", "users add carol@example.com"),
        ("users", "users import users.csv"),
        ("password_history", "users set-password alice --generate"),
    ] {
        let world = if table == "password_history" { World::with_rules("history = 3") } else { World::with_mail() };
        let world = world.with_users("alice,bob");
        world.run("users set-password alice --generate").expect_status(0);
        fs::write(world.path("users.csv"), "email\ncarol@example.com\n").unwrap();
        let line = line.replace("users.csv", world.path("users.csv").to_str().unwrap());
        let values = format!("('{table}', 9223372036854775807)");
        world.sql(&format!(
            "DELETE FROM sqlite_sequence WHERE name = '{table}'; INSERT INTO sqlite_sequence VALUES {values}"
        ));
        let run = world.run(&line);
        assert_eq!(run.status, 74, "{table}: {line}: {run}");
        let words =
            format!("error: the table `{table}` of the store has no number left for a new row; nothing was changed\n");
        assert!(run.err().starts_with(&words), "{line}: {run}");
    }
}

#[test]
fn an_event_that_cannot_be_read_is_a_fault_and_not_the_end_of_the_check() {
    let world = World::new();
    let trigger = world.ask("SELECT sql FROM sqlite_schema WHERE name = 'refuse_update_of_events'");
    world.sql(&format!(
        "DROP TRIGGER refuse_update_of_events; UPDATE events SET host = CAST(x'ff' AS TEXT) WHERE number = 1; {trigger}"
    ));
    let run = world.run("store check").expect_status(65);
    assert!(run.err().contains("  - rows: events: row 1: host: invalid utf-8"), "{run}");
    assert!(run.err().contains("  - audit: "), "{run}");
}

#[test]
fn a_damaged_copy_is_named_with_each_of_its_faults() {
    let world = World::new().with_users("alice,bob");
    world.command("store backup").argument(world.path("copy.db")).run().expect_status(0);
    let copy = |name: &str| {
        fs::copy(world.path("copy.db"), world.path(name)).unwrap();
        world.path(name)
    };
    let restore = |name: &str| world.command("store restore --yes").argument(world.path(name)).run();
    let connection = rusqlite::Connection::open(copy("references.db")).unwrap();
    connection.execute_batch("PRAGMA foreign_keys = OFF; UPDATE users SET role_id = 99").unwrap();
    connection.close().unwrap();
    assert_snapshot!(restore("references.db"), @"
    status 65
    -- stderr
    error: [DIR]/references.db: damaged: 2 faults
      - references: users: row 1
      - references: users: row 2
    hint: it was left as it is, and the store as well; restore another copy; the users of this one: cxme-admin --store [DIR]/references.db users export --with-hashes --to users.csv, which `users import --update` takes (docs/backup.md)
    ");
    let mut bytes = fs::read(world.path("copy.db")).unwrap();
    bytes[100..4_000].fill(0x5a);
    fs::write(copy("malformed.db"), &bytes).unwrap();
    let run = restore("malformed.db").expect_status(65);
    assert!(run.err().starts_with(&format!("error: {}: damaged: ", world.path("malformed.db").display())), "{run}");
    let connection = rusqlite::Connection::open(copy("edited.db")).unwrap();
    let trigger = "SELECT sql FROM sqlite_schema WHERE name = 'refuse_update_of_events'";
    let trigger: String = connection.query_row(trigger, [], |row| row.get(0)).unwrap();
    let sql = "DROP TRIGGER refuse_update_of_events; UPDATE events SET reason = 'x' WHERE number = 2;";
    connection.execute_batch(&format!("{sql} {trigger}")).unwrap();
    connection.close().unwrap();
    assert_snapshot!(restore("edited.db"), @"
    status 65
    -- stderr
    error: [DIR]/edited.db: damaged: audit: event 2 was changed after it was written, or the one before it was
    hint: it was left as it is, and the store as well; restore another copy; the users of this one: cxme-admin --store [DIR]/edited.db users export --with-hashes --to users.csv, which `users import --update` takes (docs/backup.md)
    ");
    let connection = rusqlite::Connection::open(copy("pages.db")).unwrap();
    connection.execute_batch("PRAGMA page_size = 8192; VACUUM").unwrap();
    connection.close().unwrap();
    assert_snapshot!(restore("pages.db"), @"
    status 78
    -- stderr
    error: [DIR]/pages.db: has pages of 8192 bytes, and the store that it is to replace has pages of 4096
    hint: give a copy that `store backup` created of this store; or move the store and the files beside it away
    ");
    world.run("store check").expect_status(0);
}

#[test]
fn a_file_of_locks_that_is_none_is_told_as_that() {
    let world = World::new().with_users("alice");
    world.command("store backup").argument(world.path("copy.db")).run().expect_status(0);
    let restore = || world.command("store restore --yes").argument(world.path("copy.db")).run();
    let lock = world.path("data/store.db.lock");
    let _ = fs::remove_file(&lock);
    fs::create_dir(&lock).unwrap();
    assert_snapshot!(restore(), @"
    status 78
    -- stderr
    error: [DIR]/data/store.db.lock: is a directory, where cxme-admin keeps the file of its locks
    hint: move it away; the file of locks is created when it is needed
    ");
    fs::remove_dir(&lock).unwrap();
    symlink(world.path("elsewhere"), &lock).unwrap();
    assert_snapshot!(restore(), @"
    status 78
    -- stderr
    error: [DIR]/data/store.db.lock: is a symbolic link, where cxme-admin keeps the file of its locks
    hint: move it away; the file of locks is created when it is needed
    ");
    assert!(!world.path("elsewhere").exists());
}

#[test]
fn a_blocklist_that_is_missing_is_the_configuration() {
    let world = World::with_rules("blocklist_file = \"/absent/list\"").with_users("alice");
    let run = world.command("users set-password alice --generate").run();
    assert_eq!(run.status, 78, "{run}");
}
