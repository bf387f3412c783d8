//! The lock that allows one process to prompt at a terminal. Two commands in one process group (`sh -c 'one &
//! other'`) may both use the terminal: the first to end would restore the echo while the other still prompts for a
//! password, and the last would leave it switched off.
//!
//! It is a record lock (fcntl(2)) on the terminal's own device. /dev/tty is the same file for every terminal, and the
//! device cannot always be opened by its name: after `sudo -u` it belongs to another account. But usually standard
//! input, output or error is this device, and a record lock belongs to the process even if the descriptor was
//! inherited. Only a process that has the terminal open can take the lock, so no other account can keep anybody from
//! prompting.

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

/// The major numbers of pseudo-terminals (UNIX98_PTY_SLAVE_MAJOR), each of which has 256 minor numbers.
const PSEUDO_TERMINALS: std::ops::Range<u64> = 136..144;

/// The lock, which is released on drop.
#[derive(Debug)]
pub(super) struct PromptLock {
    device: u64,
    /// The opened device, if no standard stream is the device.
    own: Option<File>,
}

impl PromptLock {
    /// Takes the lock at the controlling terminal, also if this process already has it; `None`: there is no lock,
    /// because no standard stream is the device and it cannot be opened.
    ///
    /// # Errors
    /// [`PromptError::Taken`] if another process has it.
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
        // Dropping our own file closes it, which releases all locks of the process on the device.
        if self.own.is_none() {
            for stream in streams() {
                if is_device(stream.as_fd(), self.device) {
                    let _ = fcntl(stream.as_fd(), FcntlArg::F_SETLK(&whole_file(F_UNLCK)));
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
    let mut request = whole_file(F_WRLCK);
    match fcntl(device, FcntlArg::F_SETLK(&request)) {
        Ok(_) => Ok(true),
        Err(Errno::EAGAIN | Errno::EACCES) => {
            let holder = fcntl(device, FcntlArg::F_GETLK(&mut request)).ok().map(|_| request.l_pid);
            // The number of a process in another container is not known.
            Err(PromptError::Taken(holder.filter(|process| *process > 0)))
        }
        Err(_) => Ok(false),
    }
}

fn whole_file(kind: i32) -> flock {
    flock { l_type: kind as i16, l_whence: SEEK_SET as i16, l_start: 0, l_len: 0, l_pid: 0 }
}

fn is_device(stream: BorrowedFd<'_>, device: u64) -> bool {
    fstat(stream).is_ok_and(|found| found.st_rdev == device)
}

/// The device number of the controlling terminal: the seventh field of proc_pid_stat(5).
fn controlling_device() -> Option<u64> {
    device_in(&fs::read_to_string("/proc/self/stat").ok()?)
}

fn device_in(stat: &str) -> Option<u64> {
    // The second field is the program's name, which may contain anything.
    let (_, rest) = stat.rsplit_once(") ")?;
    let number: i32 = rest.split(' ').nth(4)?.parse().ok()?;
    let number = number.cast_unsigned();
    // Bits 31 to 20 and 7 to 0 are the minor number, 15 to 8 the major number.
    let (major, minor) = (number >> 8 & 0xff, number >> 12 & 0xfff00 | number & 0xff);
    (number != 0).then(|| makedev(major.into(), minor.into()))
}

/// Opens a pseudo-terminal by its device number.
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
    fn the_device_is_read_from_the_stat_file_of_the_process() {
        assert_eq!(device_in("1 (a) b) S 1 1 1 34817 1 0"), Some(makedev(136, 1)));
        assert_eq!(device_in("1 (sh) S 1 1 1 1025 1 0"), Some(makedev(4, 1)));
        // Minor number 300.
        assert_eq!(device_in("1 (sh) S 1 1 1 1083436 1 0"), Some(makedev(136, 300)));
        assert_eq!(device_in("1 (cron) S 1 1 1 0 -1 0"), None);
        assert_eq!(device_in(""), None);
    }
}
