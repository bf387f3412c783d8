//! `store backup --directory` and `store restore --latest`: what they say, write and delete.

use std::fs;
use std::path::PathBuf;

use insta::assert_snapshot;

use crate::support::CAROL;
use crate::support::World;

/// A store with alice, and a directory for backups.
fn world() -> World {
    let world = World::new().with_users("alice");
    fs::create_dir(world.path("backups")).unwrap();
    world
}

fn back_up(world: &World, more: &str) -> crate::support::Run {
    world.command(&format!("store backup {more} --directory")).argument(world.path("backups")).run()
}

fn restore(world: &World, more: &str) -> crate::support::Run {
    world.command(&format!("store restore {more} --latest")).argument(world.path("backups")).run()
}

/// What is in the directory, by name.
fn backups(world: &World) -> Vec<PathBuf> {
    let mut paths: Vec<_> = fs::read_dir(world.path("backups")).unwrap().map(|entry| entry.unwrap().path()).collect();
    paths.sort();
    paths
}

#[test]
fn a_backup_is_named_after_the_time_and_the_oldest_are_deleted() {
    let world = world();
    assert_snapshot!(back_up(&world, "-v --keep 2"), @"
    status 0
    -- stderr
    Backed up the store to [DIR]/backups/store-jvprsrkp-20261124-080000Z.db, and verified it.
    ");
    assert_snapshot!(back_up(&world, "-v --keep 2"), @"
    status 0
    -- stderr
    Backed up the store to [DIR]/backups/store-jvprsrkp-20261124-080000Z_2.db, and verified it.
    ");
    world.wait(86_400);
    assert_snapshot!(back_up(&world, "--keep 2 --dry-run"), @"
    status 0
    -- stdout
    Would back up the store to [DIR]/backups/store-jvprsrkp-20261125-080000Z.db.
    Would delete [DIR]/backups/store-jvprsrkp-20261124-080000Z.db.
    ");
    assert_snapshot!(back_up(&world, "-v --keep 2 --reason nightly"), @"
    status 0
    -- stderr
    Backed up the store to [DIR]/backups/store-jvprsrkp-20261125-080000Z.db, and verified it.
    Deleted [DIR]/backups/store-jvprsrkp-20261124-080000Z.db.
    ");
    assert_snapshot!(world.newest_event(), @r#"
    store backup | done | owner, Admin | nightly
    {"keep":2,"to":"[DIR]/backups/store-jvprsrkp-20261125-080000Z.db"}
    "#);
    world.wait(86_400);
    assert_snapshot!(back_up(&world, "--keep 1 -o json"), @r#"
    status 0
    -- stdout
    [
    {"file":"[DIR]/backups/store-jvprsrkp-20261126-080000Z.db","result":"created"},
    {"file":"[DIR]/backups/store-jvprsrkp-20261124-080000Z_2.db","result":"deleted"},
    {"file":"[DIR]/backups/store-jvprsrkp-20261125-080000Z.db","result":"deleted"}
    ]
    "#);
    assert_eq!(backups(&world).len(), 1);
    // Without `--keep` nothing is deleted, and without a terminal nothing is said.
    assert_snapshot!(back_up(&world, ""), @"status 0");
    assert_eq!(backups(&world).len(), 2);
    assert_snapshot!(world.command("store backup -o csv").argument(world.path("by-hand.db")).run(), @"
    status 0
    -- stdout
    file,result
    [DIR]/by-hand.db,created
    ");
}

#[test]
fn a_wrong_call_is_refused_in_one_line() {
    let world = world();
    assert_snapshot!(world.run("store backup"), @"
    status 2
    -- stderr
    error: the following required arguments were not provided:
      <FILE|--directory <DIR>>

    Usage: cxme-admin store backup <FILE|--directory <DIR>>

    For more information, try '--help'.
    ");
    assert_snapshot!(back_up(&world, "--keep 0"), @"
    status 2
    -- stderr
    error: invalid value '0' for '--keep <N>': 0 is not in 1..=4294967295

    For more information, try '--help'.
    ");
    assert_snapshot!(back_up(&world, "copy.db"), @"
    status 2
    -- stderr
    error: the argument '[FILE]' cannot be used with '--directory <DIR>'

    Usage: cxme-admin store backup <FILE|--directory <DIR>>

    For more information, try '--help'.
    ");
    assert_snapshot!(world.command("store backup --keep 2").argument(world.path("copy.db")).run(), @"
    status 2
    -- stderr
    error: the argument '--keep <N>' cannot be used with '[FILE]'

    Usage: cxme-admin store backup --keep <N> <FILE|--directory <DIR>>

    For more information, try '--help'.
    ");
    assert_snapshot!(world.run("store restore"), @"
    status 2
    -- stderr
    error: the following required arguments were not provided:
      <FILE|--latest <DIR>>

    Usage: cxme-admin store restore <FILE|--latest <DIR>>

    For more information, try '--help'.
    ");
    assert_snapshot!(restore(&world, "copy.db"), @"
    status 2
    -- stderr
    error: the argument '[FILE]' cannot be used with '--latest <DIR>'

    Usage: cxme-admin store restore <FILE|--latest <DIR>>

    For more information, try '--help'.
    ");
    assert_snapshot!(world.command("store backup --directory").argument(world.path("nowhere")).run(), @"
    status 74
    -- stderr
    error: [DIR]/nowhere: no such directory: create it, or correct the path
    ");
    assert_snapshot!(world.command("store restore --latest").argument(world.path("nowhere")).run(), @"
    status 74
    -- stderr
    error: [DIR]/nowhere: no such directory: create it, or correct the path
    ");
    assert!(backups(&world).is_empty());
}

#[test]
fn a_damaged_store_is_not_backed_up_and_no_earlier_backup_is_deleted() {
    let world = world();
    back_up(&world, "").expect_status(0);
    let before = (backups(&world), world.events());
    world
        .sql("PRAGMA foreign_keys = OFF; INSERT INTO role_permissions (role_id, permission) VALUES (99, 'view-users')");
    assert_snapshot!(back_up(&world, "--keep 1"), @"
    status 74
    -- stderr
    error: [DIR]/backups/store-jvprsrkp-20261124-080000Z_2.db: the copy of the store is not sound and was removed; nothing else was changed: references: role_permissions: row ?
    hint: the copy was read from the disk again; whether the store itself is damaged: cxme-admin store check
    ");
    assert_eq!((backups(&world), world.events()), before);
}

#[test]
fn what_is_no_backup_of_this_store_is_left_alone_and_named() {
    let world = world();
    back_up(&world, "").expect_status(0);
    let first = backups(&world).remove(0);
    let prefix = first.file_name().unwrap().to_str().unwrap().split_at("store-12345678-".len()).0.to_owned();
    let place = |name: &str| world.path("backups").join(name);
    for name in ["store-bbbbbbbb-20200101-000000Z.db", "by-hand.db"] {
        fs::copy(&first, place(name)).unwrap();
    }
    fs::write(place(&format!("{prefix}20200101-000000Z.db")), "not a store").unwrap();
    fs::copy(&first, place(&format!("{prefix}20200102-000000Z.db"))).unwrap();
    fs::write(place(&format!("{prefix}20200102-000000Z.db-wal")), "").unwrap();
    fs::copy(&first, place(&format!("{prefix}20360101-000000Z.db"))).unwrap();
    fs::copy(&first, place(&format!("{prefix}20200103-000000Z.db"))).unwrap();
    world.wait(60);
    assert_snapshot!(back_up(&world, "-v --keep 1"), @"
    status 0
    -- stderr
    Backed up the store to [DIR]/backups/store-jvprsrkp-20261124-080100Z.db, and verified it.
    Deleted [DIR]/backups/store-jvprsrkp-20200103-000000Z.db.
    Deleted [DIR]/backups/store-jvprsrkp-20261124-080000Z.db.
    [DIR]/backups/store-jvprsrkp-20200101-000000Z.db: not counted and not deleted: it is not a store of this account, or somebody has it open.
    [DIR]/backups/store-jvprsrkp-20200102-000000Z.db: not counted and not deleted: it is not a store of this account, or somebody has it open.
    warning: [DIR]/backups/store-jvprsrkp-20360101-000000Z.db: the name is later than the clock, which is or was wrong; 1 such backup of the directory not counted and not deleted: correct the clock, or delete what is too old yourself
    ");
    assert_eq!(backups(&world).len(), 7);
}

#[test]
fn the_newest_backup_is_restored_and_no_other_in_its_place() {
    let world = world();
    assert_snapshot!(restore(&world, "--yes"), @"
    status 65
    -- stderr
    error: [DIR]/backups: has no backup that `store backup --directory` created
    hint: name the file: cxme-admin store restore FILE
    ");
    back_up(&world, "").expect_status(0);
    world.wait(86_400);
    world.run("users add bob@example.com --name Bob").expect_status(0);
    back_up(&world, "").expect_status(0);
    world.run("users delete alice --yes").expect_status(0);
    assert_snapshot!(restore(&world, "--dry-run"), @"
    status 0
    -- stdout
    Would replace [DIR]/data/store.db with the store of 2026-11-25T08:00:00Z with 2 users, from [DIR]/backups/store-jvprsrkp-20261125-080000Z.db.
    ");
    assert_snapshot!(restore(&world, "--yes -v"), @"
    status 0
    -- stderr
    [DIR]/data/store.db is the store of 2026-11-25T08:00:00Z with 2 users, from [DIR]/backups/store-jvprsrkp-20261125-080000Z.db.
    The replaced store is kept as [DIR]/data/store.db.replaced-20261125-080000.
    0 open links revoked, 0 waiting mails in doubt, 0 running jobs paused.
    ");
    assert_eq!(world.count_users(), 2);

    // The newest one is damaged: nothing is restored, and the one before it is named.
    let newest = backups(&world).remove(1);
    let whole = fs::read(&newest).unwrap();
    fs::write(&newest, &whole[..whole.len() / 2]).unwrap();
    let before = world.events();
    assert_snapshot!(restore(&world, "--yes"), @"
    status 65
    -- stderr
    error: [DIR]/backups/store-jvprsrkp-20261125-080000Z.db: damaged: has 106496 bytes, and 212992 by its header: its end is missing
    hint: the newest backup was left as it is, and the store as well; to restore the one before it: cxme-admin store restore [DIR]/backups/store-jvprsrkp-20261124-080000Z.db
    ");
    fs::write(&newest, "not a store").unwrap();
    assert_snapshot!(restore(&world, "--yes"), @"
    status 78
    -- stderr
    error: [DIR]/backups/store-jvprsrkp-20261125-080000Z.db: not a cxme-admin store
    hint: the newest backup was left as it is, and the store as well; to restore the one before it: cxme-admin store restore [DIR]/backups/store-jvprsrkp-20261124-080000Z.db
    ");
    fs::remove_file(backups(&world).remove(0)).unwrap();
    assert_snapshot!(restore(&world, "--yes"), @"
    status 78
    -- stderr
    error: [DIR]/backups/store-jvprsrkp-20261125-080000Z.db: not a cxme-admin store
    hint: the newest backup was left as it is, and the store as well; there is no earlier one
    ");
    assert_eq!(world.events(), before);

    // Where names do not tell which one is the newest, none is taken.
    fs::write(&newest, whole).unwrap();
    world.set_clock("2026-11-01T00:00:00Z".parse().unwrap());
    assert_snapshot!(restore(&world, "--yes"), @"
    status 65
    -- stderr
    error: [DIR]/backups/store-jvprsrkp-20261125-080000Z.db: its name is later than the clock, which is or was wrong: the newest backup is not known by its name; nothing was changed
    hint: compare the times with `ls -l`, then name the file: cxme-admin store restore FILE
    ");
    world.wait(365 * 86_400);
    fs::copy(&newest, newest.with_file_name("store-bbbbbbbb-20261101-000000Z.db")).unwrap();
    assert_snapshot!(restore(&world, "--yes"), @"
    status 65
    -- stderr
    error: [DIR]/backups: has backups of several stores (store-jvprsrkp-20261125-080000Z.db, store-bbbbbbbb-20261101-000000Z.db); nothing was changed
    hint: name the file: cxme-admin store restore FILE
    ");
}

#[test]
fn a_service_account_backs_up_and_does_not_restore() {
    let world = world().with_operator(CAROL, "Service");
    let run = |command: &str| world.command(command).argument(world.path("backups")).uid(CAROL);
    run("store backup --keep 1 --directory").run().expect_status(0);
    assert_snapshot!(run("store restore --yes --latest").run(), @"
    status 77
    -- stderr
    error: your role, Service, lacks the permission `manage-store`
    hint: manage-store: Check, restore and migrate the store, and send a test mail; an Admin can give another role
    ");
    // By sudo, operators who are not Admin name no files.
    assert_snapshot!(run("store backup --directory").uid(0).sudo_by(CAROL).run(), @"
    status 77
    -- stderr
    error: naming a file is only allowed for Admins when using sudo
    ");
}
