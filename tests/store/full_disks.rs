//! Full disks on each file system: people log in, a change is refused before it begins, and nothing is ended by SIGBUS.

use std::process::Command;
use std::process::Stdio;

use crate::own_mounts::Disk;
use crate::own_mounts::FileSystem;
use crate::own_mounts::empty;
use crate::own_mounts::fill;
use crate::own_mounts::in_own_mounts;
use crate::world::PASSWORD;
use crate::world::World;
use crate::world::can_trace;
use crate::world::finish;
use crate::world::names_in;
use crate::world::set_mode;

const VERIFY: [&str; 4] = ["users", "verify-password", "alice", "--stdin"];

/// Fails unless the right password is accepted and a wrong one is not.
#[track_caller]
fn assert_people_log_in(world: &World) {
    finish(world.command(&VERIFY), PASSWORD).done(&VERIFY);
    let wrong = finish(world.command(&VERIFY), "another one entirely");
    assert_eq!((wrong.code, wrong.stderr.as_str()), (Some(1), ""), "{wrong:?}");
}

/// Fails unless each change is refused, with what to do, and nothing is left behind.
#[track_caller]
fn assert_changes_are_refused(world: &World) {
    let names = world.names();
    let copy = world.directory().join("refused.db");
    let refused = [
        finish(world.command(&["users", "set-password", "alice", "--stdin"]), "nine silent otters at dawn"),
        world.run(&["users", "lock", "alice"]),
        finish(world.command(&["users", "import", "-"]), "email\ncarol@example.com\n"),
        world.run(&["store", "backup", copy.to_str().unwrap()]),
    ];
    for ran in refused {
        ran.refused(74, "the disk that holds the store is nearly full (");
        ran.refused(
            74,
            "nothing was changed\nhint: free some space there and run the command again; logins work meanwhile",
        );
    }
    assert_eq!(world.names(), names);
}

/// What is in the store of alice, and how many events there are.
fn facts(world: &World) -> (Option<String>, Option<i64>, i64) {
    let sql = "SELECT password_hash, locked_at, (SELECT count(*) FROM events) FROM users WHERE username = 'alice'";
    world.sqlite().query_row(sql, [], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?))).unwrap()
}

/// Somebody who writes a change of a name into the log, and does what `then` says (Python).
fn writer(world: &World, name: &str, then: &str) -> Command {
    let script = format!(
        "import os, signal, sqlite3, sys\n\
         store = sqlite3.connect(sys.argv[1])\n\
         store.execute('PRAGMA wal_autocheckpoint = 0')\n\
         store.execute(\"UPDATE users SET name = '{name}' WHERE username = 'alice'\")\n\
         store.commit()\n\
         {then}\n"
    );
    let mut command = Command::new("python3");
    command.args(["-c", &script]).arg(world.store()).stdin(Stdio::piped()).stdout(Stdio::piped());
    command
}

#[test]
fn people_log_in_and_changes_are_refused_on_a_full_disk_of_each_file_system() {
    in_own_mounts("full_disks::logins_and_changes");
}

#[test]
#[ignore = "started by people_log_in_and_changes_are_refused_on_a_full_disk_of_each_file_system"]
fn logins_and_changes() {
    for (file_system, disk) in Disk::each() {
        let world = World::in_folder(disk.path()).with_users();
        world.set_password().done(&["set-password"]);
        let before = facts(&world);
        let check = |free: u64| {
            fill(disk.path(), free);
            assert_people_log_in(&world);
            assert_changes_are_refused(&world);
        };
        let (wal, shm) = (world.state().join("store.db-wal"), world.state().join("store.db-shm"));

        // Nobody has it open, and SQLite's files are not there.
        assert!(!wal.exists() && !shm.exists(), "{file_system:?}");
        for free in [0, 40, 900] {
            check(free);
            assert!(!wal.exists() && !shm.exists(), "{file_system:?}: nothing was created");
        }
        empty(disk.path());
        assert_eq!(facts(&world), before, "{file_system:?}");

        // A killed writer has left its log, with or without the index of it.
        for (has_index, name) in [(true, "Alice Brown"), (false, "Alice Clark")] {
            let killed = writer(&world, name, "os.kill(os.getpid(), signal.SIGKILL)").status().unwrap();
            assert!(killed.code().is_none() && wal.metadata().unwrap().len() > 0, "{file_system:?}: {killed:?}");
            if !has_index {
                std::fs::remove_file(&shm).unwrap();
            }
            check(0);
            let shown = world.done(&["users", "show", "alice"]);
            assert!(shown.contains(name), "{file_system:?}: the log is not read: {shown}");
            empty(disk.path());
            assert_eq!(facts(&world), before, "{file_system:?}");
        }

        // Another process has it open, and its log holds changes.
        let mut open = writer(&world, "Alice Davis", "print('open', flush=True); sys.stdin.read()").spawn().unwrap();
        std::io::Read::read_exact(open.stdout.as_mut().unwrap(), &mut [0; 4]).unwrap();
        check(0);
        check(900);
        drop(open.stdin.take());
        assert!(open.wait().unwrap().success());
        empty(disk.path());

        // Enough, and the same again works.
        assert_eq!(facts(&world), before, "{file_system:?}");
        // btrfs does not say beforehand how much of what is free it can give.
        if file_system != FileSystem::Btrfs {
            fill(disk.path(), 1_500);
        }
        let set = world.set_password();
        assert_eq!(set.code, Some(0), "{file_system:?}: {set:?}");
        world.done(&["users", "lock", "alice"]);
        empty(disk.path());
        assert_ne!(facts(&world), before);
        world.assert_sound();
    }
}

#[test]
fn a_change_that_uses_up_the_disk_is_undone_on_each_file_system() {
    in_own_mounts("full_disks::a_change_that_uses_up_the_disk");
}

#[test]
#[ignore = "started by a_change_that_uses_up_the_disk_is_undone_on_each_file_system"]
fn a_change_that_uses_up_the_disk() {
    let name = "name ".repeat(38);
    let rows: String = (0..20_000).map(|row| format!("u{row}@example.com,{name}\n")).collect();
    for (file_system, disk) in Disk::each() {
        let world = World::in_folder(disk.path()).with_users();
        let before = facts(&world);
        for free in [1_100, 1_500, 3_000, 5_000] {
            fill(disk.path(), free);
            let ran = finish(world.command(&["users", "import", "-"]), &format!("email,name\n{rows}"));
            assert_eq!(ran.code, Some(74), "{file_system:?} {free}: {ran:?}");
            assert!(
                ran.stderr.contains("full") && ran.stderr.contains("nothing was changed"),
                "{file_system:?}: {ran:?}"
            );
            assert_eq!(names_in(&world.directory().join("temporary")), [""; 0]);
            empty(disk.path());
            assert_eq!(facts(&world), before, "{file_system:?} {free}");
            world.assert_sound();
        }
    }
}

#[test]
fn a_job_that_a_full_disk_stops_says_what_was_sent_and_is_finished_on_each_file_system() {
    in_own_mounts("full_disks::a_job_on_a_full_disk");
}

#[test]
#[ignore = "started by a_job_that_a_full_disk_stops_says_what_was_sent_and_is_finished_on_each_file_system"]
fn a_job_on_a_full_disk() {
    for (file_system, disk) in Disk::each() {
        let world = World::in_folder(disk.path());
        let elsewhere = tempfile::tempdir().unwrap();
        let directory = elsewhere.path().canonicalize().unwrap();
        let (program, mails) = (directory.join("sendmail"), directory.join("mails"));
        // The 20th mail fills the disk, and those after it wait for that: the run is in the middle of the job.
        let script = format!(
            "#!/bin/sh\ncat >/dev/null\ncd {directory}\necho mail >>mails\n\
             [ $(wc -l <mails) -ge 20 ] || exit 0\n\
             if mkdir filling 2>/dev/null; then cp /dev/zero {disk}/ballast 2>/dev/null; sync -f {disk}; touch full; fi\n\
             while [ ! -e full ]; do sleep 0.02; done\n",
            directory = directory.display(),
            disk = disk.path().display(),
        );
        std::fs::write(&program, script).unwrap();
        set_mode(&program, 0o755);
        world.configure(&format!(
            "[mail]\nfrom = \"passwords@example.com\"\ntransport = \"sendmail\"\n[mail.sendmail]\nprogram = {program:?}\n\
             [reset]\nlink = \"https://reset.example.com/#{{code}}\"\n"
        ));
        world.done(&["init", "--yes"]);
        let users: String = (0..60).map(|number| format!("user{number}@example.com\n")).collect();
        finish(world.command(&["users", "import", "-"]), &format!("email\n{users}")).done(&["import"]);
        world.done(&["users", "send-reset", "--all", "--yes", "--queue-only"]);

        let ran = world.run(&["jobs", "run", "1"]);
        assert_eq!(ran.code, Some(74), "{file_system:?}: {ran:?}");
        assert!(ran.stderr.contains("full") && !ran.stderr.contains("nothing was changed"), "{file_system:?}: {ran:?}");
        assert!(!ran.stderr.contains("no mail was sent"), "{file_system:?}: {ran:?}");
        let sent = || std::fs::read_to_string(&mails).unwrap().lines().count();
        let count = |state: &str| world.count(&format!("SELECT count(*) FROM messages WHERE state = '{state}'"));
        let first = sent();
        // The run may have ended the mail that filled the disk before it said so to the others.
        std::fs::write(directory.join("full"), "").unwrap();
        empty(disk.path());
        let accepted = usize::try_from(count("accepted")).unwrap();
        assert!((20..60).contains(&first) && accepted <= first, "{file_system:?}: {first} {accepted}");
        // Where the kernel ends it, it can give no numbers.
        let is_ended = file_system == FileSystem::Btrfs
            && ran.stderr.contains("this command was ended in the middle; what it had recorded is kept");
        let has_numbers = ran.stderr.contains(&format!("60 mails: {accepted} accepted"));
        assert!(is_ended || has_numbers, "{file_system:?}: {accepted} accepted: {}", ran.stderr);
        let goes_on = ran.stderr.contains("continue with cxme-admin jobs run");
        assert!(is_ended || goes_on, "{file_system:?}: {}", ran.stderr);
        world.assert_sound();
        world.done(&["jobs", "run"]);
        // What was in flight when it stopped is sent again, and says so.
        assert_eq!(count("accepted"), 60, "{file_system:?}");
        let twice = usize::try_from(world.count("SELECT count(*) FROM messages WHERE times_in_doubt > 0")).unwrap();
        // Not each of them had come to the program when the run stopped.
        assert_eq!(sent(), first + 60 - accepted, "{file_system:?}");
        assert!(twice >= first - accepted, "{file_system:?}: {twice} {first} {accepted}");
        world.assert_sound();
    }
}

#[test]
fn a_command_that_the_kernel_ends_because_of_a_full_disk_says_so() {
    if !can_trace() {
        return;
    }
    let world = World::new();
    let before = facts(&world);
    // As when a page of SQLite's -shm, which is mapped, gets no room.
    let starter = ["strace", "-f", "-qq", "-o", "/dev/null", "-e", "inject=pwrite64:signal=SIGBUS:when=2"];
    let ran = finish(world.under(&starter, &["users", "set-password", "alice", "--stdin"]), PASSWORD);
    ran.refused(74, "the disk that holds the store is full: this command was ended in the middle");
    ran.refused(74, "\nhint: free some space there and run the command again");
    assert_eq!(facts(&world), before);
    world.assert_sound();
}

#[test]
fn a_backup_onto_a_full_disk_leaves_nothing_there_and_no_event_says_that_it_is_done() {
    in_own_mounts("full_disks::a_backup_onto_a_full_disk");
}

#[test]
#[ignore = "started by a_backup_onto_a_full_disk_leaves_nothing_there_and_no_event_says_that_it_is_done"]
fn a_backup_onto_a_full_disk() {
    for (file_system, disk) in Disk::each() {
        let world = World::new();
        let name = "name ".repeat(38);
        let rows: String = (0..20_000).map(|row| format!("u{row}@example.com,{name}\n")).collect();
        finish(world.command(&["users", "import", "-"]), &format!("email,name\n{rows}")).done(&["import"]);
        let events = || world.count("SELECT count(*) FROM events WHERE action = 'store backup'");
        // One that only its owner can write in, and one where others could put a file beside the copy, which is written beside the
        // store first.
        let (private, shared) = (disk.path().join("private"), disk.path().join("shared"));
        for (folder, mode) in [(&private, 0o700), (&shared, 0o1777)] {
            std::fs::create_dir(folder).unwrap();
            set_mode(folder, mode);
        }
        for folder in [&private, &shared] {
            let copy = folder.join("copy.db");
            let words = ["store", "backup", copy.to_str().unwrap()];
            // Not even room for a file, and less than for the copy.
            for free in [0, 100, 2_000] {
                fill(disk.path(), free);
                let ran = world.run(&words);
                ran.refused(74, &format!("{}: cannot be ", copy.display()));
                ran.refused(74, "No space left on device");
                assert!(!ran.stderr.contains("store.db"), "{file_system:?} {free}: it is another disk: {ran:?}");
                assert_eq!(names_in(folder), [""; 0], "{file_system:?} {free}");
                assert_eq!(world.names(), ["reset.key", "store.db"], "{file_system:?} {free}");
                assert_eq!(events(), 0, "{file_system:?} {free}");
            }
            empty(disk.path());
        }
        for (folder, done) in [(&private, 1), (&shared, 2)] {
            let copy = folder.join("copy.db");
            world.done(&["store", "backup", copy.to_str().unwrap()]);
            assert_eq!((names_in(folder), events()), (vec!["copy.db".to_owned()], done), "{file_system:?}");
            std::fs::remove_file(&copy).unwrap();
        }
        world.assert_sound();
    }
}
