//! The schema, how an older file comes to it, and whether a file has it.

use std::collections::BTreeMap;

use rusqlite::Connection;

use super::Result;
use super::functions;
use crate::domain::text;

/// `application_id` of our files: "CXMA" in ASCII.
pub(crate) const APPLICATION_ID: i64 = 0x4358_4d41;

/// The migrations, oldest first. Append-only: the number of those applied is the file's `user_version`.
const MIGRATIONS: &[&str] = &[
    include_str!("migrations/0001_house.sql"),
    include_str!("migrations/0002_outbox.sql"),
    include_str!("migrations/0003_sign_in.sql"),
    include_str!("migrations/0004_clock.sql"),
    include_str!("migrations/0005_attempts_by_account.sql"),
    include_str!("migrations/0006_user_changes.sql"),
    include_str!("migrations/0007_email_key.sql"),
    include_str!("migrations/0008_relay.sql"),
    include_str!("migrations/0009_same_address.sql"),
    include_str!("migrations/0010_deliveries.sql"),
    include_str!("migrations/0011_end_passwords.sql"),
    include_str!("migrations/0012_identified_by.sql"),
    include_str!("migrations/0013_unknown_states.sql"),
    include_str!("migrations/0014_job_note.sql"),
];

/// The schema version this program reads and writes.
pub const VERSION: i64 = MIGRATIONS.len() as i64;

/// A header that says a higher version than this is damaged: no program gets that far.
pub(super) const HIGHEST_VERSION: i64 = 999;

/// The first version whose events hold a digest of user changes.
pub(super) const WITH_USER_CHANGES: i64 = 6;

/// The first version whose events say what named the operator.
pub(super) const WITH_IDENTIFIED_BY: i64 = 12;

/// The version of an open file.
pub(crate) fn version(connection: &Connection) -> Result<i64> {
    Ok(connection.query_row("PRAGMA user_version", [], |row| row.get(0))?)
}

/// Brings the file to [`VERSION`], all or nothing. The version is read again inside the transaction, because another
/// process may be doing the same. Gives the version it had.
pub(crate) fn migrate(connection: &Connection) -> Result<i64> {
    apply(connection, MIGRATIONS)
}

fn apply(connection: &Connection, migrations: &[&str]) -> Result<i64> {
    let transaction = rusqlite::Transaction::new_unchecked(connection, rusqlite::TransactionBehavior::Immediate)?;
    let found = version(&transaction)?;
    let known = migrations.len() as i64;
    for migration in migrations.iter().skip(usize::try_from(found).unwrap_or(usize::MAX)) {
        transaction.execute_batch(migration)?;
    }
    if found < known {
        transaction.pragma_update(None, "user_version", known)?;
    }
    transaction.commit()?;
    Ok(found)
}

/// What the schema of a file consists of: by type and name, its table and its SQL.
type Objects = BTreeMap<(String, String), (String, Option<String>)>;

/// How the schema of a file differs from the one that its version has when this program creates it, a line each. A table,
/// view, index or trigger that is not ours could change what the store says, whatever the rows are. What ANALYZE adds
/// only guides the planner, and may be there.
pub(crate) fn differences(connection: &Connection) -> Result<Vec<String>> {
    let version = usize::try_from(version(connection)?).unwrap_or(usize::MAX);
    let reference = Connection::open_in_memory()?;
    functions::register(&reference)?;
    for migration in MIGRATIONS.iter().take(version) {
        reference.execute_batch(migration)?;
    }
    let (required, _) = objects(&reference)?;
    reference.execute_batch("ANALYZE")?;
    let (allowed, _) = objects(&reference)?;
    let (found, twice) = objects(connection)?;
    let name = |(kind, name): &(String, String)| format!("{} `{}`", text::quoted(kind, 20), text::quoted(name, 80));
    let twice = twice.iter().map(|key| format!("{} appears twice", name(key)));
    let added = found.iter().filter_map(|(key, object)| match allowed.get(key) {
        None => Some(format!("{} was not created by this program", name(key))),
        Some(expected) if expected != object => Some(format!("{} differs from what this program creates", name(key))),
        Some(_) => None,
    });
    let missing = required.keys().filter(|key| !found.contains_key(*key));
    Ok(twice.chain(added).chain(missing.map(|key| format!("{} is missing", name(key)))).collect())
}

/// What a file consists of, and what it has more than once, which only somebody who writes the file by hand can do.
fn objects(connection: &Connection) -> Result<(Objects, Vec<(String, String)>)> {
    let mut statement = connection.prepare("SELECT type, name, tbl_name, sql FROM sqlite_schema")?;
    let rows = statement.query_map([], |row| Ok(((row.get(0)?, row.get(1)?), (row.get(2)?, row.get(3)?))))?;
    let (mut objects, mut twice) = (Objects::new(), Vec::new());
    for row in rows {
        let (key, object) = row?;
        if objects.insert(key.clone(), object).is_some() {
            twice.push(key);
        }
    }
    Ok((objects, twice))
}

#[cfg(test)]
mod tests {
    use super::*;

    const FIRST: &str = "CREATE TABLE a (x); INSERT INTO a VALUES (1);";
    const SECOND: &str = "ALTER TABLE a ADD COLUMN y; UPDATE a SET y = x + 1;";

    fn in_memory() -> Connection {
        let connection = Connection::open_in_memory().unwrap();
        functions::register(&connection).unwrap();
        connection
    }

    #[test]
    fn an_older_file_takes_the_migrations_it_lacks() {
        let connection = in_memory();
        assert_eq!(apply(&connection, &[FIRST]).unwrap(), 0);
        assert_eq!(apply(&connection, &[FIRST, SECOND]).unwrap(), 1);
        assert_eq!(apply(&connection, &[FIRST, SECOND]).unwrap(), 2);
        let y: i64 = connection.query_row("SELECT y FROM a", [], |row| row.get(0)).unwrap();
        assert_eq!((y, version(&connection).unwrap()), (2, 2));
    }

    #[test]
    fn a_migration_that_fails_leaves_the_file_as_it_was() {
        let connection = in_memory();
        apply(&connection, &[FIRST]).unwrap();
        assert!(apply(&connection, &[FIRST, "ALTER TABLE a ADD COLUMN y; SELECT broken FROM nowhere;"]).is_err());
        assert_eq!(version(&connection).unwrap(), 1);
        assert!(connection.prepare("SELECT y FROM a").is_err());
    }

    #[test]
    fn users_of_an_older_store_get_the_canonical_form_and_those_who_share_one_stay() {
        let connection = in_memory();
        apply(&connection, &MIGRATIONS[..6]).unwrap();
        connection.execute_batch("INSERT INTO role VALUES (2, 'any', 1)").unwrap();
        for (username, email) in [
            ("plain", "Plain@Example.com"),
            ("unicode", "a@bücher.example"),
            ("dns", "A@xn--BCHER-kva.example"),
            ("alone", "jörg@bücher.example"),
            ("wide", "plain@ｅxample.com"),
            ("invalid", "a@xn--a.example"),
        ] {
            let sql = "INSERT INTO user (username, email, name, role_id, sign_in, created_at, updated_at) \
                       VALUES (?1, ?2, '', 2, 'password', 0, 0)";
            connection.execute(sql, [username, email]).unwrap();
        }
        migrate(&connection).unwrap();
        assert_eq!(differences(&connection).unwrap(), [""; 0]);
        let mut statement =
            connection.prepare("SELECT username, email_key, email_collides FROM user ORDER BY id").unwrap();
        let rows = statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)));
        let rows: Vec<(String, Option<String>, bool)> = rows.unwrap().map(std::result::Result::unwrap).collect();
        let row = |username: &str, key: Option<&str>, collides| (username.to_owned(), key.map(str::to_owned), collides);
        assert_eq!(
            rows,
            [
                row("plain", None, false),
                row("unicode", Some("a@xn--bcher-kva.example"), true),
                row("dns", Some("a@xn--bcher-kva.example"), true),
                row("alone", Some("jörg@xn--bcher-kva.example"), false),
                row("wide", Some("plain@example.com"), true),
                row("invalid", Some("a@xn--a.example"), false),
            ]
        );
    }

    #[test]
    fn each_version_that_this_program_creates_has_the_schema_of_its_version() {
        for version in 1..=MIGRATIONS.len() {
            let connection = in_memory();
            apply(&connection, &MIGRATIONS[..version]).unwrap();
            assert_eq!(differences(&connection).unwrap(), [""; 0], "version {version}");
        }
        let connection = in_memory();
        migrate(&connection).unwrap();
        connection.execute_batch("ANALYZE").unwrap();
        assert_eq!(differences(&connection).unwrap(), [""; 0]);
    }

    #[test]
    fn each_difference_is_named() {
        let changed = |sql: &str| {
            let connection = in_memory();
            migrate(&connection).unwrap();
            connection.execute_batch(sql).unwrap();
            differences(&connection).unwrap()
        };
        let evil = "CREATE TRIGGER evil AFTER INSERT ON event BEGIN UPDATE operator SET role_id = 1; END";
        assert_eq!(changed(evil), ["trigger `evil` was not created by this program"]);
        assert_eq!(changed("DROP TRIGGER event_is_never_changed"), ["trigger `event_is_never_changed` is missing"]);
        let view = "DROP VIEW login; CREATE VIEW login AS SELECT 1 AS username";
        assert_eq!(changed(view), ["view `login` differs from what this program creates"]);
        // By the schema table itself any name can be written.
        let hidden = "CREATE TRIGGER more AFTER INSERT ON event BEGIN SELECT 1; END; PRAGMA writable_schema = ON; \
                      UPDATE sqlite_schema SET name = 'sqlite_stat1' WHERE name = 'more'";
        assert_eq!(changed(hidden), ["trigger `sqlite_stat1` was not created by this program"]);
        let twice =
            "PRAGMA writable_schema = ON; INSERT INTO sqlite_schema SELECT * FROM sqlite_schema WHERE name = 'login'";
        assert_eq!(changed(twice), ["view `login` appears twice"]);
        assert_eq!(changed("CREATE INDEX more ON event (host)"), ["index `more` was not created by this program"]);
        assert_eq!(changed("CREATE TABLE \"a\nb\" (x)"), ["table `a\\u{a}b` was not created by this program"]);
    }

    #[test]
    fn the_number_of_our_files_is_the_mark_by_which_messages_know_them() {
        assert_eq!(APPLICATION_ID.to_be_bytes()[4..], *b"CXMA");
    }
}
