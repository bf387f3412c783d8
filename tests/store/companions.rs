//! What SQLite keeps beside a store or a copy: somebody else's is never opened, whatever it says.

use std::collections::BTreeMap;
use std::os::unix::fs::chown;
use std::os::unix::fs::symlink;
use std::path::Path;
use std::path::PathBuf;

use crate::world::World;
use crate::world::can_be_root;
use crate::world::can_trace;
use crate::world::finish;
use crate::world::mode;
use crate::world::names_in;
use crate::world::set_mode;
use crate::world::sha256;

const COMPANIONS: [&str; 3] = ["-wal", "-shm", "-journal"];
/// An account that is neither root nor the store's.
const STRANGER: u32 = 61_003;

/// What a stranger, or an accident, can put beside a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Planted {
    OfAnotherOwner,
    Loose,
    Linked,
}

impl Planted {
    fn all() -> Vec<Self> {
        let mut all = vec![Self::Loose, Self::Linked];
        all.extend(can_be_root().then_some(Self::OfAnotherOwner));
        all
    }

    fn at(self, path: &Path, log: &[u8]) {
        if self == Self::Linked {
            let target = path.with_extension("target");
            std::fs::write(&target, log).unwrap();
            set_mode(&target, 0o600);
            return symlink(target, path).unwrap();
        }
        std::fs::write(path, log).unwrap();
        set_mode(path, if self == Self::Loose { 0o666 } else { 0o600 });
        if self == Self::OfAnotherOwner {
            chown(path, Some(STRANGER), Some(STRANGER)).unwrap();
        }
    }
}

fn beside(path: &Path, suffix: &str) -> PathBuf {
    format!("{}{suffix}", path.display()).into()
}

/// The content of each file of a directory.
fn contents(directory: &Path) -> BTreeMap<String, Vec<u8>> {
    let names = names_in(directory).into_iter().filter(|name| !name.ends_with(".lock"));
    names.map(|name| (name.clone(), sha256(&directory.join(name)))).collect()
}

/// The log of a store in which alice has been locked: what SQLite would play back.
fn log_of_another_store() -> Vec<u8> {
    let world = World::new();
    let connection = world.sqlite();
    connection
        .execute_batch("PRAGMA wal_autocheckpoint = 0; UPDATE operators SET uid = 61003, account = 'evil'")
        .unwrap();
    std::fs::read(beside(&world.store(), "-wal")).unwrap()
}

#[test]
fn a_companion_that_others_could_write_beside_a_store_is_refused_and_nothing_changes() {
    let log = log_of_another_store();
    for planted in Planted::all() {
        for suffix in COMPANIONS {
            let world = World::new();
            let companion = beside(&world.store(), suffix);
            planted.at(&companion, &log);
            let before = contents(&world.state());
            for words in
                [&["users", "list"][..], &["operators", "list"], &["users", "lock", "alice"], &["store", "check"]]
            {
                world.run(words).refused(78, companion.to_str().unwrap());
            }
            assert_eq!(contents(&world.state()), before, "{planted:?} {suffix}");
        }
    }
}

#[test]
fn a_copy_with_a_companion_beside_it_is_not_restored_and_nothing_changes() {
    let log = log_of_another_store();
    for planted in Planted::all() {
        for suffix in COMPANIONS {
            let world = World::new();
            // As anybody may plant it: in a directory in which everybody may create files.
            let shared = world.directory().join("shared");
            std::fs::create_dir(&shared).unwrap();
            set_mode(&shared, 0o1777);
            let copy = shared.join("copy.db");
            world.done(&["store", "backup", copy.to_str().unwrap()]);
            let companion = beside(&copy, suffix);
            planted.at(&companion, &log);
            let before = (contents(&shared), contents(&world.state()));
            for more in ["--yes", "--dry-run"] {
                let ran = world.run(&["store", "restore", copy.to_str().unwrap(), more]);
                ran.refused(78, companion.to_str().unwrap());
            }
            assert_eq!((contents(&shared), contents(&world.state())), before, "{planted:?} {suffix}");
            world.assert_sound();
        }
    }
}

#[test]
fn no_copy_is_made_where_the_log_of_another_file_is() {
    let log = log_of_another_store();
    let world = World::new();
    let copy = world.directory().join("copies/copy.db");
    for planted in Planted::all() {
        for suffix in COMPANIONS {
            std::fs::create_dir(copy.parent().unwrap()).unwrap();
            let companion = beside(&copy, suffix);
            planted.at(&companion, &log);
            let before = contents(copy.parent().unwrap());
            let ran = world.run(&["store", "backup", copy.to_str().unwrap()]);
            ran.refused(78, &format!("{}: is left from another store", companion.display()));
            assert_eq!(contents(copy.parent().unwrap()), before, "{planted:?} {suffix}");
            std::fs::remove_dir_all(copy.parent().unwrap()).unwrap();
        }
    }
    world.assert_sound();
}

#[test]
fn a_directory_in_which_others_may_write_is_no_place_for_a_store_sticky_or_not() {
    let world = World::new();
    for bad in [0o777, 0o1777, 0o770, 0o1770] {
        set_mode(&world.state(), bad);
        world.run(&["users", "list"]).refused(78, "use a directory that only its owner may write in");
        let new = world.state().join("new.db");
        let ran = world.run(&["--store", new.to_str().unwrap(), "init", "--yes"]);
        ran.refused(78, "use a directory that only its owner may write in");
        assert!(!new.exists());
    }
    set_mode(&world.state(), 0o700);
    world.assert_sound();
}

#[test]
fn a_backup_into_a_shared_directory_is_written_in_a_private_one() {
    if !can_trace() {
        return;
    }
    let world = World::new();
    let shared = world.directory().join("shared");
    std::fs::create_dir(&shared).unwrap();
    set_mode(&shared, 0o1777);
    let (copy, trace) = (shared.join("copy.db"), world.directory().join("trace"));
    let starter = ["strace", "-f", "-qq", "-o", trace.to_str().unwrap(), "-e", "trace=file"];
    let words = ["store", "backup", copy.to_str().unwrap()];
    finish(world.under(&starter, &words), "").done(&words);
    assert_eq!(mode(&copy), 0o600);
    assert_eq!(names_in(&shared), ["copy.db"]);
    assert_eq!(world.names(), ["reset.key", "store.db"], "the private copy is removed");
    // SQLite looks for a -journal beside what it opens, which is not yet the copy itself.
    let trace = std::fs::read_to_string(&trace).unwrap();
    let looked = |place: &Path| {
        let begins = format!("{}/", place.display());
        trace
            .lines()
            .any(|line| line.contains(&begins) && line.contains("-journal") && !line.contains("copy.db-journal"))
    };
    assert!(looked(&world.state()), "the trace shows what SQLite opens");
    assert!(!looked(&shared), "SQLite opens nothing in the shared directory");
    world.done(&["--store", world.store().to_str().unwrap(), "store", "restore", copy.to_str().unwrap(), "--yes"]);
    world.assert_sound();
}

#[test]
fn a_backup_into_a_directory_of_another_account_is_written_in_a_private_one() {
    if !can_be_root() {
        return;
    }
    let world = World::new();
    set_mode(world.directory(), 0o755);
    let theirs = world.directory().join("theirs");
    std::fs::create_dir(&theirs).unwrap();
    chown(&theirs, Some(STRANGER), Some(STRANGER)).unwrap();
    let copy = theirs.join("copy.db");
    world.done(&["store", "backup", copy.to_str().unwrap()]);
    assert_eq!(names_in(&theirs), ["copy.db"]);
    assert_eq!(mode(&copy), 0o600);
    let bytes = std::fs::read(&copy).unwrap();
    let own = world.state().join("own.db");
    std::fs::write(&own, bytes).unwrap();
    set_mode(&own, 0o600);
    world.done(&["--store", own.to_str().unwrap(), "store", "check"]);
    // The owner of a directory can exchange what is in it.
    world.run(&["store", "restore", copy.to_str().unwrap(), "--yes"]).refused(78, "could replace the file");
}
