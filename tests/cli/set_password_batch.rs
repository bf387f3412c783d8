//! `users set-password --batch`: the passwords of a file, all or none.

use insta::assert_snapshot;

use cxme_admin::actions::users::batch;
use cxme_admin::actions::users::batch::Batch;
use cxme_admin::actions::users::batch::BatchOptions;
use cxme_admin::actions::users::batch::BatchOutcome;
use cxme_admin::app::ActionError;
use cxme_admin::app::ChangeOptions;
use cxme_admin::app::policy_check::PolicyEnforcement;

use crate::support::CAROL;
use crate::support::GOOD;
use crate::support::OTHER;
use crate::support::Run;
use crate::support::World;
use crate::support::me;

const THIRD: &str = "copper sailing winter basket";

fn world() -> World {
    World::new().with_users("alice,bob,carla").with_password("alice", GOOD)
}

/// Runs a batch of lines from a pipe.
fn batch(world: &World, options: &str, lines: &str) -> Run {
    world.command(&format!("users set-password --batch - {options}")).stdin(lines).run()
}

#[test]
fn lines_of_chpasswd_are_set_after_a_question() {
    let world = world();
    let file = world.file("passwords.txt", format!("# of the help desk\nalice:{OTHER}\r\n\nbob@example.com:{THIRD}\n"));
    let run = world.command("users set-password --batch").argument(&file).run();
    assert_snapshot!(run, @"
    status 2
    -- stderr
    error: cannot prompt (no terminal or `--no-input`): Set the passwords of 2 users (alice, bob); 1 has a password, which stops working
    hint: give `--yes` to do it without being asked
    ");
    let run = world.command("users set-password").argument("--batch").argument(&file).typing(["y"]).run();
    assert_snapshot!(run, @"
    status 0
    -- asked
    Set the passwords of 2 users (alice, bob); 1 has a password, which stops working? [y/N] y
    -- stderr
    Set 2 passwords.
    Non-interactive equivalent: cxme-admin users set-password --batch [DIR]/passwords.txt --yes
    ");
    assert_snapshot!(world.newest_event(), @r#"
    users set-password | done | owner, Admin | -
    {"chosen_by":"operator","must_change":0,"sessions":"ended","source":"[DIR]/passwords.txt","users":2}
    "#);
    assert!(world.accepts("alice", OTHER) && world.accepts("bob", THIRD));
    assert!(!world.accepts("alice", GOOD));
    for user in ["alice", "bob"] {
        let events = world.run(&format!("audit list --user {user} --action 'users set-password' -o ndjson")).out();
        assert!(events.contains("passwords.txt"), "{user}: {events}");
    }
    let run = world.run("audit list --user carla --action 'users set-password' -o ndjson");
    assert_eq!(run.out(), "", "carla's password was not set");
}

#[test]
fn a_csv_is_told_by_its_header_alone() {
    let world = world();
    let csv = format!(
        "email;username;password;must_change_password;name\nalice@example.com;alice;\"{OTHER}\";true;A\n;bob;{THIRD};no;B\n"
    );
    assert_snapshot!(batch(&world, "--yes -v", &csv), @"
    status 0
    -- stderr
    Set 2 passwords.
    ");
    assert!(world.accepts("alice", OTHER) && world.accepts("bob", THIRD));
    let must_change = |user: &str| world.run(&format!("users show {user} -o json")).out();
    assert!(must_change("alice").contains("\"must_change_password\":true"), "{}", must_change("alice"));
    assert!(must_change("bob").contains("\"must_change_password\":false"), "{}", must_change("bob"));
}

/// Whatever a password holds, it is the password.
#[test]
fn a_password_with_commas_colons_and_quotes_is_set_as_it_is() {
    for password in [
        "quiet,horse,battery,lantern",
        "quiet: horse, \"battery\"; lantern",
        "\"quiet horse battery lantern",
        "'=quiet horse battery lantern",
        "username,password,email lantern",
        "käse – quiet horse battery",
    ] {
        let world = world();
        batch(&world, "--yes", &format!("bob:{password}\nalice:{password}\n")).expect_status(0);
        assert!(world.accepts("alice", password) && world.accepts("bob", password), "{password}");
        let quoted = password.replace('"', "\"\"");
        batch(&world, "--yes", &format!("password,username\n\"{quoted}\",carla\n")).expect_status(0);
        assert!(world.accepts("carla", password), "{password}");
    }
}

#[test]
fn every_bad_line_is_named_and_nothing_is_changed() {
    let world = world().with_saml_user();
    let lines = format!(
        "alice:{OTHER}\nalcie:{OTHER}\nsam:{OTHER}\nbob:short\nno colon here\ncarla:\nalice@example.com:{THIRD}\n\
         carla:$6$salt$abcdefghijklmnop\nbob:a\u{7}b\n:{OTHER}\n{GOOD}:bob\n"
    );
    let run = batch(&world, "--yes", &lines);
    assert_snapshot!(run, @"
    status 65
    -- stderr
    line 2: no such user: `alcie`; did you mean alice?
    line 3: sam signs in with SAML, and has no password here
    line 4, password: too short: 5 characters, at least 15 are needed
    line 5: has no colon: give `USER:PASSWORD` on each line, or CSV with a header that names the columns `password` and `username` or `email`
    line 6: the password is empty; give at least one character
    line 7: alice is already on line 1
    line 8, password: looks like a password hash, and would be set as it is (`users import` takes hashes)
    line 9: the password contains a control character, which no login form can take; leave it out
    line 10: names no user
    line 11: no such user: `(hidden: may be a password or code)`
    error: 10 of 11 passwords cannot be set; nothing was changed
    ");
    for secret in [OTHER, THIRD, GOOD] {
        assert!(!String::from_utf8_lossy(&run.all()).contains(secret), "{secret}: {run}");
    }
    assert!(world.accepts("alice", GOOD));
    // That a user of the identity provider was to get a password is recorded, and nothing else.
    let events = world.run("audit list --user sam -o ndjson").out();
    assert!(events.contains("\"outcome\":\"refused\""), "{events}");
}

#[test]
fn a_header_that_is_none_is_explained() {
    let world = world();
    for (lines, expected) in [
        ("", "no password is in it"),
        ("\n\n# nothing\n", "no password is in it"),
        ("username,email\nalice,alice@example.com\n", "line 1: has no colon"),
        ("username,password,shoe_size\nalice,x,3\n", "line 1: unknown column `shoe_size`; accepted columns are"),
        ("username,password,password\nalice,x,y\n", "line 1: the column `password` appears twice"),
        ("username,password\nalice\n", "line 2: has 1 field, the header has 2"),
        ("username,password\nalice,a,b\n", "line 2: has 3 fields, the header has 2"),
        ("username,password\nalice,\"a\n", "line 2: the quote that opens here is never closed"),
        ("username,password,must_change_password\nalice,x,maybe\n", "line 2, must_change_password: `maybe` is not"),
        ("username,email,password\nalice,bob@example.com,x\n", "line 2, email: is not the address of alice"),
        ("[{\"username\":\"alice\",\"password\":\"x\"}]", "line 1: no such user"),
        ("alice:\u{0}x\n", "line 1: holds a NUL byte"),
    ] {
        let run = batch(&world, "--yes", lines).expect_status(65);
        assert!(run.err().contains(expected), "{lines:?}: {run}");
    }
    let utf16: Vec<u8> = format!("\u{feff}bob:{OTHER}\n").encode_utf16().flat_map(u16::to_le_bytes).collect();
    world.command("users set-password --batch - --yes").stdin(utf16).run().expect_status(0);
    assert!(world.accepts("bob", OTHER));
}

#[test]
fn a_file_that_others_can_read_is_refused() {
    let world = world();
    let file = world.file_with_mode("passwords.txt", format!("alice:{OTHER}\n"), 0o644);
    let run = world.command("users set-password --yes --batch").argument(file).run();
    assert_snapshot!(run, @"
    status 78
    -- stderr
    error: [DIR]/passwords.txt: is world-readable (0644): use a file that only its owner may access
    ");
    let run = world.command("users set-password --yes --batch").argument(world.path("nothing.txt")).run();
    assert_snapshot!(run, @"
    status 74
    -- stderr
    error: [DIR]/nothing.txt: no such file: create it, or correct the path
    ");
    assert_snapshot!(world.command("users set-password --batch -").at_terminal().run(), @"
    status 2
    -- stderr
    error: `--batch -` needs a pipe or a file: standard input is a terminal, which would show the passwords
    hint: use `--batch FILE`
    ");
    assert!(world.accepts("alice", GOOD));
}

#[test]
fn another_number_of_users_than_expected_is_refused() {
    let world = world();
    let lines = format!("alice:{OTHER}\nbob:{OTHER}\n");
    assert_snapshot!(batch(&world, "--yes --expect 3", &lines), @"
    status 65
    -- stderr
    error: 2 users would be given a password, and `--expect` says 3; nothing was changed
    hint: details: the same with `--dry-run`
    ");
    assert!(world.accepts("alice", GOOD));
    batch(&world, "--yes --expect 2", &lines).expect_status(0);
    assert!(world.accepts("alice", OTHER));
}

#[test]
fn options_that_do_not_fit_are_usage() {
    let world = world();
    for (command, expected) in [
        ("users set-password alice --batch -", "the file names the users"),
        ("users set-password --role Admin --batch -", "the file names the users"),
        ("users set-password --all", "several users are given a password by"),
        ("users set-password --role Admin --generate", "several users are given a password by"),
        ("users set-password alice --yes --stdin", "--yes: one user is named"),
        ("users set-password", "no user is named"),
        ("users set-password alice hunter2", "a password is never an argument"),
        ("users set-password alice --out x", "--generate"),
    ] {
        let run = world.command(command).stdin(GOOD).run().expect_status(2);
        assert!(run.err().contains(expected) && !run.err().contains("hunter2"), "{command}: {run}");
    }
}

#[test]
fn users_are_told_by_mail_unless_told_otherwise() {
    let world = World::with_mail().with_users("alice,bob,carla");
    let lines = format!("alice:{OTHER}\nbob:{OTHER}\n");
    assert_snapshot!(batch(&world, "--dry-run", &lines), @"
    status 0
    -- stdout
    Would set the passwords of 2 users (alice, bob). 2 notices would be queued.
    ");
    assert_snapshot!(batch(&world, "--yes -v", &lines), @"
    status 0
    -- stderr
    Set 2 passwords. 2 notices queued.
    To send the notices: cxme-admin jobs run
    ");
    assert!(world.mails().is_empty());
    world.run("jobs run").expect_status(0);
    assert_eq!(world.mails().len(), 2);
    batch(&world, "--yes --no-notify", &lines.replace(OTHER, THIRD)).expect_status(0);
    world.run("jobs run").expect_status(0);
    assert_eq!(world.mails().len(), 2);
}

/// What a single password does to its user, a batch does to each.
#[test]
fn a_batch_has_the_effects_of_one_password_for_each_user() {
    let rows = |world: &World, user: &str| {
        world.ask(&format!(
            "SELECT session_epoch || ' ' || must_change_password || ' ' || (password_policy IS NOT NULL) || ' ' || \
             (password_set_at = updated_at) || ' ' || (SELECT count(*) FROM password_history WHERE user_id = users.id) || ' ' || \
             (SELECT group_concat(state || ' ' || ifnull(revoked_why, '-')) FROM messages WHERE user_id = users.id) \
             FROM users WHERE username = '{user}'"
        ))
    };
    let world = World::with_mail().with_users("alice,bob");
    for user in ["alice", "bob"] {
        world.set_password(user, GOOD);
        world.run(&format!("users send-reset {user}")).expect_status(0);
        world
            .run(&format!("users send-reset --search {user} --queue-only --unless-sent-within 0s --yes"))
            .expect_status(0);
    }
    world.wait(60);
    world.command("users set-password alice --stdin --must-change --no-notify").stdin(OTHER).run().expect_status(0);
    batch(&world, "--yes --must-change --no-notify", &format!("bob:{OTHER}\n")).expect_status(0);
    assert_eq!(rows(&world, "alice"), rows(&world, "bob"));
    world.command("users set-password alice --stdin --keep-sessions --no-notify").stdin(THIRD).run().expect_status(0);
    batch(&world, "--yes --keep-sessions --no-notify", &format!("bob:{THIRD}\n")).expect_status(0);
    assert_eq!(rows(&world, "alice"), rows(&world, "bob"));
}

#[test]
fn former_passwords_are_refused_with_their_lines() {
    let world = World::with_rules("history = 2\n").with_users("alice,bob,carla");
    for user in ["alice", "bob"] {
        world.set_password(user, GOOD);
    }
    let lines = format!("alice:{GOOD}\ncarla:{GOOD}\nbob:{GOOD}\n");
    assert_snapshot!(batch(&world, "--yes", &lines), @"
    status 65
    -- stderr
    line 1, password: used before: it is one of the user's last 2 passwords
    line 3, password: used before: it is one of the user's last 2 passwords
    error: 2 of 3 passwords cannot be set; nothing was changed
    ");
    assert!(!world.accepts("carla", GOOD));
}

#[test]
fn nobody_sets_the_passwords_of_users_who_outrank_them() {
    let world = World::new()
        .with_role("Setter", "view-users set-passwords")
        .with_role("Higher", "view-users set-passwords view-audit")
        .with_users("peer:Setter,high:Higher")
        .with_operator(CAROL, "Setter");
    let lines = format!("peer:{OTHER}\nhigh:{OTHER}\n");
    let run = world.command("users set-password --batch - --yes").stdin(&lines).sudo_by(CAROL).run();
    assert_snapshot!(run, @"
    status 77
    -- stderr
    line 2: the role of high has permissions that your role lacks
    error: 1 user has a role with permissions that your role, Setter, lacks (such as `view-audit`): high; nothing was changed
    hint: ask an operator whose role has at least those permissions
    ");
    assert_snapshot!(world.newest_event(), @r#"
    users set-password | refused | carol, Setter | -
    {"refusal":"1 user has a role with permissions that your role, Setter, lacks (such as `view-audit`): high; nothing was changed"}
    "#);
    assert!(!world.accepts("peer", OTHER));
    let run = world.command("users set-password --batch - --yes").stdin("peer:x\n").sudo_by(CAROL).run();
    assert_eq!(run.status, 65, "{run}");
    let run =
        world.command("users set-password --batch - --yes --override-policy").stdin("peer:x\n").sudo_by(CAROL).run();
    assert_eq!(run.status, 77, "{run}");
    world.command("users set-password --batch - --yes --override-policy").stdin("peer:x\n").run().expect_status(0);
    assert!(world.accepts("peer", "x"));
}

fn options() -> BatchOptions {
    BatchOptions {
        strictness: PolicyEnforcement::Policy,
        must_change: false,
        lifetime: None,
        permanent: false,
        keep_sessions: false,
        notify: false,
    }
}

/// Checks and hashes, then lets something happen, and writes.
fn set_with(
    world: &World,
    lines: &str,
    meanwhile: impl FnOnce(&World),
) -> Result<BatchOutcome, (ActionError, Vec<String>)> {
    let app = world.app(me(), "owner");
    let mut told = Vec::new();
    let mut tell = |line: batch::BadLine| told.push(line.to_string());
    let input = batch::read(&mut lines.as_bytes()).unwrap();
    let mut batch: Batch = batch::check(&app, input, "-", options(), &mut tell).unwrap();
    batch::hash(&app, &mut batch, &mut |_| (), &mut tell).unwrap();
    meanwhile(world);
    let keep = &mut |_: &[batch::GeneratedPassword<'_>]| panic!("nothing was generated");
    let set = batch::set(&app, &mut batch, &ChangeOptions::default(), keep, &mut tell);
    set.map_err(|error| (error, told))
}

/// An attacker who changes the password while the batch is hashed does not keep it.
#[test]
fn a_password_that_was_changed_meanwhile_is_set_all_the_same() {
    let world = world();
    let lines = format!("alice:{OTHER}\nbob:{OTHER}\n");
    let outcome = set_with(&world, &lines, |world| {
        world.set_password("alice", THIRD);
        world.run("users edit bob --name Robert").expect_status(0);
    });
    assert_eq!(outcome.unwrap().users, 2);
    assert!(world.accepts("alice", OTHER) && world.accepts("bob", OTHER));
}

#[test]
fn users_who_were_deleted_locked_or_moved_meanwhile_are_checked_again() {
    let lines = format!("alice:{OTHER}\nbob:{OTHER}\n");
    for (command, expected) in [
        ("users delete bob --yes", "line 2: the user was deleted while the passwords were hashed"),
        ("users edit bob --sign-in saml", "line 2: bob signs in with SAML, and has no password here"),
    ] {
        let world = world();
        let meanwhile = |world: &World| drop(world.run(command).expect_status(0));
        let (error, told) = set_with(&world, &lines, meanwhile).unwrap_err();
        assert_eq!(told, [expected]);
        assert_eq!(error.to_string(), "1 of 2 passwords cannot be set; nothing was changed");
        assert!(world.accepts("alice", GOOD));
    }
    let world = world();
    set_with(&world, &lines, |world| drop(world.run("users lock bob").expect_status(0))).unwrap();
    assert!(!world.accepts("bob", OTHER), "bob stays locked");
    world.run("users unlock bob").expect_status(0);
    assert!(world.accepts("bob", OTHER));
}

#[test]
fn a_blank_at_an_end_is_told() {
    let world = world();
    assert_snapshot!(batch(&world, "--yes", &format!("alice:{OTHER}\nbob: {OTHER}\n")), @"
    status 0
    -- stderr
    warning: -: line 2: the password begins or ends with a blank, which is part of it
    ");
    assert!(world.accepts("bob", format!(" {OTHER}")));
}

#[test]
fn locked_users_are_counted() {
    let world = world();
    world.run("users lock alice").expect_status(0);
    let lines = format!("alice:{OTHER}\nbob:{OTHER}\n");
    let run = world.command("users set-password --batch -").stdin(&lines).typing(["n"]).run();
    assert_snapshot!(run, @"
    status 2
    -- stderr
    error: `--batch -` needs a pipe or a file: standard input is a terminal, which would show the passwords
    hint: use `--batch FILE`
    ");
}
