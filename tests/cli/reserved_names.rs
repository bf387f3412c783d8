//! Names that SQLite or the program takes for its own files: nothing is written under one of them.

use std::fs;

use insta::assert_snapshot;

use crate::support::World;

/// Endings that SQLite gives its files, and those that the program gives its own.
const ENDINGS: [&str; 7] = ["-wal", "-shm", "-journal", ".lock", ".new", ".unfinished", ".temporary"];

#[test]
fn no_file_that_an_operator_names_gets_the_name_of_one_that_sqlite_or_the_program_would_remove() {
    let world = World::with_mail().with_users("alice");
    world.command("store backup").argument(world.path("copy.db")).run().expect_status(0);
    let events = world.events();
    let names = |directory: &str| {
        let mut names: Vec<_> =
            fs::read_dir(world.path(directory)).unwrap().map(|entry| entry.unwrap().file_name()).collect();
        names.sort();
        names
    };
    let before = (names("data"), names("."));
    for base in ["data/store.db", "data/absent.db", "copy.db"] {
        for ending in ENDINGS {
            let path = world.path(&format!("{base}{ending}"));
            if path.exists() {
                continue;
            }
            for command in ["store backup", "store backup --dry-run", "users export --to", "mail preview reset --out"] {
                let run = world.command(command).argument(&path).run().expect_status(2);
                assert!(run.err().contains("give another name"), "{command} {}: {run}", path.display());
                assert!(!path.exists(), "{command} {}", path.display());
            }
        }
    }
    assert_eq!((names("data"), names(".")), before);
    assert_eq!(world.events(), events);
    assert_snapshot!(world.command("store backup").argument(world.path("data/store.db-journal")).run(), @"
    status 2
    -- stderr
    error: [DIR]/data/store.db-journal: SQLite uses names that end in `-journal` for files of its own: give another name
    ");
    assert_snapshot!(world.command("users export --to").argument(world.path("x.csv.unfinished")).run(), @"
    status 2
    -- stderr
    error: [DIR]/x.csv.unfinished: cxme-admin uses names that end in `.unfinished` for files of its own: give another name
    ");
    world.run("store check").expect_status(0);
}

#[test]
fn no_store_and_no_directory_of_mails_gets_such_a_name_either() {
    let world = World::with_mail();
    let run = world.command("init --yes --store").argument(world.path("other/store.db-wal")).run();
    assert_eq!(run.status, 2, "{run}");
    assert!(!world.path("other/store.db-wal").exists());
    let path = |name: &str| world.path(name).display().to_string();
    let text = fs::read_to_string(world.config()).unwrap();
    world.write_config(&text.replace(&path("mail"), &path("data/store.db-journal")));
    let run = world.run("mail test alice@example.com");
    assert_ne!(run.status, 0, "{run}");
    assert!(!world.path("data/store.db-journal").exists(), "{run}");
}

#[test]
fn what_stood_beside_a_store_is_left_whatever_its_name() {
    let world = World::new().with_users("alice");
    world.command("store backup").argument(world.path("copy.db")).run().expect_status(0);
    let pid = std::process::id();
    let names = ["store.db.restoring", &format!("store.db.backup-{pid}"), &format!("copy2.db.{pid}.unfinished")];
    for name in names {
        world.file(&format!("data/{name}"), "another's");
    }
    world.command("store backup").argument(world.path("data/copy2.db")).run().expect_status(0);
    world.command("store restore --yes").argument(world.path("copy.db")).run().expect_status(0);
    for name in names {
        assert_eq!(fs::read_to_string(world.path(&format!("data/{name}"))).unwrap(), "another's", "{name}");
    }
}
