//! What is said of files of another account: who that is may be an attacker, so only a store in its owner's own directory is
//! worth a word on how to act as that owner.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::os::unix::fs::chown;
use std::path::Path;

use cxme_admin::process::fs_credentials::FsCredentials;
use insta::assert_snapshot;

use crate::support::CAROL;
use crate::support::DAVE;
use crate::support::GOOD;
use crate::support::MALLORY;
use crate::support::World;
use crate::support::me;

/// A world whose folder others may pass through, so that their rights can be tried.
fn open(world: World) -> World {
    fs::set_permissions(world.folder(), fs::Permissions::from_mode(0o711)).unwrap();
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
    let rights = FsCredentials::take(CAROL, CAROL).unwrap();
    assert_snapshot!(list().uid(CAROL).run(), @"
    status 78
    -- stderr
    error: [DIR]/data/store.db: cannot be opened: Permission denied (os error 13)
    hint: run this as the account that owns it: sudo -u dave cxme-admin …
    ");
    drop(rights);
    // Not so where somebody else owns the directory.
    fs::set_permissions(world.path("data"), fs::Permissions::from_mode(0o755)).unwrap();
    give(&world.path("data"), MALLORY);
    let rights = FsCredentials::take(CAROL, CAROL).unwrap();
    let run = list().uid(CAROL).run().expect_status(78);
    assert!(!run.err().contains("sudo"), "{run}");
    drop(rights);
    give(&world.path("data"), 0);
    let rights = FsCredentials::take(CAROL, CAROL).unwrap();
    let run = list().uid(CAROL).run().expect_status(78);
    assert!(!run.err().contains("sudo"), "{run}");
    drop(rights);
}

#[test]
fn a_configuration_that_the_service_account_may_not_read_is_said_to_be_that() {
    if me() != 0 {
        return;
    }
    let world = open(World::new());
    world.write_config("zq7sentinel = 1\n");
    let say = || {
        let _rights = FsCredentials::take(DAVE, DAVE).unwrap();
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
