//! The controlling terminal, /dev/tty.

use std::cell::RefCell;
use std::fs::File;
use std::io::ErrorKind;
use std::io::Read;
use std::io::Write;
use std::os::fd::AsFd;
use std::os::fd::BorrowedFd;
use std::time::Duration;
use std::time::Instant;

use nix::errno::Errno;
use nix::fcntl::OFlag;
use nix::fcntl::open;
use nix::poll::PollFd;
use nix::poll::PollFlags;
use nix::poll::PollTimeout;
use nix::poll::poll;
use nix::sys::stat::Mode;
use nix::unistd::isatty;
use zeroize::Zeroizing;

use super::PromptError;
use super::editor;
use super::keys::ESCAPE_GAP;
use super::keys::KeyBindings;
use super::keys::KeyResult;
use super::keys::Keys;
use super::prompt_lock::PromptLock;
use super::settings::Settings;
use super::settings::in_foreground;
use super::shown::ShownLine;
use super::signals::SignalWatch;

/// Input this soon after Enter was pasted with the line, not typed.
const PASTE_GAP: Duration = Duration::from_millis(20);

/// How long to wait at most for the end of a refused paste.
const PASTE_TIMEOUT: Duration = Duration::from_secs(2);

/// Whether typed text is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Echo {
    /// Shown, as at any prompt.
    On,
    /// Not shown.
    Off,
}

/// How many bytes are read at a time.
const READ: usize = 256;

/// The terminal from which the process was started, whatever standard input and output are.
#[derive(Debug)]
pub struct ControllingTerminal {
    tty: File,
    timeout: Duration,
    /// Held from the first prompt on, so that no other command prompts in between.
    turn: RefCell<Option<PromptLock>>,
}

impl ControllingTerminal {
    /// Opens it. Each prompt then waits this long for its answer (see [`ANSWER_TIMEOUT`](super::ANSWER_TIMEOUT)).
    ///
    /// # Errors
    /// [`PromptError::NoTerminal`] if there is none, [`PromptError::Io`] if it cannot be opened.
    pub fn open(timeout: Duration) -> Result<Self, PromptError> {
        // Non-blocking, so that a stopped terminal (Ctrl-S) does not keep us from handling a signal or the timeout.
        let flags = OFlag::O_RDWR | OFlag::O_NOCTTY | OFlag::O_CLOEXEC | OFlag::O_NONBLOCK;
        let tty = open("/dev/tty", flags, Mode::empty()).map_err(|error| match error {
            Errno::ENXIO | Errno::ENOENT | Errno::ENODEV => PromptError::NoTerminal,
            other => other.into(),
        })?;
        if !isatty(&tty).unwrap_or(false) {
            return Err(PromptError::NoTerminal);
        }
        Ok(Self { tty: File::from(tty), timeout, turn: RefCell::default() })
    }

    pub(super) fn ask(&self, prompt: &str, echo: Echo) -> Result<Zeroizing<String>, PromptError> {
        self.repeat(|watch| self.prompt_once(prompt, echo, watch))
    }

    /// The terminal device.
    pub(super) fn file(&self) -> &File {
        &self.tty
    }

    /// How long a prompt waits for its answer.
    pub(super) fn timeout(&self) -> Duration {
        self.timeout
    }

    /// Prompts until there is an answer or an error: again after `fg`, but not after a signal that ends the process.
    pub(super) fn repeat<T>(
        &self,
        prompt_once: impl Fn(&SignalWatch) -> Result<T, PromptError>,
    ) -> Result<T, PromptError> {
        loop {
            let watch = SignalWatch::begin()?;
            let answer = self.take_turn().and_then(|()| prompt_once(&watch));
            let noted = watch.end();
            if noted.any() {
                // A stopped process must not keep others from prompting.
                self.turn.replace(None);
            }
            noted.raise()?;
            match answer {
                Err(PromptError::Interrupted) if !noted.deadly() => {}
                answer => return answer,
            }
        }
    }

    /// Keeps other commands from prompting at this terminal until the lock is released. In the background there is no
    /// prompt, because the kernel stops the process instead.
    ///
    /// # Errors
    /// [`PromptError::Taken`].
    pub(super) fn take_turn(&self) -> Result<(), PromptError> {
        if in_foreground(&self.tty) {
            self.turn.replace(PromptLock::take()?);
        }
        Ok(())
    }

    /// Prompts once. The terminal has its settings back when this returns.
    fn prompt_once(&self, prompt: &str, echo: Echo, watch: &SignalWatch) -> Result<Zeroizing<String>, PromptError> {
        let end = Instant::now() + self.timeout;
        // The prompt appears after the terminal is ready, so that an operator who waits for it can type at once.
        let settings = Settings::apply(&self.tty)?;
        self.write(prompt, end, Some(watch))?;
        let shown = (echo == Echo::On).then(ShownLine::default);
        let line = self.read_line(Keys::new(KeyBindings::of(settings.before())), shown, end, watch);
        if matches!(line, Err(PromptError::LineBreakInPaste | PromptError::TooLong | PromptError::EndOfInput)) {
            self.drop_rest(watch)?;
        }
        self.end_line();
        editor::edit(&line?)
    }

    /// Reads the keys up to Enter. `shown`: the displayed line; `None`: it is a secret.
    fn read_line(
        &self,
        mut keys: Keys,
        mut shown: Option<ShownLine>,
        end: Instant,
        watch: &SignalWatch,
    ) -> Result<Zeroizing<Vec<u8>>, PromptError> {
        let mut bytes = Zeroizing::new([0; READ]);
        loop {
            let pause = if keys.is_within_sequence() { end.min(Instant::now() + ESCAPE_GAP) } else { end };
            if !self.ready(PollFlags::POLLIN, pause, Some(watch))? {
                if Instant::now() >= end {
                    return Err(PromptError::TimedOut(self.timeout));
                }
                keys.pause();
                continue;
            }
            let count = self.read(&mut bytes[..])?.unwrap_or(0);
            let mut rest = &bytes[..count];
            while let Some((&byte, after)) = rest.split_first() {
                rest = after;
                let step = keys.take(byte);
                // Input after Enter is never shown.
                if rest.is_empty() || step != KeyResult::More {
                    self.show_line(&keys, shown.as_mut(), end, watch)?;
                }
                match step {
                    KeyResult::More => {}
                    KeyResult::EndOfInput => return Err(PromptError::EndOfInput),
                    KeyResult::LineBreakInPaste => return Err(PromptError::LineBreakInPaste),
                    KeyResult::Enter => {
                        let is_paste = !rest.is_empty()
                            || self.ready(PollFlags::POLLIN, Instant::now() + PASTE_GAP, Some(watch))?;
                        return if is_paste { Err(PromptError::LineBreakInPaste) } else { keys.line() };
                    }
                }
            }
        }
    }

    /// Reads and drops the rest of a paste, which may be more than the kernel buffers, so that no part of it answers
    /// the next prompt or reaches the shell.
    fn drop_rest(&self, watch: &SignalWatch) -> Result<(), PromptError> {
        let mut bytes = Zeroizing::new([0; READ]);
        let end = Instant::now() + PASTE_TIMEOUT;
        while Instant::now() < end && self.ready(PollFlags::POLLIN, Instant::now() + PASTE_GAP, Some(watch))? {
            self.read(&mut bytes[..])?;
        }
        Ok(())
    }

    /// Shows the line so far, if it may be shown.
    fn show_line(
        &self,
        keys: &Keys,
        shown: Option<&mut ShownLine>,
        end: Instant,
        watch: &SignalWatch,
    ) -> Result<(), PromptError> {
        // An incomplete character is shown when it is complete.
        let (Some(shown), Ok(text)) = (shown, editor::edit(keys.so_far())) else { return Ok(()) };
        self.write(&shown.change_to(&text), end, Some(watch))
    }

    /// Reads once; `None`: no data was available after all.
    ///
    /// # Errors
    /// `EndOfInput` also if the terminal was closed.
    pub(super) fn read(&self, bytes: &mut [u8]) -> Result<Option<usize>, PromptError> {
        match (&self.tty).read(bytes) {
            Ok(0) => Err(PromptError::EndOfInput),
            Ok(length) => Ok(Some(length)),
            Err(error) if matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::Interrupted) => Ok(None),
            // The error of a read after a hangup.
            Err(error) if error.raw_os_error() == Some(Errno::EIO as i32) => Err(PromptError::EndOfInput),
            Err(error) => Err(error.into()),
        }
    }

    pub(super) fn write(&self, text: &str, end: Instant, watch: Option<&SignalWatch>) -> Result<(), PromptError> {
        let mut rest = text.as_bytes();
        while !rest.is_empty() {
            if !self.ready(PollFlags::POLLOUT, end, watch)? {
                return Err(PromptError::TimedOut(self.timeout));
            }
            match (&self.tty).write(rest) {
                Ok(length) => rest = &rest[length..],
                Err(error) if matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::Interrupted) => {}
                Err(error) => return Err(error.into()),
            }
        }
        Ok(())
    }

    /// Moves the cursor below the prompt, if possible. An error is ignored, because the reason for the end of the
    /// prompt matters more.
    fn end_line(&self) {
        if in_foreground(&self.tty) {
            let _ = (&self.tty).write(b"\n");
        }
    }

    /// Waits until the terminal is ready for `what`; false if it is not by `end`.
    ///
    /// # Errors
    /// [`PromptError::Interrupted`] as soon as `watch` has caught a signal.
    fn ready(&self, what: PollFlags, end: Instant, watch: Option<&SignalWatch>) -> Result<bool, PromptError> {
        self.ready_or(what, end, watch, None)
    }

    /// Like [`ControllingTerminal::ready`]; also false as soon as `other` is readable.
    pub(super) fn ready_or(
        &self,
        what: PollFlags,
        end: Instant,
        watch: Option<&SignalWatch>,
        other: Option<BorrowedFd<'_>>,
    ) -> Result<bool, PromptError> {
        loop {
            if watch.is_some_and(SignalWatch::has_caught) {
                return Err(PromptError::Interrupted);
            }
            let mut waiting = vec![PollFd::new(self.tty.as_fd(), what)];
            waiting.extend(other.map(|other| PollFd::new(other, PollFlags::POLLIN)));
            waiting.extend(watch.map(|watch| PollFd::new(watch.wake_fd(), PollFlags::POLLIN)));
            let left = end.saturating_duration_since(Instant::now());
            match poll(&mut waiting, PollTimeout::try_from(left).unwrap_or(PollTimeout::MAX)) {
                Ok(0) => return Ok(false),
                // A hangup counts as ready: the next read or write reports it.
                Ok(_) if waiting[0].any().unwrap_or(true) => return Ok(true),
                Ok(_) if other.is_some() && waiting[1].any().unwrap_or(true) => return Ok(false),
                Ok(_) | Err(Errno::EINTR) => {}
                Err(error) => return Err(error.into()),
            }
        }
    }
}
