//! Whether somebody has changed the store since one looked.

use super::Result;
use super::Store;

impl Store {
    /// A number that is another one whenever another connection has committed a change since it was asked for last on this one
    /// (SQLite, "PRAGMA data_version"): much cheaper than reading again what may have changed. Numbers of two connections say
    /// nothing about each other.
    ///
    /// # Errors
    /// [`StoreError::Replaced`](super::StoreError::Replaced) when another file is in the place of the store, in which changes are made
    /// that this connection never sees; others when the store cannot be read.
    pub fn change_number(&self) -> Result<i64> {
        self.file.require_at(&self.path)?;
        Ok(self.connection.query_row("PRAGMA data_version", [], |row| row.get(0))?)
    }
}
