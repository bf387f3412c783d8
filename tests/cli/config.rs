//! Files that are not as they must be: the configuration and the store.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;

use cxme_admin::store::schema::VERSION;
use insta::assert_snapshot;
use sha2::Digest as _;

use crate::support::World;

fn digest(path: &Path) -> Vec<u8> {
    sha2::Sha256::digest(fs::read(path).unwrap()).to_vec()
}

#[test]
fn five_mistakes_are_told_at_once() {
    let world = World::new();
    world.write_config(
        "[organization]\nname = 7\nnick = \"x\"\n[password]\nmin_length = 3\nclasses = [\"emoji\"]\n\
         [password.argon2]\nmemory_kib = 1024\n[mial]\nfrom = \"x\"\n",
    );
    assert_snapshot!(world.run("users list"), @r#"
    status 78
    -- stderr
    error: the configuration has 6 problems
      - [DIR]/config/cxme-admin/config.toml:2: [organization] name: expected text in quotes, found 7
      - [DIR]/config/cxme-admin/config.toml:3: [organization] nick: unknown key, the keys here are name, help_contact, time_zone, email_domains, second_factor
      - [DIR]/config/cxme-admin/config.toml:5: [password] min_length: expected a whole number from 15 to 128 (NIST SP 800-63B-4 section 3.1.1 asks for 15, or 8 with `[organization] second_factor`), found 3
      - [DIR]/config/cxme-admin/config.toml:6: [password] classes: expected one of lower, upper, digit, symbol, found "emoji"
      - [DIR]/config/cxme-admin/config.toml:8: [password.argon2] memory_kib: expected a whole number from 19456 to 1048576 (OWASP asks for 19456 with 2 iterations), found 1024
      - [DIR]/config/cxme-admin/config.toml:9: [mial]: unknown section, did you mean [mail]?
    "#);
}

#[test]
fn a_configuration_that_others_may_write_or_that_is_no_toml_is_refused() {
    let world = World::new();
    fs::set_permissions(world.config(), fs::Permissions::from_mode(0o666)).unwrap();
    assert_snapshot!(world.run("users list"), @"
    status 78
    -- stderr
    error: [DIR]/config/cxme-admin/config.toml: is world-writable (0666): use a file that only its owner may write to
    ");
    world.write_config("[organization\n");
    assert_eq!(world.run("users list").status, 78);
    fs::write(world.config(), b"name = \"\xff\"\n").unwrap();
    assert_snapshot!(world.run("users list"), @"
    status 78
    -- stderr
    error: [DIR]/config/cxme-admin/config.toml:1: is not UTF-8: save the file as UTF-8
    ");
}

#[test]
fn a_file_that_is_no_store_of_ours_is_refused_and_untouched() {
    let world = World::new();
    let text = world.file("text.db", "This is a text file, and a rather long one.\n".repeat(40));
    let foreign = world.file("foreign.db", "");
    rusqlite::Connection::open(&foreign)
        .unwrap()
        .execute_batch("PRAGMA application_id = 7; CREATE TABLE t (x)")
        .unwrap();
    let empty = world.file("empty.db", "");
    let newer = world.path("newer.db");
    fs::copy(world.store(), &newer).unwrap();
    rusqlite::Connection::open(&newer).unwrap().execute_batch("PRAGMA user_version = 999").unwrap();
    let loose = world.path("loose.db");
    fs::copy(world.store(), &loose).unwrap();
    fs::set_permissions(&loose, fs::Permissions::from_mode(0o666)).unwrap();
    for file in [&text, &foreign, &empty, &newer, &loose] {
        let before = digest(file);
        for command in ["users list", "users add x@example.com", "store migrate", "store check", "init --yes"] {
            let run = world.command(command).argument("--store").argument(file).run();
            assert_eq!(run.status, 78, "{} {command}: {run}", file.display());
        }
        assert_eq!(digest(file), before, "{}", file.display());
        for companion in ["-wal", "-shm", "-journal"] {
            let path = format!("{}{companion}", file.display());
            assert!(!Path::new(&path).exists(), "{path}");
        }
    }
    let list = |file: &Path| world.command("users list --store").argument(file).run();
    assert_snapshot!(list(&text), @"
    status 78
    -- stderr
    error: [DIR]/text.db: not a cxme-admin store
    hint: it was left as it is; if it is your store, it is damaged: cxme-admin --store [DIR]/text.db store check; otherwise name another one with `--store` or `[store] path`
    ");
    assert_snapshot!(list(&foreign), @"
    status 78
    -- stderr
    error: [DIR]/foreign.db: not a cxme-admin store
    hint: it was left as it is; if it is your store, it is damaged: cxme-admin --store [DIR]/foreign.db store check; otherwise name another one with `--store` or `[store] path`
    ");
    assert_snapshot!(list(&newer).to_string().replace(&format!("knows {VERSION}"), "knows [CURRENT]"), @"
    status 78
    -- stderr
    error: [DIR]/newer.db: the store has schema version 999, this program knows [CURRENT]
    hint: install the newer cxme-admin
    ");
    assert_snapshot!(list(&loose), @"
    status 78
    -- stderr
    error: [DIR]/loose.db: is world-readable and world-writable (0666): run `chmod 600 [DIR]/loose.db`
    ");
    assert_snapshot!(list(&world.path("absent.db")), @"
    status 78
    -- stderr
    error: [DIR]/absent.db: no such store (set by `--store`)
    hint: create it: cxme-admin --store [DIR]/absent.db init
    ");
    assert_snapshot!(list(world.directory()), @"
    status 78
    -- stderr
    error: [DIR]: is a folder: give the path of a file
    ");
}

/// It would be taken for a file that is missing, and `init` would create that.
#[test]
fn a_store_at_a_url_is_refused_and_nothing_is_created() {
    let url = "postgresql://cxme:secret-word@db.example/cxme";
    let world = World::new();
    assert_snapshot!(world.run(&format!("--store {url} init --yes")), @"
    status 78
    -- stderr
    error: --store: a store at a URL (`postgresql:`) is not supported by this build: give the path of a file
    ");
    let config = world.file("url.toml", format!("[store]\npath = \"{url}\"\n"));
    let run = world.command("users list --config").argument(config).run();
    assert_eq!(run.status, 78, "{run}");
    let words =
        "[store] path: a store at a URL (`postgresql:`) is not supported by this build: give the path of a file";
    let shown = run.to_string();
    assert!(shown.contains(words) && !shown.contains("secret-word"), "{shown}");
    assert!(!world.path("postgresql:").exists());
}

#[test]
fn a_store_in_a_folder_that_everybody_may_write_is_refused() {
    let world = World::new();
    let open = world.path("open");
    fs::create_dir(&open).unwrap();
    fs::copy(world.store(), open.join("store.db")).unwrap();
    fs::set_permissions(open.join("store.db"), fs::Permissions::from_mode(0o600)).unwrap();
    fs::set_permissions(&open, fs::Permissions::from_mode(0o777)).unwrap();
    assert_snapshot!(world.command("users list --store").argument(open.join("store.db")).run(), @"
    status 78
    -- stderr
    error: [DIR]/open/store.db: its directory [DIR]/open is world-writable (0777): use a directory that only its owner may write in
    ");
}
