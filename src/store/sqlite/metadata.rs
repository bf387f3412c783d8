//! Single facts about the store itself.

use rusqlite::OptionalExtension as _;
use rusqlite::params;

use super::ReadTransaction;
use super::Result;
use super::WriteTransaction;
use super::damage;

impl ReadTransaction<'_> {
    /// A fact by its name.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn fact(&self, name: &str) -> Result<Option<Vec<u8>>> {
        let mut statement = self.transaction.prepare_cached("SELECT name, value FROM metadata WHERE name = ?1")?;
        Ok(statement.query_row([name], |row| damage::named("metadata", row, |row| row.get(1))).optional()?)
    }
}

impl WriteTransaction<'_> {
    /// Sets a fact.
    ///
    /// # Errors
    /// When the store cannot be written.
    pub fn set_fact(&self, name: &str, value: &[u8]) -> Result<()> {
        let sql = "INSERT INTO metadata (name, value) VALUES (?1, ?2) ON CONFLICT (name) DO UPDATE SET value = excluded.value";
        self.transaction.execute(sql, params![name, value])?;
        Ok(())
    }

    /// Deletes a fact.
    ///
    /// # Errors
    /// When the store cannot be written.
    pub fn delete_fact(&self, name: &str) -> Result<()> {
        self.transaction.execute("DELETE FROM metadata WHERE name = ?1", [name])?;
        Ok(())
    }
}
