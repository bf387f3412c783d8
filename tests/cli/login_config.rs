//! A login needs only the store: whatever else the configuration holds, `verify-password` gives the same answer in the same time.

use std::fs;
use std::time::Duration;

use insta::assert_snapshot;
use nix::sys::resource::UsageWho;
use nix::sys::resource::getrusage;

use crate::support::GOOD;
use crate::support::OTHER;
use crate::support::World;

/// Alice has a password.
fn world() -> World {
    World::new().with_users("alice").with_password("alice", GOOD)
}

/// What every login needs: the store's place, and what a hash costs.
fn sound(world: &World) -> String {
    let argon2 = "[password.argon2]\nmemory_kib = 19456\niterations = 2\n";
    format!("[store]\npath = \"{}\"\n{argon2}[sign_in]\nmax_failures = 50\n", world.store().display())
}

/// Both answers, and nothing said about the configuration.
#[track_caller]
fn assert_answers(world: &World, what: &str) {
    let verify = |password: &str| world.command("users verify-password alice --stdin").stdin(password).run();
    assert_eq!(verify(GOOD).to_string(), "status 0", "{what}");
    assert_eq!(verify(OTHER).to_string(), "status 1", "{what}");
}

#[test]
fn no_mistake_outside_the_sections_of_a_login_stops_one() {
    let world = world();
    let sound = sound(&world);
    for broken in [
        "[mail]\nform = \"x\"\n",
        "[mail]\nfrom = 7\n",
        "[mail]\nfrom = \n",
        "[mail]\nfrom = \"passwords@example.com\n",
        "[mail]\nfrom = \"\"\"passwords@example.com\n",
        "[mail\nfrom = \"passwords@example.com\"\n",
        "[mail]]\nfrom = \"passwords@example.com\"\n",
        "[mail]\n[mail]\n",
        "[mail.smtp]\npassword_command = [\"/usr/bin/pass\",\n",
        "[mail.smtp]\npassword_command = { a = 1,\n",
        "[mail.smtp]\nhost = \"x\0y\"\n",
        "[mail.smtp]\ntls = \"none\"\nhost = \"relay.example.com\"\n",
        "<<<<<<< HEAD\n[reset]\nlifetime = \"24h\"\n=======\n>>>>>>> other\n",
        "[mial]\nfrom = \"x\"\n",
        "[reset]\nlifetime = \"9y\"\n",
        "[organization]\nname = 7\n",
        "[password]\nmin_length = 3\n",
        "[password]\nblocklist_file = \"/absent/list\"\n",
        "[password]\nblocklist_file = \"/etc/passwd\"\nclasses = [\"emoji\"]\n",
        "nonsense\n",
    ] {
        // A key that belongs to no section can only stand above all others.
        if !broken.starts_with('n') {
            world.write_config(&format!("{sound}{broken}"));
            assert_answers(&world, &format!("after: {broken}"));
        }
        world.write_config(&format!("{broken}{sound}"));
        assert_answers(&world, &format!("before: {broken}"));
    }
    fs::write(world.config(), [sound.as_bytes(), b"[mail]\nfrom = \"caf\xe9@example.com\"\n"].concat()).unwrap();
    assert_answers(&world, "not UTF-8");
}

#[test]
fn what_hashing_costs_is_not_guessed_where_it_cannot_be_read() {
    let world = world();
    let hash = || world.ask("SELECT password_hash || password_rehashes FROM users WHERE username = 'alice'");
    let before = hash();
    let store = format!("[store]\npath = \"{}\"\n", world.store().display());
    for broken in [
        "[password.argon2]\nmemory_kib = 1024\n",
        "[password.argon2]\nmemory_kib = \n",
        "[password.argon2]\nmemory_kib = 1\n",
        "[password.argon2]\niterations = 99\n",
        "[password.argon2]\niteration = 2\n",
        "[password.argon]\niterations = 2\n",
        "[pasword.argon2]\nmemory_kib = 19456\niterations = 2\n",
        "[password]\nargon2 = 5\n",
        "[password.argon2\nmemory_kib = 19456\n",
        "[sign_in]\nmax_failures = 0\n",
        "[sign_in]\nmax_failures = \"many\n",
        "[sign_in]\nmax_failure = 3\n",
    ] {
        world.write_config(&format!("{store}{broken}"));
        assert_answers(&world, broken);
        assert_eq!(hash(), before, "{broken}: no password was hashed again at a cost that nobody asked for");
        assert_eq!(world.run("users list").status, 78, "{broken}: every other command says it");
    }
}

#[test]
fn a_store_section_that_cannot_be_read_stops_logins_and_no_other_store_is_opened() {
    let world = world();
    let path = world.store().display().to_string();
    for broken in [
        format!("[store]\npath = {path}\n"),
        format!("[store]\npth = \"{path}\"\n"),
        format!("[store]\npath = \"{path}\n[mail]\nfrom = \n"),
        format!("[store\npath = \"{path}\"\n"),
        format!("store.path = \"{path}\nnonsense\n"),
        format!("[store]\npath = \"{path}\"\n<<<<<<< HEAD\n=======\n>>>>>>> other\n"),
        format!("[store]\npath = \"{path}\"\n[store]\npath = \"/other\"\n"),
        "[store]\npath = 7\n".to_owned(),
        "store = 7\n".to_owned(),
    ] {
        world.write_config(&broken);
        let run = world.command("users verify-password alice --stdin").stdin(GOOD).run();
        assert_eq!(run.status, 78, "{broken}: {run}");
    }
    fs::write(world.config(), b"[store]\npath = \"/caf\xe9\"\n").unwrap();
    let run = world.command("users verify-password alice --stdin").stdin(GOOD).run();
    assert_snapshot!(run, @"
    status 78
    -- stderr
    error: [DIR]/config/cxme-admin/config.toml: [store]: is not UTF-8: save the file as UTF-8
    ");
    world.write_config(&format!("[store]\npth = \"{path}\"\n[mail]\nfrom = 7\n"));
    let run = world.command("users verify-password alice --stdin").stdin(GOOD).run();
    assert_snapshot!(run, @"
    status 78
    -- stderr
    error: [DIR]/config/cxme-admin/config.toml:2: [store] pth: unknown key, did you mean `path`?
    ");
}

#[test]
fn a_file_that_may_name_a_store_without_a_store_section_that_can_be_read_opens_no_other_store() {
    let world = world();
    let path = world.store().display().to_string();
    let sound = sound(&world);
    let wide = |units: Vec<u16>| units.iter().flat_map(|unit| unit.to_le_bytes()).collect::<Vec<u8>>();
    let broken: [(&str, Vec<u8>); 12] = [
        ("UTF-16", wide(std::iter::once(0xfeff).chain(sound.encode_utf16()).collect())),
        ("UTF-16 without a mark", wide(sound.encode_utf16().collect())),
        ("UTF-32", sound.chars().flat_map(|c| u32::from(c).to_le_bytes()).collect()),
        (
            "compressed",
            b"\x1f\x8b\x08\x00\x95\x0e\x17i\x00\x03\x8b\x2e\x2e\xc9/J\x8d\xe5*H,\xc9P\xb0UP\xd2\xcf".to_vec(),
        ),
        ("CR", sound.replace('\n', "\r").into_bytes()),
        ("case", sound.replace("[store]", "[Store]").into_bytes()),
        ("plural", sound.replace("[store]", "[stores]").into_bytes()),
        ("no bracket", sound.replace("[store]", "store]").into_bytes()),
        ("no header", sound.replace("[store]\n", "").into_bytes()),
        ("a value", sound.replace("[store]", "xx = \"[store]").into_bytes()),
        ("a key of another section", format!("[reset]\npath = \"{path}\"\n").into_bytes()),
        ("a dotted key", format!("stor.path = \"{path}\"\n[mail]\nfrom = \n").into_bytes()),
    ];
    for (what, bytes) in broken {
        fs::write(world.config(), bytes).unwrap();
        let run = world.command("users verify-password alice --stdin").stdin(GOOD).run();
        assert_eq!(run.status, 78, "{what}: {run}");
    }
    // What names no store is no reason to refuse a login at the usual one.
    for harmless in [
        "[organization]\nname = \"The [store] with a path\"\n",
        "[organization]\nname = \"\"\"\\\npath = x\"\"\"\n",
        "# [stores]\n[mail]\nfrom = \n",
        "[mail]\nfrom = \"caf\u{e9}\n",
    ] {
        world.write_config(harmless);
        assert_answers(&world, harmless);
    }
}

/// The time that this thread computed.
fn computed(run: impl FnOnce()) -> Duration {
    let now = || {
        let usage = getrusage(UsageWho::RUSAGE_THREAD).unwrap();
        let time = usage.user_time() + usage.system_time();
        Duration::new(time.tv_sec().unsigned_abs(), u32::try_from(time.tv_usec()).unwrap() * 1_000)
    };
    let before = now();
    run();
    now() - before
}

#[test]
fn a_list_of_a_million_passwords_slows_no_login() {
    let world = world();
    let list: String = (0..1_000_000).map(|number| format!("password-{number}\n")).collect();
    let list = world.file_with_mode("list.txt", list, 0o644);
    let without = sound(&world);
    let with = format!("{without}[password]\nblocklist_file = \"{}\"\n", list.display());
    let best = |config: &str| {
        world.write_config(config);
        (0..5).map(|_| computed(|| assert!(world.accepts("alice", GOOD)))).min().unwrap()
    };
    let (without, with) = (best(&without), best(&with));
    assert!(with < without * 3 / 2, "{with:?} with a list, {without:?} without");
}

#[test]
fn what_needs_the_policy_still_fails_without_its_list_and_what_does_not_works() {
    let world = world();
    world.configure("blocklist_file = \"/absent/list\"");
    world.run("users list").expect_status(0);
    world.run("users lock alice").expect_status(0);
    world.run("users unlock alice").expect_status(0);
    assert_snapshot!(world.command("users set-password alice --stdin").stdin(OTHER).run(), @"
    status 78
    -- stderr
    error: /absent/list: no such file: create it, or correct the path
    ");
    for command in ["policy show", "users show alice", "users change-password alice --stdin"] {
        let run = world.command(command).stdin(format!("{GOOD}\n{OTHER}\n")).run();
        assert_eq!(run.status, 78, "{command}: {run}");
    }
    world.run("users list --policy-outdated").expect_status(78);
    assert!(world.accepts("alice", GOOD));
}

/// The login would be answered from another store, with another password.
#[test]
fn a_key_that_may_name_the_store_outside_its_section_stops_logins_and_a_mistake_elsewhere_does_not() {
    let world = world();
    for named in [
        "store_path = \"/srv/other.db\"\n",
        "store-path = \"/srv/other\"\n",
        "storage = \"/srv/other\"\n",
        "path = \"/srv/other\"\n",
        "db = \"other\"\n",
        "database = \"/srv/other\"\n",
        "location = \"/srv/other\"\n",
        "file = \"./other\"\n",
        "[stores]\npath = \"/srv/other\"\n",
        "[database]\nfile = \"/srv/other\"\n",
        "[sqlite]\nfile = \"/srv/other\"\n",
        "[data]\nfile = \"/srv/other.db\"\n",
        "[organization]\nstore_path = \"/srv/other\"\n",
        "store_path = \"/srv/other\"\n[store]\nreader_group = \"dovecot\"\n",
        "[store]\n[reset]\npath = \"/srv/other\"\n",
    ] {
        for broken in ["", "[mail]\nfrom = \n"] {
            world.write_config(&format!("{named}{broken}"));
            let run = world.command("users verify-password alice --stdin").stdin(GOOD).run();
            assert_eq!(run.status, 78, "{named}{broken}: {run}");
            assert!(run.err().contains("[store]"), "{named}{broken}: {run}");
        }
    }
    world.write_config("store_path = \"/srv/other.db\"\n");
    assert_snapshot!(world.command("users verify-password alice --stdin").stdin(GOOD).run(), @"
    status 78
    -- stderr
    error: [DIR]/config/cxme-admin/config.toml:1: may be meant for [store], and is not in it: move it there as `path`, or remove it
    ");
    for harmless in [
        "[password]\nmin_score = 3\n",
        "[password]\nmin_score = 3\n[mail]\nfrom = \n",
        include_str!("../../config.example.toml"),
        "from = \"passwords@example.com\"\n",
        "link = \"https://reset.example.com/#{code}\"\n",
        "blocklist_file = \"/etc/list\"\n",
        "[mail]\nform = \"/srv/x\"\n",
        "[mail.smtp]\npasword_file = \"/etc/relay\"\n",
        "[mail.file]\ndirectry = \"/var/mails\"\n",
        "[reset]\nkey_fiel = \"/etc/reset.key\"\n",
        "[store]\n[mail]\nform = \"/srv/x\"\n",
    ] {
        world.write_config(harmless);
        assert_answers(&world, harmless);
    }
}
