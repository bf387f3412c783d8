//! The lock on a file that is being written. It distinguishes a file that a living process is writing from one that a
//! killed process left, without process ids (in a container each process is number 1).
//!
//! The lock covers one byte far behind any content, and belongs to the open file description (`F_OFD_SETLK`,
//! fcntl(2)). So it does not conflict with SQLite's locks, not even where flock(2) locks the whole file on all
//! machines (NFS).

use std::fs::File;

use nix::errno::Errno;
use nix::fcntl::FcntlArg;
use nix::fcntl::fcntl;
use nix::libc;

/// Behind the end of any database and of any copied file.
const BYTE: i64 = 1 << 62;

/// Locks a file until it is closed. Another process holds this lock only while it checks whether the file was left
/// behind. On a file system without locks, no file is considered to be left behind.
pub(super) fn lock(file: &File) {
    while fcntl(file, FcntlArg::F_OFD_SETLKW(&region())) == Err(Errno::EINTR) {}
}

/// Whether no process is writing the file, as far as the file system can tell. If so, the file is locked now.
pub(super) fn is_left_behind(file: &File) -> bool {
    fcntl(file, FcntlArg::F_OFD_SETLK(&region())).is_ok()
}

fn region() -> libc::flock {
    libc::flock { l_type: libc::F_WRLCK as i16, l_whence: libc::SEEK_SET as i16, l_start: BYTE, l_len: 1, l_pid: 0 }
}
