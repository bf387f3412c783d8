//! The outside world in one value: arguments, environment, streams, the terminal and the OS accounts. Commands access
//! them only through a [`Process`], so that a test can run the whole program in its own process.

mod closed_at_start;
pub mod continuous_output;
mod environment;
pub mod full_disk;
pub mod hardening;
pub mod inherited;
pub mod limits;
pub mod resolver;
mod shared_buffer;
mod standard_input;
pub mod standard_output;
mod stopping;
pub mod sudo;
pub mod systemd;
pub mod terminal;
mod wait;

use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::ffi::OsString;
use std::io;
use std::io::IsTerminal as _;
use std::io::Read;
use std::io::Write;
use std::path::PathBuf;
use std::time::Duration;

use jiff::tz::TimeZone;

use resolver::Resolver;
pub use shared_buffer::SharedBuffer;
use standard_input::StandardInput;
use standard_output::StandardOutput;
use systemd::Systemd;
use terminal::ControllingTerminal;
use terminal::PromptError;
use terminal::ScriptedTerminal;
use terminal::Terminal;

/// The environment of the program in a wide sense.
pub struct Process {
    /// The arguments, including the program's name.
    pub arguments: Vec<OsString>,
    /// Standard input.
    pub stdin: OutputStream<Box<dyn Read>>,
    /// Standard output.
    pub stdout: OutputStream<Box<dyn Write>>,
    /// Standard error.
    pub stderr: OutputStream<Box<dyn Write>>,
    /// The OS accounts.
    pub accounts: Accounts,
    /// The paths of the system-wide configuration and store.
    pub system: SystemPaths,
    /// The names of hosts.
    pub resolver: Resolver,
    /// What starts programs at their time.
    pub systemd: Systemd,
    /// The local time zone; `None`: determined when it is needed.
    time_zone: Option<TimeZone>,
    environment: BTreeMap<OsString, OsString>,
    terminal: TerminalSource,
}

/// The paths of the system-wide configuration and store, which root and the service account use.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SystemPaths {
    /// The configuration.
    pub config: PathBuf,
    /// The store, unless the configuration names another.
    pub store: PathBuf,
}

impl Default for SystemPaths {
    fn default() -> Self {
        Self { config: "/etc/cxme-admin/config.toml".into(), store: "/var/lib/cxme-admin/store.db".into() }
    }
}

/// A stream and its properties.
pub struct OutputStream<S> {
    /// The reader or writer.
    pub bytes: S,
    /// Whether it is a terminal.
    pub is_terminal: bool,
    /// The terminal's width in columns.
    pub columns: Option<u16>,
}

/// The account of the process, and the other accounts of the machine.
#[derive(Debug, Clone, Default)]
pub struct Accounts {
    /// The effective uid.
    pub effective_uid: u32,
    /// The effective gid.
    pub effective_gid: u32,
    /// The audit login uid, if the kernel has one.
    pub login_uid: Option<u32>,
    /// The host name.
    pub host: String,
    /// Accounts for tests; `None`: those of the machine.
    scripted: Option<ScriptedAccounts>,
}

/// The accounts of a test.
#[derive(Debug, Clone, Default)]
struct ScriptedAccounts {
    names: BTreeMap<u32, String>,
    is_directory_down: bool,
    sudo: sudo::SudoRights,
}

enum TerminalSource {
    Real,
    Scripted(Option<ScriptedTerminal>),
}

impl Process {
    /// The real process.
    pub fn real() -> Self {
        #[expect(clippy::disallowed_methods, reason = "the one place that reads arguments and environment")]
        let arguments = std::env::args_os().collect();
        Self {
            arguments,
            environment: std::env::vars_os().collect(),
            stdin: OutputStream::new(Box::new(StandardInput), io::stdin().is_terminal(), None),
            stdout: OutputStream::new(Box::new(StandardOutput), io::stdout().is_terminal(), columns_of(&io::stdout())),
            stderr: OutputStream::new(Box::new(io::stderr()), io::stderr().is_terminal(), columns_of(&io::stderr())),
            accounts: Accounts::real(),
            system: SystemPaths::default(),
            resolver: Resolver::System,
            systemd: Systemd::Real,
            time_zone: None,
            terminal: TerminalSource::Real,
        }
    }

    /// A variable of the environment; an empty one counts as not set.
    pub fn variable(&self, name: &str) -> Option<&OsStr> {
        self.variable_or_empty(name).filter(|value| !value.is_empty())
    }

    /// A variable of the environment, which may be empty.
    pub fn variable_or_empty(&self, name: &str) -> Option<&OsStr> {
        self.environment.get(OsStr::new(name)).map(OsString::as_os_str)
    }

    /// The names of the environment's variables that begin with `prefix` and are not empty.
    pub fn variables_with<'a>(&'a self, prefix: &'a str) -> impl Iterator<Item = &'a str> {
        let set = self.environment.iter().filter(|(_, value)| !value.is_empty());
        set.filter_map(move |(name, _)| name.to_str().filter(|name| name.starts_with(prefix)))
    }

    /// The terminal for prompts, which is independent of the streams. `timeout`: how long a prompt waits.
    ///
    /// # Errors
    /// [`PromptError::NoTerminal`] if there is none.
    pub fn terminal(&self, timeout: Duration) -> Result<Box<dyn Terminal>, PromptError> {
        match &self.terminal {
            TerminalSource::Real => Ok(Box::new(ControllingTerminal::open(timeout)?)),
            TerminalSource::Scripted(Some(terminal)) => Ok(Box::new(terminal.clone())),
            TerminalSource::Scripted(None) => Err(PromptError::NoTerminal),
        }
    }
}

impl Process {
    /// From now on a stop signal calls `on_signal` with its number, instead of ending the process. A scripted process
    /// gets none.
    ///
    /// # Errors
    /// If no thread can be started.
    pub fn on_stop_request(&self, on_signal: impl Fn(i32) + Send + 'static) -> io::Result<()> {
        match &self.terminal {
            TerminalSource::Real => stopping::watch(on_signal),
            TerminalSource::Scripted(_) => Ok(()),
        }
    }

    /// Ends the process by SIGALRM, without a word, if it still runs after so many seconds. A scripted process runs on.
    pub fn end_after(&self, seconds: u32) {
        if matches!(self.terminal, TerminalSource::Real) {
            nix::unistd::alarm::set(seconds);
        }
    }
}

impl<S> OutputStream<S> {
    /// A stream.
    pub fn new(bytes: S, is_terminal: bool, columns: Option<u16>) -> Self {
        Self { bytes, is_terminal, columns }
    }
}

impl Process {
    /// A process of the same account with other arguments, for showing a command together with its output: `data`
    /// receives standard output, `both` receives standard output and standard error. `columns`: the width of the
    /// terminal that shows them.
    pub fn inner(
        &self,
        arguments: Vec<OsString>,
        environment: impl IntoIterator<Item = (OsString, OsString)>,
        stdin: Vec<u8>,
        columns: Option<u16>,
        data: &SharedBuffer,
        both: &SharedBuffer,
    ) -> Self {
        Self {
            arguments,
            environment: environment.into_iter().collect(),
            stdin: OutputStream::new(Box::new(io::Cursor::new(stdin)), false, None),
            stdout: OutputStream::new(Box::new(Tee(data.clone(), both.clone())), columns.is_some(), columns),
            stderr: OutputStream::new(Box::new(both.clone()), true, None),
            accounts: self.accounts.clone(),
            system: self.system.clone(),
            resolver: self.resolver.clone(),
            systemd: self.systemd.clone(),
            time_zone: self.time_zone.clone(),
            terminal: TerminalSource::Scripted(None),
        }
    }
}

/// A writer that fails at every write.
struct Failing(io::ErrorKind);

impl Write for Failing {
    fn write(&mut self, _: &[u8]) -> io::Result<usize> {
        Err(self.0.into())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Writes to both buffers.
struct Tee(SharedBuffer, SharedBuffer);

impl Write for Tee {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.write_all(bytes)?;
        self.1.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Accounts {
    fn real() -> Self {
        let login_uid = std::fs::read_to_string("/proc/self/loginuid").ok().and_then(|text| text.trim().parse().ok());
        Self {
            effective_uid: nix::unistd::geteuid().as_raw(),
            effective_gid: nix::unistd::getegid().as_raw(),
            // The kernel represents "none" by the largest number (audit(7)).
            login_uid: login_uid.filter(|&uid| uid != u32::MAX),
            host: nix::unistd::gethostname().map(|host| host.to_string_lossy().into_owned()).unwrap_or_default(),
            scripted: None,
        }
    }

    /// The name of an account, or its number if it has none.
    pub fn name(&self, uid: u32) -> String {
        self.known_name(uid).unwrap_or_else(|| uid.to_string())
    }

    /// An account for messages: its name, if it is known now, and its number.
    pub fn described(&self, uid: u32) -> String {
        self.known_name(uid).map_or_else(|| format!("uid {uid}"), |name| format!("{name} (uid {uid})"))
    }

    /// The name of an account; `None` if it is not known now: there is no such account, or the directory server that
    /// would know it does not answer.
    pub fn known_name(&self, uid: u32) -> Option<String> {
        self.look_up(uid).ok().flatten()
    }

    /// The name of an account; `None`: there is no such account.
    ///
    /// # Errors
    /// If it cannot be looked up now, for example because a directory server does not answer.
    pub fn look_up(&self, uid: u32) -> io::Result<Option<String>> {
        match &self.scripted {
            Some(machine) => machine.found(machine.names.get(&uid).cloned()),
            None => Ok(nix::unistd::User::from_uid(uid.into())?.map(|user| user.name)),
        }
    }

    /// The number of the account with this name; `None`: there is no such account.
    ///
    /// # Errors
    /// Those of [`Accounts::look_up`].
    pub fn number(&self, name: &str) -> io::Result<Option<u32>> {
        match &self.scripted {
            Some(machine) => machine.found(machine.names.iter().find(|(_, known)| *known == name).map(|(uid, _)| *uid)),
            None => Ok(nix::unistd::User::from_name(name)?.map(|user| user.uid.as_raw())),
        }
    }

    /// The number and the name of an account, by its name or its number in canonical form, so not `007` or `+5`.
    /// `None`: there is no such account.
    ///
    /// # Errors
    /// Those of [`Accounts::look_up`].
    pub fn find(&self, given: &str) -> io::Result<Option<(u32, String)>> {
        let named = self.number(given)?;
        let number = || given.parse::<u32>().ok().filter(|number| number.to_string() == given);
        // The largest number is not an account: chown(2) and others take it for "unchanged".
        let Some(uid) = named.or_else(number).filter(|&uid| uid != u32::MAX) else { return Ok(None) };
        Ok(self.look_up(uid)?.map(|name| (uid, name)))
    }

    /// Whether sudo allows an account to run any command as root, according to sudo itself.
    pub fn asks_sudo(&self, uid: u32) -> sudo::SudoRights {
        match (&self.scripted, self.known_name(uid)) {
            (Some(machine), _) => machine.sudo,
            (None, Some(name)) if self.effective_uid == 0 => sudo::may_run_anything(&name),
            // Only root may ask about other accounts.
            (None, _) => sudo::SudoRights::CannotBeAsked,
        }
    }
}

impl ScriptedAccounts {
    /// The result of a look-up; an account that is not found may be known to the directory server that does not
    /// answer.
    fn found<T>(&self, found: Option<T>) -> io::Result<Option<T>> {
        if found.is_none() && self.is_directory_down { Err(io::ErrorKind::ConnectionRefused.into()) } else { Ok(found) }
    }
}

fn columns_of(stream: &impl std::os::fd::AsFd) -> Option<u16> {
    terminal_size::terminal_size_of(stream).map(|(terminal_size::Width(columns), _)| columns)
}

/// Whether a process of the same PID namespace is stopped, by SIGSTOP or a debugger (proc_pid_stat(5)); false if
/// /proc hides it.
pub fn is_stopped(process: u32) -> bool {
    let stat = std::fs::read_to_string(format!("/proc/{process}/stat")).unwrap_or_default();
    // The name of the program is in parentheses, and may itself contain some.
    stat.rsplit_once(") ").is_some_and(|(_, rest)| rest.starts_with(['T', 't']))
}

/// A process for tests, with given input and collected output.
#[derive(Clone)]
pub struct ScriptedProcess {
    /// The arguments after the program's name.
    pub arguments: Vec<OsString>,
    /// The environment.
    pub environment: BTreeMap<OsString, OsString>,
    /// Standard input.
    pub stdin: Vec<u8>,
    /// Whether the streams are terminals.
    pub at_terminal: bool,
    /// The terminal's width in columns.
    pub columns: u16,
    /// The terminal for prompts, if there is one.
    pub terminal: Option<ScriptedTerminal>,
    /// The effective uid; the effective gid has the same number.
    pub effective_uid: u32,
    /// The audit login uid.
    pub login_uid: Option<u32>,
    /// The accounts of the machine.
    pub names: BTreeMap<u32, String>,
    /// Whether a look-up of an unknown account fails, as if a directory server did not answer.
    pub is_directory_down: bool,
    /// What sudo answers.
    pub sudo: sudo::SudoRights,
    /// The paths of the system-wide configuration and store.
    pub system: SystemPaths,
    /// The names of hosts.
    pub resolver: Resolver,
    /// What starts programs at their time.
    pub systemd: Systemd,
    /// The local time zone.
    pub time_zone: TimeZone,
    /// The data written to standard output.
    pub stdout: SharedBuffer,
    /// The error of every write to standard output, instead of success.
    pub stdout_error: Option<io::ErrorKind>,
    /// The data written to standard error.
    pub stderr: SharedBuffer,
}

impl ScriptedProcess {
    /// A process with only a uid, named `account`, and the environment of a usual terminal.
    pub fn new(effective_uid: u32, account: &str) -> Self {
        Self {
            arguments: Vec::new(),
            environment: [("LANG", "C.UTF-8"), ("TERM", "xterm")]
                .map(|(name, value)| (name.into(), value.into()))
                .into(),
            stdin: Vec::new(),
            at_terminal: false,
            columns: 80,
            terminal: None,
            effective_uid,
            login_uid: None,
            names: BTreeMap::from([(effective_uid, account.to_owned())]),
            is_directory_down: false,
            sudo: sudo::SudoRights::default(),
            system: SystemPaths::default(),
            resolver: Resolver::local(),
            systemd: Systemd::Scripted(None),
            time_zone: TimeZone::UTC,
            stdout: SharedBuffer::default(),
            stdout_error: None,
            stderr: SharedBuffer::default(),
        }
    }

    /// The process.
    pub fn process(&self) -> Process {
        let columns = self.at_terminal.then_some(self.columns);
        let stdin: Box<dyn Read> = Box::new(io::Cursor::new(self.stdin.clone()));
        let stdout: Box<dyn Write> = match self.stdout_error {
            None => Box::new(self.stdout.clone()),
            Some(kind) => Box::new(Failing(kind)),
        };
        Process {
            arguments: std::iter::once("cxme-admin".into()).chain(self.arguments.iter().cloned()).collect(),
            environment: self.environment.clone(),
            stdin: OutputStream::new(stdin, self.at_terminal, columns),
            stdout: OutputStream::new(stdout, self.at_terminal, columns),
            stderr: OutputStream::new(Box::new(self.stderr.clone()), self.at_terminal, columns),
            accounts: Accounts {
                effective_uid: self.effective_uid,
                effective_gid: self.effective_uid,
                login_uid: self.login_uid,
                host: "host".to_owned(),
                scripted: Some(ScriptedAccounts {
                    names: self.names.clone(),
                    is_directory_down: self.is_directory_down,
                    sudo: self.sudo,
                }),
            },
            system: self.system.clone(),
            resolver: self.resolver.clone(),
            systemd: self.systemd.clone(),
            time_zone: Some(self.time_zone.clone()),
            terminal: TerminalSource::Scripted(self.terminal.clone()),
        }
    }
}
