//! A batch of passwords while it is hashed: what ends it changes nothing, and nobody waits for it.

use std::fmt::Write as _;
use std::os::unix::process::ExitStatusExt as _;
use std::path::Path;
use std::path::PathBuf;
use std::process::Child;
use std::process::Stdio;

use nix::sys::signal::Signal;
use nix::sys::signal::kill;
use nix::unistd::Pid;

use crate::world::World;
use crate::world::await_that;
use crate::world::ended;
use crate::world::finish;
use crate::world::mode;
use crate::world::names_in;
use crate::world::set_mode;

/// So many that they take seconds on any machine.
const USERS: usize = 400;

fn world() -> World {
    let world = World::without_store();
    world.done(&["init", "--yes"]);
    let mut rows = "email\n".to_owned();
    (0..USERS).for_each(|user| writeln!(rows, "user{user}@example.com").unwrap());
    let words = ["users", "import", "-"];
    finish(world.command(&words), &rows).done(&words);
    world
}

fn batch(world: &World) -> PathBuf {
    let path = world.directory().join("batch.txt");
    let mut lines = String::new();
    (0..USERS).for_each(|user| writeln!(lines, "user{user}:copper sailing winter basket {user}").unwrap());
    std::fs::write(&path, lines).unwrap();
    set_mode(&path, 0o600);
    path
}

/// Whether the process has threads that hash.
fn is_hashing(child: &Child) -> bool {
    let threads = Path::new("/proc").join(child.id().to_string()).join("task");
    let Ok(threads) = std::fs::read_dir(threads) else { return false };
    threads
        .flatten()
        .any(|thread| std::fs::read_to_string(thread.path().join("comm")).is_ok_and(|name| name == "hash\n"))
}

/// Starts a command, and waits until it hashes.
fn start(world: &World, words: &[&str]) -> Child {
    let mut child = world.command(words).stdout(Stdio::null()).spawn().unwrap();
    await_that("hashing", || {
        assert!(child.try_wait().unwrap().is_none(), "{words:?} has ended");
        is_hashing(&child)
    });
    child
}

const PASSWORDS: &str = "SELECT count(*) FROM users WHERE password_hash IS NOT NULL";

#[test]
fn a_batch_that_is_ended_while_it_is_hashed_changes_nothing() {
    let world = world();
    let (batch, out) = (batch(&world), world.directory().join("out/new.csv"));
    std::fs::create_dir(out.parent().unwrap()).unwrap();
    let events = world.count("SELECT count(*) FROM events");
    let (batch, new) = (batch.to_str().unwrap(), out.to_str().unwrap());
    for words in [
        ["users", "set-password", "--yes", "--batch", batch].as_slice(),
        ["users", "set-password", "--yes", "--all", "--generate", "--out", new].as_slice(),
    ] {
        for signal in [Signal::SIGINT, Signal::SIGTERM, Signal::SIGKILL] {
            let child = start(&world, words);
            kill(Pid::from_raw(child.id().try_into().unwrap()), signal).unwrap();
            let ended = child.wait_with_output().unwrap();
            assert_eq!(ended.status.signal(), Some(signal as i32), "{words:?}");
            assert_eq!((world.count(PASSWORDS), world.count("SELECT count(*) FROM events")), (0, events), "{words:?}");
            let left = names_in(out.parent().unwrap());
            assert!(!out.exists() && (signal == Signal::SIGKILL || left.is_empty()), "{words:?} {signal}: {left:?}");
        }
    }
    world.assert_sound();
    // What SIGKILL left is removed by the next run.
    let words = ["users", "set-password", "user1", "user2", "--yes", "--generate", "--out", new];
    world.done(&words);
    assert_eq!((names_in(out.parent().unwrap()), mode(&out)), (vec!["new.csv".to_owned()], 0o600));
    assert_eq!(world.count(PASSWORDS), 2);
}

#[test]
fn nobody_waits_while_a_batch_is_hashed() {
    let world = world();
    let batch = batch(&world);
    let child = start(&world, &["users", "set-password", "--yes", "--batch", batch.to_str().unwrap()]);
    world.done(&["users", "edit", "user7", "--name", "Seven"]);
    world.done(&["users", "lock", "user8"]);
    assert!(is_hashing(&child), "it was over before: more users are needed");
    ended(child.wait_with_output().unwrap()).done(&["set-password"]);
    assert_eq!(world.count(PASSWORDS), i64::try_from(USERS).unwrap());
    assert_eq!(world.count("SELECT count(*) FROM users WHERE name = 'Seven' OR locked_at IS NOT NULL"), 2);
    world.assert_sound();
}
