//! A store whose pages, schema, log or indexes are damaged: `store check` says what can still be read and what to do, and every
//! other command is one line that leads there.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;

use insta::assert_snapshot;
use rusqlite::Connection;

use crate::support::CAROL;
use crate::support::GOOD;
use crate::support::World;

/// Changes the bytes of a store that nobody has open.
fn with_bytes(world: &World, change: impl FnOnce(&mut Vec<u8>)) {
    let mut bytes = fs::read(world.store()).unwrap();
    change(&mut bytes);
    fs::write(world.store(), bytes).unwrap();
}

/// Edits the schema table itself.
fn with_schema(world: &World, sql: &str) {
    world.sql(&format!("PRAGMA writable_schema = ON; {sql}"));
}

const PAGE: usize = 4_096;

type Damage = (&'static str, fn(&World));

/// Damage that leaves a file which SQLite can open, or cannot.
const DAMAGE: [Damage; 22] = [
    ("pages overwritten", |world| with_bytes(world, |bytes| bytes[3 * PAGE..12 * PAGE].fill(0x5a))),
    ("pages zeroed", |world| with_bytes(world, |bytes| bytes[3 * PAGE..12 * PAGE].fill(0))),
    ("all but the first page overwritten", |world| with_bytes(world, |bytes| bytes[PAGE..].fill(0xff))),
    ("cut short", |world| with_bytes(world, |bytes| bytes.truncate(bytes.len() / 2))),
    // The last page may be the one of an empty index, which ends with zeros.
    ("cut within a page", |world| with_bytes(world, |bytes| bytes.truncate(bytes.len() - PAGE - 100))),
    ("cut to the header", |world| with_bytes(world, |bytes| bytes.truncate(100))),
    ("schema page zeroed", |world| with_bytes(world, |bytes| bytes[100..PAGE].fill(0))),
    ("first page zeroed", |world| with_bytes(world, |bytes| bytes[..PAGE].fill(0))),
    ("header overwritten", |world| with_bytes(world, |bytes| bytes[..100].fill(0x5a))),
    ("page size impossible", |world| with_bytes(world, |bytes| bytes[16..18].copy_from_slice(&[0x12, 0x34]))),
    ("mark of another program", |world| with_bytes(world, |bytes| bytes[70] ^= 1)),
    ("write version impossible", |world| with_bytes(world, |bytes| bytes[18] = 3)),
    ("read version impossible", |world| with_bytes(world, |bytes| bytes[19] = 0x42)),
    ("schema format impossible", |world| with_bytes(world, |bytes| bytes[47] = 5)),
    ("schema version absurd", |world| with_bytes(world, |bytes| bytes[61] = 7)),
    ("schema version negative", |world| with_bytes(world, |bytes| bytes[60] = 0xff)),
    ("index of another table", |world| {
        with_schema(
            world,
            "UPDATE sqlite_schema SET rootpage = (SELECT rootpage FROM sqlite_schema WHERE name = 'events_by_user') \
             WHERE name = 'messages_by_user'",
        );
    }),
    ("index outside the file", |world| {
        with_schema(world, "UPDATE sqlite_schema SET rootpage = 99999 WHERE name = 'messages_by_user'");
    }),
    ("schema text damaged", |world| {
        with_schema(world, "UPDATE sqlite_schema SET sql = 'CREATE TABLE deliveries (' WHERE name = 'deliveries'");
    }),
    ("schema text no text", |world| {
        with_schema(world, "UPDATE sqlite_schema SET sql = x'ff00' WHERE name = 'messages'");
    }),
    ("table of users missing", |world| world.sql("PRAGMA foreign_keys = OFF; DROP VIEW login; DROP TABLE users")),
    ("table of operators missing", |world| world.sql("DROP TABLE operators")),
];

fn world() -> World {
    let world = World::with_mail().with_users("alice,bob,carla").with_password("alice", GOOD);
    world.run("users send-reset alice").expect_status(0);
    world.run("users send-reset --search bob --queue-only --yes").expect_status(0);
    world.command("store backup").argument(world.path("saved.db")).run().expect_status(0);
    world
}

#[test]
fn the_check_of_a_damaged_store_says_what_to_do_and_every_other_command_names_the_check() {
    for (name, damage) in DAMAGE {
        let world = world();
        damage(&world);
        for line in [
            "users list",
            "users show alice",
            "users set-password alice --generate",
            "users send-reset carla",
            "users verify-password alice --stdin",
            "jobs run",
            "jobs list",
            "mail queue",
            "audit list",
            "audit verify",
            "operators list",
            "whoami",
            "store migrate",
        ] {
            let run = world.command(line).stdin(GOOD).run();
            // Many commands do not meet what is damaged; a chain that is broken has its own code, and a password may have been set.
            assert!([0, 1, 3, 65, 74, 78].contains(&run.status), "{name}: {line}: {run}");
            if run.status == 74 || run.status == 78 {
                let err = run.err();
                assert_eq!(err.lines().filter(|line| line.starts_with("error: ")).count(), 1, "{name}: {line}: {run}");
                assert!(err.contains("cxme-admin store check"), "{name}: {line}: {run}");
            }
        }
        let run = world.run("store check");
        // What does not even begin as a store may be any file.
        assert_eq!(run.status, if run.err().contains("not a cxme-admin store") { 78 } else { 65 }, "{name}: {run}");
        let err = run.err();
        assert!(!err.contains("cxme-admin store check"), "{name}: {run}");
        assert!(
            err.contains(" && how=.recover || how=.dump; ") && err.contains("cxme-admin store restore "),
            "{name}: {run}"
        );
        // Nothing was done to it.
        let again = world.run("store check");
        assert_eq!(run.to_string(), again.to_string(), "{name}");
    }
}

/// SQLite reads zeros for what is missing, and the next change of the page would write them.
#[test]
fn the_check_of_a_file_whose_last_page_is_cut_says_so_whatever_the_page_holds() {
    let world = world();
    with_bytes(&world, |bytes| bytes.truncate(bytes.len() - 1));
    let run = world.run("store check").expect_status(65);
    assert!(run.err().contains("  - integrity: has ") && run.err().contains(": its end is missing"), "{run}");
    assert!(run.err().contains("cxme-admin store restore "), "{run}");
}

#[test]
fn the_check_of_a_file_that_is_cut_short_says_what_can_still_be_read() {
    let world = world();
    with_bytes(&world, |bytes| {
        let length = bytes.len();
        bytes[length - PAGE..].fill(0x5a);
        bytes[3 * PAGE..5 * PAGE].fill(0x5a);
    });
    let run = world.run("store check").expect_status(65);
    let out = run.out();
    for part in ["schema ", "integrity ", "rows ", "audit "] {
        assert!(out.contains(part), "{run}");
    }
}

#[test]
fn a_schema_that_cannot_be_read_hides_neither_the_users_nor_the_newest_backup() {
    let world = world();
    with_schema(&world, "UPDATE sqlite_schema SET sql = 'CREATE TABLE deliveries (' WHERE name = 'deliveries'");
    assert_snapshot!(world.run("users list"), @"
    status 74
    -- stderr
    error: the store is damaged: malformed database schema (deliveries) - incomplete input
    hint: all that is damaged, and what to do: cxme-admin store check
    ");
    assert_snapshot!(world.run("store check"), @"
    status 65
    -- stdout
    EXAMINED    FOUND
    header      sound
    log         sound
    schema      table `deliveries` differs from what this program creates
    integrity   Page 51: never used
    references  sound
    rows        sound
    audit       sound
    tables      see the warning
    -- stderr
    warning: rows that can be read: operators 1, users 3, password_history 0, events 6, user_changes 1, event_archives 0, jobs 1, messages 2, sign_in_failures 0, refused_attempts 0, roles 3, operator_domain_limits 0, operator_role_limits 0, role_permissions 0, metadata 2, password_max_ages 0, clock_periods 1
    error: the store has 2 faults
      - schema: table `deliveries` differs from what this program creates
      - integrity: Page 51: never used
    hint: keep a copy of [DIR]/data/store.db and the files beside it as they are; restore the newest backup (2026-11-24T08:00:00Z): cxme-admin store restore [DIR]/saved.db; or recover what can be read: (umask 077; rm -f [DIR]/data/store.db.recovered; sqlite3 :memory: .recover >/dev/null 2>&1 && how=.recover || how=.dump; (sqlite3 -readonly [DIR]/data/store.db $how | sed '/^CREATE TABLE sqlite_sequence/d; s/^ROLLBACK;.*/COMMIT;/'; echo 'DROP TABLE IF EXISTS lost_and_found; PRAGMA application_id=1129860417; PRAGMA user_version=15;') | sqlite3 [DIR]/data/store.db.recovered), then: cxme-admin store restore [DIR]/data/store.db.recovered
    ");
}

#[test]
fn a_restore_takes_the_place_of_each_damaged_store() {
    for (name, damage) in DAMAGE {
        let world = world();
        damage(&world);
        let run = world.command("store restore --yes").argument(world.path("saved.db")).run();
        assert_eq!(run.status, 0, "{name}: {run}");
        let is_kept = |entry: &fs::DirEntry| entry.file_name().to_string_lossy().starts_with("store.db.replaced-");
        let kept = fs::read_dir(world.path("data")).unwrap().map(Result::unwrap).filter(is_kept).count();
        assert!((1..=3).contains(&kept), "{name}: the file, and its log");
        world.run("store check").expect_status(0);
        assert!(world.accepts("alice", GOOD), "{name}");
    }
}

#[test]
fn a_log_that_is_damaged_is_found_before_it_is_lost() {
    let world = world();
    let connection = Connection::open(world.store()).unwrap();
    connection.execute_batch("PRAGMA journal_mode = WAL").unwrap();
    for number in 0..4 {
        connection.execute("INSERT INTO metadata VALUES (?1, x'00')", [number.to_string()]).unwrap();
    }
    let log = world.path("data/store.db-wal");
    let mut bytes = fs::read(&log).unwrap();
    bytes[32 + 24 + 100] ^= 0xff;
    // Closing would empty the log.
    fs::copy(world.store(), world.path("copy.db")).unwrap();
    drop(connection);
    fs::copy(world.path("copy.db"), world.store()).unwrap();
    fs::write(&log, bytes).unwrap();
    fs::set_permissions(&log, fs::Permissions::from_mode(0o600)).unwrap();
    for _ in 0..2 {
        let run = world.run("store check").expect_status(65);
        assert!(run.err().contains("store.db-wal: frame 1 is damaged: 4 changes from there on are lost"), "{run}");
        assert!(log.exists());
    }
}

#[test]
fn a_damaged_store_is_examined_for_its_owner_and_for_nobody_who_comes_by_sudo() {
    let world = world();
    world.sql("DROP TABLE operators");
    let run = world.command("store check").sudo_by(CAROL).run();
    assert_snapshot!(run, @"
    status 74
    -- stderr
    error: the store is damaged: table `operators` is missing
    hint: root can examine it and restore a backup: sudo env -u SUDO_UID cxme-admin store check
    ");
}

#[test]
fn what_belongs_to_the_repair_of_times_is_refused_without_it() {
    let world = World::new();
    for option in ["--dry-run", "--reason x", "--yes"] {
        let run = world.run(&format!("store check {option}")).expect_status(2);
        assert!(run.err().contains("--repair-times"), "{run}");
    }
}
