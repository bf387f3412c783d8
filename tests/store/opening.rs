//! Which files are opened, and that the others are left as they are.

use std::os::unix::fs::symlink;
use std::path::Path;
use std::process::Command;

use rusqlite::Connection;

use crate::world::World;
use crate::world::can;
use crate::world::can_be_root;
use crate::world::ended;
use crate::world::set_mode;
use crate::world::sha256;

/// Lists the users of `path`, which must be refused and left as it is.
#[track_caller]
fn assert_refused(world: &World, path: &Path, words: &str) {
    let before = sha256(path);
    let named = path.to_str().unwrap();
    world.run(&["--store", named, "users", "list"]).refused(78, words);
    world.run(&["--store", named, "users", "lock", "alice"]).refused(78, words);
    world.run(&["--store", named, "init", "--yes"]).refused(78, "exists already");
    assert_eq!(sha256(path), before, "{named} was touched");
}

fn private(path: &Path, bytes: &[u8]) {
    std::fs::write(path, bytes).unwrap();
    set_mode(path, 0o600);
}

/// Another program's database in WAL mode, as it is while that program runs: a part stands in the log alone.
fn copy_of_a_running_database(to: &Path, pragmas: &str) {
    let directory = tempfile::tempdir().unwrap();
    let from = directory.path().join("theirs.db");
    let theirs = Connection::open(&from).unwrap();
    theirs.execute_batch(&format!("PRAGMA journal_mode = WAL; {pragmas} CREATE TABLE t (x);")).unwrap();
    for suffix in ["", "-wal"] {
        let beside = |path: &Path| format!("{}{suffix}", path.display());
        std::fs::copy(beside(&from), beside(to)).unwrap();
        set_mode(Path::new(&beside(to)), 0o600);
    }
}

#[test]
fn a_file_that_is_no_store_is_refused_and_left_as_it_is() {
    let world = World::new();
    let file = |name: &str| world.state().join(name);
    private(&file("text"), b"not a database, and longer than the header of one, which is a hundred bytes: ........");
    assert_refused(&world, &file("text"), "not a cxme-admin store");
    private(&file("empty"), b"");
    assert_refused(&world, &file("empty"), "not a cxme-admin store");
    Connection::open(file("foreign")).unwrap().execute_batch("PRAGMA application_id = 7; CREATE TABLE t (x)").unwrap();
    set_mode(&file("foreign"), 0o600);
    assert_refused(&world, &file("foreign"), "not a cxme-admin store");
    let before = world.names();
    world
        .run(&["--store", file("none").to_str().unwrap(), "users", "list"])
        .refused(78, "create it: cxme-admin --store ");
    assert_eq!(world.names(), before);
}

#[test]
fn the_log_of_a_file_that_is_not_ours_is_not_moved_into_it() {
    let world = World::new();
    let theirs = world.state().join("theirs");
    copy_of_a_running_database(&theirs, "PRAGMA application_id = 7;");
    let log = sha256(&world.state().join("theirs-wal"));
    assert_refused(&world, &theirs, "not a cxme-admin store");
    assert_eq!(sha256(&world.state().join("theirs-wal")), log);
    let newer = world.state().join("newer");
    copy_of_a_running_database(&newer, "PRAGMA application_id = 1129860417; PRAGMA user_version = 99;");
    assert_refused(&world, &newer, "install the newer cxme-admin");
    assert!(world.state().join("newer-wal").exists());
}

#[test]
fn a_store_of_another_version_is_refused_with_what_to_do() {
    let world = World::new();
    world.sqlite().execute_batch("PRAGMA user_version = 99").unwrap();
    assert_refused(&world, &world.store(), "install the newer cxme-admin");
    world.sqlite().execute_batch("PRAGMA user_version = 0").unwrap();
    assert_refused(&world, &world.store(), "no schema (version 0)");
    world.sqlite().execute_batch("PRAGMA user_version = 14").unwrap();
    assert_refused(&world, &world.store(), "was created by a pre-release of cxme-admin (schema version 14)");
}

#[test]
fn a_present_store_has_nothing_to_migrate() {
    let world = World::new();
    let (before, events) = (world.names(), world.count("SELECT count(*) FROM events"));
    let ran = world.run(&["store", "migrate", "-v"]);
    assert!(ran.stderr.contains("already; nothing was changed"), "{}", ran.stderr);
    assert_eq!((ran.code, world.names()), (Some(0), before));
    assert_eq!(world.count("SELECT count(*) FROM events"), events);
}

#[test]
fn a_link_to_the_store_is_refused_and_a_link_to_its_folder_is_followed() {
    let world = World::new();
    let link = world.state().join("link.db");
    symlink(world.store(), &link).unwrap();
    assert_refused(&world, &link, "is a symbolic link");
    let directory = world.directory().join("linked");
    symlink(world.state(), &directory).unwrap();
    let listed = world.done(&["--store", directory.join("store.db").to_str().unwrap(), "users", "list"]);
    assert!(listed.contains("alice@example.com"));
}

#[test]
fn a_name_that_looks_like_a_uri_is_a_name() {
    let world = World::new();
    let here = world.directory().join("here");
    std::fs::create_dir(&here).unwrap();
    set_mode(&here, 0o700);
    let (uri, plain) = ("file:other.db?mode=memory", here.join("other.db"));
    let run = |words: &[&str]| {
        let mut command = world.command(words);
        command.current_dir(&here);
        crate::world::finish(command, "")
    };
    run(&["--store", uri, "users", "list"]).refused(78, "no such store");
    run(&["--store", uri, "init", "--yes"]).done(&["init"]);
    run(&["--store", uri, "users", "list"]).done(&["list"]);
    run(&["store", "backup", "file:copy.db"]).done(&["backup"]);
    let copy = here.join("file:copy.db");
    assert!(copy.metadata().unwrap().len() > 0);
    assert_eq!(crate::world::mode(&copy), 0o600);
    assert!(here.join(uri).exists() && !plain.exists(), "{:?}", crate::world::names_in(&here));
    assert!(!crate::world::names_in(&here).iter().any(|name| name.starts_with("copy.db")));
}

#[test]
fn no_store_is_created_where_others_may_write_and_nothing_is_left() {
    let world = World::without_store();
    set_mode(&world.state(), 0o1777);
    world.run(&["init", "--yes"]).refused(78, "use a directory that only its owner may write in");
    assert!(world.names().is_empty(), "{:?}", world.names());
    set_mode(&world.state(), 0o700);
}

#[test]
fn a_store_may_be_on_a_local_fuse_mount_and_not_on_one_that_serves_another_machines_files() {
    let has_bindfs = Command::new("bindfs").arg("--version").output().is_ok_and(|ran| ran.status.success());
    if !can_be_root() || !can(has_bindfs && Path::new("/dev/fuse").exists(), "needs bindfs and /dev/fuse") {
        return;
    }
    let world = World::without_store();
    // bindfs passes everything on to a local directory; with this subtype the kernel names its mount as one of sshfs. It
    // ends with the namespace.
    let script = "bindfs -o nonempty${2:+,subtype=$2} \"$1\" \"$1\" || exit 99; shift 2; timeout 60 \"$0\" \"$@\"";
    let on_fuse = |subtype: &str, words: &[&str]| {
        let mut command = Command::new("unshare");
        command.args(["-m", "sh", "-c", script, env!("CARGO_BIN_EXE_cxme-admin")]);
        command.arg(world.state()).arg(subtype).args(["-c", world.config().to_str().unwrap()]).args(words);
        ended(command.output().unwrap())
    };
    on_fuse("sshfs", &["init", "--yes"])
        .refused(78, "is on sshfs, where SQLite's write-ahead log can damage a store: use a local disk");
    assert!(world.names().is_empty(), "{:?}", world.names());
    on_fuse("", &["init", "--yes"]).done(&["init"]);
    on_fuse("", &["store", "check"]).done(&["check"]);
    let checked = on_fuse("sshfs", &["store", "check"]);
    assert_eq!(checked.code, Some(65), "{checked:?}");
    assert!(checked.stdout.contains("is on sshfs, where SQLite's write-ahead log can damage a store"), "{checked:?}");
}
