//! `init`.

use std::fs;
use std::os::unix::fs::MetadataExt as _;
use std::os::unix::fs::PermissionsExt as _;
use std::os::unix::fs::chown;

use cxme_admin::process::sudo::SudoRights;
use insta::assert_snapshot;

use crate::support::AsAccount;
use crate::support::CAROL;
use crate::support::DAVE;
use crate::support::GOOD;
use crate::support::World;
use crate::support::me;

#[test]
fn what_is_there_is_used_and_what_is_missing_is_made() {
    let world = World::empty();
    world.configure("");
    let before = fs::read(world.config()).unwrap();
    assert_snapshot!(world.command("init --yes").at_terminal().run(), @"
    status 0
    -- stderr
    Created reset key: [DIR]/data/reset.key
    Created store: [DIR]/data/store.db
    First operator: owner (uid [ME]), with the role Admin
    Next: cxme-admin users add EMAIL --name NAME
    ");
    assert_eq!(fs::read(world.config()).unwrap(), before);
    for file in ["data/store.db", "data/reset.key"] {
        assert_eq!(fs::metadata(world.path(file)).unwrap().permissions().mode() & 0o7777, 0o600, "{file}");
    }
    assert_eq!(fs::metadata(world.path("data")).unwrap().permissions().mode() & 0o7777, 0o700);
    assert_snapshot!(world.newest_event(), @r#"
    init | done | owner, Admin | -
    {"operator":"owner"}
    "#);
}

#[test]
fn a_key_without_a_store_beside_it_is_refused_and_kept() {
    let world = World::new();
    let key = fs::read(world.path("data/reset.key")).unwrap();
    fs::rename(world.store(), world.path("elsewhere.db")).unwrap();
    assert_snapshot!(world.run("init --yes -v"), @"
    status 78
    -- stderr
    error: [DIR]/data/reset.key: there is a reset key already, which may be that of another store
    hint: check the path of the store, [DIR]/data/store.db; restore the store of this key: cxme-admin store restore FILE; or give the new store a key of its own: [reset] key_file; or, if no store uses the key any more, move it: mv [DIR]/data/reset.key [DIR]/data/reset.key.old
    ");
    assert!(!world.store().exists());
    assert_eq!(fs::read(world.path("data/reset.key")).unwrap(), key);
    // Neither is an older key lost by that.
    world.file("data/reset.key.old", "an older key");
    assert!(world.run("init --yes").err().ends_with("/data/reset.key.old.2\n"));
    fs::remove_file(world.path("data/reset.key.old")).unwrap();
    // Whatever it is.
    world.file_with_mode("data/reset.key", "no key", 0o644);
    world.run("init --yes").expect_status(78);
    fs::remove_file(world.path("data/reset.key")).unwrap();
    world.run("init --yes").expect_status(0);
}

#[test]
fn a_key_beside_a_store_is_that_stores_and_nobody_is_told_to_move_it() {
    let world = World::with_mail().with_users("alice");
    let init = |store: &str| world.command("init --yes --store").argument(world.path(store)).run();
    let key = fs::read(world.path("data/reset.key")).unwrap();
    assert_snapshot!(init("data/other.db"), @"
    status 78
    -- stderr
    error: [DIR]/data/reset.key: belongs to [DIR]/data/store.db
    hint: give the new store a directory or key of its own ([reset] key_file)
    ");
    // A copy beside it is a store too, and a directory, a pipe or a database of another program is not.
    world.command("store backup").argument(world.path("data/copy.db")).run().expect_status(0);
    fs::create_dir(world.path("data/directory")).unwrap();
    nix::unistd::mkfifo(&world.path("data/a-pipe"), nix::sys::stat::Mode::S_IRUSR).unwrap();
    rusqlite::Connection::open(world.path("data/a.db")).unwrap().execute_batch("CREATE TABLE t (c)").unwrap();
    assert_snapshot!(init("data/other.db"), @"
    status 78
    -- stderr
    error: [DIR]/data/reset.key: belongs to one of these stores: [DIR]/data/copy.db, [DIR]/data/store.db
    hint: give the new store a directory or key of its own ([reset] key_file)
    ");
    // Nor does a run for another store take the key of an `init` that was ended before the key was in its place.
    fs::rename(world.path("data/reset.key"), world.path("data/reset.key.new")).unwrap();
    fs::remove_file(world.path("data/copy.db")).unwrap();
    assert_snapshot!(init("data/other.db"), @"
    status 78
    -- stderr
    error: [DIR]/data/reset.key.new: belongs to [DIR]/data/store.db
    hint: give the new store a directory or key of its own ([reset] key_file)
    ");
    assert!(!world.path("data/other.db").exists());
    world.run("init --yes").expect_status(0);
    assert_eq!(fs::read(world.path("data/reset.key")).unwrap(), key);
    world.run("users send-reset alice").expect_status(0);
    init("other/other.db").expect_status(0);
}

#[test]
fn a_key_in_a_directory_of_its_own_is_another_stores_for_all_that_is_known() {
    let world = World::empty();
    world.configure("");
    let config = fs::read_to_string(world.config()).unwrap();
    world.write_config(&format!("{config}[reset]\nkey_file = \"{}\"\n", world.path("keys/reset.key").display()));
    world.run("init --yes").expect_status(0);
    assert_snapshot!(world.command("init --yes --store").argument(world.path("other.db")).run(), @"
    status 78
    -- stderr
    error: [DIR]/keys/reset.key: there is a reset key already, which may be that of another store
    hint: check the path of the store, [DIR]/other.db; restore the store of this key: cxme-admin --store [DIR]/other.db store restore FILE; or give the new store a key of its own: [reset] key_file
    ");
    // Where the directory of the key cannot be read, a store may be in it.
    if me() != 0 {
        return;
    }
    let world = World::empty();
    world.configure("");
    fs::set_permissions(world.directory(), fs::Permissions::from_mode(0o711)).unwrap();
    fs::create_dir(world.path("data")).unwrap();
    world.file("data/reset.key", "left over");
    world.file("data/unreadable", "a store for all that is known");
    chown(world.path("data"), Some(DAVE), None).unwrap();
    let _rights = AsAccount::new(DAVE);
    let run = world.command("init --yes").uid(DAVE).run().expect_status(78);
    assert!(run.err().contains("reset.key: ") && !run.err().contains("mv "), "{run}");
}

#[test]
fn an_init_that_was_ended_before_the_key_was_in_its_place_is_finished_by_the_next() {
    let world = World::with_mail().with_users("alice");
    fs::rename(world.path("data/reset.key"), world.path("data/reset.key.new")).unwrap();
    world.run("users send-reset alice").expect_status(78);
    assert_snapshot!(world.run("init --yes -v"), @"
    status 0
    -- stderr
    Created reset key: [DIR]/data/reset.key
    ");
    world.run("users send-reset alice").expect_status(0);
    assert!(!world.path("data/reset.key.new").exists());
    // One whose store was never made is replaced.
    let world = World::empty();
    world.configure("");
    fs::create_dir(world.path("data")).unwrap();
    world.file("data/reset.key.new", "half");
    world.run("init --yes").expect_status(0);
    assert!(!world.path("data/reset.key.new").exists());
}

#[test]
fn in_a_directory_of_another_account_root_makes_all_for_that_account() {
    if me() != 0 {
        return;
    }
    let world = World::empty();
    fs::set_permissions(world.directory(), fs::Permissions::from_mode(0o711)).unwrap();
    for (more, mode) in [("", 0o600), ("reader_group = \"daemon\"", 0o640)] {
        world.configure_mail("");
        let config = fs::read_to_string(world.config()).unwrap().replace("[store]\n", &format!("[store]\n{more}\n"));
        world.write_config(&config);
        let data = world.path("data");
        fs::create_dir(&data).unwrap();
        let gid = if more.is_empty() { 61_000 } else { 1 };
        chown(&data, Some(DAVE), Some(gid)).unwrap();
        fs::set_permissions(&data, fs::Permissions::from_mode(if more.is_empty() { 0o700 } else { 0o2750 })).unwrap();
        let run = world.command("init --yes -v --operator carol").run();
        if more.is_empty() {
            assert_snapshot!(run, @"
            status 0
            -- stderr
            Created reset key: [DIR]/data/reset.key
            Created store: [DIR]/data/store.db
            First operator: carol (uid 61001), with the role Admin
            Service: dave (uid 61002), owns the store, and may run `jobs run` and `store backup`
            Next: cxme-admin users add EMAIL --name NAME
            ");
        }
        let owners = || {
            let mut found = Vec::new();
            for entry in fs::read_dir(&data).unwrap() {
                let (entry, name) = entry.map(|entry| (entry.metadata().unwrap(), entry.file_name())).unwrap();
                found.push((name, entry.uid(), entry.gid(), entry.mode() & 0o7777));
            }
            found
        };
        for (name, uid, group, found) in owners() {
            let expected = if name == "reset.key" { 0o600 } else { mode };
            assert_eq!((uid, group, found), (DAVE, gid, expected), "{name:?}");
        }
        assert_eq!(
            world.ask("SELECT group_concat(account || ' ' || kind || ' ' || roles.name, ', ') FROM operators JOIN roles ON roles.id = role_id"),
            "carol person Admin, dave service Service"
        );
        // root at work leaves nothing that the account cannot use.
        world.run("users add alice@example.com").expect_status(0);
        world.run("users send-reset alice").expect_status(0);
        assert!(owners().iter().all(|(_, uid, ..)| *uid == DAVE), "{:?}", owners());
        world.command("users list").sudo_by(CAROL).run().expect_status(0);
        world.command("jobs run").sudo_by(DAVE).run().expect_status(0);
        world.command("users lock alice").sudo_by(DAVE).run().expect_status(77);
        // A new key is the account's too.
        fs::remove_file(world.path("data/reset.key")).unwrap();
        world.run("init --new-key --yes").expect_status(0);
        assert!(owners().iter().all(|(_, uid, ..)| *uid == DAVE), "{:?}", owners());
        fs::remove_dir_all(&data).unwrap();
    }
}

#[test]
fn a_key_that_root_keeps_elsewhere_is_given_to_the_account() {
    if me() != 0 {
        return;
    }
    let world = World::empty();
    fs::set_permissions(world.directory(), fs::Permissions::from_mode(0o711)).unwrap();
    world.configure("");
    let key = world.path("keys/reset.key");
    let config = fs::read_to_string(world.config()).unwrap();
    world.write_config(&format!("{config}[reset]\nkey_file = \"{}\"\n", key.display()));
    fs::create_dir(world.path("data")).unwrap();
    chown(world.path("data"), Some(DAVE), Some(61_000)).unwrap();
    world.run("init --yes --operator dave").expect_status(0);
    for path in [key.as_path(), key.parent().unwrap(), &world.store()] {
        assert_eq!(fs::metadata(path).unwrap().uid(), DAVE, "{}", path.display());
    }
    assert_eq!(world.ask("SELECT group_concat(account || ' ' || kind) FROM operators"), "dave person");
}

#[test]
fn root_is_never_told_to_take_a_service_accounts_directory() {
    if me() != 0 {
        return;
    }
    let world = World::empty();
    fs::set_permissions(world.directory(), fs::Permissions::from_mode(0o711)).unwrap();
    world.configure("");
    fs::create_dir(world.path("data")).unwrap();
    chown(world.path("data"), Some(DAVE), Some(61_000)).unwrap();
    world.file("data/reset.key", "left over");
    for line in ["users list", "init --yes", "init --yes --new-key", "store check"] {
        let run = world.run(line).expect_status(78);
        assert!(!run.err().contains("chown"), "{run}");
    }
}

#[test]
fn a_store_that_is_there_is_refused_and_left_as_it_is() {
    let world = World::new().with_users("alice");
    let before = fs::read(world.store()).unwrap();
    assert_snapshot!(world.run("init --yes"), @"
    status 78
    -- stderr
    error: [DIR]/data/store.db: the store exists already
    hint: it was left as it is; name another one with `--store` or `[store] path`
    ");
    assert_eq!(fs::read(world.store()).unwrap(), before);
}

#[test]
fn without_a_configuration_it_asks_for_the_two_facts_that_only_people_know() {
    let world = World::empty();
    let init = world.command("init").argument("-c").argument(world.path("my.toml"));
    let run = init.argument("--store").argument(world.store()).typing(["Example Travel", "help@example.com"]).run();
    assert_snapshot!(run, @"
    status 0
    -- asked
    The organization's name: Example Travel
    Whom users ask for help: help@example.com
    -- stderr
    Created configuration: [DIR]/my.toml
    Created reset key: [DIR]/data/reset.key
    Created store: [DIR]/data/store.db
    First operator: owner (uid [ME]), with the role Admin
    Non-interactive equivalent: cxme-admin init --yes -c [DIR]/my.toml --store [DIR]/data/store.db --organization 'Example Travel' --help-contact help@example.com
    Next: cxme-admin -c [DIR]/my.toml --store [DIR]/data/store.db users add EMAIL --name NAME
    ");
    let text = fs::read_to_string(world.path("my.toml")).unwrap();
    assert!(text.contains("\nname = \"Example Travel\"\n"), "{text}");
    assert!(text.contains("\nhelp_contact = \"help@example.com\"\n"), "{text}");
    assert!(text.contains(&format!("\npath = \"{}\"\n", world.store().display())), "{text}");
    let list = world.command("users list").argument("-c").argument(world.path("my.toml"));
    list.run().expect_status(0);
}

#[test]
fn the_equivalent_command_does_the_same_and_is_printed_only_after_questions() {
    let world = World::empty();
    for (flag, variable) in [(true, false), (false, true), (false, false)] {
        let at = |line: &str| {
            let command = world.command(line).system(world.path("etc/config.toml"), world.path("state/store.db"));
            let command = command.variable("CXME_ADMIN_CONFIG", world.path("my.toml"));
            if variable { command.variable("CXME_ADMIN_STORE", world.path("my.db")) } else { command }
        };
        let made = || {
            let text = fs::read_to_string(world.path("my.toml")).unwrap();
            let stores = ["my.db", "data/cxme-admin/store.db", "state/store.db"].map(|path| world.path(path).exists());
            for path in ["my.toml", "my.db", "reset.key"] {
                let _ = fs::remove_file(world.path(path));
            }
            for path in ["data", "state"] {
                let _ = fs::remove_dir_all(world.path(path));
            }
            (text, stores)
        };
        let asked = if flag { at("init --store").argument(world.path("my.db")) } else { at("init") };
        let run = asked.typing(["Example Travel", "-x help"]).run().expect_status(0);
        let said = run.err();
        let line = said.lines().find_map(|line| line.split_once(": cxme-admin init --yes")).unwrap().1;
        let first = made();
        assert!(first.0.contains("help_contact = \"-x help\""), "{}", first.0);
        at(&format!("init --yes{line}")).run().expect_status(0);
        assert_eq!(made(), first);
    }
    world.configure("");
    let run = world.command("init").typing([]).run().expect_status(0);
    assert!(!run.err().contains("without questions"), "{run}");
}

#[test]
fn yes_takes_the_defaults_and_what_was_given() {
    let world = World::empty();
    let init = world.command("init --yes --organization 'Example \"Travel\"' --help-contact 4711");
    let run = init.argument("-c").argument(world.path("my.toml")).argument("--store").argument(world.store()).run();
    assert_snapshot!(run, @"
    status 0
    -- stderr
    Created reset key: [DIR]/data/reset.key
    Created store: [DIR]/data/store.db
    ");
    let text = fs::read_to_string(world.path("my.toml")).unwrap();
    assert!(text.contains("4711"), "{text}");
    let show = world.command("policy show").argument("-c").argument(world.path("my.toml")).run().expect_status(0);
    assert!(show.out().contains("Example \"Travel\""), "{show}");
}

#[test]
fn without_a_terminal_and_without_yes_nothing_is_made() {
    let world = World::empty();
    let init = world.command("init -c").argument(world.path("my.toml")).argument("--store").argument(world.store());
    assert_snapshot!(init.run(), @"
    status 2
    -- stderr
    error: cannot prompt (no terminal or `--no-input`): The organization's name and help contact
    hint: give `--yes` to take the defaults, and `--organization` and `--help-contact`
    ");
    assert_eq!(fs::read_dir(world.directory()).unwrap().count(), 0);
}

#[test]
fn what_was_typed_and_no_configuration_can_hold_is_refused() {
    let world = World::empty();
    let init = world.command("init -c").argument(world.path("my.toml")).argument("--store").argument(world.store());
    let run = init.typing(["\u{1b}[2J", ""]).run();
    assert_eq!(run.status, 78, "{run}");
    assert!(!world.path("my.toml").exists());
    assert!(!run.stderr.contains(&0x1b));
}

#[test]
fn by_sudo_the_account_that_called_sudo_becomes_the_first_operator() {
    let world = World::empty();
    world.configure("");
    world.command("init --yes").uid(0).sudo_by(CAROL).sudo_says(SudoRights::Yes).run().expect_status(0);
    assert_eq!(world.ask("SELECT account || ' ' || uid FROM operators"), format!("carol {CAROL}"));
    assert_eq!(world.ask("SELECT identified_by FROM events"), "sudo");
}

#[test]
fn root_names_the_first_operator() {
    let world = World::empty();
    world.configure("");
    let init = world.command("init --yes -v --operator carol").uid(0);
    assert_snapshot!(init.run(), @"
    status 0
    -- stderr
    Created reset key: [DIR]/data/reset.key
    Created store: [DIR]/data/store.db
    First operator: carol (uid 61001), with the role Admin
    Next: cxme-admin users add EMAIL --name NAME
    ");
    assert_eq!(
        world.ask("SELECT group_concat(account || ' ' || uid || ' ' || kind) FROM operators"),
        format!("carol {CAROL} person")
    );
    assert_eq!(world.ask("SELECT authority || details FROM events"), "root, not an operator{\"operator\":\"carol\"}");
    world.command("users list").uid(CAROL).run().expect_status(0);
    let world = World::empty();
    world.configure("");
    assert_snapshot!(world.run("init --yes --operator nobody-here"), @"
    status 67
    -- stderr
    error: no such account on this machine: `nobody-here`
    hint: give the name or the number of an OS account, as in `id -u NAME`
    ");
    assert!(!world.path("data").exists());
}

#[test]
fn a_store_that_has_lost_its_key_gets_a_new_one_and_its_links_die() {
    let world = World::with_mail().with_users("alice,bob");
    world.run("users send-reset alice").expect_status(0);
    let code = world.newest_code();
    fs::remove_file(world.path("data/reset.key")).unwrap();
    world.run("users send-reset bob").expect_status(78);
    assert_snapshot!(world.run("init --new-key"), @"
    status 2
    -- stderr
    error: cannot prompt (no terminal or `--no-input`): Create a new reset key, [DIR]/data/reset.key, and revoke 1 open link
    hint: give `--yes` to do it without being asked
    ");
    assert_snapshot!(world.command("init --new-key").typing(["y"]).run(), @"
    status 0
    -- asked
    Create a new reset key, [DIR]/data/reset.key, and revoke 1 open link? [y/N] y
    -- stderr
    Created reset key: [DIR]/data/reset.key
    Non-interactive equivalent: cxme-admin init --new-key --yes
    ");
    assert_snapshot!(world.newest_event(), @r#"
    init | done | owner, Admin | -
    {"key":"made anew","links":1}
    "#);
    let stdin = format!("{code}\n{GOOD}\n");
    world.command("resets redeem --stdin").stdin(stdin).run().expect_status(65);
    world.run("users send-reset bob").expect_status(0);
    let stdin = format!("{}\n{GOOD}\n", world.newest_code());
    world.command("resets redeem --stdin").stdin(stdin).run().expect_status(0);
    world.run("init --yes").expect_status(78);
    assert_snapshot!(world.run("init --yes --new-key"), @"
    status 78
    -- stderr
    error: [DIR]/data/reset.key: the key is there: `--new-key` is for a store that has lost it
    ");
}
