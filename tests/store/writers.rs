//! Many at once.

use std::path::Path;
use std::time::Duration;
use std::time::Instant;

use cxme_admin::private_file::Rule;
use cxme_admin::store::Store;
use cxme_admin::store::open::ExpectedVersion;
use jiff::Timestamp;

use crate::world::DEADLINE;
use crate::world::World;
use crate::world::await_that;
use crate::world::ended;
use crate::world::is_long;

/// Begins to write, and does not end.
fn hold(world: &World) -> rusqlite::Connection {
    let holder = world.sqlite();
    holder.execute_batch("BEGIN IMMEDIATE; UPDATE users SET name = 'held'").unwrap();
    holder
}

#[test]
fn many_writers_and_a_copy_never_trip_over_each_other() {
    let (writers, rounds) = (8, if is_long() { 500 } else { 4 });
    let world = World::new();
    for writer in 0..writers {
        world.done(&["users", "add", &format!("w{writer}@example.com"), "--name", "Writer"]);
    }
    let before = world.count("SELECT count(*) FROM events");
    std::thread::scope(|scope| {
        for writer in 0..writers {
            let world = &world;
            scope.spawn(move || {
                let user = format!("w{writer}");
                for round in 0..rounds {
                    match round % 4 {
                        0 => world.done(&["users", "lock", &user, "--reason", "why not"]),
                        1 => world.done(&["users", "unlock", &user]),
                        2 => world.done(&["users", "edit", &user, "--name", &format!("Writer {round}")]),
                        // The same for all: they meet in one row.
                        _ => world.done(&["users", "edit", "bob", "--name", &format!("Bob of {writer}, {round}")]),
                    };
                }
            });
        }
        scope.spawn(|| {
            for copy in 0..3 {
                world.done(&["store", "backup", world.state().join(format!("copy-{copy}")).to_str().unwrap()]);
            }
        });
    });
    assert_eq!(world.count("SELECT count(*) FROM events"), before + writers * rounds + 3);
    world.assert_sound();
    for copy in 0..3 {
        let path = world.state().join(format!("copy-{copy}"));
        world.done(&["--store", path.to_str().unwrap(), "store", "check"]);
    }
}

#[test]
fn who_finds_the_store_locked_waits_and_succeeds() {
    let world = World::new();
    let holder = hold(&world);
    let held = Duration::from_secs(if is_long() { 10 } else { 1 });
    let began = Instant::now();
    let mut waiting = world.command(&["users", "lock", "alice"]).spawn().unwrap();
    // A reader does not wait.
    assert!(world.done(&["users", "show", "alice"]).contains("Alice Adams"));
    while began.elapsed() < held {
        assert!(waiting.try_wait().unwrap().is_none(), "it did not wait");
        std::thread::sleep(Duration::from_millis(20));
    }
    holder.execute_batch("ROLLBACK").unwrap();
    ended(waiting.wait_with_output().unwrap()).done(&["lock"]);
    assert_eq!(world.count("SELECT count(*) FROM users WHERE locked_at IS NOT NULL"), 1);
    world.assert_sound();
}

#[test]
fn who_waits_longer_than_the_patience_is_told_to_come_back() {
    if !is_long() {
        println!("not tested: takes half a minute; CXME_TEST_LONG=1 does it");
        return;
    }
    let world = World::new();
    let holder = hold(&world);
    let began = Instant::now();
    world.run(&["users", "lock", "alice"]).refused(75, "the store is busy");
    let waited = began.elapsed();
    assert!(waited >= Duration::from_secs(29) && waited < DEADLINE, "{waited:?}");
    // A process that sends may be the one that is stopped with the lock in its hand.
    let store = Store::open(&world.store(), &Rule::store(false), ExpectedVersion::Current).unwrap();
    let sending = store.begin_sending(Timestamp::UNIX_EPOCH).unwrap();
    let own = std::process::id();
    let words = format!("for 30 seconds; process {own} (since 1970-01-01T00:00:00Z) sends its mail");
    world.run(&["users", "lock", "alice"]).refused(75, &words);
    drop((holder, sending));
    world.done(&["users", "lock", "alice"]);
}

#[test]
fn a_copy_ends_although_somebody_writes_all_the_time() {
    let world = World::new();
    // More pages than are copied in one step, several times over.
    world
        .sqlite()
        .execute_batch(
            "INSERT INTO metadata SELECT 'ballast ' || a.id || b.id || c.id, zeroblob(8000000) FROM users a, users b, users c",
        )
        .unwrap();
    let path = world.state().join("copy");
    let writer = world.sqlite();
    writer.execute_batch("PRAGMA synchronous = OFF").unwrap();
    let mut copying = world.command(&["store", "backup", path.to_str().unwrap()]).spawn().unwrap();
    let began = Instant::now();
    // Several commits while one step is copied: a copy that began again at each would never end.
    while copying.try_wait().unwrap().is_none() {
        writer.execute_batch("UPDATE users SET updated_at = updated_at + 1 WHERE username = 'bob'").unwrap();
        assert!(began.elapsed() < DEADLINE / 3, "it begins again and again");
    }
    ended(copying.wait_with_output().unwrap()).done(&["backup"]);
    world.done(&["--store", path.to_str().unwrap(), "store", "check"]);
}

#[test]
fn two_that_make_the_same_store_make_one() {
    for _ in 0..if is_long() { 100 } else { 5 } {
        let world = World::without_store();
        let making: Vec<_> = (0..4).map(|_| world.command(&["init", "--yes"]).spawn().unwrap()).collect();
        let codes: Vec<_> = making.into_iter().map(|child| ended(child.wait_with_output().unwrap())).collect();
        let made = codes.iter().filter(|ran| ran.code == Some(0)).count();
        assert_eq!(made, 1, "{codes:?}");
        assert!(codes.iter().filter(|ran| ran.code != Some(0)).all(|ran| ran.code == Some(78)), "{codes:?}");
        world.assert_sound();
        assert_eq!(world.names(), ["reset.key", "store.db"]);
    }
}

#[test]
fn no_transaction_of_the_store_turns_into_a_writer() {
    let directory = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/store/sqlite");
    let mut deferred = Vec::new();
    for name in crate::world::names_in(&directory).iter().filter(|name| name.ends_with(".rs")) {
        let source = std::fs::read_to_string(directory.join(name)).unwrap();
        let code = source.split("#[cfg(test)]").next().unwrap();
        for (number, line) in code.lines().enumerate() {
            // These begin deferred unless told otherwise.
            let hidden =
                [".transaction(", ".unchecked_transaction(", ".savepoint(", "set_transaction_behavior", "BEGIN"];
            let is_comment = line.trim_start().starts_with("//");
            assert!(is_comment || !hidden.iter().any(|word| line.contains(word)), "{name}:{}: {line}", number + 1);
            if line.contains("TransactionBehavior::Deferred") {
                deferred.push(name.clone());
            }
        }
    }
    // A reading, and the staging of an import, which writes to the temporary table alone.
    assert_eq!(deferred, ["import.rs", "mod.rs"]);
}

#[test]
fn a_lock_that_somebody_keeps_on_the_files_of_sqlite_is_told_as_busy() {
    let world = World::new();
    // It waits for its input with the store open.
    let mut open = world.command(&["users", "import", "-"]).stdin(std::process::Stdio::piped()).spawn().unwrap();
    let shm = world.state().join("store.db-shm");
    let input = open.stdin.as_mut().unwrap();
    std::io::Write::write_all(input, b"username,email\n").unwrap();
    // It reads after it has opened the store, which takes the lock of the writer for a moment.
    await_that("the import reads", || rustix::io::ioctl_fionread(&input).unwrap() == 0);
    // What is in -shm is unreadable, and a process that would write it anew needs the lock of the writer: byte 120 of -shm (SQLite,
    // "WAL-mode File Format", section 2.1).
    #[expect(clippy::disallowed_methods, reason = "stands for another program that has the file open")]
    let mut file = std::fs::File::options().read(true).write(true).open(&shm).unwrap();
    std::io::Write::write_all(&mut file, &[0x5a; 96]).unwrap();
    let lock = nix::libc::flock { l_type: nix::libc::F_WRLCK as i16, l_whence: 0, l_start: 120, l_len: 1, l_pid: 0 };
    nix::fcntl::fcntl(&file, nix::fcntl::FcntlArg::F_OFD_SETLK(&lock)).unwrap();
    world.run(&["users", "list"]).refused(75, "another process holds a lock on its -shm file");
    drop(file);
    drop(open.stdin.take());
    open.wait().unwrap();
    world.done(&["users", "list"]);
    world.assert_sound();
}
