//! Standard output, where a descriptor that was closed is an error, and whether what is written to it would reach anybody. That
//! is asked before a change of which only the output tells: afterwards the only copy of a generated password could be lost.

use std::io;
use std::io::Write;
use std::os::fd::AsFd;
use std::os::fd::BorrowedFd;
use std::os::unix::fs::FileTypeExt as _;
use std::os::unix::fs::MetadataExt as _;

use nix::errno::Errno;
use nix::fcntl::FcntlArg;
use nix::fcntl::OFlag;
use nix::fcntl::fcntl;
use nix::poll::PollFd;
use nix::poll::PollFlags;
use nix::poll::PollTimeout;
use nix::poll::poll;
use nix::sys::stat::major;
use nix::sys::stat::minor;

use super::Process;
use super::TerminalSource;
use super::closed_at_start::Standard;
use super::closed_at_start::was_closed;

/// The numbers of /dev/null (null(4)).
const NULL: (u64, u64) = (1, 3);

/// Why what is written to standard output would be lost.
#[derive(Debug, thiserror::Error)]
pub enum LostOutput {
    /// It was closed when the process began.
    #[error("standard output is closed")]
    Closed,
    /// It leads to /dev/null.
    #[error("standard output is /dev/null")]
    Discarded,
    /// It is open for reading alone. The Rust runtime takes EBADF, which write(2) gives then, for success.
    #[error("standard output is not open for writing")]
    ReadOnly,
    /// Writing would fail.
    #[error("standard output cannot be written: {0}")]
    Fails(#[source] io::Error),
}

impl LostOutput {
    /// Whether the caller of the program wants it so: /dev/null, and a reader who has gone.
    pub fn is_wanted(&self) -> bool {
        match self {
            Self::Discarded => true,
            Self::Fails(error) => error.kind() == io::ErrorKind::BrokenPipe,
            Self::Closed | Self::ReadOnly => false,
        }
    }
}

/// Standard output, without a buffer.
#[derive(Debug)]
pub(super) struct StandardOutput;

impl Write for StandardOutput {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if was_closed(Standard::Output) {
            return Err(io::Error::other(LostOutput::Closed));
        }
        nix::unistd::write(io::stdout(), bytes).map_err(|errno| match errno {
            Errno::EBADF => io::Error::other(LostOutput::ReadOnly),
            errno => {
                let error = io::Error::from(errno);
                io::Error::new(error.kind(), LostOutput::Fails(error))
            }
        })
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Process {
    /// Whether writing to standard output may wait for somebody who reads it: it is a pipe, a socket or a terminal.
    pub fn stdout_may_wait(&self) -> bool {
        match &self.terminal {
            TerminalSource::Real => may_wait(io::stdout()),
            TerminalSource::Scripted(_) => true,
        }
    }

    /// Checks that what is written to standard output reaches somebody, before a change of which only that tells. A scripted
    /// one always does.
    ///
    /// # Errors
    /// Why it would be lost.
    pub fn check_stdout(&self) -> Result<(), LostOutput> {
        match &self.terminal {
            TerminalSource::Real => check(),
            TerminalSource::Scripted(_) => Ok(()),
        }
    }
}

/// Checks standard output, without writing to it.
///
/// # Errors
/// As [`check_descriptor`].
fn check() -> Result<(), LostOutput> {
    if was_closed(Standard::Output) {
        return Err(LostOutput::Closed);
    }
    check_descriptor(io::stdout())
}

/// Whether writing to a descriptor may wait for somebody who reads it; not to a file or a device that discards.
fn may_wait(stdout: impl AsFd) -> bool {
    let metadata = stdout.as_fd().try_clone_to_owned().and_then(|stdout| std::fs::File::from(stdout).metadata());
    let is_null = |device| (major(device), minor(device)) == NULL;
    let is_null = |found: &std::fs::Metadata| found.file_type().is_char_device() && is_null(found.rdev());
    metadata.is_ok_and(|found| !(found.is_file() || is_null(&found)))
}

/// Checks a descriptor of standard output, without writing to it.
///
/// That a disk is full or a limit is reached shows only when something is written: a failure afterwards remains possible.
///
/// # Errors
/// Why what is written would be lost.
fn check_descriptor(stdout: impl AsFd) -> Result<(), LostOutput> {
    let fails = |errno| LostOutput::Fails(io::Error::from(errno));
    let stdout = stdout.as_fd();
    let access = OFlag::from_bits_truncate(fcntl(stdout, FcntlArg::F_GETFL).map_err(fails)?) & OFlag::O_ACCMODE;
    if access == OFlag::O_RDONLY {
        return Err(LostOutput::ReadOnly);
    }
    let file = std::fs::File::from(stdout.try_clone_to_owned().map_err(LostOutput::Fails)?);
    let metadata = file.metadata().map_err(LostOutput::Fails)?;
    if metadata.file_type().is_char_device() {
        let device = metadata.rdev();
        if (major(device), minor(device)) == NULL {
            return Err(LostOutput::Discarded);
        }
        // No byte: /dev/full refuses that too, and a terminal that was closed.
        nix::unistd::write(stdout, &[]).map_err(fails)?;
    }
    if has_no_reader(stdout).map_err(fails)? {
        return Err(LostOutput::Fails(io::ErrorKind::BrokenPipe.into()));
    }
    Ok(())
}

/// Whether it is a pipe or a socket at whose other end nobody is any more.
fn has_no_reader(stdout: BorrowedFd<'_>) -> nix::Result<bool> {
    let mut asked = [PollFd::new(stdout, PollFlags::POLLOUT)];
    poll(&mut asked, PollTimeout::ZERO)?;
    Ok(asked[0].revents().is_some_and(|events| events.intersects(PollFlags::POLLERR | PollFlags::POLLHUP)))
}

#[cfg(test)]
mod tests {
    use std::fs::File;

    use super::*;

    #[expect(clippy::disallowed_methods, reason = "devices, and a file of the test")]
    fn opened(path: &str, options: &mut std::fs::OpenOptions) -> File {
        options.open(path).unwrap()
    }

    #[test]
    fn a_file_a_pipe_and_a_terminal_keep_what_is_written() {
        check_descriptor(tempfile::tempfile().unwrap()).unwrap();
        let (reader, writer) = io::pipe().unwrap();
        check_descriptor(&writer).unwrap();
        drop(reader);
        assert!(
            matches!(check_descriptor(&writer), Err(LostOutput::Fails(error)) if error.kind() == io::ErrorKind::BrokenPipe)
        );
        let terminal = nix::pty::openpty(None, None).unwrap();
        check_descriptor(&terminal.slave).unwrap();
        drop(terminal.master);
        assert!(matches!(check_descriptor(&terminal.slave), Err(LostOutput::Fails(_))));
    }

    #[test]
    fn devices_that_discard_or_refuse_and_a_descriptor_for_reading_do_not() {
        let writing = || File::options().write(true).to_owned();
        let null = opened("/dev/null", &mut writing());
        assert!(matches!(check_descriptor(null), Err(LostOutput::Discarded)));
        let full = opened("/dev/full", &mut writing());
        assert!(
            matches!(check_descriptor(full), Err(LostOutput::Fails(error)) if error.kind() == io::ErrorKind::StorageFull)
        );
        let reading = opened("/dev/zero", File::options().read(true));
        assert!(matches!(check_descriptor(reading), Err(LostOutput::ReadOnly)));
    }
}
