//! Copies, and the store put back from one by hand.

use crate::world::World;
use crate::world::mode;
use crate::world::sha256;

#[test]
fn a_copy_is_whole_private_and_usable() {
    let world = World::new();
    world.set_password().done(&["set-password"]);
    let copy = world.directory().join("state/copy.db");
    let path = copy.to_str().unwrap();
    let head = world.done(&["audit", "head"]);
    world.done(&["store", "backup", path]);
    assert_eq!(mode(&copy), 0o600);
    assert_eq!(world.names(), ["copy.db", "reset.key", "store.db"], "nothing beside it");
    world.done(&["--store", path, "store", "check"]);
    world.done(&["--store", path, "audit", "verify", "--head", head.trim()]);
    let listed = |words: &[&str]| world.done(&[words, &["users", "export"]].concat());
    assert_eq!(listed(&["--store", path]), listed(&[]));
}

#[test]
fn a_copy_is_never_made_over_a_file_and_then_nothing_is_recorded() {
    let world = World::new();
    let there = world.state().join("there");
    std::fs::write(&there, "another's").unwrap();
    let (before, events) = (sha256(&there), world.count("SELECT count(*) FROM events"));
    for path in [&there, &world.store(), &world.state()] {
        world.run(&["store", "backup", path.to_str().unwrap()]).refused(74, "already exists");
    }
    let nowhere = world.state().join("nowhere/copy");
    world
        .run(&["store", "backup", nowhere.to_str().unwrap()])
        .refused(74, &format!("{}: no such directory", world.state().join("nowhere").display()));
    world.done(&["store", "backup", "--dry-run", world.state().join("planned").to_str().unwrap()]);
    assert_eq!(sha256(&there), before);
    assert_eq!(world.count("SELECT count(*) FROM events"), events, "no copy was made, and the audit says none was");
    assert_eq!(world.names(), ["reset.key", "store.db", "there"]);
}

#[test]
fn a_copy_put_in_the_place_of_the_store_is_the_store_of_that_moment() {
    let world = World::new();
    let (copy, store) = (world.state().join("copy.db"), world.store());
    world.done(&["store", "backup", copy.to_str().unwrap()]);
    let then = world.done(&["users", "export"]);
    world.done(&["users", "delete", "alice", "--yes"]);
    let head_of_what_is_lost = world.done(&["audit", "head"]);
    std::fs::remove_file(&store).unwrap();
    std::fs::copy(&copy, &store).unwrap();
    assert_eq!(world.done(&["users", "export"]), then);
    world.done(&["users", "lock", "alice"]);
    world.assert_sound();
    // What happened after the copy is gone, and a head kept elsewhere tells.
    world.run(&["audit", "verify", "--head", head_of_what_is_lost.trim()]).refused(65, "cut off or rewritten");
}
