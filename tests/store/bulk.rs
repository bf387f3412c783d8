//! Large inputs.

use std::fmt::Write as _;

use crate::world::World;
use crate::world::can;
use crate::world::finish;
use crate::world::is_long;

/// What an import may take of memory, in KiB.
const LIMIT_KIB: u64 = 64 * 1024;

#[test]
fn an_import_takes_no_more_memory_for_more_rows() {
    let has_time = std::process::Command::new("/usr/bin/time").arg("--version").output().is_ok();
    if !can(has_time, "needs GNU time") {
        return;
    }
    let rows = if is_long() { 200_000 } else { 5_000 };
    let world = World::new();
    let mut input = String::from("username,email,name\n");
    for row in 0..rows {
        writeln!(input, "u{row},u{row}@example.com,{}", "Name ".repeat(20)).unwrap();
    }
    let path = world.directory().join("input.csv");
    std::fs::write(&path, input).unwrap();
    let measured = world.directory().join("measured");
    let starter = ["/usr/bin/time", "-f", "%M", "-o", measured.to_str().unwrap()];
    finish(world.under(&starter, &["users", "import", path.to_str().unwrap()]), "").done(&["import"]);
    assert_eq!(world.count("SELECT count(*) FROM users"), rows + 2);
    let taken: u64 = std::fs::read_to_string(measured).unwrap().trim().parse().unwrap();
    assert!(taken < LIMIT_KIB, "{taken} KiB");
    assert!(crate::world::names_in(&world.directory().join("temporary")).is_empty());
    world.assert_sound();
}

#[test]
fn a_change_of_many_users_takes_no_more_memory_for_more_users() {
    let has_time = std::process::Command::new("/usr/bin/time").arg("--version").output().is_ok();
    if !can(has_time, "needs GNU time") {
        return;
    }
    let users = if is_long() { 200_000 } else { 5_000 };
    let world = World::new();
    let (mut input, mut names) = (String::from("username,email\n"), String::new());
    for user in 0..users {
        writeln!(input, "u{user},u{user}@example.com").unwrap();
        writeln!(names, "u{user}").unwrap();
    }
    let (path, list) = (world.directory().join("input.csv"), world.directory().join("names"));
    std::fs::write(&path, input).unwrap();
    std::fs::write(&list, names).unwrap();
    world.done(&["users", "import", path.to_str().unwrap()]);
    let measured = world.directory().join("measured");
    let starter = ["/usr/bin/time", "-f", "%M", "-o", measured.to_str().unwrap()];
    for command in [&["lock"][..], &["unlock"], &["edit", "--locale", "de"], &["show"], &["delete"]] {
        let from = ["--from", list.to_str().unwrap()];
        let yes: &[&str] = if command == ["show"] { &["-o", "csv"] } else { &["--yes"] };
        finish(world.under(&starter, &[&["users"], command, &from, yes].concat()), "").done(command);
        let taken: u64 = std::fs::read_to_string(&measured).unwrap().trim().parse().unwrap();
        assert!(taken < LIMIT_KIB, "{command:?}: {taken} KiB");
    }
    assert_eq!(world.count("SELECT count(*) FROM users"), 2);
}
