//! What the audit says of one user: every change, whichever command made it, and nothing once the user is deleted.

use insta::assert_snapshot;

use crate::support::GOOD;
use crate::support::World;

/// The events about a user, oldest first: number, action, and what changed of this user.
fn told(world: &World, user: &str) -> String {
    let run = world.command("audit list -o ndjson --user").argument(user).run().expect_status(0);
    let mut lines = Vec::new();
    for line in run.out().lines().rev() {
        let event: serde_json::Value = serde_json::from_str(line).unwrap();
        let changes = event["changes"].as_array().unwrap();
        lines.push(format!("{} {}", event["number"], event["action"].as_str().unwrap()));
        for change in changes {
            let value = |name: &str| change[name].as_str().unwrap_or("-").to_owned();
            let values = match change["erased"].as_bool().unwrap() {
                true => "erased".to_owned(),
                false => format!("{} > {}", value("old"), value("new")),
            };
            lines.push(format!("  {}: {values}", change["field"].as_str().unwrap()));
        }
    }
    lines.join("\n")
}

/// Alice was changed by commands of each kind, Bob by the same imports and selections.
fn busy() -> World {
    let world = World::with_mail().with_users("alice,bob");
    world.run("users edit alice --name 'Zoë Quartz' --email zoe.quartz@example.com").expect_status(0);
    world.set_password("alice", GOOD);
    let rows = "username,name,locale,status,locked_until\nalice,Zoë Opal,de,,\nbob,,,locked,2026-11-24T09:00Z\n";
    world.command("users import - --update").stdin(rows).run().expect_status(0);
    world.run("users lock --all --yes --for 2h --reason 'left the building'").expect_status(0);
    world.run("users unlock --all --yes").expect_status(0);
    world.run("users send-reset --all --queue-only --yes").expect_status(0);
    world.run("users edit --all --sign-in saml --yes").expect_status(0);
    world
}

#[test]
fn every_change_of_a_user_is_found_by_the_user() {
    let world = busy();
    assert_snapshot!(told(&world, "alice"), @"
    2 users import
    3 users edit
      email: alice@example.com > zoe.quartz@example.com
      name: Alice Example > Zoë Quartz
    4 users set-password
      password: - > set
    5 users import
      locale: - > de
      name: Zoë Quartz > Zoë Opal
    6 users lock
      lock_reason: - > left the building
      locked_at: - > 2026-11-24T08:00:00Z
      locked_until: - > 2026-11-24T10:00:00Z
    7 users unlock
      lock_reason: left the building > -
      locked_at: 2026-11-24T08:00:00Z > -
      locked_until: 2026-11-24T10:00:00Z > -
    8 users send-reset to many
    9 users edit
      password: - > removed
      sign_in: password > saml
    ");
    assert_snapshot!(told(&world, "bob"), @"
    2 users import
    5 users import
      locked_at: - > 2026-11-24T08:00:00Z
      locked_until: - > 2026-11-24T09:00:00Z
    6 users lock
      lock_reason: - > left the building
      locked_until: 2026-11-24T09:00:00Z > 2026-11-24T10:00:00Z
    7 users unlock
      lock_reason: left the building > -
      locked_at: 2026-11-24T08:00:00Z > -
      locked_until: 2026-11-24T10:00:00Z > -
    8 users send-reset to many
    9 users edit
      sign_in: password > saml
    ");
    assert_snapshot!(world.command("audit list --user alice").columns(120).run(), @"
    status 0
    -- stdout
    NO  WHEN  WHAT HAPPENED
    9   now   owner edited 2 users (chosen by `--all`; sign_in: saml; sign_in: password -> saml)
    8   now   owner created job 1 (2 mails; chosen by `--all`)
    7   now   owner unlocked 2 users (chosen by `--all`)
    6   now   owner locked 2 users until 2026-11-24T10:00:00Z (chosen by `--all`; reason: left the building)
    5   now   owner imported users from standard input (2 changed; locale: -> de; name: Zoë Quartz -> Zoë Opal)
    4   now   owner set a password for alice
    3   now   owner edited alice (email: alice@example.com -> zoe.quartz@example.com; name: Alice Example -> Zoë Quartz)
    2   now   owner imported users from standard input (2 added)
    -- stderr
    8 events.
    ");
    assert_snapshot!(world.command("audit list --limit 2").columns(120).run(), @"
    status 0
    -- stdout
    NO  WHEN  WHAT HAPPENED
    9   now   owner edited 2 users (chosen by `--all`; sign_in: saml)
    8   now   owner created job 1 (2 mails; chosen by `--all`)
    ");
    world.run("audit verify").expect_status(0);
    let changes = |number: &str| {
        let shown = world.command("audit show").argument(number).columns(80).run().expect_status(0).out();
        shown.split_once("Changes:").unwrap().1.to_owned()
    };
    assert_snapshot!(changes("3"), @"
    email: alice@example.com -> zoe.quartz@example.com, name: Alice
            Example -> Zoë Quartz
    ");
    assert_snapshot!(changes("5"), @"
    alice locale: -> de, alice name: Zoë Quartz -> Zoë Opal, bob
            locked_at: -> 2026-11-24T08:00:00Z, bob locked_until: ->
            2026-11-24T09:00:00Z
    ");
    let many: String = (0..200).map(|number| format!("user{number},user{number}@example.com,X\n")).collect();
    for name in ["X", "Y"] {
        let rows = format!("username,email,name\n{}", many.replace(",X", &format!(",{name}")));
        world.command("users import - --update").stdin(rows).run().expect_status(0);
    }
    assert!(
        changes("11").ends_with("and 100 more: cxme-admin audit show 11\n                --changes\n"),
        "{}",
        changes("11")
    );
}

#[test]
fn a_user_is_found_by_a_code_that_was_redeemed_and_by_each_password_that_was_set() {
    let world = World::with_mail().with_users("alice");
    world.run("users send-reset alice").expect_status(0);
    let code = world.newest_code();
    world.command("resets redeem --stdin").stdin(format!("{code}\n{GOOD}\n")).run().expect_status(0);
    let new = "seven violet umbrellas whistle";
    world.command("users change-password alice --stdin").stdin(format!("{GOOD}\n{new}\n")).run().expect_status(0);
    // A login changes nothing, a hash of higher cost for the same password neither.
    assert!(world.accepts("alice", new));
    assert_snapshot!(told(&world, "alice"), @"
    2 users import
    3 users send-reset
    4 resets redeem
      password: - > set
    5 users change-password
      password: - > changed
    ");
    assert_eq!(world.ask("SELECT count(*) FROM user_changes WHERE old LIKE '%$argon2%' OR new LIKE '%$argon2%'"), "0");
}

#[test]
fn the_values_of_a_deleted_user_are_erased_and_the_audit_says_so() {
    let world = busy();
    let alice = world.ask("SELECT id FROM users WHERE username = 'alice'");
    world.run("users delete alice --yes").expect_status(0);
    assert_eq!(world.run("audit list --user alice").status, 67);
    assert_snapshot!(told(&world, &alice), @"
    2 users import
    3 users edit
      email: erased
      name: erased
    4 users set-password
      password: erased
    5 users import
      locale: erased
      name: erased
    6 users lock
      lock_reason: erased
      locked_at: erased
      locked_until: erased
    7 users unlock
      lock_reason: erased
      locked_at: erased
      locked_until: erased
    8 users send-reset to many
    9 users edit
      password: erased
      sign_in: erased
    10 users delete
      added_by_event: 2 > -
      user: - > deleted
    ");
    assert_snapshot!(world.run("audit verify"), @"
    status 0
    -- stdout
    10 events, chain intact.
    Erased with deleted users: the values of 13 user changes.
    ");
    assert_snapshot!(world.run("audit verify -o json"), @r#"
    status 0
    -- stdout
    {"events":10,"whole":true,"head_found":null,"erased":13,"archived":0}
    "#);
    world.run("store check").expect_status(0);
    // Bob's are there, in the same events.
    assert!(told(&world, "bob").contains("lock_reason: - > left the building"));
    // A selection erases as well.
    world.run("users delete --all --yes").expect_status(0);
    assert_eq!(
        world.ask(
            "SELECT count(*) FROM user_changes WHERE salt <> zeroblob(16) AND field NOT IN ('user', 'added_by_event')"
        ),
        "0"
    );
    world.run("audit verify").expect_status(0);
    assert_eq!(world.run("audit list --user 4711").status, 67);
}

#[test]
fn a_user_change_that_was_edited_removed_added_or_erased_by_hand_is_found() {
    let unguard = "DROP TRIGGER refuse_update_of_user_changes; DROP TRIGGER refuse_delete_of_user_changes;";
    let add = "INSERT INTO user_changes (event, user_id, field, old, new, salt, digest) SELECT event, user_id, 'name', old, new, \
               salt, digest FROM user_changes WHERE field = 'email'";
    for (tampering, found) in [
        (
            "UPDATE user_changes SET new = 'Eve' WHERE field = 'name' AND user_id = 1",
            "event 3: the change of user 1, name, was edited",
        ),
        (
            "UPDATE user_changes SET old = NULL WHERE field = 'email'",
            "event 3: the change of user 1, email, was edited",
        ),
        (
            "UPDATE user_changes SET field = 'names' WHERE field = 'name' AND event = 3",
            "the change of user 1, names, was edited",
        ),
        ("UPDATE user_changes SET user_id = 2 WHERE event = 4", "the change of user 2, password, was edited"),
        (
            "UPDATE user_changes SET digest = zeroblob(32) WHERE event = 4",
            "event 4: the change of user 1, password, was edited",
        ),
        (
            "UPDATE user_changes SET salt = zeroblob(16) WHERE event = 4",
            "event 4: the change of user 1, password, was edited",
        ),
        (
            "UPDATE user_changes SET salt = zeroblob(16), old = '', new = '' WHERE event = 4",
            "were erased, and no event says",
        ),
        ("DELETE FROM user_changes WHERE event = 4", "event 4: user changes were added, removed or edited"),
        (
            "DELETE FROM user_changes WHERE id = (SELECT max(id) FROM user_changes)",
            "event 9: user changes were added, removed",
        ),
        (add, "event 3: the change of user 1, name, was edited"),
        (
            "INSERT INTO user_changes SELECT 1 + max(id), 99, user_id, field, old, new, salt, digest FROM user_changes",
            "event 99",
        ),
        ("UPDATE user_changes SET event = 2 WHERE event = 3", "event 2: the change of user 1"),
        (
            "UPDATE user_changes SET id = 1000 + id WHERE id = (SELECT min(id) FROM user_changes)",
            "event 3: user changes were added",
        ),
    ] {
        let world = busy();
        world.sql(&format!("{unguard} {tampering}"));
        for command in ["audit verify", "store check"] {
            let run = world.run(command);
            let is_found = String::from_utf8_lossy(&run.all()).contains(found);
            // What the schema lacks comes first at `store check`.
            assert!(run.status == 65 && (is_found || command == "store check"), "{tampering}: {run}");
        }
    }
    let world = busy();
    // The guard is against accidents.
    let connection = rusqlite::Connection::open(world.store()).unwrap();
    for accident in
        ["UPDATE user_changes SET new = 'x'", "DELETE FROM user_changes", "UPDATE user_changes SET salt = zeroblob(16)"]
    {
        assert!(connection.execute_batch(accident).is_err(), "{accident}");
    }
}
