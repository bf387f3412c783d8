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

/// What is wrong with the header of a store, a line each; empty: nothing. This too must come before SQLite opens the file: closing
/// another descriptor of it would drop SQLite's locks.
///
/// # Errors
/// When the file is not as the rule says, or cannot be read.
pub fn header_faults(store: &Path, rule: &Rule) -> Result<Vec<String>> {
    file_header::faults(store, rule)
}

impl Store {
    /// Opens a store that is damaged, to read what can still be read. Nothing is written, neither to the file nor to its log,
    /// and what SQLite cannot read of the schema is left out. The modes and the owner are checked as by [`Store::open`].
    ///
    /// # Errors
    /// When the file is missing or loose, or cannot be opened.
    pub fn open_damaged(path: &Path, rule: &Rule) -> Result<Self> {
        let connection = connect(path, rule, Way::Shared)?;
        connection.set_db_config(DbConfig::SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, true)?;
        connection.set_db_config(DbConfig::SQLITE_DBCONFIG_TRUSTED_SCHEMA, false)?;
        // Not to write it, which `query_only` forbids: SQLite reads a schema as far as it can only where it may be edited.
        connection.execute_batch("PRAGMA query_only = ON; PRAGMA writable_schema = ON")?;
        Ok(Self {
            connection: GuardedConnection::new(connection),
            path: path.to_owned(),
            file: FileIdentity::at(path)?,
            rule: *rule,
            notes_changes: Cell::default(),
            is_for_reading: true,
        })
    }
}
