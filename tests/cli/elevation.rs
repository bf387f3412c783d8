//! Operators who use sudo, doas, run0 or pkexec: which variable names them, and that none makes anybody more than they are. What
//! holds for sudo alone is in `sudo`.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::os::unix::fs::chown;

use cxme_admin::process::sudo::SudoRights;
use insta::assert_snapshot;

use crate::support::AsAccount;
use crate::support::CAROL;
use crate::support::Command;
use crate::support::DAVE;
use crate::support::MALLORY;
use crate::support::World;
use crate::support::me;

fn world() -> World {
    World::new()
        .with_role("Clerk", "view-users lock-users view-audit")
        .with_users("alice")
        .with_operator(CAROL, "Clerk")
        .with_operator(DAVE, "Admin")
}

/// Who did what the newest event says, and what named them.
fn newest(world: &World) -> String {
    world.ask("SELECT operator || ' ' || identified_by || ' ' || outcome FROM events ORDER BY number DESC")
}

/// A command as each program starts it for an account.
fn by_each<'a>(command: impl Fn() -> Command<'a>, uid: u32, name: &str) -> [(&'static str, Command<'a>); 3] {
    [("sudo", command().sudo_by(uid)), ("doas", command().doas_by(name)), ("pkexec", command().pkexec_by(uid))]
}

#[test]
fn the_account_that_called_is_the_operator_and_the_event_says_what_named_it() {
    let world = world();
    for effective in [0, me()] {
        for (by, command) in by_each(|| world.command("users lock alice").uid(effective), CAROL, "carol") {
            command.run().expect_status(0);
            assert_eq!(newest(&world), format!("carol {by} done"));
            world.run("users unlock alice").expect_status(0);
        }
        for (by, command) in by_each(|| world.command("users lock alice").uid(effective), MALLORY, "mallory") {
            let run = command.run();
            assert_eq!(run.status, 77, "{by}: {run}");
        }
    }
    world.command("users lock alice").uid(0).run().expect_status(0);
    assert!(newest(&world).ends_with(" uid done"), "{}", newest(&world));
}

#[test]
fn a_variable_of_anybody_else_is_a_variable_like_any_other() {
    let world = world();
    for (by, command) in by_each(|| world.command("users lock alice").uid(MALLORY), DAVE, "dave") {
        let run = command.run();
        assert_eq!(run.status, 77, "{by}: {run}");
        assert!(newest(&world).starts_with("mallory uid"), "{by}");
    }
    for (by, command) in by_each(|| world.command("users lock alice").uid(CAROL), DAVE, "dave") {
        command.run().expect_status(0);
        assert_eq!(newest(&world), "carol uid done", "{by}");
        world.run("users unlock alice").expect_status(0);
    }
}

#[test]
fn who_is_not_admin_names_no_file_by_any_of_them() {
    let world = world();
    let (names, own) = (world.file("names", "alice\n"), world.path("own.db"));
    let lines = [format!("users list --from '{}'", names.display()), format!("users list --store '{}'", own.display())];
    for line in lines.iter().map(String::as_str).chain(["demo", "init --yes"]) {
        for effective in [0, me()] {
            for (by, command) in by_each(|| world.command(line).uid(effective), CAROL, "carol") {
                let run = command.run();
                let expected = if line.starts_with("init") { 78 } else { 77 };
                assert_eq!(run.status, expected, "{by}: {line}: {run}");
            }
        }
    }
    for (by, command) in by_each(|| world.command(&lines[0]), DAVE, "dave") {
        assert_eq!(command.run().status, 0, "an Admin may, by {by}");
    }
    let variable = || world.command("users list").variable("CXME_ADMIN_STORE", world.store());
    for (by, command) in by_each(variable, CAROL, "carol") {
        assert_eq!(command.run().status, 77, "{by}");
    }
    assert_snapshot!(world.command(&lines[0]).doas_by("carol").run(), @r"
    status 77
    -- stderr
    error: naming a file is only allowed for Admins when using doas
    hint: pass data by a pipe: with `-`, or with `--stdin`
    ");
    assert_snapshot!(world.command(&lines[1]).pkexec_by(CAROL).run(), @r"
    status 77
    -- stderr
    error: `--store` is only allowed for Admins when using pkexec
    ");
    world.write_config("zq7sentinel = 1\n");
    assert_snapshot!(world.command("users list").doas_by("carol").run(), @r"
    status 78
    -- stderr
    error: [DIR]/config/cxme-admin/config.toml: not a usable configuration; root sees why: doas env -u DOAS_USER cxme-admin policy show
    ");
}

#[test]
fn two_variables_that_name_different_people_are_refused_and_recorded() {
    let world = world();
    let effective_zero = |command: Command<'_>| command.uid(0).run();
    // carol invents the one that the program which carol used did not set.
    for line in ["users list", "whoami", "completions bash", "init --yes", "demo"] {
        let run = effective_zero(world.command(line).doas_by("carol").sudo_by(DAVE));
        assert_eq!(run.status, 77, "{line}: {run}");
        let run = effective_zero(world.command(line).sudo_by(CAROL).doas_by("dave"));
        assert_eq!(run.status, 77, "{line}: {run}");
        let run = effective_zero(world.command(line).pkexec_by(CAROL).sudo_by(DAVE));
        assert_eq!(run.status, 77, "{line}: {run}");
    }
    assert_snapshot!(world.command("users list").sudo_by(DAVE).doas_by("carol").run(), @r"
    status 77
    -- stderr
    error: SUDO_UID names dave and DOAS_USER names carol: the operator is unknown
    hint: log in as yourself, and use one of sudo, doas, run0 and pkexec, once
    ");
    // Neither of them is the operator of the event.
    assert_eq!(newest(&world), "owner uid refused");
    assert!(world.newest_event().contains("SUDO_UID names dave and DOAS_USER names carol"), "{}", world.newest_event());
}

#[test]
fn a_variable_that_names_root_or_the_account_of_the_process_does_not_hide_the_person() {
    let world = world();
    let lock = || world.command("users lock alice");
    for command in [
        lock().uid(0).doas_by("carol").sudo_by(0),
        lock().uid(0).sudo_by(CAROL).pkexec_by(0),
        lock().sudo_by(me()).doas_by("carol"),
        lock().sudo_by(CAROL).doas_by("carol").pkexec_by(CAROL),
    ] {
        command.run().expect_status(0);
        assert!(newest(&world).starts_with("carol "), "{}", newest(&world));
        world.run("users unlock alice").expect_status(0);
    }
    let named = world.file("names", "alice\n");
    let list = || world.command("users list --from").argument(&named).uid(0);
    list().doas_by("carol").sudo_by(0).run().expect_status(77);
    list().sudo_by(CAROL).doas_by("carol").run().expect_status(77);
}

#[test]
fn a_variable_that_names_nobody_is_refused() {
    let world = world();
    for line in ["users list", "completions bash", "init --yes", "demo"] {
        for (variable, value) in [
            ("SUDO_UID", "carol"),
            ("SUDO_UID", "-1"),
            ("SUDO_UID", "4294967295"),
            ("SUDO_UID", "99999999999"),
            ("PKEXEC_UID", "carol"),
            ("PKEXEC_UID", "4294967295"),
            ("DOAS_USER", "nobody-here"),
            ("DOAS_USER", "61001"),
            ("DOAS_USER", "carol\n"),
            ("SUDO_UID", ""),
            ("SUDO_GID", ""),
            ("PKEXEC_UID", ""),
            ("DOAS_USER", ""),
        ] {
            let run = world.command(line).variable(variable, value).run();
            assert_eq!(run.status, 78, "{variable}={value} {line}: {run}");
        }
    }
    assert_snapshot!(world.command("users list").doas_by("nobody-\u{1b}[31mhere").run(), @r"
    status 78
    -- stderr
    error: the variable DOAS_USER names no account of this machine: `nobody-\u{1b}[31mhere`
    ");
    assert_snapshot!(world.command("users list").doas_by("nobody-here").directory_down().run(), @r"
    status 75
    -- stderr
    error: the account `nobody-here` cannot be looked up now: connection refused
    hint: try again when this knows the account: id nobody-here
    ");
}

#[test]
fn init_by_doas_or_pkexec_is_for_those_whom_sudo_lets_do_anything() {
    let world = World::empty();
    let init = || {
        let command = world.command("init --yes -v").uid(0).variable("XDG_CONFIG_HOME", world.path("xdg"));
        command.system(world.path("etc/config.toml"), world.path("var/store.db"))
    };
    assert_snapshot!(init().doas_by("carol").run(), @r"
    status 77
    -- stderr
    error: `init` with doas is only for accounts that sudo allows to run any command: sudo could not be queried
    hint: if you may run any command with doas: doas env -u DOAS_USER cxme-admin init --operator carol
    ");
    init().pkexec_by(CAROL).sudo_says(SudoRights::No).run().expect_status(77);
    assert!(!world.path("var").exists() && !world.path("etc").exists());
    let run = init().doas_by("carol").sudo_says(SudoRights::Yes).run().expect_status(0);
    assert!(run.err().contains("First operator: carol (uid 61001), with the role Admin"), "{run}");
}

#[test]
fn whoami_and_the_audit_say_what_named_the_operator_and_who_logged_in() {
    let world = world();
    assert_snapshot!(world.command("whoami").doas_by("carol").logged_in_as(MALLORY).run(), @r"
    status 0
    -- stdout
    Account:        carol
    UID:            61001
    Role:           Clerk
    Permissions:    view-users, lock-users, view-audit
    Identified by:  doas
    Logged in as:   mallory (uid 61003)
    Restricted:     yes
    Store:          [DIR]/data/store.db
    Configuration:  [DIR]/config/cxme-admin/config.toml
    ");
    let json = world.command("whoami -o json").pkexec_by(CAROL).run().expect_status(0).out();
    assert!(json.contains("\"identified_by\":\"pkexec\",\"login_uid\":null"), "{json}");
    let json = world.command("whoami -o json").logged_in_as(CAROL).run().expect_status(0).out();
    assert!(json.contains("\"identified_by\":\"uid\",\"login_uid\":61001"), "{json}");

    // By su nothing is set: they know root's password, and are root; the event says who logged in.
    world
        .command("users lock alice --reason left")
        .uid(0)
        .account(0, Some("root"))
        .logged_in_as(CAROL)
        .run()
        .expect_status(0);
    world.command("users unlock alice").doas_by("carol").logged_in_as(CAROL).run().expect_status(0);
    let number = world.events();
    let list = world.command("audit list --limit 2").account(0, Some("root")).columns(120);
    assert_snapshot!(list.run(), @"
    status 0
    -- stdout
    NO  WHEN  WHAT HAPPENED
    6   now   carol unlocked alice (by doas)
    5   now   root locked alice (logged in as carol (uid 61001); reason: left)
    ");
    let show = |number: u32| world.command("audit show").argument(number.to_string()).run().expect_status(0).out();
    let by_su = show(number - 1);
    assert!(by_su.contains("\nLogged in as:   carol (uid 61001)\n"), "{by_su}");
    assert!(by_su.contains("\nIdentified by:  uid\n"), "{by_su}");
    assert!(show(number).contains("\nIdentified by:  doas\n"), "{}", show(number));
    let data = world.run("audit list -o json --limit 1").expect_status(0).out();
    assert!(data.contains("\"login_uid\":61001") && data.contains("\"identified_by\":\"doas\""), "{data}");
    // A login whose account is gone locks nobody out.
    world.command("users lock alice").uid(0).logged_in_as(70_000).run().expect_status(0);
    assert!(show(number + 1).contains("\nLogged in as:   uid 70000\n"));
    world.run("audit verify").expect_status(0);
}

#[test]
fn a_number_that_stands_for_no_account_or_for_any_is_no_operator() {
    let world = World::new();
    let machine = |line: &str| {
        let command = world.command(line).account(65_534, Some("nobody")).account(4_294_967_294, Some("nfsnobody"));
        command.account(u32::MAX, Some("none")).run()
    };
    for given in ["4294967295", "65534", "nobody", "4294967294", "nfsnobody"] {
        let run = machine(&format!("operators add {given} --role Admin"));
        assert_eq!(run.status, 65, "{given}: {run}");
        let run = machine(&format!("init --yes --store {}/new.db --operator {given}", world.directory().display()));
        assert_eq!(run.status, 65, "{given}: {run}");
    }
    assert!(!world.path("new.db").exists());
    for given in ["none", "65535", "99999999999", "-- -1", "0x10", "+5", "''"] {
        let run = machine(&format!("operators add --role Admin {given}"));
        assert_eq!(run.status, 67, "{given}: {run}");
    }
    assert_eq!(machine("operators add -1 --role Admin").status, 2);
    assert_snapshot!(machine("operators add 4294967295 --role Admin"), @r#"
    status 65
    -- stderr
    error: uid 4294967295 cannot be an operator: it stands for "no account"
    hint: give the program an account of its own, and add that
    "#);
    assert_snapshot!(machine("operators add nobody --role Admin"), @r"
    status 65
    -- stderr
    error: uid 65534 cannot be an operator: it stands for every account that the system cannot map to a number
    hint: give the program an account of its own, and add that
    ");
    assert_eq!(world.count_operators(), 1);
}

#[test]
fn a_home_directory_of_another_account_is_ignored() {
    if me() != 0 {
        return;
    }
    let world = World::new();
    fs::set_permissions(world.directory(), fs::Permissions::from_mode(0o755)).unwrap();
    let home = world.path("home");
    fs::create_dir_all(home.join(".config/cxme-admin")).unwrap();
    fs::write(home.join(".config/cxme-admin/config.toml"), "zq7sentinel = 1\n").unwrap();
    let run = |line: &str, uid: u32| {
        let command = world.command(line).uid(uid).variable("XDG_CONFIG_HOME", "").variable("XDG_DATA_HOME", "");
        command.run()
    };
    // root's own counts.
    let own = run("users list", 0).expect_status(78);
    assert!(own.err().contains("zq7sentinel"), "{own}");
    chown(&home, Some(DAVE), Some(DAVE)).unwrap();
    run("users list", 0).expect_status(0);
    assert_snapshot!(run("users list -v", 0), @r"
    status 0
    -- stderr
    HOME is ignored: [DIR]/home belongs to dave (uid 61002)
    No users.
    ");
    let shown = run("config show -o csv", 0).expect_status(0);
    assert!(shown.out().contains("/config/cxme-admin/config.toml,"), "{shown}");
    assert!(shown.err().starts_with("warning: HOME is ignored: "), "{shown}");
    let shown = run("config show -o csv -v", 0).expect_status(0);
    assert_eq!(shown.err().matches("HOME is ignored").count(), 1, "{shown}");
    let xdg = world.command("users list -v").uid(0).variable("XDG_CONFIG_HOME", home.join(".config"));
    chown(home.join(".config"), Some(CAROL), Some(CAROL)).unwrap();
    let xdg = xdg.variable("XDG_DATA_HOME", "").run().expect_status(0);
    assert!(xdg.err().contains("XDG_CONFIG_HOME is ignored: "), "{xdg}");
    // An account without a home of its own has no usual place.
    let as_carol = || {
        let _carol = AsAccount::new(CAROL);
        let command = world.command("init --yes").uid(CAROL).variable("XDG_CONFIG_HOME", "");
        let command = command.variable("XDG_DATA_HOME", "").system(world.path("no.toml"), world.path("no.db"));
        command.run()
    };
    assert_snapshot!(as_carol(), @r"
    status 78
    -- stderr
    error: HOME is ignored: [DIR]/home belongs to dave (uid 61002), so the default path of the store is unknown
    hint: set HOME to a directory of your own, or name the path: `--store` or CXME_ADMIN_STORE
    ");
    // root's is another account's too, as after `su`.
    chown(&home, Some(0), Some(0)).unwrap();
    fs::set_permissions(&home, fs::Permissions::from_mode(0o700)).unwrap();
    assert_snapshot!(as_carol(), @r"
    status 78
    -- stderr
    error: HOME is ignored: [DIR]/home belongs to owner (uid [ME]), so the default path of the store is unknown
    hint: set HOME to a directory of your own, or name the path: `--store` or CXME_ADMIN_STORE
    ");
}
