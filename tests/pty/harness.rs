//! A dash at a pseudo-terminal, and somebody who types.
//!
//! dash, because it leaves the terminal as a command has left it; bash and zsh set it anew at each prompt, so that a fault
//! would not show.

use std::fmt::Write as _;
use std::fs;
use std::io::Read;
use std::io::Write;
use std::os::fd::AsFd;
use std::process::Child;
use std::process::Command;
use std::time::Duration;
use std::time::Instant;

use nix::fcntl::OFlag;
use nix::fcntl::open;
use nix::poll::PollFd;
use nix::poll::PollFlags;
use nix::poll::PollTimeout;
use nix::poll::poll;
use nix::pty::PtyMaster;
use nix::pty::grantpt;
use nix::pty::posix_openpt;
use nix::pty::ptsname_r;
use nix::pty::unlockpt;
use nix::sys::signal::Signal;
use nix::sys::signal::kill;
use nix::sys::stat::Mode;
use nix::unistd::Pid;
use nix::unistd::tcgetpgrp;

/// Longer than anything here takes on a busy machine: who waits longer waits in vain.
const DEADLINE: Duration = Duration::from_secs(20);

const SHELL_PROMPT: &str = "dash> ";

/// A command that asks twice, as a parameter of the scenarios.
#[derive(Clone)]
pub(crate) struct Asking {
    /// As typed to the shell.
    pub(crate) command: String,
    /// The text of its first question.
    pub(crate) first: &'static str,
    /// An answer to it that leads to the second.
    pub(crate) answer: &'static str,
    /// The text of its second question.
    pub(crate) second: &'static str,
}

/// A shell at a terminal of its own.
pub(crate) struct Shell {
    terminal: PtyMaster,
    dash: Child,
    /// Everything that the screen has shown.
    shown: Vec<u8>,
    /// How much of it `await_text` has found.
    found: usize,
}

impl Shell {
    /// Starts dash and waits for its prompt.
    pub(crate) fn start() -> Self {
        let mut dash = Command::new("setsid");
        dash.args(["--ctty", "dash", "-i"])
            .env_clear()
            .env("PATH", "/usr/bin:/bin")
            .env("PS1", SHELL_PROMPT)
            .env("TERM", "xterm")
            .env("LANG", "C.UTF-8");
        let mut shell = Self::begin(dash);
        shell.await_shell();
        shell
    }

    /// Starts a shell of another kind, `setsid --ctty SHELL …`, and does not wait for its prompt.
    pub(crate) fn begin(mut command: Command) -> Self {
        // Closed on exec, or else a program of another test would hold this terminal open.
        let terminal = posix_openpt(OFlag::O_RDWR | OFlag::O_NOCTTY | OFlag::O_CLOEXEC).unwrap();
        grantpt(&terminal).unwrap();
        unlockpt(&terminal).unwrap();
        let name = ptsname_r(&terminal).unwrap();
        let end = open(name.as_str(), OFlag::O_RDWR | OFlag::O_NOCTTY | OFlag::O_CLOEXEC, Mode::empty()).unwrap();
        command.stdin(end.try_clone().unwrap()).stdout(end.try_clone().unwrap()).stderr(end);
        Self { terminal, dash: command.spawn().unwrap(), shown: Vec::new(), found: 0 }
    }

    /// Gives the terminal this many rows, of 80 columns.
    pub(crate) fn resize(&self, rows: u16) {
        let size = rustix::termios::Winsize { ws_row: rows, ws_col: 80, ws_xpixel: 0, ws_ypixel: 0 };
        rustix::termios::tcsetwinsize(&self.terminal, size).unwrap();
    }

    /// Types `bytes`: when it returns, the terminal has them.
    pub(crate) fn type_bytes(&mut self, bytes: impl AsRef<[u8]>) {
        self.terminal.write_all(bytes.as_ref()).unwrap();
    }

    /// Types a line and Enter.
    pub(crate) fn type_line(&mut self, line: &str) {
        self.type_bytes(format!("{line}\r"));
    }

    /// Waits until the screen shows `text`, after what was found before, and returns what stood between.
    pub(crate) fn await_text(&mut self, text: &str) -> String {
        let end = Instant::now() + DEADLINE;
        loop {
            let new = &self.shown[self.found..];
            if let Some(at) = new.windows(text.len()).position(|window| window == text.as_bytes()) {
                let between = String::from_utf8_lossy(&new[..at]).into_owned();
                self.found += at + text.len();
                return between;
            }
            let left = end.saturating_duration_since(Instant::now());
            let mut waiting = [PollFd::new(self.terminal.as_fd(), PollFlags::POLLIN)];
            let ready = poll(&mut waiting, PollTimeout::try_from(left).unwrap()).unwrap();
            assert!(ready > 0, "no {text:?} came; the screen showed:\n{}", self.screen());
            let mut bytes = [0; 4096];
            let length = self.terminal.read(&mut bytes).unwrap_or(0);
            assert!(length > 0, "the terminal ended without {text:?}; the screen showed:\n{}", self.screen());
            self.shown.extend_from_slice(&bytes[..length]);
        }
    }

    /// Waits until dash asks for a command: a person who types sooner types to the program before.
    pub(crate) fn await_shell(&mut self) {
        self.await_text(SHELL_PROMPT);
    }

    /// What `word` means to dash now (`$?`, `$(command)`). Fails if something else was typed to dash before.
    pub(crate) fn value(&mut self, word: &str) -> String {
        // The empty strings are for telling the answer from the echo of the question.
        self.type_line(&format!("echo \"[\"\"{word}\"\"]\""));
        self.await_text("\r\n[");
        let value = self.await_text("]\r\n");
        self.await_shell();
        value
    }

    /// Every setting of the terminal, as stty(1) under dash sees them.
    pub(crate) fn settings(&mut self) -> String {
        self.value("$(stty -g)")
    }

    /// Everything that the screen has shown so far.
    pub(crate) fn screen(&self) -> String {
        let mut screen = String::new();
        for line in String::from_utf8_lossy(&self.shown).lines() {
            writeln!(screen, "    {}", line.escape_debug()).unwrap();
        }
        screen
    }

    /// The process group that runs in the foreground: of a single command, also its process.
    pub(crate) fn foreground(&self) -> Pid {
        let group = tcgetpgrp(&self.terminal).unwrap();
        // 0 is what a terminal has that nobody uses any more, and for kill(2) it means ourselves.
        assert!(group.as_raw() > 1, "nothing runs in the foreground; the screen showed:\n{}", self.screen());
        group
    }

    /// Closes the terminal, as a lost connection does: dash and what it runs get SIGHUP.
    pub(crate) fn hang_up(self) {
        let Self { terminal, mut dash, .. } = self;
        drop(terminal);
        dash.wait().unwrap();
    }
}

/// Sends `signal` to the process alone, as kill(1) does.
pub(crate) fn send(signal: Signal, process: Pid) {
    kill(process, signal).unwrap();
}

/// Waits until the state of `process` is one of `states` (proc_pid_stat(5)); one that is gone has the state `X`.
pub(crate) fn await_state(process: Pid, states: &str) {
    let end = Instant::now() + DEADLINE;
    loop {
        let stat = fs::read_to_string(format!("/proc/{process}/stat")).unwrap_or_default();
        let state = stat.rsplit(") ").next().and_then(|rest| rest.chars().next()).unwrap_or('X');
        if states.contains(state) {
            return;
        }
        assert!(Instant::now() < end, "process {process} is in state {state}, not one of {states}");
        std::thread::sleep(Duration::from_millis(2));
    }
}
