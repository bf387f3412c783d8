//! The view `login` is a promise to login systems: they read it with their own SQLite while the program writes.

use std::process::Command;

use crate::world::World;
use crate::world::await_that;
use crate::world::can;

const NAMES: &str = "SELECT username FROM login ORDER BY username";

/// Who may sign in with a password now.
fn names(world: &World) -> Vec<String> {
    let connection = world.sqlite();
    let mut statement = connection.prepare(NAMES).unwrap();
    statement.query_map([], |row| row.get(0)).unwrap().map(Result::unwrap).collect()
}

#[test]
fn its_columns_are_exactly_those_that_were_promised() {
    let world = World::new();
    let connection = world.sqlite();
    let statement = connection.prepare("SELECT * FROM login").unwrap();
    let promised = ["username", "email", "password_hash", "must_change_password", "session_epoch"];
    assert_eq!(statement.column_names().collect::<Vec<_>>(), promised);
}

#[test]
fn a_user_stands_in_it_while_he_may_sign_in_with_a_password() {
    let world = World::new();
    assert!(names(&world).is_empty(), "nobody has a password");
    world.set_password().done(&["set-password"]);
    assert_eq!(names(&world), ["alice"]);
    world.done(&["users", "lock", "alice"]);
    assert!(names(&world).is_empty(), "locked for good");
    world.done(&["users", "unlock", "alice"]);
    assert_eq!(names(&world), ["alice"]);
    world.done(&["users", "lock", "alice", "--for", "1h"]);
    assert!(names(&world).is_empty(), "locked for a time");
    world.done(&["users", "unlock", "alice"]);
    world.done(&["users", "lock", "alice", "--for", "1s"]);
    await_that("a lock that has passed lets the user in again", || names(&world) == ["alice"]);
    world.done(&["users", "edit", "alice", "--sign-in", "saml", "--yes"]);
    assert!(names(&world).is_empty(), "signs in with SAML");
    world.done(&["users", "edit", "alice", "--sign-in", "password"]);
    assert!(names(&world).is_empty(), "has no password any more");
    world.set_password().done(&["set-password"]);
    world.done(&["users", "delete", "alice", "--yes"]);
    assert!(names(&world).is_empty(), "deleted");
}

#[test]
fn the_sqlite_of_others_reads_it_while_we_write() {
    let has = |program: &str| Command::new(program).arg("--version").output().is_ok_and(|ran| ran.status.success());
    if !can(has("sqlite3") && has("python3"), "needs sqlite3 and python3") {
        return;
    }
    let world = World::new();
    world.set_password().done(&["set-password"]);
    // A change that is not saved yet.
    let writer = world.sqlite();
    writer.execute_batch("BEGIN IMMEDIATE; UPDATE users SET username = 'mallory' WHERE username = 'alice'").unwrap();
    let store = world.store();
    let program = "import sqlite3, sys\n\
                   for row in sqlite3.connect(f'file:{sys.argv[1]}?mode=ro', uri=True).execute(sys.argv[2]): print(row[0])";
    for reader in [
        Command::new("sqlite3").arg("-readonly").arg(&store).arg(NAMES),
        Command::new("python3").args(["-c", program]).arg(&store).arg(NAMES),
    ] {
        let read = reader.output().unwrap();
        assert_eq!(String::from_utf8_lossy(&read.stdout), "alice\n", "{}", String::from_utf8_lossy(&read.stderr));
    }
    drop(writer);
    world.assert_sound();
}

#[test]
fn the_schema_is_written_for_sqlite_3_34() {
    let world = World::new();
    let connection = world.sqlite();
    let mut statement = connection.prepare("SELECT sql FROM sqlite_schema WHERE sql IS NOT NULL").unwrap();
    let schema: Vec<String> = statement.query_map([], |row| row.get(0)).unwrap().map(Result::unwrap).collect();
    let schema = schema.join(";\n").to_uppercase();
    // STRICT and the newer functions make older readers refuse the whole file, or the view.
    for newer in [") STRICT", ", STRICT", "UNIXEPOCH(", "IIF(", "->>", "RETURNING", "IS DISTINCT", "JSONB", "CONCAT("] {
        assert!(!schema.contains(newer), "{newer} in the schema");
    }
}
