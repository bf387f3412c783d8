//! `users add`, `show`, `edit`, `delete`, `lock`, `unlock`, `list`.

use insta::assert_snapshot;

use crate::support::CAROL;
use crate::support::GOOD;
use crate::support::World;

#[test]
fn whoever_may_only_add_users_is_offered_no_more_and_has_tried_no_more() {
    let world = World::new().with_role("Clerk", "view-users add-users").with_operator(CAROL, "Clerk");
    let events = world.events();
    let run = world.command("users add alice@example.com").at_terminal().uid(CAROL).run().expect_status(0);
    assert!(run.err().contains("alice cannot log in yet"), "{run}");
    assert_eq!(world.events(), events + 1, "{}", world.newest_event());
    assert!(world.newest_event().contains("users add | done | carol"), "{}", world.newest_event());
}

#[test]
fn a_user_is_added_and_cannot_log_in_yet() {
    let world = World::new();
    assert_snapshot!(world.command("users add alice@example.com --name 'Alice Adams'").at_terminal().run(), @"
    status 0
    -- stderr
    Added alice (alice@example.com).
    alice cannot log in yet: cxme-admin users password alice
    ");
    assert_snapshot!(world.run("users show alice"), @"
    status 0
    -- stdout
    Username:              alice
    Email:                 alice@example.com
    Name:                  Alice Adams
    Role:                  Minimal Permissions
    Status:                active
    Sign-in:               password
    Password set:          none
    Must change password:  no
    Session epoch:         0
    Last recorded login:   never
    Added:                 now (2026-11-24T08:00:00Z)
    Changed:               now (2026-11-24T08:00:00Z)
    ");
    assert_snapshot!(world.newest_event(), @r#"
    users add | done | owner, Admin | -
    {"role":"Minimal Permissions","sign_in":"password","username":"alice"}
    "#);
}

#[test]
fn a_user_is_added_with_a_password_that_is_asked_for() {
    let world = World::new();
    assert_snapshot!(world.command("users add alice@example.com --set-password").typing([GOOD, GOOD]).run(), @"
    status 0
    -- asked
    Requirements for the password of alice (alice@example.com):
      - at least 15 characters (any characters, including spaces)
      - not a common password, even with digits or symbols added; several words in a row are fine
      - not only the user's name, username or email address, or the organization's name
      - no repetition of one character or a short group, and no sequence such as abcdefgh12345678
    Help: help@example.com, extension 4711
    New password: 
    Retype new password: 
    -- stderr
    Added alice (alice@example.com).
    Password set for alice.
    Non-interactive equivalent: cxme-admin users set-password alice --stdin < FILE
    ");
    assert!(world.accepts("alice", GOOD));
}

#[test]
fn a_user_is_added_with_a_generated_password() {
    let world = World::new();
    let run = world.run("users add alice@example.com --generate").expect_status(0);
    assert!(run.stderr.is_empty());
    assert!(world.accepts("alice", run.out().trim_end()));
    assert_eq!(world.run("users add bob@example.com --generate --set-password").status, 2);
}

#[test]
fn a_user_who_cannot_be_asked_for_a_password_is_not_added() {
    let world = World::new();
    let run = world.run("users add alice@example.com --set-password");
    assert_eq!(run.status, 2, "{run}");
    assert_eq!(world.count_users(), 0, "{run}");
}

#[test]
fn a_user_of_the_identity_provider_gets_no_password() {
    let world = World::new();
    assert_snapshot!(world.run("users add sam@idp.example.com --generate"), @"
    status 65
    -- stderr
    error: a user who signs in with SAML has no password here: leave out `--send-reset`, `--set-password` and `--generate`
    ");
    assert_snapshot!(world.run("users add sam@idp.example.com -v"), @"
    status 0
    -- stderr
    Added sam (sam@idp.example.com).
    ");
    assert_eq!(world.ask("SELECT sign_in FROM users"), "saml");
    world.run("users add pat@idp.example.com --sign-in password").expect_status(0);
    assert_eq!(world.ask("SELECT sign_in FROM users WHERE username = 'pat'"), "password");
}

#[test]
fn what_is_malformed_or_taken_is_refused_with_the_reason() {
    let world = World::new().with_users("alice");
    assert_snapshot!(world.run("users add Alice@EXAMPLE.com"), @"
    status 65
    -- stderr
    error: the email address `Alice@EXAMPLE.com` is already in use
    ");
    assert_snapshot!(world.run("users add other@example.com --username ALICE"), @"
    status 65
    -- stderr
    error: the username `ALICE` is already in use
    hint: give another one with `--username`
    ");
    assert_snapshot!(world.run("users add alice@example.com --username other"), @"
    status 65
    -- stderr
    error: the email address `alice@example.com` is already in use
    ");
    assert_snapshot!(world.run("users add new@elsewhere.example"), @"
    status 65
    -- stderr
    error: the email domain of new@elsewhere.example is not one of the organization's: example.com, idp.example.com
    hint: the domains are configured in [organization] email_domains
    ");
    assert_snapshot!(world.run("users add new@example.com --username 'a b'"), @"
    status 65
    -- stderr
    error: the username holds ` `: only ASCII letters, digits and `._-` are allowed
    ");
    assert_snapshot!(world.run("users add new+tag@example.com"), @"
    status 65
    -- stderr
    error: the email address `new+tag@example.com` gives no username: holds `+`: only ASCII letters, digits and `._-` are allowed
    hint: give another one with `--username`
    ");
    assert_snapshot!(world.run("users add new@example.com --role Boss"), @"
    status 65
    -- stderr
    error: no such role: `Boss`
    hint: cxme-admin roles list
    ");
    assert_snapshot!(world.run("users add new@example.com --locale 'klingon!'"), @"
    status 65
    -- stderr
    error: the locale `klingon!` is not a language tag such as `en` or `de-AT`
    ");
    assert_snapshot!(world.run("users add new@example.com --sign-in ldap"), @"
    status 2
    -- stderr
    error: invalid value 'ldap' for '--sign-in <SIGN-IN>': `ldap` is not a sign-in: take `password` or `saml`

    For more information, try '--help'.
    ");
    assert_eq!(world.count_users(), 1);
}

#[test]
fn addresses_that_no_mail_reaches_or_that_deceive_are_refused() {
    let world = World::new().with_users("alice");
    let long = format!("{}@example.com", "x".repeat(65));
    for email in [
        "",
        " ",
        "alice",
        "@example.com",
        "alice@",
        "a@b@example.com",
        "alice @example.com",
        "al\rice@example.com",
        "alice@example.com\n",
        "\nalice@example.com",
        "new@example.com\r\nBcc: x@example.com",
        "a\tb@example.com",
        "al\u{202e}ice@example.com",
        "new\u{200b}@example.com\u{feff}",
        "new@example",
        "new@.example.com",
        ".new@example.com",
        "new@example..com",
        "new@-example.com",
        "\"new user\"@example.com",
        "<new@example.com>",
        "new@example.com,x@example.com",
        "аlice@example.com",
        "alice@exаmple.com",
        "alice\u{9b}@example.com",
        "new@[127.0.0.1]",
        &long,
    ] {
        let run = world.command("users add --").argument(email).run();
        assert_eq!(run.status, 65, "{email:?}: {run}");
        assert!(run.stdout.is_empty() && run.err().lines().count() <= 2, "{email:?}: {run}");
        let run = world.command("users edit alice").argument(format!("--email={email}")).run();
        assert_eq!(run.status, 65, "{email:?}: {run}");
    }
    assert_eq!(world.count_users(), 1);
    assert_eq!(world.ask("SELECT email FROM users"), "alice@example.com");
}

#[test]
fn look_alikes_never_find_another_user() {
    let world = World::new().with_users("alice");
    for given in
        ["аlice", "alice ", " alice", "ali", "alice%", "ALICE@EXAMPLE.COM ", "alıce", "ALİCE", "alice@example.com."]
    {
        let run = world.command("users show --").argument(given).run();
        assert_eq!(run.status, 67, "{given:?}: {run}");
    }
    world.run("users show ALICE").expect_status(0);
    world.run("users show Alice@Example.COM").expect_status(0);
}

#[test]
fn the_plan_of_an_edit_waits_for_no_other_writer() {
    let world = World::new().with_users("alice");
    let other = rusqlite::Connection::open(world.store()).unwrap();
    other.execute_batch("BEGIN IMMEDIATE").unwrap();
    world.run("users edit alice --name 'Alice Adams' --dry-run").expect_status(0);
}

#[test]
fn a_user_is_edited_and_the_event_says_old_and_new() {
    let world = World::new().with_users("alice");
    world.wait(86_400);
    let edit =
        "users edit alice --email adams@example.com --username adams --name 'Alice Adams' --role Admin --locale de-AT";
    assert_snapshot!(world.command(edit).at_terminal().run(), @"
    status 0
    -- stderr
    Changed adams: email, locale, name, role, username.
    ");
    assert_snapshot!(world.newest_event(), @r#"
    users edit | done | owner, Admin | -
    {"username":"alice"}
    "#);
    assert_snapshot!(world.run("users show adams"), @"
    status 0
    -- stdout
    Username:              adams
    Email:                 adams@example.com
    Name:                  Alice Adams
    Role:                  Admin
    Status:                active
    Sign-in:               password
    Locale:                de-AT
    Password set:          none
    Must change password:  no
    Session epoch:         1
    Last recorded login:   never
    Added:                 1 day ago (2026-11-24T08:00:00Z)
    Changed:               now (2026-11-25T08:00:00Z)
    ");
    assert_snapshot!(world.run("users edit adams --name 'Alice Adams' -v"), @"
    status 0
    -- stderr
    adams already matches; nothing was changed.
    ");
    world.run("users edit adams --locale ''").expect_status(0);
    assert_eq!(world.ask("SELECT locale FROM users"), "-");
}

#[test]
fn moving_to_saml_asks_and_removes_the_password_in_the_same_change() {
    let world = World::new().with_users("alice").with_password("alice", GOOD);
    let epoch = world.ask("SELECT session_epoch FROM users");
    assert_snapshot!(world.run("users edit alice --sign-in saml"), @"
    status 65
    -- stderr
    error: 1 password would be removed, because the users would sign in with SAML; nothing was changed
    hint: look at them with `--dry-run`; give `--yes` to remove them without being asked
    ");
    assert_snapshot!(world.command("users edit alice --sign-in saml").typing(["n"]).run(), @"
    status 65
    -- asked
    Move alice to SAML and remove the password? [y/N] n
    -- stderr
    error: aborted; nothing was changed
    ");
    assert!(world.accepts("alice", GOOD));
    assert_snapshot!(world.command("users edit alice --sign-in saml --dry-run -v").run(), @"
    status 0
    -- stdout
    Would change alice: sign_in. Would remove the password: the user signs in with SAML.
    -- stderr
    Dry run; nothing was changed.
    ");
    assert_snapshot!(world.command("users edit alice --sign-in saml").typing(["y"]).run(), @"
    status 0
    -- asked
    Move alice to SAML and remove the password? [y/N] y
    -- stderr
    Changed alice: sign_in.
    Removed the password of alice: the user signs in with SAML.
    Non-interactive equivalent: cxme-admin users edit alice --sign-in saml --yes
    ");
    assert_snapshot!(world.newest_event(), @r#"
    users edit | done | owner, Admin | -
    {"passwords_removed":1,"username":"alice"}
    "#);
    assert_eq!(world.ask("SELECT password_hash FROM users"), "-");
    assert_ne!(world.ask("SELECT session_epoch FROM users"), epoch);
    assert!(!world.accepts("alice", GOOD));
    assert_snapshot!(world.run("users edit alice --sign-in password -v"), @"
    status 0
    -- stderr
    Changed alice: sign_in.
    alice cannot log in yet: cxme-admin users set-password alice
    ");
    assert!(!world.accepts("alice", GOOD), "the old password does not come back");
}

#[test]
fn an_address_in_a_saml_domain_moves_the_user_there_too() {
    let world = World::new().with_users("alice").with_password("alice", GOOD);
    assert_eq!(world.run("users edit alice --email alice@idp.example.com").status, 65);
    world.run("users edit alice --email alice@idp.example.com --yes").expect_status(0);
    assert_eq!(world.ask("SELECT sign_in || ifnull(password_hash, '') FROM users"), "saml");
}

#[test]
fn users_are_deleted_all_or_none_and_asked_for() {
    let world = World::new().with_users("alice,bob,carla").with_password("alice", GOOD);
    assert_snapshot!(world.run("users delete alice"), @"
    status 2
    -- stderr
    error: cannot prompt (no terminal or `--no-input`): Delete alice (alice@example.com) permanently
    hint: give `--yes` to do it without being asked
    ");
    assert_snapshot!(world.command("users delete alice bob").typing(["no"]).run(), @"
    status 65
    -- asked
    Delete 2 users (alice, bob) permanently? [y/N] no
    -- stderr
    error: aborted; nothing was changed
    ");
    assert_snapshot!(world.run("users delete alice nobody --yes"), @"
    status 67
    -- stderr
    error: no user with the username `nobody`
    hint: names must match exactly; to search: cxme-admin users list --search TEXT
    ");
    assert_eq!(world.count_users(), 3);
    assert_snapshot!(world.run("users delete alice --dry-run -v"), @"
    status 0
    -- stdout
    Would delete alice (alice@example.com).
    -- stderr
    Dry run; nothing was changed.
    ");
    assert_snapshot!(world.command("users delete alice bob alice@example.com --reason left").typing(["yes"]).run(), @"
    status 0
    -- asked
    Delete 2 users (alice, bob) permanently? [y/N] yes
    -- stderr
    Deleted 2 users.
    Non-interactive equivalent: cxme-admin users delete alice bob alice@example.com --reason left --yes
    ");
    assert_snapshot!(world.newest_event(), @r#"
    users delete | done | owner, Admin | left
    {"usernames":["alice","bob"],"users":2}
    "#);
    assert_eq!(world.ask("SELECT group_concat(username) FROM users"), "carla");
    world.run("users delete carla --yes").expect_status(0);
    assert_snapshot!(world.newest_event(), @r#"
    users delete | done | owner, Admin | -
    {"username":"carla"}
    "#);
}

#[test]
fn a_user_is_locked_for_a_time_or_for_good_and_unlocked() {
    let world = World::new().with_users("alice").with_password("alice", GOOD);
    assert_snapshot!(world.run("users lock alice --for 2h --reason 'lost laptop' -v"), @"
    status 0
    -- stderr
    Locked alice until 2026-11-24T10:00:00Z.
    ");
    assert_snapshot!(world.newest_event(), @r#"
    users lock | done | owner, Admin | lost laptop
    {"until":"2026-11-24T10:00:00Z","username":"alice"}
    "#);
    assert_snapshot!(world.run("users show alice"), @"
    status 0
    -- stdout
    Username:               alice
    Email:                  alice@example.com
    Name:                   Alice Example
    Role:                   Minimal Permissions
    Status:                 locked
    Locked until:           in 2 hours (2026-11-24T10:00:00Z)
    Lock reason:            lost laptop
    Sign-in:                password
    Password set:           now (2026-11-24T08:00:00Z)
    Must change password:   no
    Set under this policy:  yes
    Session epoch:          2
    Last recorded login:    never
    Added:                  now (2026-11-24T08:00:00Z)
    Changed:                now (2026-11-24T08:00:00Z)
    ");
    assert_snapshot!(world.run("users lock alice -v"), @"
    status 0
    -- stderr
    Locked alice until `users unlock`.
    ");
    assert_snapshot!(world.run("users lock alice -v"), @"
    status 0
    -- stderr
    alice is already locked like this; nothing was changed.
    ");
    assert_snapshot!(world.run("users unlock alice -v"), @"
    status 0
    -- stderr
    Unlocked alice.
    ");
    assert_snapshot!(world.run("users unlock alice -v"), @"
    status 0
    -- stderr
    alice is not locked; nothing was changed.
    ");
    assert_snapshot!(world.run("users lock alice --until 2026-12-01 -v"), @"
    status 0
    -- stderr
    Locked alice until 2026-12-01T00:00:00Z.
    ");
    assert_snapshot!(world.run("users lock alice --until 2020-01-01"), @"
    status 65
    -- stderr
    error: the end of the lock lies in the past
    ");
    assert_snapshot!(world.run("users lock alice --until soon"), @"
    status 2
    -- stderr
    error: --until: `soon` is neither a date such as 2026-12-01 nor a time such as 2026-12-01T08:00 or 2026-12-01T08:00Z
    ");
    assert_snapshot!(world.run("users lock alice --for 5"), @"
    status 2
    -- stderr
    error: --for: expected whole numbers with the units w, d, h, m, s, as in `24h`, `90d` or `2h30m`
    ");
    assert_eq!(world.run("users lock alice --for 2h --until 2026-12-01").status, 2);
    let hostile = world.command("users lock alice --reason").argument("a\u{1b}b").run();
    assert_eq!(hostile.status, 65, "{hostile}");
}

#[test]
fn a_lock_ends_the_sessions_and_ends_by_itself() {
    let world = World::new().with_users("alice").with_password("alice", GOOD);
    let epoch: i64 = world.ask("SELECT session_epoch FROM users").parse().unwrap();
    world.run("users lock alice --for 2h").expect_status(0);
    assert_eq!(world.ask("SELECT session_epoch FROM users"), (epoch + 1).to_string());
    assert!(!world.accepts("alice", GOOD));
    world.wait(2 * 3_600 - 1);
    assert!(!world.accepts("alice", GOOD));
    world.wait(1);
    assert!(world.accepts("alice", GOOD));
    assert!(world.run("users show alice").out().contains("active"));
}

#[test]
fn users_are_listed_by_what_is_asked_for() {
    let world = World::new().with_users("alice:Admin,bob,carla").with_saml_user().with_password("alice", GOOD);
    world.run("users lock bob").expect_status(0);
    world.run("users edit carla --email carla@idp.example.com --sign-in password").expect_status(0);
    assert!(world.accepts("alice", GOOD));
    let names = |options: &str| {
        let run = world.run(&format!("users list -o csv --columns username {options}")).expect_status(0);
        run.out().lines().skip(1).collect::<Vec<_>>().join(" ")
    };
    assert_eq!(names(""), "alice bob carla sam");
    assert_eq!(names("--search ARL"), "carla");
    assert_eq!(names("--search %"), "");
    assert_eq!(names("--role admin"), "alice");
    assert_eq!(names("--status locked"), "bob");
    assert_eq!(names("--sign-in saml"), "sam");
    assert_eq!(names("--email-domain IDP.example.com"), "carla sam");
    assert_eq!(names("--email-domain @idp.example.com"), "carla sam");
    assert_eq!(names("--no-password"), "bob carla");
    assert_eq!(names("--never-logged-in"), "bob carla sam");
    assert_eq!(names("--sort username --reverse --limit 2"), "sam carla");
    assert_eq!(names("--password-older-than 1d"), "");
    world.wait(2 * 86_400);
    assert_eq!(names("--password-older-than 1d"), "alice");
    assert_eq!(names("--policy-outdated"), "");
    world.configure("history = 2");
    assert_eq!(names("--policy-outdated"), "alice");
    assert_eq!(world.run("users list --password-older-than long").status, 2);
    assert_eq!(world.run("users list --columns username,shoe_size").status, 2);
    assert_eq!(world.run("users list --columns password_hash").status, 2);
    assert_eq!(world.run("users list --status asleep").status, 2);
}

#[test]
fn users_are_named_in_a_file_or_on_standard_input() {
    let world = World::new().with_users("alice,bob,carla");
    let names = |stdin: &[u8]| {
        let run = world.command("users list -o csv --columns username --from -").stdin(stdin).run();
        run.out().lines().skip(1).collect::<Vec<_>>().join(" ")
    };
    assert_eq!(names(b"carla\nalice@example.com\n"), "alice carla");
    assert_eq!(names(b"\xef\xbb\xbf# comment\r\nALICE\r\n\r\n"), "alice");
    assert_eq!(names(b"name,email\n\"B, B\",bob@example.com\n"), "bob");
    assert_eq!(names(b"bob\nbob\nBOB@example.com\n"), "bob");
    let file = world.file("names", "bob\n");
    let from_file = world.command("users list -o csv --columns username --from").argument(file).run();
    assert_eq!(from_file.out(), "username\nbob\n");
    assert_snapshot!(world.command("users list --from -").stdin("alice\nnobody\nnone\n").run(), @"
    status 67
    -- stderr
    error: 2 of the names match no user; nothing was done
      - line 2: no user with the username `nobody`
      - line 3: no user with the username `none`
    hint: names must match exactly; to search: cxme-admin users list --search TEXT
    ");
    assert_snapshot!(world.command("users list --from -").stdin(b"alice\n\xff\n").run(), @"
    status 65
    -- stderr
    error: -, line 2: is not UTF-8 (in a spreadsheet: save as CSV UTF-8)
    ");
    assert_snapshot!(world.command("users list --from -").stdin("name,username\nAnn,\"\"\n").run(), @"
    status 65
    -- stderr
    error: -, line 2: no user is named
    ");
    assert_snapshot!(world.run("users list --from /absent/names"), @"
    status 74
    -- stderr
    error: /absent/names: cannot be opened: No such file or directory (os error 2)
    ");
    assert_eq!(names(b""), "");
}

/// One who is deleted must be the one whom the whole row means.
#[test]
fn a_row_that_names_two_users_names_none() {
    let world = World::new().with_users("alice,bob,carla");
    let delete = |stdin: &str| world.command("users delete --yes --from -").stdin(stdin).run();
    assert_snapshot!(delete("username,email\nalice,ALICE@example.com\nbob,carla@example.com\n"), @"
    status 65
    -- stderr
    error: line 3: username `bob` and email `carla@example.com` are not of one user; nothing was done
    ");
    assert_snapshot!(delete("username,email\nbob,nobody@example.com\ncarla,alice@example.com\nalice,\n"), @"
    status 65
    -- stderr
    error: line 2: username `bob` and email `nobody@example.com` are not of one user, nor are those of 1 more line; nothing was done
    ");
    for rows in [
        r#"{"username":"alice","email":"bob@example.com"}"#,
        r#"[{"email":"bob@example.com","username":"alice"}]"#,
        "email;username\nbob@example.com;alice\n",
        "username,email\nalice@example.com,bob@example.com\n",
        "username,email\nalice,\u{1b}[2Jhunter2\n",
    ] {
        let run = delete(rows);
        assert_eq!(run.status, 65, "{run}");
        assert!(!run.err().contains(['\u{1b}']) && !run.err().contains("hunter2"), "{run}");
    }
    assert_eq!(world.count_users(), 3);
    delete("email,username\nBOB@EXAMPLE.com,bob\n,carla\nalice@example.com,\n").expect_status(0);
    assert_eq!(world.count_users(), 0);
}

#[test]
fn a_deleted_user_is_said_not_to_exist_and_their_events_stay() {
    let world = World::new().with_users("alice").with_operator(CAROL, "Admin");
    world.run("users delete alice --yes").expect_status(0);
    for command in ["users show alice", "users lock alice", "users unlock alice", "users edit alice --name x"] {
        assert_eq!(world.run(command).status, 67, "{command}");
    }
    assert!(world.run("audit list").out().contains("deleted user 1"));
}

#[test]
fn what_changes_nothing_leaves_no_event() {
    let world = World::new().with_users("alice");
    world.run("users lock alice --until 2026-12-24").expect_status(0);
    for line in ["users unlock alice", "users edit alice --name 'Alice Adams'", "users lock alice"] {
        world.run(line).expect_status(0);
        let before = (world.events(), world.ask("SELECT updated_at FROM users"));
        world.run(line).expect_status(0);
        assert_eq!((world.events(), world.ask("SELECT updated_at FROM users")), before, "{line}");
    }
}
