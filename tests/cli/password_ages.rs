//! `[password] min_age` and `max_age`.

use insta::assert_snapshot;

use crate::support::GOOD;
use crate::support::OTHER;
use crate::support::World;

const DAY: i64 = 86_400;
const THIRD: &str = "eleven purple doors sing";

fn change(world: &World, old: &str, new: &str) -> crate::support::Run {
    world.command("users change-password alice --stdin --no-notify").stdin(format!("{old}\n{new}\n")).run()
}

#[test]
fn a_user_keeps_a_password_that_they_chose_for_its_least_age() {
    let world = World::with_rules("min_age = \"1d\"").with_users("alice").with_password("alice", GOOD);
    change(&world, GOOD, OTHER).expect_status(0);
    world.wait(DAY - 1);
    assert_snapshot!(change(&world, OTHER, THIRD), @"
    status 65
    -- stderr
    error: alice must keep this password until 2026-11-25T08:00:00Z: a password that a user chose has a least age here ([password] min_age)
    hint: if somebody else knows it: cxme-admin users send-reset alice
    ");
    assert!(world.accepts("alice", OTHER));
    // Who does not know the old one is told nothing of it.
    assert_snapshot!(change(&world, GOOD, THIRD), @"
    status 65
    -- stderr
    error: the old password is not the password of this user, or this user cannot sign in with a password now
    ");
    world.wait(1);
    change(&world, OTHER, THIRD).expect_status(0);
    // A user who was to choose another one may do so at once, and so may one whose password an operator knows.
    world.run("users edit alice --must-change").expect_status(0);
    change(&world, THIRD, GOOD).expect_status(0);
    world.set_password("alice", OTHER);
    change(&world, OTHER, GOOD).expect_status(0);
    change(&world, GOOD, OTHER).expect_status(65);
    // A clock that was ahead locks nobody in.
    world.wait(-30 * DAY);
    change(&world, GOOD, OTHER).expect_status(0);
}

#[test]
fn a_link_can_be_used_before_the_least_age() {
    let world = World::with_mail().with_users("alice");
    let text =
        std::fs::read_to_string(world.config()).unwrap().replacen("[password]\n", "[password]\nmin_age = \"1d\"\n", 1);
    world.write_config(&text);
    world.set_password("alice", GOOD);
    change(&world, GOOD, OTHER).expect_status(0);
    world.run("users send-reset alice").expect_status(0);
    let lines = format!("{}\n{THIRD}\n", world.newest_code());
    world.command("resets redeem --stdin --no-notify").stdin(lines).run().expect_status(0);
    change(&world, THIRD, GOOD).expect_status(65);
}

#[test]
fn a_password_that_has_reached_its_greatest_age_must_be_changed() {
    let world = World::with_rules("max_age = \"90d\"").with_users("alice,bob").with_password("alice", GOOD);
    world.wait(90 * DAY - 1);
    let verify = || world.command("users verify-password alice --stdin -v").stdin(GOOD).run();
    assert_snapshot!(verify(), @"
    status 0
    -- stderr
    Password accepted.
    ");
    world.wait(1);
    assert_snapshot!(verify(), @"
    status 0
    -- stderr
    Password accepted. The user must choose another one now.
    ");
    assert_snapshot!(world.run("users list --columns username,must_change_password").out(), @"
    USERNAME  MUST CHANGE
    alice     yes
    bob       no
    ");
    let shown = world.run("users show alice -o json").out();
    assert!(shown.contains("\"must_change_password\":true"), "{shown}");
    change(&world, GOOD, GOOD).expect_status(65);
    change(&world, GOOD, OTHER).expect_status(0);
    assert_eq!(
        world.run("users list --columns must_change_password -o csv --search alice").out(),
        "must_change_password\nfalse\n"
    );
}

#[test]
fn an_age_in_the_configuration_comes_into_force_with_the_next_change() {
    let world = World::new().with_users("alice").with_password("alice", GOOD);
    world.wait(40 * DAY);
    world.configure("max_age = \"30d\"");
    let shown = world.run("policy show").out();
    for line in [
        "  - valid for 30 days, and then to be changed\n",
        "NIST SP 800-63B-4 section 3.1.1.2 advises against asking users to change passwords after some time",
        "The max_age holds for logins from the next change in the store on\n",
    ] {
        assert!(shown.contains(line), "{shown}");
    }
    let must_change = || world.run("users list --columns must_change_password -o csv").out().contains("true");
    assert!(!must_change());
    world.run("users add bob@example.com").expect_status(0);
    assert!(must_change());
    assert!(!world.run("policy show").out().contains("from the next change"));
    // A configuration that is damaged elsewhere, as a login reads it, changes nothing about it.
    let whole = std::fs::read_to_string(world.config()).unwrap();
    world.write_config(&format!("{whole}[mail]\nfrom =\n"));
    let verify = world.command("users verify-password alice --stdin -v").stdin(GOOD).run();
    assert!(verify.err().contains("must choose another one"), "{verify}");
    world.write_config(&whole);
    world.configure("");
    world.run("users add carla@example.com").expect_status(0);
    assert!(!must_change());
}

#[test]
fn ages_and_lifetimes_are_checked_in_the_configuration() {
    let world = World::new();
    let refused = |rules: &str| {
        world.configure(rules);
        let run = world.run("policy show");
        assert_eq!(run.status, 78, "{rules}: {run}");
        world.without_paths(&run.err())
    };
    assert_snapshot!(refused("min_age = \"2d\"\nmax_age = \"2d\""), @"error: [DIR]/config/cxme-admin/config.toml:8: [password] min_age: expected less than max_age, which is 2d");
    assert_snapshot!(refused("max_age = \"1h\"\nmin_age = \"40d\"\ntemporary_lifetime = \"1m\""), @r#"
    error: the configuration has 3 problems
      - [DIR]/config/cxme-admin/config.toml:8: [password] max_age: expected a duration from 1d to 3660d, found "1h"
      - [DIR]/config/cxme-admin/config.toml:9: [password] min_age: expected a duration from 1m to 30d, found "40d"
      - [DIR]/config/cxme-admin/config.toml:10: [password] temporary_lifetime: expected a duration from 5m to 366d, found "1m"
    "#);
    assert_snapshot!(refused("history = 9"), @"error: [DIR]/config/cxme-admin/config.toml:8: [password] history: expected a whole number from 0 to 8 (each is compared by a whole Argon2 hash, and a change may take about a second), found 9");
}
