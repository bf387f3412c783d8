//! Advice that would harm: no command tells anyone to change the mode or the owner of a file that is not ours.

use std::fs;
use std::os::unix::fs::MetadataExt as _;
use std::os::unix::fs::PermissionsExt as _;
use std::os::unix::fs::chown;
use std::os::unix::fs::symlink;
use std::os::unix::net::UnixListener;
use std::path::Path;
use std::path::PathBuf;

use insta::assert_snapshot;

use crate::support::GOOD;
use crate::support::MALLORY;
use crate::support::World;

/// Twelve files that are not ours, of the machine and of other people.
fn foreign(world: &World) -> Vec<PathBuf> {
    let mode = |path: &Path, mode| fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
    let home = world.path("home");
    fs::create_dir_all(&home).unwrap();
    let profile = home.join("profile");
    fs::write(&profile, "export EDITOR=ed\n").unwrap();
    mode(&profile, 0o644);
    let shared = world.path("shared");
    fs::create_dir(&shared).unwrap();
    mode(&shared, 0o1777);
    let note = shared.join("note");
    fs::write(&note, "a note\n").unwrap();
    mode(&note, 0o666);
    let database = world.file_with_mode("contacts.db", "", 0o600);
    rusqlite::Connection::open(&database).unwrap().execute_batch("CREATE TABLE contact (name)").unwrap();
    mode(&database, 0o644);
    let link = world.path("link");
    symlink("/etc/passwd", &link).unwrap();
    let two_names = world.file_with_mode("one", "one file\n", 0o644);
    fs::hard_link(&two_names, world.path("two")).unwrap();
    let pipe = world.path("pipe");
    nix::unistd::mkfifo(&pipe, nix::sys::stat::Mode::from_bits_truncate(0o644)).unwrap();
    let socket = world.path("socket");
    drop(UnixListener::bind(&socket).unwrap());
    if nix::unistd::geteuid().is_root() {
        for path in [&home, &profile] {
            chown(path, Some(MALLORY), None).unwrap();
        }
    }
    let machine = ["/etc/passwd", "/etc/shadow", "/etc", "/dev/null"].map(PathBuf::from);
    machine.into_iter().chain([home, profile, note, database, link, two_names, pipe, socket]).collect()
}

#[test]
fn no_remedy_names_a_file_that_is_not_ours() {
    let world = World::new().with_users("alice");
    let foreign = foreign(&world);
    assert_eq!(foreign.len(), 12);
    let of = |path: &Path| {
        let found = path.symlink_metadata().unwrap();
        let owner = (found.mode(), found.uid(), found.gid());
        // Other programs may add accounts meanwhile.
        let content = path.starts_with(world.directory()).then(|| (found.len(), found.mtime(), found.mtime_nsec()));
        (owner, content)
    };
    let before: Vec<_> = foreign.iter().map(|path| of(path)).collect();
    for path in &foreign {
        for command in [
            "store restore --yes",
            "store restore --dry-run",
            "store backup",
            "store check --store",
            "users list --store",
            "init --yes --store",
            "users list -c",
            "store check -c",
            "users set-password alice --password-file",
            "users set-password --batch",
            "users import --dry-run",
            "users list --from",
            "users send-reset --dry-run --from",
            "users export --to",
        ] {
            // What is neither a secret nor opened by SQLite may be a pipe, and would be waited for.
            let is_pipe = path.ends_with("pipe");
            if is_pipe && ["--from", "import", "--batch"].iter().any(|word| command.contains(word)) {
                continue;
            }
            let run = world.command(command).argument(path).run();
            let said = run.to_string();
            for word in ["chmod", "chown", "chgrp", "this is a bug"] {
                assert!(!said.contains(word), "{command} {}: {said}", path.display());
            }
        }
    }
    let after: Vec<_> = foreign.iter().map(|path| of(path)).collect();
    assert_eq!(after, before);
}

#[test]
fn the_mode_of_our_own_files_is_told_with_the_command_and_that_of_others_in_words() {
    let world = World::new();
    let copy = world.path("copy.db");
    world.command("store backup").argument(&copy).run().expect_status(0);
    fs::set_permissions(&copy, fs::Permissions::from_mode(0o644)).unwrap();
    let restore = |path: &Path| world.command("store restore --yes").argument(path).run();
    assert_snapshot!(restore(&copy), @"
    status 78
    -- stderr
    error: [DIR]/copy.db: is world-readable (0644): run `chmod 600 [DIR]/copy.db`
    ");
    assert_snapshot!(restore(&world.file_with_mode("passwd", "root:x:0:0::/root:/bin/sh\n", 0o644)), @"
    status 78
    -- stderr
    error: [DIR]/passwd: not a cxme-admin store
    hint: it was left as it is; give a file that `store backup` created
    ");
    let shared = world.path("shared");
    fs::create_dir(&shared).unwrap();
    fs::set_permissions(&shared, fs::Permissions::from_mode(0o777)).unwrap();
    fs::rename(&copy, shared.join("copy.db")).unwrap();
    assert_snapshot!(restore(&shared.join("copy.db")), @"
    status 78
    -- stderr
    error: [DIR]/shared/copy.db: its directory [DIR]/shared is world-writable (0777): use a directory that only its owner may write in
    ");
}

#[test]
fn a_program_or_certificate_that_others_could_exchange_is_refused_as_configuration() {
    let world = World::with_mail().with_users("alice");
    let directory = world.path("outside");
    fs::create_dir(&directory).unwrap();
    let file = directory.join("file");
    fs::copy("/bin/true", &file).unwrap();
    let mode = |path: &Path, mode| fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
    let named = file.display();
    let smtp = "host = \"relay.example.com\"\nport = 465\ntls = \"implicit\"\n";
    let mail = "[mail]\nfrom = \"passwords@example.com\"\n";
    let settings = [
        format!("{mail}transport = \"sendmail\"\n[mail.sendmail]\nprogram = \"{named}\"\n"),
        format!("{mail}[mail.smtp]\n{smtp}ca_file = \"{named}\"\n"),
        format!("{mail}[mail.smtp]\n{smtp}username = \"u\"\npassword_command = [\"{named}\"]\n"),
        format!("[password]\nblocklist_file = \"{named}\"\n"),
    ];
    for setting in settings {
        world.configure("");
        let store = format!("[store]\npath = \"{}\"\n", world.store().display());
        world.write_config(&format!("{store}{setting}"));
        let command =
            if setting.contains("blocklist") { "policy check --stdin" } else { "mail test admin@example.net" };
        let refused = |what: &str| {
            let run = world.command(command).stdin(GOOD).run();
            assert_eq!(run.status, 78, "{what} {setting}: {run}");
            assert!(run.err().contains(&format!("{named}: ")), "{what} {setting}: {run}");
            assert!(
                ["may write", "refused because"].iter().any(|words| run.err().contains(words)),
                "{what} {setting}: {run}"
            );
        };
        mode(&directory, 0o755);
        for loose in [0o777, 0o775, 0o757] {
            mode(&file, loose);
            refused("a loose file");
        }
        mode(&file, 0o755);
        mode(&directory, 0o777);
        refused("a loose directory");
        mode(&directory, 0o755);
        if nix::unistd::geteuid().is_root() {
            chown(&file, Some(MALLORY), None).unwrap();
            refused("another owner");
            chown(&file, Some(0), None).unwrap();
            chown(&directory, Some(MALLORY), None).unwrap();
            refused("a directory of another owner");
            chown(&directory, Some(0), None).unwrap();
        }
        let run = world.command(command).stdin(GOOD).run();
        assert!(!["may write", "refused because"].iter().any(|words| run.err().contains(words)), "{setting}: {run}");
    }
}

/// The `-wal` may hold committed changes: operators who are told nothing better remove it.
#[test]
fn companions_left_by_a_reader_group_are_to_be_closed_and_not_removed() {
    let world = World::new().with_users("alice");
    let open = rusqlite::Connection::open(world.store()).unwrap();
    open.query_row("SELECT count(*) FROM events", [], |_| Ok(())).unwrap();
    let companion = |suffix: &str| PathBuf::from(format!("{}{suffix}", world.store().display()));
    let mode = |path: &Path, mode| fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
    for suffix in ["-wal", "-shm"] {
        mode(&companion(suffix), 0o640);
        let run = world.run("users list");
        let words = format!("run `chmod 600 [DIR]/data/store.db{suffix}`");
        assert!(run.status == 78 && run.to_string().contains(&words), "{suffix}: {run}");
        mode(&companion(suffix), 0o600);
    }
    world.run("users list").expect_status(0);
    // Beside a database of another program it could be anything.
    let database = world.file_with_mode("contacts.db", "", 0o600);
    rusqlite::Connection::open(&database).unwrap().execute_batch("CREATE TABLE contact (name)").unwrap();
    let log = world.file_with_mode("contacts.db-wal", "x", 0o644);
    let run = world.command("users list").argument("--store").argument(&database).run();
    assert!(run.status == 78 && !run.to_string().contains("chmod"), "{run}");
    assert!(log.exists());
}
