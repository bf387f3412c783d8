//! The program that gives the password of the relay, such as the command line of a vault.

use std::io;
use std::io::Read as _;
use std::path::Path;
use std::process::Child;
use std::process::ChildStdout;
use std::process::Command;
use std::process::ExitStatus;
use std::process::Stdio;
use std::sync::mpsc;
use std::thread;
use std::time::Duration;
use std::time::Instant;

use zeroize::Zeroizing;

use crate::private_file;
use crate::private_file::FileError;
use crate::private_file::FsCredentials;
use crate::secrets::lines::PASSWORD_FILE_LIMIT;
use crate::store::stop_signals;

/// How often the program is looked after.
const GLANCE: Duration = Duration::from_millis(5);

/// Why a program gave no password.
#[derive(Debug, thiserror::Error)]
pub enum PasswordCommandError {
    /// Somebody else could exchange it.
    #[error(transparent)]
    Loose(#[from] FileError),
    /// It does not start.
    #[error("cannot be started: {0}")]
    NotStarted(io::Error),
    /// The process may not start a thread.
    #[error("its output cannot be read: no thread can be started: {0}")]
    NoThread(io::Error),
    /// It took too long.
    #[error("took longer than {} s, and was killed", .0.as_secs_f32())]
    TooSlow(Duration),
    /// It failed.
    #[error("ended with {0}; run it yourself to see why")]
    Failed(ExitStatus),
    /// Its output failed.
    #[error("its output cannot be read: {0}")]
    NotRead(io::Error),
    /// What it prints is no password.
    #[error("prints a first line of more than {PASSWORD_FILE_LIMIT} bytes")]
    TooLong,
}

impl PasswordCommandError {
    /// Whether the process may not start another process or thread now.
    pub fn is_shortage(&self) -> bool {
        use io::ErrorKind::OutOfMemory;
        use io::ErrorKind::WouldBlock;
        matches!(self, Self::NotStarted(error) | Self::NoThread(error) if matches!(error.kind(), WouldBlock | OutOfMemory))
    }
}

/// The first line that a program prints, with its line break. It stays in the group and keeps the environment of this
/// program, so that it finds its agent, and Ctrl-C ends both. What it says besides is dropped: that could be the
/// password.
pub(super) fn first_line_of(words: &[String], retry_for: Duration) -> Result<Zeroizing<Vec<u8>>, PasswordCommandError> {
    let (program, arguments) =
        words.split_first().ok_or_else(|| PasswordCommandError::NotStarted(io::ErrorKind::NotFound.into()))?;
    // The configuration takes an absolute path only, so what is started is what was checked.
    match private_file::check_program(Path::new(program)) {
        // The system's own words for it come when it is started.
        Ok(()) | Err(FileError::Missing { .. }) => {}
        Err(problem) => return Err(problem.into()),
    }
    let began = Instant::now();
    // Only root may be able to execute it.
    let own = FsCredentials::own();
    let mut child = Command::new(program)
        .args(arguments)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .map_err(PasswordCommandError::NotStarted)?;
    drop(own);
    let (sender, receiver) = mpsc::sync_channel(1);
    let mut started = Ok(());
    if let Some(stdout) = child.stdout.take() {
        // Reading can wait for ever, and has no deadline of its own. The thread stays, and must not stop the process while it
        // writes to the store.
        let deferred = stop_signals::defer();
        started = thread::Builder::new().spawn(move || sender.send(read_line(stdout))).map(drop);
        drop(deferred);
    }
    if let Err(error) = started {
        child.kill().and_then(|()| child.wait()).map_err(PasswordCommandError::NotRead)?;
        return Err(PasswordCommandError::NoThread(error));
    }
    let status = wait(&mut child, began + retry_for).map_err(PasswordCommandError::NotRead)?;
    let status = status.ok_or(PasswordCommandError::TooSlow(retry_for))?;
    if !status.success() {
        return Err(PasswordCommandError::Failed(status));
    }
    // Who inherited its standard output could keep it open.
    let rest = (began + retry_for).saturating_duration_since(Instant::now());
    let line = receiver.recv_timeout(rest).map_err(|_| PasswordCommandError::TooSlow(retry_for))?;
    let line = line.map_err(PasswordCommandError::NotRead)?;
    if line.len() > PASSWORD_FILE_LIMIT { Err(PasswordCommandError::TooLong) } else { Ok(line) }
}

/// Waits for the program; `None`: it was killed at the deadline.
fn wait(child: &mut Child, deadline: Instant) -> io::Result<Option<ExitStatus>> {
    loop {
        if let Some(status) = child.try_wait()? {
            return Ok(Some(status));
        }
        if Instant::now() >= deadline {
            child.kill()?;
            child.wait()?;
            return Ok(None);
        }
        thread::sleep(GLANCE);
    }
}

/// The first line, and everything after it read and dropped, so that the program is not ended by a broken pipe.
fn read_line(mut stdout: ChildStdout) -> io::Result<Zeroizing<Vec<u8>>> {
    // Room for all of it at once: a buffer that grows leaves copies behind.
    let mut line = Zeroizing::new(Vec::with_capacity(PASSWORD_FILE_LIMIT + 1));
    let mut buffer = Zeroizing::new([0; 4_096]);
    let mut is_ended = false;
    loop {
        let count = match stdout.read(&mut buffer[..]) {
            Ok(0) => return Ok(line),
            Ok(count) => count,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
            Err(error) => return Err(error),
        };
        if is_ended {
            continue;
        }
        let read = &buffer[..count];
        let end = read.iter().position(|byte| *byte == b'\n');
        let part = &read[..end.map_or(count, |end| end + 1)];
        let room = PASSWORD_FILE_LIMIT + 1 - line.len();
        line.extend_from_slice(&part[..part.len().min(room)]);
        is_ended = end.is_some() || line.len() > PASSWORD_FILE_LIMIT;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_program_that_hangs_is_killed() {
        let began = Instant::now();
        for script in ["exec sleep 60", "exec >&-; exec sleep 60", "sleep 2 & exit 0", "exec yes"] {
            let words = ["/bin/sh", "-c", script].map(str::to_owned);
            let fault = first_line_of(&words, Duration::from_millis(300));
            // `yes` is heard, and does not end either.
            assert!(matches!(fault, Err(PasswordCommandError::TooSlow(_))), "{script}");
        }
        assert!(began.elapsed() < Duration::from_secs(20));
    }
}
