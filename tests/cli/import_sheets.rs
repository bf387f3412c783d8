//! `users import` and `--from` of what spreadsheets and other programs write.

use insta::assert_snapshot;

use crate::support::GOOD;
use crate::support::Run;
use crate::support::World;

fn import(world: &World, options: &str, input: impl AsRef<[u8]>) -> Run {
    world.command(&format!("users import - {options}")).stdin(input).run()
}

fn users(world: &World, columns: &str) -> String {
    let listed = world.command("users list -o csv --columns").argument(columns).run().expect_status(0).out();
    listed.lines().skip(1).collect::<Vec<_>>().join(" ")
}

fn utf16(text: &str, is_big: bool) -> Vec<u8> {
    let units = "\u{feff}".encode_utf16().chain(text.encode_utf16());
    units.flat_map(|unit| if is_big { unit.to_be_bytes() } else { unit.to_le_bytes() }).collect()
}

#[test]
fn lines_are_those_of_an_editor() {
    let world = World::new();
    for (rows, line) in [
        ("email,name\r\na1@example.com,Ann\r\nbroken,Bo\r\n", 3),
        ("email,name\na1@example.com,Ann\n\n\nbroken,Bo\n", 5),
        ("email,name\ra1@example.com,Ann\rbroken,Bo\r", 3),
        ("email,name\r\na1@example.com,\"A\nnn\"\r\n\rbroken,Bo", 5),
        ("{\"email\":\"a1@example.com\"}\r\r\n{\"email\":\"broken\"}\r", 3),
        ("[\r{\"email\":\"a1@example.com\"},\r\n\r{\"email\":\"broken\"}\r]", 4),
    ] {
        let run = import(&world, "--dry-run", rows);
        let element = if rows.starts_with('[') { ", element 2" } else { "" };
        let told = format!("line {line}{element}, email: `broken` needs exactly one @");
        assert!(run.err().lines().any(|line| line == told), "{rows:?}\n{run}");
    }
    import(&world, "", "email,name\ra1@example.com,Ann\ra2@example.com,Bo\r").expect_status(0);
    assert_eq!(users(&world, "username,name"), "a1,Ann a2,Bo");
}

#[test]
fn quotes_that_are_broken_are_an_error_in_ignored_columns_too() {
    let world = World::new();
    assert_snapshot!(import(&world, "", "email,last_login_at\nsw1@example.com,\"2026\nsw2@example.com,2026\n"), @"
    status 65
    -- stderr
    error: line 2: the quote that opens here is never closed
    ");
    assert_snapshot!(import(&world, "", "email,name\nann@example.com,\"Ann \"The Eagle\" Adler\"\nbo@example.com,\"Bo\"x\n"), @"
    status 65
    -- stderr
    line 2: text follows a closing quote; a quote within quotes is written twice
    line 3: text follows a closing quote; a quote within quotes is written twice
    error: 2 of 2 rows cannot be imported; nothing was changed
    ");
    assert_snapshot!(import(&world, "", "email,last_login_at\nann@example.com,\"2026\"x\n"), @"
    status 65
    -- stderr
    line 2: text follows a closing quote; a quote within quotes is written twice
    error: 1 of 1 row cannot be imported; nothing was changed
    ");
    assert_eq!(users(&world, "username"), "");
}

#[test]
fn what_spreadsheets_write_is_understood() {
    for (rows, expected) in [
        ("\u{feff}email;name;must_change_password\r\nann@example.com;Jörg Müller;FALSCH\r\n", "ann,Jörg Müller,active"),
        ("email\tname\tstatus\r\nann@example.com\tAnn\tLocked\r\n", "ann,Ann,locked"),
        ("sep=;\r\nE-Mail;email;name\r\n1;ann@example.com;Ann\r\n", "ann,Ann,active"),
        ("email,name\n  ann@example.com , Ann Three \n,,\n , \n", "ann,Ann Three,active"),
        ("email,name,\nann@example.com,Ann,\n", "ann,Ann,active"),
        ("email,name\nann@example.com,Ann,,,\n", "ann,Ann,active"),
        ("Email , NAME,Sign_In,Status\nann@example.com,Ann,PASSWORD,Active\n", "ann,Ann,active"),
        ("email,name\n \"ann@example.com\" , \"Ann\"\t\n", "ann,Ann,active"),
    ] {
        let world = World::new();
        import(&world, "--ignore-unknown", rows).expect_status(0);
        assert_eq!(users(&world, "username,name,status"), expected, "{rows:?}");
    }
    for is_big in [true, false] {
        let world = World::new();
        import(&world, "", utf16("email;name\r\nann@example.com;Jörg 𝄞\r\n", is_big)).expect_status(0);
        assert_eq!(users(&world, "username,name"), "ann,Jörg 𝄞");
    }
}

#[test]
fn names_are_trimmed_whichever_way_they_come() {
    let world = World::new();
    import(&world, "", "{\"email\":\" ann@example.com\",\"name\":\"\u{a0}Ann \"}").expect_status(0);
    world.run("users add bo@example.com --name ' Bo '").expect_status(0);
    world.run("users add cy@example.com").expect_status(0);
    world.run("users edit cy --name ' Cy '").expect_status(0);
    assert_eq!(users(&world, "username,name"), "ann,Ann bo,Bo cy,Cy");
}

#[test]
fn every_word_for_true_and_false_is_read() {
    let world = World::new().with_users("alice").with_password("alice", GOOD);
    let must = || world.ask("SELECT must_change_password FROM users");
    for (yes, no) in [("true", "false"), ("TRUE", "False"), ("Yes", "NO"), ("1", "0"), ("WAHR", "Falsch")] {
        for (word, value) in [(yes, "1"), (no, "0")] {
            import(&world, "--update", format!("username,must_change_password\nalice,{word}\n")).expect_status(0);
            assert_eq!(must(), value, "{word}");
            import(&world, "--update", "username,must_change_password\nalice,0\n").expect_status(0);
            let json = format!("{{\"username\":\"alice\",\"must_change_password\":\"{word}\"}}");
            import(&world, "--update", json).expect_status(0);
            assert_eq!(must(), value, "{word}");
        }
    }
    import(&world, "--update", "{\"username\":\"alice\",\"must_change_password\":1}").expect_status(0);
    assert_eq!(must(), "1");
    import(&world, "--update", "{\"username\":\"alice\",\"must_change_password\":false}").expect_status(0);
    assert_eq!(must(), "0");
}

#[test]
fn what_is_not_understood_is_an_error_that_shows_it() {
    let world = World::new();
    assert_snapshot!(import(&world, "", "\n\nann@example.com;Ann\n"), @"
    status 65
    -- stderr
    error: line 3 is no header: it must name the columns, `email` or `username` among them; accepted columns are: username, email, name, role, sign_in, locale, status, locked_until, must_change_password, password_hash
    ");
    assert_snapshot!(import(&world, "", "email,shoe_size\nann@example.com,38\n"), @"
    status 65
    -- stderr
    error: line 1: unknown column `shoe_size`; accepted columns are: username, email, name, role, sign_in, locale, status, locked_until, must_change_password, password_hash; `--ignore-unknown` ignores others
    ");
    assert_snapshot!(import(&world, "", "email,name,\nann@example.com,Ann,38\n"), @"
    status 65
    -- stderr
    line 2: field 3 has a value, and its column has no name in the header
    error: 1 of 1 row cannot be imported; nothing was changed
    ");
    assert_snapshot!(import(&world, "", b"email,name\nann@example.com,J\xf6rg\n"), @"
    status 65
    -- stderr
    line 2, name: is not UTF-8 (in a spreadsheet: save as CSV UTF-8)
    error: 1 of 1 row cannot be imported; nothing was changed
    ");
    assert_snapshot!(import(&world, "", b"e\0m\0a\0i\0l\0\n\0"), @"
    status 65
    -- stderr
    error: line 1: holds a NUL byte: if the file is UTF-16, save it with a byte order mark, or as UTF-8
    ");
    assert_snapshot!(import(&world, "", b"\xff\xfee\0m\0a\0i\0l\0\n\0\x00\xd8a\0"), @"
    status 65
    -- stderr
    error: line 2: the input is marked as UTF-16 and holds half of a surrogate pair
    ");
    assert_snapshot!(import(&world, "", "[{\"email\":\"a@example.com\"} {\"email\":\"b@example.com\"}]"), @"
    status 65
    -- stderr
    error: line 1: expected `,` or `]` between the elements of the array
    ");
    assert_snapshot!(import(&world, "", "[{\"email\":\"a@example.com\"},{\"email\":\"A@example.com\"}]"), @"
    status 65
    -- stderr
    line 1, element 2, username: already on line 1, element 1
    line 1, element 2, email: already on line 1, element 1
    error: 1 of 2 rows cannot be imported; nothing was changed
    ");
    assert_snapshot!(import(&world, "", "{\"email\":\"a@example.com\",\"EMAIL\":\"b@example.com\"}"), @"
    status 65
    -- stderr
    line 1: is not a user as a JSON object: `email` appears twice
    error: 1 of 1 row cannot be imported; nothing was changed
    ");
    assert_snapshot!(import(&world, "--delimiter ;;", "email\na@example.com\n"), @"
    status 2
    -- stderr
    error: invalid value ';;' for '--delimiter <CHARACTER>': expected one character such as `,` `;` `|`, or `tab`

    For more information, try '--help'.
    ");
    import(&world, "--delimiter '|'", "email|name\nann@example.com|Ann\n").expect_status(0);
    assert_eq!(users(&world, "username,name"), "ann,Ann");
}

/// Users of every kind, with values that a format may lose.
fn full_world() -> World {
    let world = World::new().with_saml_user();
    let rows = "username,email,name,role,locale,status,locked_until\n\
        ann,ann@example.com,\"Adams, \"\"Ann\"\"\",Admin,de-AT,,\n\
        bo,bo@example.com,=Bo;x;=1+2 ;'=3,,,locked,\n\
        cy,+cy@example.com,'-Cy \u{2019},,,locked,2031-01-01\n\
        dee,'dee@example.com,明 ё,,en,,\n";
    import(&world, "", rows).expect_status(0);
    let hash = "$argon2id$v=19$m=19456,t=2,p=1$AAAAAAAAAAAAAAAAAAAAAA$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";
    import(
        &world,
        "--update",
        format!("username,password_hash,must_change_password\nann,\"{hash}\",1\nbo,\"{hash}\",\n"),
    )
    .expect_status(0);
    world
}

#[test]
fn what_export_and_list_write_import_and_from_take_back() {
    let world = full_world();
    let columns = "id,username,email,name,role,status,locked_until,sign_in,locale,password_set_at,must_change_password,\
        session_epoch,last_login_at,created_at,updated_at";
    let state = || world.run("users export -o json").out();
    let before = state();
    for command in [
        "users export -o FORMAT",
        "users list -o FORMAT",
        &format!("users list -o FORMAT --columns {columns}"),
        "users export --bom",
    ] {
        for format in ["csv", "json", "ndjson"] {
            let command = command.replace("FORMAT", format);
            let written = world.run(&command).expect_status(0).stdout;
            let again = import(&world, "--update-only -v", &written);
            assert_eq!(again.err(), "0 added, 0 changed, 5 unchanged.\n", "{command}\n{again}");
            let named = world.command("users list -o csv --columns username --from -").stdin(&written).run();
            assert_eq!(named.out().lines().count(), 6, "{command}\n{named}");
            assert_eq!(state(), before, "{command}");
        }
    }
    // Into an empty store, with the hashes.
    for format in ["csv", "json", "ndjson"] {
        let path = world.path(&format!("hashes.{format}"));
        let command = format!("users export --with-hashes --reason move -o {format} --to");
        world.command(&command).argument(&path).run().expect_status(0);
        let other = World::new();
        other.command("users import").argument(&path).run().expect_status(0);
        assert_eq!(
            other.run("users export -o json").out(),
            before.replace("2026-11-24T08:00:00Z", &other.now().to_string())
        );
    }
    // Nobody is exported, too.
    for format in ["csv", "json", "ndjson"] {
        let written = World::new().run(&format!("users export -o {format}")).expect_status(0).stdout;
        let again = import(&world, "--update -v", &written);
        assert!(again.err().ends_with("0 added, 0 changed, 0 unchanged.\n"), "{format}\n{again}");
        let named = world.command("users list -o csv --columns username --from -").stdin(&written).run();
        assert_eq!(named.expect_status(0).out(), "username\n", "{format}");
    }
    let table = world.run("users list").out();
    let refused = world.command("users list --from -").stdin(&table).run();
    assert_snapshot!(refused, @"
    status 65
    -- stderr
    error: -, line 1: is a table for people to read: list the users with `-o csv`
    ");
}

#[test]
fn a_byte_order_mark_is_for_csv_alone() {
    let world = World::new().with_users("alice");
    assert!(world.run("users export --bom").stdout.starts_with(b"\xef\xbb\xbfusername,"));
    assert!(!world.run("users export").stdout.starts_with(b"\xef"));
    let path = world.path("out.csv");
    world.command("users export --bom --to").argument(&path).run().expect_status(0);
    assert!(std::fs::read(&path).unwrap().starts_with(b"\xef\xbb\xbfusername,"));
    assert_snapshot!(world.run("users export --bom -o json"), @"
    status 2
    -- stderr
    error: --bom: only a CSV begins with a byte order mark
    hint: leave out `-o`, or give `-o csv`
    ");
}

#[test]
fn users_are_named_by_a_file_of_every_kind() {
    let world = World::new().with_users("alice,bob,carla");
    for list in [
        "alice\rbob\r",
        "username;name\r\nalice;A\r\n;\r\nbob;B\r\n",
        "sep=,\nname,username,email\nA,alice,\nB,,bob@example.com\n",
        "[{\"username\":\"alice\"},{\"email\":\"bob@example.com\"}]",
        "{\"username\":\"alice\",\"shoe_size\":38}\n\n{\"username\":\"bob\"}\n",
        "\u{feff}Email\nalice@example.com\n  bob@example.com \n",
    ] {
        let run = world.command("users list -o csv --columns username --from -").stdin(list).run();
        assert_eq!(run.out(), "username\nalice\nbob\n", "{list:?}\n{run}");
        let run = world
            .command("users list -o csv --columns username --from -")
            .stdin(utf16(list.trim_start_matches('\u{feff}'), false))
            .run();
        assert_eq!(run.out(), "username\nalice\nbob\n", "{list:?}\n{run}");
    }
    let from = |list: &[u8]| world.command("users list --from -").stdin(list).run();
    assert_snapshot!(from(b"username\r\n\r\nnobody\r\n"), @"
    status 67
    -- stderr
    error: line 3: no user with the username `nobody`
    hint: names must match exactly; to search: cxme-admin users list --search TEXT
    ");
    assert_snapshot!(from(b"username,name\nalice,\"A\nbob,B\n"), @"
    status 65
    -- stderr
    error: -, line 2: the quote that opens here is never closed
    ");
    assert_snapshot!(from(b"alice\n\xe4\n"), @"
    status 65
    -- stderr
    error: -, line 2: is not UTF-8 (in a spreadsheet: save as CSV UTF-8)
    ");
}
