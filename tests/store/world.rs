//! A store in a scratch directory, and the program to use it with.

use std::io::Write as _;
use std::os::unix::fs::MetadataExt as _;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::path::PathBuf;
use std::process::Command;
use std::process::Stdio;
use std::time::Duration;
use std::time::Instant;

use rusqlite::Connection;

/// A password that the policy takes for everybody here.
pub(crate) const PASSWORD: &str = "seven quiet herons at dusk";

/// How long anything may take that is waited for. A test that needs it has failed.
pub(crate) const DEADLINE: Duration = Duration::from_secs(60);

/// The cheapest hashing that the program allows: what it costs is tested elsewhere.
const CHEAP: &str = "[password.argon2]\nmemory_kib = 19456\niterations = 2\n";

/// A directory with a configuration, and a place for a store.
pub(crate) struct World {
    /// What is removed in the end; `None`: the giver of the directory does it.
    _scratch: Option<tempfile::TempDir>,
    directory: PathBuf,
}

/// What a command did.
#[derive(Debug)]
pub(crate) struct Ran {
    /// Its exit code; `None`: a signal ended it.
    pub(crate) code: Option<i32>,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

impl World {
    /// A configuration and no store.
    pub(crate) fn without_store() -> Self {
        let scratch = tempfile::tempdir().unwrap();
        let directory = scratch.path().canonicalize().unwrap();
        Self { _scratch: Some(scratch), ..Self::in_folder(&directory) }
    }

    /// The same in a directory that is there.
    pub(crate) fn in_folder(directory: &Path) -> Self {
        let world = Self { _scratch: None, directory: directory.to_owned() };
        std::fs::create_dir_all(world.directory.join("config/cxme-admin")).unwrap();
        for private in ["state", "temporary"] {
            std::fs::create_dir(world.directory.join(private)).unwrap();
            set_mode(&world.directory.join(private), 0o700);
        }
        world.configure("");
        world
    }

    /// The world that another process made in a directory.
    pub(crate) fn there(directory: &Path) -> Self {
        Self { _scratch: None, directory: directory.to_owned() }
    }

    /// A store with the users alice, who has no password, and bob.
    pub(crate) fn new() -> Self {
        Self::without_store().with_users()
    }

    pub(crate) fn with_users(self) -> Self {
        self.done(&["init", "--yes"]);
        self.done(&["users", "add", "alice@example.com", "--name", "Alice Adams"]);
        self.done(&["users", "add", "bob@example.com", "--name", "Bob Brown"]);
        self
    }

    /// Writes the configuration, with `more` in the section of the store.
    pub(crate) fn configure(&self, more: &str) {
        let path = toml::Value::String(self.store().to_str().unwrap().to_owned());
        let config = self.config();
        std::fs::write(&config, format!("[store]\npath = {path}\n{more}\n{CHEAP}")).unwrap();
        set_mode(&config, 0o644);
    }

    pub(crate) fn config(&self) -> PathBuf {
        self.directory.join("config/cxme-admin/config.toml")
    }

    pub(crate) fn directory(&self) -> &Path {
        &self.directory
    }

    pub(crate) fn state(&self) -> PathBuf {
        self.directory.join("state")
    }

    pub(crate) fn store(&self) -> PathBuf {
        self.state().join("store.db")
    }

    /// The program, with the words of a command.
    pub(crate) fn command(&self, words: &[&str]) -> Command {
        self.under(&[], words)
    }

    /// The program, started by another one.
    pub(crate) fn under(&self, starter: &[&str], words: &[&str]) -> Command {
        let program = [env!("CARGO_BIN_EXE_cxme-admin")];
        let mut all = starter.iter().chain(&program).chain(words);
        let mut command = Command::new(all.next().unwrap());
        command
            .args(all)
            .env_clear()
            .env("PATH", "/usr/sbin:/usr/bin:/sbin:/bin")
            .env("HOME", &self.directory)
            .env("XDG_CONFIG_HOME", self.directory.join("config"))
            .env("TMPDIR", self.directory.join("temporary"))
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        command
    }

    pub(crate) fn run(&self, words: &[&str]) -> Ran {
        finish(self.command(words), "")
    }

    /// Runs a command that must succeed, and gives its standard output.
    #[track_caller]
    pub(crate) fn done(&self, words: &[&str]) -> String {
        self.run(words).done(words)
    }

    /// Sets alice's password.
    pub(crate) fn set_password(&self) -> Ran {
        finish(self.command(&["users", "set-password", "alice", "--stdin"]), PASSWORD)
    }

    /// The file by another way than the program.
    pub(crate) fn sqlite(&self) -> Connection {
        let connection = Connection::open(self.store()).unwrap();
        connection.busy_timeout(DEADLINE).unwrap();
        connection
    }

    /// One number from the file.
    pub(crate) fn count(&self, sql: &str) -> i64 {
        self.sqlite().query_row(sql, [], |row| row.get(0)).unwrap()
    }

    /// Fails unless the store is whole: modes, pages, references and the chain of events.
    #[track_caller]
    pub(crate) fn assert_sound(&self) {
        self.done(&["store", "check"]);
        self.done(&["audit", "verify"]);
    }

    /// The names in the store's directory.
    pub(crate) fn names(&self) -> Vec<String> {
        names_in(&self.state())
    }
}

impl Ran {
    #[track_caller]
    pub(crate) fn done(self, what: &[&str]) -> String {
        assert_eq!(self.code, Some(0), "{what:?}: {}{}", self.stdout, self.stderr);
        self.stdout
    }

    /// Fails unless the command ended with `code` and one line that says `words`.
    #[track_caller]
    pub(crate) fn refused(&self, code: i32, words: &str) {
        assert_eq!(self.code, Some(code), "{}{}", self.stdout, self.stderr);
        let errors: Vec<&str> = self.stderr.lines().filter(|line| !line.starts_with("hint: ")).collect();
        assert_eq!(errors.len(), 1, "{}", self.stderr);
        assert!(errors[0].starts_with("error: ") && self.stderr.contains(words), "not {words:?}: {}", self.stderr);
    }
}

/// Runs a command to its end.
pub(crate) fn finish(mut command: Command, input: &str) -> Ran {
    if input.is_empty() {
        return ended(command.output().unwrap());
    }
    let mut child = command.stdin(Stdio::piped()).spawn().unwrap();
    // A process that was killed reads nothing.
    let _ = child.stdin.take().unwrap().write_all(input.as_bytes());
    ended(child.wait_with_output().unwrap())
}

pub(crate) fn ended(output: std::process::Output) -> Ran {
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    Ran { code: output.status.code(), stdout: text(&output.stdout), stderr: text(&output.stderr) }
}

/// Waits until `is_so`.
#[track_caller]
pub(crate) fn await_that(what: &str, mut is_so: impl FnMut() -> bool) {
    let began = Instant::now();
    while !is_so() {
        assert!(began.elapsed() < DEADLINE, "in vain: {what}");
        std::thread::sleep(Duration::from_millis(2));
    }
}

pub(crate) fn names_in(directory: &Path) -> Vec<String> {
    let entries = std::fs::read_dir(directory).unwrap();
    let mut names: Vec<_> = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

pub(crate) fn mode(path: &Path) -> u32 {
    path.symlink_metadata().unwrap_or_else(|error| panic!("{}: {error}", path.display())).mode() & 0o7777
}

pub(crate) fn set_mode(path: &Path, mode: u32) {
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(mode)).unwrap();
}

pub(crate) fn sha256(path: &Path) -> Vec<u8> {
    use sha2::Digest as _;
    sha2::Sha256::digest(std::fs::read(path).unwrap()).to_vec()
}

fn variable(name: &str) -> Option<String> {
    #[expect(clippy::disallowed_methods, reason = "how much a test does is said by whoever starts it")]
    std::env::var(name).ok().filter(|value| !value.is_empty())
}

/// Whether committed files are to be written anew.
pub(crate) fn is_blessing() -> bool {
    variable("CXME_TEST_BLESS").is_some()
}

/// Whether the large counts were asked for.
pub(crate) fn is_long() -> bool {
    variable("CXME_TEST_LONG").is_some()
}

/// Whether a test can be made here. Where it cannot, it says why and passes, but never in CI.
#[expect(clippy::print_stdout, reason = "shown by whoever wants to see what was left out")]
pub(crate) fn can(is_possible: bool, reason: &str) -> bool {
    if !is_possible {
        assert!(variable("CI").is_none(), "not tested: {reason}");
        println!("not tested: {reason}");
    }
    is_possible
}

pub(crate) fn can_be_root() -> bool {
    can(nix::unistd::Uid::effective().is_root(), "needs root")
}

pub(crate) fn can_trace() -> bool {
    let traced = Command::new("strace").args(["-o", "/dev/null", "true"]).output();
    can(traced.is_ok_and(|traced| traced.status.success()), "needs strace, and the right to trace")
}
