//! A damaged store, opened to read as much of it as possible.

use std::cell::Cell;
use std::path::Path;
use std::time::Instant;

use rusqlite::config::DbConfig;

use super::Result;
use super::Store;
use super::file_header;
use super::file_identity::FileIdentity;
use super::free_space::OpenMode;
use super::guarded_connection::GuardedConnection;
use super::log_check;
use super::open::connect;
use super::schema;
use super::schema::Schema;
use crate::private_file::Rule;

/// The faults of the write-ahead log of a store, one line each; empty: it has none, or there is no log. Call this before the store
/// is opened: a process that opens and closes the store removes a log that SQLite does not accept.
///
/// # Errors
/// When the log cannot be read.
pub fn log_faults(store: &Path) -> Result<Vec<String>> {
    log_check::faults(store)
}

/// Whether a file that does not begin as a store may be a damaged one: the mark of the program is in its header, or tables of the
/// program are near its beginning. No other file is, even if the operator named it.
pub fn may_be_store(path: &Path) -> bool {
    file_header::has_mark(path)
}

/// The SQL that completes what `sqlite3` recovered from a store with this schema version. It sets the two numbers in the header
/// that identify a store, which `.dump` leaves out, and drops the table of rows whose table `.recover` does not know, which is not
/// in the schema.
pub fn completing_sql(schema_version: i64) -> String {
    let mark = schema::APPLICATION_ID;
    format!("DROP TABLE IF EXISTS lost_and_found; PRAGMA application_id={mark}; PRAGMA user_version={schema_version};")
}

/// A damaged store, and the faults that were found before SQLite opened it: to close another descriptor of the file would drop the
/// locks of SQLite.
#[derive(Debug)]
pub struct DamagedStore {
    /// The store.
    pub store: Store,
    /// The faults of the header of the file, one line each; empty: none.
    pub header_faults: Vec<String>,
    /// As [`log_faults`].
    pub log_faults: Vec<String>,
    /// The schema version in the header; the current one if the header has none that this program knows.
    pub schema_version: i64,
}

impl DamagedStore {
    /// Opens a damaged store to read as much of it as possible. Nothing is written, neither to the file nor to its log. Parts of
    /// the schema that SQLite cannot read are left out. The modes and the owner are checked as by [`Store::open`].
    ///
    /// # Errors
    /// When the file is missing or loose, or cannot be opened.
    pub fn open(path: &Path, rule: &Rule) -> Result<Self> {
        let (header, header_faults) = file_header::examine(path, rule)?;
        let log_faults = log_faults(path)?;
        let known = header.map(|header| header.schema_version).filter(|version| Schema::CURRENT.knows(*version));
        let connection = connect(path, rule, OpenMode::Shared)?;
        connection.set_db_config(DbConfig::SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, true)?;
        connection.set_db_config(DbConfig::SQLITE_DBCONFIG_TRUSTED_SCHEMA, false)?;
        // Nothing is written to the schema, because of `query_only`. SQLite skips the parts of a schema that it cannot read only if
        // the schema is writable.
        connection.execute_batch("PRAGMA query_only = ON; PRAGMA writable_schema = ON")?;
        let store = Store {
            connection: GuardedConnection::new(connection),
            path: path.to_owned(),
            file: FileIdentity::at(path)?,
            rule: *rule,
            notes_changes: Cell::default(),
            keeps_erased: Cell::default(),
            was_free: Cell::new(Instant::now()),
            is_for_reading: true,
            schema: &Schema::CURRENT,
        };
        Ok(Self { store, header_faults, log_faults, schema_version: known.unwrap_or(schema::VERSION) })
    }
}
