//! The size of SQLite's log, and the space that is needed to move it into the store. A process that reads keeps the log from being
//! reused: it grows with each change until that process ends.

use std::fs;
use std::os::unix::fs::MetadataExt as _;
use std::path::Path;
use std::time::Duration;
use std::time::Instant;

use nix::sys::stat::major;
use nix::sys::stat::minor;
use rusqlite::Connection;

use super::Result;
use super::Store;
use super::StoreError;
use super::paths::beside;
use super::waiting::waiting_at_most;

/// A reader that takes less time is no obstacle: each login reads.
const READS: Duration = Duration::from_secs(1);
/// How often the readers are checked.
const GLANCE: Duration = Duration::from_millis(20);

/// The bytes of `-shm` that readers lock, of which each reader has one (`WAL_READ_LOCK` in SQLite's wal.c, `UNIX_SHM_BASE` in its
/// os_unix.c: part of the format, as other processes must agree on them).
const READ_LOCKS: std::ops::RangeInclusive<u64> = 123..=127;

/// The length of the log of a store in bytes.
pub(super) fn length(store: &Path) -> u64 {
    beside(store, "-wal").metadata().map_or(0, |log| log.len())
}

/// The bytes by which the file of a store grows when its log is moved into it. This space must always be left, or the log can never
/// be emptied.
pub(super) fn growth(connection: &Connection, store: &Path) -> u64 {
    // Called before each change.
    let number = |pragma: &str| connection.prepare_cached(pragma)?.query_row([], |row| row.get::<_, u32>(0));
    let (Ok(pages), Ok(size)) = (number("PRAGMA page_count"), number("PRAGMA page_size")) else { return 0 };
    let length = store.metadata().map_or(0, |file| file.len());
    (u64::from(pages) * u64::from(size)).saturating_sub(length)
}

/// Moves the log into the file, so that the file alone is the whole store. Closing the store does this too, but reports no error if
/// the disk is full.
pub(super) fn empty_log(connection: &Connection) -> Result<()> {
    let is_busy: bool = connection.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |row| row.get(0))?;
    if is_busy { Err(StoreError::Busy) } else { Ok(()) }
}

/// Moves the log into the store, if no process reads or writes.
pub(super) fn write_back(connection: &Connection) -> bool {
    waiting_at_most(Duration::ZERO, || empty_log(connection)).is_ok()
}

impl Store {
    /// Whether another process keeps the log from being reused, as far as this process can see.
    pub(super) fn is_log_held(&self) -> bool {
        if length(&self.path) > 0 && waiting_at_most(READS, || empty_log(&self.connection)).is_err() {
            return true;
        }
        let until = Instant::now() + READS;
        while has_reader(&self.path) {
            if Instant::now() >= until {
                return true;
            }
            std::thread::sleep(GLANCE);
        }
        false
    }
}

/// Whether another process holds the lock of a reader. The kernel lists locks in /proc/locks (proc_locks(5)). fcntl(2) would need a
/// descriptor, and to close that would drop the locks of SQLite.
fn has_reader(store: &Path) -> bool {
    let Ok(index) = beside(store, "-shm").metadata() else { return false };
    let file = format!("{:02x}:{:02x}:{}", major(index.dev()), minor(index.dev()), index.ino());
    let locks = fs::read_to_string("/proc/locks").unwrap_or_default();
    locks.lines().any(|line| is_read_lock(line, &file, std::process::id()))
}

/// Whether a line of /proc/locks is a reader lock on this file that another process holds.
fn is_read_lock(line: &str, file: &str, own: u32) -> bool {
    let mut words = line.split_ascii_whitespace().skip(1);
    let is_posix = words.next() == Some("POSIX");
    // Advisory, and READ.
    let process = words.nth(2);
    let is_file = words.next() == Some(file);
    let mut number = || words.next().and_then(|number| number.parse::<u64>().ok());
    let (first, last) = (number(), number());
    let is_of_reader =
        first.is_some_and(|first| first <= *READ_LOCKS.end()) && last.is_some_and(|last| last >= *READ_LOCKS.start());
    is_posix && is_file && is_of_reader && process != Some(own.to_string().as_str())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reader_is_known_by_the_byte_that_it_locks() {
        let is_reader = |line| is_read_lock(line, "00:2d:77", 4);
        for line in ["1: POSIX  ADVISORY  READ 12 00:2d:77 123 123", "9: POSIX  ADVISORY  READ 12 00:2d:77 126 126"] {
            assert!(is_reader(line), "{line}");
        }
        for line in [
            "1: POSIX  ADVISORY  READ 4 00:2d:77 123 123",
            "1: POSIX  ADVISORY  READ 12 00:2d:78 123 123",
            "1: POSIX  ADVISORY  READ 12 00:2d:77 128 128",
            "1: POSIX  ADVISORY  WRITE 12 00:2d:77 120 120",
            "1: OFDLCK ADVISORY  READ -1 00:2d:77 123 123",
            "1: -> POSIX  ADVISORY  READ 12 00:2d:77 123 123",
            "1: POSIX  ADVISORY  READ 12 00:2d:77 0 EOF",
            "1:",
            "",
        ] {
            assert!(!is_reader(line), "{line}");
        }
    }
}
