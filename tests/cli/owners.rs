//! What is said of files of another account: who that is may be an attacker, so only a store in its owner's own directory is
//! worth a word on how to act as that owner.

use std::fs;
use std::os::unix::fs::MetadataExt as _;
use std::os::unix::fs::PermissionsExt as _;
use std::os::unix::fs::chown;
use std::path::Path;

use insta::assert_snapshot;

use crate::support::AsAccount;
use crate::support::CAROL;
use crate::support::DAVE;
use crate::support::GOOD;
use crate::support::MALLORY;
use crate::support::World;
use crate::support::me;

/// A world whose directory others may pass through, so that their rights can be tried.
fn open(world: World) -> World {
    fs::set_permissions(world.directory(), fs::Permissions::from_mode(0o711)).unwrap();
    world
}

fn give(path: &Path, uid: u32) {
    chown(path, Some(uid), Some(uid)).unwrap();
}

#[test]
fn nobody_is_told_to_act_as_the_owner_of_a_file_that_was_planted() {
    if me() != 0 {
        return;
    }
    let world = open(World::with_mail().with_users("alice"));
    let copy = world.path("copy.db");
    world.command("store backup").argument(&copy).run().expect_status(0);
    let planted = |path: &Path, command: &str| {
        give(path, MALLORY);
        let run = world.command(command).stdin(GOOD).run();
        assert!(run.err().contains("uid 61003"), "{command}: {run}");
        assert!(!run.to_string().contains("sudo"), "{command}: {run}");
        give(path, 0);
    };
    let at = |command: &str, path: &Path| format!("{command} '{}'", path.display());
    for suffix in ["-wal", "-shm", "-journal"] {
        let companion = world.file(&format!("data/store.db{suffix}"), "");
        planted(&companion, "users list");
        fs::remove_file(companion).unwrap();
    }
    planted(&copy, &at("store restore --yes", &copy));
    let password = world.file("password", GOOD);
    planted(&password, &at("users set-password alice --password-file", &password));
    planted(&world.config(), "users list");
    planted(world.config().parent().unwrap(), "users list");
    planted(&world.path("data/reset.key"), "users send-reset alice");
    let config = fs::read_to_string(world.config()).unwrap();
    let list = world.file("blocklist", "12345678\n");
    world.write_config(
        &config.replace("[password]\n", &format!("[password]\nblocklist_file = \"{}\"\n", list.display())),
    );
    planted(&list, "policy check --stdin");
    let program = world.file_with_mode("sendmail", "#!/bin/sh\n", 0o755);
    let mail = format!("[mail.sendmail]\nprogram = \"{}\"\n[mail.file]\n", program.display());
    world.write_config(&config.replace("\"file\"\n[mail.file]\n", &format!("\"sendmail\"\n{mail}")));
    planted(&program, "mail test admin@example.net");
    fs::create_dir_all(world.path("texts/de")).unwrap();
    let texts = world.path("texts");
    world.write_config(&format!("{config}[texts]\ndirectory = \"{}\"\n", texts.display()));
    for (name, text) in [("texts/en.toml", ""), ("texts/de/reset.txt", "{{ link }} {{ note | join }}\n")] {
        let path = world.file(name, text);
        planted(&path, "mail test admin@example.net");
        planted(path.parent().unwrap(), "mail preview reset");
    }
    world.run("mail preview reset").expect_status(0);
}

#[test]
fn a_store_in_its_owners_own_directory_is_used_as_that_owner() {
    if me() != 0 {
        return;
    }
    let world = open(World::new());
    for path in ["data", "data/store.db", "data/reset.key"] {
        give(&world.path(path), DAVE);
    }
    let list = || world.command("users list --store").argument(world.store());
    // root may use it as it is.
    list().run().expect_status(0);
    for path in ["data/store.db-wal", "data/store.db-shm"] {
        let _ = fs::remove_file(world.path(path));
    }
    let as_carol = || {
        let _carol = AsAccount::new(CAROL);
        list().uid(CAROL).run()
    };
    assert_snapshot!(as_carol(), @"
    status 78
    -- stderr
    error: [DIR]/data/store.db: cannot be opened: Permission denied (os error 13)
    hint: run this as the account that owns it: sudo -u dave cxme-admin …
    ");
    // Not so where somebody else owns the directory.
    fs::set_permissions(world.path("data"), fs::Permissions::from_mode(0o755)).unwrap();
    give(&world.path("data"), MALLORY);
    let run = as_carol().expect_status(78);
    assert!(!run.err().contains("sudo"), "{run}");
    give(&world.path("data"), 0);
    let run = as_carol().expect_status(78);
    assert!(!run.err().contains("sudo"), "{run}");
}

#[test]
fn a_configuration_that_the_service_account_may_not_read_is_said_to_be_that() {
    if me() != 0 {
        return;
    }
    let world = open(World::new());
    world.write_config("zq7sentinel = 1\n");
    let say = || {
        let _rights = AsAccount::new(DAVE);
        world.command("users list").uid(DAVE).sudo_by(CAROL).run().to_string()
    };
    fs::set_permissions(world.config(), fs::Permissions::from_mode(0o600)).unwrap();
    assert_snapshot!(say(), @"
    status 78
    -- stderr
    error: [DIR]/config/cxme-admin/config.toml: the account dave may not read it
    ");
    fs::set_permissions(world.config(), fs::Permissions::from_mode(0o644)).unwrap();
    fs::set_permissions(world.config().parent().unwrap(), fs::Permissions::from_mode(0o700)).unwrap();
    assert_snapshot!(say(), @"
    status 78
    -- stderr
    error: [DIR]/config/cxme-admin/config.toml: the account dave may not read it
    ");
    fs::set_permissions(world.config().parent().unwrap(), fs::Permissions::from_mode(0o755)).unwrap();
    assert_snapshot!(say(), @"
    status 78
    -- stderr
    error: [DIR]/config/cxme-admin/config.toml: not a usable configuration; root sees why: sudo env -u SUDO_UID cxme-admin policy show
    ");
}

#[test]
fn a_program_and_a_certificate_are_refused_where_another_account_could_exchange_the_way_to_them() {
    if me() != 0 {
        return;
    }
    let world = open(World::with_mail().with_users("alice"));
    let config = fs::read_to_string(world.config()).unwrap();
    let (state, bin) = (world.path("state"), world.path("state/bin"));
    fs::create_dir_all(&bin).unwrap();
    for name in ["state/bin/sm", "state/bin/ca.pem"] {
        world.file_with_mode(name, "#!/bin/sh\necho secret\n", 0o755);
    }
    let with = |transport: &str, path: &Path| {
        let section = match transport {
            "sendmail" => format!("[mail.sendmail]\nprogram = \"{}\"\n[mail.file]\n", path.display()),
            "password_command" => format!(
                "[mail.smtp]\nhost = \"127.0.0.1\"\ntls = \"none\"\nusername = \"x\"\n\
                 password_command = [\"{}\"]\n[mail.file]\n",
                path.display()
            ),
            _ => format!("[mail.smtp]\nhost = \"127.0.0.1\"\nca_file = \"{}\"\n[mail.file]\n", path.display()),
        };
        let name = if transport == "sendmail" { "sendmail" } else { "smtp" };
        world.write_config(&config.replace("\"file\"\n[mail.file]\n", &format!("\"{name}\"\n{section}")));
        world.run("mail test admin@example.net").expect_status(78).err()
    };
    for (transport, name) in [("sendmail", "bin/sm"), ("password_command", "bin/sm"), ("ca_file", "bin/ca.pem")] {
        // The directory is root's, the one above it the service account's, who could put another in its place.
        give(&state, DAVE);
        let said = with(transport, &state.join(name));
        let words = format!("the directory {}, which leads to it, is owned by uid {DAVE}", state.display());
        assert!(said.contains(&words), "{transport}: {said}");
        // A link of theirs in the middle of the path.
        give(&state, 0);
        let link = world.path("link");
        std::os::unix::fs::symlink(&state, &link).unwrap();
        std::os::unix::fs::lchown(&link, Some(DAVE), Some(DAVE)).unwrap();
        let said = with(transport, &link.join(name));
        assert!(said.contains(&format!("{}: owned by uid {DAVE}, not by root", link.display())), "{transport}: {said}");
        fs::remove_file(&link).unwrap();
    }
}

/// A world whose store, key and configured mail directory are below the directory `data` of dave, the service account.
fn of_dave() -> World {
    let world = open(World::with_mail().with_users("alice,bob").with_operator(DAVE, "Admin"));
    let config = fs::read_to_string(world.config()).unwrap();
    world.write_config(&config.replace(
        &format!("directory = \"{}\"", world.path("mail").display()),
        &format!("directory = \"{}\"", world.path("data/mails").display()),
    ));
    assert!(fs::read_to_string(world.config()).unwrap().contains("data/mails"));
    for path in ["data", "data/store.db", "data/reset.key"] {
        give(&world.path(path), DAVE);
    }
    for companion in ["data/store.db-wal", "data/store.db-shm"] {
        let _ = fs::remove_file(world.path(companion));
    }
    fs::create_dir(world.path("target")).unwrap();
    world
}

/// All files below a directory with their owners, by name.
fn owners_below(directory: &Path) -> Vec<(String, u32)> {
    let mut found: Vec<(String, u32)> = fs::read_dir(directory)
        .unwrap()
        .map(|entry| entry.unwrap())
        .map(|entry| (entry.file_name().into_string().unwrap(), entry.metadata().unwrap().uid()))
        .collect();
    found.sort();
    found
}

#[test]
fn root_and_the_service_account_deliver_into_the_same_directory_of_mails() {
    if me() != 0 {
        return;
    }
    let world = of_dave();
    // root comes first, and creates the directory for the account.
    world.run("users send-reset alice").expect_status(0);
    let as_dave = || {
        let _rights = AsAccount::new(DAVE);
        world.command("users send-reset bob").uid(DAVE).run().expect_status(0);
    };
    as_dave();
    world.wait(90_000);
    world.run("users send-reset alice").expect_status(0);
    let mails = owners_below(&world.path("data/mails"));
    assert!(mails.len() == 3 && mails.iter().all(|(_, uid)| *uid == DAVE), "{mails:?}");
    assert!(owners_below(&world.path("data")).iter().all(|(_, uid)| *uid == DAVE));
    // In a directory of root's, root creates it and gives it to the account.
    let config = fs::read_to_string(world.config()).unwrap();
    let (old, new) = (world.path("data/mails"), world.path("spool/mails"));
    world.write_config(&config.replace(&*old.to_string_lossy(), &new.to_string_lossy()));
    world.wait(90_000);
    world.run("users send-reset alice").expect_status(0);
    as_dave();
    let mails = owners_below(&new);
    assert!(mails.len() == 2 && mails.iter().all(|(_, uid)| *uid == DAVE), "{mails:?}");
    assert_eq!(world.path("spool").metadata().unwrap().uid(), 0);
    // One that root keeps for itself stays its own.
    fs::remove_dir_all(&new).unwrap();
    fs::create_dir(&new).unwrap();
    world.wait(90_000);
    world.run("users send-reset alice").expect_status(0);
    let mails = owners_below(&new);
    assert!(mails.len() == 1 && mails.iter().all(|(_, uid)| *uid == 0), "{mails:?}");
}

#[test]
fn a_link_in_place_of_the_directory_of_mails_leads_root_nowhere() {
    if me() != 0 {
        return;
    }
    let world = of_dave();
    for (link, target) in [("data/mails", "target"), ("data/mails", "data/elsewhere"), ("data/mails", "target/new")] {
        let link = world.path(link);
        std::os::unix::fs::symlink(world.path(target), &link).unwrap();
        std::os::unix::fs::lchown(&link, Some(DAVE), Some(DAVE)).unwrap();
        let run = world.run("users send-reset alice").expect_status(78);
        assert!(run.err().contains(&*link.to_string_lossy()), "{run}");
        assert_eq!(owners_below(&world.path("target")), []);
        fs::remove_file(&link).unwrap();
    }
}

#[test]
fn root_works_on_the_store_of_another_account_with_no_more_rights_than_that_account_has() {
    if me() != 0 {
        return;
    }
    let world = of_dave();
    let data = world.path("data");
    world.run("users lock bob").expect_status(0);
    world.run("users send-reset alice").expect_status(0);
    assert!(owners_below(&data).iter().all(|(_, uid)| *uid == DAVE), "{:?}", owners_below(&data));
    // Where that account may create nothing, root creates nothing for it either: what seems to be its directory may be another's.
    for companion in ["data/store.db-wal", "data/store.db-shm"] {
        let _ = fs::remove_file(world.path(companion));
    }
    fs::set_permissions(&data, fs::Permissions::from_mode(0o500)).unwrap();
    let names = owners_below(&data);
    let run = world.run("users lock alice");
    assert_ne!(run.status, 0, "{run}");
    assert_eq!(owners_below(&data), names);
    fs::set_permissions(&data, fs::Permissions::from_mode(0o700)).unwrap();
    world.run("users lock alice").expect_status(0);
}

#[test]
fn what_root_names_besides_the_store_of_another_account_is_read_and_written_as_root() {
    if me() != 0 {
        return;
    }
    let world = of_dave();
    let private = world.path("private");
    fs::create_dir(&private).unwrap();
    fs::set_permissions(&private, fs::Permissions::from_mode(0o700)).unwrap();
    let at = |name: &str| private.join(name);
    let list = world.file("private/list", "bob\n");
    let run = |command: &str, path: &Path| world.command(command).argument(path).run().expect_status(0);
    run("users list --from", &list);
    run("users export --to", &at("users.csv"));
    run("store backup", &at("copy.db"));
    let beside = world.path("data/copy.db");
    run("store backup", &beside);
    let password = world.file("private/password", GOOD);
    run("users set-password alice --no-notify --password-file", &password);
    run("store restore --yes", &at("copy.db"));
    run("store restore --yes", &beside);
    let private = owners_below(&private);
    assert!(private.len() == 4 && private.iter().all(|(_, uid)| *uid == 0), "{private:?}");
    let data = owners_below(&world.path("data"));
    let foreign: Vec<_> = data.iter().filter(|(_, uid)| *uid != DAVE).collect();
    assert_eq!(foreign, [&("copy.db".to_owned(), 0)], "{data:?}");
    assert_eq!(data.iter().filter(|(name, _)| name.contains(".replaced-")).count(), 2, "{data:?}");
    world.run("store check").expect_status(0);
    assert!(!world.accepts("alice", GOOD));
}

#[test]
fn what_the_configuration_of_root_names_is_found_and_read_as_root() {
    if me() != 0 {
        return;
    }
    let world = of_dave();
    let texts = world.path("texts");
    fs::create_dir(&texts).unwrap();
    fs::write(texts.join("en.toml"), "").unwrap();
    fs::set_permissions(&texts, fs::Permissions::from_mode(0o700)).unwrap();
    let config = fs::read_to_string(world.config()).unwrap();
    world.write_config(&format!("{config}\n[texts]\ndirectory = \"{}\"\n", texts.display()));
    world.run("mail preview reset").expect_status(0);
    // A home of root's own, without a configuration, as /root is; the machine's own configuration is read.
    let config = fs::read_to_string(world.config()).unwrap();
    fs::create_dir(world.path("etc")).unwrap();
    let system = world.file_with_mode("etc/config.toml", config, 0o644);
    let home = world.path("home");
    fs::create_dir(&home).unwrap();
    fs::set_permissions(&home, fs::Permissions::from_mode(0o700)).unwrap();
    let run = |command: &str| {
        let command = world.command(command).variable("XDG_CONFIG_HOME", "").variable("HOME", &home);
        command.system(system.clone(), world.path("no.db")).run()
    };
    let shown = run("config show -o csv").expect_status(0);
    assert!(shown.out().contains("etc/config.toml"), "{shown}");
    let who = run("whoami").expect_status(0);
    assert!(who.out().contains("etc/config.toml"), "{who}");
}
