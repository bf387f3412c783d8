//! Is the store whole, and a copy of it.

use std::path::Path;
use std::time::Duration;

use rusqlite::Connection;
use rusqlite::OpenFlags;
use rusqlite::backup::Backup;
use rusqlite::backup::StepResult;

use super::Reading;
use super::Result;
use super::Store;
use super::StoreError;
use super::open::remove_with_companions;
use super::open::resolved;
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

/// A copy of the store in the making; dropping it removes what was written.
#[derive(Debug)]
pub struct Copying {
    unfinished: Unfinished,
}

impl Store {
    /// Begins a copy of the store in a new file of mode 0600.
    ///
    /// # Errors
    /// When there is a file already, or none can be made there.
    pub fn begin_copy(&self, destination: &Path) -> Result<Copying> {
        Ok(Copying { unfinished: Unfinished::begin(destination)? })
    }

    /// Copies the store, as it is at one moment, while others go on working. The copy is on the disk when this returns;
    /// when it fails, there is none.
    ///
    /// # Errors
    /// When one of the two cannot be read or written, or a file came there meanwhile.
    pub fn finish_copy(&self, copying: Copying) -> Result<()> {
        let Copying { unfinished } = copying;
        let copied = self.copy_into(unfinished.path());
        if copied.is_err() {
            remove_with_companions(unfinished.path());
        }
        copied?;
        Ok(unfinished.finish()?)
    }

    pub(super) fn copy_into(&self, destination: &Path) -> Result<()> {
        // Whoever reads keeps his moment: without this, each commit of another process would make the copy start again,
        // and it would never end while somebody writes all the time.
        let reading = self.read()?;
        reading.newest_event()?;
        let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let mut copy = Connection::open_with_flags(resolved(destination)?, flags)?;
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
        let mode: String = copy.query_row("PRAGMA journal_mode = DELETE", [], |row| row.get(0))?;
        if mode != "delete" {
            return Err(StoreError::Disk(format!("the copy's log cannot be moved into it (journal mode {mode})")));
        }
        copy.close().map_err(|(_, error)| StoreError::from(error))
    }
}
