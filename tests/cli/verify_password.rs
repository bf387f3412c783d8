//! `users verify-password`.

use insta::assert_snapshot;

use crate::support::GOOD;
use crate::support::OTHER;
use crate::support::Run;
use crate::support::World;

fn world() -> World {
    let world = World::new().with_users("alice,bob,carla").with_saml_user().with_password("alice", GOOD);
    world.set_password("bob", GOOD);
    world.run("users lock bob").expect_status(0);
    world
}

#[test]
fn an_accepted_password_is_status_zero_and_says_nothing_without_a_terminal() {
    let world = world();
    assert_snapshot!(world.command("users verify-password alice --stdin").stdin(GOOD).run(), @"status 0");
    assert_snapshot!(world.command("users verify-password alice@example.com --stdin -v").stdin(GOOD).run(), @"
    status 0
    -- stderr
    Password accepted.
    ");
    assert_snapshot!(world.command("users verify-password alice").typing([GOOD]).run(), @"
    status 0
    -- asked
    Password of alice: 
    -- stderr
    Password accepted.
    ");
}

#[test]
fn all_refusals_look_alike() {
    let world = world();
    world.sql("UPDATE users SET password_hash = NULL, password_set_at = NULL WHERE username = 'carla'");
    for verbosity in ["", "-v", "-q", "-o json"] {
        let verify = |user: &str, password: &[u8]| {
            world.command(&format!("users verify-password --stdin {verbosity}")).argument(user).stdin(password).run()
        };
        let wrong = verify("alice", OTHER.as_bytes()).expect_status(1);
        let cases: [(&str, &[u8]); 10] = [
            ("nobody", GOOD.as_bytes()),
            ("nobody@example.com", GOOD.as_bytes()),
            ("bob", GOOD.as_bytes()),
            ("bob", OTHER.as_bytes()),
            ("sam", GOOD.as_bytes()),
            ("carla", GOOD.as_bytes()),
            ("alice", b""),
            ("alice", b"caf\xe9"),
            ("alice", b"a\0b"),
            ("alice", &[b'x'; 2_000]),
        ];
        for (user, password) in cases {
            assert_eq!(verify(user, password), wrong, "{user} {verbosity}");
        }
        assert!(wrong.stdout.is_empty());
    }
    assert_snapshot!(world.command("users verify-password nobody").typing([GOOD]).run(), @"
    status 1
    -- asked
    Password of nobody: 
    -- stderr
    the password was not accepted
    ");
}

#[test]
fn a_refusal_is_no_login() {
    let world = world();
    assert!(!world.accepts("alice", OTHER) && !world.accepts("nobody", OTHER));
    assert_eq!(world.ask("SELECT last_login_at FROM users WHERE username = 'alice'"), "-");
}

#[test]
fn a_password_that_must_be_changed_is_accepted_with_a_note() {
    let world = World::new().with_users("alice");
    world.command("users set-password alice --stdin --must-change").stdin(GOOD).run().expect_status(0);
    assert_snapshot!(world.command("users verify-password alice --stdin -v").stdin(GOOD).run(), @"
    status 0
    -- stderr
    Password accepted. The user must choose another one now.
    ");
}

#[test]
fn a_login_is_noted_at_most_once_a_minute() {
    let world = world();
    let noted = || world.ask("SELECT last_login_at FROM users WHERE username = 'alice'");
    assert!(world.accepts("alice", GOOD));
    let first = noted();
    assert_eq!(first, world.now().as_second().to_string());
    world.wait(59);
    assert!(world.accepts("alice", GOOD));
    assert_eq!(noted(), first);
    world.wait(1);
    assert!(world.accepts("alice", GOOD));
    assert_eq!(noted(), world.now().as_second().to_string());
}

#[test]
fn a_lock_whose_end_has_passed_keeps_nobody_out() {
    let world = World::new().with_users("alice").with_password("alice", GOOD);
    world.run("users lock alice --for 1h").expect_status(0);
    assert!(!world.accepts("alice", GOOD));
    world.wait(3_600);
    assert!(world.accepts("alice", GOOD));
}

#[test]
fn the_first_line_is_taken_without_its_newline_and_nothing_else_is_taken_off() {
    let world = world();
    assert!(world.accepts("alice", format!("{GOOD}\n")));
    assert!(world.accepts("alice", format!("{GOOD}\r\n")));
    assert!(!world.accepts("alice", format!("{GOOD} \n")));
    assert!(world.accepts("alice", format!("{GOOD}\nwhat follows the first line")));
}

#[test]
fn pam_names_the_user_in_a_variable_and_ends_the_password_with_a_nul() {
    let world = world();
    let pam = |user: &str, password: &[u8]| -> Run {
        let command = world.command("users verify-password --stdin --pam").variable("PAM_USER", user);
        command.stdin(password).run()
    };
    pam("alice", format!("{GOOD}\0").as_bytes()).expect_status(0);
    pam("alice", GOOD.as_bytes()).expect_status(0);
    pam("alice", format!("{OTHER}\0").as_bytes()).expect_status(1);
    pam("nobody", format!("{GOOD}\0").as_bytes()).expect_status(1);
    // A stranger types the name: no system of logins is to hear of a wrong usage.
    let name: std::ffi::OsString = std::os::unix::ffi::OsStringExt::from_vec(b"ali\xffce".to_vec());
    let command = world.command("users verify-password --stdin --pam").variable("PAM_USER", name);
    command.stdin(GOOD).run().expect_status(1);
    assert_snapshot!(world.run("users verify-password --stdin --pam"), @"
    status 2
    -- stderr
    error: `--pam` needs the variable PAM_USER, which pam_exec(8) sets
    hint: elsewhere name the user as an argument
    ");
    assert_eq!(world.run("users verify-password --pam").status, 2);
    assert_eq!(world.run("users verify-password alice --stdin --pam").status, 2);
    assert_eq!(world.run("users verify-password").status, 2);
}
