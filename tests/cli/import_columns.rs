//! `users import`: a column that is given has its effect or is an error.

use insta::assert_snapshot;

use crate::support::CAROL;
use crate::support::DAVE;
use crate::support::GOOD;
use crate::support::OTHER;
use crate::support::Run;
use crate::support::World;

const PAST: &str = "2026-11-23";
const AHEAD: &str = "2031-01-01";

fn import(world: &World, options: &str, input: impl AsRef<[u8]>) -> Run {
    world.command(&format!("users import - {options}")).stdin(input).run()
}

/// What each pair of status and end does to a user of each state: `locked`, `locked UNTIL`, `active`, or what is wrong.
#[test]
fn every_pair_of_status_and_end_has_its_effect_or_is_an_error() {
    let no_lock = "the user is not locked: say `locked` in the column status";
    let past = "lies in the past: nobody would be locked";
    let no_end = "an active user's lock has no end: leave it empty, or lock the user";
    let ahead = "locked 2031-01-01T00:00:00Z";
    let was = "locked 2026-11-25T08:00:00Z";
    // The user is new, active, was locked until yesterday, is locked without an end, is locked until tomorrow.
    let table: [((&str, &str), [&str; 5]); 9] = [
        (("", ""), ["active", "active", "active", "locked", was]),
        (("", PAST), [past; 5]),
        (("", AHEAD), [no_lock, no_lock, no_lock, ahead, ahead]),
        (("active", ""), ["active"; 5]),
        (("active", PAST), [no_end; 5]),
        (("active", AHEAD), [no_end; 5]),
        (("locked", ""), ["locked", "locked", "locked", "locked", was]),
        (("locked", PAST), [past; 5]),
        (("locked", AHEAD), [ahead; 5]),
    ];
    let states = ["", "UPDATE users SET locked_at = NULL, locked_until = NULL"].map(str::to_owned);
    let locked = |until: i64| format!("UPDATE users SET locked_at = 1, locked_until = {until}");
    let now = World::new().now().as_second();
    let without_end = "UPDATE users SET locked_at = 1, locked_until = NULL".to_owned();
    let states = [states[0].clone(), states[1].clone(), locked(now - 86_400), without_end, locked(now + 86_400)];
    for ((status, until), expected) in table {
        for (state, expected) in states.iter().zip(expected) {
            let world = World::new();
            let mut options = "";
            if !state.is_empty() {
                import(&world, "", "email\nann@example.com\n").expect_status(0);
                world.sql(state);
                options = "--update --yes";
            }
            let row = format!("email,status,locked_until\nann@example.com,{status},{until}\n");
            let run = import(&world, options, &row);
            let case = format!("{row} {state}\n{run}");
            if expected.contains(' ') && !expected.starts_with("locked 20") {
                assert_eq!(run.status, 65, "{case}");
                assert!(run.err().starts_with(&format!("line 2, locked_until: {expected}\n")), "{case}");
                // With `--update` a new user is judged beside the store, in the same words.
                if state.is_empty() {
                    assert_eq!(import(&world, "--update", &row).err(), run.err(), "{case}");
                }
                continue;
            }
            run.expect_status(0);
            let listed = world.run("users list -o csv --columns status,locked_until").out();
            let found = listed.lines().nth(1).unwrap().replace(',', " ");
            assert_eq!(found.trim(), expected, "{case}");
        }
    }
}

#[test]
fn the_end_of_a_lock_is_read_as_the_option_until_reads_it() {
    let world = World::new();
    import(&world, "", "email,status,locked_until\na@example.com,LOCKED,2026-12-24T18:00:00+01:00\n").expect_status(0);
    assert!(world.run("users list -o csv --columns locked_until").out().ends_with("2026-12-24T17:00:00Z\n"));
    let soon = import(&world, "--update", "email,locked_until\na@example.com,soon\n");
    let option = world.run("users lock a --until soon");
    let told = "`soon` is neither a date such as 2026-12-01 nor a time such as 2026-12-01T08:00 or 2026-12-01T08:00Z";
    assert!(soon.err().contains(told) && option.err().contains(told), "{soon}{option}");
}

#[test]
fn a_user_without_a_password_must_change_the_one_that_an_operator_sets() {
    let world = World::new().with_users("alice,bob").with_password("alice", GOOD).with_saml_user();
    let hash = world.ask("SELECT password_hash FROM users WHERE username = 'alice'");
    let row = |user: &str, hash: &str| format!("email,must_change_password,password_hash\n{user},TRUE,\"{hash}\"\n");
    let told = "line 2, must_change_password: the user signs in with SAML\n";
    for (options, user) in [("--update", "sam@idp.example.com"), ("", "new@idp.example.com")] {
        let run = import(&world, options, row(user, ""));
        assert_eq!(run.status, 65, "{user} {run}");
        assert!(run.err().starts_with(told), "{user} {run}");
    }
    import(&world, "--update", row("alice@example.com", "")).expect_status(0);
    import(&world, "--update", row("bob@example.com", "")).expect_status(0);
    import(&world, "", row("new@example.com", &hash)).expect_status(0);
    import(&world, "", row("newer@example.com", "")).expect_status(0);
    let must = || world.ask("SELECT ifnull(group_concat(username), '') FROM users WHERE must_change_password");
    assert_eq!(must(), "alice,bob,new,newer");
    assert!(world.run("users show bob -o json").out().contains(r#""must_change_password":true"#));
    // "False" is what every export has of users who sign in with SAML.
    let away = "email,must_change_password\nsam@idp.example.com,Falsch\nother@example.com,no\nnewer@example.com,0\n";
    import(&world, "--update", away).expect_status(0);
    assert_eq!(must(), "alice,bob,new");

    let plan = world.command("users set-password bob --stdin -n").stdin(GOOD).run();
    assert!(plan.out().contains("The user must choose another password at the next sign-in."), "{plan}");
    for (user, password) in [("bob", GOOD), ("alice", OTHER)] {
        world.command(&format!("users set-password {user} --stdin")).stdin(password).run().expect_status(0);
    }
    assert_eq!(must(), "bob,new");
    import(&world, "", row("dora@example.com", "")).expect_status(0);
    world.command("users set-password dora --stdin --permanent").stdin(GOOD).run().expect_status(0);
    import(&world, "", row("emil@example.com", "")).expect_status(0);
    world.run("users edit emil --no-must-change").expect_status(0);
    import(&world, "", row("fred@example.com", "")).expect_status(0);
    world.run("users edit fred --sign-in saml --yes").expect_status(0);
    assert_eq!(must(), "bob,new");
}

#[test]
fn a_lock_until_the_last_day_of_9999_lasts_as_long_as_can_be_stored() {
    let world = World::new().with_users("alice");
    world.run("users lock alice --until 9999-12-31").expect_status(0);
    let written = world.run("users export").expect_status(0).stdout;
    assert!(String::from_utf8_lossy(&written).contains("9999-12-30T22:00:00Z"));
    assert_eq!(import(&world, "--update-only -v", &written).err(), "0 added, 0 changed, 1 unchanged.\n");
    import(&world, "", "email,status,locked_until\nbob@example.com,locked,9999-12-31T23:59:59Z\n").expect_status(0);
    assert_eq!(world.ask("SELECT count(DISTINCT locked_until) FROM users"), "1");
    world.run("users show alice").expect_status(0);
    world.run("store check").expect_status(0);
}

#[test]
fn one_who_chooses_the_first_password_by_a_link_need_not_change_it() {
    let world = World::with_mail();
    import(&world, "", "email,must_change_password\nnew@example.com,true\n").expect_status(0);
    world.run("users send-reset new").expect_status(0);
    let code = world.newest_code();
    world.command("resets redeem --stdin").stdin(format!("{code}\n{GOOD}\n")).run();
    assert_eq!(world.ask("SELECT password_set_at IS NOT NULL, must_change_password FROM users"), "1");
}

#[test]
fn an_export_without_hashes_goes_into_another_store_with_who_must_change() {
    let world = World::new().with_users("alice,bob").with_password("alice", GOOD);
    world.run("users edit alice --must-change").expect_status(0);
    for written in ["users export", "users export -o ndjson", "users list -o csv", "users list -o json"] {
        let other = World::new();
        let file = world.run(written).expect_status(0).stdout;
        import(&other, "", &file).expect_status(0);
        assert_eq!(
            other.ask("SELECT group_concat(username) FROM users WHERE must_change_password"),
            "alice",
            "{written}"
        );
        import(&other, "--update-only -v", &file).expect_status(0);
    }
}

#[test]
fn the_domains_of_the_organization_are_for_new_addresses() {
    let world = World::new().with_users("alice");
    let text = std::fs::read_to_string(world.config()).unwrap();
    world.write_config(&text.replace("\"example.com\"", "\"bücher.example\""));
    import(&world, "", "email\nbob@bücher.example\n").expect_status(0);
    world.write_config(&text.replace("\"example.com\"", "\"other.example\""));
    let rows = "username,email,name\nalice,ALICE@example.com,Alice\nbob,bob@XN--bcher-kva.example,Bob\n,carla@other.example,\n";
    import(&world, "--update", rows).expect_status(0);
    import(&world, "--update-only", "email,name\nalice@example.com,Ali\n").expect_status(0);
    world.run("users edit alice --email Alice@example.com").expect_status(0);
    assert_eq!(world.run("users edit alice --email adams@example.com").status, 65);
    for (options, rows, field) in [
        ("", "email\ndora@example.com\n", "line 2, email"),
        ("--update", "email\ndora@example.com\n", "line 2, email"),
        ("--update", "username,email\nalice,adams@example.com\n", "line 2, email"),
        ("--update-only", "username,email\nalice,adams@example.com\n", "line 2, email"),
    ] {
        let run = import(&world, options, rows);
        assert_eq!(run.status, 65, "{run}");
        assert!(run.err().starts_with(&format!("{field}: its domain is not one of the organization's\n")), "{run}");
    }
}

#[test]
fn a_hash_for_an_address_that_signs_in_with_saml_is_an_error_in_an_update_too() {
    let world = World::new().with_users("alice").with_password("alice", GOOD);
    let hash = world.ask("SELECT password_hash FROM users");
    for (username, email) in [("alice", "alice@idp.example.com"), ("", "new@idp.example.com")] {
        let rows = format!("username,email,password_hash\n{username},{email},\"{hash}\"\n");
        let run = import(&world, "--update", rows);
        assert_eq!(run.status, 65, "{run}");
        assert!(run.err().starts_with("line 2, password_hash: the user signs in with SAML\n"), "{run}");
    }
}

#[test]
fn an_empty_field_leaves_the_value_unless_it_is_to_be_cleared() {
    let world = World::new();
    let full = "email,name,locale,status,locked_until\nann@example.com,Ann,de,locked,2031-01-01\n";
    import(&world, "", full).expect_status(0);
    let user = || {
        world
            .run("users list -o csv --columns name,locale,status,locked_until")
            .out()
            .lines()
            .nth(1)
            .unwrap()
            .to_owned()
    };
    let before = user();
    let rows = [
        "email,name,locale,locked_until\nann@example.com,,,\n",
        "{\"email\":\"ann@example.com\",\"name\":\"\",\"locale\":null,\"locked_until\":\" \"}\n",
        "[{\"email\":\"ann@example.com\",\"name\":null,\"locale\":\"\",\"locked_until\":null}]",
    ];
    for rows in rows {
        let run = import(&world, "--update -v", rows).expect_status(0);
        assert!(run.err().contains("1 unchanged"), "{run}");
        assert_eq!(user(), before);
    }
    for rows in rows {
        import(&world, "--update --clear name,locale,locked_until", rows).expect_status(0);
        assert_eq!(user(), ",,locked,", "{rows}");
        import(&world, "--update --yes", full).expect_status(0);
        assert_eq!(user(), before);
    }
    // Only the columns that are named, and only where the field is empty.
    import(&world, "--update --clear locale", "email,name,locale\nann@example.com,,\n").expect_status(0);
    assert!(user().starts_with("Ann,,locked"), "{}", user());
    assert_snapshot!(import(&world, "--update --clear locale", "email,name\nann@example.com,\n"), @"
    status 65
    -- stderr
    error: line 1: there is no column `locale` for `--clear` to read
    ");
    assert_snapshot!(import(&world, "--clear locale", "email,locale\nann@example.com,\n"), @"
    status 2
    -- stderr
    error: --clear: only an update clears
    hint: add `--update` or `--update-only`
    ");
    assert_snapshot!(import(&world, "--update --clear email", "email,locale\nann@example.com,\n"), @"
    status 2
    -- stderr
    error: invalid value 'email' for '--clear <COLUMN,...>': name, locale and locked_until can be cleared

    For more information, try '--help'.
    ");
}

#[test]
fn an_update_of_existing_users_alone_adds_nobody() {
    let world = World::new().with_users("alice");
    let rows = "username,email,name\nalice,,Alice\ncarol,carol@example.com,Carol\n,dave@example.com,Dave\n";
    assert_snapshot!(import(&world, "--update-only", rows), @"
    status 65
    -- stderr
    line 3, username: no such user, and `--update-only` adds nobody
    line 4, email: no such user, and `--update-only` adds nobody
    error: 2 of 3 rows cannot be imported; nothing was changed
    ");
    assert_eq!(world.ask("SELECT group_concat(username || name) FROM users"), "aliceAlice Example");
    import(&world, "--update-only", "username,name\nalice,Alice\n").expect_status(0);
    assert_eq!(world.ask("SELECT group_concat(username || name) FROM users"), "aliceAlice");
}

#[test]
fn faults_of_rows_and_conflicts_come_in_the_order_of_the_lines() {
    let world = World::new().with_users("alice");
    let rows = "email,locale\nalice@example.com,\nb@example.com,\nb@example.com,\nc@example.com,klingon!\nalice@example.com,\n";
    assert_snapshot!(import(&world, "", rows), @"
    status 65
    -- stderr
    line 2, username: already in use (`--update` changes existing users)
    line 2, email: already in use (`--update` changes existing users)
    line 4, username: already on line 3
    line 4, email: already on line 3
    line 5, locale: `klingon!` is not a language tag such as `en` or `de-AT`
    line 6, username: already on line 2
    line 6, email: already on line 2
    line 6, username: already in use (`--update` changes existing users)
    line 6, email: already in use (`--update` changes existing users)
    error: 4 of 5 rows cannot be imported; nothing was changed
    ");
    // What broke the input comes after what was wrong before it.
    assert_snapshot!(import(&world, "", "email,locale\nc@example.com,klingon!\nd@example.com,\"de\n"), @"
    status 65
    -- stderr
    line 2, locale: `klingon!` is not a language tag such as `en` or `de-AT`
    error: line 3: the quote that opens here is never closed
    ");
}

#[test]
fn an_address_that_gives_no_username_says_so() {
    let world = World::new();
    assert_snapshot!(import(&world, "", "email\no'brien@example.com\nanna+tag@example.com\n"), @"
    status 65
    -- stderr
    line 2, username: is missing, and the address gives none: `o'brien` holds `'`: only ASCII letters, digits and `._-` are allowed
    line 3, username: is missing, and the address gives none: `anna+tag` holds `+`: only ASCII letters, digits and `._-` are allowed
    error: 2 of 2 rows cannot be imported; nothing was changed
    ");
    import(&world, "", "username,email\no.brien,o'brien@example.com\n").expect_status(0);
}

#[test]
fn with_update_nobody_is_told_to_update() {
    let world = World::new().with_users("alice,bob");
    let run = import(&world, "--update", "username,email\nbob,alice@example.com\n");
    assert!(run.err().starts_with("line 2, email: already in use\n"), "{run}");
}

#[test]
fn a_directory_is_named() {
    let world = World::new().with_users("alice");
    let directory = world.directory().to_owned();
    assert_snapshot!(world.command("users import").argument(&directory).run(), @"
    status 74
    -- stderr
    error: [DIR]: Is a directory (os error 21)
    ");
    assert_snapshot!(world.command("users list --from").argument(&directory).run(), @"
    status 74
    -- stderr
    error: [DIR]: Is a directory (os error 21)
    ");
}

/// `users set-password --must-change` needs it, and so does every other way to the same end.
#[test]
fn must_change_needs_the_permission_to_set_passwords() {
    let own = "view-users add-users edit-users";
    let world = World::new()
        .with_users("alice")
        .with_password("alice", GOOD)
        .with_role("Editor", own)
        .with_role("Setter", &format!("{own} set-passwords"))
        .with_operator(CAROL, "Editor")
        .with_operator(DAVE, "Setter");
    world.run("roles list").expect_status(0);
    let must = || world.ask("SELECT must_change_password FROM users");
    let rows = |word: &str| format!("email,must_change_password\nalice@example.com,{word}\n");
    for (command, stdin, after) in [
        ("users import - --update", rows("true"), "1"),
        ("users import - --update-only", rows("false"), "0"),
        ("users edit alice --must-change", String::new(), "1"),
        ("users edit alice --no-must-change", String::new(), "0"),
        ("users edit --search alice --must-change --yes", String::new(), "1"),
    ] {
        let before = must();
        let run = |uid| world.command(command).stdin(&stdin).uid(uid).run();
        let refused = run(CAROL);
        assert!(refused.status == 77 && refused.err().contains("set-passwords"), "{command}: {refused}");
        assert_eq!(must(), before, "{command}");
        run(DAVE).expect_status(0);
        assert_eq!(must(), after, "{command}");
    }
    let name = "email,name,must_change_password\nalice@example.com,Alice,\n";
    world.command("users import - --update").stdin(name).uid(CAROL).run().expect_status(0);
}
