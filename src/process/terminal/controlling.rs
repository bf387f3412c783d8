//! The real terminal, /dev/tty.

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

/// What comes this soon after Enter was pasted with the line, not typed.
const PASTE_GAP: Duration = Duration::from_millis(20);

/// The longest that a refused paste is waited for to end.
const PASTE_LASTS: Duration = Duration::from_secs(2);

/// Whether what is typed shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Echo {
    /// As at any prompt.
    On,
    /// Nothing does.
    Off,
}

/// What is read of the keyboard at once.
const READ: usize = 256;

/// The terminal that the process was started from, whatever standard input and output are.
#[derive(Debug)]
pub struct ControllingTerminal {
    tty: File,
    patience: Duration,
    /// Held from the first question on, so that no other command asks in between.
    turn: RefCell<Option<PromptLock>>,
}

impl ControllingTerminal {
    /// Opens it. Each question then waits `retry_for` for its answer (see [`ANSWER_TIMEOUT`](super::ANSWER_TIMEOUT)).
    ///
    /// # Errors
    /// [`PromptError::NoTerminal`] if there is none, [`PromptError::Io`] if it cannot be opened.
    pub fn open(patience: Duration) -> Result<Self, PromptError> {
        // Never blocking, so that no stopped terminal (Ctrl-S) keeps us from a signal or from the end of the timeout.
        let flags = OFlag::O_RDWR | OFlag::O_NOCTTY | OFlag::O_CLOEXEC | OFlag::O_NONBLOCK;
        let tty = open("/dev/tty", flags, Mode::empty()).map_err(|error| match error {
            Errno::ENXIO | Errno::ENOENT | Errno::ENODEV => PromptError::NoTerminal,
            other => other.into(),
        })?;
        if !isatty(&tty).unwrap_or(false) {
            return Err(PromptError::NoTerminal);
        }
        Ok(Self { tty: File::from(tty), patience, turn: RefCell::default() })
    }

    pub(super) fn ask(&self, prompt: &str, echo: Echo) -> Result<Zeroizing<String>, PromptError> {
        self.repeat(|watch| self.ask_once(prompt, echo, watch))
    }

    /// The terminal itself.
    pub(super) fn file(&self) -> &File {
        &self.tty
    }

    /// How long a question waits for its answer.
    pub(super) fn timeout(&self) -> Duration {
        self.patience
    }

    /// Asks until there is an answer or a reason why there is none: again after `fg`, but not for a signal that ends.
    pub(super) fn repeat<T>(
        &self,
        ask_once: impl Fn(&SignalWatch) -> Result<T, PromptError>,
    ) -> Result<T, PromptError> {
        loop {
            let watch = SignalWatch::begin()?;
            let answer = self.take_turn().and_then(|()| ask_once(&watch));
            let noted = watch.end();
            if noted.any() {
                // A process that is stopped keeps nobody from asking.
                self.turn.replace(None);
            }
            noted.raise()?;
            match answer {
                Err(PromptError::Interrupted) if !noted.deadly() => {}
                answer => return answer,
            }
        }
    }

    /// Keeps other commands from asking at this terminal until the turn is given back. In the background nobody asks: there
    /// the kernel stops the process instead.
    ///
    /// # Errors
    /// [`PromptError::Taken`].
    pub(super) fn take_turn(&self) -> Result<(), PromptError> {
        if in_foreground(&self.tty) {
            self.turn.replace(PromptLock::take()?);
        }
        Ok(())
    }

    /// The terminal has its settings back when this returns.
    fn ask_once(&self, prompt: &str, echo: Echo, watch: &SignalWatch) -> Result<Zeroizing<String>, PromptError> {
        let end = Instant::now() + self.patience;
        // The prompt shows only now that the terminal is ready: a person who waits for it can type at once.
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

    /// The keys up to Enter. `shown` is where the line is shown; `None`: it is a secret.
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
                    return Err(PromptError::TimedOut(self.patience));
                }
                keys.pause();
                continue;
            }
            let count = self.read(&mut bytes[..])?.unwrap_or(0);
            let mut rest = &bytes[..count];
            while let Some((&byte, after)) = rest.split_first() {
                rest = after;
                let step = keys.take(byte);
                // Never what comes behind Enter.
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

    /// Reads and drops what is still to come of a paste, which may be more than the kernel holds, so that nothing of it
    /// answers the next question or is typed to the shell.
    fn drop_rest(&self, watch: &SignalWatch) -> Result<(), PromptError> {
        let mut bytes = Zeroizing::new([0; READ]);
        let end = Instant::now() + PASTE_LASTS;
        while Instant::now() < end && self.ready(PollFlags::POLLIN, Instant::now() + PASTE_GAP, Some(watch))? {
            self.read(&mut bytes[..])?;
        }
        Ok(())
    }

    /// Shows the line so far, where it may be shown.
    fn show_line(
        &self,
        keys: &Keys,
        shown: Option<&mut ShownLine>,
        end: Instant,
        watch: &SignalWatch,
    ) -> Result<(), PromptError> {
        // Half a character shows when it is whole.
        let (Some(shown), Ok(text)) = (shown, editor::edit(keys.so_far())) else { return Ok(()) };
        self.write(&shown.change_to(&text), end, Some(watch))
    }

    /// Reads once; `None`: there was nothing, after all.
    ///
    /// # Errors
    /// `EndOfInput` also where the terminal was closed.
    pub(super) fn read(&self, bytes: &mut [u8]) -> Result<Option<usize>, PromptError> {
        match (&self.tty).read(bytes) {
            Ok(0) => Err(PromptError::EndOfInput),
            Ok(length) => Ok(Some(length)),
            Err(error) if matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::Interrupted) => Ok(None),
            // What a read gives after a hangup.
            Err(error) if error.raw_os_error() == Some(Errno::EIO as i32) => Err(PromptError::EndOfInput),
            Err(error) => Err(error.into()),
        }
    }

    pub(super) fn write(&self, text: &str, end: Instant, watch: Option<&SignalWatch>) -> Result<(), PromptError> {
        let mut rest = text.as_bytes();
        while !rest.is_empty() {
            if !self.ready(PollFlags::POLLOUT, end, watch)? {
                return Err(PromptError::TimedOut(self.patience));
            }
            match (&self.tty).write(rest) {
                Ok(length) => rest = &rest[length..],
                Err(error) if matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::Interrupted) => {}
                Err(error) => return Err(error.into()),
            }
        }
        Ok(())
    }

    /// Puts the cursor below the question, if the terminal takes it: what ends the question is more important.
    fn end_line(&self) {
        if in_foreground(&self.tty) {
            let _ = (&self.tty).write(b"\n");
        }
    }

    /// Waits until the terminal is ready for `what`; false if it is not by `end`.
    ///
    /// # Errors
    /// [`PromptError::Interrupted`] as soon as `watch` has noted a signal.
    fn ready(&self, what: PollFlags, end: Instant, watch: Option<&SignalWatch>) -> Result<bool, PromptError> {
        self.ready_or(what, end, watch, None)
    }

    /// As [`ControllingTerminal::ready`]; false also as soon as `other` can be read.
    pub(super) fn ready_or(
        &self,
        what: PollFlags,
        end: Instant,
        watch: Option<&SignalWatch>,
        other: Option<BorrowedFd<'_>>,
    ) -> Result<bool, PromptError> {
        loop {
            if watch.is_some_and(SignalWatch::rang) {
                return Err(PromptError::Interrupted);
            }
            let mut waiting = vec![PollFd::new(self.tty.as_fd(), what)];
            waiting.extend(other.map(|other| PollFd::new(other, PollFlags::POLLIN)));
            waiting.extend(watch.map(|watch| PollFd::new(watch.bell(), PollFlags::POLLIN)));
            let left = end.saturating_duration_since(Instant::now());
            match poll(&mut waiting, PollTimeout::try_from(left).unwrap_or(PollTimeout::MAX)) {
                Ok(0) => return Ok(false),
                // A hangup counts as ready: the read or write after this says what became of the terminal.
                Ok(_) if waiting[0].any().unwrap_or(true) => return Ok(true),
                Ok(_) if other.is_some() && waiting[1].any().unwrap_or(true) => return Ok(false),
                Ok(_) | Err(Errno::EINTR) => {}
                Err(error) => return Err(error.into()),
            }
        }
    }
}
