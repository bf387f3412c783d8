//! `audit`.

use insta::assert_snapshot;

use crate::support::CAROL;
use crate::support::GOOD;
use crate::support::World;
use crate::support::me;

fn busy() -> World {
    let world = World::new().with_users("alice,bob").with_password("alice", GOOD);
    world.wait(60);
    world.run("users lock bob --for 2h --reason 'lost laptop'").expect_status(0);
    world.run("users edit alice --name 'Alice Adams'").expect_status(0);
    world
}

#[test]
fn each_event_is_one_sentence_the_newest_first() {
    let world = busy();
    assert_snapshot!(world.command("audit list").at_terminal().run(), @"
    status 0
    -- stdout
    NO  WHEN          WHAT HAPPENED
    5   now           owner edited alice (name: Alice Example -> Alice Adams)
    4   now           owner locked bob until 2026-11-24T10:01:00Z (reason: lost
                      laptop)
    3   1 minute ago  owner set a password for alice
    2   1 minute ago  owner imported users from standard input (2 added)
    1   1 minute ago  owner created the store (operator owner)
    -- stderr
    5 events.
    ");
    assert_snapshot!(world.run("audit list --user bob -o csv").out().split(',').take(1).collect::<String>(), @"number");
}

#[test]
fn sentences_name_the_users_as_they_are_called_now_and_deleted_ones_by_number() {
    let world = World::with_mail().with_users("alice,bob,carl").with_password("alice", GOOD);
    world.run("users lock alice bob --yes --reason 'holiday; (root deleted everything)'").expect_status(0);
    world.run("users clone alice --email dora@example.com").expect_status(0);
    world.run("users send-reset carl").expect_status(0);
    world.run("users edit alice --username alicia").expect_status(0);
    world.run("users delete bob --yes").expect_status(0);
    let world = world.with_operator(CAROL, "Minimal Permissions");
    for command in ["users delete alicia --yes", "users delete carl --yes", "users lock carl"] {
        world.command(command).uid(CAROL).run().expect_status(77);
    }
    assert_snapshot!(world.command("audit list").columns(200).run(), @"
    status 0
    -- stdout
    NO  WHEN  WHAT HAPPENED
    11  now   carol was refused: users lock (needs lock-users)
    10  now   carol was refused: users delete (needs delete-users)
    9   now   owner added operator carol (role Minimal Permissions)
    8   now   owner deleted user 2
    7   now   owner edited alicia (username: alice -> alicia)
    6   now   owner queued an invitation (message 1) for carl
    5   now   owner added dora as a clone of alicia
    4   now   owner locked alicia and user 2 (reason: holiday; (root deleted everything))
    3   now   owner set a password for alicia
    2   now   owner imported users from standard input (3 added)
    1   now   owner created the store (operator owner)
    -- stderr
    11 events.
    Not yet recorded: 1 refused attempt since 2026-11-24T08:00:00Z (users delete).
    ");
    assert_snapshot!(world.command("audit list --user alicia").columns(200).run(), @"
    status 0
    -- stdout
    NO  WHEN  WHAT HAPPENED
    7   now   owner edited alicia (username: alice -> alicia)
    4   now   owner locked alicia and user 2 (reason: holiday; (root deleted everything))
    3   now   owner set a password for alicia
    2   now   owner imported users from standard input (3 added)
    -- stderr
    4 events.
    Not yet recorded: 1 refused attempt since 2026-11-24T08:00:00Z (users delete).
    ");
}

/// Roles, operators, jobs and the store have sentences of their own.
#[test]
fn the_sentences_of_other_commands_name_their_objects() {
    let world = World::with_mail().with_users("alice,bob");
    for command in [
        "roles add Helpdesk --allow send-resets",
        "roles edit Helpdesk --deny send-resets --rename Hotline",
        "roles delete Hotline --yes",
        "users set-password --all --generate --out FILE --yes",
        "users send-reset --all --yes",
        "jobs delete --older-than 0s --yes",
        "users unlock alice",
        "users edit --all --locale de --yes",
        "resets revoke --all --yes",
        "mail test someone@example.com",
    ] {
        let command = command.replace("FILE", world.path("passwords").to_str().unwrap());
        let run = world.run(&command);
        assert!(run.status == 0, "{command}: {run}");
    }
    let run = world.command("audit list").columns(200).run();
    assert_snapshot!(run.to_string().replace(world.path("").to_str().unwrap(), "[DIR]/"), @"
    status 0
    -- stdout
    NO  WHEN  WHAT HAPPENED
    10  now   owner queued a test mail to someone@example.com
    9   now   owner revoked the reset links of all users (2 links)
    8   now   owner edited 2 users (chosen by `--all`; locale: de)
    7   now   owner created job 1 (2 mails; chosen by `--all`)
    6   now   owner generated passwords for 2 users (chosen by `--all`)
    5   now   owner deleted the role Hotline
    4   now   owner edited the role Helpdesk (now Hotline; denied send-resets)
    3   now   owner added the role Helpdesk (may view-users, send-resets)
    2   now   owner imported users from standard input (2 added)
    1   now   owner created the store (operator owner)
    -- stderr
    10 events.
    ");
}

#[test]
fn events_are_chosen_by_user_action_operator_age_and_outcome() {
    let world = busy().with_operator(CAROL, "Minimal Permissions");
    world.command("users delete bob --yes").uid(CAROL).run().expect_status(77);
    let numbers = |options: &str| {
        let run = world.run(&format!("audit list -o ndjson {options}")).expect_status(0);
        let number = |line: &str| serde_json::from_str::<serde_json::Value>(line).unwrap()["number"].to_string();
        run.out().lines().map(number).collect::<Vec<_>>().join(" ")
    };
    assert_snapshot!(numbers(""), @"7 6 5 4 3 2 1");
    assert_snapshot!(numbers("--user bob"), @"4 2");
    assert_snapshot!(numbers("--action 'users lock'"), @"4");
    assert_snapshot!(numbers("--operator carol"), @"7");
    assert_snapshot!(numbers("--outcome refused"), @"7");
    assert_snapshot!(numbers("--outcome done"), @"6 5 4 3 2 1");
    assert_snapshot!(numbers("--since 30s"), @"7 6 5 4");
    assert_snapshot!(numbers("--until 30s"), @"3 2 1");
    assert_snapshot!(numbers("--since 2026-11-24T08:01Z"), @"7 6 5 4");
    assert_snapshot!(numbers("--since '2026-11-24 08:00:01' --until 2026-11-24T08:00:59Z"), @"");
    assert_snapshot!(numbers("--since 2026-11-24 --until 2026-11-24T09:00:30+01:00"), @"3 2 1");
    assert_snapshot!(numbers("--limit 2"), @"7 6");
    assert_eq!(world.run("audit list --user nobody").status, 67);
    assert_eq!(world.run("audit list --since yesterday").status, 2);
    assert_snapshot!(world.run("audit list --outcome failed"), @"
    status 2
    -- stderr
    error: invalid value 'failed' for '--outcome <OUTCOME>': `failed` is not an outcome: take `done` or `refused`

    For more information, try '--help'.
    ");
    assert_eq!(world.run("audit list --operator nobody-here").status, 67);
}

#[test]
fn the_chain_is_whole_and_says_what_it_cannot_see() {
    let world = busy();
    assert_snapshot!(world.command("audit verify").at_terminal().run(), @"
    status 0
    -- stdout
    5 events, chain intact.
    -- stderr
    Without `--head HASH`, truncation or a full rewrite cannot be detected.
    ");
    let head = world.run("audit head").expect_status(0).out();
    assert_eq!(head.trim_end().len(), 64);
    world.run("users unlock bob").expect_status(0);
    assert_snapshot!(world.run(&format!("audit verify -v --head {head}").replace('\n', "")), @"
    status 0
    -- stdout
    6 events, chain intact.
    ");
    assert_snapshot!(world.run("audit verify --head 4711"), @"
    status 2
    -- stderr
    error: --head: a hash is 64 hexadecimal digits
    hint: cxme-admin audit head
    ");
    assert_snapshot!(world.run(&format!("audit verify --head {}", "é".repeat(32))), @"
    status 2
    -- stderr
    error: --head: a hash is 64 hexadecimal digits
    hint: cxme-admin audit head
    ");
    assert_snapshot!(world.run(&format!("audit verify --head {}", "0".repeat(64))), @"
    status 65
    -- stderr
    error: the audit log does not verify: no event has the hash given with `--head`: events were cut off or rewritten since it was noted
    hint: another program has written to the file: compare with a backup and with the head kept elsewhere
    ");
    let json: serde_json::Value = serde_json::from_str(&world.run("audit head -o json").out()).unwrap();
    assert_eq!(json["number"], world.events());
}

#[test]
fn an_event_that_was_edited_deleted_or_inserted_is_named() {
    for (tampering, found) in [
        ("UPDATE events SET reason = 'another' WHERE number = 4", "event 4 was changed"),
        ("UPDATE events SET details = NULL WHERE number = 3", "event 3 was changed"),
        ("UPDATE events SET time = time + 1 WHERE number = 1", "event 1 was changed"),
        ("DELETE FROM events WHERE number = 2", "event 2 is missing"),
        ("UPDATE events SET number = 9 WHERE number = 5", "event 5 is missing"),
    ] {
        let world = busy();
        world.sql(&format!("DROP TRIGGER refuse_update_of_events; DROP TRIGGER refuse_delete_of_events; {tampering}"));
        for command in ["audit verify", "store check"] {
            let run = world.run(command);
            assert_eq!(run.status, 65, "{tampering}: {run}");
            assert!(String::from_utf8_lossy(&run.all()).contains(found), "{tampering}: {run}");
        }
    }
}

/// Deletes the newest two events, and the triggers that forbid it.
const CUT: &str = "DROP TRIGGER refuse_delete_of_events; \
     DROP TRIGGER refuse_delete_of_user_changes; DELETE FROM events WHERE number > 3; \
     DELETE FROM user_changes WHERE event > 3;";

#[test]
fn a_cut_tail_is_seen_by_the_numbers_that_the_store_has_given() {
    let world = busy();
    let triggers = world.ask(
        "SELECT group_concat(sql, ';') FROM sqlite_schema WHERE name IN \
         ('refuse_delete_of_events', 'refuse_delete_of_user_changes')",
    );
    world.sql(&format!("{CUT} {triggers}"));
    assert_snapshot!(world.run("audit verify"), @"
    status 65
    -- stderr
    error: the audit log does not verify: the events after event 3 are missing: the store has counted to 5
    hint: another program has written to the file: compare with a backup and with the head kept elsewhere
    ");
    let check = world.run("store check").expect_status(65);
    assert!(check.to_string().contains("the events after event 3 are missing"), "{check}");
}

#[test]
fn a_cut_tail_is_seen_where_the_count_of_the_store_was_removed_or_edited() {
    for hidden in [
        "DELETE FROM sqlite_sequence WHERE name = 'events'",
        "UPDATE sqlite_sequence SET seq = 2 WHERE name = 'events'",
    ] {
        let world = busy();
        world.sql(&format!("{CUT} {hidden}"));
        let run = world.run("audit verify").expect_status(65);
        let words = "newer events than event 3 may be missing: the store's count of its events was removed or edited";
        assert!(run.err().contains(words), "{run}");
    }
}

/// A copy and a restored store have both: the events, and the numbers given.
#[test]
fn a_restored_store_has_counted_as_far_as_its_events() {
    let world = busy();
    world.command("store backup").argument(world.path("copy.db")).run().expect_status(0);
    for name in ["alice", "bob"] {
        world.run(&format!("users edit {name} --name Other")).expect_status(0);
    }
    world.command("store restore --yes").argument(world.path("copy.db")).run().expect_status(0);
    world.run("audit verify").expect_status(0);
    world.run("store check").expect_status(0);
}

#[test]
fn a_cut_tail_is_seen_with_the_head_kept_elsewhere() {
    let world = busy();
    let head = world.run("audit head").out();
    world.sql(&format!("{CUT} UPDATE sqlite_sequence SET seq = 3 WHERE name = 'events'"));
    world.run("audit verify").expect_status(0);
    assert_snapshot!(world.run(&format!("audit verify --head {}", head.trim_end())), @"
    status 65
    -- stderr
    error: the audit log does not verify: no event has the hash given with `--head`: events were cut off or rewritten since it was noted
    hint: another program has written to the file: compare with a backup and with the head kept elsewhere
    ");
}

#[test]
fn a_date_is_of_the_zone_of_the_person_who_types_it() {
    let world = busy();
    let numbers = |options: &str| {
        let command = format!("audit list -o csv {options}");
        let run = world.command(&command).zone("CET-1CEST,M3.5.0,M10.5.0/3").run().expect_status(0);
        run.out()
            .lines()
            .skip(1)
            .filter_map(|line| line.split(',').next().map(str::to_owned))
            .collect::<Vec<_>>()
            .join(" ")
    };
    assert_eq!(numbers("--since 2026-11-24T09:01"), "5 4");
    assert_eq!(numbers("--until 2026-11-24T09:00:59"), "3 2 1");
    assert_eq!(numbers("--until 2026-11-24T08:00:59"), "");
    assert_snapshot!(world.run("audit list --since yesterday"), @"
    status 2
    -- stderr
    error: --since: `yesterday` is neither a date such as 2026-12-01 nor a time such as 2026-12-01T08:00 or 2026-12-01T08:00Z; a length of time such as `7d` counts back from now
    ");
    assert_snapshot!(world.run("audit list --until ''"), @"
    status 2
    -- stderr
    error: --until: `` is neither a date such as 2026-12-01 nor a time such as 2026-12-01T08:00 or 2026-12-01T08:00Z; a length of time such as `7d` counts back from now
    ");
}

#[test]
fn a_command_is_found_with_its_variants_and_what_is_no_action_is_refused() {
    let world = World::new().with_users("alice").with_password("alice", GOOD);
    world
        .command("users set-password alice --stdin --override-policy --no-notify")
        .stdin("short")
        .run()
        .expect_status(0);
    let actions = |action: &str| {
        let run = world.command("audit list -o csv --action").argument(action).run().expect_status(0);
        run.out().lines().skip(1).filter_map(|line| line.split(',').nth(8).map(str::to_owned)).collect::<Vec<_>>()
    };
    assert_eq!(actions("users set-password"), ["users set-password against the policy", "users set-password"]);
    assert_eq!(actions("  users   set-password "), actions("users set-password"));
    assert_eq!(actions("users set-password against the policy"), ["users set-password against the policy"]);
    assert_eq!(actions("users lock"), [""; 0]);
    assert_snapshot!(world.run("audit list --action 'users set-pasword'"), @"
    status 2
    -- stderr
    error: --action: no such action: `users set-pasword`; the actions are those of the commands:
      - users: list, show, add, clone, edit, delete, lock, unlock, import, import with hashes, export, export with hashes, set-password, set-password against the policy, verify-password, change-password, send-reset, send-reset to many
      - resets: list, revoke, revoke by code, redeem
      - jobs: run, list, show, recipients, wait, pause, resume, retry, cancel, remind, delete
      - mail: test, preview, queue, queue with cancel, bounces
      - roles: list, show, add, edit, clone, delete
      - operators: list, add, edit, disable, enable, remove
      - policy: show, check
      - audit: list, show, verify, head, export, archive
      - metrics, whoami, doctor, init
      - config: show
      - store: check, check with repair of times, backup, restore, migrate
    hint: did you mean `users set-password`?
    ");
    for given in ["users", "", "users set-password%", "Users Lock", "\u{1b}[2J", &"x".repeat(10_000)] {
        let run = world.command("audit list --action").argument(given).run().expect_status(2);
        assert!(run.err().len() < 2_000 && !run.err().contains('\u{1b}'), "{run}");
    }
}

#[test]
fn an_event_is_shown_whole() {
    let world = busy();
    assert_snapshot!(world.run("audit show 5").out().replace(&format!(" {}\n", me()), " [ME]\n"), @"
    Event:          5
    Time:           now (2026-11-24T08:01:00Z)
    Operator:       owner
    Operator uid:   [ME]
    Host:           host
    Identified by:  uid
    Role:           Admin
    Action:         users edit
    Outcome:        done
    User id:        1
    Details:        username: alice
    Hash:           0863f66bf899fd1a6e5de13312d047d15229151fc74326e9fb74fb22d66246df
    Changes:        name: Alice Example -> Alice Adams
    ");
    let mut shown: serde_json::Value =
        serde_json::from_str(&world.run("audit show 4 -o json").expect_status(0).out()).unwrap();
    assert_eq!(shown.as_object_mut().unwrap().remove("changes_total"), Some(3.into()));
    let listed = world.run("audit list -o ndjson").out();
    let listed: serde_json::Value = serde_json::from_str(listed.lines().nth(1).unwrap()).unwrap();
    assert_eq!(shown, listed, "the same fields as in a list");
    assert_eq!(shown["details"], serde_json::json!({ "until": "2026-11-24T10:01:00Z", "username": "bob" }));
    assert!(shown["changes"][0]["field"].is_string(), "{shown}");
    let csv = world.run("audit show 4 -o csv").out();
    assert!(csv.contains("\"{\"\"until\"\":\"\"2026-11-24T10:01:00Z\"\",\"\"username\"\":\"\"bob\"\"}\","), "{csv}");
    assert_snapshot!(world.run("audit show 6"), @"
    status 65
    -- stderr
    error: no such event: 6
    hint: cxme-admin audit list
    ");
    assert_eq!(world.run("audit show").status, 2);
    assert_eq!(world.run("audit show four").status, 2);
    assert_eq!(world.run("audit show 9223372036854775807").status, 65);
    assert_eq!(world.run("audit show 99999999999999999999").status, 2);
    world.sql(
        "DROP TRIGGER refuse_update_of_events; UPDATE events SET details = 'no JSON' || char(27) WHERE number = 4",
    );
    let damaged = world.run("audit show 4").expect_status(0);
    assert!(damaged.out().contains("no JSON\\u{1b}"), "{damaged}");
    let damaged: serde_json::Value = serde_json::from_str(&world.run("audit show 4 -o json").out()).unwrap();
    assert_eq!(damaged["details"], "no JSON\u{1b}");
}
