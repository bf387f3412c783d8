//! The free space on the disk of the store. If there is little, nothing is written, so that no change is incomplete, but the store
//! can still be read: a full disk keeps nobody from logging in.
//!
//! SQLite cannot read a store without space for the index of its log (`-shm`), which it creates, or truncates and fills again, when
//! the first process opens the store. There are two other ways to open it, which write nothing: [`OpenMode`].

use std::fmt::Write as _;
use std::io;
use std::os::unix::ffi::OsStrExt as _;
use std::path::Path;
use std::path::PathBuf;
use std::sync::Once;
use std::time::Duration;

use nix::errno::Errno;
use nix::fcntl::FallocateFlags;
use nix::fcntl::OFlag;
use nix::fcntl::fallocate;
use nix::fcntl::open;
use nix::sys::stat::Mode;
use nix::sys::statvfs::FsFlags;
use nix::sys::statvfs::statvfs;
use nix::unistd::AccessFlags;
use nix::unistd::access;
use rusqlite::Connection;
use rusqlite::config::DbConfig;

use super::Result;
use super::Store;
use super::StoreError;
use super::log_space;
use super::paths::beside;
use super::paths::directory_of;
use super::waiting::waiting_at_most;
use crate::private_file::FileError;
use crate::private_file::FsCredentials;
use crate::store::types::disk_space::DiskSpace;
use crate::store::types::disk_space::LEAST;

/// The free space that a file system reports is trusted if it exceeds the need by this much. Otherwise a part of it may be reserved
/// for root, for the file system itself (up to 16 MiB on ext4) or for its metadata (btrfs), so the program tries to allocate it.
const BEYOND_DOUBT: u64 = 64 * 1024 * 1024;

/// The number of pages of 4 KiB at which SQLite moves the log into the file. A page that many commits have changed is then moved
/// once, and writers wait for this less often than with the 1,000 pages of SQLite: a run that mails everybody would fill those 30
/// times a second.
pub(super) const LOG_PAGES: i32 = 4_000;

/// The bytes that a message of a job, the password that it ended and the record of that add to the store, and as many again while
/// they are in the log. Measured: half of it.
const MAILED: u64 = 2 * 1024;
/// The bytes of existing pages that the creation of a job changes for a user who is stored far from the others: the row and its
/// indexes.
const CHANGED: u64 = 5 * 4096;
/// The bytes that sending a mail writes to the log, and the greatest length of the log before it is moved into the file.
const SENT: u64 = 8 * 4096;
const LOG: u64 = LOG_PAGES as u64 * 4096;

impl DiskSpace {
    /// The free space of a directory. If the file system may not have as many bytes as it reports, the program tries to allocate
    /// them.
    fn of(directory: &Path, needed: u64) -> Result<Self> {
        let found =
            statvfs(directory).map_err(|error| StoreError::Disk(format!("{}: {error}", directory.display())))?;
        let bytes = found.blocks_available().saturating_mul(found.fragment_size());
        let files = (found.files() > 0).then(|| found.files_available());
        let told = Self { bytes, files, is_refused: false, reserved: 0 };
        if bytes >= needed.saturating_add(BEYOND_DOUBT) {
            return Ok(told);
        }
        Ok(match take(directory, needed) {
            // root can use more.
            Ok(()) => Self { bytes: bytes.max(needed), ..told },
            Err(Errno::ENOSPC | Errno::EDQUOT) => Self { is_refused: true, ..told },
            // They cannot be allocated here: the file system (FUSE, NFS) or the rights of the process do not allow it.
            Err(_) => told,
        })
    }

    /// The rest, if this many bytes are reserved.
    fn without(self, reserved: u64) -> Self {
        Self { bytes: self.bytes.saturating_sub(reserved), reserved, ..self }
    }

    fn is_scarce(self) -> bool {
        self.is_refused || self.bytes < LEAST.bytes || self.files.is_some_and(|files| Some(files) < LEAST.files)
    }
}

/// Allocates this many bytes in a file without a name, which is deleted at once.
fn take(directory: &Path, bytes: u64) -> nix::Result<()> {
    let length = i64::try_from(bytes).map_err(|_| Errno::ENOSPC)?;
    let flags = OFlag::O_TMPFILE | OFlag::O_WRONLY | OFlag::O_CLOEXEC;
    let file = open(directory, flags, Mode::S_IRUSR | Mode::S_IWUSR)?;
    fallocate(file, FallocateFlags::empty(), 0, length)
}

/// The error of a disk that became full while the program wrote a private file beside the store, which it has deleted since. It has
/// the words of a disk that was found to be full before anything was changed.
pub(super) fn of_full_disk(error: StoreError, directory: &Path, needed: u64) -> StoreError {
    let is_full = match &error {
        StoreError::Full => true,
        StoreError::Loose(FileError::Io { error, .. }) => {
            matches!(error.kind(), io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded)
        }
        _ => false,
    };
    if !is_full {
        return error;
    }
    match DiskSpace::of(directory, 0) {
        Ok(free) if free.files.is_some_and(|files| Some(files) < LEAST.files) => StoreError::Scarce { free },
        _ => StoreError::NoRoom { directory: directory.to_owned(), needed, free: None },
    }
}

/// Refuses to continue if a directory has less space than this many bytes.
pub(super) fn require(directory: &Path, needed: u64) -> Result<()> {
    let DiskSpace { bytes, is_refused, .. } = DiskSpace::of(directory, needed)?;
    if bytes >= needed && !is_refused {
        return Ok(());
    }
    let free = (bytes < needed).then_some(bytes);
    Err(StoreError::NoRoom { directory: directory.to_owned(), needed, free })
}

impl Store {
    /// Refuses to begin a change for which there may be too little space: SQLite could fail in the middle of it, or be ended by
    /// SIGBUS, if the index of its log has holes that the disk cannot fill (ext4 with blocks of 1 KiB).
    pub(super) fn require_room(&self) -> Result<()> {
        let directory = directory_of(&self.path);
        let mut free = self.free_for_a_change(directory)?;
        // A process that kept the log from being emptied may have ended.
        if free.is_scarce() && may_write_back(free, &self.path) && log_space::write_back(&self.connection) {
            free = self.free_for_a_change(directory)?;
        }
        if free.is_scarce() {
            // Its log is moved into it when there is space: to close the store would write the index of the log now.
            self.connection.set_db_config(DbConfig::SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, true)?;
            return Err(StoreError::Scarce { free });
        }
        match self.is_for_reading {
            true if is_mounted_read_only(directory) => {
                Err(StoreError::ReadOnly("its disk is mounted read-only".to_owned()))
            }
            true => Err(StoreError::Full),
            false => Ok(()),
        }
    }
}

impl Store {
    /// The space that the disk has for a change, without the space that is needed to move the log into the store.
    fn free_for_a_change(&self, directory: &Path) -> Result<DiskSpace> {
        let reserved = log_space::growth(&self.connection, &self.path);
        Ok(DiskSpace::of(directory, LEAST.bytes.saturating_add(reserved))?.without(reserved))
    }

    /// Refuses to continue if no change can be made, or if the disk may have too little space to create a job of this many mails
    /// and to send it. The log of a large store holds each of its pages once, and the new ones. While another process reads, the
    /// log is not reused, and each mail adds to it.
    ///
    /// # Errors
    /// [`StoreError::NoRoomForJob`], [`StoreError::Scarce`], or that the store cannot be written.
    pub fn require_room_for_job(&self, mails: u64) -> Result<()> {
        self.require_room()?;
        let directory = directory_of(&self.path);
        let size = self.path.metadata().map_or(0, |file| file.len());
        let created = mails.saturating_mul(MAILED).saturating_add(mails.saturating_mul(CHANGED).min(size));
        let sent = mails.saturating_mul(SENT);
        let log_is_held = sent > LOG && self.is_log_held();
        let sent = if log_is_held { sent } else { sent.min(LOG) };
        let needed = LEAST.bytes.saturating_add(created).saturating_add(sent);
        let DiskSpace { bytes, is_refused, .. } = DiskSpace::of(directory, needed)?;
        if bytes >= needed && !is_refused {
            return Ok(());
        }
        Err(StoreError::NoRoomForJob { needed, free: (bytes < needed).then_some(bytes), log_is_held })
    }

    /// Refuses to continue if no change can be made.
    ///
    /// # Errors
    /// [`StoreError::Scarce`], or that the store cannot be written.
    pub fn require_room_for_change(&self) -> Result<()> {
        self.require_room()
    }
}

/// How SQLite opens the file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum OpenMode {
    /// Together with other processes, as usual.
    Shared,
    /// With no other process, and with the index of the log in memory: to read the log of a process that was killed.
    Alone,
    /// As a file that nobody changes, without locks: for a file without a log. If there is no space for a log, nobody writes.
    Unchanging,
}

/// Opens a store for reading and writing, or for reading only, if SQLite has too little space to open it otherwise. Returns whether
/// it is for reading only.
pub(super) fn open_for_what_is_possible(
    path: &Path,
    open: impl Fn(OpenMode) -> Result<Connection>,
) -> Result<(Connection, bool)> {
    let directory = directory_of(path);
    // If there is little space, opening it for writing could end in SIGBUS.
    if !DiskSpace::of(directory, LEAST.bytes).is_ok_and(DiskSpace::is_scarce) {
        match open(OpenMode::Shared) {
            Err(StoreError::Full | StoreError::Disk(_)) => {}
            // An account that may not write in the directory is not affected by a full disk: other processes could be writing.
            Err(StoreError::Closed(_)) if is_mounted_read_only(directory) || may_write(directory) => {}
            opened => return Ok((opened?, false)),
        }
    }
    let has_log = beside(path, "-wal").metadata().is_ok_and(|log| log.len() > 0);
    let opened = match has_log {
        false => open(OpenMode::Unchanging),
        true => waiting_at_most(Duration::ZERO, || open(OpenMode::Alone)),
    };
    match opened {
        Ok(connection) => Ok((connection, true)),
        // Another process has opened it, and the index of the log with it.
        Err(StoreError::Busy) => Ok((open(OpenMode::Shared)?, true)),
        Err(error) => Err(error),
    }
}

/// Whether enough space for a change would be left after the log was moved into the file. `free` is the space without what that
/// needs.
fn may_write_back(free: DiskSpace, path: &Path) -> bool {
    let log = log_space::length(path);
    log > 0 && free.bytes.saturating_add(log) >= LEAST.bytes
}

/// A store that was opened for reading only, because of too little space. If the space is enough to move its log into it and for a
/// change afterwards, that is done, and the store is opened for writing. If another process has opened the file, it is left as it
/// is.
pub(super) fn after_write_back(
    (connection, is_for_reading): (Connection, bool),
    path: &Path,
    open: impl Fn(OpenMode) -> Result<Connection>,
) -> Result<(Connection, bool)> {
    let directory = directory_of(path);
    let room = |needed| DiskSpace::of(directory, needed);
    let growth = log_space::growth(&connection, path);
    let may_help = is_for_reading
        && room(growth).is_ok_and(|free| free.bytes >= growth && !free.is_refused)
        && room(0).is_ok_and(|free| may_write_back(free.without(growth), path));
    if may_help && log_space::write_back(&connection) && room(LEAST.bytes).is_ok_and(|free| !free.is_scarce()) {
        // It may have the file open exclusively.
        drop(connection);
        return Ok((open(OpenMode::Shared)?, false));
    }
    Ok((connection, is_for_reading))
}

fn is_mounted_read_only(directory: &Path) -> bool {
    statvfs(directory).is_ok_and(|found| found.flags().contains(FsFlags::ST_RDONLY))
}

/// Whether the process may create files in a directory.
fn may_write(directory: &Path) -> bool {
    access(directory, AccessFlags::W_OK | AccessFlags::X_OK).is_ok()
}

/// The URI that makes SQLite treat the file as one that nobody changes (SQLite, "Uniform Resource Identifiers").
pub(super) fn unchanging(path: &Path) -> PathBuf {
    let mut uri = String::from("file:");
    for byte in path.as_os_str().as_bytes() {
        match byte {
            b'/' | b'-' | b'_' | b'.' | b'0'..=b'9' | b'A'..=b'Z' | b'a'..=b'z' => uri.push(char::from(*byte)),
            _ => write!(uri, "%{byte:02X}").unwrap_or_default(),
        }
    }
    uri.push_str("?immutable=1");
    PathBuf::from(uri)
}

/// Where SQLite looks for a directory for temporary files.
const FOR_TEMPORARY_FILES: [&str; 3] = ["/var/tmp", "/usr/tmp", "/tmp"];

/// Makes SQLite keep temporary files beside the store if no directory for them can be written (systemd's `ProtectSystem=strict`
/// without `PrivateTmp=`), or if root works with the rights of another account: SQLite asks access(2), which only knows those of
/// the process itself. SQLite deletes the name of each file as soon as it has created it.
pub(super) fn choose_directory_for_temporary_files(connection: &Connection, directory: &Path) -> Result<()> {
    // SQLite has one directory for all connections of the process, and no lock on it.
    static CHOSEN: Once = Once::new();
    let mut chosen = Ok(());
    CHOSEN.call_once(|| {
        let has_usual = FOR_TEMPORARY_FILES.map(Path::new).into_iter().any(|path| path.is_dir() && may_write(path));
        if FsCredentials::are_others() || !has_usual {
            chosen = connection.pragma_update(None, "temp_store_directory", directory.to_string_lossy());
        }
    });
    Ok(chosen?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn room_is_refused_when_there_is_less_of_it() {
        let directory = tempfile::tempdir().unwrap();
        require(directory.path(), 1).unwrap();
        let refused = require(directory.path(), u64::MAX).unwrap_err();
        assert!(matches!(refused, StoreError::NoRoom { needed: u64::MAX, .. }), "{refused}");
    }

    #[test]
    fn space_and_files_can_be_short() {
        let room = |bytes, files| DiskSpace { bytes, files, is_refused: false, reserved: 0 };
        let refused = DiskSpace { is_refused: true, ..room(1 << 23, Some(100)) };
        let scarce = [
            (room(36 * 1024, None), "36 KiB left"),
            (room(1 << 30, Some(3)), "3 files left"),
            (refused, "less than 1 MiB left"),
            (room(3 << 20, None).without((3 << 20) - 4096), "4 KiB left besides 3068 KiB to move its log into it"),
        ];
        for (free, shown) in scarce {
            assert!(free.is_scarce());
            assert_eq!(free.to_string(), shown);
        }
        for free in [LEAST, room(1 << 30, None), room(1 << 40, Some(1 << 20))] {
            assert!(!free.is_scarce());
        }
    }

    #[test]
    fn a_path_in_a_uri_keeps_its_bytes() {
        assert_eq!(unchanging(Path::new("/a b/ü?#%.db")), Path::new("file:/a%20b/%C3%BC%3F%23%25.db?immutable=1"));
    }
}
