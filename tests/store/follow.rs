//! `audit export --follow`, run as a collector runs it: by a pipe, for long, ended by signals.

use std::io::BufRead as _;
use std::io::BufReader;
use std::io::Read as _;
use std::process::Child;
use std::process::ChildStdout;

use nix::sys::signal::Signal;
use nix::sys::signal::kill;
use nix::unistd::Pid;

use crate::world::World;

/// A collector, and the program that it reads from.
struct Follower {
    child: Child,
    lines: BufReader<ChildStdout>,
}

impl Follower {
    fn new(world: &World, words: &[&str]) -> Self {
        let mut child = world.command(&[&["audit", "export", "--follow"], words].concat()).spawn().unwrap();
        let lines = BufReader::new(child.stdout.take().unwrap());
        Self { child, lines }
    }

    /// The number and the hash of the next event.
    fn next(&mut self) -> (i64, String) {
        let mut line = String::new();
        self.lines.read_line(&mut line).unwrap();
        assert!(line.ends_with("}\n"), "a whole line: {line:?}");
        let event: serde_json::Value = serde_json::from_str(&line).unwrap();
        (event["number"].as_i64().unwrap(), event["hash"].as_str().unwrap().to_owned())
    }

    fn signal(&self, signal: Signal) {
        kill(Pid::from_raw(self.child.id().cast_signed()), signal).unwrap();
    }

    /// The exit code and standard error, after the rest of the lines was read.
    fn end(mut self) -> (Option<i32>, String, String) {
        let (mut rest, mut stderr) = (String::new(), String::new());
        self.lines.read_to_string(&mut rest).unwrap();
        self.child.stderr.take().unwrap().read_to_string(&mut stderr).unwrap();
        (self.child.wait().unwrap().code(), rest, stderr)
    }
}

#[test]
fn new_events_come_as_they_happen_and_a_stop_signal_is_the_usual_end() {
    for signal in [Signal::SIGINT, Signal::SIGTERM] {
        let world = World::new();
        let mut follower = Follower::new(&world, &[]);
        for number in 1..=3 {
            assert_eq!(follower.next().0, number);
        }
        world.done(&["users", "edit", "alice", "--name", "Other"]);
        assert_eq!(follower.next().0, 4);
        world.done(&["users", "edit", "alice", "--name", "Another"]);
        assert_eq!(follower.next().0, 5);
        follower.signal(signal);
        assert_eq!(follower.end(), (Some(0), String::new(), String::new()));
    }
}

#[test]
fn a_collector_that_was_killed_continues_where_it_was() {
    let world = World::new();
    let mut first = Follower::new(&world, &[]);
    let (number, hash) = first.next();
    first.signal(Signal::SIGKILL);
    first.end();
    let mut second = Follower::new(&world, &["--after", &number.to_string(), "--hash", &hash]);
    assert_eq!(second.next().0, number + 1);
    second.signal(Signal::SIGTERM);
    second.end();
}

#[test]
fn a_closed_pipe_ends_it_although_nothing_happens() {
    let world = World::new();
    let mut follower = Follower::new(&world, &["--after", "2"]);
    assert_eq!(follower.next().0, 3);
    let Follower { mut child, lines } = follower;
    drop(lines);
    assert_eq!(child.wait().unwrap().code(), Some(128 + 13));
}

/// Nothing is lost where the collector does not read for long, others work on meanwhile, and a stop signal is heard.
#[test]
fn more_than_a_pipe_holds_comes_whole_and_in_order() {
    let world = World::new();
    let long = "x".repeat(1_000);
    for _ in 0..80 {
        world.done(&["users", "lock", "alice", "--reason", &long]);
        world.done(&["users", "unlock", "alice", "--reason", &long]);
    }
    let mut follower = Follower::new(&world, &[]);
    assert_eq!(follower.next().0, 1);
    world.done(&["users", "lock", "alice"]);
    for number in 2..=164 {
        assert_eq!(follower.next().0, number);
    }
    follower.signal(Signal::SIGTERM);
    assert_eq!(follower.end().0, Some(0));
}

#[test]
fn a_backup_that_is_restored_beneath_it_is_told() {
    let world = World::new();
    let copy = world.state().join("copy.db");
    world.done(&["store", "backup", copy.to_str().unwrap()]);
    let mut follower = Follower::new(&world, &[]);
    for number in 1..=4 {
        assert_eq!(follower.next().0, number);
    }
    world.done(&["store", "restore", copy.to_str().unwrap(), "--yes"]);
    let (code, _, stderr) = follower.end();
    assert_eq!(code, Some(65), "{stderr}");
    assert!(stderr.contains("event 4 is another one"), "{stderr}");
    // The backup has fewer events than the collector, and the restore is another event under a number that it knows.
    let again = world.run(&["audit", "export", "--after", "9"]);
    again.refused(65, "there is no event 9");
}

#[test]
fn a_store_that_is_moved_away_is_told() {
    let world = World::new();
    let mut follower = Follower::new(&world, &["--after", "2"]);
    assert_eq!(follower.next().0, 3);
    std::fs::rename(world.store(), world.state().join("moved.db")).unwrap();
    let (code, _, stderr) = follower.end();
    assert_eq!(code, Some(75), "{stderr}");
    assert!(stderr.contains("moved away or replaced"), "{stderr}");
}
