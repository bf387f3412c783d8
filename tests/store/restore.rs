//! What a restore trusts, what it keeps, and what it leaves alone.

use std::os::unix::fs::MetadataExt as _;
use std::os::unix::fs::chown;
use std::os::unix::process::ExitStatusExt as _;
use std::path::Path;
use std::path::PathBuf;
use std::process::Child;
use std::time::Duration;
use std::time::Instant;

use cxme_admin::store::schema::VERSION;
use nix::sys::signal::Signal;
use nix::sys::signal::kill;
use nix::unistd::Pid;
use nix::unistd::truncate;
use rusqlite::Connection;

use crate::crash::CALLS;
use crate::crash::kill_at_each;
use crate::own_mounts::in_own_mounts;
use crate::own_mounts::mount;
use crate::world::DEADLINE;
use crate::world::World;
use crate::world::can_be_root;
use crate::world::can_trace;
use crate::world::finish;
use crate::world::mode;
use crate::world::set_mode;
use crate::world::sha256;

/// An account that is neither root nor the store's.
const STRANGER: u32 = 61_003;

/// A store with alice and bob, a copy of it, and carol who was added after the copy.
fn copied() -> (World, PathBuf) {
    let world = World::new();
    let copy = world.directory().join("copy.db");
    world.done(&["store", "backup", copy.to_str().unwrap()]);
    world.done(&["users", "add", "carol@example.com", "--name", "Carol Clark"]);
    (world, copy)
}

fn restore<'a>(copy: &'a Path, more: &'a str) -> [&'a str; 4] {
    ["store", "restore", copy.to_str().unwrap(), more]
}

/// The store that a restore has kept.
fn kept(world: &World) -> Vec<PathBuf> {
    let names = world.names().into_iter();
    names.filter(|name| name.contains(".replaced-")).map(|name| world.state().join(name)).collect()
}

fn users_in(path: &Path) -> i64 {
    Connection::open(path).unwrap().query_row("SELECT count(*) FROM users", [], |row| row.get(0)).unwrap()
}

/// What could have been changed in a file, its times but for that of the last reading included.
fn identity(path: &Path) -> (Vec<u8>, u64, u32, i64, i64, i64, i64) {
    let found = path.symlink_metadata().unwrap();
    let times = (found.mtime(), found.mtime_nsec(), found.ctime(), found.ctime_nsec());
    (sha256(path), found.ino(), found.mode(), times.0, times.1, times.2, times.3)
}

#[test]
fn the_copy_is_only_read_and_a_dry_run_changes_no_byte_of_the_store_either() {
    let (world, copy) = copied();
    // As a plain copy of a closed store is: SQLite would move a log into it if it opened it.
    let plain = world.directory().join("plain.db");
    std::fs::copy(world.store(), &plain).unwrap();
    for file in [&copy, &plain] {
        set_mode(file, 0o400);
        let (before, store) = (identity(file), sha256(&world.store()));
        world.done(&restore(file, "--dry-run"));
        assert_eq!(sha256(&world.store()), store);
        assert!(kept(&world).is_empty());
        assert_eq!(world.names(), ["reset.key", "store.db", "store.db.lock"]);
        world.done(&restore(file, "--yes"));
        assert_eq!(identity(file), before);
        assert_eq!(kept(&world).len(), 1);
        std::fs::remove_file(&kept(&world)[0]).unwrap();
    }
    world.assert_sound();
}

#[test]
fn the_store_that_is_replaced_is_kept_with_its_last_commit() {
    let (world, copy) = copied();
    // Its last commit is in the log alone.
    let holder = world.sqlite();
    holder.execute_batch("PRAGMA wal_autocheckpoint = 0").unwrap();
    world.done(&["users", "add", "dora@example.com", "--name", "Dora Dunn"]);
    let ran = world.run(&["store", "restore", copy.to_str().unwrap(), "--yes", "-v"]);
    assert_eq!(ran.code, Some(0), "{}", ran.stderr);
    drop(holder);
    let kept = kept(&world);
    assert_eq!(kept.len(), 1, "{kept:?}");
    assert!(ran.stderr.contains(&format!("The replaced store is kept as {}.", kept[0].display())), "{}", ran.stderr);
    assert_eq!(mode(&kept[0]), 0o600);
    assert_eq!((users_in(&kept[0]), users_in(&world.store())), (4, 2));
    let told = world.done(&["audit", "list", "-o", "json", "--action", "store restore"]);
    assert!(told.contains(kept[0].to_str().unwrap()), "{told}");
    // The way back.
    world.done(&restore(&kept[0], "--yes"));
    assert_eq!(users_in(&world.store()), 4);
    world.assert_sound();
}

#[test]
fn whatever_others_commit_while_a_copy_is_put_in_place_is_in_what_is_kept_or_in_the_store() {
    let (world, copy) = copied();
    let writer = world.sqlite();
    writer.execute_batch("UPDATE users SET updated_at = 1000").unwrap();
    let mut copying = world.command(&restore(&copy, "--yes")).spawn().unwrap();
    let mut seen = Vec::new();
    while copying.try_wait().unwrap().is_none() {
        let sql = "UPDATE users SET updated_at = updated_at + 1 WHERE username = 'bob' RETURNING updated_at";
        seen.push(writer.query_row(sql, [], |row| row.get::<_, i64>(0)).unwrap());
    }
    crate::world::ended(copying.wait_with_output().unwrap()).done(&["restore"]);
    let value = |path: &Path| {
        let sql = "SELECT updated_at FROM users WHERE username = 'bob'";
        Connection::open(path).unwrap().query_row(sql, [], |row| row.get::<_, i64>(0)).unwrap()
    };
    // The values in the old store count from 1,000; those in the restored one from the time of its making.
    let last_of_old = seen.iter().copied().filter(|value| *value < 1_000_000).max().unwrap();
    assert_eq!(value(&kept(&world)[0]), last_of_old, "the last commit before the change is kept: {seen:?}");
    if let Some(last) = seen.last().filter(|value| **value >= 1_000_000) {
        assert_eq!(value(&world.store()), *last, "a commit after the change stays: {seen:?}");
    }
    world.assert_sound();
}

#[test]
fn a_schema_that_is_not_ours_is_not_restored_whatever_it_would_do() {
    let (world, copy) = copied();
    let evil = world.directory().join("evil.db");
    for (sql, words) in [
        (
            "CREATE TRIGGER more AFTER INSERT ON events BEGIN \
             INSERT INTO operators (uid, account, kind, role_id, added_at) SELECT 61003, 'evil', 'person', id, 0 FROM roles WHERE name = 'Admin'; END",
            "trigger `more` was not created by this program",
        ),
        ("DROP TRIGGER refuse_delete_of_events", "trigger `refuse_delete_of_events` is missing"),
        ("DROP VIEW login; CREATE VIEW login AS SELECT 1", "view `login` differs from what this program creates"),
        ("CREATE INDEX more ON users (name)", "index `more` was not created by this program"),
        ("ALTER TABLE users ADD COLUMN more", "table `users` differs from what this program creates"),
    ] {
        std::fs::copy(&copy, &evil).unwrap();
        Connection::open(&evil).unwrap().execute_batch(sql).unwrap();
        let before = sha256(&evil);
        for more in ["--yes", "--dry-run"] {
            world.run(&restore(&evil, more)).refused(78, words);
        }
        assert_eq!(sha256(&evil), before);
    }
    assert_eq!(world.count("SELECT count(*) FROM operators WHERE account = 'evil'"), 0);
    assert_eq!(world.count("SELECT count(*) FROM users"), 3);
    let empty = world.directory().join("empty.db");
    std::fs::write(&empty, "").unwrap();
    set_mode(&empty, 0o600);
    Connection::open(&empty).unwrap().execute_batch("PRAGMA application_id = 1129860417; CREATE TABLE t (x)").unwrap();
    world.run(&restore(&empty, "--yes")).refused(78, "marked as a cxme-admin store, but has no schema (version 0)");
    world.run(&["--store", empty.to_str().unwrap(), "store", "migrate"]).refused(78, "no schema (version 0)");
    world.assert_sound();
}

/// A copy of the store as the program of a version made it: the schema of that version, and the rows that it had.
fn copy_of_version(world: &World, version: i64) -> PathBuf {
    let copy = world.directory().join(format!("version-{version}.db"));
    std::fs::write(&copy, "").unwrap();
    set_mode(&copy, 0o600);
    let connection = Connection::open(&copy).unwrap();
    connection.execute_batch("PRAGMA application_id = 1129860417").unwrap();
    for (number, migration) in migrations() {
        if number <= version {
            connection.execute_batch(&std::fs::read_to_string(migration).unwrap()).unwrap();
        }
    }
    connection.execute_batch(&format!("PRAGMA user_version = {version}; PRAGMA foreign_keys = OFF")).unwrap();
    connection.execute("ATTACH ?1 AS now", [world.store().to_str().unwrap()]).unwrap();
    let lines = |sql: &str| {
        let mut statement = connection.prepare(sql).unwrap();
        let rows = statement.query_map([], |row| row.get::<_, String>(0)).unwrap();
        rows.map(Result::unwrap).collect::<Vec<_>>()
    };
    let tables = "SELECT name FROM main.sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite%' INTERSECT \
                  SELECT name FROM now.sqlite_schema";
    for table in lines(tables) {
        let columns = lines(&format!("SELECT name FROM pragma_table_info('{table}', 'main')")).join(", ");
        let sql = format!("INSERT OR REPLACE INTO main.{table} ({columns}) SELECT {columns} FROM now.{table}");
        connection.execute_batch(&sql).unwrap();
    }
    copy
}

/// The migrations of the program, oldest first, each with the version to which it brings a store.
fn migrations() -> Vec<(i64, PathBuf)> {
    let directory = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/store/sqlite/migrations");
    let paths = std::fs::read_dir(directory).unwrap().map(|entry| entry.unwrap().path());
    let mut all: Vec<_> =
        paths.map(|path| (path.file_name().unwrap().to_str().unwrap()[..4].parse().unwrap(), path)).collect();
    all.sort();
    all
}

#[test]
fn a_copy_of_each_version_is_compared_with_the_schema_of_that_version_and_upgraded() {
    assert_eq!(migrations().last().unwrap().0, VERSION);
    for (version, _) in migrations() {
        let (world, _) = copied();
        let copy = copy_of_version(&world, version);
        world.done(&["users", "delete", "bob", "--yes"]);
        world.done(&restore(&copy, "--yes"));
        assert_eq!(users_in(&world.store()), 3, "version {version}");
        world.assert_sound();
        Connection::open(&copy).unwrap().execute_batch("CREATE INDEX more ON events (host)").unwrap();
        world.run(&restore(&copy, "--yes")).refused(78, "index `more` was not created by this program");
    }
}

#[test]
fn a_copy_of_another_account_is_not_restored_where_no_store_is_either() {
    if !can_be_root() {
        return;
    }
    let (world, copy) = copied();
    chown(&copy, Some(STRANGER), Some(STRANGER)).unwrap();
    world.run(&restore(&copy, "--yes")).refused(78, "owned by uid 61003, not by root");
    std::fs::remove_file(world.store()).unwrap();
    world.run(&restore(&copy, "--yes")).refused(78, "owned by uid 61003, not by root");
    assert!(!world.store().exists());
}

#[test]
fn what_root_restores_for_a_service_account_belongs_to_that_account() {
    if !can_be_root() {
        return;
    }
    let (world, copy) = copied();
    set_mode(world.directory(), 0o755);
    for path in [world.state(), world.store(), world.state().join("reset.key")] {
        chown(&path, Some(STRANGER), Some(STRANGER)).unwrap();
    }
    world.done(&restore(&copy, "--yes"));
    assert_eq!(kept(&world)[0].metadata().unwrap().uid(), STRANGER);
    assert_eq!(world.store().metadata().unwrap().uid(), STRANGER);
    std::fs::remove_file(world.store()).unwrap();
    // Of that account, so it may have been written by it.
    chown(&copy, Some(STRANGER), Some(STRANGER)).unwrap();
    world.done(&restore(&copy, "--yes"));
    assert_eq!((world.store().metadata().unwrap().uid(), mode(&world.store())), (STRANGER, 0o600));
    world.done(&["users", "list"]);
}

/// A damaged store, with the log that a process left that was killed; a sound copy; and the contents of the two files.
fn damaged() -> (World, PathBuf, [Vec<u8>; 2]) {
    let (world, copy) = copied();
    let (store, log) = (world.store(), world.state().join("store.db-wal"));
    let killed = world.directory().join("killed");
    std::fs::create_dir(&killed).unwrap();
    let holder = world.sqlite();
    holder.execute_batch("PRAGMA wal_autocheckpoint = 0; UPDATE users SET name = 'of the log'").unwrap();
    for name in ["store.db", "store.db-wal"] {
        std::fs::copy(world.state().join(name), killed.join(name)).unwrap();
    }
    drop(holder);
    // The header is whole, so that the file is known to be ours; the page of the schema is not, in neither of the two.
    let mut bytes = std::fs::read(killed.join("store.db")).unwrap();
    bytes[100..4_000].fill(0x5a);
    std::fs::write(&store, &bytes).unwrap();
    std::fs::copy(killed.join("store.db-wal"), &log).unwrap();
    for path in [&store, &log] {
        set_mode(path, 0o600);
    }
    let before = [sha256(&store), sha256(&log)];
    (world, copy, before)
}

#[test]
fn a_damaged_store_is_replaced_and_its_bytes_are_kept_with_what_belongs_to_them() {
    let (world, copy, before) = damaged();
    let (store, log) = (world.store(), world.state().join("store.db-wal"));
    assert_ne!(world.run(&["users", "list"]).code, Some(0), "the store is damaged");
    assert_eq!([sha256(&store), sha256(&log)], before);
    world.run(&restore(&copy, "--dry-run")).done(&["restore"]);
    assert_eq!([sha256(&store), sha256(&log)], before);
    let ran = world.run(&["store", "restore", copy.to_str().unwrap(), "--yes", "-v"]);
    assert_eq!(ran.code, Some(0), "{}", ran.stderr);
    let kept = kept(&world);
    let of = |suffix: &str| kept.iter().find(|path| path.to_string_lossy().ends_with(suffix)).unwrap();
    let name = kept[0].to_str().unwrap();
    assert!(ran.stderr.contains(&format!("The replaced store is kept as {name}.")), "{}", ran.stderr);
    assert_eq!([sha256(&kept[0]), sha256(of("-wal"))], before, "{kept:?}");
    assert_eq!(users_in(&store), 2);
    world.assert_sound();
}

#[test]
fn of_a_damaged_store_no_byte_is_lost_wherever_the_restore_is_killed() {
    if !can_trace() {
        return;
    }
    for calls in CALLS {
        kill_at_each(calls, |starter, n| {
            let (world, copy, before) = damaged();
            let ran = finish(world.under(starter, &restore(&copy, "--yes")), "");
            assert!(ran.code.is_none_or(|code| code == 0), "{}", ran.stderr);
            let there: Vec<_> = world.names().iter().map(|name| sha256(&world.state().join(name))).collect();
            for bytes in &before {
                assert!(there.contains(bytes), "{calls} {n}: {:?}", world.names());
            }
            // The store has its new name, and its log not yet: nobody guesses to which file that belongs.
            let again = world.run(&restore(&copy, "--yes"));
            if again.code == Some(78) {
                again.refused(78, "store.db-wal: is left from another store");
                std::fs::remove_file(world.state().join("store.db-wal")).unwrap();
                // What SQLite shares memory by may lie there too.
                let _ = std::fs::remove_file(world.state().join("store.db-shm"));
                world.done(&restore(&copy, "--yes"));
            } else {
                again.done(&["restore"]);
            }
            assert_eq!(users_in(&world.store()), 2);
            world.assert_sound();
            ran
        });
    }
}

#[test]
fn a_file_that_is_not_known_to_be_ours_is_not_replaced() {
    let (world, copy) = copied();
    std::fs::write(world.store(), "x".repeat(8_192)).unwrap();
    let before = sha256(&world.store());
    world.run(&restore(&copy, "--yes")).refused(78, "if it is your damaged store, move it away with its -wal");
    assert_eq!(sha256(&world.store()), before);
}

#[test]
fn a_disk_with_too_little_room_is_said_before_anything_is_written() {
    in_own_mounts("restore::on_a_small_disk");
}

#[test]
#[ignore = "started by a_disk_with_too_little_room_is_said_before_anything_is_written"]
fn on_a_small_disk() {
    let directory = tempfile::tempdir().unwrap();
    mount(&["-t", "tmpfs", "-o", "size=2m,nr_inodes=40,mode=755", "none"], directory.path());
    let world = World::in_folder(directory.path()).with_users();
    let elsewhere = tempfile::tempdir().unwrap();
    let copy = elsewhere.path().join("copy.db");
    world.done(&["store", "backup", copy.to_str().unwrap()]);
    let ballast = directory.path().join("ballast");
    let size = copy.metadata().unwrap().len();
    std::fs::write(&ballast, vec![0; usize::try_from(2 * 1024 * 1024 - 4 * size).unwrap()]).unwrap();
    let before = sha256(&world.store());
    world.run(&restore(&copy, "--yes")).refused(74, "bytes needed,");
    assert_eq!(sha256(&world.store()), before);
    assert_eq!(world.names(), ["reset.key", "store.db", "store.db.lock"]);
    std::fs::remove_file(&ballast).unwrap();
    // Bytes, and no file: what cannot be created has a name that nobody knows.
    let full = (0..).map(|number| directory.path().join(format!("ballast{number}")));
    let full: Vec<_> = full.take_while(|path| std::fs::write(path, "").is_ok()).collect();
    world.run(&restore(&copy, "--yes")).refused(74, "the disk that holds the store is nearly full (0 files left;");
    assert_eq!(sha256(&world.store()), before);
    full.iter().for_each(|path| std::fs::remove_file(path).unwrap());
    world.done(&restore(&copy, "--yes"));
    world.assert_sound();
}

#[test]
fn a_restore_killed_at_any_call_leaves_the_old_store_or_the_new_one() {
    if !can_trace() {
        return;
    }
    for calls in CALLS {
        let (mut old, mut new) = (0, 0);
        kill_at_each(calls, |starter, n| {
            let (world, copy) = copied();
            let before = sha256(&copy);
            let ran = finish(world.under(starter, &restore(&copy, "--yes")), "");
            assert!(ran.code.is_none_or(|code| code == 0), "{}", ran.stderr);
            world.assert_sound();
            let users = users_in(&world.store());
            match users {
                3 => old += 1,
                2 => new += 1,
                _ => panic!("{users} users after {calls} {n}"),
            }
            assert!(users == 2 || ran.code.is_none(), "said yes and did nothing");
            // What is kept is the store that was replaced.
            for kept in kept(&world).iter().filter(|path| path.to_string_lossy().ends_with(char::is_numeric)) {
                assert_eq!(users_in(kept), 3, "{calls} {n}");
            }
            assert_eq!(sha256(&copy), before);
            world.done(&restore(&copy, "--yes"));
            assert_eq!(users_in(&world.store()), 2);
            world.assert_sound();
            ran
        });
        assert!(new > 0 && (old > 0 || calls == "ftruncate"), "{calls}: {old} old, {new} new");
    }
}

/// What is behind the pages that the header counts is no part of a copy, however long it is; what is in front of them is.
#[test]
fn a_copy_is_looked_at_before_it_is_copied() {
    let (world, copy) = copied();
    let length = copy.metadata().unwrap().len();
    let set_length = |path: &Path, length: u64| truncate(path, i64::try_from(length).unwrap()).unwrap();
    let foreign = world.directory().join("foreign");
    std::fs::write(&foreign, [0; 100]).unwrap();
    set_mode(&foreign, 0o600);
    set_length(&foreign, 60 << 30);
    world.run(&restore(&foreign, "--yes")).refused(78, "not a cxme-admin store");
    set_length(&copy, length - 4096);
    world.run(&restore(&copy, "--yes")).refused(65, "its end is missing");
    assert_eq!(world.names(), ["reset.key", "store.db", "store.db.lock"]);
    let (world, copy) = copied();
    set_length(&copy, 60 << 30);
    world.done(&restore(&copy, "--yes"));
    assert_eq!(users_in(&world.store()), 2);
    assert!(world.store().metadata().unwrap().len() < 1 << 30);
    world.assert_sound();
}

/// A restore that waits for a writer, with its copy beside the store.
fn waiting_restore(world: &World, copy: &Path) -> Child {
    let mut child = world.command(&restore(copy, "--yes")).spawn().unwrap();
    let began = Instant::now();
    while !world.names().iter().any(|name| name.ends_with(".temporary")) {
        assert!(began.elapsed() < DEADLINE && child.try_wait().unwrap().is_none());
        std::thread::sleep(Duration::from_millis(1));
    }
    child
}

#[test]
fn a_signal_leaves_nothing_of_a_restore_and_what_a_kill_leaves_is_removed_by_the_next() {
    let (world, copy) = copied();
    let is_left = |world: &World| world.names().iter().any(|name| name.contains(".temporary"));
    for signal in [Signal::SIGTERM, Signal::SIGINT, Signal::SIGHUP, Signal::SIGKILL] {
        let writer = Connection::open(world.store()).unwrap();
        writer.execute_batch("BEGIN IMMEDIATE").unwrap();
        let mut child = waiting_restore(&world, &copy);
        kill(Pid::from_raw(child.id().try_into().unwrap()), signal).unwrap();
        assert_eq!(child.wait().unwrap().signal(), Some(signal as i32));
        assert_eq!(is_left(&world), signal == Signal::SIGKILL, "{signal}: {:?}", world.names());
    }
    let left = world.state().join("store.db.replaced-20261124-080000.0123456789abcdef.unfinished");
    for path in [left.clone(), PathBuf::from(format!("{}-journal", left.display()))] {
        std::fs::write(path, "x").unwrap();
    }
    world.done(&restore(&copy, "--yes"));
    assert!(!is_left(&world) && !left.exists(), "{:?}", world.names());
    assert_eq!(kept(&world).len(), 1, "{:?}", world.names());
    world.assert_sound();
}

/// Two at once: the second one says so, and not that mail is being sent.
#[test]
fn a_restore_beside_another_one_says_so() {
    let (world, copy) = copied();
    let writer = Connection::open(world.store()).unwrap();
    writer.execute_batch("BEGIN IMMEDIATE").unwrap();
    let mut first = waiting_restore(&world, &copy);
    // Until the first one has all locks.
    let began = Instant::now();
    let second = loop {
        let second = world.run(&restore(&copy, "--dry-run"));
        assert!(began.elapsed() < DEADLINE, "{second:?}");
        if second.code != Some(0) {
            break second;
        }
    };
    second.refused(75, "another `store restore` is running");
    writer.execute_batch("ROLLBACK").unwrap();
    assert!(first.wait().unwrap().success());
    world.done(&restore(&copy, "--dry-run"));
}
