//! The processes that send now: each holds a lock on one byte of `STORE.lock`, a file beside the store. The lock ends with its
//! process in any case, so it is never stale. The file is a separate one, because a thread that closes another descriptor of the
//! store would drop the locks of SQLite on it.

use std::path::Path;

use nix::libc::flock;

use super::Result;
use super::Store;
use super::StoreError;
use super::lock_file::FIRST_SENDER;
use super::lock_file::LockGuard;
use super::lock_file::lock_of;
use super::lock_file::open_lock_file;
use super::lock_file::try_range;
use super::senders::senders;
use crate::domain::job::JobId;

/// The byte of the process that sends the messages of no job.
const RUNNER: i64 = 0;
/// The byte of the process that prepares to replace the store, which may take as long as its operator takes to answer.
const RESTORER: i64 = 1;
/// The byte of the process that sends a job is this one plus the number of the job.
const FIRST_JOB: i64 = 1 << 32;
/// More senders at once than any machine has.
const MOST_SENDERS: u32 = 4_096;

impl Store {
    /// Takes a free lock for a process that sends.
    ///
    /// # Errors
    /// When the file beside the store cannot be opened or locked.
    pub fn lock_as_sender(&self) -> Result<LockGuard> {
        for byte in FIRST_SENDER..FIRST_SENDER + MOST_SENDERS {
            if let Some(held) = self.try_lock(byte)? {
                return Ok(held);
            }
        }
        let is_restored = blocker(self.path())? == Some(LockHolder::Restore);
        Err(if is_restored { StoreError::BeingRestored } else { StoreError::Busy })
    }

    /// Takes the lock of the process that sends a job, or (`None`) the messages of no job; `None`: another one does that.
    ///
    /// # Errors
    /// When the file beside the store cannot be opened or locked.
    pub fn lock_as_runner(&self, job: Option<JobId>) -> Result<Option<LockGuard>> {
        let held = self.try_byte(job.map_or(RUNNER, |job| FIRST_JOB.saturating_add(job.0)))?;
        if held.is_none() && blocker(self.path())? == Some(LockHolder::Restore) {
            return Err(StoreError::BeingRestored);
        }
        Ok(held)
    }

    /// Whether a process is sending a job. This locks nothing.
    ///
    /// # Errors
    /// When the file beside the store cannot be opened.
    pub fn is_run(&self, job: JobId) -> Result<bool> {
        self.is_locked(FIRST_JOB.saturating_add(job.0), 1)
    }

    /// Refuses to continue while another process sends mail of the store or replaces it.
    ///
    /// # Errors
    /// [`StoreError::Sending`] and [`StoreError::BeingRestored`]; when the file beside the store cannot be opened.
    pub fn refuse_if_locked(&self) -> Result<()> {
        blocker(self.path())?.map_or(Ok(()), |blocker| Err(refusal(self.path(), blocker)))
    }

    /// Whether another process holds a lock in a range of bytes; a length of 0 means up to the end.
    fn is_locked(&self, first: i64, length: i64) -> Result<bool> {
        Ok(lock_in(self.path(), first, length)?.is_some())
    }

    /// Takes the lock of the sender with this number; `None`: somebody holds it.
    ///
    /// # Errors
    /// When the file beside the store cannot be opened or locked.
    pub fn try_lock(&self, sender: u32) -> Result<Option<LockGuard>> {
        self.try_byte(i64::from(sender))
    }

    fn try_byte(&self, byte: i64) -> Result<Option<LockGuard>> {
        try_range(self.path(), byte, 1)
    }
}

/// Takes the lock of the one process that prepares to replace a store.
///
/// # Errors
/// [`StoreError::BeingRestored`] when another process does; when the file beside the store cannot be opened or locked.
pub(super) fn lock_as_restorer(store: &Path) -> Result<LockGuard> {
    try_range(store, RESTORER, 1)?.ok_or(StoreError::BeingRestored)
}

/// Takes all locks of a store but that of [`lock_as_restorer`], to replace it.
///
/// # Errors
/// [`StoreError::Sending`] or [`StoreError::BeingRestored`] when somebody holds one.
pub(super) fn lock_all(store: &Path) -> Result<[LockGuard; 2]> {
    let others = try_range(store, RESTORER + 1, 0)?;
    match (others, try_range(store, RUNNER, 1)?) {
        (Some(others), Some(runner)) => Ok([runner, others]),
        // The process may have ended since. It was a sender, because a restore that ends leaves another store.
        _ => Err(refusal(store, blocker(store)?.unwrap_or(LockHolder::Sender))),
    }
}

/// The kind of process whose lock keeps others from replacing a store.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum LockHolder {
    /// It sends mail.
    Sender,
    /// It replaces the store, for which it locks all bytes of senders.
    Restore,
}

/// The error for a process that wants to replace the store.
fn refusal(store: &Path, blocker: LockHolder) -> StoreError {
    match blocker {
        // Most processes that send are known.
        LockHolder::Sender => StoreError::Sending(senders(store).ok().and_then(|senders| senders.into_iter().next())),
        LockHolder::Restore => StoreError::BeingRestored,
    }
}

/// The kind of process that holds a lock of a store, if there is one.
fn blocker(store: &Path) -> Result<Option<LockHolder>> {
    let held = lock_in(store, RESTORER + 1, 0)?.map_or_else(|| lock_in(store, RUNNER, 1), |held| Ok(Some(held)))?;
    Ok(held.map(|held| if held.l_len == 0 { LockHolder::Restore } else { LockHolder::Sender }))
}

/// A lock that another process holds in a range of bytes; a length of 0 means up to the end. This locks nothing.
fn lock_in(store: &Path, first: i64, length: i64) -> Result<Option<flock>> {
    let (file, path) = open_lock_file(store)?;
    lock_of(&file, &path, first, length)
}

#[cfg(test)]
mod tests {
    use crate::private_file::Rule;
    use crate::store::types::open::ExpectedVersion;

    use super::*;

    #[test]
    fn a_lock_excludes_others_until_it_is_dropped() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("store.db");
        Store::create(&path, 0o600, |_| Ok(())).unwrap();
        let store = Store::open(&path, &Rule::store(false), ExpectedVersion::Current).unwrap();
        let one = store.lock_as_sender().unwrap();
        let two = store.lock_as_sender().unwrap();
        assert_eq!((one.number(), two.number()), (FIRST_SENDER, FIRST_SENDER + 1));
        assert!(store.try_lock(one.number()).unwrap().is_none());
        drop(one);
        assert!(store.try_lock(FIRST_SENDER).unwrap().is_some());
    }

    #[test]
    fn a_sender_and_a_restore_are_told_apart() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("store.db");
        Store::create(&path, 0o600, |_| Ok(())).unwrap();
        let store = Store::open(&path, &Rule::store(false), ExpectedVersion::Current).unwrap();
        let sender = store.lock_as_sender().unwrap();
        assert!(matches!(lock_all(&path), Err(StoreError::Sending(_))));
        assert!(matches!(store.refuse_if_locked(), Err(StoreError::Sending(_))));
        drop(sender);
        let all = lock_all(&path).unwrap();
        assert!(matches!(lock_all(&path), Err(StoreError::BeingRestored)));
        assert!(matches!(store.refuse_if_locked(), Err(StoreError::BeingRestored)));
        assert!(matches!(store.lock_as_runner(None), Err(StoreError::BeingRestored)));
        assert!(matches!(store.lock_as_sender(), Err(StoreError::BeingRestored)));
        drop(all);
        store.refuse_if_locked().unwrap();
    }
}
