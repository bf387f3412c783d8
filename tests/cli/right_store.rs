//! Which store and which configuration are used, who says so, and who is told where the right one is.

use std::fs;
use std::os::unix::fs::chown;

use insta::assert_snapshot;

use crate::support::CAROL;
use crate::support::Command;
use crate::support::DAVE;
use crate::support::MALLORY;
use crate::support::World;
use crate::support::me;

/// A store with this user, and a configuration that names it.
fn store_with(world: &World, name: &str) {
    let directory = world.path(name);
    fs::create_dir(&directory).unwrap();
    world.file(&format!("{name}/config.toml"), format!("[store]\npath = \"{}/store.db\"\n", directory.display()));
    let at =
        |line: &str| world.command(line).argument("-c").argument(directory.join("config.toml")).run().expect_status(0);
    at("init --yes");
    at(&format!("users add {name}@example.com"));
}

#[test]
fn an_option_outranks_a_variable_whichever_of_the_two_settings_they_are_about() {
    let world = World::new().with_users("usual");
    for name in ["flag", "variable"] {
        store_with(&world, name);
    }
    let (config, store) =
        (|name: &str| world.path(&format!("{name}/config.toml")), |name: &str| world.path(&format!("{name}/store.db")));
    let named = |config_flag: bool, store_flag: bool, config_variable: bool, store_variable: bool| {
        let mut command = world.command("users list -o csv --columns username");
        for (given, option, path) in [(config_flag, "-c", config("flag")), (store_flag, "--store", store("flag"))] {
            if given {
                command = command.argument(option).argument(path);
            }
        }
        let variables = [
            (config_variable, "CXME_ADMIN_CONFIG", config("variable")),
            (store_variable, "CXME_ADMIN_STORE", store("variable")),
        ];
        for (given, variable, path) in variables {
            if given {
                command = command.variable(variable, path);
            }
        }
        command.run().expect_status(0).out().lines().nth(1).unwrap().to_owned()
    };
    for bits in 0..16_u8 {
        let [config_flag, store_flag, config_variable, store_variable] = [1, 2, 4, 8].map(|bit| bits & bit != 0);
        let expected = match (config_flag || store_flag, config_variable || store_variable) {
            (true, _) => "flag",
            (false, true) => "variable",
            (false, false) => "usual",
        };
        let found = named(config_flag, store_flag, config_variable, store_variable);
        assert_eq!(
            found, expected,
            "-c {config_flag}, --store {store_flag}, variables {config_variable} {store_variable}"
        );
    }
}

#[test]
fn the_last_words_of_the_demonstration_lead_to_its_own_store() {
    let world = World::new().with_users("bob");
    let dir = world.path("a demo");
    let run = world.command("demo").argument(&dir).run().expect_status(0);
    let shown = run.out();
    let advice = shown.lines().find(|line| line.ends_with("users list --no-password -o csv")).unwrap();
    let line = advice.strip_prefix("cxme-admin ").unwrap();
    let listed = world.command(line).variable("CXME_ADMIN_STORE", world.store()).run().expect_status(0);
    assert!(listed.out().contains("fumiko"), "{listed}");
    assert!(!listed.out().contains("Bob Example"), "{listed}");
}

#[test]
fn a_configuration_that_is_not_there_says_how_it_is_created_and_who_named_it() {
    let world = World::new();
    let path = world.path("no such.toml");
    assert_snapshot!(world.command("users list -c").argument(&path).run(), @"
    status 78
    -- stderr
    error: [DIR]/no such.toml: no such configuration file (set by `--config`)
    hint: create it: cxme-admin -c '[DIR]/no such.toml' init; or give another path
    ");
    assert_snapshot!(world.command("users list").variable("CXME_ADMIN_CONFIG", &path).run(), @"
    status 78
    -- stderr
    error: [DIR]/no such.toml: no such configuration file (set by `CXME_ADMIN_CONFIG`)
    hint: create it: cxme-admin init; or correct CXME_ADMIN_CONFIG
    ");
}

#[test]
fn the_command_that_creates_what_is_missing_creates_what_the_failed_one_looks_for() {
    let world = World::empty();
    let (config, store) = (world.path("named.toml"), world.path("named.db"));
    let flags = [("-c", &config), ("--store", &store)];
    let variables = [("CXME_ADMIN_CONFIG", &config), ("CXME_ADMIN_STORE", &store)];
    for bits in 1..16_u8 {
        let given = |line: &str| {
            let mut command = world.command(line).system(world.path("etc/config.toml"), world.path("state/store.db"));
            for (place, (flag, path)) in flags.into_iter().enumerate() {
                if bits & (1 << place) != 0 && !line.contains("init") {
                    command = command.argument(flag).argument(path);
                }
            }
            for (place, (variable, path)) in variables.into_iter().enumerate() {
                if bits & (4 << place) != 0 {
                    command = command.variable(variable, path);
                }
            }
            command
        };
        let run = given("users list").run().expect_status(78);
        let said = run.err();
        let hint = said.lines().last().unwrap().strip_prefix("hint: create it: cxme-admin ").unwrap();
        let create = hint.split("; or ").next().unwrap();
        given(&format!("{create} --yes")).run().expect_status(0);
        given("users list").run().expect_status(0);
        for path in
            ["config", "data", "etc", "state", "named.toml", "named.db", "reset.key"].map(|name| world.path(name))
        {
            let _ = fs::remove_dir_all(&path);
            let _ = fs::remove_file(&path);
        }
    }
}

#[test]
fn a_store_that_is_not_there_says_what_named_it_and_init_is_not_for_restricted_operators() {
    let world = World::empty();
    let named = |line: &str| world.command(line);
    assert_snapshot!(named("users list --store").argument(world.path("no.db")).run(), @"
    status 78
    -- stderr
    error: [DIR]/no.db: no such store (set by `--store`)
    hint: create it: cxme-admin --store [DIR]/no.db init
    ");
    assert_snapshot!(named("users list").variable("CXME_ADMIN_STORE", world.path("no.db")).run(), @"
    status 78
    -- stderr
    error: [DIR]/no.db: no such store (set by `CXME_ADMIN_STORE`)
    hint: create it: cxme-admin init
    ");
    assert_snapshot!(named("users list").run(), @"
    status 78
    -- stderr
    error: [DIR]/data/store.db: no such store (the default path)
    hint: create it: cxme-admin init
    ");
    world.configure("");
    assert_snapshot!(named("users list").run(), @"
    status 78
    -- stderr
    error: [DIR]/data/store.db: no such store (set by `[store] path`)
    hint: create it: cxme-admin init
    ");
    assert_snapshot!(named("users list").uid(0).sudo_by(CAROL).run(), @"
    status 78
    -- stderr
    error: [DIR]/data/store.db: no such store (set by `[store] path`)
    hint: ask an administrator of this machine to run `cxme-admin init`: with sudo, only accounts that may run any command can use it
    ");
    assert_snapshot!(named("users list").sudo_by(CAROL).variable("CXME_ADMIN_STORE", "x").run(), @"
    status 77
    -- stderr
    error: `CXME_ADMIN_STORE` is only allowed for Admins when using sudo
    hint: unset CXME_ADMIN_STORE
    ");
}

#[test]
fn config_show_and_whoami_say_what_is_known_where_the_store_cannot_be_used() {
    let world = World::empty();
    world.configure("");
    let show = |world: &World| {
        let run = world.run("config show -o csv").expect_status(78);
        let rows: Vec<String> = run.out().lines().take(5).map(str::to_owned).collect();
        world.without_paths(&format!("{}\n{}", rows.join("\n"), run.err()))
    };
    assert_snapshot!(show(&world), @"
    name,value,source,line
    config,[DIR]/config/cxme-admin/config.toml,default,
    store,[DIR]/data/store.db,file,
    reset_key,[DIR]/data/reset.key,default,
    organization.name,Example Travel,file,2
    error: [DIR]/data/store.db: no such store (set by `[store] path`)
    hint: create it: cxme-admin init
    ");
    assert_snapshot!(world.command("whoami").uid(CAROL).run(), @"
    status 78
    -- stdout
    Account:        carol
    UID:            61001
    Role:           unknown (the store cannot be used)
    Permissions:    unknown (the store cannot be used)
    Identified by:  uid
    Restricted:     no
    Store:          [DIR]/data/store.db
    Configuration:  [DIR]/config/cxme-admin/config.toml
    -- stderr
    error: [DIR]/data/store.db: no such store (set by `[store] path`)
    hint: create it: cxme-admin init
    ");
    // Restricted operators get nothing with rights that are not theirs.
    for line in ["config show", "whoami"] {
        let run = world.command(line).uid(0).sudo_by(CAROL).run().expect_status(78);
        assert!(run.stdout.is_empty(), "{run}");
    }
    // A damaged one is said to be so, and one that is there keeps its rule.
    world.run("init --yes").expect_status(0);
    assert_eq!(world.command("config show").uid(MALLORY).run().expect_status(77).out(), "");
    world.file("data/store.db", "no store at all, but a text ".repeat(50));
    for line in ["config show", "whoami"] {
        let run = world.run(line).expect_status(78);
        assert!(run.out().contains("store.db") && run.err().contains("not a cxme-admin store"), "{run}");
    }
}

#[test]
fn whoami_wraps_the_permissions_at_commas() {
    let world = World::new();
    for columns in [40, 80, 200] {
        let run = world.command("whoami").columns(columns).run().expect_status(0);
        let out = run.out();
        let lines: Vec<&str> = out.lines().skip_while(|line| !line.starts_with("Permissions:")).collect();
        let end = lines.iter().position(|line| line.starts_with("Identified by:")).unwrap();
        assert!(lines[..end].iter().all(|line| line.len() <= usize::from(columns)), "{run}");
        assert!(lines[..end - 1].iter().all(|line| line.ends_with(',')), "{run}");
        assert!(lines[1..end].iter().all(|line| line.starts_with("                ")), "{run}");
    }
}

/// On a machine whose own store belongs to dave, and by an account that has none.
fn on_a_machine<'world>(world: &'world World, line: &str) -> Command<'world> {
    let command = world.command(line).variable("XDG_CONFIG_HOME", world.path("xdg"));
    let command = command.variable("XDG_DATA_HOME", world.path("xdg"));
    command.system(world.path("etc/config.toml"), world.path("state/store.db")).uid(CAROL)
}

#[test]
fn who_forgot_sudo_is_told_so() {
    let world = World::empty();
    let forgot = |line: &str| on_a_machine(&world, line);
    // Without a store of the machine nothing was forgotten.
    assert_snapshot!(forgot("users list").run(), @"
    status 78
    -- stderr
    error: [DIR]/xdg/cxme-admin/store.db: no such store (the default path)
    hint: create it: cxme-admin init
    ");
    if me() != 0 {
        return;
    }
    fs::create_dir(world.path("state")).unwrap();
    chown(world.path("state"), Some(DAVE), None).unwrap();
    assert_snapshot!(forgot("users set-password 'o brien' --generate").run(), @"
    status 78
    -- stderr
    error: the system store belongs to dave
    hint: to use it: sudo -u dave cxme-admin users set-password 'o brien' --generate; to create a store of your own: cxme-admin init --store PATH
    ");
    assert_snapshot!(forgot("init --yes").run(), @"
    status 78
    -- stderr
    error: the system store belongs to dave
    hint: to use it: sudo -u dave cxme-admin whoami; to create a store of your own: cxme-admin init --store PATH
    ");
    assert!(!world.path("xdg").exists());
    // One of root's, and one that the machine's configuration names.
    chown(world.path("state"), Some(0), None).unwrap();
    let run = forgot("users list").account(0, Some("root")).run().expect_status(78);
    assert!(run.err().contains("hint: to use it: sudo cxme-admin users list;"), "{run}");
    fs::create_dir(world.path("etc")).unwrap();
    fs::create_dir(world.path("srv")).unwrap();
    chown(world.path("srv"), Some(MALLORY), None).unwrap();
    world.file_with_mode(
        "etc/config.toml",
        format!("[store]\npath = \"{}\"\n", world.path("srv/store.db").display()),
        0o644,
    );
    assert_snapshot!(forgot("users list").run(), @"
    status 78
    -- stderr
    error: the store [DIR]/srv/store.db belongs to mallory
    hint: to use it: sudo -u mallory cxme-admin users list; to create a store of your own: cxme-admin init --store PATH
    ");
    // Who names a store, or has a configuration or a store, means that one.
    let own = world.path("own.db");
    forgot("users list --store").argument(&own).run().expect_status(78);
    assert_snapshot!(forgot("users list --store").argument(&own).run(), @"
    status 78
    -- stderr
    error: [DIR]/own.db: no such store (set by `--store`)
    hint: create it: cxme-admin --store [DIR]/own.db init
    ");
    forgot("init --yes --store").argument(&own).run().expect_status(0);
    forgot("users list --store").argument(&own).run().expect_status(0);
}

#[test]
fn whoami_says_as_whom_and_where() {
    let world = World::new().with_operator(CAROL, "Minimal Permissions").with_operator(DAVE, "Admin");
    assert_snapshot!(world.command("whoami").uid(CAROL).run(), @"
    status 0
    -- stdout
    Account:        carol
    UID:            61001
    Role:           Minimal Permissions
    Permissions:    view-users
    Identified by:  uid
    Restricted:     no
    Store:          [DIR]/data/store.db
    Configuration:  [DIR]/config/cxme-admin/config.toml
    ");
    assert_snapshot!(world.command("whoami -o json").sudo_by(CAROL).run(), @r#"
    status 0
    -- stdout
    {"account":"carol","uid":61001,"role":"Minimal Permissions","permissions":["view-users"],"only_roles":[],"only_domains":[],"identified_by":"sudo","login_uid":null,"restricted":true,"store":"[DIR]/data/store.db","config":"[DIR]/config/cxme-admin/config.toml"}
    "#);
    let admin = world.command("whoami -o csv").sudo_by(DAVE).run().expect_status(0);
    assert!(admin.out().contains(",sudo,,false,"), "{admin}");
    world.command("whoami").uid(MALLORY).run().expect_status(77);
    let root = world.command("whoami -o json").uid(0).run().expect_status(0);
    assert!(root.out().contains("\"uid\":0"), "{root}");
}

#[test]
fn config_show_says_what_is_in_force_and_where_it_comes_from() {
    let world = World::new()
        .with_role("Keeper", "manage-store")
        .with_operator(CAROL, "Keeper")
        .with_operator(DAVE, "Minimal Permissions");
    let text = fs::read_to_string(world.config()).unwrap();
    world.write_config(&format!(
        "{text}[mail]\nfrom = \"passwords@example.com\"\n[mail.smtp]\nhost = \"127.0.0.1\"\ntls = \"none\"\nusername = \"x\"\n\
         password_command = [\"/bin/echo\", \"zq7sentinel\"]\n"
    ));
    let shown = world.command("config show -o csv").uid(CAROL).run().expect_status(0);
    assert_snapshot!(shown, @r#"
    status 0
    -- stdout
    name,value,source,line
    config,[DIR]/config/cxme-admin/config.toml,default,
    store,[DIR]/data/store.db,file,
    reset_key,[DIR]/data/reset.key,default,
    organization.name,Example Travel,file,2
    organization.help_contact,"help@example.com, extension 4711",file,3
    organization.time_zone,UTC,default,
    organization.email_domains,"example.com, idp.example.com",file,4
    organization.second_factor,false,default,
    store.path,[DIR]/data/store.db,file,6
    store.reader_group,,default,
    mail.from,passwords@example.com,file,16
    mail.reply_to,,default,
    mail.bounce_to,,default,
    mail.transport,smtp,default,
    mail.smtp.host,127.0.0.1,file,18
    mail.smtp.port,25,default,
    mail.smtp.tls,none,file,19
    mail.smtp.ca_file,,default,
    mail.smtp.certificate_sha256,,default,
    mail.smtp.tls_name,,default,
    mail.smtp.client_certificate_file,,default,
    mail.smtp.client_key_file,,default,
    mail.smtp.helo,,default,
    mail.smtp.username,x,file,20
    mail.smtp.password_file,,default,
    mail.smtp.password_command,/bin/echo (arguments not shown),file,21
    mail.smtp.auth,auto,default,
    mail.smtp.connections,4,default,
    mail.smtp.mails_per_connection,,default,
    mail.smtp.rate,,default,
    mail.smtp.retry_for,2m,default,
    mail.sendmail.program,/usr/sbin/sendmail,default,
    mail.file.directory,,default,
    reset.link,,default,
    reset.key_file,,default,
    reset.lifetime,24h,default,
    reset.invitation_lifetime,7d,default,
    jobs.queue_lifetime,24h,default,
    jobs.unless_sent_within,15m,default,
    jobs.complain_after,1h,default,
    audit.require_reason,[],default,
    texts.directory,,default,
    password.min_length,15,default,
    password.max_length,,default,
    password.classes,[],default,
    password.history,0,default,
    password.min_score,0,default,
    password.words,[],default,
    password.blocklist_file,,default,
    password.must_change_after_set,false,default,
    password.temporary_lifetime,,default,
    password.min_age,,default,
    password.max_age,,default,
    password.prompt_timeout,5m,default,
    password.argon2.memory_kib,19456,file,10
    password.argon2.iterations,2,file,11
    password.argon2.parallelism,1,default,
    sign_in.max_failures,100,default,
    saml.email_domains,idp.example.com,file,13
    saml.contact,the identity team,file,14
    "#);
    for format in ["table", "json", "ndjson", "csv"] {
        let run = world.command("config show -o").argument(format).run().expect_status(0);
        assert!(!run.out().contains("zq7sentinel"), "{run}");
    }
    world.command("config show").uid(DAVE).run().expect_status(77);
    let copy = world.path("copy.db");
    fs::copy(world.store(), &copy).unwrap();
    let lines = |command: Command<'_>| {
        let run = command.run().expect_status(0);
        run.out()
            .lines()
            .skip(1)
            .take(3)
            .collect::<Vec<_>>()
            .join("\n")
            .replace(world.directory().to_str().unwrap(), "[DIR]")
    };
    let (flag, variable) = (world.command("config show -o csv --store"), world.command("config show -o csv"));
    assert_snapshot!(lines(flag.argument(&copy)), @"
    config,[DIR]/config/cxme-admin/config.toml,default,
    store,[DIR]/copy.db,flag,
    reset_key,[DIR]/reset.key,default,
    ");
    let variable = variable.variable("CXME_ADMIN_STORE", &copy).variable("CXME_ADMIN_CONFIG", world.config());
    assert_snapshot!(lines(variable), @"
    config,[DIR]/config/cxme-admin/config.toml,env,
    store,[DIR]/copy.db,env,
    reset_key,[DIR]/reset.key,default,
    ");
    let both =
        world.command("config show -o csv").variable("CXME_ADMIN_STORE", &copy).argument("-c").argument(world.config());
    assert_snapshot!(lines(both), @"
    config,[DIR]/config/cxme-admin/config.toml,flag,
    store,[DIR]/data/store.db,file,
    reset_key,[DIR]/data/reset.key,default,
    ");
}

#[test]
fn without_a_configuration_config_show_has_the_defaults_that_hold() {
    let world = World::empty();
    let bare =
        |line: &str| world.command(line).system(world.path("etc/config.toml"), world.path("data/cxme-admin/store.db"));
    bare("init --yes --store").argument(world.path("data/cxme-admin/store.db")).run().expect_status(0);
    fs::remove_dir_all(world.path("config")).unwrap_or_default();
    fs::remove_dir_all(world.path("etc")).unwrap_or_default();
    let shown = bare("config show -o json").run().expect_status(0);
    let rows: Vec<serde_json::Value> = serde_json::from_slice(&shown.stdout).unwrap();
    assert!(rows.iter().all(|row| row["source"] == "default"), "{shown}");
    let value = |name: &str| rows.iter().find(|row| row["name"] == name).unwrap()["value"].clone();
    assert_eq!((value("password.min_length"), value("mail.smtp.port")), ("15".into(), "587".into()));
    assert_eq!(value("config"), serde_json::Value::Null);
}

#[test]
fn without_home_the_default_paths_are_unknown_and_not_below_the_root() {
    let world = World::empty();
    let at_nothing = |line: &str| {
        let mut command = world.command(line).uid(CAROL);
        for name in ["XDG_CONFIG_HOME", "XDG_DATA_HOME", "HOME"] {
            command = command.variable(name, "");
        }
        command.run()
    };
    assert_snapshot!(at_nothing("users list"), @"
    status 78
    -- stderr
    error: neither HOME nor XDG_DATA_HOME is set to an absolute path, so the default path of the store is unknown
    hint: set HOME to an absolute path, or name the path: `--store` or CXME_ADMIN_STORE
    ");
    assert_snapshot!(at_nothing("init --yes"), @"
    status 78
    -- stderr
    error: neither HOME nor XDG_DATA_HOME is set to an absolute path, so the default path of the store is unknown
    hint: set HOME to an absolute path, or name the path: `--store` or CXME_ADMIN_STORE
    ");
    for line in ["whoami", "store check", "config show", "doctor"] {
        let run = at_nothing(line);
        assert!(run.status == 78 && run.err().contains("neither HOME nor XDG_DATA_HOME is set"), "{line}: {run}");
        assert!(!run.out().contains(".local") && !run.err().contains(".local"), "{line}: {run}");
    }
    // Relative paths are to be ignored (XDG Base Directory Specification): else the store would be in the working directory.
    for (name, value) in [("HOME", "."), ("HOME", "home"), ("XDG_DATA_HOME", "data")] {
        let mut command = world.command("users list").uid(CAROL).variable("XDG_CONFIG_HOME", "");
        for unset in ["XDG_DATA_HOME", "HOME"] {
            command = command.variable(unset, if unset == name { value } else { "" });
        }
        let run = command.run();
        assert!(run.status == 78 && run.err().contains("neither HOME nor XDG_DATA_HOME is set"), "{name}: {run}");
    }
    let store = world.path("own.db").display().to_string();
    let run = at_nothing(&format!("users list --store {store}"));
    assert!(run.err().contains("own.db: no such store"), "{run}");
}
