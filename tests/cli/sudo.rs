//! Operators who come by sudo: who they are, and what they may not name.

use crate::support::permission_words;
use std::fmt::Write as _;
use std::fs;
use std::path::PathBuf;

use cxme_admin::cli::command_tree;
use cxme_admin::process::sudo::SudoRights;
use insta::assert_snapshot;

use crate::support::CAROL;
use crate::support::Command;
use crate::support::DAVE;
use crate::support::GOOD;
use crate::support::MALLORY;
use crate::support::World;

fn world() -> World {
    World::new()
        .with_role("Clerk", "view-users add-users lock-users set-passwords export-hashes manage-store verify-passwords")
        .with_users("alice,bob")
        .with_operator(CAROL, "Clerk")
        .with_operator(DAVE, "Admin")
}

#[test]
fn sudo_uid_is_believed_from_root_and_the_owner_of_the_store() {
    let world = world();
    world.command("users lock alice").sudo_by(CAROL).run().expect_status(0);
    assert_eq!(world.ask("SELECT operator || ' ' || identified_by FROM events ORDER BY number DESC"), "carol sudo");
    world.command("users unlock alice").uid(0).sudo_by(CAROL).run().expect_status(0);
    assert_eq!(world.ask("SELECT operator || ' ' || identified_by FROM events ORDER BY number DESC"), "carol sudo");
    let refused = world.command("users lock alice").sudo_by(MALLORY).run();
    assert_eq!(refused.status, 77, "{refused}");
    assert_eq!(world.ask("SELECT operator || ' ' || identified_by FROM events ORDER BY number DESC"), "mallory sudo");
}

#[test]
fn sudo_uid_from_anybody_else_is_a_variable_like_any_other() {
    let world = world();
    let run = world.command("users lock alice").uid(MALLORY).sudo_by(DAVE).run();
    assert_eq!(run.status, 77, "{run}");
    assert_eq!(world.ask("SELECT operator || ' ' || identified_by FROM events ORDER BY number DESC"), "mallory uid");
    world.command("users lock alice").uid(CAROL).sudo_by(DAVE).run().expect_status(0);
    assert_eq!(world.ask("SELECT operator || ' ' || identified_by FROM events ORDER BY number DESC"), "carol uid");
}

#[test]
fn whoever_comes_by_sudo_and_is_not_admin_names_no_configuration_and_no_store() {
    let world = world();
    let (config, store) = (world.config(), world.store());
    for (option, variable, path) in [("-c", "CXME_ADMIN_CONFIG", &config), ("--store", "CXME_ADMIN_STORE", &store)] {
        for uid in [CAROL, MALLORY] {
            let by_option = world.command("users list").argument(option).argument(path).sudo_by(uid).run();
            let by_variable = world.command("users list").variable(variable, path).sudo_by(uid).run();
            assert_eq!((by_option.status, by_variable.status), (77, 77), "{by_option} {by_variable}");
        }
        world.command("users list").argument(option).argument(path).sudo_by(DAVE).run().expect_status(0);
        world.command("users list").variable(variable, path).sudo_by(DAVE).run().expect_status(0);
    }
    assert_snapshot!(world.command("users list --store").argument(store).sudo_by(CAROL).run(), @"
    status 77
    -- stderr
    error: `--store` is only allowed for Admins when using sudo
    ");
}

#[test]
fn nor_a_file_to_be_read_or_written() {
    let world = world();
    let secret = world.file("secret", GOOD);
    let rows = world.file("rows.csv", "email\nnew@example.com\n");
    let names = world.file("names", "alice\n");
    let new = world.path("new");
    for (command, path) in [
        ("users set-password alice --password-file", &secret),
        ("users import", &rows),
        ("users list --from", &names),
        ("users export --from", &names),
        ("users export --to", &new),
        ("users export --with-hashes --to", &new),
        ("store backup", &new),
        ("store migrate --backup", &new),
    ] {
        let run = world.command(command).argument(path).sudo_by(CAROL).run();
        assert_eq!(run.status, 77, "{command}: {run}");
        assert!(!new.exists(), "{command}");
        let _ = fs::remove_file(&new);
        let run = world.command(command).argument(path).sudo_by(DAVE).run();
        assert_eq!(run.status, 0, "an Admin may: {command}: {run}");
        let _ = fs::remove_file(&new);
        world.run("users delete new --yes");
    }
    assert_snapshot!(world.command("users import").argument(rows).sudo_by(CAROL).run(), @"
    status 77
    -- stderr
    error: naming a file is only allowed for Admins when using sudo
    hint: pass data by a pipe: with `-`, or with `--stdin`
    ");
}

#[test]
fn a_hyphen_is_standard_input_where_input_is_read_and_a_file_elsewhere() {
    let world = world();
    world.command("users import -").stdin("email\nnew@example.com\n").sudo_by(CAROL).run().expect_status(0);
    world.command("users list --from -").stdin("alice\n").sudo_by(CAROL).run().expect_status(0);
    world.command("users set-password alice --stdin").stdin(GOOD).sudo_by(CAROL).run().expect_status(0);
    world.command("users set-password alice --password-file -").stdin(GOOD).sudo_by(CAROL).run().expect_status(0);
    for command in ["users export --to -", "store backup -", "store migrate --backup -"] {
        let run = world.command(command).stdin(GOOD).sudo_by(CAROL).run();
        assert_eq!(run.status, 77, "{command}: {run}");
    }
}

#[test]
fn the_hint_for_a_named_file_is_one_that_helps() {
    let world = world();
    let hint = |line: &str| world.command(line).stdin(GOOD).sudo_by(CAROL).run().expect_status(77);
    for (line, option) in [("users export --to", "--to"), ("mail preview reset --out", "--out")] {
        for name in ["-", "new"] {
            let said = hint(&format!("{line} {name}")).err();
            assert!(
                said.ends_with(&format!("\nhint: leave out `{option}`: the data goes to standard output\n")),
                "{said}"
            );
            assert_eq!(
                said.starts_with("error: `-` is a file name here, and naming a file is only"),
                name == "-",
                "{said}"
            );
        }
    }
    world.command("users export").sudo_by(CAROL).run().expect_status(0);
    for line in ["store backup -", "store migrate --backup -", "store restore -", "users export --with-hashes --to -"] {
        let said = hint(line).err();
        assert!(said.starts_with("error: `-` is a file name here, and naming a file is only"), "{said}");
        assert!(!said.contains("hint"), "{said}");
    }
}

#[test]
fn a_role_that_may_do_everything_is_not_yet_the_role_admin() {
    let all = permission_words();
    let world =
        World::new().with_role("Everything", &all.join(" ")).with_operator(CAROL, "Everything").with_users("alice");
    let names = world.file("names", "alice\n");
    world.command("users list --from").argument(&names).sudo_by(CAROL).run().expect_status(77);
    world.command("users list --from").argument(&names).uid(CAROL).run().expect_status(0);
}

#[test]
fn a_store_of_his_own_makes_nobody_an_admin() {
    let world = world();
    let own = world.path("own/store.db");
    fs::create_dir(world.path("own")).unwrap();
    world.command("init --yes --store").argument(&own).run().expect_status(0);
    let command = world.command("operators add carol --role Admin --store").argument(&own);
    command.run().expect_status(0);
    let list = world.command("users list --store").argument(&own).sudo_by(CAROL).run();
    assert_eq!(list.status, 77, "{list}");
    let backup = world.command("store backup").argument(world.path("copy.db")).argument("--store").argument(&own);
    let backup = backup.sudo_by(CAROL).run();
    assert_eq!(backup.status, 77, "{backup}");
    assert!(!world.path("copy.db").exists());
    for command in ["init --yes --store", "demo"] {
        let run = world.command(command).argument(world.path("made")).sudo_by(CAROL).run();
        assert_eq!(run.status, 77, "{command}: {run}");
        assert!(!world.path("made").exists(), "{command}");
    }
}

#[test]
fn an_unusable_configuration_tells_nothing_of_its_content_to_a_restricted_operator() {
    let world = world();
    let other = world.file("other.toml", "zq7sentinel = \"zq7sentinel\"\n");
    for uid in [CAROL, MALLORY] {
        let run = world.command("users list -c").argument(&other).sudo_by(uid).run().expect_status(77);
        assert!(!String::from_utf8_lossy(&run.all()).contains("zq7sentinel"), "{run}");
    }
    world.write_config("zq7sentinel = \"zq7sentinel\"\n");
    // Which store is the usual one cannot be known then, and so nobody is known to be Admin.
    for uid in [CAROL, DAVE, MALLORY] {
        let run = world.command("users list").sudo_by(uid).run().expect_status(78);
        assert!(!String::from_utf8_lossy(&run.all()).contains("zq7sentinel"), "{run}");
    }
    assert_snapshot!(world.command("users list").sudo_by(CAROL).run(), @"
    status 78
    -- stderr
    error: [DIR]/config/cxme-admin/config.toml: not a usable configuration; root sees why: sudo env -u SUDO_UID cxme-admin policy show
    ");
    world.command("users list -c").argument(&other).sudo_by(DAVE).run().expect_status(77);
    assert!(String::from_utf8_lossy(&world.run("users list").all()).contains("zq7sentinel"));
}

#[test]
fn whoever_comes_without_sudo_names_what_he_likes() {
    let world = world();
    let rows = world.file("rows.csv", "email\nnew@example.com\n");
    world.command("users import").argument(rows).uid(CAROL).run().expect_status(0);
}

/// The usual store as a restricted operator finds it.
#[derive(Debug, Clone, Copy)]
enum Usual {
    Present,
    Absent,
    Broken,
}

impl Usual {
    const ALL: [Self; 3] = [Self::Present, Self::Absent, Self::Broken];

    fn apply<'a>(self, world: &'a World, command: Command<'a>) -> Command<'a> {
        match self {
            Self::Present => command,
            Self::Absent => command.system(world.path("etc/config.toml"), world.path("var/store.db")),
            Self::Broken => command.system(world.path("broken.toml"), world.path("var/store.db")),
        }
    }
}

/// A command with a value for what it needs, and for one argument that names a file: that one is `FILE`.
fn commands_with_files() -> Vec<Vec<String>> {
    let mut tree = command_tree();
    tree.build();
    let mut found = Vec::new();
    collect(&tree, &[], &mut found);
    found
}

fn collect(command: &clap::Command, above: &[String], found: &mut Vec<Vec<String>>) {
    for below in command.get_subcommands() {
        let words = [above, &[below.get_name().to_owned()]].concat();
        collect(below, &words, found);
        if below.has_subcommands() {
            continue;
        }
        for argument in below.get_arguments().filter(|argument| names_file(argument)) {
            found.push([words.as_slice(), &words_of(below, argument)].concat());
        }
    }
}

/// What a command needs, and `FILE` for one argument.
fn words_of(command: &clap::Command, file: &clap::Arg) -> Vec<String> {
    let mut words = Vec::new();
    for argument in command.get_arguments().filter(|argument| !argument.is_hide_set()) {
        let is_file = argument.get_id() == file.get_id();
        let conflicts = command.get_arg_conflicts_with(argument);
        if conflicts.iter().any(|other| other.get_id() == file.get_id()) {
            continue;
        }
        if is_file || argument.is_required_set() || argument.is_positional() {
            words.extend(argument.get_long().map(|long| format!("--{long}")));
            words.push(if is_file { "FILE".to_owned() } else { value_for(argument) });
        }
    }
    if command.get_name() == "set-password" && file.get_id() == "out" {
        words.push("--generate".to_owned());
    }
    words
}

/// By the name of its value, as a reader of the help would know it.
fn names_file(argument: &clap::Arg) -> bool {
    let names = argument.get_value_names().unwrap_or_default();
    names.iter().any(|name| ["FILE", "PATH", "DIR", "DIRECTORY", "FOLDER"].contains(&name.as_str()))
}

fn value_for(argument: &clap::Arg) -> String {
    if let Some(value) = argument.get_possible_values().first() {
        return value.get_name().to_owned();
    }
    let names = argument.get_value_names().unwrap_or_default();
    match names.first().map(|name| name.as_str()) {
        Some("JOB" | "NO") => "1",
        Some("MAIL") => "reset",
        _ => "1d",
    }
    .to_owned()
}

#[test]
fn every_argument_that_names_a_file_is_refused_to_a_restricted_operator() {
    let world = world();
    let commands = commands_with_files();
    let mut seen = String::new();
    for line in commands.iter().filter(|line| line[0] == "roles" || line.iter().all(|word| !is_global(word))) {
        writeln!(seen, "{}", line.join(" ")).unwrap();
    }
    assert_snapshot!(seen, @"
    demo FILE
    users list --from FILE
    users show 1d --from FILE
    users edit 1d --from FILE
    users delete 1d --from FILE
    users lock --not-in FILE 1d
    users lock 1d --from FILE
    users unlock 1d --from FILE
    users import FILE
    users export --from FILE
    users export --to FILE
    users set-password 1d --password-file FILE
    users set-password 1d --batch FILE
    users set-password 1d --out FILE --generate
    users set-password 1d --from FILE
    users send-reset 1d --from FILE
    jobs run 1 --metrics-file FILE
    roles list --config FILE
    roles list --store FILE
    roles show 1d --config FILE
    roles show 1d --store FILE
    roles add 1d --config FILE
    roles add 1d --store FILE
    roles edit 1d --config FILE
    roles edit 1d --store FILE
    roles clone 1d 1d --config FILE
    roles clone 1d 1d --store FILE
    roles delete 1d --config FILE
    roles delete 1d --store FILE
    roles permissions --config FILE
    roles permissions --store FILE
    policy blocklist build FILE --out 1d
    policy blocklist build 1d --out FILE
    policy blocklist info FILE
    policy blocklist check FILE
    audit verify --archive FILE
    audit archive --before 1d --out FILE
    mail preview reset --out FILE
    mail bounces FILE
    store backup FILE
    store backup --directory FILE
    store restore FILE
    store restore --latest FILE
    store migrate --backup FILE
    ");
    world.file("broken.toml", "zq7sentinel = 1\n");
    let secret = world.file("secret", "zq7sentinel\n");
    let new = world.path("new");
    for usual in Usual::ALL {
        for (as_uid, by) in [(0, CAROL), (crate::support::me(), CAROL), (MALLORY, CAROL), (DAVE, CAROL), (0, MALLORY)] {
            if as_uid == by {
                continue;
            }
            for (line, path) in commands.iter().flat_map(|line| [(line, &secret), (line, &new)]) {
                let mut command = world.command("");
                for word in line {
                    let is_file = word == "FILE";
                    command = command.argument(if is_file { path.clone().into_os_string() } else { word.into() });
                }
                let run = usual.apply(&world, command.uid(as_uid).sudo_by(by)).run();
                assert_eq!(run.status, 77, "{usual:?} as {as_uid}: {line:?}: {run}");
                assert!(!String::from_utf8_lossy(&run.all()).contains("zq7sentinel"), "{run}");
                assert!(!new.exists(), "{line:?}");
            }
        }
    }
    assert_eq!(fs::read_to_string(&secret).unwrap(), "zq7sentinel\n");
}

fn is_global(word: &str) -> bool {
    ["--config", "--store"].contains(&word)
}

/// Everything below the world's directory, with its content.
fn tree_of(world: &World) -> Vec<(PathBuf, Option<Vec<u8>>)> {
    let (mut found, mut folders) = (Vec::new(), vec![world.directory().to_owned()]);
    while let Some(directory) = folders.pop() {
        for entry in fs::read_dir(directory).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path.clone());
            }
            found.push((path.clone(), fs::read(&path).ok()));
        }
    }
    found.sort();
    found
}

#[test]
fn without_a_usual_store_a_store_of_their_own_gives_no_rights() {
    let world = World::empty();
    world.file("broken.toml", "zq7sentinel = 1\n");
    let own = world.path("own");
    fs::create_dir(&own).unwrap();
    world.file("home-config.toml", format!("[store]\npath = \"{}\"\n", own.join("store.db").display()));
    fs::create_dir_all(world.path("home/.config/cxme-admin")).unwrap();
    fs::copy(world.path("home-config.toml"), world.path("home/.config/cxme-admin/config.toml")).unwrap();
    let init = world.command("init --yes").variable("XDG_CONFIG_HOME", "");
    init.run().expect_status(0);
    let before = tree_of(&world);
    let config = world.path("home/.config/cxme-admin/config.toml");
    let refused = [
        ("init --yes --store", Some(world.path("made.db"))),
        ("init --yes -c", Some(world.path("made.toml"))),
        ("init --yes", None),
        ("init --yes --new-key", None),
        ("demo", None),
        ("demo", Some(world.path("made"))),
        ("users list --store", Some(own.join("store.db"))),
        ("users list -c", Some(config.clone())),
    ];
    for usual in [Usual::Absent, Usual::Broken] {
        for as_uid in [0, crate::support::me(), DAVE] {
            for (line, path) in &refused {
                let mut command = world.command(line).uid(as_uid).sudo_by(CAROL).variable("XDG_CONFIG_HOME", "");
                if let Some(path) = path {
                    command = command.argument(path);
                }
                let run = usual.apply(&world, command).run();
                let is_config = matches!(usual, Usual::Broken) && line.starts_with("init") && path.is_none();
                assert_eq!(run.status, if is_config { 78 } else { 77 }, "{usual:?} {line} as {as_uid}: {run}");
                assert!(!String::from_utf8_lossy(&run.all()).contains("zq7sentinel"), "{run}");
            }
            for (variable, value) in [
                ("CXME_ADMIN_STORE", own.join("store.db")),
                ("CXME_ADMIN_CONFIG", config.clone()),
                ("CXME_NEW", config.clone()),
            ] {
                let command = world.command("users list").uid(as_uid).sudo_by(CAROL).variable(variable, value);
                let run = usual.apply(&world, command).run();
                assert_eq!(run.status, 77, "{usual:?} {variable} as {as_uid}: {run}");
            }
            // HOME and XDG_* lead nowhere: there is no store then.
            for home in ["home", "elsewhere"] {
                let command = world.command("users list").uid(as_uid).sudo_by(CAROL).variable("XDG_CONFIG_HOME", "");
                let command = command.variable("HOME", world.path(home)).variable("XDG_DATA_HOME", &own);
                let run = usual.apply(&world, command).run();
                assert_eq!(run.status, 78, "{usual:?} {run}");
            }
        }
    }
    assert!(before == tree_of(&world), "something was written");
    let init = world.command("init --yes").uid(0).sudo_by(CAROL).sudo_says(SudoRights::No);
    let run = Usual::Absent.apply(&world, init).run();
    assert_snapshot!(run, @"
    status 77
    -- stderr
    error: `init` with sudo is only for accounts that sudo allows to run any command: carol is not one
    hint: if you may run any command with sudo: sudo env -u SUDO_UID cxme-admin init --operator carol
    ");
    let run = Usual::Absent.apply(&world, world.command("init --yes").uid(DAVE).sudo_by(CAROL)).run();
    assert_snapshot!(run, @"
    status 77
    -- stderr
    error: `init` with sudo is only for accounts that sudo allows to run any command: sudo could not be queried
    hint: if you may run any command with sudo: sudo env -u SUDO_UID cxme-admin init --operator carol
    ");
    let run = Usual::Absent.apply(&world, world.command("demo").uid(0).sudo_by(CAROL)).run();
    assert_snapshot!(run, @"
    status 77
    -- stderr
    error: `demo` is only allowed for Admins when using sudo
    ");
}

#[test]
fn by_sudo_init_is_for_those_whom_sudo_lets_do_anything_and_only_at_the_usual_place() {
    let world = World::empty();
    let as_root = |line: &str| {
        let command = world.command(line).uid(0).sudo_by(CAROL).sudo_says(SudoRights::Yes);
        let command = command.variable("XDG_CONFIG_HOME", world.path("xdg"));
        command.system(world.path("etc/config.toml"), world.path("var/store.db"))
    };
    as_root("init --yes --store").argument(world.path("var/store.db")).run().expect_status(77);
    assert_snapshot!(as_root("init --yes -v").run(), @"
    status 0
    -- stderr
    Created configuration: [DIR]/etc/config.toml
    Created reset key: [DIR]/var/reset.key
    Created store: [DIR]/var/store.db
    First operator: carol (uid 61001), with the role Admin
    Next: cxme-admin users add EMAIL --name NAME
    ");
    // An Admin of the usual store names what they like.
    as_root("users list --store").argument(world.path("var/store.db")).run().expect_status(0);
    let secret = world.file("names", "nobody\n");
    as_root("users list --from").argument(secret).run().expect_status(67);
}

#[test]
fn who_called_sudo_must_be_known() {
    let world = world();
    for line in ["users list", "completions bash", "init --yes", "demo"] {
        assert_eq!(world.command(line).variable("SUDO_UID", "carol").run().status, 78, "{line}");
    }
}

#[test]
fn a_hyphen_that_is_no_stream_is_refused_to_everybody() {
    let world = world();
    for line in [
        "users export --to -",
        "store backup -",
        "store migrate --backup -",
        "store restore -",
        "mail preview reset --out -",
        "jobs run --metrics-file -",
    ] {
        let run = world.command(line).run();
        assert_eq!(run.status, 2, "{line}: {run}");
    }
    assert_snapshot!(world.command("store backup -").run(), @"
    status 2
    -- stderr
    error: `-` (standard input) is not accepted here: name a file
    hint: for a file called `-`: `./-`
    ");
    assert!(!std::path::Path::new("-").exists());
}

#[test]
fn the_rights_of_another_group_are_rights_of_others_too() {
    let world = world();
    let names = world.file("names", "alice\n");
    let by_group = |gid: u32| {
        let command = world.command("users list --from").argument(&names).uid(CAROL).sudo_by(CAROL);
        command.variable("SUDO_GID", gid.to_string()).run()
    };
    // In a scripted process the group has the number of the account.
    by_group(CAROL).expect_status(0);
    by_group(DAVE).expect_status(77);
    world.command("users list").uid(CAROL).sudo_by(CAROL).variable("SUDO_GID", "staff").run().expect_status(78);
}
