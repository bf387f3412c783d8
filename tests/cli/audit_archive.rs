//! `audit archive`, and what reads the log behind it.

use std::fs;

use insta::assert_snapshot;

use crate::support::CAROL;
use crate::support::GOOD;
use crate::support::Run;
use crate::support::World;

const DAY: i64 = 86_400;

/// Events 1 to 6 happened long ago, 7 lately. Bob was deleted.
fn old() -> World {
    let world = World::new().with_users("alice,bob").with_password("alice", GOOD);
    world.run("users edit bob --name 'Bob Brown'").expect_status(0);
    world.run("users delete bob --yes").expect_status(0);
    world.run("users lock alice --reason 'lost laptop'").expect_status(0);
    world.wait(100 * DAY);
    world.run("users unlock alice").expect_status(0);
    world
}

/// Moves what is older than 60 days to this file.
fn archive(world: &World, name: &str) -> Run {
    world.command("audit archive --before 60d --yes -v --out").argument(world.path(name)).run()
}

fn verify(world: &World, files: &[&str]) -> Run {
    let mut command = world.command("audit verify --archive");
    for file in files {
        command = command.argument(world.path(file));
    }
    command.run()
}

fn told(run: &Run, world: &World) -> String {
    run.to_string().replace(&world.directory().to_string_lossy().into_owned(), "[DIR]")
}

#[test]
fn old_events_move_to_a_file_and_the_chain_is_checked_with_it_and_without() {
    let world = old();
    let head = world.run("audit head").out();
    assert_snapshot!(told(&archive(&world, "old.ndjson"), &world), @"
    status 0
    -- stderr
    Moved 6 events (1 to 6) to [DIR]/old.ndjson. Keep it: `audit verify` needs it for the whole chain.
    ");
    assert_eq!(world.ask("SELECT group_concat(number) FROM events"), "7,8");
    assert_eq!(world.ask("SELECT count(*) FROM user_changes WHERE event <= 6"), "0");
    assert_snapshot!(told(&world.command("audit verify").at_terminal().run(), &world), @"
    status 0
    -- stdout
    2 events, chain intact.
    Events 1 to 6 were moved out of the store, and not checked: give the files with `--archive`.
    -- stderr
    Without `--head HASH`, truncation or a full rewrite cannot be detected.
    ");
    assert_snapshot!(told(&verify(&world, &["old.ndjson"]), &world), @"
    status 0
    -- stdout
    8 events, chain intact.
    Erased with deleted users: the values of 1 user change.
    ");
    assert_snapshot!(world.run("audit verify -o json").out(), @r#"{"events":2,"whole":true,"head_found":null,"erased":0,"archived":6}"#);
    world.run(&format!("audit verify --head {head}").replace('\n', "")).expect_status(0);
    world.run("store check").expect_status(0);
    let text = fs::read_to_string(world.path("old.ndjson")).unwrap();
    assert!(text.starts_with("{\"cxme_admin_audit_archive\":1,\"first\":1,\"last\":6,"), "{text}");
    // What was erased with Bob is in the file no more than in the store.
    assert!(!text.contains("Brown") && text.contains("lost laptop"), "{text}");
}

#[test]
fn what_reads_old_events_says_where_they_are() {
    let world = old();
    archive(&world, "old.ndjson").expect_status(0);
    let run = |command: &str| told(&world.command(command).columns(150).run(), &world);
    assert_snapshot!(run("audit list"), @"
    status 0
    -- stdout
    NO  WHEN  WHAT HAPPENED
    8   now   owner moved events 1 to 6 out of the store (to [DIR]/old.ndjson)
    7   now   owner unlocked alice
    -- stderr
    2 events.
    Events 1 to 6 were moved out of the store; the newest of their files: [DIR]/old.ndjson.
    ");
    assert_snapshot!(run("audit list --user alice --since 1d"), @"
    status 0
    -- stdout
    NO  WHEN  WHAT HAPPENED
    7   now   owner unlocked alice
    -- stderr
    1 event.
    ");
    // Bob's number, of whom all events were moved.
    assert_snapshot!(run("audit list --user 2"), @"
    status 0
    -- stderr
    Events 1 to 6 were moved out of the store; the newest of their files: [DIR]/old.ndjson.
    ");
    assert_snapshot!(run("audit show 3"), @"
    status 65
    -- stderr
    error: event 3 was moved to [DIR]/old.ndjson
    hint: each line of the file is an event, or a user change of the event before it
    ");
    assert_snapshot!(run("audit export --after 3"), @"
    status 65
    -- stderr
    error: the events behind event 3 up to event 6 were moved to [DIR]/old.ndjson
    hint: take these from the file, then: cxme-admin audit export --after 6
    ");
    assert_eq!(world.run("audit export --after 6").expect_status(0).out().lines().count(), 2);
    assert_eq!(world.run("audit export").expect_status(0).out().lines().count(), 2);
}

#[test]
fn a_second_file_continues_the_first_and_both_are_needed() {
    let world = old();
    archive(&world, "first.ndjson").expect_status(0);
    world.wait(100 * DAY);
    world.run("users edit alice --name Other").expect_status(0);
    archive(&world, "second.ndjson").expect_status(0);
    assert_snapshot!(verify(&world, &["second.ndjson", "first.ndjson"]), @"
    status 0
    -- stdout
    10 events, chain intact.
    Erased with deleted users: the values of 1 user change.
    ");
    assert_snapshot!(told(&verify(&world, &["second.ndjson"]), &world), @"
    status 65
    -- stderr
    error: events 1 to 6 were moved to [DIR]/first.ndjson, which was not given
    hint: name every file: cxme-admin audit verify --archive FILE...
    ");
    assert_snapshot!(told(&verify(&world, &["first.ndjson", "first.ndjson"]), &world), @"
    status 65
    -- stderr
    error: [DIR]/first.ndjson: has events 1 to 6, as another file that was given
    hint: compare it with a copy that was kept elsewhere
    ");
    world.run("audit verify").expect_status(0);
    world.run("store check").expect_status(0);
    // A copy has the record too.
    world.command("store backup").argument(world.path("copy.db")).run().expect_status(0);
    world.command("store restore --yes").argument(world.path("copy.db")).run().expect_status(0);
    verify(&world, &["first.ndjson", "second.ndjson"]).expect_status(0);
}

#[test]
fn a_file_that_was_edited_cut_off_exchanged_or_of_another_store_is_named() {
    let world = old();
    archive(&world, "old.ndjson").expect_status(0);
    let good = fs::read_to_string(world.path("old.ndjson")).unwrap();
    let lines: Vec<&str> = good.lines().collect();
    let without = |place: usize| {
        let kept = lines.iter().enumerate().filter(|(other, _)| *other != place).map(|(_, line)| *line);
        kept.map(|line| format!("{line}\n")).collect::<String>()
    };
    let last_event = lines.iter().rposition(|line| line.starts_with("{\"number\"")).unwrap();
    let mut swapped = lines.clone();
    swapped.swap(1, 2);
    let cases = [
        (good.replace("lost laptop", "lost Laptop"), "event 6 was changed"),
        (good.replace(",\"last\":6", ",\"last\":5"), "were not moved out of this store"),
        (without(1), "event 1 is missing"),
        (without(last_event), "does not verify"),
        (without(lines.len() - 1), "its first line does not fit what follows"),
        (swapped.join("\n") + "\n", "does not verify"),
        (good.trim_end().to_owned(), "a line has no end"),
        (good.clone() + &format!("{}\n", lines[1]), "event 7 is missing"),
        (good.replace("{\"number\":2,", "{ \"number\":2,"), "was edited: its SHA-256"),
        (good.clone() + "{}\n", "neither an event nor a user change"),
        (String::new(), "was not written by `audit archive`"),
        ("\u{1b}[2J\n".to_owned(), "was not written by `audit archive`"),
    ];
    for (text, found) in cases {
        fs::write(world.path("old.ndjson"), &text).unwrap();
        let run = verify(&world, &["old.ndjson"]).expect_status(65);
        assert!(run.err().contains(found), "{found}: {run}");
    }
    // As many events of other users.
    let another = World::new().with_users("bob,alice");
    another.run("users edit bob --name 'Bob Brown'").expect_status(0);
    for command in ["users lock alice", "users unlock alice", "users lock alice"] {
        another.run(command).expect_status(0);
    }
    another.wait(100 * DAY);
    another.run("users unlock alice").expect_status(0);
    archive(&another, "old.ndjson").expect_status(0);
    fs::copy(another.path("old.ndjson"), world.path("old.ndjson")).unwrap();
    let run = verify(&world, &["old.ndjson"]).expect_status(65);
    assert!(run.err().contains("is of another store"), "{run}");
}

#[test]
fn a_record_that_was_added_edited_or_removed_in_the_store_is_found() {
    const UNGUARD: &str = "DROP TRIGGER refuse_update_of_event_archives; DROP TRIGGER refuse_delete_of_event_archives;";
    for (tampering, found) in [
        ("UPDATE event_archives SET sha256 = zeroblob(32)", "event 8 tells of was edited"),
        ("UPDATE event_archives SET changes = 0", "event 8 tells of was edited"),
        ("UPDATE event_archives SET last_hash = zeroblob(32)", "event 7 was changed"),
        ("DELETE FROM event_archives", "event 1 is missing"),
        (
            "DROP TRIGGER refuse_delete_of_events; \
             INSERT INTO event_archives SELECT number, 7, hash, 0, 0, 'x', zeroblob(32), 99 FROM events WHERE number = 7; \
             DELETE FROM events WHERE number = 7; DROP TRIGGER refuse_delete_of_user_changes; \
             DELETE FROM user_changes WHERE event = 7",
            "and no event tells of it",
        ),
    ] {
        let world = old();
        archive(&world, "old.ndjson").expect_status(0);
        world.sql(&format!("{UNGUARD} {tampering}"));
        let run = world.run("audit verify").expect_status(65);
        assert!(run.err().contains(found), "{tampering}: {run}");
    }
}

#[test]
fn what_cannot_be_moved_is_refused_and_nothing_is_changed() {
    let world = old().with_operator(CAROL, "Minimal Permissions");
    let state = || world.ask("SELECT count(*) || ' ' || (SELECT count(*) FROM event_archives) FROM events");
    let before = state();
    let out = world.path("old.ndjson");
    let run = |options: &str| world.command(&format!("audit archive {options} --out")).argument(&out).run();
    assert_snapshot!(run("--before 29d --yes"), @"
    status 2
    -- stderr
    error: the events of the last 30 days stay in the store; nothing was moved
    hint: give an earlier date, or `--before 30d`
    ");
    assert_snapshot!(run("--before 2027-02-28 --yes"), @"
    status 2
    -- stderr
    error: the events of the last 30 days stay in the store; nothing was moved
    hint: give an earlier date, or `--before 30d`
    ");
    assert_eq!(run("--before 60d").status, 2, "nobody can be asked");
    assert_eq!(run("--before yesterday --yes").status, 2);
    assert_eq!(world.run("audit archive --before 60d --yes").status, 2);
    assert_snapshot!(run("--before 2020-01-01 --yes -v"), @"
    status 0
    -- stderr
    No events to move.
    ");
    assert!(!out.exists());
    fs::write(&out, "mine").unwrap();
    assert_eq!(run("--before 60d --yes").status, 74);
    assert_eq!(run("--before 60d --dry-run").status, 74);
    fs::remove_file(&out).unwrap();
    assert_snapshot!(told(&run("--before 60d --dry-run"), &world), @"
    status 0
    -- stdout
    Would move 6 events (1 to 6) to [DIR]/old.ndjson.
    ");
    let declined = world.command("audit archive --before 60d --out").argument(&out).typing(["n"]).run();
    assert_snapshot!(told(&declined, &world), @"
    status 65
    -- asked
    Move 6 events (1 to 6) out of the store to [DIR]/old.ndjson? [y/N] n
    -- stderr
    error: aborted; nothing was changed
    ");
    assert!(!out.exists());
    assert_eq!(state(), before);
    world.command("audit archive --before 60d --yes --out").argument(&out).uid(CAROL).run().expect_status(77);
    assert!(!out.exists());
}

#[test]
fn a_broken_chain_is_not_moved() {
    let world = old();
    world.sql("DROP TRIGGER refuse_update_of_events; UPDATE events SET reason = 'other' WHERE number = 6");
    let run = archive(&world, "old.ndjson").expect_status(65);
    assert!(run.err().contains("event 6 was changed"), "{run}");
    assert!(!world.path("old.ndjson").exists());
}

/// An event of the future holds up those behind it, and is no reason to move what is new.
#[test]
fn a_clock_that_was_ahead_moves_nothing_too_early() {
    let world = World::new().with_users("alice");
    world.wait(4_000 * DAY);
    world.run("users lock alice").expect_status(0);
    world.set_clock("2026-11-25T08:00:00Z".parse().unwrap());
    world.run("users unlock alice").expect_status(0);
    world.wait(100 * DAY);
    archive(&world, "old.ndjson").expect_status(0);
    assert_eq!(world.ask("SELECT min(number) FROM events"), "3");
}
