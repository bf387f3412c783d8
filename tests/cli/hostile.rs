//! Names that would drive a terminal or a spreadsheet.

use proptest::prelude::*;

use crate::help::commands;
use crate::support::GOOD;
use crate::support::Run;
use crate::support::World;

const HOSTILE: [&str; 11] = [
    "\u{1b}[8mconcealed",
    "\u{1b}]0;title without an end",
    "\u{1b}[2J\u{1b}[H",
    "\u{1b}]52;c;cm0gLXJmIH4=\u{7}",
    "\u{9b}31m",
    "a\u{202e}b",
    "line\nbreak",
    "carriage\rreturn",
    "nul\u{8}\u{7f}",
    "\u{2066}isolate\u{2069}\u{feff}",
    "tab\u{0}stop",
];

fn hostile() -> Vec<String> {
    let mut all: Vec<String> = HOSTILE.map(str::to_owned).into();
    all.push("x".repeat(10_000));
    all
}

/// Nothing that a terminal obeys: no C0 but the line feed and the tab, no DEL, no C1, no mark that turns the direction.
#[track_caller]
fn assert_inert(run: &Run, what: &str) {
    for bytes in [&run.stdout, &run.stderr] {
        let text = std::str::from_utf8(bytes).unwrap();
        let obeyed = text.chars().find(|&character| match character {
            '\n' | '\t' => false,
            '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{feff}' => true,
            '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}' => true,
            other => other.is_control(),
        });
        assert_eq!(obeyed, None, "{what}: {text:?}");
    }
}

#[test]
fn hostile_names_are_refused_at_every_door() {
    let world = World::new().with_users("alice");
    for name in hostile() {
        for command in [
            "users add new@example.com --name",
            "users edit alice --name",
            "users add new@example.com --username",
            "users edit alice --username",
            "users add --",
            "users edit alice --email",
            "users lock alice --reason",
            "users add new@example.com --locale",
            "users edit alice --locale",
        ] {
            // An argument of a process holds no NUL.
            if name.contains('\0') {
                continue;
            }
            let run = world.command(command).argument(&name).run();
            assert_eq!(run.status, 65, "{command} {name:?}: {run}");
            assert_inert(&run, command);
            assert!(run.stderr.len() < 2_000, "{command} {name:?}");
        }
        for column in
            ["name", "username", "locale", "role", "status", "sign_in", "must_change_password", "password_hash"]
        {
            let row = format!("email,{column}\nnew@example.com,\"{name}\"\n");
            let run = world.command("users import -").stdin(&row).run();
            assert_eq!(run.status, 65, "{column} {name:?}: {run}");
            assert_inert(&run, column);
            assert!(run.stderr.len() < 2_000, "{column} {name:?}: {}", run.stderr.len());
            let json = serde_json::json!({ "email": "new@example.com", column: name }).to_string();
            let run = world.command("users import -").stdin(&json).run();
            assert_eq!(run.status, 65, "{column} {name:?}: {run}");
            assert_inert(&run, column);
        }
    }
    assert_eq!(world.ask("SELECT count(*) || max(name) FROM users"), "1Alice Example");
}

#[test]
fn what_somebody_put_into_the_store_is_shown_and_never_obeyed() {
    for name in hostile() {
        let world = World::new().with_users("alice,victim").with_role("Role", "view-users");
        world.run("users lock alice --for 2h").expect_status(0);
        let hex: String = name.bytes().map(|byte| format!("{byte:02x}")).collect();
        let text = format!("CAST(x'{hex}' AS TEXT)");
        world.sql(&format!(
            "PRAGMA ignore_check_constraints = ON;
             UPDATE roles SET name = {text} WHERE name = 'Role';
             UPDATE operators SET account = {text};
             UPDATE users SET name = {text}, lock_reason = {text}, locale = {text},
                 role_id = (SELECT id FROM roles WHERE name = {text}) WHERE username = 'alice';
             UPDATE users SET username = {text}, email = {text} || '@example.com' WHERE username = 'victim';
             INSERT INTO events
                 (time, operator, operator_uid, host, identified_by, authority, action, outcome, reason, details, changes_digest, hash)
             VALUES (0, {text}, 0, {text}, {text}, {text}, {text}, 'done', {text},
                 json_object('username', {text}, {text}, {text}), zeroblob(32), zeroblob(32))"
        ));
        for command in [
            "users list",
            "users list --columns username,email,name,role,locale",
            "users show alice",
            "users show alice@example.com",
            "users list --search example",
            "roles list",
            "operators list",
            "audit list",
            "users export",
            "users lock alice --for 1h",
            "users edit alice --name Alice --dry-run",
            "users delete alice --dry-run",
            "audit verify",
            "audit export",
            "store check",
        ] {
            for form in ["table", "json", "ndjson", "csv"] {
                let run = world.command(&format!("{command} -v -o {form}").replace(" -v", "")).at_terminal().run();
                assert_inert(&run, &format!("{command} {form} {name:?}"));
            }
        }
        // An argument of a process holds no NUL.
        if name.contains('\0') {
            continue;
        }
        for command in [
            "users show",
            "users set-password --generate",
            "users set-password --stdin",
            "users lock",
            "users unlock",
            "users delete --yes --dry-run",
            "users verify-password --stdin",
            "users edit --name x --username",
            "operators add --role",
            "users list --role",
            "audit list --action",
            "audit list --user",
            "users list --search",
            "users list --status",
            "users list --columns",
            "users list --from",
            "users import",
            "store backup --dry-run",
            "users list -c",
            "users list --store",
            "nonsense",
            "operators remove",
            "audit verify --head",
            "users lock alice --until",
            "policy check --stdin --user",
        ] {
            for form in ["table", "json", "csv"] {
                let run = world.command(&format!("{command} -o {form}").replace("--role -o", "-o")).argument(&name);
                let run = run.stdin(GOOD).at_terminal().run();
                assert_inert(&run, &format!("{command} {form} {name:?}"));
            }
            let with_address = world.command(command).argument(format!("{name}@example.com")).at_terminal().run();
            assert_inert(&with_address, command);
        }
    }
}

#[test]
fn no_argument_of_any_command_reaches_a_terminal_as_it_is_with_colours_or_without() {
    // Those that styles of clap could hide, and a C1; all with the full counts.
    let (step, count) = if is_long() { (1, HOSTILE.len()) } else { (2, 6) };
    for hostile in HOSTILE.into_iter().filter(|hostile| !hostile.contains('\0')).step_by(step).take(count) {
        let world = World::new();
        let run = |words: &[String], arguments: &[String]| {
            for no_color in ["", "1"] {
                let command = world.command(&words.join(" ")).variable("NO_COLOR", no_color);
                let command = arguments.iter().fold(command, |command, word| command.argument(word));
                assert_inert(&command.at_terminal().run(), &format!("{words:?} {arguments:?}"));
            }
        };
        for words in commands().into_iter().map(|(words, _)| words).chain([Vec::new()]) {
            for argument in
                [hostile.to_owned(), format!("--{hostile}"), format!("-o{hostile}"), format!("--x={hostile}")]
            {
                // `-n` lest something is done where it is taken as a word.
                run(&words, &["-n".to_owned(), argument.clone()]);
                run(&words, &[argument.clone(), argument]);
            }
        }
    }
}

#[test]
fn what_is_unprintable_in_an_argument_shows_as_what_it_is() {
    let world = World::empty();
    let run = world.command("users list").argument("\u{1b}[2Jword").at_terminal().run();
    insta::assert_snapshot!(run, @r"
    status 2
    -- stderr
    error: unexpected argument '\u{1b}[2Jword' found

    Usage: cxme-admin users list [OPTIONS]

    For more information, try '--help'.
    ");
    let run = world.command("users list").argument("--\u{9b}31m").at_terminal().run();
    insta::assert_snapshot!(run, @r"
    status 2
    -- stderr
    error: unexpected argument '--\u{9b}31m' found

    Usage: cxme-admin users list [OPTIONS]

    For more information, try '--help'.
    ");
}

#[test]
fn json_gives_back_what_was_in_the_store() {
    let world = World::new().with_users("alice");
    for name in HOSTILE {
        let hex: String = name.bytes().map(|byte| format!("{byte:02x}")).collect();
        world.sql(&format!("UPDATE users SET name = CAST(x'{hex}' AS TEXT)"));
        let run = world.run("users list -o json");
        let json: serde_json::Value = serde_json::from_str(&run.out()).unwrap();
        assert_eq!(json[0]["name"], name);
    }
}

#[test]
fn a_spreadsheet_runs_nothing_of_a_csv() {
    let world = World::new().with_users("alice");
    for name in ["=1+1", "+1", "-1", "@SUM(A1)", "\tx", "\rx", "\nx", "'=1", "=cmd|' /C calc'!A0", "=\"a\",\"b\""] {
        let hex: String = name.bytes().map(|byte| format!("{byte:02x}")).collect();
        world.sql(&format!("UPDATE users SET name = CAST(x'{hex}' AS TEXT)"));
        let out = world.run("users export").out();
        let mut reader = csv::Reader::from_reader(out.as_bytes());
        let record = reader.records().next().unwrap().unwrap();
        assert_eq!(&record[2], format!("'{name}"));
    }
}

fn is_long() -> bool {
    #[expect(clippy::disallowed_methods, reason = "the one switch of the tests, which the program does not read")]
    std::env::var_os("CXME_TEST_LONG").is_some()
}

fn cases() -> u32 {
    if is_long() { 1_000 } else { 12 }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: cases(), failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn names_go_through_export_and_import_unchanged(
        names in proptest::collection::vec("[=+@'\"\\-,;|a-cäß漢🐙 ]{1,12}", 1..40)
    ) {
        let world = World::new();
        let row = |(number, name)| serde_json::json!({ "email": format!("u{number}@example.com"), "name": name });
        let rows: Vec<String> = names.iter().enumerate().map(row).map(|row| row.to_string()).collect();
        world.command("users import -").stdin(rows.join("\n")).run().expect_status(0);
        for form in ["csv", "ndjson"] {
            let exported = world.run(&format!("users export -o {form}")).expect_status(0).stdout;
            let other = World::new();
            other.command("users import -").stdin(&exported).run().expect_status(0);
            let list = "users list -o json --columns email,name";
            prop_assert_eq!(other.run(list).out(), world.run(list).out());
            // The same again changes nothing.
            let counts = other.command("users import - --update -o json").stdin(&exported).run().expect_status(0).out();
            prop_assert!(counts.contains("\"changed\":0"), "{}", counts);
        }
    }
}
