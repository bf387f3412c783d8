//! Is the store whole, and a copy of it.

use std::path::Path;
use std::time::Duration;

use rusqlite::Connection;
use rusqlite::backup::Backup;
use rusqlite::backup::StepResult;

use super::Reading;
use super::Result;
use super::Store;
use super::StoreError;
use crate::private_file::Unfinished;

/// Pages copied in one step of a backup: 1 MiB, so that writers get their turn in between.
const PAGES_PER_STEP: i32 = 256;

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
}

impl Store {
    /// Copies the store, as it is at one moment, into a new file of mode 0600, while others go on working. The copy is on
    /// the disk when this returns; when it fails, there is none.
    ///
    /// # Errors
    /// When there is a file already, or one of the two cannot be read or written.
    pub fn back_up(&self, destination: &Path) -> Result<()> {
        let unfinished = Unfinished::begin(destination)?;
        self.copy_into(unfinished.path())?;
        Ok(unfinished.finish()?)
    }

    fn copy_into(&self, destination: &Path) -> Result<()> {
        let mut copy = Connection::open(destination)?;
        let backup = Backup::new(&self.connection, &mut copy)?;
        loop {
            match backup.step(PAGES_PER_STEP)? {
                StepResult::Done => break,
                StepResult::Busy | StepResult::Locked => std::thread::sleep(Duration::from_millis(1)),
                _ => {}
            }
        }
        drop(backup);
        // One file, no -wal beside it: what is copied elsewhere is complete. The next opening makes it WAL again.
        copy.query_row("PRAGMA journal_mode = DELETE", [], |row| row.get::<_, String>(0))?;
        copy.close().map_err(|(_, error)| StoreError::from(error))
    }
}
