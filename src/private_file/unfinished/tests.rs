use super::super::tests::{directory, mode_of};
use super::*;
use std::io::Write as _;

#[test]
fn a_file_is_in_its_place_only_when_it_is_complete() {
    let directory = directory();
    let place = directory.path().join("export.csv");
    let unfinished = UnfinishedFile::begin(&place).unwrap();
    unfinished.writer().unwrap().write_all(b"half").unwrap();
    assert!(!place.exists());
    drop(unfinished);
    assert_eq!(std::fs::read_dir(directory.path()).unwrap().count(), 0);
    let unfinished = UnfinishedFile::begin(&place).unwrap();
    unfinished.writer().unwrap().write_all(b"whole").unwrap();
    unfinished.finish().unwrap();
    assert_eq!((std::fs::read(&place).unwrap(), mode_of(&place)), (b"whole".to_vec(), 0o600));
}

#[test]
fn the_rest_of_an_interrupted_move_is_removed_and_an_empty_file_of_others_is_not() {
    let directory = directory();
    let place = directory.path().join("store.db");
    let left = directory.path().join("store.db.0123456789abcdef.temporary");
    let write = |path: &Path, bytes: &[u8]| std::fs::write(path, bytes).unwrap();
    for (at_place, is_left, is_removed) in [(&b""[..], true, true), (b"", false, false), (b"whole", true, false)] {
        write(&place, at_place);
        if is_left {
            write(&left, b"whole");
        }
        remove_left_behind(&place).unwrap();
        assert_eq!(!place.exists(), is_removed, "{at_place:?} {is_left}");
        assert!(!left.exists());
    }
    // A living process is about to move its file there.
    let living = UnfinishedFile::beside(&directory.path().join("other.db"), 0o600).unwrap();
    let place = directory.path().join("other.db");
    write(&place, b"");
    write(&directory.path().join("other.db.0123456789abcdef.unfinished"), b"");
    remove_left_behind(&place).unwrap();
    assert!(place.exists() && living.path().exists());
}

#[test]
fn unfinished_files_of_other_names_are_removed_when_they_are_old() {
    let directory = directory();
    let names = [
        "night-1.db.0123456789abcdef.unfinished",
        "night-1.db.0123456789abcdef.unfinished-wal",
        "night-2.db.fedcba9876543210.unfinished",
        "any",
        "x.unfinished",
    ];
    let paths = names.map(|name| directory.path().join(name));
    for path in &paths {
        std::fs::write(path, "").unwrap();
    }
    for old in [0, 4] {
        let then = std::time::UNIX_EPOCH + std::time::Duration::from_secs(1);
        File::open(&paths[old]).unwrap().set_modified(then).unwrap();
    }
    drop(UnfinishedFile::begin(&directory.path().join("night-3.db")).unwrap());
    assert_eq!(paths.map(|path| path.exists()), [false, false, true, true, true]);
    drop(UnfinishedFile::begin(&directory.path().join("night-2.db")).unwrap());
    assert!(!directory.path().join(names[2]).exists(), "the same name");
}

#[test]
fn a_file_can_be_moved_without_renameat2_and_replaces_nothing() {
    let directory = directory();
    let (from, to) = (directory.path().join("unfinished"), directory.path().join("export.csv"));
    std::fs::write(&from, b"whole").unwrap();
    let move_it = || {
        let (old, new) = (from.file_name().unwrap(), to.file_name().unwrap());
        PrivateDirectory::of(&to).unwrap().move_over_empty_file(old, new)
    };
    move_it().unwrap();
    assert_eq!(std::fs::read(&to).unwrap(), b"whole");
    assert!(!from.exists());
    std::fs::write(&from, b"another").unwrap();
    assert_eq!(move_it(), Err(nix::errno::Errno::EEXIST));
    std::fs::remove_file(&from).unwrap();
    std::fs::remove_file(&to).unwrap();
    assert_eq!(move_it(), Err(nix::errno::Errno::ENOENT));
    assert!(!to.exists(), "the name that was taken for it is given back");
    std::fs::write(&from, b"another").unwrap();
    std::fs::write(&to, b"whole").unwrap();
    assert_eq!(move_it(), Err(nix::errno::Errno::EEXIST));
    assert_eq!(std::fs::read(&to).unwrap(), b"whole");
    assert_eq!(std::fs::read(&from).unwrap(), b"another");
}

#[test]
fn only_files_of_a_killed_process_are_removed_beside_a_store() {
    let directory = directory();
    let place = directory.path().join("store.db");
    let living = UnfinishedFile::beside(&place, 0o600).unwrap();
    let left = directory.path().join("store.db.0123456789abcdef.temporary");
    let kept = directory.path().join("store.db.replaced-20261124-080000-2.0123456789abcdef.unfinished");
    let replacing =
        UnfinishedFile::begin_with_present_rights(&directory.path().join("store.db.replaced-20261124-080000")).unwrap();
    let others = [
        "store.db.replaced-20261124-080000",
        "store.db.replaced-0123456789abcdef.unfinished",
        "copy.db.0123456789abcdef.unfinished",
        "store.db.temporary",
        "store.db.x.temporary",
        "other.db.0123456789abcdef.temporary",
        "store.db.1.unfinished",
    ]
    .map(|name| directory.path().join(name));
    for path in others.iter().chain([&left, &kept, &directory.path().join("store.db.0123456789abcdef.temporary-wal")]) {
        std::fs::write(path, "x").unwrap();
    }
    let another = UnfinishedFile::beside(&place, 0o640).unwrap();
    assert!(!left.exists() && !kept.exists() && replacing.path().exists());
    assert_eq!(mode_of(another.path()), 0o640);
    assert!(living.path().exists() && others.iter().all(|path| path.exists()));
    assert_eq!(std::fs::read_dir(directory.path()).unwrap().count(), 3 + others.len());
    drop((living, another, replacing));
    assert_eq!(std::fs::read_dir(directory.path()).unwrap().count(), others.len());
}

#[test]
fn a_file_created_meanwhile_is_not_replaced() {
    let directory = directory();
    let place = directory.path().join("export.csv");
    let unfinished = UnfinishedFile::begin(&place).unwrap();
    std::fs::write(&place, b"another's").unwrap();
    assert!(matches!(unfinished.finish(), Err(FileError::Exists { .. })));
    assert_eq!(std::fs::read(&place).unwrap(), b"another's");
    assert!(matches!(UnfinishedFile::begin(&place), Err(FileError::Exists { .. })));
}
