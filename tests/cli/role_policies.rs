//! `[password.role."NAME"]`: a policy per role.

use insta::assert_snapshot;

use crate::support::GOOD;
use crate::support::OTHER;
use crate::support::World;
use crate::support::code_in;

const DAY: i64 = 86_400;
const LONG: &str = "quiet horse battery lantern under the bridge";

const THIRD: &str = "eleven purple doors sing in the morning";
const FOURTH: &str = "seven violet umbrellas whistle in the dark";

/// Admins need longer passwords, which end sooner. Alice is an Admin, bob is not.
const STRICTER: &str = "temporary_lifetime = \"7d\"\nmax_age = \"400d\"\n[password.role.\"Admin\"]\nmin_length = 30\n\
                        history = 2\nmax_age = \"90d\"\ntemporary_lifetime = \"1d\"\nmust_change_after_set = true\n";

fn world() -> World {
    World::with_rules(STRICTER).with_users("alice:Admin,bob")
}

fn set(world: &World, user: &str, password: &str) -> crate::support::Run {
    world.command("users set-password --stdin --no-notify").argument(user).stdin(password).run()
}

#[test]
fn the_stricter_value_holds_and_is_named_with_its_section() {
    let world = world();
    let shown = |command: &str| {
        let out = world.run(command).out();
        out.lines().filter(|line| !line.starts_with("Fingerprint")).collect::<Vec<_>>().join("\n")
    };
    assert_snapshot!(shown("policy show --user alice"), @r#"
    A new password of alice (role Admin) at Example Travel needs:
      - at least 30 characters (any characters, including spaces)
      - not a common password, even with digits or symbols added; several words in a row are fine
      - not only the user's name, username or email address, or the organization's name
      - no repetition of one character or a short group, and no sequence such as abcdefgh12345678
      - not one of the user's last 2 passwords
      - valid for 90 days, and then to be changed
    KEY                    VALUE  FROM
    min_length             30     [password.role."Admin"]
    classes                none   [password]
    history                2      [password.role."Admin"]
    min_score              0      [password]
    must_change_after_set  true   [password.role."Admin"]
    temporary_lifetime     1d     [password.role."Admin"]
    min_age                none   [password]
    max_age                90d    [password.role."Admin"]
    A password may have at most 1,024 bytes, which is at least 256 characters of any script
    NIST SP 800-63B-4 section 3.1.1.2 advises against asking users to change passwords after some time: they choose weaker ones
    A password that an operator sets and the user must change ends after 24 hours
    Help: help@example.com, extension 4711
    "#);
    assert_snapshot!(shown("policy show --user bob"), @"
    A new password of bob (role Minimal Permissions) at Example Travel needs:
      - at least 15 characters (any characters, including spaces)
      - not a common password, even with digits or symbols added; several words in a row are fine
      - not only the user's name, username or email address, or the organization's name
      - no repetition of one character or a short group, and no sequence such as abcdefgh12345678
      - valid for 400 days, and then to be changed
    KEY                    VALUE  FROM
    min_length             15     [password]
    classes                none   [password]
    history                0      [password]
    min_score              0      [password]
    must_change_after_set  false  [password]
    temporary_lifetime     7d     [password]
    min_age                none   [password]
    max_age                400d   [password]
    A password may have at most 1,024 bytes, which is at least 256 characters of any script
    NIST SP 800-63B-4 section 3.1.1.2 advises against asking users to change passwords after some time: they choose weaker ones
    A password that an operator sets and the user must change ends after 7 days
    Help: help@example.com, extension 4711
    ");
    assert_snapshot!(shown("policy show"), @"
    A new password at Example Travel needs:
      - at least 15 characters (any characters, including spaces)
      - not a common password, even with digits or symbols added; several words in a row are fine
      - not only the user's name, username or email address, or the organization's name
      - no repetition of one character or a short group, and no sequence such as abcdefgh12345678
      - valid for 400 days, and then to be changed
    Stricter for users with the role Admin: cxme-admin policy show --user USER
    A password may have at most 1,024 bytes, which is at least 256 characters of any script
    NIST SP 800-63B-4 section 3.1.1.2 advises against asking users to change passwords after some time: they choose weaker ones
    A password that an operator sets and the user must change ends after 7 days
    Help: help@example.com, extension 4711
    ");
    assert_snapshot!(world.run("policy show --user nobody"), @"
    status 67
    -- stderr
    error: no user with the username `nobody`
    hint: names must match exactly; to search: cxme-admin users list --search TEXT
    ");
    let json: serde_json::Value = serde_json::from_str(&world.run("policy show --user alice -o json").out()).unwrap();
    assert_eq!((&json["username"], &json["role"]), (&"alice".into(), &"Admin".into()));
    let expected = serde_json::json!({ "key": "min_length", "value": "30", "section": "[password.role.\"Admin\"]" });
    assert_eq!(json["settings"][0], expected);
}

#[test]
fn every_way_of_setting_a_password_asks_for_the_policy_of_the_role() {
    let world = world();
    for (user, status) in [("alice", 65), ("bob", 0)] {
        set(&world, user, GOOD).expect_status(status);
        let typed = world.command("users set-password --no-notify").argument(user).typing([GOOD, GOOD]).run();
        assert_eq!(typed.status == 0, status == 0, "{typed}");
        let check = world.command("policy check --stdin --user").argument(user).stdin(GOOD).run();
        assert_eq!(check.status, status, "{check}");
        let batch = world.file_with_mode("batch.txt", format!("{user}:{GOOD}\n"), 0o600);
        let batch = world.command("users set-password --no-notify --yes --batch").argument(batch).run();
        assert_eq!(batch.status, status, "{batch}");
    }
    set(&world, "alice", LONG).expect_status(0);
    world.command("policy check --stdin").stdin(GOOD).run().expect_status(0);
    let generated = world.run("users set-password alice --generate=characters --no-notify").expect_status(0).out();
    assert!(generated.trim().chars().count() >= 30, "{generated}");
    let typed = world.command("users set-password alice --no-notify").typing([LONG, LONG]).run();
    assert!(typed.asked.contains("at least 30 characters"), "{typed}");
    let change = |old: &str, new: &str| {
        let lines = format!("{old}\n{new}\n");
        world.command("users change-password alice --stdin --no-notify").stdin(lines).run()
    };
    world.set_password("alice", THIRD);
    change(THIRD, GOOD).expect_status(65);
    change(THIRD, FOURTH).expect_status(0);
    // history = 2 of the role.
    change(FOURTH, THIRD).expect_status(65);
}

#[test]
fn links_and_their_mails_say_what_the_role_needs() {
    let world = World::with_mail();
    let text = std::fs::read_to_string(world.config()).unwrap();
    let role = "[password.role.\"Admin\"]\nmin_length = 30\n[password.argon2]";
    world.write_config(&text.replacen("[password.argon2]", role, 1));
    let world = world.with_users("alice:Admin,bob,carla:Admin");
    world.run("users send-reset alice bob carla").expect_status(0);
    let mails = world.mails();
    let of = |name: &str| mails.iter().find(|mail| mail.contains(&format!("{name}@example.com"))).unwrap();
    for (user, characters) in [("alice", 30), ("bob", 15), ("carla", 30)] {
        assert!(of(user).contains(&format!("at least {characters} characters")), "{}", of(user));
        let lines = format!("{}\n{GOOD}\n", code_in(of(user)));
        let redeemed = world.command("resets redeem --stdin --no-notify").stdin(lines).run();
        assert_eq!(redeemed.status, if characters == 30 { 65 } else { 0 }, "{redeemed}");
    }
    let preview = world.run("mail preview invitation --user carla").out();
    assert!(preview.contains("at least 30 characters"), "{preview}");
    let job = world.command("users send-reset --all --yes --unless-sent-within 0s").run().expect_status(0);
    assert_eq!(world.mails().iter().filter(|mail| mail.contains("at least 30")).count(), 4, "{job}");
}

#[test]
fn lifetimes_and_ages_of_the_role_are_the_shorter_ones() {
    let world = world();
    set(&world, "alice", LONG).expect_status(0);
    world.command("users set-password bob --stdin --must-change --no-notify").stdin(OTHER).run().expect_status(0);
    let lifetimes = "SELECT group_concat(username || ' ' || (password_expires_at - password_set_at), ', ') FROM users";
    assert_eq!(world.ask(lifetimes), "alice 86400, bob 604800");
    world.set_password("alice", THIRD);
    world.set_password("bob", OTHER);
    world.wait(90 * DAY);
    let must_change = "users list --columns username,must_change_password -o csv";
    assert_eq!(world.run(must_change).out(), "username,must_change_password\nalice,true\nbob,false\n");
    // At once for a user who gets the role.
    world.run("users edit bob --role Admin").expect_status(0);
    assert_eq!(world.run(must_change).out(), "username,must_change_password\nalice,true\nbob,true\n");
}

#[test]
fn a_user_who_gets_a_stricter_role_keeps_the_password_and_is_found() {
    let world = world();
    set(&world, "bob", GOOD).expect_status(0);
    set(&world, "alice", LONG).expect_status(0);
    let outdated = || world.run("users list --policy-outdated --columns username -o csv").out();
    assert_eq!(outdated(), "username\n");
    world.run("users edit bob --role Admin").expect_status(0);
    assert!(world.accepts("bob", GOOD));
    assert_eq!(outdated(), "username\nbob\n");
    for (user, met) in [("bob", "false"), ("alice", "true")] {
        let shown = world.run(&format!("users show {user} -o json")).out();
        assert!(shown.contains(&format!("\"meets_policy\":{met}")), "{shown}");
    }
    set(&world, "bob", LONG).expect_status(0);
    assert_eq!(outdated(), "username\n");
}

#[test]
fn a_role_that_the_configuration_names_keeps_its_name() {
    let world = World::new().with_role("Help desk", "view-users").with_users("alice:Help desk");
    world.configure("[password.role.\"help desk\"]\nmin_length = 20\n");
    let told = |command: &str| world.without_paths(&world.run(command).to_string());
    assert_snapshot!(told("roles delete 'Help desk' --yes"), @r#"
    status 65
    -- stderr
    error: the configuration names the role Help desk ([DIR]/config/cxme-admin/config.toml:8: [password.role."help desk"]); nothing was changed
    hint: take the section out of the configuration, and add it again under the new name
    "#);
    assert_snapshot!(told("roles edit 'Help desk' --rename Desk"), @r#"
    status 65
    -- stderr
    error: the configuration names the role Help desk ([DIR]/config/cxme-admin/config.toml:8: [password.role."help desk"]); nothing was changed
    hint: take the section out of the configuration, and add it again under the new name
    "#);
    world.run("roles edit 'Help desk' --allow lock-users").expect_status(0);
    world.run("roles edit 'Help desk' --rename 'Help desk' --description 'Unlocks'").expect_status(0);
    world.configure("");
    world.run("roles edit 'Help desk' --rename Desk").expect_status(0);
    world.run("roles delete Desk --yes").expect_status(0);
}

#[test]
fn a_role_that_nobody_has_added_is_refused_with_its_line_and_can_be_added() {
    let world = World::new().with_users("alice").with_password("alice", GOOD);
    world.configure("[password.role.\"Help desk\"]\nmin_length = 20\nmax_age = \"90d\"\n");
    let told = |run: crate::support::Run| world.without_paths(&run.to_string());
    assert_snapshot!(told(set(&world, "alice", OTHER)), @r#"
    status 78
    -- stderr
    error: [DIR]/config/cxme-admin/config.toml:8: [password.role."Help desk"]: no such role: `Help desk`
    hint: correct the name, or add the role: cxme-admin roles add 'Help desk'
    "#);
    for command in ["policy show", "users list --policy-outdated", "users show alice"] {
        world.run(command).expect_status(78);
    }
    assert!(world.accepts("alice", GOOD), "no login depends on it");
    world.run("users list").expect_status(0);
    world.run("roles add 'Help desk' --allow view-users").expect_status(0);
    set(&world, "alice", OTHER).expect_status(0);
    assert_eq!(world.ask("SELECT count(*) FROM password_max_ages"), "1");
}

#[test]
fn sections_of_roles_are_checked_like_the_others() {
    let world = World::new();
    let refused = |rules: &str| {
        world.configure(rules);
        let run = world.run("policy show");
        assert_eq!(run.status, 78, "{rules}: {run}");
        world.without_paths(&run.err())
    };
    assert_snapshot!(refused("max_length = 64\n[password.role.Admin]\nmin_length = 65\nmin_lenght = 20\nhistory = 99\n"), @r#"
    error: the configuration has 3 problems
      - [DIR]/config/cxme-admin/config.toml:10: [password.role."Admin"] min_length: expected at most max_length in [password], which is 64
      - [DIR]/config/cxme-admin/config.toml:11: [password.role.NAME] min_lenght: unknown key, did you mean `min_length`?
      - [DIR]/config/cxme-admin/config.toml:12: [password.role."Admin"] history: expected a whole number from 0 to 8 (each is compared by a whole Argon2 hash, and a change may take about a second), found 99
    "#);
    assert_snapshot!(refused("max_age = \"30d\"\n[password.role.Admin]\nmin_age = \"30d\"\n[password.role.\"\\u001b\"]\nx = 1\n"), @r#"
    error: the configuration has 2 problems
      - [DIR]/config/cxme-admin/config.toml:10: [password.role."Admin"] min_age: expected a min_age below the max_age, found 30d and 30d
      - [DIR]/config/cxme-admin/config.toml:12: [password.role.NAME] x: unknown key, the keys here are min_length, min_age, max_age, classes, history, min_score, must_change_after_set, temporary_lifetime
    "#);
    assert_snapshot!(refused("[password.role]\nAdmin = 30\n[password.rolle.Admin]\nmin_length = 20\n"), @"
    error: the configuration has 2 problems
      - [DIR]/config/cxme-admin/config.toml:9: [password.role] Admin: unknown key, every key belongs in a section
      - [DIR]/config/cxme-admin/config.toml:10: [password.rolle]: unknown section, did you mean [password.role]?
    ");
    world.configure("[password.role.\"Admin\"]\nmin_length = 30\nclasses = [\"digit\"]\n");
    let shown = world.run("config show").out();
    assert!(shown.contains("password.role.\"Admin\".min_length"), "{shown}");
    // A stricter role may not ask for less.
    world.configure("min_length = 20\n[password.role.\"Admin\"]\nmin_length = 15\n");
    let world = world.with_users("alice:Admin");
    assert!(world.run("policy show --user alice").out().contains("at least 20 characters"));
}
