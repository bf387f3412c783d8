//! A mail server in a mount namespace with its own `/etc` and `/var`.

use std::fs;
use std::fs::File;
use std::io::BufRead as _;
use std::io::BufReader;
use std::net::Ipv4Addr;
use std::net::TcpStream;
use std::os::unix::fs::chown;
use std::path::Path;
use std::path::PathBuf;
use std::process::Child;
use std::process::Stdio;

use nix::sys::signal::Signal;
use nix::sys::signal::kill;
use nix::unistd::Pid;
use tempfile::TempDir;

use crate::account::Account;
use crate::account::MAILBOXES;
use crate::support::DEADLINE;
use crate::support::can;
use crate::support::comes_true;
use crate::support::command;
use crate::support::free_port;

/// The domain for which the servers accept mail.
pub(crate) const DOMAIN: &str = "example.com";

/// The first process of the namespace, which keeps root's account: when it ends, so do all processes that it started.
/// Its arguments are the server's directory, its programs' directory or nothing, and the server's command line.
const FIRST_PROCESS: &str = r#"
set -e
mount --make-rprivate /
mount --bind "$1/etc" /etc
mount --bind "$1/var" /var
[ -z "$2" ] || mount --bind "$2" /usr/libexec
ldconfig
shift 2
"$@" &
wait
"#;

/// A kind of server.
pub(crate) struct Kind {
    /// The package, and also the directory in cargo's directory for tests into which tests/run unpacks it.
    pub(crate) package: &'static str,
    /// The server program, relative to that directory.
    pub(crate) program: &'static str,
    /// The arguments to run it in the foreground.
    pub(crate) arguments: &'static [&'static str],
    /// The directory mounted at `/usr/libexec` for the programs that it starts, if there are any.
    pub(crate) programs: Option<&'static str>,
    /// The server's own accounts.
    pub(crate) accounts: &'static [&'static str],
    /// The path of its configuration, relative to its directory.
    pub(crate) config: &'static str,
    /// The directories with their owners, or root, relative to its directory.
    pub(crate) directories: &'static [(&'static str, Option<&'static str>)],
}

impl Kind {
    /// The directory into which it was unpacked.
    pub(crate) fn unpacked(&self) -> PathBuf {
        Path::new(env!("CARGO_TARGET_TMPDIR")).join("mta").join(self.package)
    }

    /// Whether it can be started here. If not, prints why; under CI that is a failure.
    pub(crate) fn can_start(&self) -> bool {
        let has_namespaces = || {
            let mut try_it = command("unshare");
            let tried = try_it.args(["--mount", "--pid", "--fork", "true"]).stderr(Stdio::null()).status();
            tried.is_ok_and(|status| status.success())
        };
        can(nix::unistd::geteuid().is_root(), "only root can start a mail server")
            && can(self.unpacked().join(self.program).exists(), &format!("{} is not unpacked", self.package))
            && can(has_namespaces(), "no namespace can be made here")
    }
}

/// A running server, which ends with the test, also if that is killed.
pub(crate) struct Server {
    directory: TempDir,
    program: Child,
    port: u16,
}

impl Server {
    /// Starts a server, and returns when it accepts mail. `config` gets its port and the name for its greeting;
    /// `users` is the number of accounts.
    pub(crate) fn start(kind: &Kind, users: usize, config: impl Fn(u16, &str) -> String) -> Self {
        let directory = tempfile::Builder::new().prefix("cxme-admin-mta-").tempdir_in("/tmp").unwrap();
        let at = |name: &str| directory.path().join(name);
        // Whatever the umask is; OpenSMTPD requires this mode for its spool.
        for (name, owner) in [("", None), ("etc", None), ("var", None)].iter().chain(kind.directories) {
            command("install").args(["-d", "-m", "711"]).arg(at(name)).status().unwrap();
            let owner = owner.map(|owner| Account::of(owner).id);
            chown(at(name), owner, owner).unwrap();
        }
        let accounts = kind.accounts.iter().copied().chain([MAILBOXES, "root", "nobody"]).map(Account::of);
        let accounts: Vec<Account> = accounts.chain((0..users).map(Account::of_user)).collect();
        fs::write(at("etc/passwd"), accounts.iter().map(Account::passwd).collect::<String>()).unwrap();
        fs::write(at("etc/group"), accounts.iter().map(Account::group).collect::<String>()).unwrap();
        fs::write(at("etc/hosts"), "127.0.0.1 localhost\n").unwrap();
        fs::write(at("etc/mailname"), format!("{DOMAIN}\n")).unwrap();
        fs::write(at("etc/aliases"), "").unwrap();
        fs::write(at("etc/ld.so.conf"), libraries(&kind.unpacked())).unwrap();
        for _ in 0..5 {
            // Another process may have taken the port meanwhile.
            let port = free_port();
            let name = format!("mta-{}-{port}.{DOMAIN}", std::process::id());
            fs::write(at(kind.config), config(port, &name)).unwrap();
            let mut program = spawn(kind, directory.path());
            if greets(&mut program, port, &name) {
                return Self { directory, program, port };
            }
        }
        panic!("{} did not start: {}", kind.package, fs::read_to_string(at("said")).unwrap());
    }

    /// The sections `[mail]` and `[mail.smtp]` of a configuration that sends through it.
    pub(crate) fn config(&self) -> String {
        format!(
            "[mail]\nfrom = \"no-reply@{DOMAIN}\"\n\n[mail.smtp]\nhost = \"localhost\"\nport = {}\ntls = \"none\"\n",
            self.port
        )
    }

    pub(crate) fn port(&self) -> u16 {
        self.port
    }

    /// A file or a directory of it.
    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.directory.path().join(name)
    }

    /// Its output on standard output and error.
    pub(crate) fn said(&self) -> String {
        fs::read_to_string(self.path("said")).unwrap()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // When the namespace's first process ends, all others are gone once `unshare` ends, and none writes in the
        // directory.
        let id = self.program.id();
        let children = fs::read_to_string(format!("/proc/{id}/task/{id}/children")).unwrap_or_default();
        for child in children.split_ascii_whitespace().filter_map(|child| child.parse().ok()) {
            let _ = kill(Pid::from_raw(child), Signal::SIGKILL);
        }
        if children.is_empty() {
            let _ = self.program.kill();
        }
        let _ = self.program.wait();
    }
}

/// The library directories that were unpacked with a server, one per line.
fn libraries(unpacked: &Path) -> String {
    let mut lines = String::new();
    for directory in ["usr/lib", "lib"] {
        for entry in fs::read_dir(unpacked.join(directory)).into_iter().flatten().flatten() {
            if entry.file_name().to_string_lossy().ends_with("-linux-gnu") {
                lines += &format!("{}\n", entry.path().display());
            }
        }
    }
    lines
}

fn spawn(kind: &Kind, directory: &Path) -> Child {
    let unpacked = kind.unpacked();
    let said = File::create(directory.join("said")).unwrap();
    // It ends with the thread of the test, even if that is killed.
    let mut program = command("setpriv");
    program.args(["--pdeathsig", "KILL", "unshare", "--mount", "--pid", "--fork", "--kill-child", "--mount-proc"]);
    program.args(["sh", "-c", FIRST_PROCESS, "sh"]).arg(directory);
    program.arg(kind.programs.map(|programs| unpacked.join(programs)).unwrap_or_default());
    program.arg(unpacked.join(kind.program)).args(kind.arguments);
    program.stdout(said.try_clone().unwrap()).stderr(said).spawn().unwrap()
}

/// Waits until a server greets with its own name; false: it has exited instead.
fn greets(program: &mut Child, port: u16, name: &str) -> bool {
    let greeting = || {
        let stream = TcpStream::connect((Ipv4Addr::LOCALHOST, port)).ok()?;
        stream.set_read_timeout(Some(DEADLINE)).ok()?;
        let mut line = String::new();
        BufReader::new(stream).read_line(&mut line).ok()?;
        Some(line)
    };
    let mut is_up = false;
    let ended = comes_true(|| {
        is_up = greeting().is_some_and(|line| line.contains(name));
        is_up || program.try_wait().unwrap().is_some()
    });
    assert!(ended, "the server neither greets nor ends");
    is_up
}
