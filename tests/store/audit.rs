//! The audit cannot be left out, and what is edited in it is found.

use std::sync::Arc;

use cxme_admin::clock::SystemClock;
use cxme_admin::domain::elevation::Elevation;
use cxme_admin::domain::event::CHAIN_START;
use cxme_admin::domain::event::NewEvent;
use cxme_admin::domain::event_chain::ChainBreak;
use cxme_admin::domain::event_chain::ChainVerifier;
use cxme_admin::domain::operator::Account;
use cxme_admin::domain::user::UserId;
use cxme_admin::private_file::Rule;
use cxme_admin::process::ScriptedProcess;
use cxme_admin::process::SystemPaths;
use cxme_admin::random::SystemRandom;
use cxme_admin::store::Store;
use cxme_admin::store::StoreError;
use cxme_admin::store::open::ExpectedVersion;
use jiff::Timestamp;
use rusqlite::Connection;

use crate::world::PASSWORD;
use crate::world::World;
use crate::world::is_long;

/// What takes the store's own guard away, as a person who edits the file would.
const UNGUARD: &str = "DROP TRIGGER refuse_update_of_events; DROP TRIGGER refuse_delete_of_events; \
                       DROP TRIGGER refuse_update_of_user_changes; DROP TRIGGER refuse_delete_of_user_changes;";

/// Another value for each column.
const EDITS: [(&str, &str); 15] = [
    ("number", "number + 100000"),
    ("time", "time + 1"),
    ("operator", "operator || 'x'"),
    ("operator_uid", "operator_uid + 1"),
    ("login_uid", "coalesce(login_uid + 1, 0)"),
    ("host", "host || 'x'"),
    ("identified_by", "CASE identified_by WHEN 'doas' THEN 'uid' ELSE 'doas' END"),
    ("authority", "authority || ' '"),
    ("action", "upper(action)"),
    ("outcome", "CASE outcome WHEN 'done' THEN 'refused' ELSE 'done' END"),
    ("user_id", "coalesce(user_id + 1, 0)"),
    ("reason", "coalesce(reason || 'x', '')"),
    ("details", "CASE WHEN details IS NULL THEN '' END"),
    ("hash", "zeroblob(32)"),
    ("changes_digest", "zeroblob(32)"),
];

/// A store with `count` events, some with every field and some with few.
fn with_events(count: i64) -> World {
    let world = World::without_store();
    world.done(&["init", "--yes"]);
    let store = open(&world);
    let writing = store.write().unwrap();
    for number in 2..=count {
        let is_full = number % 2 == 0;
        let account = Account {
            uid: 1_000,
            name: "carol".to_owned(),
            is_name_known: true,
            login_uid: is_full.then_some(1_000),
            host: "host".to_owned(),
            elevation: is_full.then_some(Elevation::Doas),
        };
        let event = NewEvent {
            time: Timestamp::from_second(1_800_000_000 + number).unwrap(),
            account,
            authority: "Admin".to_owned(),
            action: "users lock".to_owned(),
            outcome: "done",
            user: is_full.then_some(UserId(number)),
            reason: is_full.then(|| "left".to_owned()),
            details: is_full.then(|| "{}".to_owned()),
        };
        writing.append_event(&event).unwrap();
    }
    writing.commit().unwrap();
    drop(store);
    world
}

fn open(world: &World) -> Store {
    Store::open(&world.store(), &Rule::store(false), ExpectedVersion::Current).unwrap()
}

/// Why a check of the chain ended.
#[derive(Debug)]
enum Found {
    Break,
    Store,
}

impl From<ChainBreak> for Found {
    fn from(_: ChainBreak) -> Self {
        Self::Break
    }
}

impl From<StoreError> for Found {
    fn from(_: StoreError) -> Self {
        Self::Store
    }
}

fn verify(store: &Store) -> Result<i64, Found> {
    Ok(store.read().unwrap().follow_chain::<Found>(ChainVerifier::new(None), |_| ())?.events)
}

#[test]
fn an_edit_of_any_column_of_any_event_is_found() {
    let count = if is_long() { 500 } else { 60 };
    let world = with_events(count);
    let (store, editor) = (open(&world), world.sqlite());
    editor.execute_batch(UNGUARD).unwrap();
    editor.execute_batch("PRAGMA synchronous = OFF; CREATE TABLE kept AS SELECT * FROM events").unwrap();
    for number in 1..=count {
        for (column, value) in EDITS {
            editor.execute(&format!("UPDATE events SET {column} = {value} WHERE number = ?1"), [number]).unwrap();
            let found = verify(&store);
            assert!(matches!(found, Err(Found::Break)), "{column} of event {number}: {found:?}");
            editor.execute("DELETE FROM events WHERE number IN (?1, ?1 + 100000)", [number]).unwrap();
            assert!(number == count || verify(&store).is_err(), "event {number} deleted");
            editor.execute("INSERT INTO events SELECT * FROM kept WHERE number = ?1", [number]).unwrap();
        }
        assert_eq!(verify(&store).unwrap(), count);
    }
}

/// What `audit verify` says after an edit of a copy of the store.
fn after(world: &World, edit: impl FnOnce(&Connection), words: &[&str]) -> crate::world::Ran {
    let copy = world.state().join("copy.db");
    let _ = std::fs::remove_file(&copy);
    world.done(&["store", "backup", copy.to_str().unwrap()]);
    let connection = Connection::open(&copy).unwrap();
    connection.execute_batch(UNGUARD).unwrap();
    edit(&connection);
    drop(connection);
    world.run(&[&["--store", copy.to_str().unwrap(), "audit", "verify"], words].concat())
}

/// Lets all events have happened so many days earlier, in a chain of their own.
pub(crate) fn age_events(world: &World, days: i64) {
    let connection = world.sqlite();
    let sql = "SELECT sql FROM sqlite_schema WHERE name = 'refuse_update_of_events'";
    let guard: String = connection.query_row(sql, [], |row| row.get(0)).unwrap();
    connection.execute_batch("DROP TRIGGER refuse_update_of_events").unwrap();
    connection.execute("UPDATE events SET time = time - ?1", [days * 86_400]).unwrap();
    chain_again(&connection, 1);
    connection.execute_batch(&guard).unwrap();
}

/// The hashes of all events from `first` on, made anew, as a person who knows how would.
pub(crate) fn chain_again(connection: &Connection, first: i64) {
    // The program's own store functions read the events; the connection writes the hashes.
    let path = connection.path().unwrap().to_owned();
    let store = Store::open(path.as_ref(), &Rule::store(false), ExpectedVersion::Current).unwrap();
    let mut hashes = Vec::new();
    let mut before = CHAIN_START.to_vec();
    let reading = store.read().unwrap();
    reading
        .each_event_of_the_chain::<StoreError>(|event| {
            let hash = if event.number < first { event.hash.clone() } else { event.chained_hash(&before).to_vec() };
            before.clone_from(&hash);
            hashes.push((event.number, hash));
            Ok(())
        })
        .unwrap();
    drop(reading);
    drop(store);
    for (number, hash) in hashes {
        connection.execute("UPDATE events SET hash = ?2 WHERE number = ?1", (number, hash)).unwrap();
    }
}

#[test]
fn audit_verify_names_what_was_deleted_swapped_or_inserted() {
    let world = with_events(20);
    let sql = |batch: &'static str| move |connection: &Connection| connection.execute_batch(batch).unwrap();
    after(&world, sql("DELETE FROM events WHERE number = 7"), &[]).refused(65, "event 7 is missing");
    after(&world, sql("DELETE FROM events WHERE number = 1"), &[]).refused(65, "event 1 is missing");
    after(&world, sql("UPDATE events SET reason = 'x' WHERE number = 9"), &[]).refused(65, "event 9 was changed");
    let swap = "UPDATE events SET number = -1 WHERE number = 5; UPDATE events SET number = 5 WHERE number = 6; \
                UPDATE events SET number = 6 WHERE number = -1";
    after(&world, sql(swap), &[]).refused(65, "event 5 was changed");
    let insert = "UPDATE events SET number = -number WHERE number > 10; UPDATE events SET number = 1 - number WHERE \
                  number < 0; INSERT INTO events SELECT 11, time, operator, operator_uid, login_uid, host, identified_by, \
                  authority, action, outcome, user_id, reason, details, changes_digest, hash FROM events WHERE number = 10";
    after(&world, sql(insert), &[]).refused(65, "event 11 was changed");
    // A field of another kind than the column's.
    let kind = "PRAGMA ignore_check_constraints = ON; UPDATE events SET operator = x'ff' WHERE number = 3";
    let ran = after(&world, sql(kind), &[]);
    ran.refused(74, "the store is damaged");
}

#[test]
fn a_cut_tail_and_a_new_chain_are_found_with_a_head_kept_elsewhere_alone() {
    let world = with_events(20);
    let head = world.done(&["audit", "head"]);
    let head = ["--head", head.trim()];
    after(&world, |_| (), &head).done(&["verify"]);
    for cut in [21, 20, 15, 2] {
        let edit = |connection: &Connection| {
            connection.execute("DELETE FROM events WHERE number >= ?1", [cut]).unwrap();
            // As somebody does who hides it.
            let hide = "UPDATE sqlite_sequence SET seq = (SELECT max(number) FROM events) WHERE name = 'events'";
            connection.execute(hide, []).unwrap();
        };
        // The head that was noted is the 20th; the copies' own events came later, and nobody can miss them.
        after(&world, edit, &[]).done(&["without a head nothing is seen"]);
        let ran = after(&world, edit, &head);
        if cut == 21 { drop(ran.done(&["verify"])) } else { ran.refused(65, "no event has the hash given") }
    }
    let again = |connection: &Connection| {
        connection.execute("UPDATE events SET operator = 'mallory' WHERE number = 12", []).unwrap();
        chain_again(connection, 12);
    };
    after(&world, again, &[]).done(&["without a head nothing is seen"]);
    after(&world, again, &head).refused(65, "no event has the hash given");
    // What it cannot see, it says.
    let ran = world.run(&["audit", "verify", "-v"]);
    assert!(ran.stderr.contains("Without `--head HASH`"), "{}", ran.stderr);
}

#[test]
fn a_deed_whose_event_cannot_be_written_is_not_done() {
    let world = World::new();
    world.set_password().done(&["set-password"]);
    let facts = || -> (String, i64, Option<i64>) {
        let sql = "SELECT password_hash, session_epoch, locked_at FROM users WHERE username = 'alice'";
        world.sqlite().query_row(sql, [], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?))).unwrap()
    };
    let before = facts();
    let guard = "CREATE TRIGGER no_events BEFORE INSERT ON events BEGIN SELECT RAISE(ABORT, 'no events today'); END";
    world.sqlite().execute_batch(guard).unwrap();
    let set = world.set_password();
    assert!(
        set.code.is_some_and(|code| code != 0) && set.stderr.contains("trigger `no_events` was not created"),
        "{set:?}"
    );
    for words in [
        &["users", "lock", "alice"][..],
        &["users", "delete", "alice", "--yes"],
        &["users", "add", "carol@example.com"],
        &["operators", "add", "1", "--role", "Admin"],
        &["users", "set-password", "alice", "--generate"],
    ] {
        let ran = world.run(words);
        assert!(ran.code.is_some_and(|code| code != 0), "{words:?}: {ran:?}");
        assert!(ran.stdout.is_empty(), "{words:?}: {}", ran.stdout);
    }
    assert_eq!(facts(), before);
    assert_eq!(world.count("SELECT count(*) FROM users"), 2);
    assert_eq!(world.count("SELECT count(*) FROM operators"), 1);
    world.sqlite().execute_batch("DROP TRIGGER no_events").unwrap();
    world.set_password().done(&["set-password"]);
    world.assert_sound();
}

/// The account that comes by sudo in the tests of denials; the account that runs the tests has another.
const GUEST: u32 = 64_001;

/// Runs a command by sudo, on a machine whose own store is that of the world.
fn by_sudo(world: &World, uid: u32, words: &[&str]) -> u8 {
    let mut script = ScriptedProcess::new(nix::unistd::geteuid().as_raw(), "owner");
    script.arguments = words.iter().map(Into::into).collect();
    script.stdin = PASSWORD.into();
    script.environment.insert("SUDO_UID".into(), uid.to_string().into());
    script.system = SystemPaths { config: world.config(), store: world.store() };
    cxme_admin::cli::run(script.process(), Arc::new(SystemClock), Arc::new(SystemRandom))
}

#[test]
fn every_denial_is_a_row() {
    let world = World::new();
    // The command takes only accounts that this machine has.
    let sql = "INSERT INTO operators (uid, account, kind, role_id, added_at) SELECT ?1, 'guest', 'person', id, 0 FROM roles WHERE name = 'Minimal Permissions'";
    world.sqlite().execute(sql, [GUEST]).unwrap();
    let deeds: [(&[&str], &str); 9] = [
        (&["users", "lock", "alice"], "users lock"),
        (&["users", "set-password", "alice", "--stdin"], "users set-password"),
        (&["users", "delete", "alice", "--yes"], "users delete"),
        (&["users", "edit", "alice", "--name", "Eve"], "users edit"),
        (&["users", "add", "eve@example.com"], "users add"),
        (&["users", "import", "-"], "users import"),
        (&["operators", "add", "1", "--role", "Admin"], "operators add"),
        (&["audit", "list"], "audit list"),
        (&["store", "check"], "store check"),
    ];
    // An operator who may little, and somebody who is none.
    for uid in [GUEST, GUEST - 1] {
        for (words, action) in deeds {
            let events = world.count("SELECT count(*) FROM events");
            assert_eq!(by_sudo(&world, uid, words), 77, "{words:?}");
            assert_eq!(world.count("SELECT count(*) FROM events"), events + 1, "{words:?}");
            let sql = "SELECT action, outcome, operator_uid, identified_by FROM events ORDER BY number DESC LIMIT 1";
            let newest: (String, String, u32, String) = world
                .sqlite()
                .query_row(sql, [], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?)))
                .unwrap();
            assert_eq!(newest, (action.to_owned(), "refused".to_owned(), uid, "sudo".to_owned()), "{words:?}");
        }
    }
    world.assert_sound();
}
