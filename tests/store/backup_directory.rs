//! Backups in a directory: whatever happens, one that is sound remains.

use std::os::unix::fs::chown;
use std::os::unix::fs::symlink;
use std::path::Path;
use std::path::PathBuf;

use crate::crash::CALLS;
use crate::crash::end_at_each;
use crate::own_mounts::fill;
use crate::own_mounts::in_own_mounts;
use crate::own_mounts::mount;
use crate::world::World;
use crate::world::can_be_root;
use crate::world::can_trace;
use crate::world::ended;
use crate::world::finish;
use crate::world::is_long;
use crate::world::mode;
use crate::world::names_in;
use crate::world::set_mode;

/// An account that is neither root nor the store's.
const STRANGER: u32 = 61_003;

/// A store, and a directory for its backups.
fn world() -> (World, PathBuf) {
    let world = World::new();
    let directory = world.directory().join("backups");
    std::fs::create_dir(&directory).unwrap();
    set_mode(&directory, 0o700);
    (world, directory)
}

/// The command that backs up into a directory.
fn words<'a>(directory: &'a Path, keep: &'a str) -> [&'a str; 6] {
    ["store", "backup", "--directory", directory.to_str().unwrap(), "--keep", keep]
}

/// A backup of a day in 2020, as a run of that day would have made it.
fn of_day(world: &World, directory: &Path, day: u32) -> PathBuf {
    let taken = world.directory().join("taken.db");
    if !taken.exists() {
        world.done(&["store", "backup", taken.to_str().unwrap()]);
    }
    let sql = "SELECT hex(substr(value, 1, 4)) FROM metadata WHERE name = 'first reset key sha256'";
    let fingerprint: String = world.sqlite().query_row(sql, [], |row| row.get(0)).unwrap();
    let letter = |digit: char| char::from(b"bcdfghjkmnpqrstv"[digit.to_digit(16).unwrap() as usize]);
    let label: String = fingerprint.chars().map(letter).collect();
    let path = directory.join(format!("store-{label}-202001{day:02}-030000Z.db"));
    std::fs::copy(&taken, &path).unwrap();
    path
}

/// The files with the names of backups.
fn backups(directory: &Path) -> Vec<PathBuf> {
    let names = names_in(directory).into_iter().filter(|name| name.ends_with("Z.db") || name.contains("Z_"));
    names.filter(|name| name.ends_with(".db")).map(|name| directory.join(name)).collect()
}

/// Whether a backup can be restored.
fn is_sound(world: &World, backup: &Path) -> bool {
    world.run(&["store", "restore", backup.to_str().unwrap(), "--dry-run"]).code == Some(0)
}

#[test]
fn a_backup_is_private_and_the_key_is_not_in_the_directory() {
    let (world, directory) = world();
    world.done(&words(&directory, "2"));
    let [backup] = backups(&directory).try_into().unwrap();
    assert_eq!(mode(&backup), 0o600);
    assert_eq!(names_in(&directory).len(), 1, "nothing beside it");
    assert!(is_sound(&world, &backup));
    let key = std::fs::read_to_string(world.state().join("reset.key")).unwrap();
    let bytes = std::fs::read(&backup).unwrap();
    assert!(!bytes.windows(key.trim().len()).any(|window| window == key.trim().as_bytes()));
    let name = backup.file_name().unwrap().to_str().unwrap();
    let told = world.done(&["audit", "list", "-o", "json", "--action", "store backup"]);
    assert!(told.contains(name) && told.contains("\"keep\":2"), "{told}");
    world.done(&["store", "restore", "--latest", directory.to_str().unwrap(), "--yes"]);
    world.assert_sound();
}

#[test]
fn files_of_others_links_and_what_is_in_use_are_neither_counted_nor_deleted() {
    let (world, directory) = world();
    let [linked, directory_of_name, used, old, older] = [1, 2, 3, 4, 5].map(|day| of_day(&world, &directory, day));
    std::fs::remove_file(&linked).unwrap();
    let elsewhere = world.directory().join("elsewhere.db");
    std::fs::copy(&old, &elsewhere).unwrap();
    symlink(&elsewhere, &linked).unwrap();
    std::fs::remove_file(&directory_of_name).unwrap();
    std::fs::create_dir(&directory_of_name).unwrap();
    std::fs::write(used.with_extension("db-wal"), "").unwrap();
    let mut left = vec![linked, directory_of_name, used];
    if nix::unistd::geteuid().is_root() {
        let others = of_day(&world, &directory, 6);
        chown(&others, Some(STRANGER), Some(STRANGER)).unwrap();
        left.push(others);
    }
    world.done(&words(&directory, "1"));
    assert!(left.iter().all(|path| path.symlink_metadata().is_ok()) && elsewhere.exists());
    assert!(!old.exists() && !older.exists());
    assert_eq!(backups(&directory).len(), left.len() + 1);
}

#[test]
fn the_store_itself_is_never_deleted_though_it_has_the_name_of_a_backup() {
    let (world, directory) = world();
    let store = of_day(&world, &directory, 1);
    let earlier = of_day(&world, &directory, 2);
    let words = [&["--store", store.to_str().unwrap()][..], &words(&directory, "1")].concat();
    for _ in 0..2 {
        world.done(&words);
    }
    assert!(store.exists() && !earlier.exists());
    assert_eq!(backups(&directory).len(), 2);
    world.done(&["--store", store.to_str().unwrap(), "users", "lock", "alice"]);
}

#[test]
fn where_others_may_write_or_nobody_may_the_directory_decides() {
    let (world, directory) = world();
    let earlier = of_day(&world, &directory, 1);
    // Everybody may create files, and nobody may delete those of others: SQLite opens nothing there.
    set_mode(&directory, 0o1777);
    world.done(&words(&directory, "1"));
    assert!(!earlier.exists());
    assert_eq!(backups(&directory).len(), 1);
    assert!(!world.names().iter().any(|name| name.contains(".temporary")));
    set_mode(&directory, 0o777);
    world.run(&words(&directory, "1")).refused(78, "world-writable");
    set_mode(&directory, 0o700);
    let link = world.directory().join("link");
    symlink(&directory, &link).unwrap();
    world.done(&words(&link, "1"));
    assert_eq!(backups(&directory).len(), 1);
    let file = world.directory().join("file");
    std::fs::write(&file, "").unwrap();
    assert_eq!(world.run(&words(&file, "1")).code, Some(74));
    world.run(&words(&world.directory().join("nowhere"), "1")).refused(74, "no such directory");
    assert_eq!(backups(&directory).len(), 1);
    // A directory in that of the store, and that of the store itself.
    let inside = world.state().join("backups");
    std::fs::create_dir(&inside).unwrap();
    set_mode(&inside, 0o700);
    for directory in [&inside, &world.state()] {
        world.done(&words(directory, "1"));
        world.done(&words(directory, "1"));
        assert_eq!(backups(directory).len(), 1);
    }
    world.assert_sound();
}

#[test]
fn two_runs_at_once_have_names_of_their_own_and_leave_sound_backups() {
    let (world, directory) = world();
    let running: Vec<_> = (0..4).map(|_| world.command(&words(&directory, "2")).spawn().unwrap()).collect();
    for child in running {
        ended(child.wait_with_output().unwrap()).done(&["store backup"]);
    }
    let left = backups(&directory);
    assert!(!left.is_empty() && left.iter().all(|backup| is_sound(&world, backup)), "{left:?}");
    world.done(&words(&directory, "2"));
    world.done(&words(&directory, "2"));
    assert_eq!(names_in(&directory).len(), 2, "{:?}", names_in(&directory));
    assert_eq!(world.count("SELECT count(*) FROM events WHERE action = 'store backup'"), 6);
}

#[test]
fn a_full_or_read_only_disk_deletes_nothing() {
    in_own_mounts("backup_directory::on_a_full_disk");
}

#[test]
#[ignore = "started by a_full_or_read_only_disk_deletes_nothing"]
fn on_a_full_disk() {
    let (world, directory) = world();
    mount(&["-t", "tmpfs", "-o", "size=16m,mode=700", "none"], &directory);
    let earlier = of_day(&world, &directory, 1);
    let events = world.count("SELECT count(*) FROM events");
    fill(&directory, 0);
    world.run(&words(&directory, "1")).refused(74, "cannot be written: No space left on device");
    assert_eq!(backups(&directory), std::slice::from_ref(&earlier));
    assert!(!names_in(&directory).iter().any(|name| name.contains(".unfinished")));
    mount(&["-o", "remount,ro"], &directory);
    world.run(&words(&directory, "1")).refused(74, "Read-only file system");
    assert_eq!(world.count("SELECT count(*) FROM events"), events);
    mount(&["-o", "remount,rw"], &directory);
    crate::own_mounts::empty(&directory);
    world.done(&words(&directory, "1"));
    assert!(!earlier.exists());
}

#[test]
fn an_earlier_backup_that_cannot_be_deleted_is_an_error_and_the_new_one_stays() {
    if !can_be_root() {
        return;
    }
    let (world, directory) = world();
    let earlier = of_day(&world, &directory, 1);
    let attribute = |flag: &str| std::process::Command::new("chattr").arg(flag).arg(&earlier).status();
    if !crate::world::can(
        attribute("+i").is_ok_and(|status| status.success()),
        "needs chattr(1) on the file system of TMPDIR",
    ) {
        return;
    }
    let ran = world.run(&words(&directory, "1"));
    attribute("-i").unwrap();
    ran.refused(74, "an earlier backup could not be deleted, the new one is complete:");
    assert_eq!(backups(&directory).len(), 2);
    world.done(&words(&directory, "1"));
    assert_eq!(backups(&directory).len(), 1);
}

#[test]
fn a_run_killed_at_any_call_leaves_sound_backups_and_the_next_one_needs_no_cleaning() {
    if !can_trace() {
        return;
    }
    let steps = if is_long() { [1, 1, 1, 1] } else { [1, 29, 1, 1] };
    for (calls, step) in CALLS.into_iter().zip(steps) {
        let (world, directory) = world();
        let mut killed = 0;
        end_at_each("SIGKILL", calls, step, |starter, n| {
            let earlier = [1, 2, 3].map(|day| of_day(&world, &directory, day));
            let there = backups(&directory).len();
            let ran = finish(world.under(starter, &words(&directory, "2")), "");
            assert!(ran.code.is_none_or(|code| code == 0), "{calls} {n}: {ran:?}");
            killed += usize::from(ran.code.is_none());
            let left = backups(&directory);
            let is_new = left.iter().any(|backup| !earlier.contains(backup));
            // Nothing goes before the new one is there, and two always remain.
            assert!(left.len() == there || (is_new && left.len() >= 2), "{calls} {n}: {left:?}");
            assert!(left.iter().all(|backup| is_sound(&world, backup)), "{calls} {n}: {left:?}");
            world.done(&words(&directory, "1"));
            assert_eq!(backups(&directory).len(), 1, "{calls} {n}: {:?}", names_in(&directory));
            for name in names_in(&directory).iter().filter(|name| name.contains(".unfinished")) {
                std::fs::remove_file(directory.join(name)).unwrap();
            }
            ran
        });
        assert!(killed > 0 || calls == "ftruncate", "{calls}: never killed");
        world.assert_sound();
    }
}
