//! Who may read the files.

use std::path::Path;
use std::process::Stdio;

use crate::world::World;
use crate::world::await_that;
use crate::world::can;
use crate::world::can_be_root;
use crate::world::finish;
use crate::world::mode;
use crate::world::set_mode;

/// The account and the group of the tests that need another one than root.
const NOBODY: u32 = 65_534;

fn with_umask(world: &World, umask: &str, words: &[&str]) {
    let script = format!("umask {umask}; exec \"$0\" \"$@\"");
    finish(world.under(&["sh", "-c", &script], words), "").done(words);
}

#[test]
fn every_file_has_its_mode_whatever_the_umask() {
    for umask in ["000", "077"] {
        let world = World::without_store();
        std::fs::remove_file(world.config()).unwrap();
        let (store, new) = (world.store(), world.directory().join("new.toml"));
        let named = ["-c", new.to_str().unwrap(), "--store", store.to_str().unwrap()];
        let run = |words: &[&str]| with_umask(&world, umask, &[&named, words].concat());
        run(&["init", "--yes"]);
        run(&["users", "add", "alice@example.com", "--name", "Alice"]);
        let file = |name: &str| world.state().join(name);
        run(&["store", "backup", file("backup.db").to_str().unwrap()]);
        run(&["users", "export", "--with-hashes", "--to", file("export.csv").to_str().unwrap()]);
        // It waits for its input with the store open.
        let script = format!("umask {umask}; exec \"$0\" \"$@\"");
        let words = [&named[..], &["users", "import", "-"]].concat();
        let mut open = world.under(&["sh", "-c", &script], &words).stdin(Stdio::piped()).spawn().unwrap();
        await_that("the store is open", || file("store.db-shm").exists() && file("store.db-wal").exists());
        for name in ["store.db", "store.db-wal", "store.db-shm", "reset.key", "backup.db", "export.csv"] {
            assert_eq!(mode(&file(name)), 0o600, "{name} under umask {umask}");
        }
        assert_eq!(mode(&new), 0o644, "under umask {umask}");
        drop(open.stdin.take());
        open.wait().unwrap();
        assert_eq!(world.names(), ["backup.db", "export.csv", "reset.key", "store.db"]);
    }
}

#[test]
fn a_store_that_others_could_read_or_replace_is_refused_with_what_to_do() {
    let world = World::new();
    let (store, state) = (world.store(), world.state());
    let refused = |words: String| world.run(&["users", "list"]).refused(78, &words);
    for bad in [0o640, 0o604, 0o620] {
        set_mode(&store, bad);
        refused(format!("chmod 600 {}", store.display()));
    }
    set_mode(&store, 0o600);
    for bad in [0o777, 0o1777] {
        set_mode(&state, bad);
        refused(format!("its directory {} is world-writable ({bad:04o})", state.display()));
    }
    set_mode(&state, 0o700);
    let second = state.join("second");
    std::fs::hard_link(&store, &second).unwrap();
    refused("has 2 hard links".to_owned());
    std::fs::remove_file(&second).unwrap();
    world.done(&["users", "list"]);
}

#[test]
fn a_loose_key_or_configuration_is_refused_with_what_to_do() {
    let world = World::new();
    let (key, config) = (world.state().join("reset.key"), world.config());
    set_mode(&key, 0o644);
    let ran = world.run(&["store", "check"]);
    assert!(
        ran.code != Some(0) && ran.stdout.contains(&format!("run `chmod 600 {}`", key.display())),
        "{}",
        ran.stdout
    );
    set_mode(&key, 0o600);
    set_mode(&config, 0o666);
    world.run(&["users", "list"]).refused(78, &format!("{}: is world-writable (0666)", config.display()));
    // One that begins as that of `init` does is known to be ours.
    std::fs::write(&config, include_str!("../../config.example.toml")).unwrap();
    world.run(&["users", "list"]).refused(78, &format!("run `chmod 644 {}`", config.display()));
}

#[test]
fn a_store_of_another_account_is_refused_but_by_root() {
    if !can_be_root() {
        return;
    }
    let world = World::new();
    set_mode(world.directory(), 0o755);
    for path in [world.state(), world.store()] {
        nix::unistd::chown(&path, Some(NOBODY.into()), None).unwrap();
    }
    world.done(&["users", "lock", "alice"]);
    let directory = world.state();
    nix::unistd::chown(&directory, Some(1.into()), None).unwrap();
    world.run(&["users", "list"]).refused(78, &format!("its directory {} is owned by uid 1", directory.display()));
}

/// Reads the view as an account that has nothing but the group.
fn read_as_the_group(path: &Path) -> std::process::Output {
    let numbers = [format!("--reuid={NOBODY}"), format!("--regid={NOBODY}")];
    std::process::Command::new("setpriv")
        .args(numbers)
        .args(["--clear-groups", "sqlite3", "-readonly"])
        .arg(path)
        .arg("SELECT username FROM login")
        .output()
        .unwrap()
}

#[test]
fn a_reader_group_reads_the_login_view_and_writes_nothing() {
    let group = nix::unistd::Group::from_gid(NOBODY.into()).unwrap();
    if !can_be_root() || !can(group.is_some(), "needs a group with the number 65534") {
        return;
    }
    let world = World::without_store();
    std::fs::remove_dir(world.state()).unwrap();
    set_mode(world.directory(), 0o755);
    world.configure(&format!("reader_group = \"{}\"", group.unwrap().name));
    let world = world.with_users();
    world.set_password().done(&["set-password"]);
    assert_eq!(mode(&world.state()), 0o2750);
    for suffix in ["", "-wal", "-shm"] {
        let path = world.state().join(format!("store.db{suffix}"));
        assert_eq!(mode(&path), 0o640, "{suffix}");
        assert_eq!(std::os::unix::fs::MetadataExt::gid(&path.metadata().unwrap()), NOBODY, "{suffix}");
    }
    assert_eq!(mode(&world.state().join("reset.key")), 0o600);
    assert_eq!(temporary_files(&world.state()), Vec::<String>::new());
    let read = read_as_the_group(&world.store());
    assert_eq!(String::from_utf8_lossy(&read.stdout), "alice\n", "{}", String::from_utf8_lossy(&read.stderr));
    // What is written while a reader looks is seen next.
    world.done(&["users", "lock", "alice"]);
    assert!(read_as_the_group(&world.store()).stdout.is_empty());
    world.assert_sound();
    // Where a copy becomes the store, they read it as before.
    world.done(&["users", "unlock", "alice"]);
    let copy = world.directory().join("copy.db");
    world.done(&["store", "backup", copy.to_str().unwrap()]);
    for flag in ["--dry-run", "--yes"] {
        world.done(&["store", "restore", copy.to_str().unwrap(), flag]);
        assert_eq!(read_as_the_group(&world.store()).stdout, b"alice\n", "{flag}");
    }
    for suffix in ["", "-wal", "-shm"] {
        std::fs::remove_file(world.state().join(format!("store.db{suffix}"))).unwrap();
    }
    world.done(&["store", "restore", copy.to_str().unwrap()]);
    assert_eq!(read_as_the_group(&world.store()).stdout, b"alice\n");
    assert_eq!(temporary_files(&world.state()), Vec::<String>::new());
    world.assert_sound();
}

/// The files in a directory that belong to something unfinished.
fn temporary_files(directory: &Path) -> Vec<String> {
    let entries = std::fs::read_dir(directory).unwrap();
    let names = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap());
    names.filter(|name| name.contains(".temporary") || name.contains(".unfinished")).collect()
}
