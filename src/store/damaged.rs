//! A damaged store, opened for what can still be read of it.

use std::cell::Cell;
use std::path::Path;

use rusqlite::config::DbConfig;

use super::Result;
use super::Store;
use super::file_header;
use super::file_identity::FileIdentity;
use super::log_check;
use super::open::connect;
use super::room::Way;
use super::stop_signals::GuardedConnection;
use crate::private_file::Rule;

/// What is wrong with the write-ahead log of a store, a line each; empty: nothing, or there is none. Whoever opens the store and
/// closes it again removes a log that SQLite does not believe, so this comes first.
///
/// # Errors
/// When the log cannot be read.
pub fn log_faults(store: &Path) -> Result<Vec<String>> {
    log_check::faults(store)
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
}

impl DamagedStore {
    /// Opens a store that is damaged, to read what can still be read. Nothing is written, neither to the file nor to its log,
    /// and what SQLite cannot read of the schema is left out. The modes and the owner are checked as by [`Store::open`].
    ///
    /// # Errors
    /// When the file is missing or loose, or cannot be opened.
    pub fn open(path: &Path, rule: &Rule) -> Result<Self> {
        let (header_faults, log_faults) = (file_header::faults(path, rule)?, log_faults(path)?);
        let connection = connect(path, rule, Way::Shared)?;
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
            is_for_reading: true,
        };
        Ok(Self { store, header_faults, log_faults })
    }
}
