//! Standard output of a command that runs until somebody stops it. It waits for the reader as long as that takes, and a stop
//! signal ends the wait.

use std::io;
use std::io::PipeReader;
use std::io::Write;
use std::os::fd::AsFd as _;
use std::os::fd::BorrowedFd;
use std::time::Duration;

use nix::errno::Errno;
use nix::poll::PollFd;
use nix::poll::PollFlags;
use nix::poll::PollTimeout;
use nix::poll::poll;

use super::Process;
use super::TerminalSource;

/// So many bytes fit into a pipe that poll(2) calls writable (pipe(7): PIPE_BUF), so that writing them never waits.
const PIPE_BUF: usize = 4_096;
/// How long a stop signal lets the reader take the rest of a line that it has begun to read.
const REST_OF_LINE: Duration = Duration::from_secs(1);

/// Why a wait ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum WaitEnd {
    /// The time is over.
    TimeOver,
    /// A stop signal came.
    Stopped,
    /// Nobody reads standard output any more.
    ReaderGone,
}

/// Standard output, and the stop signals that end waiting for its reader.
#[derive(Debug)]
pub struct ContinuousOutput {
    /// It has a byte after the first stop signal. `None`: in a scripted process nobody waits.
    stop: Option<PipeReader>,
}

impl Process {
    /// Standard output for a command that runs until it is stopped. From now on a stop signal does not end the process.
    ///
    /// # Errors
    /// If no pipe can be opened or no thread started.
    pub fn continuous_output(&self) -> io::Result<ContinuousOutput> {
        if matches!(self.terminal, TerminalSource::Scripted(_)) {
            return Ok(ContinuousOutput { stop: None });
        }
        let (reader, writer) = io::pipe()?;
        // A second signal finds the pipe full at worst after thousands of others, and waits in a thread of its own.
        self.on_stop_request(move |_| drop((&writer).write(&[0])))?;
        Ok(ContinuousOutput { stop: Some(reader) })
    }
}

impl ContinuousOutput {
    /// Writes a line to `out`, which is standard output, as the reader takes it, and flushes it. Says whether a stop signal came,
    /// so that nothing more is to be written: the line is whole unless the reader stopped in the middle of it.
    ///
    /// # Errors
    /// When standard output cannot be written.
    pub fn write_line(&self, out: &mut dyn Write, line: &[u8]) -> io::Result<bool> {
        let mut has_begun = false;
        for part in line.chunks(PIPE_BUF) {
            if self.wait_for_reader(has_begun)? {
                return Ok(true);
            }
            out.write_all(part)?;
            has_begun = true;
            // Somebody else who has the same pipe may have made it non-blocking, or filled it meanwhile.
            while let Err(error) = out.flush() {
                match error.kind() {
                    io::ErrorKind::WouldBlock if self.wait_for_reader(true)? => return Ok(true),
                    io::ErrorKind::WouldBlock | io::ErrorKind::Interrupted => {}
                    _ => return Err(error),
                }
            }
        }
        Ok(false)
    }

    /// Waits until standard output takes something. Says whether a stop signal came before; where a line `has_begun`, only if the
    /// reader does not take the rest of it soon after.
    fn wait_for_reader(&self, has_begun: bool) -> io::Result<bool> {
        let Some(stop) = &self.stop else { return Ok(false) };
        let is_stopped = self.is_stopped()?;
        let stdout = io::stdout();
        let mut waited_on = vec![PollFd::new(stdout.as_fd(), PollFlags::POLLOUT)];
        let timeout = match (is_stopped, has_begun) {
            (true, false) => return Ok(true),
            (true, true) => milliseconds(REST_OF_LINE),
            (false, _) => {
                waited_on.push(PollFd::new(stop.as_fd(), PollFlags::POLLIN));
                PollTimeout::NONE
            }
        };
        wait(&mut waited_on, timeout)?;
        // Any event of standard output will do: the write says what is wrong.
        if waited_on[0].revents().is_some_and(|events| !events.is_empty()) {
            return Ok(false);
        }
        if is_stopped { Ok(true) } else { self.wait_for_reader(has_begun) }
    }

    /// Waits for this time, unless it is over before: by a stop signal, or because nobody reads standard output any more.
    ///
    /// # Errors
    /// When the system refuses to wait.
    pub fn wait(&self, time: Duration) -> io::Result<WaitEnd> {
        let Some(stop) = &self.stop else { return Ok(WaitEnd::Stopped) };
        let stdout = io::stdout();
        // No event is asked for: a pipe without a reader reports it all the same.
        let mut waited_on =
            [PollFd::new(stop.as_fd(), PollFlags::POLLIN), PollFd::new(stdout.as_fd(), PollFlags::empty())];
        wait(&mut waited_on, milliseconds(time))?;
        let has = |fd: &PollFd<'_>, wanted| fd.revents().is_some_and(|events| events.intersects(wanted));
        Ok(match waited_on {
            [stop, _] if has(&stop, PollFlags::POLLIN) => WaitEnd::Stopped,
            [_, stdout] if has(&stdout, PollFlags::POLLERR | PollFlags::POLLHUP) => WaitEnd::ReaderGone,
            _ => WaitEnd::TimeOver,
        })
    }

    fn is_stopped(&self) -> io::Result<bool> {
        let Some(stop) = &self.stop else { return Ok(false) };
        has_data(stop.as_fd())
    }
}

fn has_data(fd: BorrowedFd<'_>) -> io::Result<bool> {
    let mut waited_on = [PollFd::new(fd, PollFlags::POLLIN)];
    wait(&mut waited_on, PollTimeout::ZERO)?;
    Ok(waited_on[0].revents().is_some_and(|events| events.contains(PollFlags::POLLIN)))
}

fn wait(waited_on: &mut [PollFd<'_>], timeout: PollTimeout) -> io::Result<()> {
    match poll(waited_on, timeout) {
        // Waiting less than the whole time does no harm.
        Ok(_) | Err(Errno::EINTR) => Ok(()),
        Err(errno) => Err(errno.into()),
    }
}

fn milliseconds(time: Duration) -> PollTimeout {
    PollTimeout::try_from(time).unwrap_or(PollTimeout::MAX)
}
