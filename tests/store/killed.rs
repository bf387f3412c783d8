//! Commands that are ended in the middle of a new file: a signal leaves nothing of it, and what SIGKILL leaves is removed by the
//! next run of the same command, though that has the same process number, as in a container.

use std::path::Path;
use std::path::PathBuf;

use crate::audit::age_events;
use crate::crash::CALLS;
use crate::crash::end_at_each;
use crate::own_mounts::Disk;
use crate::own_mounts::FileSystem;
use crate::own_mounts::in_own_mounts;
use crate::world::World;
use crate::world::can_be_root;
use crate::world::can_trace;
use crate::world::finish;
use crate::world::is_long;
use crate::world::names_in;

/// A command that creates a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Creating {
    Backup,
    Export,
    Archive,
    Init,
}

impl Creating {
    const ALL: [Self; 4] = [Self::Backup, Self::Export, Self::Archive, Self::Init];

    /// A world in which it can run.
    fn world(self, directory: &Path) -> World {
        let world = World::in_folder(directory);
        match self {
            Self::Backup | Self::Export => world.with_users(),
            Self::Archive => {
                let world = world.with_users();
                age_events(&world, 100);
                world.done(&["users", "lock", "alice"]);
                world
            }
            Self::Init => {
                std::fs::remove_file(world.config()).unwrap();
                world
            }
        }
    }

    /// Its words, and the file that it creates; each night's has its own name.
    fn words(self, world: &World, night: usize) -> (Vec<String>, PathBuf) {
        let [config, store] = [world.config(), world.store()].map(|path| path.to_str().unwrap().to_owned());
        let place = world.directory().join(format!("copies/{night}"));
        let path = place.to_str().unwrap();
        let (words, place) = match self {
            Self::Backup => (vec!["store", "backup", path], place.clone()),
            Self::Export => (vec!["users", "export", "--with-hashes", "--to", path], place.clone()),
            Self::Archive => (vec!["audit", "archive", "--before", "60d", "--yes", "--out", path], place.clone()),
            Self::Init => (vec!["-c", &config, "--store", &store, "init", "--yes"], world.store()),
        };
        (words.into_iter().map(str::to_owned).collect(), place)
    }
}

/// Files that are no finished ones.
fn unfinished(world: &World) -> Vec<String> {
    let directories = ["state", "copies", "config/cxme-admin", "temporary"].map(|name| world.directory().join(name));
    let names = directories.iter().filter(|directory| directory.exists()).flat_map(|directory| names_in(directory));
    names.filter(|name| name.contains(".unfinished") || name.contains(".temporary") || name.ends_with(".new")).collect()
}

/// The calls at which the commands are ended, and at which of them.
fn calls() -> Vec<(&'static str, usize)> {
    let steps = if is_long() { [1, 1, 1, 1] } else { [3, 23, 1, 1] };
    let mut calls: Vec<_> = CALLS.into_iter().zip(steps).collect();
    // With these a file gets its name where the kernel has no better way.
    calls.push(("renameat", 1));
    calls
}

fn file_systems() -> Vec<FileSystem> {
    if is_long() { FileSystem::ALL.to_vec() } else { vec![FileSystem::Tmpfs, FileSystem::Bindfs] }
}

/// Ends each command at its calls on each file system, with this starter before the tracer; `check` gets the world, the words,
/// the file and whether the command was ended.
fn end_everywhere(signal: &str, starter: &[&str], check: impl Fn(&World, &[&str], &Path, bool)) {
    for file_system in file_systems() {
        for creating in Creating::ALL {
            let Some(disk) = Disk::mount(file_system) else { continue };
            let mut number = 0;
            for (calls, step) in calls() {
                let mut ended = 0;
                end_at_each(signal, calls, step, |tracer, n| {
                    number += 1;
                    let directory = disk.path().join(format!("{number}"));
                    std::fs::create_dir_all(directory.join("copies")).unwrap();
                    let world = creating.world(&directory);
                    let (words, place) = creating.words(&world, n);
                    let words: Vec<&str> = words.iter().map(String::as_str).collect();
                    let ran = finish(world.under(&[starter, tracer].concat(), &words), "");
                    // unshare(1) gives the signal as a shell does.
                    let is_ended = ran.code.is_none_or(|code| code >= 128);
                    assert!(is_ended || ran.code == Some(0), "{file_system:?} {words:?} {calls} {n}: {ran:?}");
                    ended += usize::from(is_ended);
                    check(&world, &words, &place, is_ended);
                    std::fs::remove_dir_all(&directory).unwrap();
                    crate::world::Ran { code: ran.code.filter(|_| !is_ended), ..ran }
                });
                assert!(
                    ended > 0 || calls == "renameat" || calls == "ftruncate",
                    "{creating:?}: never ended at {calls}"
                );
            }
        }
    }
}

#[test]
fn a_signal_leaves_nothing_of_a_file_that_is_being_written() {
    if can_trace() {
        in_own_mounts("killed::by_signals");
    }
}

#[test]
#[ignore = "started by a_signal_leaves_nothing_of_a_file_that_is_being_written"]
fn by_signals() {
    let signals: &[&str] = if is_long() { &["SIGTERM", "SIGINT", "SIGHUP"] } else { &["SIGTERM"] };
    for signal in signals {
        end_everywhere(signal, &[], |world, words, _, _| {
            let left: Vec<String> = unfinished(world).into_iter().filter(|name| name != "reset.key.new").collect();
            assert_eq!(left, [""; 0], "{words:?}");
        });
    }
}

#[test]
fn what_a_killed_command_left_is_removed_by_the_next_with_the_same_process_number() {
    if can_trace() {
        in_own_mounts("killed::by_sigkill");
    }
}

#[test]
#[ignore = "started by what_a_killed_command_left_is_removed_by_the_next_with_the_same_process_number"]
fn by_sigkill() {
    // The command is process 2 each time.
    let first = ["unshare", "--pid", "--fork", "--kill-child"];
    let next = ["unshare", "--pid", "--fork", "--kill-child", "sh", "-c", "\"$0\" \"$@\"; exit $?"];
    end_everywhere("SIGKILL", &first, |world, words, place, is_ended| {
        let is_there = || place.metadata().is_ok_and(|found| found.len() > 0);
        let was_there = is_there();
        let again = finish(world.under(&next, words), "");
        let refused = if words.contains(&"init") { 78 } else { 74 };
        // A key that waited for its store gets its place.
        let is_finished = was_there && (again.code == Some(refused) || words.contains(&"init"));
        assert!(again.code == Some(0) || is_finished, "{words:?}, {was_there}: {again:?}");
        assert!(is_there() && (is_ended || was_there));
        assert_eq!(unfinished(world), [""; 0], "{words:?}: {again:?}");
        if words.contains(&"archive") {
            // All events are in the store, or all of the file's are in the file.
            match world.count("SELECT count(*) FROM event_archives") {
                0 => assert_eq!(world.count("SELECT min(number) FROM events"), 1),
                _ => drop(world.done(&["audit", "verify", "--archive", place.to_str().unwrap()])),
            }
        }
        if words.contains(&"init") {
            assert_eq!(world.names(), ["reset.key", "store.db"]);
            world.done(&["users", "add", "alice@example.com", "--name", "Alice"]);
        }
        world.assert_sound();
    });
}

#[test]
fn a_file_that_may_not_grow_leaves_nothing() {
    if !can_be_root() {
        return;
    }
    let limited = [
        "bash",
        "-c",
        "ulimit -f 64; exec setpriv --inh-caps=-sys_resource --bounding-set=-sys_resource \"$0\" \"$@\"",
    ];
    let world = World::new();
    let copy = world.directory().join("copy.db");
    let words = ["store", "backup", copy.to_str().unwrap()];
    let ran = finish(world.under(&limited, &words), "");
    assert_eq!(ran.code, Some(75), "{ran:?}");
    assert!(!names_in(world.directory()).iter().any(|name| name.starts_with("copy.db")));
    world.done(&words);
    let world = World::without_store();
    let ran = finish(world.under(&limited, &["init", "--yes"]), "");
    assert_eq!(ran.code, Some(75), "{ran:?}");
    assert_eq!(world.names(), [""; 0]);
    world.done(&["init", "--yes"]);
    world.assert_sound();
}
