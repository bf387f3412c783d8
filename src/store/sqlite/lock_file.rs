//! The file of locks beside a store, and locks on its bytes.

use std::fs::File;
use std::os::unix::fs::MetadataExt as _;
use std::path::Path;
use std::path::PathBuf;

use nix::errno::Errno;
use nix::fcntl::AT_FDCWD;
use nix::fcntl::FcntlArg;
use nix::fcntl::OFlag;
use nix::fcntl::fcntl;
use nix::fcntl::open;
use nix::libc::F_UNLCK;
use nix::libc::F_WRLCK;
use nix::libc::SEEK_SET;
use nix::libc::flock;
use nix::sys::stat::FchmodatFlags;
use nix::sys::stat::Mode;
use nix::sys::stat::fchmodat;
use nix::unistd::fchown;
use nix::unistd::geteuid;

use super::Result;
use super::StoreError;
use super::paths::beside;
use super::paths::resolved;
use crate::private_file::FsCredentials;

/// The first byte of senders; the bytes before it have meanings of their own.
pub(super) const FIRST_SENDER: u32 = 16;

/// The mode of the file of locks.
const MODE: Mode = Mode::S_IRUSR.union(Mode::S_IWUSR);

/// A lock that is held until it is dropped.
#[derive(Debug)]
pub struct LockGuard {
    byte: i64,
    pub(super) file: File,
}

impl LockGuard {
    /// The number of a sender's lock, which is in the rows of its messages in flight.
    pub fn number(&self) -> u32 {
        u32::try_from(self.byte).unwrap_or(u32::MAX)
    }
}

/// A lock that another process holds in a range of bytes of the lock file; a length of 0 means up to the end. This locks nothing.
pub(super) fn lock_of(file: &File, path: &Path, first: i64, length: i64) -> Result<Option<flock>> {
    let mut region = region(first, length);
    fcntl(file, FcntlArg::F_OFD_GETLK(&mut region))
        .map_err(|error| StoreError::Disk(format!("{}: cannot be asked for locks: {error}", path.display())))?;
    Ok((i32::from(region.l_type) != F_UNLCK).then_some(region))
}

/// Locks a range of bytes; a length of 0 means up to the end. `None`: another process holds one of the locks.
pub(super) fn try_range(store: &Path, first: i64, length: i64) -> Result<Option<LockGuard>> {
    let (file, path) = open_lock_file(store)?;
    // An open-file-description lock (fcntl(2)): it belongs to this descriptor, and so excludes another one of the same
    // process too.
    match fcntl(&file, FcntlArg::F_OFD_SETLK(&region(first, length))) {
        Ok(_) => Ok(Some(LockGuard { byte: first, file })),
        Err(Errno::EAGAIN | Errno::EACCES) => Ok(None),
        Err(error) => Err(StoreError::Disk(format!("{}: cannot be locked: {error}", path.display()))),
    }
}

fn region(first: i64, length: i64) -> flock {
    flock { l_type: F_WRLCK as i16, l_whence: SEEK_SET as i16, l_start: first, l_len: length, l_pid: 0 }
}

/// Opens the lock file beside a store, and creates it if it is missing. Returns the file and its path.
pub(super) fn open_lock_file(store: &Path) -> Result<(File, PathBuf)> {
    let store = resolved(store)?;
    let path = beside(&store, ".lock");
    let failed = |error: Errno| StoreError::of_opening(&path, error.into());
    let flags = OFlag::O_RDWR | OFlag::O_CREAT | OFlag::O_CLOEXEC | OFlag::O_NOFOLLOW;
    let opened = match open(&path, flags, MODE) {
        Err(Errno::EACCES) if restore_mode(&path) => open(&path, flags, MODE),
        opened => opened,
    };
    let file = match opened {
        Ok(file) => File::from(file),
        Err(Errno::ELOOP) => return Err(StoreError::NoLockFile { path, kind: "a symbolic link" }),
        Err(Errno::EISDIR) => return Err(StoreError::NoLockFile { path, kind: "a directory" }),
        Err(Errno::ENXIO) => return Err(StoreError::NoLockFile { path, kind: "a socket" }),
        Err(error) => return Err(failed(error)),
    };
    // If root creates it, it belongs to the account of the store, as SQLite does it with the log.
    if geteuid().is_root() {
        let unread = |error| StoreError::of_opening(&path, error);
        let (owner, own) = (store.symlink_metadata().map_err(unread)?, file.metadata().map_err(unread)?);
        // Never another file to which someone has linked this name.
        if own.nlink() == 1 && own.uid() != owner.uid() {
            fchown(&file, Some(owner.uid().into()), Some(owner.gid().into())).map_err(failed)?;
        }
    }
    Ok((file, path))
}

/// Gives a file of locks that its owner may not open the mode that it is created with; whether that was the reason. An older
/// program created it without any under `umask 0777`.
fn restore_mode(path: &Path) -> bool {
    // Of a link, only its owner could have created it, and the mode that would change is one that they may change.
    let is_own = path.symlink_metadata().is_ok_and(|found| {
        found.is_file()
            && found.nlink() == 1
            && found.uid() == FsCredentials::uid()
            && found.mode() & MODE.bits() != MODE.bits()
    });
    is_own && fchmodat(AT_FDCWD, path, MODE, FchmodatFlags::FollowSymlink).is_ok()
}
