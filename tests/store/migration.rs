//! An upgrade of the store, by a program with one migration more than this one has.

use std::path::Path;
use std::sync::Arc;
use std::sync::LazyLock;

use cxme_admin::actions::store::migrate::MigrationOutcome;
use cxme_admin::actions::store::migrate::migrate;
use cxme_admin::app::ActionError;
use cxme_admin::app::App;
use cxme_admin::app::ChangeOptions;
use cxme_admin::app::Setup;
use cxme_admin::cli::failure;
use cxme_admin::clock::ScriptedClock;
use cxme_admin::domain::operator::Account;
use cxme_admin::private_file::Rule;
use cxme_admin::random::ScriptedRandom;
use cxme_admin::store::Store;
use cxme_admin::store::StoreError;
use cxme_admin::store::open::ExpectedVersion;
use cxme_admin::store::schema::Schema;
use cxme_admin::store::schema::VERSION;
use jiff::Timestamp;
use nix::unistd::geteuid;

use crate::world::World;
use crate::world::mode;
use crate::world::sha256;

/// Nobody adds them as an operator.
const STRANGER: u32 = 61_003;

/// A program with one migration more.
pub(crate) static NEXT: LazyLock<Schema> = LazyLock::new(|| {
    Schema::CURRENT.followed_by(
        "ALTER TABLE users ADD COLUMN nickname TEXT; UPDATE users SET nickname = upper(username); \
         CREATE INDEX users_by_nickname ON users (nickname);",
    )
});

static BROKEN: LazyLock<Schema> = LazyLock::new(|| {
    Schema::CURRENT.followed_by("UPDATE users SET name = 'lost'; ALTER TABLE nowhere ADD COLUMN nickname TEXT;")
});

pub(crate) fn open(path: &Path, expect: ExpectedVersion, schema: &'static Schema) -> Result<Store, StoreError> {
    Store::open_with_schema(path, &Rule::store(false), expect, schema)
}

/// The app of an account, in a program with this schema.
pub(crate) fn app(world: &World, uid: u32, schema: &'static Schema) -> App {
    let account = Account {
        uid,
        name: "carol".to_owned(),
        is_name_known: true,
        login_uid: None,
        host: "host".to_owned(),
        elevation: None,
    };
    let store = open(&world.store(), ExpectedVersion::CurrentOrOlder, schema).unwrap();
    let clock = Arc::new(ScriptedClock::new(Timestamp::from_second(1_900_000_000).unwrap()));
    let setup = Setup::new(Arc::default(), world.store(), uid, "host", clock, Arc::new(ScriptedRandom::new(1)));
    App::with_store(Arc::new(setup), account, store).unwrap()
}

fn version(world: &World) -> i64 {
    world.count("PRAGMA user_version")
}

fn newest_event(world: &World) -> String {
    let sql = "SELECT action || ' ' || outcome || ' ' || ifnull(details, '') FROM events ORDER BY number DESC LIMIT 1";
    world.sqlite().query_row(sql, [], |row| row.get(0)).unwrap()
}

#[test]
fn a_store_of_the_version_before_is_refused_with_what_to_do() {
    let world = World::new();
    let before = sha256(&world.store());
    let error = open(&world.store(), ExpectedVersion::Current, &NEXT).unwrap_err();
    let (found, needed) = (VERSION, VERSION + 1);
    let place = world.store().display().to_string();
    let words = format!("{place}: the store has schema version {found}, this program needs {needed}");
    assert_eq!(error.to_string(), words);
    let error = ActionError::from(error);
    assert_eq!(failure::code_of(&error), 78);
    assert_eq!(failure::hint_of(&error).as_deref(), Some("upgrade it: cxme-admin store migrate"));
    assert_eq!(sha256(&world.store()), before);
}

#[test]
fn an_upgrade_copies_the_store_first_and_keeps_its_rows() {
    let world = World::new();
    let copy = world.state().join(format!("store.before-{VERSION}.db"));
    let app = app(&world, geteuid().as_raw(), &NEXT);
    let dry_run = ChangeOptions { dry_run: true, ..ChangeOptions::default() };
    let planned = migrate(&app, None, &dry_run).unwrap();
    assert_eq!(planned, MigrationOutcome { found: VERSION, copy: Some(copy.clone()) });
    assert_eq!((version(&world), copy.exists()), (VERSION, false));
    assert_eq!(world.names(), ["reset.key", "store.db", "store.db-shm", "store.db-wal"]);

    let done = migrate(&app, None, &ChangeOptions::default()).unwrap();
    assert_eq!(done, MigrationOutcome { found: VERSION, copy: Some(copy.clone()) });
    assert_eq!(version(&world), VERSION + 1);
    assert_eq!(world.count("SELECT count(*) FROM users WHERE nickname IN ('ALICE', 'BOB')"), 2);
    let details = format!("{{\"from_version\":{VERSION},\"to_version\":{}}}", VERSION + 1);
    assert_eq!(newest_event(&world), format!("store migrate done {details}"));
    let upgraded = open(&world.store(), ExpectedVersion::Current, &NEXT).unwrap();
    assert_eq!(upgraded.read().unwrap().schema_differences().unwrap(), [""; 0]);
    assert_eq!(upgraded.read().unwrap().first_damage().unwrap(), None);
    drop(upgraded);
    // Once more: there is nothing to do.
    let again = migrate(&app, None, &ChangeOptions::default()).unwrap();
    assert_eq!(again, MigrationOutcome { found: VERSION + 1, copy: None });
    drop(app);

    // The program of before refuses the store, and can use the copy.
    let words = format!("the store has schema version {}, this program knows {VERSION}", VERSION + 1);
    world.run(&["users", "list"]).refused(78, &words);
    assert_eq!(mode(&copy), 0o600);
    let copy = copy.to_str().unwrap();
    assert!(world.done(&["--store", copy, "users", "list"]).contains("bob@example.com"));
    world.done(&["--store", copy, "store", "check"]);
}

#[test]
fn an_upgrade_that_fails_changes_nothing_and_leaves_no_copy() {
    let world = World::new();
    let (app, events) = (app(&world, geteuid().as_raw(), &BROKEN), world.count("SELECT count(*) FROM events"));
    migrate(&app, None, &ChangeOptions::default()).unwrap_err();
    drop(app);
    assert_eq!(world.names(), ["reset.key", "store.db"]);
    assert_eq!((version(&world), world.count("SELECT count(*) FROM events")), (VERSION, events));
    assert_eq!(world.count("SELECT count(*) FROM users WHERE name = 'lost'"), 0);
    world.done(&["users", "list"]);
    world.assert_sound();
}

#[test]
fn a_refusal_is_recorded_in_an_older_store_too() {
    let world = World::new();
    let events = world.count("SELECT count(*) FROM events");
    let app = app(&world, STRANGER, &NEXT);
    let refused = migrate(&app, None, &ChangeOptions::default());
    assert!(matches!(refused, Err(ActionError::Refused(_))), "{refused:?}");
    assert_eq!((version(&world), world.count("SELECT count(*) FROM events")), (VERSION, events + 1));
    assert!(newest_event(&world).starts_with("store migrate refused"), "{}", newest_event(&world));
    assert!(!world.state().join(format!("store.before-{VERSION}.db")).exists());
}

#[test]
fn a_copy_that_a_killed_upgrade_left_stops_no_other_upgrade() {
    let world = World::new();
    let left = world.state().join(format!("store.before-{VERSION}.db"));
    std::fs::write(&left, "left").unwrap();
    let app = app(&world, geteuid().as_raw(), &NEXT);
    let done = migrate(&app, None, &ChangeOptions::default()).unwrap();
    let copy = world.state().join(format!("store.before-{VERSION}_2.db"));
    assert_eq!(done, MigrationOutcome { found: VERSION, copy: Some(copy.clone()) });
    assert_eq!(std::fs::read_to_string(&left).unwrap(), "left");
    assert_eq!(open(&copy, ExpectedVersion::Current, &Schema::CURRENT).unwrap().version().unwrap(), VERSION);
}

#[test]
fn a_store_that_is_not_sound_is_not_upgraded() {
    let world = World::new();
    let stray =
        "PRAGMA foreign_keys = OFF; INSERT INTO role_permissions (role_id, permission) VALUES (99, 'view-users')";
    world.sqlite().execute_batch(stray).unwrap();
    let app = app(&world, geteuid().as_raw(), &NEXT);
    let error = migrate(&app, None, &ChangeOptions::default()).unwrap_err();
    let words = "the copy of the store is not sound and was removed; nothing else was changed: role_permissions: row ?";
    assert!(error.to_string().ends_with(words), "{error}");
    assert_eq!(failure::code_of(&error), 74);
    drop(app);
    assert_eq!((version(&world), world.names()), (VERSION, vec!["reset.key".to_owned(), "store.db".to_owned()]));
}
