//! `audit`.

use insta::assert_snapshot;

use crate::support::CAROL;
use crate::support::GOOD;
use crate::support::World;

fn busy() -> World {
    let world = World::new().with_users("alice,bob").with_password("alice", GOOD);
    world.wait(60);
    world.run("users lock bob --for 2h --reason 'lost laptop'").expect_status(0);
    world.run("users edit alice --name 'Alice Adams'").expect_status(0);
    world
}

#[test]
fn events_are_listed_the_newest_first() {
    let world = busy();
    assert_snapshot!(world.command("audit list").at_terminal().run(), @"
    status 0
    -- stdout
    NO  WHEN          OPERATOR  ACTION              OUTCOME  DETAILS
    5   now           owner     users edit          done     alice, name: Alice Exa…
    4   now           owner     users lock          done     bob, until: 2026-11-24…
    3   1 minute ago  owner     users set-password  done     alice, chosen_by: oper…
    2   1 minute ago  owner     users import        done     added: 2, changed: 0, …
    1   1 minute ago  owner     init                done     operator: owner
    ");
    assert_snapshot!(world.run("audit list --user bob -o csv").out().split(',').take(1).collect::<String>(), @"number");
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
    assert_snapshot!(numbers("--refused"), @"7");
    assert_snapshot!(numbers("--since 30s"), @"7 6 5 4");
    assert_snapshot!(numbers("--limit 2"), @"7 6");
    assert_eq!(world.run("audit list --user nobody").status, 67);
    assert_eq!(world.run("audit list --since yesterday").status, 2);
    assert_eq!(world.run("audit list --operator nobody-here").status, 67);
}

#[test]
fn the_chain_is_whole_and_says_what_it_cannot_see() {
    let world = busy();
    assert_snapshot!(world.command("audit verify").at_terminal().run(), @"
    status 0
    -- stdout
    5 events, the chain is whole.
    -- stderr
    Not seen without `--head HASH`: whether the newest events were cut off, or all of them rewritten.
    ");
    let head = world.run("audit head").expect_status(0).out();
    assert_eq!(head.trim_end().len(), 64);
    world.run("users unlock bob").expect_status(0);
    assert_snapshot!(world.run(&format!("audit verify -v --head {head}").replace('\n', "")), @"
    status 0
    -- stdout
    6 events, the chain is whole.
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
    error: the audit does not verify: no event has the hash given with `--head`: events were cut off or rewritten since it was noted
    hint: somebody wrote to the file without this program: compare with a backup and with the head kept elsewhere
    ");
    let json: serde_json::Value = serde_json::from_str(&world.run("audit head -o json").out()).unwrap();
    assert_eq!(json["number"], world.events());
}

#[test]
fn an_event_that_was_edited_deleted_or_inserted_is_named() {
    for (tampering, found) in [
        ("UPDATE event SET reason = 'another' WHERE number = 4", "event 4 was changed"),
        ("UPDATE event SET details = NULL WHERE number = 3", "event 3 was changed"),
        ("UPDATE event SET time = time + 1 WHERE number = 1", "event 1 was changed"),
        ("DELETE FROM event WHERE number = 2", "event 2 is missing"),
        ("UPDATE event SET number = 9 WHERE number = 5", "event 5 is missing"),
    ] {
        let world = busy();
        world.sql(&format!("DROP TRIGGER event_is_never_changed; DROP TRIGGER event_is_never_deleted; {tampering}"));
        for command in ["audit verify", "store check"] {
            let run = world.run(command);
            assert_eq!(run.status, 65, "{tampering}: {run}");
            assert!(String::from_utf8_lossy(&run.all()).contains(found), "{tampering}: {run}");
        }
    }
}

#[test]
fn a_cut_tail_is_seen_with_the_head_kept_elsewhere() {
    let world = busy();
    let head = world.run("audit head").out();
    world.sql(
        "DROP TRIGGER event_is_never_deleted; DROP TRIGGER user_changes_are_never_deleted; \
               DELETE FROM event WHERE number = 5; DELETE FROM user_changes WHERE event = 5",
    );
    world.run("audit verify").expect_status(0);
    assert_snapshot!(world.run(&format!("audit verify --head {}", head.trim_end())), @"
    status 65
    -- stderr
    error: the audit does not verify: no event has the hash given with `--head`: events were cut off or rewritten since it was noted
    hint: somebody wrote to the file without this program: compare with a backup and with the head kept elsewhere
    ");
}
