//! A copy of the store while others use it.

use std::io;
use std::path::Path;
use std::path::PathBuf;
use std::time::Duration;

use jiff::Timestamp;
use nix::errno::Errno;
use rusqlite::backup::Backup;
use rusqlite::backup::StepResult;

use super::ReadTransaction;
use super::Result;
use super::Store;
use super::StoreError;
use super::file_header::FileHeader;
use super::free_space::OpenMode;
use super::open::connect;
use super::open::refuse_leftovers;
use super::schema::APPLICATION_ID;
use super::time;
use crate::private_file;
use crate::private_file::FileError;
use crate::private_file::FinishedFile;
use crate::private_file::FsCredentials;
use crate::private_file::UnfinishedFile;
use crate::store::types::metadata::KEY_FINGERPRINT;

/// Pages copied in one step of a backup: 1 MiB, so that writers get their turn in between.
const PAGES_PER_STEP: i32 = 256;

/// How many backups that events tell of are looked for: those of a week, made each hour.
const MOST_BACKUPS: u32 = 168;

/// A copy of the store that is being written; dropping it removes what was written.
#[derive(Debug)]
pub struct BackupInProgress {
    pub(super) unfinished: UnfinishedFile,
    /// A file beside the store, which SQLite writes where others could put a `-journal` beside the copy itself.
    private: Option<UnfinishedFile>,
    /// Whether the copy is written where the operator wants it, with the process's own rights.
    has_own_rights: bool,
}

/// A copy of the store that is complete, and has no name yet; dropping it removes it.
#[derive(Debug)]
pub struct WrittenCopy {
    pub(super) unfinished: UnfinishedFile,
    /// What was copied into it, where SQLite may not open it.
    pub(super) private: Option<UnfinishedFile>,
    pub(super) has_own_rights: bool,
}

impl WrittenCopy {
    /// Gives the copy its name. It is on the disk when this returns; when it fails, there is none.
    ///
    /// # Errors
    /// When the disk does not take it, or a file came there meanwhile.
    pub fn finish(self) -> Result<FinishedFile> {
        Ok(self.unfinished.finish()?)
    }
}

impl StoreError {
    /// The error of writing a copy: that disk is full or fails, and not the one that holds the store.
    fn of_writing(self, copy: &UnfinishedFile) -> Self {
        let error = match self {
            // In the system's words, as where it is copied without SQLite.
            Self::Full => Errno::ENOSPC.into(),
            Self::Disk(words) | Self::ReadOnly(words) | Self::Closed(words) => io::Error::other(words),
            other => return other,
        };
        copy.problem("written", error).into()
    }
}

impl Store {
    /// The newest copy that an event tells of and that is still there, with the time of the event; `None`: there is none. It must
    /// look like a store, and belong to root, to the account that runs this or to that of the store, or it is passed over.
    pub fn newest_backup(&self, reading: &ReadTransaction<'_>) -> Option<(PathBuf, Timestamp)> {
        let sql = "SELECT details, time FROM events WHERE action = 'store backup' AND outcome = 'done' \
                   ORDER BY number DESC LIMIT ?1";
        let mut statement = reading.transaction.prepare(sql).ok()?;
        let rows = statement.query_map([MOST_BACKUPS], |row| Ok((row.get::<_, String>(0)?, row.get(1)?))).ok()?;
        // What is damaged is no help here, and not the end of the search.
        rows.filter_map(std::result::Result::ok).find_map(|(details, seconds)| {
            let details: serde_json::Value = serde_json::from_str(&details).ok()?;
            let path = Path::new(details.get("to")?.as_str()?);
            let file = private_file::open(path, &self.rule).ok().filter(|_| path.is_absolute())?;
            let header = FileHeader::read(&file).ok()??;
            let is_ours = header.application_id == APPLICATION_ID && header.size(file.metadata().ok()?.len()).is_ok();
            is_ours.then(|| (path.to_owned(), time(seconds)))
        })
    }

    /// Begins a copy of the store in a new file of mode 0600.
    ///
    /// # Errors
    /// When there is a file already, or none can be created there, or its name is one of SQLite's or the program's own, or
    /// the log of another one is beside it: SQLite would play that back into the copy when it opens it.
    pub fn begin_copy(&self, destination: &Path) -> Result<BackupInProgress> {
        let unfinished = UnfinishedFile::begin(destination)?;
        let is_safe = {
            let _own = FsCredentials::own();
            refuse_leftovers(destination)?;
            // Not even the account of the store may exchange what SQLite opens with the process's own rights.
            match private_file::check_database_place(destination, &self.rule.owned_also_by(None)) {
                Ok(()) => true,
                Err(
                    FileError::Parent { .. }
                    | FileError::ParentOwner { .. }
                    | FileError::Owner { .. }
                    | FileError::DefaultAcl { .. },
                ) => false,
                Err(problem) => return Err(problem.into()),
            }
        };
        let private = if is_safe { None } else { Some(self.private_copy()?) };
        Ok(BackupInProgress { unfinished, private, has_own_rights: true })
    }

    /// Begins a copy beside the store, as a file of the store's account. It is locked: what a killed process leaves is told from
    /// what is being written.
    pub(super) fn begin_copy_beside(&self, kept: &Path) -> Result<BackupInProgress> {
        let unfinished = UnfinishedFile::begin_with_present_rights(kept)?;
        refuse_leftovers(kept)?;
        unfinished.give_to_owner_of(&self.path)?;
        Ok(BackupInProgress { unfinished, private: None, has_own_rights: false })
    }

    fn private_copy(&self) -> Result<UnfinishedFile> {
        private_file::check_database_place(&self.path, &self.rule)?;
        Ok(UnfinishedFile::beside(&self.path, 0o600)?)
    }

    /// Copies the store, as it is at one moment, while others use it. The copy has no name yet when this returns; when it fails, there
    /// is none.
    ///
    /// # Errors
    /// When one of the two cannot be read or written.
    pub fn write_copy(&self, backup: BackupInProgress) -> Result<WrittenCopy> {
        let BackupInProgress { unfinished, private, has_own_rights } = backup;
        match &private {
            None => self.copy_into(unfinished.path(), has_own_rights).map_err(|error| error.of_writing(&unfinished))?,
            Some(private) => {
                self.copy_into(private.path(), false)?;
                let mut bytes = private_file::open(private.path(), &self.rule)?;
                io::copy(&mut bytes, &mut unfinished.writer()?)
                    .map_err(|error| unfinished.problem("written", error))?;
            }
        }
        Ok(WrittenCopy { unfinished, private, has_own_rights })
    }

    fn copy_into(&self, destination: &Path, has_own_rights: bool) -> Result<()> {
        // A reader keeps its moment: without this, each commit of another process would make the copy start again, and it
        // would never end while somebody writes all the time.
        let reading = self.read()?;
        reading.fact(KEY_FINGERPRINT)?;
        // SQLite has opened its files of the store by now; those of the copy are where the operator wants them.
        let _own = has_own_rights.then(FsCredentials::own);
        let mut copy = connect(destination, &self.rule, OpenMode::Shared)?;
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
