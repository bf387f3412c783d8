//! A damaged store, opened for what can still be read of it.

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

/// What is wrong with the write-ahead log of a store, a line each; empty: nothing, or there is none. A process that opens the store and
/// closes it again removes a log that SQLite does not believe, so this comes first.
///
/// # Errors
/// When the log cannot be read.
pub fn log_faults(store: &Path) -> Result<Vec<String>> {
    log_check::faults(store)
}

/// Whether a file that does not begin as a store may be one that was damaged: its header has the mark of one, or tables of one are
/// near its beginning. Any other file is none, whatever the operator named.
pub fn may_be_store(path: &Path) -> bool {
    file_header::has_mark(path)
}

/// The statements that complete what `sqlite3` recovered of a store with this schema version: the two numbers in the header by which
/// a store is known, which `.dump` leaves out. Rows of which `.recover` does not know the table would be a table of no store.
pub fn completing_sql(schema_version: i64) -> String {
    let mark = schema::APPLICATION_ID;
    format!("DROP TABLE IF EXISTS lost_and_found; PRAGMA application_id={mark}; PRAGMA user_version={schema_version};")
}

/// A damaged store, and what was found before SQLite opened it: closing another descriptor of the file would drop SQLite's locks.
#[derive(Debug)]
pub struct DamagedStore {
    /// The store.
    pub store: Store,
    /// What is wrong with the header of the file, a line each; empty: nothing.
    pub header_faults: Vec<String>,
    /// As [`log_faults`].
    pub log_faults: Vec<String>,
    /// The schema version that the header says; the present one where it says none that this program knows.
    pub schema_version: i64,
}

impl DamagedStore {
    /// Opens a store that is damaged, to read what can still be read. Nothing is written, neither to the file nor to its log,
    /// and what SQLite cannot read of the schema is left out. The modes and the owner are checked as by [`Store::open`].
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
        // Not to write it, which `query_only` forbids: SQLite reads a schema as far as it can only where it may be edited.
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
