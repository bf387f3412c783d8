//! Standard output, with an error if its descriptor was closed, and a check whether output would reach anybody. The
//! check comes before a change whose result is only in the output: otherwise the only copy of a generated password
//! could be lost.

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

/// The device numbers of /dev/null (null(4)).
const NULL: (u64, u64) = (1, 3);

/// Why output would be lost.
#[derive(Debug, thiserror::Error)]
pub enum LostOutput {
    /// It was closed when the process started.
    #[error("standard output is closed")]
    Closed,
    /// It is /dev/null.
    #[error("standard output is /dev/null")]
    Discarded,
    /// It is only open for reading. The Rust runtime takes EBADF, which write(2) returns in this case, for success.
    #[error("standard output is not open for writing")]
    ReadOnly,
    /// Writing would fail.
    #[error("standard output cannot be written: {0}")]
    Fails(#[source] io::Error),
}

impl LostOutput {
    /// Whether the caller of the program wants that: /dev/null, or a reader that has exited.
    pub fn is_wanted(&self) -> bool {
        match self {
            Self::Discarded => true,
            Self::Fails(error) => error.kind() == io::ErrorKind::BrokenPipe,
            Self::Closed | Self::ReadOnly => false,
        }
    }
}

/// Standard output without a buffer.
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
    /// Whether a write to standard output may wait for a reader: it is a pipe, a socket or a terminal.
    pub fn stdout_may_wait(&self) -> bool {
        match &self.terminal {
            TerminalSource::Real => may_wait(io::stdout()),
            TerminalSource::Scripted(_) => true,
        }
    }

    /// Checks that output reaches somebody, before a change whose result is only in the output. That of a scripted
    /// process always does.
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

/// Checks standard output without writing to it.
///
/// # Errors
/// Those of [`check_descriptor`].
fn check() -> Result<(), LostOutput> {
    if was_closed(Standard::Output) {
        return Err(LostOutput::Closed);
    }
    check_descriptor(io::stdout())
}

/// Whether a write to a descriptor may wait for a reader; not if it is a file or a device that discards data.
fn may_wait(stdout: impl AsFd) -> bool {
    let metadata = stdout.as_fd().try_clone_to_owned().and_then(|stdout| std::fs::File::from(stdout).metadata());
    let is_null = |device| (major(device), minor(device)) == NULL;
    let is_null = |found: &std::fs::Metadata| found.file_type().is_char_device() && is_null(found.rdev());
    metadata.is_ok_and(|found| !(found.is_file() || is_null(&found)))
}

/// Checks a descriptor for standard output without writing to it.
///
/// A full disk or a limit only shows when data is written, so that a write may still fail.
///
/// # Errors
/// Why output would be lost.
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
        // A write of no bytes: /dev/full and a closed terminal refuse that too.
        nix::unistd::write(stdout, &[]).map_err(fails)?;
    }
    if has_no_reader(stdout).map_err(fails)? {
        return Err(LostOutput::Fails(io::ErrorKind::BrokenPipe.into()));
    }
    Ok(())
}

/// Whether it is a pipe or a socket without a reader.
fn has_no_reader(stdout: BorrowedFd<'_>) -> nix::Result<bool> {
    let mut descriptors = [PollFd::new(stdout, PollFlags::POLLOUT)];
    poll(&mut descriptors, PollTimeout::ZERO)?;
    Ok(descriptors[0].revents().is_some_and(|events| events.intersects(PollFlags::POLLERR | PollFlags::POLLHUP)))
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
    fn output_to_a_file_a_pipe_or_a_terminal_is_kept() {
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
    fn output_to_a_device_that_discards_or_refuses_or_to_a_read_only_descriptor_is_lost() {
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
