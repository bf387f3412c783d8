//! Values of another type or far out of range in each column of each table: no command fails with a bug, and each that fails
//! names what is damaged.

use std::fs;
use std::io::Write as _;
use std::sync::Mutex;
use std::sync::atomic::AtomicUsize;
use std::sync::atomic::Ordering;
use std::sync::mpsc;
use std::sync::mpsc::RecvTimeoutError;
use std::thread;
use std::time::Duration;

use insta::assert_snapshot;

use crate::support::CAROL;
use crate::support::GOOD;
use crate::support::MALLORY;
use crate::support::Run;
use crate::support::World;

/// How long a command may take. One that needs it hangs.
const LONGEST: Duration = Duration::from_secs(120);

/// As SQL. The last one is text that is not UTF-8.
const VALUES: [&str; 9] = [
    "NULL",
    "x'00ff'",
    "'odd'",
    "9223372036854775807",
    "-9223372036854775808",
    "-1",
    "4294967295",
    "1.5",
    "CAST(x'ff' AS TEXT)",
];

const LINES: [&str; 20] = [
    "users list",
    "users show alice",
    "users edit alice --name 'Alice Adams'",
    "users set-password alice --generate",
    "users set-password bob --stdin",
    "users verify-password alice --stdin",
    "users lock alice --for 1h",
    "users unlock alice",
    "users send-reset bob",
    "users send-reset --all --yes",
    "users export",
    "users delete carla --yes",
    "resets list",
    "jobs list",
    "jobs run",
    "mail queue",
    "operators list",
    "roles list",
    "audit verify",
    "store check",
];

/// A world with a row in each table.
fn world() -> World {
    let world = World::with_mail()
        .with_users("alice,bob,carla")
        .with_role("Desk", "view-users send-resets")
        .with_operator(CAROL, "Desk")
        .with_password("alice", GOOD);
    world.set_password("alice", "seven violet umbrellas whistle");
    world.set_password("bob", GOOD);
    world.run("users send-reset alice").expect_status(0);
    world.run("users send-reset --search bob --queue-only --yes").expect_status(0);
    world.command("users verify-password bob --stdin").stdin("wrong").run().expect_status(1);
    for _ in 0..2 {
        world.command("users list").uid(MALLORY).run().expect_status(77);
    }
    world.sql(
        "INSERT INTO relay_hold (id, until, count, reply) VALUES (1, 0, 0, ''); \
         UPDATE messages SET state = 'deferred', due_at = 0 WHERE id = (SELECT max(id) FROM messages)",
    );
    world
}

fn is_long() -> bool {
    #[expect(clippy::disallowed_methods, reason = "the one switch of the tests, which the program does not read")]
    std::env::var_os("CXME_TEST_LONG").is_some()
}

/// Runs a command, which runs in this process, and ends the tests with an error when it has not ended in time.
fn within_limit(place: &str, command: impl FnOnce() -> Run) -> Run {
    let (ended, awaited) = mpsc::channel::<()>();
    thread::scope(|scope| {
        scope.spawn(move || {
            if awaited.recv_timeout(LONGEST) == Err(RecvTimeoutError::Timeout) {
                // And not by `eprintln!`: what a test prints in that way is lost with it.
                let _ = writeln!(std::io::stderr(), "no end after {LONGEST:?}: {place}");
                #[expect(clippy::exit, clippy::disallowed_methods, reason = "what hangs cannot be ended otherwise")]
                std::process::exit(1);
            }
        });
        let run = command();
        drop(ended);
        run
    })
}

/// A table, a column of it, and an odd value in SQL.
type Case = (String, String, &'static str);

/// What sets a value, as another program could that ignores the rules of the schema.
fn edit((table, column, value): &Case) -> String {
    let row = match table.as_str() {
        "metadata" | "role_permissions" | "refused_attempts" | "deliveries" => String::new(),
        _ => format!(" WHERE rowid = (SELECT max(rowid) FROM {table})"),
    };
    format!(
        "PRAGMA foreign_keys = OFF; PRAGMA ignore_check_constraints = ON; DROP TRIGGER refuse_update_of_events; \
         DROP TRIGGER refuse_update_of_user_changes; DROP TRIGGER revoke_links_of_changed_user; \
         UPDATE OR IGNORE {table} SET {column} = {value}{row}"
    )
}

/// The values of each column that change what is in it, and of those that become the same kind of text one. A NULL where it may not
/// be, and a key that is no number, are refused by SQLite itself.
fn cases(world: &World) -> Vec<Case> {
    let connection = rusqlite::Connection::open(world.store()).unwrap();
    let sql = "SELECT t.name, c.name FROM sqlite_schema AS t JOIN pragma_table_info(t.name) AS c \
               WHERE t.type = 'table' AND t.name NOT LIKE 'sqlite%' ORDER BY t.name, c.cid";
    let mut statement = connection.prepare(sql).unwrap();
    let columns = statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?))).unwrap();
    let columns: Vec<(String, String)> = columns.map(Result::unwrap).collect();
    // It has no effect within a transaction.
    connection.execute_batch("PRAGMA foreign_keys = OFF").unwrap();
    let mut cases = Vec::new();
    for (table, column) in columns {
        let values = || {
            let sql = format!("SELECT group_concat(typeof({column}) || hex({column})) FROM {table}");
            connection.query_row(&sql, [], |row| row.get::<_, Option<String>>(0)).unwrap()
        };
        let has_number = || {
            let sql = format!(
                "SELECT EXISTS (SELECT 1 FROM {table} WHERE typeof({column}) = 'text' AND {column} GLOB '*[0-9]' \
                 AND {column} NOT GLOB '*[^-.0-9]*')"
            );
            connection.query_row(&sql, [], |row| row.get::<_, bool>(0)).unwrap()
        };
        let (before, mut had_number) = (values(), has_number());
        for value in VALUES {
            let case = (table.clone(), column.clone(), value);
            connection.execute_batch("BEGIN").unwrap();
            let _ = connection.execute_batch(&edit(&case));
            let is_another = values() != before && !(had_number && has_number());
            had_number |= has_number();
            connection.execute_batch("ROLLBACK").unwrap();
            if is_another {
                cases.push(case);
            }
        }
    }
    cases
}

#[test]
fn no_odd_value_in_any_column_is_a_bug() {
    let all = cases(&world());
    // Without `--long` one of some, of each table and each value.
    let step = if is_long() { 1 } else { 37 };
    let all: Vec<&Case> = all.iter().step_by(step).collect();
    let (next, faults) = (AtomicUsize::new(0), Mutex::new(Vec::new()));
    thread::scope(|scope| {
        for _ in 0..thread::available_parallelism().map_or(1, usize::from) {
            scope.spawn(|| {
                let world = world();
                let whole = fs::read(world.store()).unwrap();
                while let Some(case) = all.get(next.fetch_add(1, Ordering::Relaxed)) {
                    let found = faults_with(&world, &whole, case);
                    faults.lock().unwrap().extend(found);
                }
            });
        }
    });
    let faults = faults.into_inner().unwrap();
    assert!(faults.is_empty(), "{} faults:\n{}", faults.len(), faults.join("\n"));
}

/// What goes wrong when the commands meet an odd value in a store that was `whole`.
fn faults_with(world: &World, whole: &[u8], case: &Case) -> Vec<String> {
    fs::write(world.store(), whole).unwrap();
    let trigger = |name: &str| world.ask(&format!("SELECT sql FROM sqlite_schema WHERE name = '{name}'"));
    let triggers = ["refuse_update_of_events", "refuse_update_of_user_changes", "revoke_links_of_changed_user"]
        .map(trigger)
        .join(";\n");
    let connection = rusqlite::Connection::open(world.store()).unwrap();
    connection.execute_batch(&edit(case)).unwrap();
    connection.execute_batch(&triggers).unwrap();
    connection.close().unwrap();
    let (table, column, value) = case;
    let mut faults = Vec::new();
    for line in LINES {
        let place = format!("{table}.{column} = {value}: {line}");
        let run = within_limit(&place, || world.command(line).stdin(GOOD).run());
        let is_named = ["error: the store is damaged: ", " of the store has no number left for a new row"]
            .iter()
            .any(|words| run.err().contains(words) && !run.err().contains("at index"));
        if run.status == 70 || (run.status == 74 && !is_named) {
            faults.push(format!("{place}: {run}"));
        }
    }
    faults
}

#[test]
fn a_number_that_cannot_be_raised_is_named_with_its_row() {
    let world = World::new().with_users("alice,bob");
    world.sql("UPDATE users SET session_epoch = 9223372036854775807 WHERE username = 'bob'");
    assert_snapshot!(world.run("users set-password bob --generate"), @"
    status 74
    -- stderr
    error: the store is damaged: users: row 2: session_epoch: 9223372036854775807 is out of range
    hint: all that is damaged, and what to do: cxme-admin store check
    ");
    world.sql("UPDATE users SET session_epoch = 0");
    world.sql(
        "PRAGMA ignore_check_constraints = ON; UPDATE users SET password_hash = x'00', password_set_at = 1 \
         WHERE username = 'bob'",
    );
    assert_snapshot!(world.run("users set-password bob --generate"), @"
    status 74
    -- stderr
    error: the store is damaged: users: row 2: password_hash: is of the type Blob
    hint: all that is damaged, and what to do: cxme-admin store check
    ");
    world.run("users set-password alice --generate").expect_status(0);
}

#[test]
fn a_number_of_deliveries_that_is_damaged_keeps_no_mail_from_being_sent() {
    for value in ["9223372036854775807", "-1", "1.5", "'odd'"] {
        let world = World::with_mail().with_users("alice,bob");
        world.run("users send-reset alice").expect_status(0);
        world.sql(&format!("PRAGMA ignore_check_constraints = ON; UPDATE deliveries SET count = {value}"));
        world.run("users send-reset bob").expect_status(0);
        assert_eq!(world.mails().len(), 2, "{value}");
        let run = world.run("store check").expect_status(65);
        assert!(run.err().contains("deliveries: row "), "{value}: {run}");
    }
}

#[test]
fn a_run_skips_the_mails_and_jobs_whose_rows_are_damaged_and_sends_the_others() {
    let world = World::with_mail().with_users("alice,bob,carla,dora,emil,finn");
    for user in ["alice", "bob", "carla", "dora", "emil", "finn"] {
        world.run(&format!("users send-reset --search {user} --queue-only --yes")).expect_status(0);
    }
    world.sql(
        "PRAGMA ignore_check_constraints = ON; PRAGMA foreign_keys = OFF; \
         UPDATE messages SET times_in_doubt = -1 WHERE address LIKE 'alice%'; \
         UPDATE messages SET lifetime = 9223372036854775807 WHERE address LIKE 'bob%'; \
         UPDATE messages SET due_at = x'00' WHERE address LIKE 'carla%'; \
         UPDATE users SET role_id = 'odd' WHERE username = 'dora'; \
         UPDATE jobs SET operator_uid = -1 WHERE id = 5",
    );
    assert_snapshot!(world.run("jobs run"), @"
    status 3
    -- stderr
    error: 1 accepted; skipped 1 job and 4 mails, the store is damaged: jobs: row 5: operator_uid: -1 is out of range
    hint: all that is damaged, and what to do: cxme-admin store check
    ");
    // Finn's.
    assert_eq!(world.mails().len(), 1);
    assert_eq!(world.ask("SELECT count(*) FROM messages WHERE state = 'queued'"), "5");
    // Nothing is left to be sent, and the exit code tells of it each time; cron hears of it once.
    assert_snapshot!(world.run("jobs run"), @"status 3");
    let run = world.run("store check").expect_status(65);
    for fault in [
        "messages: row 1: times_in_doubt",
        "messages: row 2: lifetime",
        "messages: row 3: due_at",
        "users: row 4: role_id",
        "jobs: row 5",
    ] {
        assert!(run.err().contains(fault), "{fault}: {run}");
    }
}

#[test]
fn texts_that_no_command_takes_are_named_and_no_copy_with_one_is_restored() {
    for (sql, fault) in [
        (
            "UPDATE users SET name = printf('%.*c', 10000000, 'x') WHERE id = 1",
            "users: row 1: name: has 10000000 characters, at most 200",
        ),
        (
            "UPDATE users SET name = 'a' || char(27) || '[2J' WHERE id = 1",
            "users: row 1: name: holds the unprintable character U+001B",
        ),
        (
            "UPDATE users SET name = 'a' || char(0) || 'b' WHERE id = 1",
            "users: row 1: name: holds the unprintable character U+0000",
        ),
        (
            "UPDATE users SET username = printf('%.*c', 65, 'x') WHERE id = 1",
            "users: row 1: username: has 65 characters, at most 64",
        ),
        (
            "UPDATE users SET email = printf('%.*c', 300, 'x') || '@example.com' WHERE id = 1",
            "users: row 1: email: has 312 characters",
        ),
        (
            "INSERT INTO roles (name, built_in) VALUES (char(10) || 'x', 0)",
            "roles: row 4: name: holds the unprintable character U+000A",
        ),
    ] {
        let world = World::new().with_users("alice");
        world.sql(sql);
        let run = world.run("store check").expect_status(65);
        assert!(run.err().contains(fault), "{sql}: {run}");
        world.command("store backup").argument(world.path("bad.db")).run().expect_status(0);
        let run = world.command("store restore --yes").argument(world.path("bad.db")).run().expect_status(65);
        assert!(run.err().contains(fault), "{sql}: {run}");
        assert!(run.stderr.len() < 10_000, "{sql}");
    }
}

#[test]
fn the_store_is_not_restored_from_itself() {
    let world = World::new().with_users("alice");
    let run = world.command("store restore --yes").argument(world.store()).run();
    assert_snapshot!(run, @"
    status 65
    -- stderr
    error: [DIR]/data/store.db: is the store itself; nothing was changed
    hint: give a copy that `store backup` created
    ");
    world.run("store check").expect_status(0);
}
