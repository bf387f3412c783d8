//! Standard streams that are closed, open the wrong way round, full, or lead to /dev/null.

use std::process::Stdio;

use crate::secret_output::redirected;
use crate::world::Ran;
use crate::world::World;
use crate::world::finish;

fn run(world: &World, words: &str, redirection: &str) -> Ran {
    finish(redirected(world, words, redirection), "")
}

/// A world whose mails become files.
fn with_mail() -> World {
    let world = World::new();
    world.configure(&format!(
        "[mail]\nfrom = \"passwords@example.com\"\ntransport = \"file\"\n[mail.file]\ndirectory = \"{}\"\n\
         [reset]\nlink = \"https://reset.example.com/#{{code}}\"",
        world.directory().join("mail").display()
    ));
    world
}

/// Standard outputs that lose what is written to them, and the words for each.
const LOST: [(&str, &str); 3] = [
    (">&-", "standard output is closed"),
    (">/dev/full", "standard output cannot be written: No space left on device"),
    ("1</dev/zero", "standard output is not open for writing"),
];

#[test]
fn data_that_standard_output_loses_is_an_error() {
    let world = World::new();
    for words in [
        "users list",
        "users list -o json",
        "users export",
        "users show alice",
        "audit head",
        "audit list",
        "audit verify",
        "jobs list -o csv",
        "resets list -o csv",
        "roles list",
        "operators list",
        "policy show",
        "store check",
        "config show",
        "whoami",
        "mail queue -o csv",
        "completions bash",
        "completions fish",
        "users lock alice --dry-run",
        "--help",
        "--version",
        "help users",
        "users set-password --help",
    ] {
        for (redirection, reason) in LOST {
            let ran = run(&world, words, redirection);
            assert_eq!(ran.code, Some(74), "{words} {redirection}: {ran:?}");
            ran.refused(74, reason);
        }
        for wanted in [">/dev/null", "1<>/dev/null"] {
            let ran = run(&world, words, wanted);
            assert_eq!((ran.code, ran.stderr.as_str()), (Some(0), ""), "{words} {wanted}");
        }
    }
}

#[test]
fn a_change_whose_data_would_be_lost_is_not_begun() {
    let world = with_mail();
    let facts = || {
        let sql = "SELECT (SELECT count(*) FROM messages), (SELECT count(*) FROM jobs), (SELECT count(*) FROM events)";
        let row = |row: &rusqlite::Row<'_>| Ok([row.get::<_, i64>(0)?, row.get(1)?, row.get(2)?]);
        world.sqlite().query_row(sql, [], row).unwrap()
    };
    let before = facts();
    for words in ["users send-reset alice -o json", "users send-reset --all --yes -o ndjson", "jobs run -o csv"] {
        for (redirection, reason) in LOST {
            run(&world, words, redirection).refused(74, reason);
            assert_eq!(facts(), before, "{words} {redirection}");
        }
    }
    assert!(run(&world, "users send-reset alice -o json", ">&-").stderr.contains("nothing was done"));
    run(&world, "users send-reset alice -o json", ">/dev/null").done(&["send-reset"]);
    assert_ne!(facts(), before);
    let demo = world.directory().join("demo");
    run(&world, &format!("demo {}", demo.display()), ">&-").refused(74, "standard output is closed; nothing was done");
    assert!(!demo.exists());
}

#[test]
fn a_command_that_prints_nothing_needs_no_standard_output() {
    let world = World::new();
    for (redirection, _) in LOST {
        run(&world, "users lock bob", redirection).done(&["lock"]);
        run(&world, "users unlock bob", redirection).done(&["unlock"]);
        run(&world, "jobs run", redirection).done(&["jobs run"]);
        let (copy, users) = (world.directory().join("copy"), world.directory().join("users"));
        run(&world, &format!("store backup {}", copy.display()), redirection).done(&["backup"]);
        run(&world, &format!("users export --to {}", users.display()), redirection).done(&["export"]);
        assert!(std::fs::read_to_string(&users).unwrap().contains("alice@example.com"));
        std::fs::remove_file(copy).unwrap();
        std::fs::remove_file(users).unwrap();
    }
}

#[test]
fn a_reader_that_goes_away_is_no_error_to_read_about() {
    let world = World::new();
    for (words, code) in [("users list", 141), ("users list -o json", 141), ("completions zsh", 141), ("--help", 0)] {
        let mut command = redirected(&world, words, "");
        // Nobody reads this pipe.
        let (reader, writer) = std::io::pipe().unwrap();
        drop(reader);
        let output = command.stdout(writer).stderr(Stdio::piped()).output().unwrap();
        assert_eq!((output.status.code(), output.stderr), (Some(code), Vec::new()), "{words}");
    }
}

#[test]
fn a_standard_error_that_is_closed_or_full_changes_no_exit_code() {
    let world = World::new();
    for redirection in ["2>&-", "2>/dev/full", "2</dev/zero", "2>&- >&-", "2>/dev/full >/dev/full"] {
        let code = |words: &str| run(&world, words, redirection).code;
        let is_lost = redirection.contains(" >");
        assert_eq!(code("users list"), Some(if is_lost { 74 } else { 0 }), "{redirection}");
        assert_eq!(code("--help"), Some(if is_lost { 74 } else { 0 }), "{redirection}");
        assert_eq!(code("users lock bob -v"), Some(0), "{redirection}");
        assert_eq!(code("users unlock bob -v"), Some(0), "{redirection}");
        assert_eq!(code("users show nobody"), Some(67), "{redirection}");
        assert_eq!(code("users set-password alice"), Some(2), "{redirection}");
        assert_eq!(code("no-such-command"), Some(2), "{redirection}");
    }
}

#[test]
fn a_standard_input_that_is_closed_is_no_empty_input() {
    let world = with_mail();
    for (redirection, reason) in [
        ("<&-", "standard input is closed"),
        ("0>/dev/null", "standard input is not open for reading"),
        ("</", "standard input cannot be read: Is a directory"),
    ] {
        for words in [
            "users set-password alice --stdin",
            "users set-password alice --password-file -",
            "users change-password alice --stdin",
            "users verify-password alice --stdin",
            "users import -",
            "users send-reset --from - --yes",
            "users list --from -",
            "policy check --stdin",
            "resets redeem --stdin",
        ] {
            let ran = run(&world, words, redirection);
            assert_eq!(ran.code, Some(74), "{words} {redirection}: {ran:?}");
            ran.refused(74, reason);
        }
        // What reads none needs none.
        run(&world, "users list", redirection).done(&["list"]);
        // A question is asked at the terminal, and here is none.
        run(&world, "users set-password alice", redirection).refused(2, "cannot prompt (no terminal or `--no-input`)");
    }
}

#[test]
fn all_three_closed_are_no_reason_to_write_into_the_store() {
    let world = World::new();
    run(&world, "users lock bob", "<&- >&- 2>&-").done(&["lock"]);
    assert_eq!(run(&world, "users list", "<&- >&- 2>&-").code, Some(74));
    assert_eq!(run(&world, "users set-password alice --generate", "<&- >&- 2>&-").code, Some(74));
    world.assert_sound();
}
