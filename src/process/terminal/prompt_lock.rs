//! Whose turn it is to ask at a terminal. Two commands in one process group (`sh -c 'one & other'`) may both use it: the first
//! to end would give back the echo while the other one still asks for a password, and the last one would take it away for good.
//!
//! The turn is a record lock (fcntl(2)) on the terminal's own device. /dev/tty is the same file for every terminal, and the
//! device cannot always be opened by its name: after `sudo -u` it belongs to another account. But it is there as
//! standard input, output or error, and a record lock belongs to the process even where the descriptor was inherited. Only
//! a process that has the terminal open can take it, so no other account of the machine can keep anybody from asking.

use std::fs;
use std::fs::File;
use std::io;
use std::os::fd::AsFd;
use std::os::fd::BorrowedFd;

use nix::errno::Errno;
use nix::fcntl::FcntlArg;
use nix::fcntl::OFlag;
use nix::fcntl::fcntl;
use nix::fcntl::open;
use nix::libc::F_UNLCK;
use nix::libc::F_WRLCK;
use nix::libc::SEEK_SET;
use nix::libc::flock;
use nix::sys::stat::Mode;
use nix::sys::stat::fstat;
use nix::sys::stat::major;
use nix::sys::stat::makedev;
use nix::sys::stat::minor;

use super::PromptError;

/// The majors of pseudo-terminals (UNIX98_PTY_SLAVE_MAJOR), each of which has 256 minors.
const PSEUDO_TERMINALS: std::ops::Range<u64> = 136..144;

/// The turn, until it is dropped.
#[derive(Debug)]
pub(super) struct PromptLock {
    device: u64,
    /// The device, where no standard stream is it.
    own: Option<File>,
}

impl PromptLock {
    /// Takes the turn at the controlling terminal, again where this process has it; `None`: nobody can be kept from asking, as
    /// the device is neither a standard stream nor can be opened.
    ///
    /// # Errors
    /// [`PromptError::Taken`] when another process has it.
    pub(super) fn take() -> Result<Option<Self>, PromptError> {
        let Some(device) = controlling_device() else { return Ok(None) };
        for stream in streams() {
            if is_device(stream.as_fd(), device) && lock(stream.as_fd())? {
                return Ok(Some(Self { device, own: None }));
            }
        }
        match open_device(device) {
            Some(own) if lock(own.as_fd())? => Ok(Some(Self { device, own: Some(own) })),
            _ => Ok(None),
        }
    }
}

impl Drop for PromptLock {
    fn drop(&mut self) {
        // A file of our own is closed, and with it go all locks of the process on the device.
        if self.own.is_none() {
            for stream in streams() {
                if is_device(stream.as_fd(), self.device) {
                    let _ = fcntl(stream.as_fd(), FcntlArg::F_SETLK(&whole(F_UNLCK)));
                }
            }
        }
    }
}

fn streams() -> [Box<dyn AsFd>; 3] {
    [Box::new(io::stdin()), Box::new(io::stdout()), Box::new(io::stderr())]
}

/// Takes the lock; false: this descriptor cannot be locked.
fn lock(device: BorrowedFd<'_>) -> Result<bool, PromptError> {
    let mut asked = whole(F_WRLCK);
    match fcntl(device, FcntlArg::F_SETLK(&asked)) {
        Ok(_) => Ok(true),
        Err(Errno::EAGAIN | Errno::EACCES) => {
            let holder = fcntl(device, FcntlArg::F_GETLK(&mut asked)).ok().map(|_| asked.l_pid);
            // Of a process in another container the number is not known.
            Err(PromptError::Taken(holder.filter(|process| *process > 0)))
        }
        Err(_) => Ok(false),
    }
}

fn whole(kind: i32) -> flock {
    flock { l_type: kind as i16, l_whence: SEEK_SET as i16, l_start: 0, l_len: 0, l_pid: 0 }
}

fn is_device(stream: BorrowedFd<'_>, device: u64) -> bool {
    fstat(stream).is_ok_and(|found| found.st_rdev == device)
}

/// The number of the controlling terminal's device, in proc_pid_stat(5) the seventh field.
fn controlling_device() -> Option<u64> {
    device_in(&fs::read_to_string("/proc/self/stat").ok()?)
}

fn device_in(stat: &str) -> Option<u64> {
    // The second field is the program's name, which may hold anything.
    let (_, rest) = stat.rsplit_once(") ")?;
    let number: i32 = rest.split(' ').nth(4)?.parse().ok()?;
    let number = number.cast_unsigned();
    // Bits 31 to 20 and 7 to 0 are the minor, 15 to 8 the major.
    let (major, minor) = (number >> 8 & 0xff, number >> 12 & 0xfff00 | number & 0xff);
    (number != 0).then(|| makedev(major.into(), minor.into()))
}

/// Opens a pseudo-terminal by its number.
fn open_device(device: u64) -> Option<File> {
    let index = PSEUDO_TERMINALS.contains(&major(device)).then(|| (major(device) - 136) * 256 + minor(device))?;
    let flags = OFlag::O_RDWR | OFlag::O_NOCTTY | OFlag::O_CLOEXEC | OFlag::O_NONBLOCK;
    let file = File::from(open(format!("/dev/pts/{index}").as_str(), flags, Mode::empty()).ok()?);
    is_device(file.as_fd(), device).then_some(file)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_device_is_read_from_what_the_kernel_says_of_the_process() {
        assert_eq!(device_in("1 (a) b) S 1 1 1 34817 1 0"), Some(makedev(136, 1)));
        assert_eq!(device_in("1 (sh) S 1 1 1 1025 1 0"), Some(makedev(4, 1)));
        // Minor 300.
        assert_eq!(device_in("1 (sh) S 1 1 1 1083436 1 0"), Some(makedev(136, 300)));
        assert_eq!(device_in("1 (cron) S 1 1 1 0 -1 0"), None);
        assert_eq!(device_in(""), None);
    }
}
