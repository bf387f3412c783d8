//! The schema and how an older file comes to it.

use rusqlite::Connection;

use super::Result;

/// `application_id` of our files: "CXMA" in ASCII.
pub(crate) const APPLICATION_ID: i64 = 0x4358_4d41;

/// The migrations, oldest first. Append-only: the number of those applied is the file's `user_version`.
const MIGRATIONS: &[&str] = &[
    include_str!("migrations/0001_house.sql"),
    include_str!("migrations/0002_outbox.sql"),
    include_str!("migrations/0003_sign_in.sql"),
    include_str!("migrations/0004_clock.sql"),
];

/// The schema version this program reads and writes.
pub const VERSION: i64 = MIGRATIONS.len() as i64;

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

#[cfg(test)]
mod tests {
    use super::*;

    const FIRST: &str = "CREATE TABLE a (x); INSERT INTO a VALUES (1);";
    const SECOND: &str = "ALTER TABLE a ADD COLUMN y; UPDATE a SET y = x + 1;";

    #[test]
    fn an_older_file_takes_the_migrations_it_lacks() {
        let connection = Connection::open_in_memory().unwrap();
        assert_eq!(apply(&connection, &[FIRST]).unwrap(), 0);
        assert_eq!(apply(&connection, &[FIRST, SECOND]).unwrap(), 1);
        assert_eq!(apply(&connection, &[FIRST, SECOND]).unwrap(), 2);
        let y: i64 = connection.query_row("SELECT y FROM a", [], |row| row.get(0)).unwrap();
        assert_eq!((y, version(&connection).unwrap()), (2, 2));
    }

    #[test]
    fn a_migration_that_fails_leaves_the_file_as_it_was() {
        let connection = Connection::open_in_memory().unwrap();
        apply(&connection, &[FIRST]).unwrap();
        assert!(apply(&connection, &[FIRST, "ALTER TABLE a ADD COLUMN y; SELECT broken FROM nowhere;"]).is_err());
        assert_eq!(version(&connection).unwrap(), 1);
        assert!(connection.prepare("SELECT y FROM a").is_err());
    }
}
