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
    assert_snapshot!(back_up(&world, "-v --keep 2"), @"");
    assert_snapshot!(back_up(&world, "-v --keep 2"), @"");
    world.wait(86_400);
    assert_snapshot!(back_up(&world, "--keep 2 --dry-run"), @"");
    assert_snapshot!(back_up(&world, "-v --keep 2 --reason nightly"), @"");
    assert_snapshot!(world.newest_event(), @"");
    world.wait(86_400);
    assert_snapshot!(back_up(&world, "--keep 1 -o json"), @"");
    assert_eq!(backups(&world).len(), 1);
    // Without `--keep` nothing is deleted, and without a terminal nothing is said.
    assert_snapshot!(back_up(&world, ""), @"");
    assert_eq!(backups(&world).len(), 2);
    assert_snapshot!(world.command("store backup -o csv").argument(world.path("by-hand.db")).run(), @"");
}

#[test]
fn a_wrong_call_is_refused_in_one_line() {
    let world = world();
    assert_snapshot!(world.run("store backup"), @"");
    assert_snapshot!(back_up(&world, "--keep 0"), @"");
    assert_snapshot!(back_up(&world, "copy.db"), @"");
    assert_snapshot!(world.run("store backup copy.db --keep 2"), @"");
    assert_snapshot!(world.run("store restore"), @"");
    assert_snapshot!(restore(&world, "copy.db"), @"");
    assert_snapshot!(world.command("store backup --directory").argument(world.path("nowhere")).run(), @"");
    assert_snapshot!(world.command("store restore --latest").argument(world.path("nowhere")).run(), @"");
    assert!(backups(&world).is_empty());
}

#[test]
fn a_damaged_store_is_not_backed_up_and_no_earlier_backup_is_deleted() {
    let world = world();
    back_up(&world, "").expect_status(0);
    let before = (backups(&world), world.events());
    world
        .sql("PRAGMA foreign_keys = OFF; INSERT INTO role_permissions (role_id, permission) VALUES (99, 'view-users')");
    assert_snapshot!(back_up(&world, "--keep 1"), @"");
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
    assert_snapshot!(back_up(&world, "-v --keep 1"), @"");
    assert_eq!(backups(&world).len(), 7);
}

#[test]
fn the_newest_backup_is_restored_and_no_other_in_its_place() {
    let world = world();
    assert_snapshot!(restore(&world, "--yes"), @"");
    back_up(&world, "").expect_status(0);
    world.wait(86_400);
    world.run("users add bob@example.com --name Bob").expect_status(0);
    back_up(&world, "").expect_status(0);
    world.run("users delete alice --yes").expect_status(0);
    assert_snapshot!(restore(&world, "--dry-run"), @"");
    assert_snapshot!(restore(&world, "--yes -v"), @"");
    assert_eq!(world.count_users(), 2);

    // The newest one is damaged: nothing is restored, and the one before it is named.
    let newest = backups(&world).remove(1);
    let whole = fs::read(&newest).unwrap();
    fs::write(&newest, &whole[..whole.len() / 2]).unwrap();
    let before = world.events();
    assert_snapshot!(restore(&world, "--yes"), @"");
    fs::write(&newest, "not a store").unwrap();
    assert_snapshot!(restore(&world, "--yes"), @"");
    fs::remove_file(backups(&world).remove(0)).unwrap();
    assert_snapshot!(restore(&world, "--yes"), @"");
    assert_eq!(world.events(), before);

    // Where names do not tell which one is the newest, none is taken.
    fs::write(&newest, whole).unwrap();
    world.set_clock("2026-11-01T00:00:00Z".parse().unwrap());
    assert_snapshot!(restore(&world, "--yes"), @"");
    world.wait(365 * 86_400);
    fs::copy(&newest, newest.with_file_name("store-bbbbbbbb-20261101-000000Z.db")).unwrap();
    assert_snapshot!(restore(&world, "--yes"), @"");
}

#[test]
fn a_service_account_backs_up_and_does_not_restore() {
    let world = world().with_operator(CAROL, "Service");
    let run = |command: &str| world.command(command).argument(world.path("backups")).uid(CAROL);
    run("store backup --keep 1 --directory").run().expect_status(0);
    assert_snapshot!(run("store restore --yes --latest").run(), @"");
    // By sudo, operators who are not Admin name no files.
    assert_snapshot!(run("store backup --directory").uid(0).sudo_by(CAROL).run(), @"");
}
