//! Rights that a POSIX ACL gives besides the mode, where a reader group lets the mask of the ACL have the right to read.

use std::path::Path;
use std::process::Command;

use crate::world::World;
use crate::world::can;
use crate::world::can_be_root;
use crate::world::mode;
use crate::world::set_mode;

/// The group that may read.
const READERS: u32 = 65_534;
/// An account that is in no such group.
const STRANGER: u32 = 61_999;

#[track_caller]
fn setfacl(arguments: &[&str], path: &Path) {
    let ran = Command::new("setfacl").args(arguments).arg(path).output().unwrap();
    assert!(ran.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&ran.stderr));
}

fn stranger_reads(path: &Path) -> bool {
    let ids = [format!("--reuid={STRANGER}"), format!("--regid={STRANGER}"), "--clear-groups".to_owned()];
    Command::new("setpriv").args(ids).arg("cat").arg(path).output().unwrap().status.success()
}

/// A configuration with a reader group, no store, and the directory above that of the store.
fn world() -> Option<World> {
    let group = nix::unistd::Group::from_gid(READERS.into()).unwrap();
    let has_setfacl = Command::new("setfacl").arg("--version").output().is_ok_and(|ran| ran.status.success());
    if !can_be_root()
        || !can(has_setfacl, "needs setfacl")
        || !can(group.is_some(), "needs a group with the number 65534")
    {
        return None;
    }
    let world = World::without_store();
    std::fs::remove_dir(world.state()).unwrap();
    set_mode(world.directory(), 0o755);
    world.configure(&format!("reader_group = \"{}\"", group.unwrap().name));
    Some(world)
}

#[test]
fn a_directory_and_files_that_are_created_inherit_no_acl() {
    let Some(world) = world() else { return };
    setfacl(&["-d", "-m", &format!("u:{STRANGER}:rwx")], world.directory());
    let world = world.with_users();
    assert_eq!(mode(&world.state()), 0o2750);
    for name in ["store.db", "store.db-wal", "store.db-shm", "reset.key"] {
        assert!(!stranger_reads(&world.state().join(name)), "{name}");
    }
    let listed = Command::new("getfacl").arg("-R").arg(world.state()).output().unwrap();
    assert!(!String::from_utf8_lossy(&listed.stdout).contains(&STRANGER.to_string()), "{listed:?}");
    world.done(&["store", "check"]);
}

#[test]
fn an_acl_that_gives_others_the_store_is_refused_with_the_command_that_removes_it() {
    let Some(world) = world() else { return };
    let world = world.with_users();
    let refused = |words: &str| {
        for command in [&["users", "list"][..], &["store", "check"]] {
            world.run(command).refused(78, words);
        }
    };
    for name in ["store.db", "store.db-wal", "store.db-shm"] {
        let path = world.state().join(name);
        setfacl(&["-m", &format!("u:{STRANGER}:r")], &path);
        assert_eq!(mode(&path), 0o640, "the mode does not tell");
        refused(&format!("{name}: its ACL gives rights to uid {STRANGER}: run `setfacl -b {}`", path.display()));
        setfacl(&["-b"], &path);
        set_mode(&path, 0o640);
    }
    // An entry that repeats who may read anyway is none.
    setfacl(&["-m", &format!("u:0:r,g:{READERS}:r")], &world.store());
    world.done(&["users", "list"]);
    setfacl(&["-b"], &world.store());

    let state = world.state();
    setfacl(&["-d", "-m", &format!("g:{STRANGER}:r-x")], &state);
    let words = format!("gives rights to gid {STRANGER}: run `setfacl -k {}`", state.display());
    refused(&words);
    setfacl(&["-k"], &state);
    world.done(&["users", "list"]);
    // The right to write shows in the mode.
    setfacl(&["-m", &format!("u:{STRANGER}:rwx")], &state);
    refused("is group-writable");
    setfacl(&["-b"], &state);
    world.done(&["store", "check"]);
}

#[test]
fn a_store_is_not_created_where_new_files_would_be_for_others() {
    let Some(world) = world() else { return };
    std::fs::create_dir(world.state()).unwrap();
    set_mode(&world.state(), 0o700);
    setfacl(&["-d", "-m", &format!("u:{STRANGER}:r-x")], &world.state());
    world.run(&["init", "--yes"]).refused(78, &format!("setfacl -k {}", world.state().display()));
    assert!(!world.store().exists());
}

#[test]
fn an_acl_whose_mask_gives_nothing_keeps_nobody_from_working() {
    let Some(_) = world() else { return };
    let world = World::new();
    setfacl(&["-m", &format!("u:{STRANGER}:r")], &world.store());
    set_mode(&world.store(), 0o600);
    world.done(&["users", "list"]);
    assert!(!stranger_reads(&world.store()));
}
