//! `users set-password`.

use std::fs;

use insta::assert_snapshot;

use crate::support::CAROL;
use crate::support::GOOD;
use crate::support::OTHER;
use crate::support::World;

#[test]
fn at_a_terminal_the_requirements_are_shown_and_the_password_is_asked_for_twice() {
    let world = World::new().with_users("alice");
    assert_snapshot!(world.command("users set-password alice").typing([GOOD, GOOD]).run(), @"
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
    Password set for alice.
    Non-interactive equivalent: cxme-admin users set-password alice --stdin < FILE
    ");
    assert!(world.accepts("alice", GOOD));
    assert_snapshot!(world.newest_event(), @r#"
    users set-password | done | owner, Admin | -
    {"chosen_by":"operator","must_change":false,"sessions":"ended","username":"alice"}
    "#);
}

#[test]
fn a_refused_password_and_a_mismatch_are_asked_for_again() {
    let world = World::new().with_users("alice");
    let run = world.command("users set-password alice").typing(["short", GOOD, OTHER, GOOD, GOOD]).run();
    assert_snapshot!(run.asked.split_once("4711\n").unwrap().1, @"
    New password: 
    This password does not meet the requirements:
      - too short: 5 characters, at least 15 are needed
    New password: 
    Retype new password: 
    Passwords do not match.
    New password: 
    Retype new password:
    ");
    assert_eq!(run.status, 0);
    assert!(world.accepts("alice", GOOD));
}

#[test]
fn three_mismatches_end_it_and_nothing_is_changed() {
    let world = World::new().with_users("alice").with_password("alice", OTHER);
    let run = world.command("users set-password alice").typing([GOOD, OTHER, GOOD, OTHER, GOOD, "x", GOOD, GOOD]).run();
    assert_eq!(run.asked.matches("Passwords do not match.").count(), 3);
    assert_snapshot!(run.err(), @"error: no acceptable password in three tries; nothing was changed");
    assert_eq!(run.status, 65);
    assert!(world.accepts("alice", OTHER));
}

#[test]
fn an_input_that_ends_changes_nothing() {
    let world = World::new().with_users("alice").with_password("alice", OTHER);
    let run = world.command("users set-password alice").typing([GOOD]).run();
    assert_eq!(run.status, 74, "{run}");
    assert!(world.accepts("alice", OTHER));
}

#[test]
fn without_a_terminal_it_says_what_to_give_instead() {
    let world = World::new().with_users("alice");
    assert_snapshot!(world.run("users set-password alice"), @"
    status 2
    -- stderr
    error: cannot prompt (no terminal or `--no-input`): New password for alice
    hint: give `--stdin`, `--password-file FILE` or `--generate`
    ");
    assert_snapshot!(world.command("users set-password alice --no-input").typing([GOOD, GOOD]).run(), @"
    status 2
    -- stderr
    error: cannot prompt (no terminal or `--no-input`): New password for alice
    hint: give `--stdin`, `--password-file FILE` or `--generate`
    ");
}

#[test]
fn standard_input_gives_one_line_without_its_newline() {
    let world = World::new().with_users("alice");
    for line in [format!("{GOOD}\n"), format!("{GOOD}\r\n"), GOOD.to_owned()] {
        world.command("users set-password alice --stdin").stdin(line).run().expect_status(0);
        assert!(world.accepts("alice", GOOD));
    }
    let spaced = format!("  {GOOD}  ");
    world.command("users set-password alice --stdin").stdin(format!("{spaced}\n")).run().expect_status(0);
    assert!(world.accepts("alice", &spaced) && !world.accepts("alice", GOOD));
    assert_snapshot!(world.command("users set-password alice --stdin").stdin(GOOD).at_terminal().run(), @"
    status 2
    -- stderr
    error: `--stdin` needs a pipe or a file: standard input is a terminal, which would show the secret
    hint: use a pipe; or omit `--stdin` where the command can prompt without echo
    ");
}

#[test]
fn a_file_must_be_for_its_owner_alone() {
    let world = World::new().with_users("alice");
    let file = world.file("secret", format!("{GOOD}\n"));
    let set = |path| world.command("users set-password alice --password-file").argument(path).run();
    set(file.clone()).expect_status(0);
    assert!(world.accepts("alice", GOOD));
    for mode in [0o640, 0o604, 0o660, 0o666, 0o700 | 0o077] {
        let loose = world.file_with_mode("loose", OTHER, mode);
        let run = set(loose);
        assert_eq!(run.status, 78, "{mode:o}: {run}");
        assert!(run.err().contains("use a file that only its owner may access"), "{mode:o}: {run}");
    }
    assert_snapshot!(set(world.file_with_mode("loose", OTHER, 0o644)), @"
    status 78
    -- stderr
    error: [DIR]/loose: is world-readable (0644): use a file that only its owner may access
    ");
    std::os::unix::fs::symlink(&file, world.path("link")).unwrap();
    assert_snapshot!(set(world.path("link")), @"
    status 78
    -- stderr
    error: [DIR]/link: is a symbolic link: give the path of the file itself, see `readlink -f [DIR]/link`
    ");
    fs::hard_link(&file, world.path("second")).unwrap();
    assert_eq!(set(file).status, 78);
    assert_snapshot!(set(world.path("absent")), @"
    status 74
    -- stderr
    error: [DIR]/absent: no such file: create it, or correct the path
    ");
    assert_snapshot!(set(world.directory().to_owned()), @"
    status 78
    -- stderr
    error: [DIR]: is a folder: give the path of a file
    ");
    assert!(world.accepts("alice", GOOD));
}

#[test]
fn a_generated_password_is_printed_once_and_works() {
    let world = World::new().with_users("alice");
    for options in ["", "=words", "=characters"] {
        let run = world.run(&format!("users set-password alice --generate{options}")).expect_status(0);
        assert!(run.stderr.is_empty(), "{run}");
        let password = run.out();
        assert_eq!(password.lines().count(), 1);
        assert!(world.accepts("alice", password.trim_end()), "{options}");
    }
    assert!(world.newest_event().contains("users set-password"));
    assert!(world.newest_event().contains(r#""chosen_by":"generator""#), "{}", world.newest_event());
    let json: serde_json::Value =
        serde_json::from_str(&world.run("users set-password alice --generate -o json").out()).unwrap();
    assert_eq!(json["username"], "alice");
    assert!(world.accepts("alice", json["password"].as_str().unwrap()));
    let csv = world.run("users set-password alice --generate=characters -o csv").out();
    assert!(csv.starts_with("username,password\nalice,"), "{csv}");
    assert!(world.accepts("alice", csv.trim_end().rsplit(',').next().unwrap()), "{csv}");
}

#[test]
fn a_generated_password_that_could_not_be_printed_is_told_as_set_and_lost() {
    use std::io::ErrorKind;
    let world = World::new().with_users("alice");
    let command = world.command("users set-password alice --generate").stdout_fails(ErrorKind::StorageFull);
    assert_snapshot!(command.run(), @"
    status 74
    -- stderr
    error: set a generated password for alice, but could not print it: no storage space; nobody knows this password
    hint: set another one: cxme-admin users set-password alice --generate
    ");
    for (line, user) in
        [("users set-password alice --generate", "alice"), ("users add bob@example.com --generate", "bob")]
    {
        for kind in [ErrorKind::StorageFull, ErrorKind::BrokenPipe] {
            let run = world.command(line).stdout_fails(kind).run().expect_status(74);
            assert!(
                run.err().contains(&format!("set another one: cxme-admin users set-password {user} --generate")),
                "{run}"
            );
            world.run("users delete bob --yes");
        }
    }
}

#[test]
fn a_generated_password_meets_the_policy_in_force() {
    let world = World::with_rules("min_length = 40\nclasses = [\"upper\", \"digit\", \"symbol\", \"lower\"]");
    let world = world.with_users("alice");
    for options in ["", "=characters"] {
        world.run(&format!("users set-password alice --generate{options}")).expect_status(0);
    }
}

#[test]
fn the_policy_refuses_with_every_rule_that_fails() {
    let world = World::with_rules("classes = [\"upper\", \"digit\"]").with_users("alice");
    assert_snapshot!(world.command("users set-password alice --stdin").stdin("alice").run(), @"
    status 65
    -- stderr
    error: the password does not meet the organization's requirements
      - too short: 5 characters, at least 15 are needed
      - no capital letter: at least one is needed
      - no digit: at least one is needed
      - too common: it is on a list of refused passwords, or is one of them with digits or symbols added or letters replaced
      - too close to the user: it is only the name, username, email address or organization
    hint: all requirements: cxme-admin policy show; help: help@example.com, extension 4711
    ");
    assert_eq!(world.ask("SELECT password_hash FROM users"), "-");
}

#[test]
fn a_policy_is_overridden_by_whoever_may_and_the_event_says_so() {
    let world = World::new().with_users("alice").with_role("Helpdesk", "view-users set-passwords");
    let world = world.with_operator(CAROL, "Helpdesk");
    let weak = || world.command("users set-password alice --stdin --override-policy --reason 'printer'").stdin("weak");
    assert_snapshot!(weak().uid(CAROL).run(), @"
    status 77
    -- stderr
    error: your role, Helpdesk, lacks the permission `override-policy`
    hint: override-policy: Set a password that the policy refuses; an Admin can give another role
    ");
    assert!(!world.accepts("alice", "weak"));
    weak().run().expect_status(0);
    assert!(world.accepts("alice", "weak"));
    assert_snapshot!(world.newest_event(), @r#"
    users set-password against the policy | done | owner, Admin | printer
    {"chosen_by":"operator","must_change":false,"sessions":"ended","username":"alice"}
    "#);
    assert_eq!(world.ask("SELECT password_policy FROM users"), "-");
    assert!(world.run("users list --policy-outdated").out().contains("alice"));
}

#[test]
fn what_is_no_password_at_all_is_refused_even_then() {
    let world = World::new().with_users("alice").with_password("alice", GOOD);
    let mebibyte = vec![b'x'; 1 << 20];
    for bytes in [&b""[..], b"\n", b"nul\0nul", b"caf\xe9 caf\xe9 caf\xe9 caf\xe9", &mebibyte, &mebibyte[..1_025]] {
        for option in ["", "--override-policy"] {
            let run = world.command(&format!("users set-password alice --stdin {option}")).stdin(bytes).run();
            assert_eq!(run.status, 65, "{} bytes: {run}", bytes.len());
            assert_eq!(run.err().lines().count(), 1, "{run}");
        }
        let file = world.file("secret", bytes);
        let run = world.command("users set-password alice --password-file").argument(file).run();
        assert!([65, 74].contains(&run.status), "{} bytes: {run}", bytes.len());
    }
    assert!(world.accepts("alice", GOOD));
    world.command("users set-password alice --stdin").stdin("x y z ".repeat(170)).run().expect_status(0);
}

#[test]
fn a_decomposed_accent_verifies_as_a_composed_one() {
    let world = World::new().with_users("alice");
    world.set_password("alice", "cafe\u{301} cre\u{300}me bru\u{302}le\u{301}e");
    assert!(world.accepts("alice", "caf\u{e9} cr\u{e8}me br\u{fb}l\u{e9}e"));
    assert!(!world.accepts("alice", "cafe creme brulee"));
}

#[test]
fn a_password_as_an_argument_is_refused_and_not_repeated() {
    let world = World::new().with_users("alice").with_password("alice", OTHER);
    let secret = "zq7sentinel";
    assert_snapshot!(world.run(&format!("users set-password alice {secret}")), @"
    status 2
    -- stderr
    error: a password is never an argument: everybody on this machine can read it, and the shell keeps it
    hint: leave it out to be asked, or use `--stdin`, `--password-file` or `--generate`
    ");
    assert_snapshot!(world.run(&format!("users set-password alice --password {secret}")), @"
    status 2
    -- stderr
    error: unexpected argument '(hidden: may be a password)' found

      tip: a similar argument exists: '--password-file'

    Usage: cxme-admin users set-password --password-file <FILE> <USER>...

    For more information, try '--help'.
    ");
    assert_snapshot!(world.run(&format!("users set-password alice --password={secret}")), @"
    status 2
    -- stderr
    error: unexpected argument '(hidden: may be a password)' found

      tip: a similar argument exists: '--password-file'

    Usage: cxme-admin users set-password --password-file <FILE> <USER>...

    For more information, try '--help'.
    ");
    // An option of another command is named, because it is no password.
    let run = world.run("users add a@example.com --name A --yes").expect_status(2);
    assert!(run.err().starts_with("error: unexpected argument '--yes' found\n"), "{run}");
    for command in ["set-password", "verify-password", "change-password"] {
        for form in [
            "{s}",
            "{s} {s}",
            "--password {s}",
            "--password={s}",
            "--pass {s}",
            "-p {s}",
            "-p{s}",
            "--stdin={s}",
            "--stdin {s}",
            "--generate={s}",
            "--generate {s}",
            "--new={s}",
            "-- {s}",
            "--permanent={s}",
            "--pam={s}",
        ] {
            let run = world.run(&format!("users {command} alice {}", form.replace("{s}", secret)));
            assert!(!String::from_utf8_lossy(&run.all()).contains(secret), "{command} {form}: {run}");
            if !form.contains("generate {s}") {
                assert_eq!(run.status, 2, "{command} {form}: {run}");
            }
        }
    }
    let run = world.run(&format!("policy check {secret}"));
    assert!(!String::from_utf8_lossy(&run.all()).contains(secret), "{run}");
    assert!(world.accepts("alice", OTHER));
}

#[test]
fn a_user_of_the_identity_provider_is_refused_whichever_way() {
    let world = World::new().with_saml_user();
    assert_snapshot!(world.command("users set-password sam").typing([GOOD, GOOD]).run(), @"
    status 65
    -- stderr
    error: sam signs in with SAML: the password is kept by the organization's identity provider
    hint: the password is reset there: ask the identity team
    ");
    assert_snapshot!(world.newest_event(), @r#"
    users set-password | refused | owner, Admin | -
    {"refusal":"sam signs in with SAML: the password is kept by the organization's identity provider"}
    "#);
    for options in ["--stdin", "--generate", "--stdin --override-policy", "--dry-run"] {
        let run = world.command(&format!("users set-password sam {options}")).stdin(GOOD).run();
        assert_eq!(run.status, 65, "{options}: {run}");
    }
    assert_eq!(world.ask("SELECT count(*) FROM events WHERE outcome = 'refused' AND user_id = 1"), "5");
    assert!(!world.accepts("sam", GOOD));
}

#[test]
fn a_dry_run_asks_nothing_and_changes_nothing() {
    let world = World::new().with_users("alice");
    let before = world.events();
    assert_snapshot!(world.command("users set-password alice --dry-run").typing([GOOD]).run(), @"
    status 0
    -- stdout
    Would set the password of alice.
    -- stderr
    Dry run; nothing was changed.
    ");
    for options in ["--stdin", "--generate"] {
        let run = world.command(&format!("users set-password alice --dry-run {options}")).stdin(GOOD).run();
        assert_eq!((run.status, &*run.out()), (0, "Would set the password of alice.\n"), "{options}");
    }
    assert_eq!(world.run("users set-password nobody --dry-run").status, 67);
    // A password that is given is checked as if it were to be set.
    for refused in ["", "\n", "too short", "a\0b violet umbrellas whistle", "\u{feff}"] {
        let dry = world.command("users set-password alice --stdin --dry-run").stdin(refused).run();
        let real = world.command("users set-password alice --stdin").stdin(refused).run();
        assert_eq!((dry.status, dry.err()), (65, real.err()), "{refused:?}");
    }
    let loose = world.file_with_mode("loose.txt", GOOD, 0o644);
    let run = world.command("users set-password alice --dry-run --password-file").argument(&loose).run();
    assert_eq!(run.status, 78, "{run}");
    assert_eq!((world.events(), world.ask("SELECT password_hash FROM users")), (before, "-".to_owned()));
}

#[test]
fn a_password_is_for_a_time_or_for_good_as_the_configuration_or_the_option_says() {
    let must_change = |rules: &str, option: &str| {
        let world = World::with_rules(rules).with_users("alice");
        world.command(&format!("users set-password alice --stdin {option}")).stdin(GOOD).run().expect_status(0);
        world.ask("SELECT must_change_password FROM users")
    };
    assert_eq!(must_change("", ""), "0");
    assert_eq!(must_change("", "--must-change"), "1");
    assert_eq!(must_change("must_change_after_set = true", ""), "1");
    assert_eq!(must_change("must_change_after_set = true", "--permanent"), "0");
    let world = World::new().with_users("alice");
    assert_eq!(world.run("users set-password alice --must-change --permanent").status, 2);
    assert_snapshot!(world.command("users set-password alice --stdin --must-change -v").stdin(GOOD).run(), @"
    status 0
    -- stderr
    Password set for alice. The user must choose another password at the next sign-in.
    ");
}

#[test]
fn a_new_password_ends_the_sessions_unless_they_are_kept() {
    let world = World::new().with_users("alice");
    let epoch = || world.ask("SELECT session_epoch FROM users");
    world.set_password("alice", GOOD);
    assert_eq!(epoch(), "1");
    world.command("users set-password alice --stdin --keep-sessions").stdin(OTHER).run().expect_status(0);
    assert_eq!(epoch(), "1");
    assert!(world.newest_event().contains(r#""sessions":"kept""#));
    assert!(world.accepts("alice", OTHER) && !world.accepts("alice", GOOD));
}

#[test]
fn former_passwords_are_refused_where_the_policy_remembers_them() {
    let world = World::with_rules("history = 2").with_users("alice");
    let third = "nine yellow lanterns murmur";
    let set = |password: &str| world.command("users set-password alice --stdin").stdin(password).run();
    set(GOOD).expect_status(0);
    assert_snapshot!(set(GOOD), @"
    status 65
    -- stderr
    error: the password does not meet the organization's requirements
      - used before: it is one of the user's last 2 passwords
    hint: all requirements: cxme-admin policy show; help: help@example.com, extension 4711
    ");
    // A guess that is right is an event; one that only breaks other rules is none.
    let refusals = || world.ask("SELECT count(*) FROM events WHERE outcome = 'refused' AND user_id IS NOT NULL");
    assert_eq!(refusals(), "1");
    world.command("users set-password alice --stdin -n --reason guess").stdin(GOOD).run().expect_status(65);
    assert_snapshot!(world.newest_event(), @r#"
    users set-password | refused | owner, Admin | guess
    {"refusal":"the password does not meet the organization's requirements","why":"former password"}
    "#);
    set("short").expect_status(65);
    assert_eq!(refusals(), "2");
    set(OTHER).expect_status(0);
    set(GOOD).expect_status(65);
    set(third).expect_status(0);
    set(GOOD).expect_status(0);
}

#[test]
fn a_list_of_the_organizations_own_is_honoured_and_its_absence_is_no_licence() {
    let world = World::with_rules("blocklist_file = \"own.txt\"");
    world.file("config/cxme-admin/own.txt", "quarterly umbrella meeting\n");
    let world = world.with_users("alice");
    let set = || world.command("users set-password alice --stdin").stdin("Quarterly Umbrella Meeting").run();
    assert_eq!(set().status, 65);
    fs::remove_file(world.path("config/cxme-admin/own.txt")).unwrap();
    let run = set();
    assert!([74, 78].contains(&run.status), "{run}");
    assert_eq!(world.ask("SELECT password_hash FROM users"), "-");
}

#[test]
fn unknown_users_and_options_that_exclude_each_other_are_refused() {
    let world = World::new().with_users("alice");
    assert_snapshot!(world.command("users set-password nobody --stdin").stdin(GOOD).run(), @"
    status 67
    -- stderr
    error: no user with the username `nobody`
    hint: names must match exactly; to search: cxme-admin users list --search TEXT
    ");
    for options in ["--stdin --generate", "--stdin --password-file x", "--generate --password-file x"] {
        assert_eq!(world.run(&format!("users set-password alice {options}")).status, 2, "{options}");
    }
}
