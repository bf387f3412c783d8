//! A password is nowhere but in the memory of the program that hashes it.

use std::fs;
use std::path::Path;

use insta::assert_snapshot;

use crate::support::GOOD;
use crate::support::World;

/// Parts of the passwords used here, which nothing else holds.
const OLD: &str = "zq7sentinel";
const NEW: &str = "vk3sentinel";

fn old() -> String {
    format!("{OLD} walks over nine hills")
}

fn new() -> String {
    format!("{NEW} swims under two bridges")
}

#[track_caller]
fn assert_absent(bytes: &[u8], where_: &str) {
    for sentinel in [OLD, NEW] {
        let found = bytes.windows(sentinel.len()).any(|window| window == sentinel.as_bytes());
        assert!(!found, "{sentinel} stands in {where_}:\n{}", String::from_utf8_lossy(bytes));
    }
}

fn assert_absent_below(directory: &Path, except: &Path) {
    for entry in fs::read_dir(directory).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            assert_absent_below(&path, except);
        } else if path != except {
            assert_absent(&fs::read(&path).unwrap(), &path.display().to_string());
        }
    }
}

#[test]
fn no_command_and_no_error_leaves_a_password_behind() {
    let world = World::with_rules("history = 3").with_users("alice,bob").with_saml_user();
    // A connection that stays open keeps the log beside the store.
    let open = rusqlite::Connection::open(world.store()).unwrap();
    open.query_row("SELECT count(*) FROM events", [], |_| Ok(())).unwrap();
    let file = world.file("secret", old());
    let (old, new) = (&*old(), &*new());
    let both = format!("{old}\n{new}\n");
    let path = |name: &str| world.path(name).display().to_string();
    let commands = [
        ("users set-password alice --stdin -v".to_owned(), old, 0),
        (format!("users set-password alice --password-file {} -v", file.display()), old, 65),
        ("users change-password alice --stdin -v".to_owned(), &*both, 0),
        ("users change-password alice --stdin -v".to_owned(), &*both, 65),
        ("users verify-password alice --stdin -v".to_owned(), new, 0),
        ("users verify-password alice --stdin -v -o json".to_owned(), old, 1),
        ("users verify-password nobody --stdin -v".to_owned(), old, 1),
        ("users set-password nobody --stdin -v".to_owned(), old, 67),
        ("users set-password sam --stdin -v".to_owned(), old, 65),
        ("users set-password bob --stdin -v -n".to_owned(), old, 0),
        ("users set-password bob --stdin -v".to_owned(), &*format!("{old}\t{new}\n"), 65),
        ("policy check --stdin -v".to_owned(), old, 0),
        ("policy check --stdin -v --user alice".to_owned(), new, 0),
        ("users import - -v".to_owned(), &*format!("email,password_hash\nx@example.com,{old}\n"), 65),
        ("users import - -v".to_owned(), &*format!("email,password\nx@example.com,{old}\n"), 65),
        ("users import - -v".to_owned(), &*format!("{{\"email\":\"x@example.com\",\"password_hash\":\"{old}\"}}"), 65),
        ("users import - -v".to_owned(), &*format!("{{\"email\":\"x@example.com\",\"password\":\"{old}\"}}"), 65),
        ("users show alice -v -o json".to_owned(), old, 0),
        ("users list -v -o csv".to_owned(), old, 0),
        ("audit list -v -o json".to_owned(), old, 0),
        (format!("users export -v --to {}", path("users.csv")), old, 0),
        (format!("users export -v --with-hashes --to {}", path("hashes.csv")), old, 0),
        (format!("store backup -v {}", path("copy.db")), old, 0),
        ("store check -v".to_owned(), old, 0),
        (format!("users set-password alice '{old}'"), old, 2),
        (format!("users set-password alice --password '{old}'"), old, 2),
        (format!("users set-password alice '--password={old}'"), old, 2),
        (format!("users set-password alice '--stdin={old}'"), old, 2),
        (format!("users set-password alice '--generate={old}'"), old, 2),
        (format!("users verify-password alice '{old}'"), old, 2),
        (format!("users change-password alice '{old}' '{new}'"), old, 2),
        (format!("users add x@example.com --set-password '{old}'"), old, 2),
        (format!("users add x@example.com --generate '{old}'"), old, 2),
        (format!("policy check '{old}'"), old, 2),
    ];
    for (command, stdin, status) in commands {
        let run = world.command(&command).stdin(stdin).run().expect_status(status);
        assert_absent(&run.all(), &command);
    }
    for answers in [vec![old, new, old, new, old, new], vec![old], vec![old, old]] {
        let answers = answers.into_iter().map(|answer| Ok(answer.to_owned()));
        let run = world.command("users set-password bob -v").answering(answers).run();
        assert_absent(&run.all(), "set-password at a terminal");
    }
    world.command("users change-password bob -v").typing([old, new, new]).run().expect_status(0);
    assert_absent_below(world.directory(), &file);
    assert!(world.path("data/store.db-wal").exists(), "the log is among what was searched");
    drop(open);
}

#[test]
fn a_generated_password_stands_on_standard_output_alone() {
    let world = World::new().with_users("alice");
    let run = world.run("users set-password alice --generate -v").expect_status(0);
    let password = run.out().trim_end().to_owned();
    assert!(!run.err().contains(&password));
    world.run("audit list -v").expect_status(0);
    for name in ["data/store.db", "data/store.db-wal"] {
        let bytes = fs::read(world.path(name)).unwrap_or_default();
        assert!(!bytes.windows(password.len()).any(|window| window == password.as_bytes()), "{name}");
    }
}

#[test]
fn neither_a_list_nor_an_event_holds_a_hash() {
    let world = World::new().with_users("alice").with_password("alice", GOOD);
    for command in ["users list", "users show alice", "users export", "audit list"] {
        for form in ["table", "json", "ndjson", "csv"] {
            let run = world.run(&format!("{command} -o {form} -v")).expect_status(0);
            assert!(!String::from_utf8_lossy(&run.all()).contains("$argon2"), "{command} {form}");
        }
    }
}

#[test]
fn a_code_is_nowhere_but_in_its_mail() {
    let world = World::with_mail().with_users("alice");
    let open = rusqlite::Connection::open(world.store()).unwrap();
    open.query_row("SELECT count(*) FROM events", [], |_| Ok(())).unwrap();
    let mut said = world.run("users send-reset alice -v").expect_status(0).all();
    let code = world.newest_code();
    let groups = format!("{}-{}", &code[..5], &code[5..10]);
    let both = format!("{code}\n{}\n", new());
    for (command, stdin, status) in [
        ("resets redeem --stdin -v", format!("{code}\nshort\n"), 65),
        ("resets redeem --stdin -v", both.clone(), 0),
        ("resets redeem --stdin -v", both, 65),
        ("resets redeem --stdin -v", format!("{code}\n"), 65),
        ("resets redeem -v", String::new(), 2),
        ("resets list -o json", String::new(), 0),
        ("mail queue -o json", String::new(), 0),
        ("audit list -o json", String::new(), 0),
        ("jobs run -v", String::new(), 0),
    ] {
        said.extend(world.command(command).stdin(stdin).run().expect_status(status).all());
    }
    fs::remove_dir_all(world.path("mail")).unwrap();
    let mut files = vec![world.directory().to_owned()];
    let mut count = 0;
    while let Some(path) = files.pop() {
        if path.is_dir() {
            files.extend(fs::read_dir(&path).unwrap().map(|entry| entry.unwrap().path()));
            continue;
        }
        count += 1;
        said.extend(fs::read(&path).unwrap());
    }
    assert!(count >= 4, "store, log, key and configuration: {count}");
    let said = String::from_utf8_lossy(&said);
    for part in [&code[..], &groups, NEW] {
        assert!(!said.contains(part), "{part} is left behind");
    }
}

#[test]
fn a_code_that_was_typed_as_an_argument_is_never_repeated() {
    let world = World::with_mail().with_users("alice");
    world.run("users send-reset alice").expect_status(0);
    let code = world.newest_code();
    let groups = format!("{}-{}-{}-{}-{}", &code[..5], &code[5..10], &code[10..15], &code[15..20], &code[20..]);
    for typed in [
        code.clone(),
        code.to_lowercase(),
        groups,
        format!("https://reset.example.com/#{code}"),
        format!("https://reset.example.com/%23%21{code}"),
        "zq7sentinel".to_owned(),
    ] {
        for words in [
            vec![&*typed],
            vec!["--", &typed],
            vec!["--stdin", &typed],
            vec!["alice", &typed],
            vec![&typed, &typed],
            vec!["-n", &typed, "--no-notify"],
            vec!["--reason", "x", &typed],
            vec!["-o", &typed],
            vec![&format!("--code={typed}")],
            vec![&format!("--stdin={typed}")],
            vec![&format!("--{typed}")],
            vec![&format!("-{}", typed.replacen(|c: char| c.is_ascii_lowercase(), "X", 1))],
            vec![&format!("--output={typed}")],
        ] {
            let redeem = |command: &str| {
                let command = words.iter().fold(world.command(command), |command, word| command.argument(*word));
                let run = command.at_terminal().run();
                // `-https` is `-h`.
                assert!(run.status == 2 || words[0].starts_with("-h"), "{words:?}: {run}");
                let said = String::from_utf8(run.all()).unwrap().to_uppercase();
                for part in [&code[..], &code[..5], &code[21..], "ZQ7SENTINEL"] {
                    assert!(!said.contains(part), "{words:?}: {run}");
                }
            };
            redeem("resets redeem");
            if typed != "zq7sentinel" {
                redeem("redeem");
                redeem("resets");
                redeem("resets list");
            }
        }
    }
    // Where a user is expected, it is no usage error.
    for command in ["resets revoke", "users show", "users list --role", "audit list --user", "users edit --name x"] {
        for typed in [
            code.clone(),
            code.to_lowercase(),
            format!("https://reset.example.com/#!{code}"),
            format!("https://reset.example.com/%23{code}"),
            format!("https://reset.example.com/%23%21{code}?utm_source=mail"),
            format!("-c{code}"),
        ] {
            let run = world.command(command).argument(&typed).run();
            // With the code behind `-c` no user is named.
            let is_said = run.err().contains("code") || run.err().contains("no user is named");
            assert!(run.status != 0 && is_said, "{command} {typed}: {run}");
            let said = String::from_utf8(run.all()).unwrap().to_uppercase();
            assert!(!said.contains(&code[..5]) && !said.contains(&code[21..]), "{command} {typed}: {run}");
        }
    }
    assert_snapshot!(world.command("users show").argument(&code).run(), @"
    status 67
    -- stderr
    error: no user with the username `(hidden: may be a code)`
    hint: names must match exactly; to search: cxme-admin users list --search TEXT
    ");
    assert_snapshot!(world.command("resets redeem").argument(&code).run(), @"
    status 2
    -- stderr
    error: invalid arguments (not shown: they may contain a code)
    hint: codes are not accepted as arguments: omit the code to be prompted, or use `--stdin`; see cxme-admin resets redeem --help
    ");
    // It was not used up.
    world.command("resets redeem --stdin").stdin(format!("{code}\n{GOOD}\n")).run().expect_status(0);
}

#[test]
fn nothing_that_clap_does_not_know_is_repeated_after_a_command_about_passwords() {
    let world = World::with_mail().with_users("alice");
    for command in [
        "users set-password alice",
        "users verify-password alice",
        "users change-password alice",
        "users password alice",
        "users add dora@example.com",
        "resets revoke alice",
    ] {
        for typed in ["--Hunter2secretPW", "-Hunter2secretPW", "--stdin=Hunter2secretPW", "Hunter2secretPW"] {
            let run = world.command(command).argument(typed).at_terminal().run();
            assert!(run.status != 0 && !run.to_string().contains("unter2"), "{command} {typed}: {run}");
        }
    }
    // The option that was meant is named.
    let run = world.run("users set-password alice --stdn");
    assert!(run.err().contains("--stdin") && !run.err().contains("--stdn"), "{run}");
}

/// A password in a wrong place. A name that a user could have is repeated: it may be mistyped.
#[test]
fn a_text_that_can_name_no_user_is_not_repeated() {
    let world = World::with_mail().with_users("alice");
    let code = "abcde fghjk mnpqr stvwx yz0123";
    for typed in ["Hunter2!secret", "alice:Hunter2", "alice@example.com:Hunter2", "Hunter2 with blanks", code] {
        for words in [
            &["users", "set-password"][..],
            &["users", "set-password", "-n"],
            &["users", "edit", "--name", "x"],
            &["users", "edit", "alice", "--locale", "de", "-n"],
            &["users", "show"],
            &["users", "delete", "--yes"],
            &["users", "delete", "alice", "--yes"],
            &["users", "lock"],
            &["users", "password"],
            &["users", "verify-password"],
            &["users", "change-password"],
            &["users", "change-password", "-n"],
            &["users", "send-reset"],
            &["users", "send-reset", "alice", "-n"],
            &["users", "set-password", "alice", "--stdin", "--password-file"],
            &["users", "set-password", "alice", "--password-file"],
            &["policy", "check", "--stdin", "--user"],
            &["audit", "list", "--user"],
            &["resets", "list", "--user"],
            &["resets", "revoke"],
        ] {
            let command = words.iter().fold(world.command(""), |command, word| command.argument(*word));
            let run = command.argument(typed).stdin(format!("{GOOD}\n{GOOD}\n")).run();
            let said = String::from_utf8(run.all()).unwrap();
            assert!(!said.contains("Hunter2") && !said.contains(&code[..5]), "{words:?} {typed}: {run}");
        }
    }
    assert!(!world.ask("SELECT group_concat(details) FROM events").contains("Hunter2"));
    for typed in ["alcie", "jörg", "alice.example", "alice@exmaple.com"] {
        let run = world.command("users show").argument(typed).run();
        assert!(run.status == 67 && run.err().contains(typed), "{run}");
    }
    assert_snapshot!(world.command("users set-password").argument("Hunter2!secret").run(), @"
    status 67
    -- stderr
    error: no user with the username `(hidden: may be a password or code)`
    hint: names must match exactly; to search: cxme-admin users list --search TEXT
    ");
    assert_snapshot!(world.run("users set-password alice --password-file Hunter2secret"), @"
    status 74
    -- stderr
    error: no such password file in the current directory (name hidden: may be a password)
    hint: give the file's path, such as `./FILE`
    ");
    let run = world.run("users set-password alice --password-file ./absent");
    assert!(run.status == 74 && run.err().contains("./absent"), "{run}");
}
