//! What is said where: data, words, colours, and the exit codes that other files do not show.

use insta::assert_snapshot;

use crate::support::GOOD;
use crate::support::World;

#[test]
fn without_a_terminal_a_success_says_nothing() {
    let world = World::new().with_users("alice");
    assert_snapshot!(world.run("users lock alice"), @"status 0");
    assert_snapshot!(world.command("users unlock alice").at_terminal().run(), @"
    status 0
    -- stderr
    Unlocked alice.
    ");
}

#[test]
fn verbose_says_it_without_a_terminal_and_quiet_is_silent_at_one() {
    let world = World::new().with_users("alice");
    assert_snapshot!(world.run("users lock alice -v"), @"
    status 0
    -- stderr
    Locked alice until `users unlock`.
    ");
    assert_snapshot!(world.command("users unlock alice -q").at_terminal().run(), @"status 0");
    assert_snapshot!(world.command("users unlock nobody -q").at_terminal().run(), @"
    status 67
    -- stderr
    error: no user with the username `nobody`
    hint: names must match exactly; to search: cxme-admin users list --search TEXT
    ");
    assert_eq!(world.run("users list -q -v").status, 2);
}

#[test]
fn colours_come_with_a_terminal_or_when_asked_for() {
    let world = World::new().with_users("alice");
    for command in ["users show nobody", "users show alice", "users show", "resets redeem CODE", "users list --help"] {
        let at_terminal = || world.command(command).at_terminal();
        let coloured = at_terminal().run();
        assert!(coloured.has_colour, "{command}");
        assert!(at_terminal().variable("NO_COLOR", "").run().has_colour, "{command}: empty is absent");
        assert!(!world.run(command).has_colour, "{command}");
        let plain = at_terminal().variable("NO_COLOR", "1").run();
        assert!(!plain.has_colour, "{command}");
        // But for the colours they are the same.
        assert_eq!(plain.all(), coloured.all(), "{command}");
    }
    assert!(!world.command("users show alice --color never").at_terminal().run().has_colour);
    assert!(world.run("users show alice --color always").has_colour);
}

#[test]
fn the_forms_of_data_hold_the_same() {
    let world = World::new().with_users("alice,bob");
    assert_snapshot!(world.run("users list"), @"
    status 0
    -- stdout
    USERNAME  EMAIL              NAME           STATUS  PASSWORD  LAST LOGIN
    alice     alice@example.com  Alice Example  active  none      never
    bob       bob@example.com    Bob Example    active  none      never
    ");
    assert_snapshot!(world.run("users list -o csv --columns username,name,status"), @"
    status 0
    -- stdout
    username,name,status
    alice,Alice Example,active
    bob,Bob Example,active
    ");
    assert_snapshot!(world.run("users list -o ndjson --columns username,name,status"), @r#"
    status 0
    -- stdout
    {"username":"alice","name":"Alice Example","status":"active"}
    {"username":"bob","name":"Bob Example","status":"active"}
    "#);
    assert_snapshot!(world.run("users list -o json --columns username,must_change_password,last_login_at"), @r#"
    status 0
    -- stdout
    [
    {"username":"alice","must_change_password":false,"last_login_at":null},
    {"username":"bob","must_change_password":false,"last_login_at":null}
    ]
    "#);
    let empty = World::new();
    assert_snapshot!(empty.command("users list").at_terminal().run(), @"
    status 0
    -- stderr
    No users.
    ");
    assert_snapshot!(empty.run("users list -o json"), @"
    status 0
    -- stdout
    []
    ");
}

#[test]
fn a_table_fits_the_terminal_and_is_never_cut_in_a_pipe() {
    let world = World::new();
    let long = "x".repeat(150);
    world.command("users add alice@example.com --name").argument(&long).run().expect_status(0);
    let at_terminal = world.command("users list --columns email,name,role,status,created_at").at_terminal().run().out();
    assert!(at_terminal.lines().all(|line| line.chars().count() <= 80), "{at_terminal}");
    assert!(at_terminal.contains('…'));
    assert!(world.run("users list").out().contains(&long));
}

#[test]
fn each_trouble_has_its_exit_code() {
    let world = World::new().with_users("alice,bob").with_password("alice", GOOD);
    let statuses = [
        ("users show alice", 0),
        ("users edit alice --name 'Alice Example'", 0),
        ("users verify-password alice --stdin", 1),
        ("users", 2),
        ("users show", 2),
        ("users show alice --no-such-option", 2),
        ("nonsense", 2),
        ("users lock alice --until never", 2),
        ("users edit alice", 2),
        ("users set-password alice", 2),
        ("users delete alice", 2),
        ("users add alice@example.com", 65),
        ("users add other@elsewhere.example", 65),
        ("users list --role Boss", 65),
        ("users show nobody", 67),
        ("users import /absent/file", 74),
        ("users set-password alice --password-file /absent/file", 74),
        ("users list -c /absent/config.toml", 78),
        ("users list --store /absent/store.db", 78),
    ];
    for (command, status) in statuses {
        let run = world.command(command).stdin("something else").run();
        assert_eq!(run.status, status, "{command}: {run}");
        if ![0, 1].contains(&status) {
            assert!(run.stdout.is_empty(), "{command}: {run}");
            assert!(!run.stderr.is_empty(), "{command}: {run}");
        }
    }
}

#[test]
fn a_missing_store_or_configuration_says_what_to_do() {
    let world = World::empty();
    world.configure("");
    assert_snapshot!(world.run("users list"), @"
    status 78
    -- stderr
    error: [DIR]/data/store.db: no such store (set by `[store] path`)
    hint: create it: cxme-admin init
    ");
    assert_snapshot!(world.run("users list -c /absent/config.toml"), @"
    status 78
    -- stderr
    error: /absent/config.toml: no such configuration file (set by `--config`)
    hint: create it: cxme-admin -c /absent/config.toml init; or give another path
    ");
}

#[test]
fn completions_are_printed_for_each_shell_without_a_store() {
    let world = World::empty();
    for shell in ["bash", "zsh", "fish", "elvish", "powershell"] {
        let run = world.run(&format!("completions {shell}")).expect_status(0);
        assert!(run.out().contains("set-password"), "{shell}");
        assert!(run.stderr.is_empty());
    }
    assert_eq!(world.run("completions tcsh").status, 2);
}
