//! `users clone`.

use insta::assert_snapshot;

use crate::support::CAROL;
use crate::support::GOOD;
use crate::support::World;

fn world() -> World {
    let world = World::new().with_role("Clerk", "view-users").with_users("alice:Clerk").with_password("alice", GOOD);
    world.run("users edit alice --locale de-AT").expect_status(0);
    world.run("users lock alice").expect_status(0);
    world
}

#[test]
fn a_clone_has_the_role_and_the_language_and_no_password() {
    let world = world();
    assert_snapshot!(world.run("users clone alice --email bob@example.com --name 'Bob Brown' -v"), @"
    status 0
    -- stderr
    Added bob (bob@example.com) with the settings of alice: role Clerk.
    bob cannot log in yet: cxme-admin users password bob
    ");
    assert_snapshot!(world.newest_event(), @r#"
    users clone | done | owner, Admin | -
    {"cloned_from":1,"role":"Clerk","sign_in":"password","username":"bob"}
    "#);
    let shown = world.run("users show bob -o json").expect_status(0).out();
    for expected in ["\"role\":\"Clerk\"", "\"locale\":\"de-AT\"", "\"status\":\"active\"", "\"password_set_at\":null"]
    {
        assert!(shown.contains(expected), "{expected}: {shown}");
    }
    assert_snapshot!(world.run("users clone alice --email bob@example.com"), @"
    status 65
    -- stderr
    error: the email address `bob@example.com` is already in use
    ");
    assert_snapshot!(world.run("users clone nobody --email dora@example.com"), @"
    status 67
    -- stderr
    error: no user with the username `nobody`
    hint: names must match exactly; to search: cxme-admin users list --search TEXT
    ");
}

#[test]
fn without_an_address_it_is_made_from_that_of_the_original() {
    let world = world();
    let run = world.run("users clone alice -v").expect_status(0);
    let email = world.ask("SELECT email FROM users WHERE email LIKE 'alice+clone%'");
    let suffix = email.strip_prefix("alice+clone_").and_then(|rest| rest.strip_suffix("@example.com")).unwrap();
    assert!(
        suffix.len() == 6 && suffix.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit()),
        "{email}"
    );
    let expected = format!("Added alice_clone_{suffix} ({email}) with the settings of alice: role Clerk.");
    assert!(run.err().starts_with(&expected), "{run}");
    world.run("users clone alice").expect_status(0);
    assert_eq!(world.count_users(), 3, "each has its own");
    let long = "x".repeat(64);
    world.run(&format!("users add long@example.com --username {long}")).expect_status(0);
    world.run("users clone long@example.com").expect_status(0);
    assert_eq!(world.ask("SELECT max(length(username)) FROM users WHERE username LIKE '%clone%'"), "64");
}

#[test]
fn how_a_clone_signs_in() {
    let world = world().with_saml_user();
    world.run("users clone sam --email dora@idp.example.com").expect_status(0);
    world.run("users clone sam --email erin@example.com").expect_status(0);
    world.run("users clone alice --email fritz@idp.example.com").expect_status(0);
    world.run("users edit alice --sign-in saml --yes").expect_status(0);
    world.run("users clone alice --email gina@example.com").expect_status(0);
    let sign_in = |user: &str| world.ask(&format!("SELECT sign_in FROM users WHERE username = '{user}'"));
    assert_eq!(["dora", "erin", "fritz", "gina"].map(sign_in), ["saml", "password", "saml", "saml"]);
}

#[test]
fn nobody_clones_a_role_above_their_own() {
    let world =
        world().with_role("Adder", "view-users add-users").with_role("Higher", "view-users add-users view-audit");
    let world = world.with_users("peer:Adder,high:Higher").with_operator(CAROL, "Adder");
    world.command("users clone peer --email x@example.com").sudo_by(CAROL).run().expect_status(0);
    world.command("users clone high --email y@example.com").sudo_by(CAROL).run().expect_status(77);
}
