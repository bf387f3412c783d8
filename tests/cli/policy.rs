//! `policy`.

use insta::assert_snapshot;

use crate::support::CAROL;
use crate::support::GOOD;
use crate::support::World;

#[test]
fn the_requirements_are_shown_in_plain_words() {
    let world = World::new();
    let shown = world.run("policy show").out();
    assert_snapshot!(shown.lines().filter(|line| !line.starts_with("Fingerprint")).collect::<Vec<_>>().join("\n"), @"
    A new password at Example Travel needs:
      - at least 15 characters (any characters, including spaces)
      - not a common password, even with digits or symbols added; several words in a row are fine
      - not only the user's name, username or email address, or the organization's name
      - no repetition of one character or a short group, and no sequence such as abcdefgh12345678
    A password may have at most 1,024 bytes, which is at least 256 characters of any script
    Help: help@example.com, extension 4711
    ");
    let json: serde_json::Value = serde_json::from_str(&world.run("policy show -o json").out()).unwrap();
    assert_eq!(json["requirements"].as_array().unwrap().len(), 4);
    assert_eq!(json["help_contact"], "help@example.com, extension 4711");
    assert!(world.run("policy show --locale de").out().contains("mindestens 15 Zeichen"));
    assert_eq!(world.run("policy show --locale tlh").status, 2);
}

#[test]
fn a_stricter_policy_says_what_nist_says_of_it() {
    let world = World::with_rules("classes = [\"upper\", \"digit\"]\nhistory = 3\nmin_score = 3");
    let shown = world.run("policy show").out();
    assert_snapshot!(shown.lines().filter(|line| !line.starts_with("Fingerprint")).collect::<Vec<_>>().join("\n"), @"
    A new password at Example Travel needs:
      - at least 15 characters (any characters, including spaces)
      - at least one capital letter
      - at least one digit
      - not a common password, even with digits or symbols added; several words in a row are fine
      - not only the user's name, username or email address, or the organization's name
      - no repetition of one character or a short group, and no sequence such as abcdefgh12345678
      - hard to guess (at least 3 of 4 by the estimate of zxcvbn)
      - not one of the user's last 3 passwords
    A password may have at most 1,024 bytes, which is at least 256 characters of any script
    NIST SP 800-63B-4 section 3.1.1.2 advises against requiring classes of characters: users meet such rules in ways that are easy to guess
    Help: help@example.com, extension 4711
    ");
}

#[test]
fn a_check_says_every_rule_that_fails_and_sets_nothing() {
    let world = World::with_rules("classes = [\"upper\", \"digit\"]").with_users("alice");
    let before = world.events();
    assert_snapshot!(world.command("policy check --stdin").stdin("password\n").run(), @"
    status 65
    -- stderr
    error: the password does not meet the organization's requirements
      - too short: 8 characters, at least 15 are needed
      - no capital letter: at least one is needed
      - no digit: at least one is needed
      - too common: it is on a list of refused passwords, or is one of them with digits or symbols added or letters replaced
    hint: all requirements: cxme-admin policy show; help: help@example.com, extension 4711
    ");
    assert_snapshot!(world.command("policy check --stdin -v").stdin("Seven violet umbrellas 4711").run(), @"
    status 0
    -- stderr
    The password meets the requirements.
    ");
    assert_eq!(world.events(), before);
}

#[test]
fn the_longest_password_and_the_words_of_the_organization_are_shown_and_kept() {
    let world = World::with_rules("max_length = 64\nwords = [\"Sea Breeze\"]").with_users("alice");
    let shown = world.run("policy show").out();
    for line in ["  - at most 64 characters\n", "  - not only words that belong to the organization, such as"] {
        assert!(shown.contains(line), "{shown}");
    }
    let set = |password: &str| world.command("users set-password alice --stdin").stdin(password).run();
    assert_snapshot!(set("SeaBreeze-2024-2024"), @"
    status 65
    -- stderr
    error: the password does not meet the organization's requirements
      - too close to the user: it is only the name, username, email address or organization
    hint: all requirements: cxme-admin policy show; help: help@example.com, extension 4711
    ");
    assert_snapshot!(set(&format!("{GOOD} {GOOD}s {GOOD}")), @"
    status 65
    -- stderr
    error: the password does not meet the organization's requirements
      - too long: 84 characters, at most 64 are allowed
    hint: all requirements: cxme-admin policy show; help: help@example.com, extension 4711
    ");
    set(&format!("{GOOD} by the sea breeze")).expect_status(0);
    world.run("users set-password alice --generate=words").expect_status(0);
}

#[test]
fn a_check_for_a_user_knows_his_names() {
    let world = World::new().with_users("alexandrina");
    world.command("policy check --stdin").stdin("alexandrinaexample").run().expect_status(0);
    assert_snapshot!(world.command("policy check --stdin --user alexandrina").stdin("alexandrinaexample").run(), @"
    status 65
    -- stderr
    error: the password does not meet the organization's requirements
      - too close to the user: it is only the name, username, email address or organization
    hint: all requirements: cxme-admin policy show; help: help@example.com, extension 4711
    ");
    assert_eq!(world.command("policy check --stdin --user nobody").stdin(GOOD).run().status, 67);
}

#[test]
fn a_check_asks_once_at_a_terminal() {
    let world = World::new();
    assert_snapshot!(world.command("policy check").typing([GOOD]).run(), @"
    status 0
    -- asked
    Password to check: 
    -- stderr
    The password meets the requirements.
    ");
    assert_snapshot!(world.run("policy check"), @"
    status 2
    -- stderr
    error: cannot prompt (no terminal or `--no-input`): A password to check
    hint: give `--stdin`
    ");
}

#[test]
fn whoever_may_not_see_users_cannot_check_for_one() {
    let world = World::new().with_users("alice").with_role("Clerk", "view-audit").with_operator(CAROL, "Clerk");
    world.command("policy check --stdin").stdin(GOOD).uid(CAROL).run().expect_status(0);
    let refused = world.command("policy check --stdin --user alice").stdin(GOOD).uid(CAROL).run();
    assert_snapshot!(refused, @"
    status 77
    -- stderr
    error: your role, Clerk, lacks the permission `view-users`
    hint: view-users: See the users, but never a hash; an Admin can give another role
    ");
}
