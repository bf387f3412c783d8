//! The lock on a file that is being written: a file that a killed process left is told from one that a living process writes,
//! whatever numbers the processes have (in a container each is 1).
//!
//! The lock is on one byte far behind any content, and belongs to the descriptor (`F_OFD_SETLK`, fcntl(2)). So it does not meet
//! the locks of SQLite, not even where flock(2) locks the whole file for all machines (NFS).

use std::fs::File;

use nix::errno::Errno;
use nix::fcntl::FcntlArg;
use nix::fcntl::fcntl;
use nix::libc;

/// Behind the end of any database, and of any file that is copied.
const BYTE: i64 = 1 << 62;

/// Locks a file until it is closed; another process holds this lock only while it finds out whether the file was left behind.
/// Where the file system has no locks, nobody takes the file for left behind.
pub(super) fn lock(file: &File) {
    while fcntl(file, FcntlArg::F_OFD_SETLKW(&region())) == Err(Errno::EINTR) {}
}

/// Whether no process is writing the file, as far as the file system can tell. It is locked then.
pub(super) fn is_left_behind(file: &File) -> bool {
    fcntl(file, FcntlArg::F_OFD_SETLK(&region())).is_ok()
}

fn region() -> libc::flock {
    libc::flock { l_type: libc::F_WRLCK as i16, l_whence: libc::SEEK_SET as i16, l_start: BYTE, l_len: 1, l_pid: 0 }
}
