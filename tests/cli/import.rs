//! `users import`.

use insta::assert_snapshot;

use crate::support::CAROL;
use crate::support::GOOD;
use crate::support::Run;
use crate::support::World;

fn import(world: &World, options: &str, input: impl AsRef<[u8]>) -> Run {
    world.command(&format!("users import - {options}")).stdin(input).run()
}

fn users(world: &World) -> String {
    world.ask("SELECT ifnull(group_concat(username, ' '), '') FROM (SELECT username FROM users ORDER BY username)")
}

#[test]
fn a_csv_with_a_byte_order_mark_and_crlf_is_taken() {
    let world = World::new();
    let rows = "\u{feff}Email,name,role\r\nalice@example.com,\"Adams, Alice\",Admin\r\n\"bob@example.com\",,\r\n";
    assert_snapshot!(import(&world, "-v", rows), @"
    status 0
    -- stderr
    2 added, 0 changed, 0 unchanged.
    ");
    assert_snapshot!(world.run("users list -o csv --columns username,email,name,role"), @r#"
    status 0
    -- stdout
    username,email,name,role
    alice,alice@example.com,"Adams, Alice",Admin
    bob,bob@example.com,,Minimal Permissions
    "#);
    let event = world.newest_event();
    assert!(event.contains(r#""added":2,"changed":0"#) && event.contains(r#""source":"-""#), "{event}");
    assert_eq!(world.events(), 2, "one event for one import");
}

#[test]
fn ndjson_is_taken() {
    let world = World::new();
    let rows = "{\"email\":\"alice@example.com\",\"name\":\"Alice\",\"must_change_password\":false}\n\n\
        {\"email\":\"bob@example.com\",\"username\":\"robert\",\"id\":7,\"locked_until\":null}\n";
    import(&world, "", rows).expect_status(0);
    assert_eq!(users(&world), "alice robert");
    let wrong = "{\"email\":\"carla@example.com\",\"shoe_size\":38}\n{\"email\":7}\n{nonsense\n";
    assert_snapshot!(import(&world, "", wrong), @"
    status 65
    -- stderr
    line 1: is not a user as a JSON object: unknown column `shoe_size`; accepted columns are: username, email, name, role, sign_in, locale, status, locked_until, must_change_password, password_hash; `--ignore-unknown` ignores others
    line 2: is not a user as a JSON object: `email`: invalid type: integer `7`, expected a string
    line 3: is not a user as a JSON object: key must be a string
    error: 3 of 3 rows cannot be imported; nothing was changed
    ");
    assert_eq!(users(&world), "alice robert");
}

#[test]
fn a_file_is_taken_too() {
    let world = World::new();
    let file = world.file_with_mode("users.csv", "email\nalice@example.com\n", 0o644);
    world.command("users import").argument(&file).run().expect_status(0);
    assert_eq!(users(&world), "alice");
    assert!(world.newest_event().contains("[DIR]/users.csv"));
    assert_snapshot!(world.command("users import").argument(world.path("absent.csv")).run(), @"
    status 74
    -- stderr
    error: [DIR]/absent.csv: cannot be opened: No such file or directory (os error 2)
    ");
}

#[test]
fn an_input_that_is_no_list_of_users_is_refused_as_a_whole() {
    let world = World::new();
    assert_snapshot!(import(&world, "-v", ""), @"
    status 0
    -- stderr
    warning: the input is empty: no user is in it
    0 added, 0 changed, 0 unchanged.
    ");
    for empty in [" \n\n", "\u{feff}"] {
        assert_eq!(import(&world, "-v", empty).to_string(), import(&world, "-v", "").to_string());
    }
    assert_snapshot!(import(&world, "", "sep=;\n"), @"
    status 65
    -- stderr
    error: the header is missing: the line after `sep=` must name the columns, `email` or `username` among them; accepted columns are: username, email, name, role, sign_in, locale, status, locked_until, must_change_password, password_hash
    ");
    let passwords = import(&world, "", "seven violet umbrellas whistle\n").to_string();
    assert!(passwords.contains("line 1 is no header") && !passwords.contains("umbrellas"), "{passwords}");
    let without_key = import(&world, "", "name;umbrellas;role\n").to_string();
    assert!(
        without_key.contains("line 1 names the columns `name`, `role`, but neither `email` nor `username`; "),
        "{without_key}"
    );
    assert!(!without_key.contains("umbrellas"), "{without_key}");
    assert_snapshot!(import(&world, "", "alice@example.com,Alice\n"), @"
    status 65
    -- stderr
    error: line 1 is no header: it must name the columns, `email` or `username` among them; accepted columns are: username, email, name, role, sign_in, locale, status, locked_until, must_change_password, password_hash
    ");
    assert_snapshot!(import(&world, "", "email,shoe_size\nalice@example.com,38\n"), @"
    status 65
    -- stderr
    error: line 1: unknown column `shoe_size`; accepted columns are: username, email, name, role, sign_in, locale, status, locked_until, must_change_password, password_hash; `--ignore-unknown` ignores others
    ");
    assert_snapshot!(import(&world, "", "email,name,email\nalice@example.com,A,b\n"), @"
    status 65
    -- stderr
    error: line 1: the column `email` appears twice
    ");
    assert_snapshot!(import(&world, "", b"\xff\xfee\0m\0a\0i\0l\0"), @"status 0");
    assert_snapshot!(import(&world, "", "email,password\nalice@example.com,secret\n"), @"
    status 65
    -- stderr
    error: line 1: unknown column `password`; accepted columns are: username, email, name, role, sign_in, locale, status, locked_until, must_change_password, password_hash; `--ignore-unknown` ignores others
    ");
    import(&world, "", "email,name\n").expect_status(0);
    assert_eq!(users(&world), "");
}

#[test]
fn each_bad_row_is_named_by_line_and_field_and_nothing_is_imported() {
    let world = World::new().with_users("alice").with_saml_user();
    let rows = b"email,username,name,role,sign_in,locale,status,must_change_password,password_hash\n\
        good@example.com,,,,,,,,\n\
        bad address@example.com,,,,,,,,\n\
        two@at@example.com,,,,,,,,\n\
        elsewhere@elsewhere.example,,,,,,,,\n\
        b1@example.com,b 1,,,,,,,\n\
        b2@example.com,,\x1b[2J,,,,,,\n\
        b3@example.com,,,Boss,,,,,\n\
        b4@example.com,,,,ldap,,,,\n\
        b5@example.com,,,,,klingon!,,,\n\
        b6@example.com,,,,,,asleep,,\n\
        b7@example.com,,,,,,,perhaps,\n\
        b8@example.com,,,,,,,,secret\n\
        b9@example.com,,,,,,,,$2b$12$abcdefghijklmnopqrstuuABCDEFGHIJKLMNOPQRSTUVWXYZ01234\n\
        b10@example.com,,\xff,,,,,,\n\
        b11@example.com,,,\n\
        b12@example.com,,,,,,,,,x\n\
        ,,No Address,,,,,,\n\
        alice@example.com,,,,,,,,\n\
        good@example.com,,,,,,,,\n\
        other@example.com,GOOD,,,,,,,\n";
    assert_snapshot!(import(&world, "", rows), @"
    status 65
    -- stderr
    line 3, email: holds the character U+0020, which no address has
    line 4, email: `two@at@example.com` needs exactly one @
    line 5, email: its domain is not one of the organization's
    line 6, username: holds ` `: only ASCII letters, digits and `._-` are allowed
    line 7, name: holds the unprintable character U+001B: leave it out
    line 8, role: no such role: `Boss`
    line 9, sign_in: `ldap` is not a sign-in: take `password` or `saml`
    line 10, locale: `klingon!` is not a language tag such as `en` or `de-AT`
    line 11, status: `asleep` is not a status: take `active` or `locked`
    line 12, must_change_password: `perhaps` is not `true` or `false`
    line 13, password_hash: not a PHC string; it reads `$argon2id$v=19$m=65536,t=3,p=1$salt$hash`, in Base64 without padding
    line 14, password_hash: not a PHC string; it reads `$argon2id$v=19$m=65536,t=3,p=1$salt$hash`, in Base64 without padding
    line 15, name: is not UTF-8 (in a spreadsheet: save as CSV UTF-8)
    line 16: has 4 fields, the header has 9
    line 17: has 10 fields, the header has 9
    line 18, email: is missing
    line 19, username: already in use (`--update` changes existing users)
    line 19, email: already in use (`--update` changes existing users)
    line 20, username: already on line 2
    line 20, email: already on line 2
    line 21, username: already on line 2
    error: 19 of 20 rows cannot be imported; nothing was changed
    ");
    assert_eq!(users(&world), "alice sam");
}

#[test]
fn a_hash_for_a_user_of_the_identity_provider_is_refused() {
    let world = World::new().with_users("alice").with_saml_user().with_password("alice", GOOD);
    let hash = world.ask("SELECT password_hash FROM users WHERE username = 'alice'");
    let quoted = |email: &str| format!("email,password_hash\n{email},\"{hash}\"\n");
    assert_snapshot!(import(&world, "", quoted("new@idp.example.com")), @"
    status 65
    -- stderr
    line 2, password_hash: the user signs in with SAML
    error: 1 of 1 row cannot be imported; nothing was changed
    ");
    assert_snapshot!(import(&world, "--update", quoted("sam@idp.example.com")), @"
    status 65
    -- stderr
    line 2, password_hash: the user signs in with SAML
    error: 1 of 1 row cannot be imported; nothing was changed
    ");
    import(&world, "", quoted("new@example.com")).expect_status(0);
    assert!(world.accepts("new", GOOD));
    assert!(world.newest_event().starts_with("users import with hashes | done"));
    assert_eq!(world.ask("SELECT count(*) FROM users WHERE sign_in = 'saml' AND password_hash IS NOT NULL"), "0");
}

#[test]
fn moving_to_saml_by_an_update_removes_the_password_in_the_same_change() {
    let world = World::new().with_users("alice").with_password("alice", GOOD);
    import(&world, "--update --yes", "email,sign_in\nalice@example.com,saml\n").expect_status(0);
    assert_eq!(world.ask("SELECT sign_in || ifnull(password_hash, ' none') FROM users"), "saml none");
}

#[test]
fn a_hundred_bad_rows_are_named_and_the_rest_are_counted() {
    let world = World::new();
    let rows: String = (0..150).map(|number| format!("user{number}@elsewhere.example\n")).collect();
    let run = import(&world, "", format!("email\n{rows}"));
    assert_eq!(run.status, 65);
    assert_eq!(run.err().lines().count(), 102, "{run}");
    assert_snapshot!(run.err().lines().skip(99).collect::<Vec<_>>().join("\n"), @"
    line 101, email: its domain is not one of the organization's
    … and more, which are only counted
    error: 150 of 150 rows cannot be imported; nothing was changed
    ");
}

#[test]
fn a_quote_that_is_never_closed_does_not_swallow_the_input() {
    let world = World::new();
    let short = import(&world, "", "email,name\na@example.com,\"open\nb@example.com,B\n");
    assert_eq!(short.status, 65, "{short}");
    let long = format!("email,name\na@example.com,\"open\n{}", "b@example.com,B\n".repeat(40_000));
    assert_snapshot!(import(&world, "", long), @"
    status 65
    -- stderr
    error: line 2: the row is longer than 64 KiB: is a quote not closed?
    ");
    assert_eq!(users(&world), "");
}

#[test]
fn an_update_changes_what_differs_by_username_or_by_address() {
    let world = World::new().with_users("alice,bob,carla");
    world.wait(60);
    let rows = "username,email,name\nalice,adams@example.com,Alice Adams\n,bob@example.com,Bob Brown\n\
        carla,carla@example.com,Carla Example\n,new@example.com,\n";
    let planned = import(&world, "--update -o json --dry-run", rows).expect_status(0).out();
    let counts = r#"{"added":1,"changed":2,"unchanged":1,"notices":0,"dry_run":true,"#;
    assert!(planned.starts_with(counts), "{planned}");
    assert_eq!(users(&world), "alice bob carla");
    assert_snapshot!(import(&world, "--update -v", rows), @"
    status 0
    -- stderr
    1 added, 2 changed, 1 unchanged.
    ");
    assert_snapshot!(world.run("users list -o csv --columns username,email,name,updated_at"), @"
    status 0
    -- stdout
    username,email,name,updated_at
    alice,adams@example.com,Alice Adams,2026-11-24T08:01:00Z
    bob,bob@example.com,Bob Brown,2026-11-24T08:01:00Z
    carla,carla@example.com,Carla Example,2026-11-24T08:00:00Z
    new,new@example.com,,2026-11-24T08:01:00Z
    ");
    assert_snapshot!(import(&world, "--update -v", rows), @"
    status 0
    -- stderr
    0 added, 0 changed, 4 unchanged.
    ");
    assert_snapshot!(import(&world, "--update", "username,name\nnobody,None\n"), @"
    status 65
    -- stderr
    line 2, email: is missing, and no user has this username
    error: 1 of 1 row cannot be imported; nothing was changed
    ");
    assert_snapshot!(import(&world, "--update", "username,email\nbob,adams@example.com\n"), @"
    status 65
    -- stderr
    line 2, email: already in use
    error: 1 of 1 row cannot be imported; nothing was changed
    ");
    assert_eq!(import(&world, "", rows).status, 65, "without `--update` they exist already");
}

#[test]
fn an_update_ends_sessions_and_passwords_as_an_edit_does() {
    let world = World::new().with_users("alice").with_password("alice", GOOD);
    let epoch = || world.ask("SELECT session_epoch FROM users");
    let before = epoch();
    import(&world, "--update", "email,name\nalice@example.com,Alice\n").expect_status(0);
    assert_eq!(epoch(), before);
    import(&world, "--update", "username,email\nalice,adams@example.com\n").expect_status(0);
    assert_ne!(epoch(), before);
    assert!(world.accepts("alice", GOOD));
    let after = epoch();
    import(&world, "--update", "username,status\nalice,locked\n").expect_status(0);
    assert_ne!(epoch(), after);
    assert!(!world.accepts("alice", GOOD));
    import(&world, "--update --yes", "username,status\nalice,active\n").expect_status(0);
    assert!(world.accepts("alice", GOOD));
}

#[test]
fn a_dry_run_says_what_would_be_and_changes_nothing() {
    let world = World::new();
    let before = world.events();
    assert_snapshot!(import(&world, "--dry-run -v", "email\nalice@example.com\n"), @"
    status 0
    -- stdout
    1 would be added, 0 would be changed, 0 unchanged.
    -- stderr
    Dry run; nothing was changed.
    ");
    assert_eq!((users(&world), world.events()), (String::new(), before));
    assert_eq!(import(&world, "--dry-run", "email\nalice@example.com\nalice@example.com\n").status, 65);
}

#[test]
fn what_the_rows_hold_decides_what_the_operator_must_be_allowed() {
    let world = World::new().with_users("alice:Admin,bob").with_role("Clerk", "view-users add-users");
    let world = world.with_operator(CAROL, "Clerk");
    let carol =
        |options: &str, input: &str| world.command(&format!("users import - {options}")).stdin(input).uid(CAROL).run();
    carol("", "email\nnew@example.com\n").expect_status(0);
    assert_snapshot!(carol("", "email,status\nx@example.com,locked\n"), @"
    status 77
    -- stderr
    error: your role, Clerk, lacks the permission `lock-users`
    hint: lock-users: Lock users and unlock them; an Admin can give another role
    ");
    assert_eq!(carol("--update", "email\nbob@example.com\n").status, 77);
    let hash = "$argon2id$v=19$m=19456,t=2,p=1$AAAAAAAAAAAAAAAAAAAAAA$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";
    let unquoted = carol("", &format!("email,password_hash\nx@example.com,{hash}\n"));
    assert_eq!(unquoted.status, 65, "its commas need quotes: {unquoted}");
    assert_eq!(carol("", &format!("email,password_hash\nx@example.com,\"{hash}\"\n")).status, 77);
    assert_snapshot!(carol("", "email,role\nx@example.com,Admin\n"), @"
    status 77
    -- stderr
    line 2, role: has permissions that your role lacks
    error: 1 row concerns a role with permissions that your role, Clerk, lacks; nothing was imported
    hint: ask an operator whose role has at least those permissions
    ");
    world.sql("INSERT INTO role_permissions SELECT id, 'edit-users' FROM roles WHERE name = 'Clerk'");
    assert_snapshot!(carol("--update", "username,name\nalice,Mallory\n"), @"
    status 77
    -- stderr
    line 2, role: the user's role has permissions that your role lacks
    error: 1 row concerns a role with permissions that your role, Clerk, lacks; nothing was imported
    hint: ask an operator whose role has at least those permissions
    ");
    carol("--update", "username,name\nbob,Robert\n").expect_status(0);
}

#[test]
fn a_lock_for_a_time_goes_through_export_and_import() {
    let world = World::new().with_users("alice,bob,carla");
    world.run("users lock alice --for 2h").expect_status(0);
    world.run("users lock bob").expect_status(0);
    let exported = world.run("users export");
    let rows = |run: &Run| {
        let text = run.out();
        let cut = |line: &str| line.split(',').skip(1).take(5).collect::<Vec<_>>().join(",");
        text.lines().map(cut).collect::<Vec<_>>()
    };
    let other = World::new();
    other.command("users import -").stdin(exported.out()).run().expect_status(0);
    assert_eq!(rows(&other.run("users export")), rows(&exported));
    let again = other.command("users import - --update -v").stdin(exported.out()).run();
    assert!(again.err().contains("0 changed, 3 unchanged"), "{again}");
    let later = exported.out().replace("locked,20", "locked,21");
    let moved = other.command("users import - --update -v").stdin(later).run();
    assert!(moved.err().contains("1 changed, 2 unchanged"), "{moved}");
    let bad = other.command("users import -").stdin("email,status,locked_until\nd@example.com,locked,soon\n").run();
    assert_eq!(bad.status, 65);
    assert!(bad.err().contains("line 2, locked_until: `soon` is neither a date"), "{bad}");
}
