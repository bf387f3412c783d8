//! Long lists: at a terminal their beginning, everywhere else all of it, and `--limit` anywhere.

use insta::assert_snapshot;

use crate::support::World;

/// Sixty of everything that is listed.
fn world() -> World {
    let users: Vec<String> = (1..=60).map(|number| format!("user{number:02}")).collect();
    let world = World::with_mail().with_users(&users.join(","));
    world.run("users send-reset --all --yes --queue-only").expect_status(0);
    // Of the other jobs and events only that they are there matters.
    let numbers = "WITH RECURSIVE number (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM number WHERE n < 59)";
    world.sql(&format!(
        "{numbers} INSERT INTO jobs (state, operator, operator_uid, created_at, ended_at, selection)
             SELECT 'cancelled', 'owner', 0, 0, 0, 'all' FROM number;
         {numbers} INSERT INTO events (time, operator, operator_uid, host, identified_by, authority, action, outcome, 
             changes_digest, hash)
             SELECT 0, 'owner', 0, 'host', 'uid', 'Admin', 'users lock', 'done', zeroblob(32), zeroblob(32) FROM number
              WHERE n <= 60 - (SELECT count(*) FROM events)"
    ));
    world
}

const LISTS: [&str; 6] = ["users list", "audit list", "mail queue", "jobs list", "jobs recipients 1", "resets list"];

/// What the rows of each are, and how many a terminal shows is in the tests.
const NOUNS: [(&str, &str); 5] = [
    ("audit list", "event"),
    ("mail queue", "mail"),
    ("jobs list", "job"),
    ("jobs recipients 1", "recipient"),
    ("resets list", "link"),
];

#[test]
fn at_a_terminal_the_beginning_is_shown_and_how_much_more_there_is() {
    let world = world();
    for (list, noun) in NOUNS {
        let run = world.command(list).columns(200).run().expect_status(0);
        assert_eq!(run.out().lines().count(), 51, "{list}: {run}");
        assert_eq!(run.err(), format!("50 of 60 {noun}s shown; to show all of them, add `--all-rows`.\n"), "{list}");
        let all = format!("60 {noun}s.\n");
        for (options, rows, told) in
            [("--limit 60", 60, ""), ("--limit 7", 7, ""), ("--all-rows", 60, all.as_str()), ("--all-rows -q", 60, "")]
        {
            let run = world.command(&format!("{list} {options}")).columns(200).run().expect_status(0);
            assert_eq!((run.out().lines().count(), run.err().as_str()), (rows + 1, told), "{list} {options}");
        }
        world.run(&format!("{list} --all-rows --limit 7")).expect_status(2);
    }
    // What was chosen is counted, and not everything.
    let run = world.command("users list --search user0").at_terminal().run().expect_status(0);
    assert_eq!((run.out().lines().count(), run.err().as_str()), (10, "9 users.\n"), "{run}");
    let run = world.command("audit list --outcome refused").at_terminal().run().expect_status(0);
    assert_eq!(run.err(), "", "{run}");
}

#[test]
fn of_the_users_a_terminal_shows_a_thousand() {
    let world = World::new();
    let numbers = "WITH RECURSIVE number (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM number WHERE n < 1001)";
    world.sql(&format!(
        "{numbers} INSERT INTO users (username, email, name, role_id, sign_in, created_at, updated_at)
             SELECT 'user' || n, 'user' || n || '@example.com', '', 2, 'password', 0, 0 FROM number"
    ));
    let lines = |options: &str| {
        let run = world.command(&format!("users list {options}")).columns(200).run().expect_status(0);
        (run.out().lines().count() - 1, run.err())
    };
    assert_eq!(lines(""), (1_000, "1,000 of 1,001 users shown; to show all of them, add `--all-rows`.\n".to_owned()));
    assert_eq!(lines("--all-rows"), (1_001, "1,001 users.\n".to_owned()));
    assert_eq!(lines("--limit 1001"), (1_001, String::new()));
    assert_eq!(world.run("users list").out().lines().count(), 1_002);
}

#[test]
fn without_a_terminal_and_in_data_everything_is_listed_unless_a_limit_is_given() {
    let world = world();
    for list in LISTS {
        assert_eq!(world.run(list).expect_status(0).out().lines().count(), 61, "{list}");
        for at_terminal in [false, true] {
            let csv = |options: &str| {
                let command = world.command(&format!("{list} -o csv {options}"));
                let run = if at_terminal { command.at_terminal() } else { command }.run().expect_status(0);
                assert_eq!(run.err(), "", "{list}");
                run.out().lines().count() - 1
            };
            assert_eq!((csv(""), csv("--limit 7")), (60, 7), "{list}");
            // More than SQLite's integers hold.
            assert_eq!((csv("--limit 18446744073709551615"), csv("--limit 9223372036854775808")), (60, 60), "{list}");
        }
    }
}

#[test]
fn a_limit_of_none_is_a_slip() {
    let world = World::new();
    for list in LISTS {
        for limit in ["0", "-1", "many", "18446744073709551616", "''"] {
            world.run(&format!("{list} --limit={limit}")).expect_status(2);
        }
    }
    assert_snapshot!(world.run("users list --limit 0"), @"
    status 2
    -- stderr
    error: invalid value '0' for '--limit <N>': 0 is not in 1..18446744073709551615

    For more information, try '--help'.
    ");
}
