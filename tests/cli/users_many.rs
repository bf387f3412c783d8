//! `users show`, `lock`, `unlock`, `edit` and `delete` for several users: named, selected, or all.

use cxme_admin::actions::users::list::UserFilter;
use cxme_admin::actions::users::lock;
use cxme_admin::actions::users::lock::LockLimit;
use cxme_admin::actions::users::targets::TargetList;
use cxme_admin::app::ChangeOptions;
use insta::assert_snapshot;

use crate::permission_first::dump;
use crate::support::CAROL;
use crate::support::GOOD;
use crate::support::World;
use crate::support::me;

/// Four users with the role Clerk, of whom alice has a password and sam signs in with SAML, and olga, who has another role.
fn world() -> World {
    let world = World::new()
        .with_role("Clerk", "view-users")
        .with_users("alice:Clerk,bob:Clerk,carla:Clerk,olga")
        .with_saml_user()
        .with_password("alice", GOOD);
    world.run("users edit sam --role Clerk").expect_status(0);
    world
}

fn locked(world: &World) -> String {
    world.ask(
        "SELECT group_concat(username, ' ') FROM (SELECT * FROM users ORDER BY username) WHERE locked_at IS NOT NULL",
    )
}

#[test]
fn several_users_are_locked_after_a_question_with_their_number() {
    let world = world();
    assert_snapshot!(world.run("users lock alice bob"), @"
    status 2
    -- stderr
    error: cannot prompt (no terminal or `--no-input`): Lock 2 users (alice, bob) until `users unlock`
    hint: give `--yes` to do it without being asked
    ");
    assert_snapshot!(world.command("users lock --role Clerk").typing(["n"]).run(), @"
    status 65
    -- asked
    Lock 4 users (alice, bob, carla, sam) until `users unlock`? [y/N] n
    -- stderr
    error: aborted; nothing was changed
    ");
    assert_eq!(locked(&world), "-");
    assert_snapshot!(world.command("users lock --role Clerk --for 2h --reason 'office moved'").typing(["y"]).run(), @"
    status 0
    -- asked
    Lock 4 users (alice, bob, carla, sam) until 2026-11-24T10:00:00Z? [y/N] y
    -- stderr
    Locked 4 users until 2026-11-24T10:00:00Z.
    Non-interactive equivalent: cxme-admin users lock --role Clerk --for 2h --reason 'office moved' --yes
    ");
    assert_snapshot!(world.newest_event(), @r#"
    users lock | done | owner, Admin | office moved
    {"changed":4,"selection":"--role Clerk","until":"2026-11-24T10:00:00Z","users":4}
    "#);
    assert_eq!(locked(&world), "alice bob carla sam");
    assert_eq!(world.ask("SELECT count(*) FROM users WHERE session_epoch > 0 AND lock_reason = 'office moved'"), "4");
    let events = world.events();
    assert_snapshot!(world.run("users lock --role Clerk --for 2h --reason 'office moved' -v"), @"
    status 0
    -- stderr
    All of these users are already locked like this; nothing was changed.
    ");
    assert_eq!(world.events(), events, "nothing was changed");
    assert_snapshot!(world.command("users lock --all --for 2h --reason 'office moved'").typing(["y"]).run(), @"
    status 0
    -- asked
    Lock 1 of 5 users until 2026-11-24T10:00:00Z? [y/N] y
    -- stderr
    Locked 1 of 5 users until 2026-11-24T10:00:00Z.
    Non-interactive equivalent: cxme-admin users lock --all --for 2h --reason 'office moved' --yes
    ");
    assert_snapshot!(world.run("users lock --search nobody -v"), @"
    status 0
    -- stderr
    No users match; nothing was changed.
    ");
    assert_eq!(world.events(), events + 1);
}

/// A dismissed Locked user until `users unlock`, whatever other locks come later.
#[test]
fn a_lock_never_ends_sooner_by_another_one() {
    let world = world();
    world.run("users lock alice --reason dismissed").expect_status(0);
    world.run("users lock bob --for 30d --reason leave").expect_status(0);
    let locks = || {
        world.ask(
            "SELECT group_concat(username || ' ' || ifnull(locked_until, '-') || ' ' || lock_reason) \
        FROM users WHERE locked_at IS NOT NULL AND username IN ('alice', 'bob') ORDER BY username",
        )
    };
    let before = locks();
    assert_snapshot!(world.run("users lock --role Clerk --for 5s -n"), @"
    status 0
    -- stdout
    Would lock 2 of 4 users until 2026-11-24T08:00:05Z (2 already locked for longer).
    ");
    assert_snapshot!(world.run("users lock --role Clerk --for 5s -n -o json"), @r#"
    status 0
    -- stdout
    [
    {"action":"users lock","would_change":true,"users":4,"users_changed":2,"locked_longer":2,"left_out":[],"usernames":["alice","bob","carla","sam"],"locked_until":"2026-11-24T08:00:05Z","lock_reason":null}
    ]
    "#);
    assert_snapshot!(world.command("users lock --role Clerk --for 5s").typing(["y"]).run(), @"
    status 0
    -- asked
    Lock 2 of 4 users until 2026-11-24T08:00:05Z (2 already locked for longer)? [y/N] y
    -- stderr
    Locked 2 of 4 users until 2026-11-24T08:00:05Z (2 already locked for longer).
    Non-interactive equivalent: cxme-admin users lock --role Clerk --for 5s --yes
    ");
    assert_snapshot!(world.newest_event(), @r#"
    users lock | done | owner, Admin | -
    {"changed":2,"locked_longer":2,"selection":"--role Clerk","until":"2026-11-24T08:00:05Z","users":4}
    "#);
    assert_eq!(locks(), before);
    let events = world.events();
    assert_snapshot!(world.run("users lock alice bob --for 5s --reason other --yes -v"), @"
    status 0
    -- stderr
    Nothing was changed (2 already locked for longer).
    ");
    assert_snapshot!(world.run("users lock alice bob --for 5s -n"), @"
    status 0
    -- stdout
    Nothing would be changed (2 already locked for longer).
    ");
    assert_snapshot!(world.run("users lock alice --for 5s"), @"
    status 65
    -- stderr
    error: alice is already locked for longer, until `users unlock`; nothing was changed
    hint: to shorten the lock, end it first: cxme-admin users unlock alice
    ");
    assert_snapshot!(world.run("users lock bob --for 5s -n"), @"
    status 65
    -- stderr
    error: bob is already locked for longer, until 2026-12-24T08:00:00Z; nothing was changed
    hint: to shorten the lock, end it first: cxme-admin users unlock bob
    ");
    assert_eq!((locks(), world.events()), (before.clone(), events));
    world.wait(10);
    assert_snapshot!(world.run("users list --status locked --columns username -o ndjson").out(), @r#"
    {"username":"alice"}
    {"username":"bob"}
    "#);
    // Longer is granted, and the reason stays unless one is given.
    world.run("users lock alice bob --yes").expect_status(0);
    assert_snapshot!(locks(), @"alice - dismissed,bob - leave");
    world.run("users lock bob --reason dismissed").expect_status(0);
    assert_snapshot!(locks(), @"alice - dismissed,bob - dismissed");
    world.run("users unlock alice").expect_status(0);
    world.run("users lock alice --for 5s").expect_status(0);
}

#[test]
fn one_user_named_exactly_is_locked_at_once() {
    let world = world();
    world.run("users lock alice").expect_status(0);
    // A selection is asked for, however few it holds.
    world.run("users lock --search bob").expect_status(2);
    world.run("users lock bob BOB@example.com").expect_status(2);
    assert_eq!(locked(&world), "alice");
    world.run("users lock bob BOB@example.com --yes").expect_status(0);
    assert_eq!(locked(&world), "alice bob");
}

#[test]
fn several_users_are_unlocked() {
    let world = world();
    world.run("users lock bob carla --yes").expect_status(0);
    assert!(!world.accepts("alice", "wrong"));
    assert_snapshot!(world.command("users unlock --role Clerk").typing(["y"]).run(), @"
    status 0
    -- asked
    Unlock 3 of 4 users? [y/N] y
    -- stderr
    Unlocked 2 of 4 users. Cleared 1 failed login of 1 user.
    Non-interactive equivalent: cxme-admin users unlock --role Clerk --yes
    ");
    assert_snapshot!(world.newest_event(), @r#"
    users unlock | done | owner, Admin | -
    {"failed_logins":1,"selection":"--role Clerk","unlocked":2,"users":4}
    "#);
    assert_eq!((locked(&world), world.ask("SELECT count(*) FROM sign_in_failures")), ("-".to_owned(), "0".to_owned()));
    assert_snapshot!(world.run("users unlock alice bob -v"), @"
    status 0
    -- stderr
    None of these users is locked; nothing was changed.
    ");
}

#[test]
fn several_users_are_edited_and_passwords_that_go_are_counted() {
    let world = world();
    assert_snapshot!(world.command("users edit --with-role clerk --must-change").typing(["y"]).run(), @"
    status 0
    -- asked
    Change must_change_password of 1 of 4 users? [y/N] y
    -- stderr
    Changed must_change_password of 1 of 4 users. 3 users have no password to change.
    Non-interactive equivalent: cxme-admin users edit --with-role clerk --must-change --yes
    ");
    assert_eq!(world.ask("SELECT group_concat(username) FROM users WHERE must_change_password"), "alice");
    assert_snapshot!(world.newest_event(), @r#"
    users edit | done | owner, Admin | -
    {"changed":1,"must_change_password":{"new":true},"selection":"--with-role clerk","users":4}
    "#);
    assert_snapshot!(world.command("users edit --with-role Clerk --sign-in saml --locale de").typing(["y"]).run(), @"
    status 0
    -- asked
    Change sign_in, locale of 4 users (alice, bob, carla, sam) and remove 1 password? [y/N] y
    -- stderr
    Changed sign_in, locale of 4 users. Removed 1 password: these users sign in with SAML.
    Non-interactive equivalent: cxme-admin users edit --with-role Clerk --sign-in saml --locale de --yes
    ");
    assert_snapshot!(world.newest_event(), @r#"
    users edit | done | owner, Admin | -
    {"changed":4,"locale":{"new":"de"},"passwords_removed":1,"selection":"--with-role Clerk","sign_in":{"new":"saml"},"users":4}
    "#);
    assert_eq!(world.ask("SELECT count(*) FROM users WHERE password_hash IS NOT NULL OR must_change_password"), "0");
    assert_eq!(world.ask("SELECT count(*) FROM password_history"), "0");
    assert_eq!(world.ask("SELECT count(*) FROM users WHERE sign_in = 'saml' AND locale = 'de'"), "4");
    assert!(!world.accepts("alice", GOOD));
    assert_snapshot!(world.run("users edit --with-sign-in saml --sign-in password --role 'Minimal Permissions' --yes -v"), @"
    status 0
    -- stderr
    Changed role, sign_in of 4 users. Those who came from SAML cannot log in before they have a new password: cxme-admin users list --no-password
    ");
    assert_snapshot!(world.run("users edit --all --sign-in password --yes -v"), @"
    status 0
    -- stderr
    All of these users already match; nothing was changed.
    ");
    assert_snapshot!(world.run("users edit alice olga --must-change --yes -v"), @"
    status 0
    -- stderr
    Nothing was changed. 2 users have no password to change.
    ");
    assert_snapshot!(world.run("users edit alice olga --must-change -n"), @"
    status 0
    -- stdout
    Nothing would be changed. 2 users have no password to change.
    ");
    assert_snapshot!(world.run("users edit alice olga --locale '' --yes -v"), @"
    status 0
    -- stderr
    Changed locale of 1 of 2 users.
    ");
}

#[test]
fn what_is_about_one_user_is_not_set_for_several() {
    let world = world();
    assert_snapshot!(world.run("users edit alice bob --name X --yes"), @"
    status 2
    -- stderr
    error: --name: only for one user, named exactly
    hint: name one user
    ");
    for command in ["users edit --all --email x@example.com --yes", "users edit alice bob --username x --yes"] {
        world.run(command).expect_status(2);
    }
    assert_snapshot!(world.run("users edit --all --sign-in saml --must-change --yes"), @"
    status 2
    -- stderr
    error: --must-change: a user who signs in with SAML has no password to change
    hint: give one of `--must-change` and `--sign-in saml`
    ");
    assert_snapshot!(world.run("users edit alice --must-change --no-must-change"), @"
    status 2
    -- stderr
    error: the argument '--must-change' cannot be used with '--no-must-change'

    Usage: cxme-admin users edit --must-change <USER>...

    For more information, try '--help'.
    ");
}

#[test]
fn one_user_must_change_the_password_or_not() {
    let world = world();
    assert_snapshot!(world.run("users edit alice --must-change -v"), @"
    status 0
    -- stderr
    Changed alice: must_change_password.
    ");
    assert_snapshot!(world.newest_event(), @r#"
    users edit | done | owner, Admin | -
    {"username":"alice"}
    "#);
    assert_eq!(world.ask("SELECT must_change_password FROM users WHERE username = 'alice'"), "1");
    world.run("users edit alice --no-must-change").expect_status(0);
    assert_eq!(world.ask("SELECT must_change_password FROM users WHERE username = 'alice'"), "0");
    assert!(world.accepts("alice", GOOD), "the password stays");
    assert_snapshot!(world.run("users edit bob --must-change"), @"
    status 65
    -- stderr
    error: bob has no password to change
    hint: set one that must be changed: cxme-admin users set-password bob --must-change
    ");
    world.run("users edit bob --no-must-change").expect_status(0);
}

#[test]
fn several_users_are_deleted() {
    let world = world();
    assert_snapshot!(world.command("users delete --role Clerk --reason left").typing(["yes"]).run(), @"
    status 0
    -- asked
    Delete 4 users (alice, bob, carla, sam) permanently? [y/N] yes
    -- stderr
    Deleted 4 users.
    Non-interactive equivalent: cxme-admin users delete --role Clerk --reason left --yes
    ");
    assert_snapshot!(world.newest_event(), @r#"
    users delete | done | owner, Admin | left
    {"selection":"--role Clerk","users":4}
    "#);
    assert_eq!(world.ask("SELECT group_concat(username) FROM users"), "olga");
    assert_snapshot!(world.command("users delete --from - --yes -v").stdin("olga\n").run(), @"
    status 0
    -- stderr
    Deleted 1 user.
    ");
    assert_snapshot!(world.newest_event(), @r#"
    users delete | done | owner, Admin | -
    {"selection":"--from -","sha256":"b8f9a4af77c3956dbc95ca372ee11572348ec9eebf3163b5618395c0a05c140d","users":1}
    "#);
    assert_eq!(world.count_users(), 0);
}

#[test]
fn several_users_are_shown_by_address() {
    let world = world();
    assert_snapshot!(world.run("users show carla bob"), @"
    status 0
    -- stdout
    Username:              bob
    Email:                 bob@example.com
    Name:                  Bob Example
    Role:                  Clerk
    Status:                active
    Sign-in:               password
    Password set:          none
    Must change password:  no
    Session epoch:         0
    Last recorded login:   never
    Added:                 now (2026-11-24T08:00:00Z)
    Changed:               now (2026-11-24T08:00:00Z)

    Username:              carla
    Email:                 carla@example.com
    Name:                  Carla Example
    Role:                  Clerk
    Status:                active
    Sign-in:               password
    Password set:          none
    Must change password:  no
    Session epoch:         0
    Last recorded login:   never
    Added:                 now (2026-11-24T08:00:00Z)
    Changed:               now (2026-11-24T08:00:00Z)
    ");
    let shown: serde_json::Value =
        serde_json::from_str(&world.run("users show --role Clerk -o json").expect_status(0).out()).unwrap();
    let names: Vec<&str> = shown.as_array().unwrap().iter().map(|user| user["username"].as_str().unwrap()).collect();
    assert_eq!(names, ["alice", "bob", "carla", "sam"]);
    let one: serde_json::Value = serde_json::from_str(&world.run("users show alice -o json").out()).unwrap();
    assert_eq!(shown[0], one, "the same fields as of one user");
    assert_eq!(one["failed_logins"], 0);
    assert_eq!(world.run("users show --all -o csv").out().lines().count(), 6);
    assert_eq!(world.run("users show --search nobody -o json").out(), "[]\n");
    assert_snapshot!(world.run("users show --search nobody -v"), @"
    status 0
    -- stderr
    No users match.
    ");
}

#[test]
fn one_who_may_not_be_touched_or_does_not_exist_refuses_all() {
    let world = world()
        .with_role("Mine", "view-users edit-users delete-users lock-users")
        .with_role("Higher", "view-users edit-users delete-users lock-users view-audit")
        .with_operator(CAROL, "Mine");
    let high: Vec<String> = (0..25).map(|n| format!("high{n:02}:Higher")).collect();
    let world = world.with_users(&high.join(","));
    let rows = || world.ask("SELECT group_concat(username || updated_at || ifnull(locked_at, '-')) FROM users");
    let before = rows();
    for command in [
        "users lock --all --yes",
        "users lock alice high01 --yes",
        "users unlock --all --yes",
        "users edit --all --locale de --yes",
        "users delete --all --yes",
        "users delete --all -n",
    ] {
        let events = world.events();
        let run = world.command(command).uid(CAROL).run().expect_status(77);
        assert!(run.stdout.is_empty(), "{command}: {run}");
        assert_eq!((rows(), world.events()), (before.clone(), events + 1), "{command}");
        assert!(world.newest_event().contains(" | refused | carol, Mine"), "{command}: {}", world.newest_event());
        assert!(world.newest_event().contains("high01"), "{command}: {}", world.newest_event());
    }
    assert_snapshot!(world.command("users lock high03 alice --yes").uid(CAROL).run(), @"
    status 77
    -- stderr
    error: 1 user has a role with permissions that your role, Mine, lacks (such as `view-audit`): high03; nothing was changed
    hint: ask an operator whose role has at least those permissions
    ");
    assert_snapshot!(world.command("users lock --all --yes").uid(CAROL).run(), @"
    status 77
    -- stderr
    error: 25 users have a role with permissions that your role, Mine, lacks (such as `view-audit`): high00, high01, high02, high03, high04, high05, high06, high07, high08, high09, high10, high11, high12, high13, high14, high15, high16, high17, high18, high19 and others; nothing was changed
    hint: ask an operator whose role has at least those permissions
    ");
    assert_snapshot!(world.command("users edit --all --role Higher --yes").uid(CAROL).run(), @"
    status 77
    -- stderr
    error: 25 users have a role with permissions that your role, Mine, lacks (such as `view-audit`): high00, high01, high02, high03, high04, high05, high06, high07, high08, high09, high10, high11, high12, high13, high14, high15, high16, high17, high18, high19 and others; nothing was changed
    hint: ask an operator whose role has at least those permissions
    ");
    assert_snapshot!(world.run("users lock alice nobody none --yes"), @"
    status 67
    -- stderr
    error: 2 of the names match no user; nothing was done
      - no user with the username `nobody`
      - no user with the username `none`
    hint: names must match exactly; to search: cxme-admin users list --search TEXT
    ");
    assert_snapshot!(world.command("users lock --from - --yes").stdin("alice\nnobody\n").run(), @"
    status 67
    -- stderr
    error: line 2: no user with the username `nobody`
    hint: names must match exactly; to search: cxme-admin users list --search TEXT
    ");
    assert_eq!(rows(), before);
}

#[test]
fn who_is_meant_is_said_in_one_way_in_each_command() {
    let world = world();
    for command in ["show", "lock", "unlock", "delete", "edit --must-change"] {
        for users in ["", "alice --all", "alice --search b", "--all --search b", "--search ''", "--from /absent"] {
            let run = world.run(&format!("users {command} {users}"));
            let expected = if users == "--from /absent" { 74 } else { 2 };
            assert_eq!(run.status, expected, "{command} {users}: {run}");
        }
    }
    assert_snapshot!(world.run("users lock"), @"
    status 2
    -- stderr
    error: no user is named
    hint: name users, or select some (`--all` for everybody)
    ");
    assert_snapshot!(world.run("users edit --with-role '' --must-change"), @"
    status 2
    -- stderr
    error: --with-role: the value is empty
    hint: leave it out to mean all
    ");
}

#[test]
fn a_dry_run_says_who_would_be_changed() {
    let world = world();
    let before = (world.events(), world.ask("SELECT group_concat(quote(username) || updated_at) FROM users"));
    for command in [
        "users lock --role Clerk -n",
        "users unlock --all -n",
        "users edit --with-role Clerk --sign-in saml -n",
        "users delete alice bob -n",
        "users delete --all -n",
    ] {
        let run = world.run(command).expect_status(0);
        assert!(!run.stdout.is_empty(), "{command}");
        let data: serde_json::Value = serde_json::from_str(&world.run(&format!("{command} -o json")).out()).unwrap();
        assert!(data[0]["users"].is_u64(), "{command}: {data}");
    }
    assert_snapshot!(world.run("users edit --with-role Clerk --sign-in saml -n"), @"
    status 0
    -- stdout
    Would change sign_in of 3 of 4 users and remove 1 password (alice).
    ");
    assert_snapshot!(world.run("users edit --with-role Clerk --sign-in saml -n -o json"), @r#"
    status 0
    -- stdout
    [
    {"action":"users edit","would_change":true,"users":4,"users_changed":3,"usernames":["alice","bob","carla","sam"],"changed":["sign_in"],"passwords_removed":1,"password_removed_usernames":["alice"],"without_password":0}
    ]
    "#);
    assert_snapshot!(world.run("users lock alice bob -n"), @"
    status 0
    -- stdout
    Would lock 2 users (alice, bob) until `users unlock`.
    ");
    assert_snapshot!(world.run("users delete --all -n -o ndjson"), @r#"
    status 0
    -- stdout
    {"action":"users delete","would_change":true,"users":5,"usernames":["alice","bob","carla","olga","sam"]}
    "#);
    let after = (world.events(), world.ask("SELECT group_concat(quote(username) || updated_at) FROM users"));
    assert_eq!(after, before);
}

#[test]
fn names_that_hold_control_characters_are_shown_escaped() {
    let world = world();
    world.sql("UPDATE users SET username = 'evil' || char(27) || '[2J' WHERE username = 'bob'");
    for command in ["users lock --all -n", "users delete --all -n -o json", "users show --all"] {
        let run = world.run(command).expect_status(0);
        assert!(!run.all().contains(&0x1b), "{command}: {run}");
    }
    let run = world.command("users lock --search evil").typing(["n"]).run();
    assert!(!run.asked.contains('\u{1b}'), "{run}");
}

/// The operator confirmed two users; meanwhile another one came to have the role, so the change is refused.
#[test]
fn what_was_not_confirmed_is_not_changed() {
    let world = world();
    let app = world.app(me(), "owner");
    let wanted = UserFilter { role: Some("Clerk".to_owned()), ..UserFilter::default() };
    let several = TargetList { wanted, words: Some("--role Clerk".to_owned()), ..TargetList::default() };
    let trial = ChangeOptions { dry_run: true, ..ChangeOptions::default() };
    let confirmed = lock::lock_several(&app, &several, None, LockLimit::Any, &trial).unwrap().users;
    assert_eq!(confirmed.count, 4);
    let several = TargetList { confirmed: Some(confirmed), ..several };
    world.run("users edit bob --role 'Minimal Permissions'").expect_status(0);
    world.run("users edit olga --role Clerk").expect_status(0);
    let refused = lock::lock_several(&app, &several, None, LockLimit::Any, &ChangeOptions::default()).unwrap_err();
    assert_snapshot!(refused, @"the selection holds other users than those you confirmed (4 then, 4 now); nothing was changed");
    assert_eq!(locked(&world), "-");
    world.run("users edit bob --role Clerk").expect_status(0);
    world.run("users edit olga --role 'Minimal Permissions'").expect_status(0);
    let locked_now = lock::lock_several(&app, &several, None, LockLimit::Any, &ChangeOptions::default()).unwrap();
    assert_eq!((locked_now.changed, locked(&world).as_str()), (4, "alice bob carla sam"));
}

/// Users in every state that a change of many treats in its own way.
fn every_state() -> World {
    let world = World::with_mail()
        .with_role("Clerk", "view-users")
        .with_users("active,locked,until,over,hashed,must,failed,german:Clerk,waiting")
        .with_saml_user();
    for user in ["hashed", "must", "until"] {
        world.set_password(user, GOOD);
    }
    world.set_password("hashed", crate::support::OTHER);
    world.run("users edit must --must-change").expect_status(0);
    world.run("users edit german --locale de").expect_status(0);
    world.run("users lock locked --reason gone").expect_status(0);
    world.run("users lock over --for 1m").expect_status(0);
    world.run("users lock until --until 2026-11-24T10:00Z").expect_status(0);
    assert!(!world.accepts("hashed", "wrong"));
    world.run("users send-reset waiting hashed").expect_status(0);
    world.wait(60);
    world
}

/// The statements over many users are fast copies of what is done to one.
#[test]
fn many_users_are_changed_as_each_of_them_would_be() {
    for command in [
        "users lock",
        "users lock --reason gone",
        "users lock --until 2026-11-24T10:00Z",
        "users lock --until 2026-11-24T09:00Z --reason moved",
        "users lock --for 90d",
        "users unlock",
        "users edit --role Clerk",
        "users edit --sign-in saml",
        "users edit --sign-in password",
        "users edit --locale de",
        "users edit --locale ''",
        "users edit --must-change",
        "users edit --no-must-change --sign-in password --role Clerk",
        "users delete",
    ] {
        let (one_by_one, at_once) = (every_state(), every_state());
        assert_eq!(dump(&one_by_one), dump(&at_once));
        let users = one_by_one.run("users list -o csv --columns username").out();
        for user in users.lines().skip(1) {
            let run = one_by_one.run(&format!("{command} {user} --yes"));
            // One who has no password to change, or a lock that ends later, is refused alone, and left as they are among many.
            let may_be_refused =
                command.contains("must-change") || command.contains("until") || command.contains("for");
            assert!(run.status == 0 || (run.status == 65 && may_be_refused), "{command} {user}: {run}");
        }
        at_once.run(&format!("{command} --all --yes")).expect_status(0);
        for world in [&one_by_one, &at_once] {
            // A trigger takes the time of the machine for it.
            world.sql("UPDATE messages SET revoked_at = 0, ended_at = 0 WHERE revoked_why = 'user deleted'");
        }
        let (one_by_one, at_once) = (dump(&one_by_one), dump(&at_once));
        // The changes are those of one event here, and of one for each user there.
        let rows =
            |dump: &str| dump.lines().filter(|row| !row.starts_with("user_changes ")).map(str::to_owned).collect();
        let (one_by_one, at_once): (Vec<String>, Vec<String>) = (rows(&one_by_one), rows(&at_once));
        let differing = one_by_one.iter().zip(&at_once).find(|(one, many)| one != many);
        assert_eq!(differing, None, "{command}: one by one, and at once");
        assert_eq!(one_by_one.len(), at_once.len(), "{command}");
    }
}

#[test]
fn every_change_of_a_large_event_is_shown() {
    let world = world();
    let users: Vec<String> = (0..1_050).map(|n| format!("u{n}")).collect();
    let world = world.with_users(&users.join(","));
    world.run("users edit --search u --locale de --yes").expect_status(0);
    let changed = world.ask("SELECT count(*) FROM users WHERE locale = 'de'");
    let event = world.events();
    let rows = world.run(&format!("audit show {event} --changes -o ndjson")).expect_status(0).out();
    assert_eq!(rows.lines().count().to_string(), changed);
    assert!(rows.lines().all(|row| row.contains("\"field\":\"locale\"")), "{rows:.300}");
}

#[test]
fn the_event_of_many_users_is_found_by_each_of_them() {
    let world = world();
    world.run("users lock alice bob --yes").expect_status(0);
    assert!(!world.accepts("carla", "wrong") && !world.accepts("alice", "wrong"));
    world.sql("INSERT INTO sign_in_failures VALUES (3, 7, 0, NULL)");
    world.run("users unlock --role Clerk --yes").expect_status(0);
    world.run("users edit bob olga --locale de --yes").expect_status(0);
    let actions = |user: &str| {
        let run = world.command("audit list -o csv --user").argument(user).run().expect_status(0);
        run.out()
            .lines()
            .skip(1)
            .filter_map(|line| line.split(',').nth(8).map(str::to_owned))
            .collect::<Vec<_>>()
            .join(", ")
    };
    assert_snapshot!(actions("alice"), @"users unlock, users lock, users set-password, users import");
    assert_snapshot!(actions("bob"), @"users edit, users unlock, users lock, users import");
    assert_snapshot!(actions("carla"), @"users unlock, users import");
    assert_snapshot!(actions("olga"), @"users edit, users import");
    let event = world.events();
    assert_snapshot!(world.run(&format!("audit show {event} --changes")), @"
    status 0
    -- stdout
    USER ID  USER  FIELD   OLD  NEW  ERASED
    2        bob   locale       de   no
    4        olga  locale       de   no
    ");
    world.run("users delete alice bob --yes").expect_status(0);
    assert_snapshot!(world.run(&format!("audit show {event} --changes -o csv")), @"
    status 0
    -- stdout
    user_id,username,field,old,new,erased
    2,,locale,,,true
    4,olga,locale,,de,false
    ");
    assert_eq!(world.run("audit show 99 --changes").status, 65);
    assert_eq!(
        world.ask("SELECT group_concat(user_id) FROM user_changes WHERE field = 'user' AND new = 'deleted'"),
        "1,2"
    );
    world.run("audit verify").expect_status(0);
    world.run("store check").expect_status(0);
}
