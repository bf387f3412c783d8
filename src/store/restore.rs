//! A copy of the store, put in its place.

use std::path::Path;
use std::path::PathBuf;
use std::thread;
use std::time::Duration;
use std::time::Instant;

use jiff::Timestamp;
use rusqlite::backup::Backup;
use rusqlite::backup::StepResult;
use rusqlite::params;

use super::Result;
use super::Store;
use super::StoreError;
use super::Writing;
use super::lock::lock_all;
use super::open::Expect;
use super::open::PATIENCE;
use super::open::beside;
use super::open::connect;
use super::open::refuse_leftovers;
use super::open::remove_with_companions;
use super::stop_signals;
use crate::private_file;
use crate::private_file::Problem;
use crate::private_file::Rule;

/// Why what waits in a restored copy is not simply sent.
const WHY: &str = "restored from a copy: it may have been sent since the copy was made";

/// A copy that is to be put in the store's place, under another name beside it until it is ready. What is not put in place
/// is removed.
#[derive(Debug)]
pub struct Restoring {
    place: PathBuf,
    path: PathBuf,
}

/// What a copy claims that may not be true any more.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Unsettled {
    /// Links that could have been used.
    pub links: u64,
    /// Messages that waited.
    pub messages: u64,
    /// Jobs that ran.
    pub jobs: u64,
}

impl Restoring {
    /// Copies a copy to a file beside the store's place, and opens it there, in the present schema.
    ///
    /// # Errors
    /// When the file is missing, loose, not ours, of a newer version, or cannot be read, or the disk is full.
    pub fn begin(copy: &Path, place: &Path, rule: &Rule) -> Result<(Self, Store)> {
        if place.symlink_metadata().is_err() {
            refuse_leftovers(place)?;
        }
        let source = Store::open(copy, rule, Expect::CurrentOrOlder).map_err(|error| match error {
            StoreError::Missing(path) => StoreError::Loose(Problem::Missing { path }),
            other => other,
        })?;
        let path = beside(place, ".restoring");
        remove_with_companions(&path);
        let restoring = Self { place: place.to_owned(), path };
        drop(private_file::create_new(&restoring.path, 0o600)?);
        source.copy_into(&restoring.path)?;
        let store = Store::open(&restoring.path, rule, Expect::CurrentOrOlder)?;
        store.migrate()?;
        Ok((restoring, store))
    }

    /// Puts the copy in the store's place: over the store that is there, in one transaction that others see whole, or as a
    /// new file. `store` is what [`Restoring::begin`] opened.
    ///
    /// # Errors
    /// When the store that is there is in use for too long, or the disk does not take it. It is as it was then.
    pub fn finish(self, store: Store) -> Result<()> {
        if self.place.symlink_metadata().is_ok() {
            // Whoever sends would settle messages that are not there any more.
            let Some(_all) = lock_all(&self.place)? else { return Err(StoreError::Sending) };
            return overwrite(&store, &self.place);
        }
        refuse_leftovers(&self.place)?;
        store.close_whole()?;
        Ok(private_file::move_new(&self.path, &self.place)?)
    }
}

impl Drop for Restoring {
    fn drop(&mut self) {
        remove_with_companions(&self.path);
    }
}

fn overwrite(from: &Store, place: &Path) -> Result<()> {
    let _deferred = stop_signals::defer();
    let mut to = connect(place)?;
    to.pragma_update(None, "synchronous", "FULL")?;
    let began = Instant::now();
    let backup = Backup::new(&from.connection, &mut to)?;
    // All pages at once: between two steps others would see half of each.
    while !matches!(backup.step(-1)?, StepResult::Done) {
        if began.elapsed() >= PATIENCE {
            return Err(StoreError::Busy);
        }
        thread::sleep(Duration::from_millis(1));
    }
    drop(backup);
    to.close().map_err(|(_, error)| StoreError::from(error))
}

impl Writing<'_> {
    /// Makes a copy safe to go on from: what it says of links and messages was true when it was made. Open links die, what
    /// waits is in doubt, and jobs that ran wait for an operator, because sending them again could mail everybody twice.
    ///
    /// # Errors
    /// When the store cannot be written.
    pub fn unsettle(&self, now: Timestamp) -> Result<Unsettled> {
        let now = now.as_second();
        let links = self.transaction.execute(
            "UPDATE message SET revoked_at = ?1, revoked_why = 'restored from a copy' WHERE life IS NOT NULL \
             AND used_at IS NULL AND revoked_at IS NULL AND expires_at IS NOT NULL \
             AND state IN ('accepted', 'failed', 'cancelled')",
            [now],
        )?;
        let messages = self.transaction.execute(
            "UPDATE message SET state = 'in doubt', sender = NULL, due_at = ?1, reply = ?2, \
             handed_at = coalesce(handed_at, last_try_at, ?1), doubts = doubts + 1 \
             WHERE state IN ('queued', 'sending', 'deferred', 'in doubt')",
            params![now, WHY],
        )?;
        let jobs =
            self.transaction.execute("UPDATE job SET state = 'paused', why = ?1 WHERE state = 'running'", [WHY])?;
        Ok(Unsettled { links: links as u64, messages: messages as u64, jobs: jobs as u64 })
    }
}
