//! What the audit recorded of a deleted user is not in the file any more, nor in the log.

use std::fmt::Write as _;

use crate::world::World;
use crate::world::finish;
use crate::world::is_long;

/// The places where `value` is in the store and in its log.
fn places(world: &World, value: &str) -> Vec<String> {
    let mut found = Vec::new();
    for name in world.names().iter().filter(|name| name.starts_with("store.db")) {
        let bytes = std::fs::read(world.state().join(name)).unwrap();
        let hits = bytes.windows(value.len()).enumerate().filter(|(_, window)| *window == value.as_bytes());
        found.extend(hits.map(|(place, _)| format!("{name}, page {}", place / 4096 + 1)));
    }
    found
}

/// Rows of an update: each name and address has a mark of its user and of the round, and a length of its own.
fn rows(count: usize, round: usize) -> String {
    let mut rows = "username,email,name\n".to_owned();
    for user in 0..count {
        let length = (user * 7 + round * 31) % 60;
        let name = format!("N{user:04}r{round}{}", "x".repeat(length));
        writeln!(rows, "user{user},m{user:04}r{round}@example.com,{name}").unwrap();
    }
    rows
}

#[test]
fn the_recorded_values_of_deleted_users_are_not_in_the_file() {
    let (count, rounds) = if is_long() { (3_000, 6) } else { (400, 4) };
    let world = World::without_store();
    world.done(&["init", "--yes"]);
    for round in 0..rounds {
        let words = ["users", "import", "-", if round == 0 { "-q" } else { "--update" }];
        finish(world.command(&words), &rows(count, round)).done(&words);
    }
    for user in [7, 8, 9] {
        let name = format!("user{user}");
        world.done(&["users", "edit", &name, "--name", &format!("N{user:04}redited")]);
    }
    let marks = |user: usize| [format!("N{user:04}r"), format!("m{user:04}r")];
    assert!(marks(7).iter().all(|mark| places(&world, mark).len() > rounds), "the test looks past them");
    // A reader keeps the log from being deleted, not from being emptied.
    let reader = world.sqlite();
    reader.query_row("SELECT count(*) FROM events", [], |_| Ok(())).unwrap();
    world.done(&["users", "delete", "user7", "--yes"]);
    let several: Vec<String> = (8..count / 2).map(|user| format!("user{user}")).collect();
    let words: Vec<&str> =
        ["users", "delete"].into_iter().chain(several.iter().map(String::as_str)).chain(["--yes"]).collect();
    world.done(&words);
    for mark in (7..count / 2).flat_map(marks) {
        assert_eq!(places(&world, &mark), [""; 0], "{mark}");
    }
    // Those of the others are there.
    assert!(marks(count - 1).iter().all(|mark| !places(&world, mark).is_empty()));
    drop(reader);
    world.assert_sound();
    assert!(world.done(&["audit", "verify"]).contains("Erased with deleted users"), "said");
}

/// Reads the first byte of what a command prints: by then it has read all that it prints.
fn first_byte(child: &mut std::process::Child) -> u8 {
    let mut first = [0];
    std::io::Read::read_exact(child.stdout.as_mut().unwrap(), &mut first).unwrap();
    first[0]
}

#[test]
fn a_reader_of_a_list_who_stops_keeps_nothing_in_the_log() {
    let world = World::without_store();
    world.done(&["init", "--yes"]);
    // More than is held in memory.
    let import = ["users", "import", "-", "-q"];
    finish(world.command(&import), &rows(if is_long() { 300_000 } else { 40_000 }, 1)).done(&import);
    let mark = "N0007r1";
    for (number, words) in [
        ["users", "list", "-o", "csv"],
        ["users", "list", "-o", "ndjson"],
        ["users", "list", "--sort", "name"],
        ["users", "export", "-o", "json"],
        ["users", "show", "--all", "-o"],
        ["users", "show", "--all", "-v"],
    ]
    .into_iter()
    .enumerate()
    {
        let json = if words.last() == Some(&"-o") { &["json"][..] } else { &[] };
        let mut command = world.command(&[&words[..], json].concat());
        command.stdin(std::process::Stdio::null()).stderr(std::process::Stdio::null());
        let mut reader = command.stdout(std::process::Stdio::piped()).spawn().unwrap();
        first_byte(&mut reader);
        let user = format!("user{}", 7 + number);
        let deleted = world.run(&["users", "delete", &user, "--yes", "-v"]);
        assert!(deleted.code == Some(0) && !deleted.stderr.contains("-wal"), "{words:?}: {deleted:?}");
        let log = world.state().join("store.db-wal");
        assert_eq!(log.metadata().map_or(0, |log| log.len()), 0, "{words:?}");
        // It prints what was there when it began.
        let rest = reader.wait_with_output().unwrap();
        assert!(rest.status.success() && String::from_utf8_lossy(&rest.stdout).contains(&user), "{words:?}");
    }
    assert_eq!(places(&world, mark), [""; 0]);
}

#[test]
fn a_delete_beside_a_reader_says_what_the_log_keeps() {
    let world = World::new();
    let reader = world.sqlite();
    reader.execute_batch("BEGIN; SELECT count(*) FROM events").unwrap();
    let deleted = world.run(&["users", "delete", "bob", "--yes"]);
    assert!(deleted.code == Some(0) && deleted.stderr.contains("its `-wal` file keeps values"), "{deleted:?}");
    drop(reader);
    world.done(&["users", "list"]);
    assert!(!world.names().contains(&"store.db-wal".to_owned()));
}

#[test]
fn a_check_warns_of_a_long_log() {
    let world = World::new();
    let reader = world.sqlite();
    let version: i64 = reader.pragma_query_value(None, "user_version", |row| row.get(0)).unwrap();
    reader.pragma_update(None, "user_version", version).unwrap();
    let warning = "store.db-wal has 129 MiB: a large change is running, or a program keeps reading";
    assert!(!world.run(&["store", "check"]).stderr.contains("MiB"));
    // The rest of it is no part of the log as SQLite reads it.
    nix::unistd::truncate(&world.state().join("store.db-wal"), 129 << 20).unwrap();
    let check = world.run(&["store", "check"]);
    assert!(check.code == Some(0) && check.stderr.contains(warning), "{check:?}");
}
