//! `audit export`.

use insta::assert_snapshot;

use crate::support::GOOD;
use crate::support::World;

fn busy() -> World {
    let world = World::new().with_users("alice,bob").with_password("alice", GOOD);
    world.run("users lock bob --for 2h --reason 'lost laptop'").expect_status(0);
    world.run("users edit alice --name 'Alice Adams'").expect_status(0);
    world
}

fn numbers(ndjson: &str) -> String {
    let number = |line: &str| serde_json::from_str::<serde_json::Value>(line).unwrap()["number"].to_string();
    ndjson.lines().map(number).collect::<Vec<_>>().join(" ")
}

#[test]
fn an_export_has_the_records_of_the_list_oldest_first() {
    let world = busy();
    let export = world.run("audit export").expect_status(0).out();
    let listed = world.run("audit list -o ndjson").expect_status(0).out();
    assert_eq!(numbers(&export), "1 2 3 4 5");
    assert_eq!(export.lines().rev().collect::<Vec<_>>(), listed.lines().collect::<Vec<_>>());
    assert!(export.contains(r#""field":"name","new":"Alice Adams","old":"Alice Example""#), "{export}");
    let csv = world.run("audit export -o csv").expect_status(0).out();
    let listed = world.run("audit list -o csv").expect_status(0).out();
    assert_eq!(csv.lines().next(), listed.lines().next());
    assert_eq!(
        csv.lines().skip(1).collect::<Vec<_>>(),
        listed.lines().skip(1).collect::<Vec<_>>().into_iter().rev().collect::<Vec<_>>()
    );
    let json: serde_json::Value = serde_json::from_str(&world.run("audit export -o json").out()).unwrap();
    assert_eq!(json.as_array().unwrap().len(), 5);
}

#[test]
fn a_collector_continues_behind_the_last_event_that_it_has() {
    let world = busy();
    assert_eq!(numbers(&world.run("audit export --after 3").out()), "4 5");
    assert_eq!(numbers(&world.run("audit export --after 0").out()), "1 2 3 4 5");
    assert_eq!(world.run("audit export --after 5").expect_status(0).out(), "");
    assert_eq!(numbers(&world.run("audit export --since 2026-11-24").out()), "1 2 3 4 5");
    assert_eq!(world.run("audit export --since 2026-11-25").expect_status(0).out(), "");
    let head = world.run("audit head").out();
    let head = head.trim();
    assert_eq!(world.run(&format!("audit export --after 5 --hash {head}")).expect_status(0).out(), "");
    assert_snapshot!(world.run(&format!("audit export --after 4 --hash {head}")), @"
    status 65
    -- stderr
    error: event 4 is another one than the one that you have: the store was restored from a backup, or replaced
    hint: compare with the audit log that you have; to begin anew: cxme-admin audit export
    ");
    assert_snapshot!(world.run("audit export --after 9"), @"
    status 65
    -- stderr
    error: there is no event 9: the newest is 5; the store was restored from a backup, or is another one
    hint: compare with the audit log that you have; to begin anew: cxme-admin audit export
    ");
    assert_snapshot!(world.run("audit export --after 4 --hash 12"), @"
    status 2
    -- stderr
    error: --hash: a hash is 64 hexadecimal digits
    hint: cxme-admin audit head
    ");
    for usage in ["--after -1", "--after x", "--hash 00", "--after 1 --since 7d", "--follow -o csv", "--follow -o json"]
    {
        assert_eq!(world.run(&format!("audit export {usage}")).status, 2, "{usage}");
    }
}

/// Events whose clock was behind are not left out: `--since` says where to begin.
#[test]
fn since_says_where_to_begin_and_leaves_nothing_out_behind_it() {
    let world = busy();
    world.wait(86_400);
    world.run("users unlock bob").expect_status(0);
    world.sql("DROP TRIGGER refuse_update_of_events; UPDATE events SET time = time - 200000 WHERE number = 5");
    assert_eq!(numbers(&world.run("audit export --since 2026-11-24T08:00Z").out()), "1 2 3 4 5 6");
    assert_eq!(numbers(&world.run("audit export --since 2026-11-25").out()), "6");
}

/// In a test nobody waits: what there is is written, and the command ends.
#[test]
fn following_writes_each_event_on_a_line_of_its_own() {
    let world = busy();
    world.run("users edit bob --name 'Bob\u{85}\u{202e}Brown'");
    let followed = world.run("audit export --follow").expect_status(0).out();
    assert_eq!(followed, world.run("audit export -o ndjson").out());
    assert!(followed.ends_with("}\n"));
}
