//! Resets what the process inherits from its parent process.
//!
//! sudo, cron, a supervisor or a container may start it with ignored or blocked signals, without a umask, or with
//! their own descriptors open. The files of this program have exact modes whatever the umask is; the programs that it
//! starts (sendmail, `password_command`) get the same environment as from a login shell.

use std::fs;
use std::os::fd::BorrowedFd;

use nix::fcntl::FcntlArg;
use nix::fcntl::FdFlag;
use nix::fcntl::fcntl;
use nix::sys::signal::SigSet;
use nix::sys::signal::Signal;
use nix::sys::stat::Mode;
use nix::sys::stat::umask;

use super::terminal::restore_default;

/// The first descriptor after standard input, output and error.
const FIRST_OTHER: i32 = 3;

/// Resets inherited state. Must be called once, before any thread is started or any file is opened.
///
/// Errors are ignored: they are no reason not to set a password.
pub fn reset() {
    // If SIGCHLD is ignored, the kernel does not report how a child process ended (wait(2)), so that a mail accepted
    // by sendmail would be in doubt and be sent again. If it is blocked, the end of a child is never noticed.
    let _ = restore_default(Signal::SIGCHLD);
    let _ = SigSet::from(Signal::SIGCHLD).thread_unblock();
    // A stricter umask is kept, except for the rights of the owner: a file that its owner cannot open is useless,
    // such as the lock file, without which no mail is sent.
    let given = umask(Mode::S_IRWXU);
    umask((given - Mode::S_IRWXU) | Mode::S_IWGRP | Mode::S_IWOTH);
    close_on_exec();
    #[expect(unsafe_code, reason = "no safe function removes a variable")]
    // SAFETY: there is no other thread yet that could read the environment. `TZDIR` names a tz database, which is
    // listed and read completely: with `TZDIR=/` this never ends.
    unsafe {
        std::env::remove_var("TZDIR");
    }
}

/// Closes inherited descriptors in programs that are started.
fn close_on_exec() {
    let Ok(entries) = fs::read_dir("/proc/self/fd") else { return };
    let numbers = entries.flatten().filter_map(|entry| entry.file_name().to_str()?.parse().ok());
    // Collected first, because the directory is read through one of them.
    let others: Vec<i32> = numbers.filter(|number| *number >= FIRST_OTHER).collect();
    for number in others {
        #[expect(unsafe_code, reason = "a descriptor that was inherited has no owner in Rust")]
        // SAFETY: the descriptor is borrowed for one call, and nobody closes it meanwhile, because there is no other
        // thread yet. The descriptor of the directory is already closed, and then the call fails.
        let descriptor = unsafe { BorrowedFd::borrow_raw(number) };
        let _ = fcntl(descriptor, FcntlArg::F_SETFD(FdFlag::FD_CLOEXEC));
    }
}
