//! Opens and creates the file: first the modes, then SQLite, then the settings of every connection.

use std::cell::Cell;
use std::os::unix::fs::MetadataExt as _;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::path::PathBuf;
use std::time::Instant;

use nix::unistd::geteuid;
use rusqlite::Connection;
use rusqlite::ErrorCode;
use rusqlite::FileControl;
use rusqlite::OpenFlags;
use rusqlite::config::DbConfig;

use super::Result;
use super::Store;
use super::StoreError;
use super::WriteTransaction;
use super::denied::denied;
use super::denied::of_other_file;
use super::file_identity::FileIdentity;
use super::file_system;
use super::free_space;
use super::free_space::LOG_PAGES;
use super::free_space::OpenMode;
use super::functions;
use super::guarded_connection::GuardedConnection;
use super::log_space::empty_log;
use super::paths::beside;
use super::paths::directory_of;
use super::paths::resolved;
use super::schema;
use super::schema::Schema;
use super::waiting::wait_for_the_writer;
use crate::private_file;
use crate::private_file::COMPANIONS;
use crate::private_file::FileError;
use crate::private_file::Rule;
use crate::private_file::UnfinishedFile;
use crate::store::stop_signals;
use crate::store::types::open::ExpectedVersion;

/// How many prepared statements a connection keeps: at least as many as the code prepares with a cache. Each turn of the outbox
/// needs some twenty; with a smaller cache they would be prepared again each time.
const STATEMENTS: usize = 128;

impl Store {
    /// Opens an existing store. The modes and the owner of the file, of what SQLite keeps beside it and of its directory
    /// are checked by `rule` before SQLite touches it; a file that is not ours, or of another version, is left as it is.
    ///
    /// # Errors
    /// When the file is missing, loose, not ours, of another version, or cannot be read.
    pub fn open(path: &Path, rule: &Rule, expect: ExpectedVersion) -> Result<Self> {
        Self::open_named(path, path, rule, expect, &Schema::CURRENT)
    }

    /// As [`Store::open`], with this schema, so that an upgrade can be tested before there is a second schema.
    ///
    /// # Errors
    /// As [`Store::open`].
    pub fn open_with_schema(
        path: &Path,
        rule: &Rule,
        expect: ExpectedVersion,
        schema: &'static Schema,
    ) -> Result<Self> {
        Self::open_named(path, path, rule, expect, schema)
    }

    /// As [`Store::open`], for a private copy of the file that the operator `named`, which is the one to be told of. It is put on the
    /// disk when it gets its name, and not before.
    pub(super) fn open_named(
        path: &Path,
        named: &Path,
        rule: &Rule,
        expect: ExpectedVersion,
        schema: &'static Schema,
    ) -> Result<Self> {
        // The first process that opens a file after a crash applies its log, under a lock.
        let _deferred = stop_signals::defer();
        // Closing the file of another program, or of a newer version, must not move its log into it.
        let had_log = beside(path, "-wal").exists();
        let open = |way| match connect(path, rule, way) {
            Err(StoreError::Loose(FileError::Missing { .. })) => Err(StoreError::Missing(named.to_owned())),
            Err(error) => Err(error),
            Ok(connection) => {
                connection.set_db_config(DbConfig::SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, had_log)?;
                identify(&connection, named)?;
                Ok(connection)
            }
        };
        let (connection, is_for_reading) = free_space::open_for_what_is_possible(path, open)?;
        let (found, known) = (schema::version(&connection)?, schema.version());
        if !(0..=schema::HIGHEST_VERSION).contains(&found) {
            return Err(StoreError::Corrupt(format!(
                "its header says schema version {found}, which no program creates"
            )));
        }
        if found > known {
            return Err(StoreError::Newer { path: named.to_owned(), found, known });
        }
        if found < 1 {
            return Err(StoreError::Empty(named.to_owned()));
        }
        if !schema.knows(found) {
            return Err(StoreError::PreRelease { path: named.to_owned(), found });
        }
        if found < known && expect == ExpectedVersion::Current {
            return Err(StoreError::Older { path: named.to_owned(), found, known });
        }
        // The process that kept the log from being emptied may have filled the disk and ended.
        let (connection, is_for_reading) = free_space::after_write_back((connection, is_for_reading), path, open)?;
        prepare(&connection, if path == named { "FULL" } else { "OFF" })?;
        // If there is no space, nothing is written, and the log remains as it is.
        connection.set_db_config(DbConfig::SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, is_for_reading)?;
        Ok(Self {
            connection: GuardedConnection::new(connection),
            path: path.to_owned(),
            file: FileIdentity::at(path)?,
            rule: *rule,
            notes_changes: Cell::default(),
            keeps_erased: Cell::default(),
            was_free: Cell::new(Instant::now()),
            is_for_reading,
            schema,
        })
    }

    /// Checks whether a store can be created at this path, before anything is written. Nobody else may be able to write in its
    /// directory, which may not exist yet, and its file system must be one on which a store is not damaged.
    ///
    /// # Errors
    /// [`StoreError::Loose`] and [`StoreError::FileSystem`].
    pub fn check_place(path: &Path, mode: u32) -> Result<()> {
        private_file::refuse_reserved(path)?;
        file_system::refuse_unsafe(directory_of(path))?;
        match private_file::check_database_place(path, &rule_of_new(path, mode)) {
            Err(FileError::Missing { .. }) => Ok(()),
            checked => Ok(checked?),
        }
    }

    /// Creates a new store with this mode, filled by `fill`. It is created under another name in the same directory, and renamed
    /// when it is complete and on the disk, so that there is never an incomplete store.
    ///
    /// # Errors
    /// [`StoreError::Exists`] when there is a file; others when it cannot be made.
    pub fn create(path: &Path, mode: u32, fill: impl FnOnce(&WriteTransaction<'_>) -> Result<()>) -> Result<()> {
        // So that a run that fails can tell whether another one is creating the store and needs the key that it left.
        let alone = std::fs::File::open(directory_of(path)).and_then(|directory| directory.lock().map(|()| directory));
        if path.symlink_metadata().is_ok() {
            return Err(StoreError::Exists(path.to_owned()));
        }
        refuse_leftovers(path)?;
        Self::check_place(path, mode)?;
        let rule = rule_of_new(path, mode);
        let unfinished = UnfinishedFile::beside(path, mode)?;
        Self::create_at(unfinished.path(), &rule, fill)?;
        match unfinished.finish() {
            Err(FileError::Exists { .. }) => return Err(StoreError::Exists(path.to_owned())),
            finished => drop(finished?),
        }
        drop(alone);
        Ok(())
    }

    /// Writes a new store into an empty file.
    fn create_at(path: &Path, rule: &Rule, fill: impl FnOnce(&WriteTransaction<'_>) -> Result<()>) -> Result<()> {
        let connection = connect(path, rule, OpenMode::Shared)?;
        connection.pragma_update(None, "application_id", schema::APPLICATION_ID)?;
        prepare(&connection, "FULL")?;
        schema::migrate(&connection, &Schema::CURRENT)?;
        let store = Self {
            connection: GuardedConnection::new(connection),
            path: path.to_owned(),
            file: FileIdentity::at(path)?,
            rule: *rule,
            notes_changes: Cell::default(),
            keeps_erased: Cell::default(),
            was_free: Cell::new(Instant::now()),
            is_for_reading: false,
            schema: &Schema::CURRENT,
        };
        let writing = store.write()?;
        fill(&writing)?;
        writing.commit()?;
        store.close_whole()
    }

    /// Closes the store with its log moved into the file, so that the file alone is the whole store.
    ///
    /// # Errors
    /// When the disk does not take it.
    pub(super) fn close_whole(self) -> Result<()> {
        let _deferred = stop_signals::defer();
        empty_log(&self.connection)
    }

    /// Upgrades an older store to the current schema; returns the version that it had.
    ///
    /// # Errors
    /// When a step fails; the store is as it was then.
    pub fn migrate(&self) -> Result<i64> {
        let _deferred = stop_signals::defer();
        schema::migrate(&self.connection, self.schema)
    }

    /// The version to which [`Store::migrate`] upgrades it.
    pub fn newest_version(&self) -> i64 {
        self.schema.version()
    }

    /// The version of the schema in the file.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn version(&self) -> Result<i64> {
        schema::version(&self.connection)
    }
}

/// The rule for a store that is being created. root may create one in the directory of the account that it is for.
fn rule_of_new(path: &Path, mode: u32) -> Rule {
    let rule = Rule::store(mode & 0o040 != 0);
    let owner = directory_of(path).metadata().ok().map(|directory| directory.uid());
    if geteuid().is_root() { rule.owned_also_by(owner) } else { rule }
}

/// Refuses a path with the log of another store beside it, which SQLite would apply to the new one.
pub(super) fn refuse_leftovers(place: &Path) -> Result<()> {
    companion_of(place).map_or(Ok(()), |path| Err(StoreError::Leftover(path)))
}

/// The first of the files that SQLite keeps beside a database.
pub(super) fn companion_of(path: &Path) -> Option<PathBuf> {
    COMPANIONS.map(|suffix| beside(path, suffix)).into_iter().find(|companion| companion.symlink_metadata().is_ok())
}

/// The only function that opens an SQLite file. It first checks the file, the files that SQLite keeps beside it, and their
/// directory. While that directory is safe, nobody else can replace anything between the check and the opening.
pub(super) fn connect(path: &Path, rule: &Rule, way: OpenMode) -> Result<Connection> {
    private_file::check_database(path, rule).map_err(|problem| of_other_file(problem, path))?;
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX | OpenFlags::SQLITE_OPEN_NOFOLLOW;
    let resolved = resolved(path)?;
    let (name, flags) = match way {
        OpenMode::Shared | OpenMode::Alone => (resolved.clone(), flags),
        OpenMode::Unchanging => (free_space::unchanging(&resolved), flags | OpenFlags::SQLITE_OPEN_URI),
    };
    let mut connection = Connection::open_with_flags(name, flags).map_err(|error| denied(error, path))?;
    connection.busy_handler(Some(wait_for_the_writer))?;
    connection.set_prepared_statement_cache_capacity(STATEMENTS);
    if way == OpenMode::Alone {
        connection.pragma_update(None, "locking_mode", "EXCLUSIVE")?;
    }
    keep_log_for_readers(&connection, path)?;
    functions::register(&connection)?;
    free_space::choose_directory_for_temporary_files(&connection, directory_of(&resolved))?;
    Ok(connection)
}

/// Checks that the file is ours, without writing to it, and that its header is not damaged so that SQLite would only read it.
pub(super) fn identify(connection: &Connection, path: &Path) -> Result<()> {
    let was_for_reading = connection.is_readonly(rusqlite::MAIN_DB)?;
    let not_ours = || StoreError::NotOurs(path.to_owned());
    match connection.query_row("PRAGMA application_id", [], |row| row.get::<_, i64>(0)) {
        Ok(schema::APPLICATION_ID) => {}
        Ok(_) => return Err(not_ours()),
        Err(error) if error.sqlite_error_code() == Some(ErrorCode::NotADatabase) => return Err(not_ours()),
        Err(error) => return Err(error.into()),
    }
    // SQLite opened it for writing, and has read the header since.
    if !was_for_reading && connection.is_readonly(rusqlite::MAIN_DB)? {
        return Err(StoreError::Corrupt("its header names a write version that there is not".to_owned()));
    }
    Ok(())
}

/// What every connection has. A statement is planned once, whatever its values (SQLite would otherwise plan some anew each
/// time they are given other ones); the log is a WAL (a backup comes without one), schema is not trusted and cannot be
/// edited through SQL, deleted rows are overwritten, and a commit is on the disk when it returns if `synchronous` is FULL. The log is
/// moved into the file when it has [`LOG_PAGES`].
fn prepare(connection: &Connection, synchronous: &str) -> Result<()> {
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_DEFENSIVE, true)?;
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_TRUSTED_SCHEMA, false)?;
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_FKEY, true)?;
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true)?;
    // It also applies to the change to a WAL.
    connection.pragma_update(None, "synchronous", synchronous)?;
    connection.execute_batch(
        "PRAGMA journal_mode = WAL; PRAGMA secure_delete = ON; PRAGMA trusted_schema = OFF; PRAGMA foreign_keys = ON;",
    )?;
    connection.pragma_update(None, "wal_autocheckpoint", LOG_PAGES)?;
    Ok(())
}

/// A group that may only read the file can do so only while -wal and -shm exist (SQLite, "Write-Ahead Logging", section 7), so they
/// remain when the last process of ours closes the file.
fn keep_log_for_readers(connection: &Connection, path: &Path) -> Result<()> {
    let is_shared = path.metadata().is_ok_and(|metadata| metadata.permissions().mode() & 0o040 != 0);
    if is_shared {
        connection.file_control(rusqlite::MAIN_DB.into(), FileControl::PersistWal(&mut 1))?;
    }
    Ok(())
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

#[cfg(test)]
mod tests {
    use super::*;

    /// A new store in a directory of its own, opened.
    fn opened() -> (tempfile::TempDir, Store) {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("store.db");
        Store::create(&path, 0o600, |_| Ok(())).unwrap();
        let store = Store::open(&path, &Rule::store(false), ExpectedVersion::Current).unwrap();
        (directory, store)
    }

    #[test]
    fn every_connection_is_durable_and_trusts_no_schema() {
        let (_folder, store) = opened();
        let had = ["journal_mode", "synchronous", "foreign_keys", "trusted_schema", "secure_delete", "application_id"]
            .map(|name| store.pragma(name));
        assert_eq!(had, ["wal", "2", "1", "0", "1", "1129860417"]);
        assert_eq!(store.pragma("wal_autocheckpoint"), LOG_PAGES.to_string());
        assert!(store.is_defensive());
    }

    #[test]
    fn the_schema_cannot_be_edited_through_sql() {
        let (_folder, store) = opened();
        store.tamper("PRAGMA writable_schema = ON");
        assert!(store.connection.execute("DELETE FROM sqlite_schema", []).is_err());
    }

    #[test]
    fn a_row_that_refers_to_nothing_is_refused_and_found_when_it_is_there_all_the_same() {
        let (_folder, store) = opened();
        let stray = "INSERT INTO role_permissions (role_id, permission) VALUES (99, 'view-users')";
        assert!(store.connection.execute(stray, []).is_err());
        store.tamper("PRAGMA foreign_keys = OFF");
        store.tamper(stray);
        assert_eq!(store.read().unwrap().dangling_references().unwrap(), ["role_permissions: row ?"]);
        assert!(store.read().unwrap().integrity_faults().unwrap().is_empty());
    }

    #[test]
    fn a_reading_sees_one_moment_and_a_dropped_writing_leaves_nothing() {
        let (_folder, store) = opened();
        let other = Store::open(store.path(), &Rule::store(false), ExpectedVersion::Current).unwrap();
        let reading = store.read().unwrap();
        assert_eq!(reading.fact("x").unwrap(), None);
        let writing = other.write().unwrap();
        writing.set_fact("x", b"1").unwrap();
        writing.commit().unwrap();
        assert_eq!(reading.fact("x").unwrap(), None);
        drop(reading);
        let writing = store.write().unwrap();
        writing.set_fact("x", b"2").unwrap();
        drop(writing);
        assert_eq!(store.read().unwrap().fact("x").unwrap(), Some(b"1".to_vec()));
    }

    #[test]
    fn nothing_is_written_into_a_file_that_is_no_longer_at_its_path() {
        let (directory, store) = opened();
        let reserved = directory.path().join("aside.db");
        let is_replaced = |written: Result<WriteTransaction<'_>>| matches!(written, Err(StoreError::Replaced(path)) if path == store.path());
        std::fs::rename(store.path(), &reserved).unwrap();
        assert!(is_replaced(store.write()));
        std::fs::copy(&reserved, store.path()).unwrap();
        assert!(is_replaced(store.write()));
        std::fs::rename(&reserved, store.path()).unwrap();
        assert!(store.write().is_ok());
    }
}
