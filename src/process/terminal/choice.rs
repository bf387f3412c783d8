//! A choice with the arrow keys, by dialoguer, at the controlling terminal.
//!
//! dialoguer reads keys through console, which waits for a key without a timeout, takes every signal for Ctrl-C,
//! ignores Ctrl-D and Ctrl-\, and takes an arrow key for Esc if its bytes arrive one at a time. It only reads
//! standard input. So during a choice, standard input is a pseudo-terminal: our own reader reads the keys, with the
//! same settings, signals and timeout as every other prompt, and passes them on.

use std::fs::File;
use std::io;
use std::io::Write;
use std::os::fd::AsFd;
use std::os::fd::AsRawFd;
use std::os::fd::OwnedFd;
use std::os::fd::RawFd;
use std::os::unix::net::UnixStream;
use std::thread;
use std::time::Duration;
use std::time::Instant;

use dialoguer::Select;
use dialoguer::console::Term;
use dialoguer::theme::SimpleTheme;
use nix::errno::Errno;
use nix::fcntl::FcntlArg;
use nix::fcntl::FdFlag;
use nix::fcntl::OFlag;
use nix::fcntl::fcntl;
use nix::poll::PollFd;
use nix::poll::PollFlags;
use nix::poll::PollTimeout;
use nix::poll::poll;
use nix::pty::openpty;
use nix::sys::signal::SigSet;
use nix::sys::termios::Termios;
use nix::sys::termios::cfmakeraw;
use nix::unistd::dup2_stdin;
use rustix::termios::tcgetwinsize;
use rustix::termios::tcsetwinsize;

use super::PromptError;
use super::controlling::ControllingTerminal;
use super::keys::ESCAPE_GAP;
use super::keys::KeyBindings;
use super::keys::KeyResult;
use super::keys::Keys;
use super::settings::Settings;
use super::settings::in_foreground;
use super::signals::SignalWatch;

/// The fewest rows with which dialoguer shows a choice: two for the question, and one for a choice.
const MIN_ROWS: u16 = 3;
const ESCAPE: u8 = 0x1b;
/// The key that ends dialoguer's choice without a result, whatever key came before.
const QUIT: &[u8] = b"q";
/// The interval at which it is sent until the choice has ended: console may take the first one for a part of another
/// key.
const QUIT_INTERVAL: Duration = Duration::from_millis(10);
/// The sequence with which console shows the cursor again.
const SHOW_CURSOR: &[u8] = b"\x1b[?25h";

/// Lets the operator pick one of `choices`; `None`: Esc. The terminal has its settings back when this returns.
pub(super) fn choose_once(
    terminal: &ControllingTerminal,
    question: &str,
    choices: &[&str],
    watch: &SignalWatch,
) -> Result<Option<usize>, PromptError> {
    let end = Instant::now() + terminal.timeout();
    let settings = Settings::apply(terminal.file())?;
    let keyboard = Keyboard::connect(settings.before())?;
    // Replacing standard input released a lock on it.
    terminal.take_turn()?;
    let (cancel, cancelled) = UnixStream::pair()?;
    let (running, ended) = UnixStream::pair()?;
    keyboard.copy_size(terminal);
    let screen = Screen { tty: terminal.file().try_clone()?, size: keyboard.slave.try_clone()?, cancelled };
    let input = terminal.file().try_clone()?;
    let (stopped, picked) = thread::scope(|scope| {
        let menu = thread::Builder::new().spawn_scoped(scope, move || {
            let _running = running;
            // Signals are handled by the thread that reads the keys.
            let _ = SigSet::all().thread_block();
            let term = Term::read_write_pair(input, screen);
            // Nothing is selected at first: otherwise Enter after an unknown key would select something.
            let select = Select::with_theme(&SimpleTheme)
                .with_prompt(format!("{question} (arrow keys, then Enter; Esc: neither)"))
                .items(choices);
            select.interact_on_opt(&term)
        })?;
        let stopped = pass_keys(terminal, &keyboard, Keys::new(KeyBindings::of(settings.before())), &ended, end, watch);
        drop(cancel);
        while !menu.is_finished() {
            keyboard.press(QUIT);
            let mut descriptors = [PollFd::new(ended.as_fd(), PollFlags::POLLIN)];
            let _ = poll(&mut descriptors, PollTimeout::try_from(QUIT_INTERVAL).unwrap_or(PollTimeout::ZERO));
        }
        Ok::<_, io::Error>((stopped, menu.join()))
    })?;
    let picked = picked.unwrap_or_else(|panic| std::panic::resume_unwind(panic));
    if picked.is_err() && in_foreground(terminal.file()) {
        let _ = terminal.file().write(SHOW_CURSOR);
    }
    stopped?;
    picked.map_err(|dialoguer::Error::IO(error)| error.into())
}

/// Passes keys from the terminal on until the choice has `ended`, each escape sequence in one write.
///
/// # Errors
/// Why the choice ended without a result.
fn pass_keys(
    terminal: &ControllingTerminal,
    keyboard: &Keyboard,
    mut keys: Keys,
    ended: &UnixStream,
    end: Instant,
    watch: &SignalWatch,
) -> Result<(), PromptError> {
    let (mut bytes, mut key) = ([0; 64], Vec::new());
    loop {
        keyboard.copy_size(terminal);
        let pause = if key.is_empty() { end } else { end.min(Instant::now() + ESCAPE_GAP) };
        if !terminal.ready_or(PollFlags::POLLIN, pause, Some(watch), Some(ended.as_fd()))? {
            if has_ended(ended) {
                return Ok(());
            }
            if Instant::now() >= end {
                return Err(PromptError::TimedOut(terminal.timeout()));
            }
            keys.pause();
            if let Some(key) = key_of_choice(&key) {
                keyboard.press(&key);
            }
            key.clear();
            continue;
        }
        let count = terminal.read(&mut bytes)?.unwrap_or(0);
        for &byte in &bytes[..count] {
            key.push(byte);
            if keys.take(byte) == KeyResult::EndOfInput {
                return Err(PromptError::EndOfInput);
            }
            if keys.is_within_sequence() {
                continue;
            }
            if let Some(key) = key_of_choice(&key) {
                keyboard.press(&key);
            }
            key.clear();
        }
    }
}

/// The key that console gets for these bytes; `None`: none. console would take Ctrl-C for a signal even if the
/// terminal uses another key for that, and would take the end of an unknown sequence for keys.
fn key_of_choice(bytes: &[u8]) -> Option<Vec<u8>> {
    match bytes {
        [b'\r' | b'\n' | b'\t'] => Some(bytes.to_vec()),
        [control] if control.is_ascii_control() && *control != ESCAPE => None,
        // In application mode (DECCKM) an arrow key begins with ESC O.
        [ESCAPE, b'[' | b'O', last @ (b'A'..=b'D' | b'F' | b'H' | b'Z')] => Some(vec![ESCAPE, b'[', *last]),
        [ESCAPE, b'[' | b'O', ..] => None,
        [ESCAPE, rest @ ..] if rest.iter().all(|&byte| byte == ESCAPE) => Some(vec![ESCAPE]),
        [ESCAPE, rest @ ..] => key_of_choice(rest),
        text => Some(text.to_vec()),
    }
}

/// Whether the other end is closed.
fn has_ended(stream: &UnixStream) -> bool {
    let mut descriptors = [PollFd::new(stream.as_fd(), PollFlags::POLLIN)];
    poll(&mut descriptors, PollTimeout::ZERO).is_ok_and(|ready| ready > 0)
}

/// A pseudo-terminal in place of standard input, to which we write keys.
struct Keyboard {
    master: File,
    /// Keeps keys that console has not read yet; standard input is a duplicate of it.
    slave: OwnedFd,
    /// The previous standard input.
    before: OwnedFd,
}

impl Keyboard {
    fn connect(settings: &Termios) -> io::Result<Self> {
        // Raw: neither end changes or echoes a byte.
        let mut raw = settings.clone();
        cfmakeraw(&mut raw);
        let ends = openpty(None, Some(&raw))?;
        for end in [&ends.master, &ends.slave] {
            fcntl(end, FcntlArg::F_SETFD(FdFlag::FD_CLOEXEC))?;
        }
        fcntl(&ends.master, FcntlArg::F_SETFL(OFlag::O_RDWR | OFlag::O_NONBLOCK))?;
        let before = io::stdin().as_fd().try_clone_to_owned()?;
        dup2_stdin(&ends.slave)?;
        Ok(Self { master: ends.master.into(), slave: ends.slave, before })
    }

    /// Sets the size to that of the terminal, after each key: console reads it here. dialoguer divides the rows
    /// between question and choices, and panics if they are too few.
    fn copy_size(&self, terminal: &ControllingTerminal) {
        if let Ok(mut size) = tcgetwinsize(terminal.file())
            && size.ws_row > 0
        {
            size.ws_row = size.ws_row.max(MIN_ROWS);
            let _ = tcsetwinsize(&self.master, size);
        }
    }

    /// Sends a key. If thousands of keys are unread, it is dropped.
    fn press(&self, key: &[u8]) {
        let _ = (&self.master).write(key);
    }
}

impl Drop for Keyboard {
    fn drop(&mut self) {
        // This does not fail, because the descriptor is open.
        let _ = dup2_stdin(&self.before);
    }
}

/// The terminal on which dialoguer draws. It never blocks: writes to a stopped terminal (Ctrl-S) wait only until the
/// choice is cancelled.
#[derive(Debug)]
struct Screen {
    tty: File,
    /// The pseudo-terminal whose size the choice uses.
    size: OwnedFd,
    /// The other end is closed when the choice is cancelled.
    cancelled: UnixStream,
}

impl Write for Screen {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        loop {
            let mut waiting = [
                PollFd::new(self.tty.as_fd(), PollFlags::POLLOUT),
                PollFd::new(self.cancelled.as_fd(), PollFlags::POLLIN),
            ];
            match poll(&mut waiting, PollTimeout::NONE) {
                Err(Errno::EINTR) => continue,
                ready => ready?,
            };
            let (is_ready, is_cancelled) = (waiting[0].any().unwrap_or(true), waiting[1].any().unwrap_or(true));
            match if is_ready { self.tty.write(bytes) } else { Err(io::ErrorKind::WouldBlock.into()) } {
                Err(error) if error.kind() == io::ErrorKind::WouldBlock && !is_cancelled => {}
                written => return written,
            }
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl AsRawFd for Screen {
    fn as_raw_fd(&self) -> RawFd {
        self.size.as_raw_fd()
    }
}
