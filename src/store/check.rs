//! Whether the store is whole.

use super::Reading;
use super::Result;
use super::schema;

impl Reading<'_> {
    /// What SQLite's `integrity_check` finds wrong, at most 100 lines; empty: nothing.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn integrity_faults(&self) -> Result<Vec<String>> {
        let mut statement = self.transaction.prepare("PRAGMA integrity_check")?;
        let lines = statement.query_map([], |row| row.get(0))?.collect::<rusqlite::Result<Vec<String>>>()?;
        Ok(lines.into_iter().filter(|line| line != "ok").collect())
    }

    /// Rows that refer to rows which are not there, as "table: row"; empty: none.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn dangling_references(&self) -> Result<Vec<String>> {
        let mut statement = self.transaction.prepare("PRAGMA foreign_key_check")?;
        let lines = statement.query_map([], |row| {
            let (table, number): (String, Option<i64>) = (row.get(0)?, row.get(1)?);
            Ok(format!("{table}: row {}", number.map_or("?".to_owned(), |number| number.to_string())))
        })?;
        Ok(lines.collect::<rusqlite::Result<_>>()?)
    }

    /// How the schema differs from the one that the program creates, a line each; empty: not at all.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn schema_differences(&self) -> Result<Vec<String>> {
        schema::differences(&self.transaction)
    }
}
