//! Times and durations as people write and read them: in their zone, whatever the store keeps.

use insta::assert_snapshot;

use crate::support::World;

/// Central European time, by its rule: a test machine may have no time zone database.
const BERLIN: &str = "CET-1CEST,M3.5.0,M10.5.0/3";

#[test]
fn the_end_of_a_lock_is_read_and_shown_in_the_local_zone() {
    let world = World::new().with_users("alice");
    for (given, kept) in [
        ("2026-12-01", "2026-11-30T23:00:00Z"),
        ("2026-12-01T08:00", "2026-12-01T07:00:00Z"),
        ("2026-12-01 08:00", "2026-12-01T07:00:00Z"),
        ("2027-07-01 08:00:30", "2027-07-01T06:00:30Z"),
        ("2026-12-01T08:00Z", "2026-12-01T08:00:00Z"),
        ("2026-12-01 08:00-05:00", "2026-12-01T13:00:00Z"),
    ] {
        world.command("users lock alice --until").argument(given).zone(BERLIN).run().expect_status(0);
        assert_eq!(world.run("users list -o csv --columns locked_until").out().lines().nth(1), Some(kept), "{given}");
        world.run("users unlock alice").expect_status(0);
    }
    assert_snapshot!(world.command("users lock alice --until 2026-12-01T08:00 -v").zone(BERLIN).run(), @"
    status 0
    -- stderr
    Locked alice until 2026-12-01T08:00:00+01:00.
    ");
    let until = |given: &str| world.command("users lock alice --until").argument(given).zone(BERLIN).run();
    assert_snapshot!(until("2027-03-28 02:30"), @"
    status 2
    -- stderr
    error: --until: `2027-03-28 02:30` does not exist in the local time zone: the clocks go forward then; use 2027-03-28T01:30:00+01:00 or 2027-03-28T03:30:00+02:00
    ");
    assert_snapshot!(until("2027-10-31 02:30"), @"
    status 2
    -- stderr
    error: --until: `2027-10-31 02:30` happens twice in the local time zone: the clocks go back then; use 2027-10-31T02:30:00+02:00 or 2027-10-31T02:30:00+01:00
    ");
    assert_snapshot!(until("soon"), @"
    status 2
    -- stderr
    error: --until: `soon` is neither a date such as 2026-12-01 nor a time such as 2026-12-01T08:00 or 2026-12-01T08:00Z
    ");
    assert_snapshot!(until("2026-11-24 08:59"), @"
    status 65
    -- stderr
    error: the end of the lock lies in the past
    ");
}

#[test]
fn the_end_of_a_lock_in_a_file_is_of_the_local_zone_too() {
    let world = World::new();
    let import = |until: &str| {
        let rows = format!("email,status,locked_until\nann@example.com,locked,{until}\n");
        world.command("users import --update -").stdin(rows).zone(BERLIN).run()
    };
    import("2026-12-01 08:00").expect_status(0);
    assert!(world.run("users list -o csv --columns locked_until").out().ends_with("\n2026-12-01T07:00:00Z\n"));
    assert_snapshot!(import("2027-03-28 02:30"), @"
    status 65
    -- stderr
    line 2, locked_until: `2027-03-28 02:30` does not exist in the local time zone: the clocks go forward then; use 2027-03-28T01:30:00+01:00 or 2027-03-28T03:30:00+02:00
    error: 1 of 1 row cannot be imported; nothing was changed
    ");
}

#[test]
fn a_lock_lasts_for_hours_and_minutes() {
    let world = World::new().with_users("alice");
    world.run("users lock alice --for 2h30m").expect_status(0);
    assert!(world.run("users list -o csv --columns locked_until").out().ends_with("\n2026-11-24T10:30:00Z\n"));
    assert_snapshot!(world.run("users lock alice --for 30m2h"), @"
    status 2
    -- stderr
    error: --for: expected each of the units w, d, h, m, s at most once, the longest first, as in `2h30m`
    ");
    assert_snapshot!(world.run("users lock alice --for 2h30"), @"
    status 2
    -- stderr
    error: --for: expected whole numbers with the units w, d, h, m, s, as in `24h`, `90d` or `2h30m`
    ");
}

#[test]
fn a_setting_takes_hours_and_minutes() {
    let world = World::with_mail();
    world.configure_mail("lifetime = \"2h30m\"");
    let run = world.run("config show -o json").expect_status(0);
    assert!(run.out().contains("2h30m"), "{run}");
}
