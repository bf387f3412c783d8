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
    reader.query_row("SELECT count(*) FROM event", [], |_| Ok(())).unwrap();
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
