//! Stores of each schema version, as a program of that version wrote them, in `tests/store/versions`. Each can be upgraded with every row,
//! and a migration cannot be added without the store of the version before it.
//!
//! `CXME_TEST_BLESS=1 cargo test --locked --test store versions::` writes the one of the present version anew. Once a program with a
//! version has been released, its file is not written any more.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::Path;
use std::path::PathBuf;
use std::process::Command;
use std::process::Stdio;

use cxme_admin::actions::store::migrate::migrate;
use cxme_admin::app::ChangeOptions;
use cxme_admin::store::open::ExpectedVersion;
use cxme_admin::store::schema::Schema;
use cxme_admin::store::schema::VERSION;
use nix::unistd::geteuid;
use rusqlite::Connection;

use crate::crash::CALLS;
use crate::crash::end_at_each;
use crate::migration::NEXT;
use crate::migration::app;
use crate::migration::open;
use crate::world::PASSWORD;
use crate::world::Ran;
use crate::world::World;
use crate::world::can_trace;
use crate::world::ended;
use crate::world::finish;
use crate::world::is_long;
use crate::world::set_mode;

/// The version of the first schema.
const FIRST: i64 = 15;

/// What stands before the reset key of a store.
const KEY: &str = "-- reset.key: ";

/// The file of each version. One that is missing here fails its test.
const FILES: [(i64, &str); 1] = [(15, "0015.sql")];

fn path_of(version: i64) -> PathBuf {
    let file = FILES.iter().find(|(of, _)| *of == version).map_or("missing", |(_, file)| file);
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/store/versions").join(file)
}

/// The store of a version, in a world of its own.
fn world_of(version: i64) -> World {
    let world = World::without_store();
    let path = path_of(version);
    let sql = std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    let key = sql.lines().find_map(|line| line.strip_prefix(KEY)).unwrap();
    let key_file = world.state().join("reset.key");
    std::fs::write(&key_file, format!("{key}\n")).unwrap();
    std::fs::write(world.store(), "").unwrap();
    set_mode(&key_file, 0o600);
    set_mode(&world.store(), 0o600);
    world.sqlite().execute_batch(&sql).unwrap();
    if !geteuid().is_root() {
        // root wrote it, and is always Admin.
        let sql = format!("UPDATE operators SET uid = {} WHERE uid = 0", geteuid());
        world.sqlite().execute_batch(&sql).unwrap();
    }
    world
}

/// The rows of each table, a line each, of these columns: by table, its columns and its rows.
type Rows = BTreeMap<String, (Vec<String>, Vec<String>)>;

fn lines(connection: &Connection, sql: &str) -> Vec<String> {
    let mut statement = connection.prepare(sql).unwrap();
    let rows = statement.query_map([], |row| row.get(0)).unwrap();
    rows.map(Result::unwrap).collect()
}

fn tables(connection: &Connection) -> Vec<String> {
    lines(connection, "SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite%' ORDER BY rowid")
}

fn values(connection: &Connection, table: &str, columns: &[String]) -> Vec<String> {
    let quoted: Vec<String> = columns.iter().map(|column| format!("quote(\"{column}\")")).collect();
    lines(connection, &format!("SELECT {} FROM \"{table}\"", quoted.join(" || ', ' || ")))
}

fn rows_in(path: &Path) -> Rows {
    let connection = Connection::open(path).unwrap();
    let of_table = |table: String| {
        let columns = lines(&connection, &format!("SELECT name FROM pragma_table_info('{table}')"));
        let rows = values(&connection, &table, &columns);
        (table, (columns, rows))
    };
    tables(&connection).into_iter().map(of_table).collect()
}

/// Fails unless a store has every row that it had. The upgrade adds an event.
#[track_caller]
fn assert_kept(path: &Path, before: &Rows) {
    let connection = Connection::open(path).unwrap();
    for (table, (columns, rows)) in before {
        let now = values(&connection, table, columns);
        match table.as_str() {
            "events" => assert_eq!(now[..rows.len()], rows[..], "{table}"),
            // A change also notes the time, and the refused attempts that wait for an event.
            "clock_periods" | "refused_attempts" => assert_eq!(now.len(), rows.len(), "{table}"),
            _ => assert_eq!(now, *rows, "{table}"),
        }
    }
}

fn version_in(path: &Path) -> i64 {
    Connection::open(path).unwrap().query_row("PRAGMA user_version", [], |row| row.get(0)).unwrap()
}

fn verify_password(world: &World) -> Ran {
    finish(world.command(&["users", "verify-password", "alice", "--stdin"]), PASSWORD)
}

#[test]
fn each_version_has_a_store_in_the_tests_with_a_row_in_each_table_and_the_schema_of_that_version() {
    for version in FIRST..=VERSION {
        let world = world_of(version);
        assert_eq!(version_in(&world.store()), version);
        let store = open(&world.store(), ExpectedVersion::CurrentOrOlder, &Schema::CURRENT).unwrap();
        assert_eq!(
            store.read().unwrap().schema_differences().unwrap(),
            [""; 0],
            "{}: while no program with this version is released, write it anew (the first lines of tests/store/versions.rs say how); \
             then never: a change of the schema is a migration of its own",
            path_of(version).display()
        );
        drop(store);
        let empty: Vec<String> = rows_in(&world.store())
            .into_iter()
            .filter(|(_, (_, rows))| rows.is_empty())
            .map(|(table, _)| table)
            // Only events of a month ago can be archived, and the ages are those of the configuration.
            .filter(|table| !["event_archives", "password_max_ages"].contains(&table.as_str()))
            .collect();
        assert_eq!(empty, [""; 0], "version {version}: write rows of these tables in `write_newest`");
    }
}

#[test]
fn a_store_of_each_version_is_upgraded_with_every_row() {
    for version in FIRST..=VERSION {
        let world = world_of(version);
        let before = rows_in(&world.store());
        if version < VERSION {
            world.run(&["users", "list"]).refused(78, "upgrade it: cxme-admin store migrate");
            world.done(&["store", "migrate"]);
            assert_kept(&world.state().join(format!("store.before-{version}.db")), &before);
        }
        assert_eq!(version_in(&world.store()), VERSION);
        assert_kept(&world.store(), &before);
        world.assert_sound();
        verify_password(&world).done(&["verify-password"]);
        // By a program that has one migration more.
        let before = rows_in(&world.store());
        let app = app(&world, geteuid().as_raw(), &NEXT);
        let done = migrate(&app, None, &ChangeOptions::default()).unwrap();
        drop(app);
        assert_eq!((done.found, version_in(&world.store())), (VERSION, VERSION + 1));
        assert_kept(&world.store(), &before);
        assert_kept(&done.copy.unwrap(), &before);
        let words = format!("the store has schema version {}, this program knows {VERSION}", VERSION + 1);
        world.run(&["users", "list"]).refused(78, &words);
        world.run(&["store", "migrate"]).refused(78, &words);
    }
}

#[test]
#[ignore = "started by an_upgrade_killed_at_any_call_leaves_the_old_store_or_the_new_one, in the directory of a world"]
fn upgrade_the_store_of_this_directory() {
    let world = World::there(&std::env::current_dir().unwrap());
    migrate(&app(&world, geteuid().as_raw(), &NEXT), None, &ChangeOptions::default()).unwrap();
}

/// The test above in a process of its own, started by another program.
fn upgrade(world: &World, starter: &[&str]) -> Ran {
    let mut command = Command::new(starter[0]);
    command.args(&starter[1..]).arg(std::env::current_exe().unwrap());
    command.args(["--exact", "versions::upgrade_the_store_of_this_directory", "--ignored", "--nocapture"]);
    ended(command.current_dir(world.directory()).stdin(Stdio::null()).output().unwrap())
}

#[test]
fn an_upgrade_killed_at_any_call_leaves_the_old_store_or_the_new_one() {
    if !can_trace() {
        return;
    }
    let steps = if is_long() { [1, 1, 1, 1] } else { [1, 37, 1, 1] };
    let (mut old, mut new) = (0, 0);
    for (calls, step) in CALLS.into_iter().zip(steps) {
        end_at_each("SIGKILL", calls, step, |starter, n| {
            let world = world_of(VERSION);
            let before = rows_in(&world.store());
            let ran = upgrade(&world, starter);
            assert!(ran.code.is_none_or(|code| code == 0), "{calls} {n}: {ran:?}");
            match version_in(&world.store()) {
                VERSION => old += 1,
                version if version == VERSION + 1 => new += 1,
                version => panic!("version {version} after {calls} {n}"),
            }
            assert!(ran.code.is_none() || version_in(&world.store()) > VERSION, "said yes and did nothing");
            assert_kept(&world.store(), &before);
            // A copy that has its name is complete.
            for name in world.names().iter().filter(|name| name.starts_with("store.before-") && name.ends_with(".db")) {
                assert_kept(&world.state().join(name), &before);
                assert_eq!(version_in(&world.state().join(name)), VERSION);
            }
            // The next run needs no cleaning.
            migrate(&app(&world, geteuid().as_raw(), &NEXT), None, &ChangeOptions::default()).unwrap();
            let upgraded = open(&world.store(), ExpectedVersion::Current, &NEXT).unwrap();
            assert_eq!(upgraded.read().unwrap().schema_differences().unwrap(), [""; 0]);
            assert_eq!(upgraded.read().unwrap().integrity_faults().unwrap(), [""; 0]);
            drop(upgraded);
            assert_kept(&world.store(), &before);
            ran
        });
    }
    assert!(old > 0 && new > 0, "{old} old, {new} new");
}

/// Writes the store of the present version, if that was asked for.
#[test]
fn write_newest() {
    if !crate::world::is_blessing() {
        return;
    }
    let world = World::new();
    let mails = world.directory().join("mails");
    world.configure(&format!(
        "\n[organization]\nname = \"Example Travel\"\nemail_domains = [\"example.com\"]\n[mail]\nfrom = \"passwords@example.com\"\n\
         transport = \"file\"\n[mail.file]\ndirectory = \"{}\"\n[reset]\nlink = \"https://reset.example.com/#{{code}}\"\n",
        mails.display()
    ));
    let with_input = |words: &[&str], input: &str| finish(world.command(words), input);
    for words in [
        &["roles", "add", "Helpdesk", "--allow", "view-users,lock-users"][..],
        &[
            "operators",
            "add",
            "daemon",
            "--role",
            "Helpdesk",
            "--only-role",
            "Minimal Permissions",
            "--only-domain",
            "example.com",
        ],
        &["users", "add", "zoë@example.com", "--username", "zoe", "--name", "Zoë Zimmer", "--locale", "de"],
        &["users", "add", "gone@example.com", "--name", "Gone Gray"],
        &["users", "edit", "gone", "--name", "Gone Green"],
        &["users", "delete", "gone", "--yes"],
        &["users", "lock", "bob", "--until", "2099-01-01", "--reason", "lost laptop"],
        &["users", "send-reset", "alice"],
        &[
            "users",
            "send-reset",
            "--search",
            "zoe",
            "--key",
            "first",
            "--note",
            "Please do it today.",
            "--queue-only",
            "--yes",
        ],
    ] {
        world.done(words);
    }
    for password in ["six loud magpies at dawn", PASSWORD] {
        with_input(&["users", "set-password", "alice", "--stdin"], password).done(&["set-password"]);
    }
    let wrong = with_input(&["users", "verify-password", "alice", "--stdin", "--client", "192.0.2.1"], "wrong");
    assert_eq!(wrong.code, Some(1), "{wrong:?}");
    // What only strangers, and a relay that refuses all mail, cause.
    world
        .sqlite()
        .execute_batch(
            "INSERT INTO refused_attempts VALUES ('users list', 'mallory is not an operator', 1790000000, 1, 1790000001, 'mallory', \
             61002, NULL, 'host', 'uid', 'not an operator'); INSERT INTO relay_hold VALUES (1, 1790000000, 1, '554 5.7.1 refused', 0)",
        )
        .unwrap();
    std::fs::create_dir_all(path_of(VERSION).parent().unwrap()).unwrap();
    std::fs::write(path_of(VERSION), dump(&world)).unwrap();
}

/// The statements that make a store: tables and rows, then what would act on rows.
fn dump(world: &World) -> String {
    let connection = world.sqlite();
    let objects = |condition: &str| {
        let sql = format!(
            "SELECT sql FROM sqlite_schema WHERE sql IS NOT NULL AND name NOT LIKE 'sqlite%' AND {condition} ORDER BY rowid"
        );
        lines(&connection, &sql)
    };
    let key = std::fs::read_to_string(world.state().join("reset.key")).unwrap();
    let mut sql = format!(
        "-- A store of schema version {VERSION}. tests/store/versions.rs says how it is written.\n{KEY}{}\n\nPRAGMA foreign_keys = OFF;\nBEGIN;\n\n",
        key.trim()
    );
    for statement in objects("type = 'table'") {
        writeln!(sql, "{statement};\n").unwrap();
    }
    let mut named = tables(&connection);
    named.push("sqlite_sequence".to_owned());
    for table in named {
        let columns = lines(&connection, &format!("SELECT name FROM pragma_table_info('{table}')"));
        for row in values(&connection, &table, &columns) {
            writeln!(sql, "INSERT INTO {table} ({}) VALUES ({row});", columns.join(", ")).unwrap();
        }
    }
    for statement in objects("type <> 'table'") {
        write!(sql, "\n{statement};\n").unwrap();
    }
    write!(sql, "\nPRAGMA application_id = 1129860417;\nPRAGMA user_version = {VERSION};\nCOMMIT;\n").unwrap();
    sql
}
