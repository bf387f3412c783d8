//! A restore that replaces a damaged store, or none: which ended passwords work again is said as far as it can be counted.

use std::fs;

use crate::damaged_pages::zero;
use crate::end_passwords::hashes;
use crate::end_passwords::relay;
use crate::end_passwords::world;
use crate::support::Run;
use crate::support::World;

const DAMAGED: &str = "may work again; they cannot be counted: the replaced store is damaged";
const END_ALL: &str = "to end all passwords: cxme-admin users send-reset --all --end-passwords";

/// A store that was saved before the passwords of alice and bob ended; dora has one in both.
fn ended() -> World {
    let relay = relay("");
    let world = world(&relay);
    world.command("store backup").argument(world.path("copy.db")).run().expect_status(0);
    world.wait(60);
    world.run("users send-reset --all --end-passwords --yes").expect_status(0);
    assert_eq!(hashes(&world), "dora");
    world
}

fn restore(world: &World, more: &str) -> Run {
    let command = world.command("store restore").argument(world.path("copy.db"));
    more.split_whitespace().fold(command, |command, word| command.argument(word)).run().expect_status(0)
}

#[test]
fn a_restore_over_a_damaged_store_counts_the_ended_passwords_that_can_be_read_and_says_that_there_may_be_others() {
    for (tables, count, has_list) in [
        (&["password_history"][..], 2, true),
        (&["jobs"], 2, false),
        (&["users"], 2, false),
        (&["messages"], 2, false),
        (&["metadata"], 2, true),
        (&["password_history", "jobs"], 2, false),
        // The jobs alone tell how many.
        (&["password_history", "messages"], 2, false),
        (&["password_history", "messages", "jobs"], 0, false),
    ] {
        let world = ended();
        zero(&world, tables);
        let plan = restore(&world, "-n").out();
        let others = if count > 0 { "2 passwords ended since would work again. Others" } else { "Passwords" };
        assert!(plan.contains(&format!(" {others} ended since {DAMAGED}.")), "{tables:?}: {plan}");
        let plan = restore(&world, "-n -o json").out();
        let fields =
            format!("\"ended_passwords\":{count},\"ended_passwords_uncounted\":\"the replaced store is damaged\"");
        assert!(plan.contains(&fields), "{tables:?}: {plan}");
        let run = world.command("store restore").argument(world.path("copy.db")).run().expect_status(2);
        assert!(run.err().contains(DAMAGED), "the question: {tables:?}: {run}");
        let run = restore(&world, "--yes");
        let err = run.err();
        let known =
            if count > 0 { "2 passwords work again that were ended after the backup" } else { "passwords that" };
        assert!(err.starts_with(&format!("warning: {known}")), "{tables:?}: {run}");
        assert!(err.ends_with(&format!("{DAMAGED}; {END_ALL}\n")), "{tables:?}: {run}");
        assert_eq!(err.lines().count(), 1, "{tables:?}: {run}");
        let event = world.newest_event();
        assert!(event.contains(&fields.replace("\"ended_passwords\":0,", "")), "{tables:?}: {event}");
        assert_eq!(hashes(&world), "alice,bob,dora");
        assert_eq!(
            err.contains(", by job 1 of the replaced store; list its users with "),
            has_list,
            "{tables:?}: {run}"
        );
        let Some((_, list)) = err.split_once("list its users with cxme-admin ") else { continue };
        let list = world.run(list.split_once(" > FILE").unwrap().0).expect_status(0).out();
        let file = world.file("ended.csv", list.as_bytes());
        world
            .command("users send-reset --end-passwords --queue-only --yes --from")
            .argument(file)
            .run()
            .expect_status(0);
        assert_eq!(hashes(&world), "dora", "{tables:?}");
    }
}

#[test]
fn a_restore_where_no_store_is_says_that_ended_passwords_cannot_be_counted() {
    let world = ended();
    fs::remove_file(world.store()).unwrap();
    let words = "there is no store to compare the backup with";
    let plan = restore(&world, "-n").out();
    let said = format!(" Passwords ended since may work again; they cannot be counted: {words}.\n");
    assert!(plan.ends_with(&said), "{plan}");
    let run = restore(&world, "");
    let said = format!(
        "warning: passwords that were ended after the backup may work again; they cannot be counted: {words}; {END_ALL}\n"
    );
    assert_eq!(run.err(), said);
    assert!(world.newest_event().contains(&format!("\"ended_passwords_uncounted\":\"{words}\"")));
}

/// As one that was recovered from the damaged store. What was damaged may have been newer all the same.
#[test]
fn a_copy_that_is_as_new_as_the_damaged_store_brings_nothing_back_that_can_be_counted() {
    let world = ended();
    fs::copy(world.store(), world.path("copy.db")).unwrap();
    zero(&world, &["password_history"]);
    let words = restore(&world, "--yes").err();
    assert!(words.contains("the replaced store is damaged"), "{words}");
    assert!(!words.contains("passwords work again"), "{words}");
    assert_eq!(hashes(&world), "dora");
}

/// Nobody logs in with a copy that holds no password.
#[test]
fn where_no_password_can_work_again_none_is_named() {
    let world = World::new().with_users("alice");
    world.command("store backup").argument(world.path("copy.db")).run().expect_status(0);
    fs::remove_file(world.store()).unwrap();
    assert!(restore(&world, "").stderr.is_empty());
    zero(&world, &["password_history"]);
    assert!(restore(&world, "--yes").stderr.is_empty());
}

/// A copy of the file that broke off, over the older file: its newest event is one that the backup has.
#[test]
fn a_store_that_was_copied_in_part_hides_no_ended_password_that_can_be_read() {
    let world = ended();
    let (new, old) = (fs::read(world.store()).unwrap(), fs::read(world.path("copy.db")).unwrap());
    let mut counted = 0;
    for page in 1..old.len() / PAGE {
        fs::write(world.store(), [&new[..page * PAGE], &old[page * PAGE..]].concat()).unwrap();
        let ended = ended_rows(&world);
        let plan = restore(&world, "-n").out();
        assert!(ended == 0 || plan.contains("2 passwords ended since would work again."), "{page}: {plan}");
        assert!(ended == 0 || !plan.contains("Others") || plan.contains(DAMAGED), "{page}: {plan}");
        counted += u32::from(ended > 0);
    }
    assert!(counted > 5, "{counted}");
}

const PAGE: usize = 4_096;

/// How many ended passwords a store shows to somebody who reads the tables one by one.
fn ended_rows(world: &World) -> i64 {
    let store = format!("file:{}?immutable=1", world.store().display());
    let flags = rusqlite::OpenFlags::SQLITE_OPEN_READ_ONLY | rusqlite::OpenFlags::SQLITE_OPEN_URI;
    let connection = rusqlite::Connection::open_with_flags(store, flags).unwrap();
    let count = |sql: &str| connection.query_row(sql, [], |row| row.get::<_, i64>(0)).unwrap_or_default();
    count("SELECT count(*) FROM password_history NOT INDEXED WHERE is_ended = 1")
        .max(count("SELECT max(passwords_ended) FROM jobs NOT INDEXED"))
}
