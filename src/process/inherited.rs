//! What the process inherits from the one that started it, and neither depends on nor passes on.
//!
//! sudo, cron, a supervisor or a container may start it with signals ignored or blocked, with no umask, or with descriptors of
//! their own open. Its own files have exact modes whatever the umask is; the programs that it starts (sendmail,
//! `password_command`) get what they would get from a login shell.

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

/// Below this are standard input, output and error.
const FIRST_OTHER: i32 = 3;

/// Puts it in order. Called once, before any thread is started or any file opened.
///
/// What cannot be put in order is left as it is: that is no reason not to set a password.
pub fn tidy() {
    // Where SIGCHLD is ignored, the kernel forgets how a program ended (wait(2)), so that a mail which sendmail accepted would be
    // in doubt, and be sent again. Where it is blocked, nobody hears of the end.
    let _ = restore_default(Signal::SIGCHLD);
    let _ = SigSet::from(Signal::SIGCHLD).thread_unblock();
    // A stricter umask stays, but for the rights of the owner: a file that its owner cannot open is of no use, such as the file of
    // locks, without which no mail is sent.
    let given = umask(Mode::S_IRWXU);
    umask((given - Mode::S_IRWXU) | Mode::S_IWGRP | Mode::S_IWOTH);
    close_on_exec();
    #[expect(unsafe_code, reason = "no safe function removes a variable")]
    // SAFETY: there is no other thread yet that could read the environment.
    // It leads to a tz database, whose whole tree is listed and whose files are read to their end: with `TZDIR=/` for ever.
    unsafe {
        std::env::remove_var("TZDIR");
    }
}

/// Lets no program that is started have a descriptor that this process inherited.
fn close_on_exec() {
    let Ok(entries) = fs::read_dir("/proc/self/fd") else { return };
    let numbers = entries.flatten().filter_map(|entry| entry.file_name().to_str()?.parse().ok());
    // Collected first: the list itself is read through one of them.
    let others: Vec<i32> = numbers.filter(|number| *number >= FIRST_OTHER).collect();
    for number in others {
        #[expect(unsafe_code, reason = "a descriptor that was inherited has no owner in Rust")]
        // SAFETY: it is borrowed for one call, and not closed by anybody meanwhile: there is no other thread yet. The
        // one through which the list was read is closed by now, and then the call fails.
        let descriptor = unsafe { BorrowedFd::borrow_raw(number) };
        let _ = fcntl(descriptor, FcntlArg::F_SETFD(FdFlag::FD_CLOEXEC));
    }
}
