//! The schema: how an older file is upgraded to it, and whether a file has it.

use std::borrow::Cow;
use std::collections::BTreeMap;

use rusqlite::Connection;

use super::Result;
use super::functions;
use crate::domain::text;

/// `application_id` of our files: "CXMA" in ASCII.
pub(crate) const APPLICATION_ID: i64 = 0x4358_4d41;

/// The version of the first schema. Older stores were written by pre-releases, and cannot be upgraded.
const FIRST: i64 = 15;

/// The migrations that create a store and upgrade an older one.
#[derive(Debug)]
pub struct Schema {
    /// The migrations, oldest first. Append-only: the number in the name of each is the `user_version` of the store after it.
    migrations: Cow<'static, [&'static str]>,
}

impl Schema {
    /// The schema of this program.
    pub const CURRENT: Self = Self { migrations: Cow::Borrowed(&[include_str!("migrations/0015_first_schema.sql")]) };

    /// The schema of a later program, which has this migration too.
    pub fn followed_by(&self, migration: &'static str) -> Self {
        let mut migrations = self.migrations.to_vec();
        migrations.push(migration);
        Self { migrations: Cow::Owned(migrations) }
    }

    /// The version of a store with this schema.
    pub const fn version(&self) -> i64 {
        let migrations = match &self.migrations {
            Cow::Borrowed(migrations) => migrations.len(),
            Cow::Owned(migrations) => migrations.len(),
        };
        FIRST - 1 + migrations as i64
    }

    /// Whether a store of this version has this schema or can be upgraded to it.
    pub(crate) fn knows(&self, version: i64) -> bool {
        (FIRST..=self.version()).contains(&version)
    }

    /// The versions of [`Schema::knows`], in words.
    pub(crate) fn known_versions(&self) -> String {
        match self.version() {
            FIRST => FIRST.to_string(),
            newest => format!("{FIRST} to {newest}"),
        }
    }

    /// The migrations that bring a new file to this version, and those that bring a file of this version to the newest.
    fn split_at(&self, version: i64) -> (&[&'static str], &[&'static str]) {
        let applied = usize::try_from(version + 1 - FIRST).unwrap_or_default();
        self.migrations.split_at(applied.min(self.migrations.len()))
    }
}

/// The schema version this program reads and writes.
pub const VERSION: i64 = Schema::CURRENT.version();

/// A header with a higher version than this is damaged: no program will have so many migrations.
pub(super) const HIGHEST_VERSION: i64 = 999;

/// The version of an open file.
pub(crate) fn version(connection: &Connection) -> Result<i64> {
    Ok(connection.query_row("PRAGMA user_version", [], |row| row.get(0))?)
}

/// Upgrades a new or older file to the version of `schema`, in one transaction. The version is read again inside it, because
/// another process may be doing the same. Returns the version that the file had.
pub(crate) fn migrate(connection: &Connection, schema: &Schema) -> Result<i64> {
    let transaction = rusqlite::Transaction::new_unchecked(connection, rusqlite::TransactionBehavior::Immediate)?;
    let found = version(&transaction)?;
    let (_, missing) = schema.split_at(found);
    for migration in missing {
        transaction.execute_batch(migration)?;
    }
    if !missing.is_empty() {
        transaction.pragma_update(None, "user_version", schema.version())?;
    }
    transaction.commit()?;
    Ok(found)
}

/// The objects of the schema of a file: by type and name, the table and the SQL of each.
type Objects = BTreeMap<(String, String), (String, Option<String>)>;

/// The differences between the schema of a file and the one that this program creates for its version, one line each. A table,
/// view, index or trigger of another program could change what the store says, whatever the rows are. The tables of ANALYZE only
/// guide the planner, and are allowed.
pub(crate) fn differences(connection: &Connection, schema: &Schema) -> Result<Vec<String>> {
    let (applied, _) = schema.split_at(version(connection)?);
    let reference = Connection::open_in_memory()?;
    functions::register(&reference)?;
    for migration in applied {
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

/// The objects of a file, and those that it has more than once, which only a program that writes the schema table directly can
/// cause.
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

    const ONE: &str = "CREATE TABLE a (x); INSERT INTO a VALUES (1);";
    const TWO: &str = "ALTER TABLE a ADD COLUMN y; UPDATE a SET y = x + 1;";

    fn of(migrations: &[&'static str]) -> Schema {
        Schema { migrations: Cow::Owned(migrations.to_vec()) }
    }

    fn in_memory() -> Connection {
        let connection = Connection::open_in_memory().unwrap();
        functions::register(&connection).unwrap();
        connection
    }

    #[test]
    fn an_older_file_takes_the_migrations_it_lacks() {
        let connection = in_memory();
        assert_eq!(migrate(&connection, &of(&[ONE])).unwrap(), 0);
        assert_eq!(version(&connection).unwrap(), FIRST);
        assert_eq!(migrate(&connection, &of(&[ONE, TWO])).unwrap(), FIRST);
        assert_eq!(migrate(&connection, &of(&[ONE, TWO])).unwrap(), FIRST + 1);
        let y: i64 = connection.query_row("SELECT y FROM a", [], |row| row.get(0)).unwrap();
        assert_eq!((y, version(&connection).unwrap()), (2, FIRST + 1));
    }

    #[test]
    fn a_migration_that_fails_leaves_the_file_as_it_was() {
        let connection = in_memory();
        migrate(&connection, &of(&[ONE])).unwrap();
        let failing = "ALTER TABLE a ADD COLUMN y; SELECT broken FROM nowhere;";
        assert!(migrate(&connection, &of(&[ONE, failing])).is_err());
        assert_eq!(version(&connection).unwrap(), FIRST);
        assert!(connection.prepare("SELECT y FROM a").is_err());
    }

    #[test]
    fn each_version_that_this_program_creates_has_the_schema_of_its_version() {
        let next = Schema::CURRENT.followed_by("CREATE INDEX users_by_locale ON users (locale)");
        for applied in 1..=next.migrations.len() {
            let connection = in_memory();
            migrate(&connection, &of(&next.migrations[..applied])).unwrap();
            assert_eq!(differences(&connection, &next).unwrap(), [""; 0], "{applied} migrations");
        }
        let connection = in_memory();
        migrate(&connection, &Schema::CURRENT).unwrap();
        connection.execute_batch("ANALYZE").unwrap();
        assert_eq!(differences(&connection, &Schema::CURRENT).unwrap(), [""; 0]);
    }

    /// The files of `migrations`, each named after the version to which it brings the store.
    #[test]
    fn every_migration_is_applied_in_the_order_of_its_number() {
        let directory = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join(file!());
        let files = std::fs::read_dir(directory.with_file_name("migrations")).unwrap();
        let mut names: Vec<_> = files.map(|file| file.unwrap().path()).collect();
        names.sort();
        let numbers = names.iter().map(|name| name.file_name().unwrap().to_str().unwrap()[..4].parse::<i64>().unwrap());
        assert_eq!(numbers.collect::<Vec<_>>(), (FIRST..=VERSION).collect::<Vec<_>>());
        let texts: Vec<_> = names.iter().map(|name| std::fs::read_to_string(name).unwrap()).collect();
        assert_eq!(texts, Schema::CURRENT.migrations.to_vec());
    }

    #[test]
    fn each_difference_is_named() {
        let changed = |sql: &str| {
            let connection = in_memory();
            migrate(&connection, &Schema::CURRENT).unwrap();
            connection.execute_batch(sql).unwrap();
            differences(&connection, &Schema::CURRENT).unwrap()
        };
        let evil = "CREATE TRIGGER evil AFTER INSERT ON events BEGIN UPDATE operators SET role_id = 1; END";
        assert_eq!(changed(evil), ["trigger `evil` was not created by this program"]);
        assert_eq!(changed("DROP TRIGGER refuse_update_of_events"), ["trigger `refuse_update_of_events` is missing"]);
        let view = "DROP VIEW login; CREATE VIEW login AS SELECT 1 AS username";
        assert_eq!(changed(view), ["view `login` differs from what this program creates"]);
        // By the schema table itself any name can be written.
        let hidden = "CREATE TRIGGER more AFTER INSERT ON events BEGIN SELECT 1; END; PRAGMA writable_schema = ON; \
                      UPDATE sqlite_schema SET name = 'sqlite_stat1' WHERE name = 'more'";
        assert_eq!(changed(hidden), ["trigger `sqlite_stat1` was not created by this program"]);
        let twice =
            "PRAGMA writable_schema = ON; INSERT INTO sqlite_schema SELECT * FROM sqlite_schema WHERE name = 'login'";
        assert_eq!(changed(twice), ["view `login` appears twice"]);
        assert_eq!(changed("CREATE INDEX more ON events (host)"), ["index `more` was not created by this program"]);
        assert_eq!(changed("CREATE TABLE \"a\nb\" (x)"), ["table `a\\u{a}b` was not created by this program"]);
    }

    #[test]
    fn the_number_of_our_files_is_the_mark_by_which_messages_know_them() {
        assert_eq!(APPLICATION_ID.to_be_bytes()[4..], *b"CXMA");
    }
}
