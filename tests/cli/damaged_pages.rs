//! Damaged pages that only sending meets: passwords do not end before, one damaged page keeps no other mail back, and nobody is
//! mailed twice because of it.

use std::collections::BTreeMap;
use std::fs;

use rusqlite::Connection;

use crate::end_passwords::hashes;
use crate::end_passwords::relay;
use crate::relay::ScriptedRelay;
use crate::support::GOOD;
use crate::support::World;

const PAGE: usize = 4_096;

/// The root pages of these tables and indexes.
fn roots(world: &World, names: &[&str]) -> Vec<usize> {
    let connection = Connection::open(world.store()).unwrap();
    let root = |name: &&str| -> i64 {
        connection.query_row("SELECT rootpage FROM sqlite_schema WHERE name = ?1", [name], |row| row.get(0)).unwrap()
    };
    let roots = names.iter().map(|name| usize::try_from(root(name)).unwrap()).collect();
    connection.close().unwrap();
    roots
}

/// Zeroes pages of a store that nobody has open.
fn zero_pages(world: &World, pages: &[usize]) {
    let mut bytes = fs::read(world.store()).unwrap();
    for page in pages {
        bytes[(page - 1) * PAGE..page * PAGE].fill(0);
    }
    fs::write(world.store(), bytes).unwrap();
}

/// Zeroes the first page of these tables and indexes.
pub(crate) fn zero(world: &World, names: &[&str]) {
    zero_pages(world, &roots(world, names));
}

/// The leaves of a table or an index whose root is above them; empty: the root is the only page.
fn leaves(world: &World, name: &str) -> Vec<usize> {
    let root = roots(world, &[name])[0];
    let bytes = fs::read(world.store()).unwrap();
    let number = |at: usize, length: usize| {
        bytes[at..at + length].iter().fold(0, |number, byte| number << 8 | usize::from(*byte))
    };
    let start = (root - 1) * PAGE;
    // "B-tree Pages" of the file format: 5 and 2 are the kinds of inner pages, and each cell begins with its left child.
    if ![2, 5].contains(&bytes[start]) {
        return Vec::new();
    }
    let cells = number(start + 3, 2);
    let child = |cell| number(start + number(start + 12 + 2 * cell, 2), 4);
    (0..cells).map(child).chain([number(start + 8, 4)]).collect()
}

/// Sixty users on several pages, with a password each.
fn many(relay: &ScriptedRelay) -> World {
    let world = World::with_mail();
    let row = |user: u32| format!("u{user:02}@example.com,{}\n", "Long Name ".repeat(15).trim());
    let rows = (0..60).map(row).collect::<String>();
    world.command("users import -").stdin(format!("email,name\n{rows}")).run().expect_status(0);
    world.set_password("u00", GOOD);
    world.sql(
        "UPDATE users SET (password_hash, password_set_at) = (SELECT password_hash, password_set_at FROM users WHERE \
         username = 'u00')",
    );
    world.configure_relay(relay.port());
    world
}

/// How many mails each address was sent.
fn mails(relay: &ScriptedRelay) -> BTreeMap<String, u32> {
    let mut mails = BTreeMap::new();
    for mail in relay.accepted() {
        let text = String::from_utf8_lossy(&mail.content).into_owned();
        let to = text.lines().find(|line| line.starts_with("To: ")).unwrap();
        *mails.entry(to.to_owned()).or_default() += 1;
    }
    mails
}

#[test]
fn no_password_ends_where_a_damaged_page_would_keep_the_mails_from_leaving() {
    let relay = relay("");
    for damaged in [
        "messages_by_code",
        "messages_given_back",
        "messages_deferred",
        "messages_sending",
        "messages_queued",
        "messages_by_user",
        "messages_by_job",
        "messages_in_unknown_state",
        "messages",
        "deliveries",
        "relay_hold",
        "clock_periods",
        "metadata",
        "roles",
        "jobs",
    ] {
        let world = crate::end_passwords::world(&relay);
        zero(&world, &[damaged]);
        for more in ["-n", "--yes", "--yes --queue-only"] {
            let run = world.run(&format!("users send-reset --all --end-passwords {more}"));
            assert_eq!(run.status, 74, "{damaged}: {more}: {run}");
            assert!(run.err().starts_with("error: the store is damaged: "), "{damaged}: {more}: {run}");
            assert!(run.err().contains("cxme-admin store check"), "{damaged}: {more}: {run}");
        }
        assert_eq!(hashes(&world), "alice,bob,dora", "{damaged}");
        assert!(relay.accepted().is_empty(), "{damaged}");
    }
}

#[test]
fn trying_to_send_leaves_nothing_in_the_store() {
    let relay = relay("");
    let world = crate::end_passwords::world(&relay);
    let counts = "SELECT (SELECT count(*) FROM messages) || (SELECT count(*) FROM jobs) || (SELECT count(*) FROM events) || \
                  (SELECT count(*) FROM deliveries) || (SELECT count(*) FROM relay_hold) || \
                  (SELECT count(*) FROM sqlite_sequence WHERE name IN ('messages', 'jobs'))";
    let before = world.ask(counts);
    world.run("users send-reset --all --end-passwords -n").expect_status(0);
    assert_eq!(world.ask(counts), before);
    world.run("users send-reset --all --end-passwords --yes").expect_status(0);
    assert_eq!(world.ask("SELECT min(id) || min(job_id) || count(*) FROM messages"), "115");
}

#[test]
fn the_users_on_a_damaged_page_are_skipped_and_named_and_all_others_are_mailed() {
    let relay = relay("");
    let world = many(&relay);
    world.run("users send-reset --all --end-passwords --queue-only --yes").expect_status(0);
    let pages = leaves(&world, "users");
    assert!(pages.len() > 2, "{pages:?}");
    zero_pages(&world, &pages[1..2]);
    let run = world.run("jobs run").expect_status(3);
    let sent = mails(&relay);
    let skipped = 60 - sent.len();
    assert!((1..30).contains(&skipped), "{run}");
    let words = format!(
        "{} accepted; {skipped} users have no password and no working link; skipped {skipped} mails",
        sent.len()
    );
    assert!(run.err().contains(&words), "{run}");
    assert!(run.err().contains("the store is damaged: users: row "), "{run}");
    assert!(run.err().contains(": cannot be read: database disk image is malformed"), "{run}");
    // Each run, until somebody repairs it.
    for line in ["jobs run -v", "jobs run 1"] {
        let run = world.run(line).expect_status(3);
        assert!(
            run.err().contains(&format!("skipped {skipped} mails, the store is damaged: users: row ")),
            "{line}: {run}"
        );
    }
    assert_eq!(mails(&relay), sent);
    assert!(sent.values().all(|count| *count == 1), "{sent:?}");
    // The check goes on while the job is due.
    let check = world.run("store check").expect_status(65);
    assert!(check.err().contains("rows: users: cannot be read behind its first "), "{check}");
    assert!(world.run("jobs show 1").expect_status(0).out().contains(&format!("{skipped} queued")));
}

/// Whichever page it is: of users, of messages, of an index.
#[test]
fn nobody_is_mailed_twice_because_a_page_is_damaged() {
    for name in [
        "users",
        "messages",
        "messages_by_user",
        "messages_queued",
        "messages_by_code",
        "messages_by_job",
        "deliveries",
    ] {
        let relay = relay("");
        let world = many(&relay);
        world.run("users send-reset --all --end-passwords --queue-only --yes").expect_status(0);
        let pages = leaves(&world, name);
        let page = pages.get(pages.len() / 2).copied().unwrap_or_else(|| roots(&world, &[name])[0]);
        zero_pages(&world, &[page]);
        for _ in 0..4 {
            let run = world.run("jobs run -v");
            assert!([3, 74].contains(&run.status), "{name}: {run}");
            assert!(run.err().contains("the store is damaged: "), "{name}: {run}");
        }
        let sent = mails(&relay);
        assert!(sent.values().all(|count| *count == 1), "{name}: {sent:?}");
    }
}
