//! The same on each file system on which a store may be: what is there is never overwritten, of two at once one wins, one store has
//! one place.

use std::fs;
use std::path::Path;
use std::process::Child;

use crate::own_mounts::Disk;
use crate::own_mounts::FileSystem;
use crate::own_mounts::in_own_mounts;
use crate::own_mounts::mount;
use crate::world::PASSWORD;
use crate::world::Ran;
use crate::world::World;
use crate::world::await_that;
use crate::world::can_be_root;
use crate::world::can_trace;
use crate::world::ended;
use crate::world::finish;
use crate::world::is_long;
use crate::world::mode;
use crate::world::names_in;
use crate::world::set_mode;

const VERIFY: [&str; 4] = ["users", "verify-password", "alice", "--stdin"];

/// Starts the same command so many times at once.
fn at_once(world: &World, words: &[&str], times: usize) -> Vec<Ran> {
    let started: Vec<Child> = (0..times).map(|_| world.command(words).spawn().unwrap()).collect();
    started.into_iter().map(|child| ended(child.wait_with_output().unwrap())).collect()
}

/// Fails unless one of them did it, and the others were refused with `code` and these words.
#[track_caller]
fn assert_one_won(file_system: FileSystem, ran: &[Ran], code: i32, words: &str) {
    let won = ran.iter().filter(|ran| ran.code == Some(0)).count();
    let lost = ran.iter().filter(|ran| ran.code == Some(code) && ran.stderr.contains(words)).count();
    assert_eq!((won, lost), (1, ran.len() - 1), "{file_system:?}: {ran:?}");
}

#[test]
fn a_file_gets_its_name_only_where_nothing_has_it_on_each_file_system() {
    in_own_mounts("file_systems::files_get_their_names");
}

#[test]
#[ignore = "started by a_file_gets_its_name_only_where_nothing_has_it_on_each_file_system"]
fn files_get_their_names() {
    for (file_system, disk) in Disk::each() {
        let world = World::in_folder(disk.path());
        let times = if is_long() { 8 } else { 3 };
        // One creates the store. Another that meets it between its last two steps ends the second for it: the key gets its name.
        let ran = at_once(&world, &["init", "--yes"], times);
        let has_created = |ran: &&Ran| ran.code == Some(0) && ran.stderr.contains("Created store: ");
        let has_lost = |ran: &Ran| ran.code == Some(78) && ran.stderr.contains("exist");
        assert_eq!(ran.iter().filter(has_created).count(), 1, "{file_system:?}: {ran:?}");
        assert!(ran.iter().all(|ran| ran.code == Some(0) || has_lost(ran)), "{file_system:?}: {ran:?}");
        assert_eq!(world.names(), ["reset.key", "store.db"], "{file_system:?}");
        world.done(&["users", "add", "alice@example.com", "--name", "Alice Adams"]);
        world.set_password().done(&["set-password"]);
        world.run(&["init", "--yes"]).refused(78, "the store exists already");

        let [copy, export] = ["copy.db", "export.csv"].map(|name| disk.path().join(name));
        for (path, words) in [(&copy, &["store", "backup"][..]), (&export, &["users", "export", "--to"])] {
            let words = [words, &[path.to_str().unwrap()]].concat();
            assert_one_won(file_system, &at_once(&world, &words, times), 74, "already exists");
            let before = fs::read(path).unwrap();
            world.run(&words).refused(74, "already exists");
            assert_eq!((fs::read(path).unwrap(), mode(path)), (before, 0o600), "{file_system:?}");
        }
        assert!(fs::read_to_string(&export).unwrap().contains("alice@example.com"));
        assert_eq!(names_in(disk.path()).iter().filter(|name| name.ends_with(".unfinished")).count(), 0);

        // Over the store that is there, and where there is none.
        let restore = ["store", "restore", copy.to_str().unwrap(), "--yes"];
        world.done(&["users", "lock", "alice"]);
        world.done(&restore);
        finish(world.command(&VERIFY), PASSWORD).done(&VERIFY);
        world.assert_sound();
        fs::rename(world.store(), world.state().join("aside.db")).unwrap();
        world.done(&restore);
        finish(world.command(&VERIFY), PASSWORD).done(&VERIFY);
        world.assert_sound();
        let unfinished = |name: &String| name.ends_with(".temporary") || name.ends_with(".unfinished");
        assert!(!world.names().iter().any(unfinished), "{file_system:?}: {:?}", world.names());
    }
}

#[test]
fn a_file_system_with_no_way_to_move_a_file_in_one_step_gives_it_its_name_all_the_same() {
    if !can_be_root() || !can_trace() {
        return;
    }
    let world = World::new();
    let copy = world.state().join("copy.db");
    let words = ["store", "backup", copy.to_str().unwrap()];
    let starter = ["strace", "-f", "-qq", "-o", "/dev/null", "-e", "inject=renameat2:error=EINVAL"];
    finish(world.under(&starter, &words), "").done(&words);
    finish(world.under(&starter, &words), "").refused(74, "already exists");
    assert_eq!(mode(&copy), 0o600);
    world.done(&["--store", copy.to_str().unwrap(), "store", "check"]);
}

#[test]
fn a_store_or_a_key_that_is_a_mount_point_is_refused_on_each_file_system() {
    in_own_mounts("file_systems::mount_points");
}

#[test]
#[ignore = "started by a_store_or_a_key_that_is_a_mount_point_is_refused_on_each_file_system"]
fn mount_points() {
    for (file_system, disk) in Disk::each() {
        let world = World::in_folder(disk.path()).with_users();
        let container = tempfile::tempdir().unwrap();
        let data = container.path().canonicalize().unwrap();
        set_mode(&data, 0o700);
        let run = |words: &[&str]| {
            let store = data.join("store.db");
            world.run(&[&["--store", store.to_str().unwrap()], words].concat())
        };
        let bind = |name: &str| {
            let place = data.join(name);
            fs::write(&place, "").unwrap();
            set_mode(&place, 0o600);
            mount(&["--bind", world.state().join(name).to_str().unwrap()], &place);
        };
        bind("store.db");
        for words in [&["users", "list"][..], &["jobs", "run"], &["store", "check"]] {
            run(words).refused(78, "store.db: is a mount point of its own: mount the directory that holds it instead");
        }
        assert_eq!(names_in(&data), ["store.db"], "{file_system:?}: a second log of the same store");
        // A directory of its own is what a container should have; and it is the same store by both paths.
        mount(&["--bind", world.state().to_str().unwrap()], &data);
        run(&["users", "lock", "alice"]).done(&["lock"]);
        world.assert_sound();
        assert_eq!(world.count("SELECT count(*) FROM events"), 4, "{file_system:?}");
        umount(&data);
        umount(&data.join("store.db"));
        fs::remove_file(data.join("store.db")).unwrap();
        fs::copy(world.store(), data.join("store.db")).unwrap();
        set_mode(&data.join("store.db"), 0o600);
        bind("reset.key");
        let asked = run(&["store", "check"]);
        assert!(asked.stdout.contains("reset.key: is a mount point of its own"), "{file_system:?}: {asked:?}");
        umount(&data.join("reset.key"));
    }
}

fn umount(at: &Path) {
    let ran = std::process::Command::new("umount").arg(at).output().unwrap();
    assert!(ran.status.success(), "{}", String::from_utf8_lossy(&ran.stderr));
}

#[test]
fn a_run_ends_when_another_store_takes_the_place_of_its_own_on_each_file_system() {
    in_own_mounts("file_systems::another_store_under_a_run");
}

#[test]
#[ignore = "started by a_run_ends_when_another_store_takes_the_place_of_its_own_on_each_file_system"]
fn another_store_under_a_run() {
    for (file_system, disk) in Disk::each() {
        let world = World::in_folder(disk.path());
        let program = disk.path().join("sendmail");
        // Each mail is on its way until it is let go.
        let body = "cat >/dev/null\necho mail >>\"$D/mails\"\nwhile [ ! -e \"$D/go\" ]; do sleep 0.02; done";
        fs::write(&program, format!("#!/bin/sh\nD='{}'\n{body}\n", disk.path().display())).unwrap();
        set_mode(&program, 0o755);
        world.configure(&format!(
            "[mail]\nfrom = \"accounts@example.com\"\ntransport = \"sendmail\"\n[mail.sendmail]\nprogram = \"{}\"\n\
             [reset]\nlink = \"https://reset.example.com/#{{code}}\"\n",
            program.display()
        ));
        let world = world.with_users();
        let (other, aside) = (disk.path().join("other.db"), world.state().join("aside.db"));
        world.done(&["store", "backup", other.to_str().unwrap()]);
        world.done(&["users", "send-reset", "--all", "--yes", "--queue-only"]);
        let running = world.command(&["jobs", "run"]).spawn().unwrap();
        let mails = disk.path().join("mails");
        await_that("a mail on its way", || mails.metadata().is_ok_and(|found| found.len() > 0));
        // As somebody does by hand who restores a copy.
        fs::rename(world.store(), &aside).unwrap();
        fs::copy(&other, world.store()).unwrap();
        set_mode(&world.store(), 0o600);
        let before = fs::read(world.store()).unwrap();
        fs::write(disk.path().join("go"), "").unwrap();
        let ran = ended(running.wait_with_output().unwrap());
        assert_eq!(ran.code, Some(75), "{file_system:?}: {ran:?}");
        assert!(ran.stderr.contains("was moved away or replaced while this command ran"), "{file_system:?}: {ran:?}");
        assert!(!ran.stderr.contains("nothing was changed"), "{file_system:?}: {ran:?}");
        assert!(before == fs::read(world.store()).unwrap(), "{file_system:?}: it wrote into the other store");
        for suffix in ["-wal", "-shm"] {
            let _ = fs::remove_file(world.state().join(format!("store.db{suffix}")));
        }
        world.assert_sound();
    }
}

#[test]
fn no_directory_for_temporary_files_is_needed_on_each_file_system() {
    in_own_mounts("file_systems::without_temporary_directories");
}

#[test]
#[ignore = "started by no_directory_for_temporary_files_is_needed_on_each_file_system"]
fn without_temporary_directories() {
    let users = if is_long() { 50_000 } else { 3_000 };
    for (file_system, disk) in Disk::each() {
        // The small ones are filled by less.
        let has_room = !matches!(file_system, FileSystem::Tmpfs | FileSystem::Overlay | FileSystem::Bindfs);
        let users = if has_room { users } else { users.min(3_000) };
        let world = World::in_folder(disk.path());
        world.configure(
            "[mail]\nfrom = \"passwords@example.com\"\ntransport = \"file\"\n[mail.file]\ndirectory = \"/nonexistent\"\n\
             [reset]\nlink = \"https://reset.example.com/#{code}\"\n",
        );
        world.done(&["init", "--yes"]);
        let copy = disk.path().join("copy.db");
        // Mounted over by something that nobody can write, as under systemd's ProtectSystem=strict without PrivateTmp=.
        let read_only = |words: &[&str], input: &str| {
            let script = "for place in /var/tmp /usr/tmp /tmp; do [ -d $place ] || continue; \
                          mount --rbind $place $place; mount -o remount,bind,ro $place; \
                          ! touch $place/x 2>/dev/null || exit 99; done; exec \"$0\" \"$@\"";
            let mut command = world.under(&["unshare", "-m", "sh", "-ec", script], words);
            command.env("TMPDIR", "/nonexistent").env("SQLITE_TMPDIR", "/nonexistent");
            finish(command, input).done(words)
        };
        let rows = |name: &str| -> String {
            (0..users).map(|number| format!("u{number}@example.com,{name} {}\n", (number * 7_919) % users)).collect()
        };
        read_only(&["users", "import", "-"], &format!("email,name\n{}", rows("A")));
        read_only(&["users", "import", "--update", "-"], &format!("email,name\n{}", rows("B")));
        let listed = read_only(&["users", "list", "--sort", "name", "-o", "csv", "--columns", "name"], "");
        let names: Vec<&str> = listed.lines().skip(1).collect();
        assert!(names.len() == users && names.is_sorted(), "{file_system:?}");
        read_only(&["users", "send-reset", "--all", "--yes", "--queue-only"], "");
        read_only(&["store", "backup", copy.to_str().unwrap()], "");
        read_only(&["jobs", "cancel", "1", "--revoke-links"], "");
        read_only(&["resets", "revoke", "--all", "--yes"], "");
        read_only(&["store", "restore", copy.to_str().unwrap(), "--yes"], "");
        read_only(&["store", "check"], "");
        let names = world.names();
        assert!(!names.iter().any(|name| name.starts_with("etilqs") || name.ends_with(".temporary")), "{names:?}");
    }
}
