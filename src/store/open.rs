//! Opening and making the file: modes first, then SQLite, then what every connection must have.

use std::cell::Cell;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::path::PathBuf;
use std::time::Duration;
use std::time::Instant;

use rusqlite::Connection;
use rusqlite::ErrorCode;
use rusqlite::FileControl;
use rusqlite::OpenFlags;
use rusqlite::config::DbConfig;

use super::Result;
use super::Store;
use super::StoreError;
use super::Writing;
use super::schema;
use crate::private_file;
use crate::private_file::Rule;

/// How long a writer waits for another one.
pub const PATIENCE: Duration = Duration::from_secs(30);

/// What is asked of the file's version.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Expect {
    /// The version this program knows.
    Current,
    /// That, or an older one: for the migration itself.
    CurrentOrOlder,
}

impl Store {
    /// Opens an existing store. The modes and the owner of the file and its folder are judged by `rule` before SQLite
    /// touches it; a file that is not ours, or of another version, is left as it is.
    ///
    /// # Errors
    /// When the file is missing, loose, not ours, of another version, or cannot be read.
    pub fn open(path: &Path, rule: &Rule, expect: Expect) -> Result<Self> {
        match private_file::judge(path, rule) {
            Err(private_file::Problem::Missing { .. }) => return Err(StoreError::Missing(path.to_owned())),
            other => other?,
        }
        let connection = connect(path)?;
        identify(&connection, path)?;
        let (found, known) = (schema::version(&connection)?, schema::VERSION);
        if found > known {
            return Err(StoreError::Newer { path: path.to_owned(), found, known });
        }
        if found < known && expect == Expect::Current {
            return Err(StoreError::Older { path: path.to_owned(), found, known });
        }
        prepare(&connection)?;
        keep_log_for_readers(&connection, path)?;
        Ok(Self { connection, path: path.to_owned() })
    }

    /// Makes a new store of `mode`, filled by `fill`. It is made under another name beside its place and moved there when
    /// it is whole and on the disk, so that there is never half a store.
    ///
    /// # Errors
    /// [`StoreError::Exists`] when there is a file; others when it cannot be made.
    pub fn create(path: &Path, mode: u32, fill: impl FnOnce(&Writing<'_>) -> Result<()>) -> Result<()> {
        if path.symlink_metadata().is_ok() {
            return Err(StoreError::Exists(path.to_owned()));
        }
        let unfinished = beside(path, ".new");
        remove_with_companions(&unfinished);
        let made =
            Self::create_at(&unfinished, mode, fill).and_then(|()| match private_file::move_new(&unfinished, path) {
                Err(private_file::Problem::Exists { .. }) => Err(StoreError::Exists(path.to_owned())),
                other => Ok(other?),
            });
        if made.is_err() {
            remove_with_companions(&unfinished);
        }
        made
    }

    fn create_at(path: &Path, mode: u32, fill: impl FnOnce(&Writing<'_>) -> Result<()>) -> Result<()> {
        drop(private_file::create_new(path, mode)?);
        let connection = connect(path)?;
        connection.pragma_update(None, "application_id", schema::APPLICATION_ID)?;
        prepare(&connection)?;
        schema::migrate(&connection)?;
        let store = Self { connection, path: path.to_owned() };
        let writing = store.write()?;
        fill(&writing)?;
        writing.commit()?;
        // The last one to close moves the log into the file, and removes it.
        store.connection.close().map_err(|(_, error)| StoreError::from(error))
    }

    /// Brings an older store to the present schema; gives the version it had.
    ///
    /// # Errors
    /// When a step fails; the store is as it was then.
    pub fn migrate(&self) -> Result<i64> {
        schema::migrate(&self.connection)
    }

    /// The version of the schema in the file.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn version(&self) -> Result<i64> {
        schema::version(&self.connection)
    }
}

/// The path with something added to its name, as SQLite does for its own companions.
fn beside(path: &Path, suffix: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(suffix);
    name.into()
}

/// Removes what a making that was interrupted left behind.
fn remove_with_companions(path: &Path) {
    for suffix in ["", "-wal", "-shm", "-journal"] {
        let _ = std::fs::remove_file(beside(path, suffix));
    }
}

fn connect(path: &Path) -> Result<Connection> {
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX | OpenFlags::SQLITE_OPEN_NOFOLLOW;
    let mut connection = Connection::open_with_flags(path, flags)?;
    connection.busy_handler(Some(wait_for_the_writer))?;
    Ok(connection)
}

/// Tells our file from others without writing to it.
fn identify(connection: &Connection, path: &Path) -> Result<()> {
    let not_ours = || StoreError::NotOurs(path.to_owned());
    match connection.query_row("PRAGMA application_id", [], |row| row.get::<_, i64>(0)) {
        Ok(schema::APPLICATION_ID) => Ok(()),
        Ok(_) => Err(not_ours()),
        Err(error) if error.sqlite_error_code() == Some(ErrorCode::NotADatabase) => Err(not_ours()),
        Err(error) => Err(error.into()),
    }
}

/// What every connection has. The log is a WAL (a backup comes without one), schema is not trusted and cannot be
/// edited through SQL, deleted rows are overwritten, and a commit is on the disk when it returns.
fn prepare(connection: &Connection) -> Result<()> {
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_DEFENSIVE, true)?;
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_TRUSTED_SCHEMA, false)?;
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_FKEY, true)?;
    connection.execute_batch(
        "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA secure_delete = ON; PRAGMA trusted_schema = OFF; PRAGMA foreign_keys = ON;",
    )?;
    Ok(())
}

/// A group that may read the file, and not write it, can do so only while -wal and -shm are there (SQLite, "Write-Ahead
/// Logging", section 7): they stay when the last of us closes the file.
fn keep_log_for_readers(connection: &Connection, path: &Path) -> Result<()> {
    let is_shared = path.metadata().is_ok_and(|facts| facts.permissions().mode() & 0o040 != 0);
    if is_shared {
        connection.file_control(rusqlite::MAIN_DB.into(), FileControl::PersistWal(&mut 1))?;
    }
    Ok(())
}

/// SQLite's own handler sleeps up to 100 ms between tries, so that under load some never get their turn; this one looks
/// each millisecond, with a jitter that differs between processes.
fn wait_for_the_writer(tries: i32) -> bool {
    thread_local!(static SINCE: Cell<Option<Instant>> = const { Cell::new(None) });
    if tries == 0 {
        SINCE.set(Some(Instant::now()));
    }
    if SINCE.get().is_some_and(|since| since.elapsed() >= PATIENCE) {
        return false;
    }
    let scattered = u64::from(std::process::id()).wrapping_mul(2_654_435_761) ^ u64::from(tries.unsigned_abs());
    std::thread::sleep(Duration::from_micros(500 + scattered.wrapping_mul(0x9e37_79b9_7f4a_7c15) % 1_000));
    true
}

#[cfg(test)]
impl Store {
    /// The pragmas as the connection has them.
    pub(crate) fn pragma(&self, name: &str) -> String {
        use rusqlite::types::Value;
        let value: Value = self.connection.query_row(&format!("PRAGMA {name}"), [], |row| row.get(0)).unwrap();
        match value {
            Value::Integer(number) => number.to_string(),
            Value::Text(text) => text,
            other => format!("{other:?}"),
        }
    }

    /// Whether the schema is protected.
    pub(crate) fn is_defensive(&self) -> bool {
        self.connection.db_config(DbConfig::SQLITE_DBCONFIG_DEFENSIVE).unwrap()
    }

    /// Statements that no other code may make, for tests that edit a store behind the program's back.
    pub(crate) fn tamper(&self, sql: &str) {
        self.connection.execute_batch(sql).unwrap();
    }
}
