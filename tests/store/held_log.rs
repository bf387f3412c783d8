//! A process that reads, and so keeps SQLite's log from being used again, on a disk with little room.

use std::io::Read as _;
use std::process::Child;
use std::process::Command;
use std::process::Stdio;

use crate::own_mounts::Disk;
use crate::own_mounts::FileSystem;
use crate::own_mounts::empty;
use crate::own_mounts::fill;
use crate::own_mounts::in_own_mounts;
use crate::own_mounts::mount;
use crate::shortages::END;
use crate::shortages::TRIAL;
use crate::shortages::has_password;
use crate::shortages::world_with_password;
use crate::world::World;
use crate::world::finish;

/// A process that has begun to read and does not end.
struct Reader(Child);

impl Reader {
    fn start(world: &World) -> Self {
        let script = "import sqlite3, sys\n\
                      store = sqlite3.connect(sys.argv[1], isolation_level=None)\n\
                      store.execute('BEGIN')\n\
                      store.execute('SELECT count(*) FROM users').fetchone()\n\
                      print('read', flush=True)\n\
                      sys.stdin.read()\n";
        let mut reader = Command::new("python3");
        reader.args(["-c", script]).arg(world.store()).stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut reader = reader.spawn().unwrap();
        reader.stdout.as_mut().unwrap().read_exact(&mut [0; 4]).unwrap();
        Self(reader)
    }

    fn end(mut self) {
        drop(self.0.stdin.take());
        assert!(self.0.wait().unwrap().success());
    }
}

fn import(world: &World, count: usize) {
    let users: String = (0..count).map(|number| format!("user{number}@example.com\n")).collect();
    finish(world.command(&["users", "import", "-", "-q"]), &format!("email\n{users}")).done(&["import"]);
}

#[test]
fn while_a_process_reads_a_job_needs_room_for_a_log_that_only_grows() {
    in_own_mounts("held_log::room_for_a_held_log");
}

#[test]
#[ignore = "started by while_a_process_reads_a_job_needs_room_for_a_log_that_only_grows"]
fn room_for_a_held_log() {
    let Some(disk) = Disk::mount(FileSystem::Tmpfs) else { return };
    mount(&["-o", "remount,size=96m"], disk.path());
    let world = world_with_password(World::in_folder(disk.path()));
    import(&world, 2_000);
    fill(disk.path(), 40_000);
    world.done(&TRIAL);
    // Where the log is empty the reader locks another byte than where it is not.
    for is_empty in [true, false] {
        let before = (!is_empty).then(|| Reader::start(&world));
        if !is_empty {
            world.done(&["users", "lock", "user1"]);
        }
        let reader = Reader::start(&world);
        if let Some(before) = before {
            before.end();
        }
        for words in [TRIAL, END] {
            let ran = world.run(&words);
            ran.refused(74, "the disk that holds the store has too little room to send the mails of the job (3");
            ran.refused(74, "nothing was changed; another process keeps reading the store");
        }
        assert!(has_password(&world), "{is_empty}");
        reader.end();
        world.done(&TRIAL);
    }
}

#[test]
fn a_log_that_filled_the_disk_is_moved_into_the_store_once_nobody_reads() {
    in_own_mounts("held_log::a_log_that_fills_the_disk");
}

#[test]
#[ignore = "started by a_log_that_filled_the_disk_is_moved_into_the_store_once_nobody_reads"]
fn a_log_that_fills_the_disk() {
    for file_system in [FileSystem::Tmpfs, FileSystem::Ext4, FileSystem::Xfs] {
        let Some(disk) = Disk::mount(file_system) else { continue };
        let world = world_with_password(World::in_folder(disk.path()));
        import(&world, 1_500);
        world.done(&["users", "send-reset", "--all", "--queue-only", "--yes"]);
        fill(disk.path(), 6_000);
        let reader = Reader::start(&world);
        let ran = world.run(&["jobs", "run"]);
        assert_eq!(ran.code, Some(74), "{file_system:?}: {ran:?}");
        let accepted = || world.count("SELECT count(*) FROM messages WHERE state = 'accepted'");
        let first = accepted();
        let all = world.count("SELECT count(*) FROM messages");
        assert!((1..all).contains(&first), "{file_system:?}: {first}");
        // As long as somebody reads there is nothing that it could do.
        assert_eq!(world.run(&["users", "lock", "user2"]).code, Some(74), "{file_system:?}");
        reader.end();
        // Nobody frees any space, and everything works again.
        world.done(&["users", "lock", "user2"]);
        let ran = world.run(&["jobs", "run"]);
        assert_eq!((ran.code, accepted()), (Some(0), all), "{file_system:?}: {ran:?}");
        empty(disk.path());
        world.assert_sound();
    }
}

#[test]
fn the_least_room_that_is_enough_for_a_job_is_enough_for_its_note_too() {
    in_own_mounts("held_log::room_for_a_note");
}

#[test]
#[ignore = "started by the_least_room_that_is_enough_for_a_job_is_enough_for_its_note_too"]
fn room_for_a_note() {
    let Some(disk) = Disk::mount(FileSystem::Tmpfs) else { return };
    mount(&["-o", "remount,size=64m"], disk.path());
    let world = world_with_password(World::in_folder(disk.path()));
    import(&world, 2_000);
    let note = "a laptop was stolen ".repeat(50);
    let with_note = |words: &[&'static str]| world.run(&[words, &["--note", note.trim_end()]].concat());
    let enough = (1..60).find(|mebibytes| {
        fill(disk.path(), mebibytes * 1_024);
        let ran = with_note(&TRIAL);
        assert!([Some(0), Some(74)].contains(&ran.code), "{mebibytes}: {ran:?}");
        ran.code == Some(0)
    });
    assert!(enough.is_some_and(|mebibytes| mebibytes > 2), "{enough:?}");
    assert_eq!(with_note(&END).code, Some(0), "{enough:?}");
    assert_eq!(
        world.count("SELECT count(*) FROM messages WHERE job_id = 1 AND state = 'accepted'"),
        world.count("SELECT count(*) FROM users")
    );
    assert_eq!(world.count("SELECT count(*) FROM messages WHERE note IS NOT NULL"), 0);
}
