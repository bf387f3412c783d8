//! Helpers for both servers: whether a test can run here, free ports, and waiting for conditions.

use std::ffi::OsStr;
use std::io::Write as _;
use std::net::Ipv4Addr;
use std::net::TcpListener;
use std::path::Path;
use std::process::Command;
use std::process::Output;
use std::process::Stdio;
use std::thread;
use std::time::Duration;
use std::time::Instant;

/// How long a test waits for anything. A test that reaches this has failed.
pub(crate) const DEADLINE: Duration = Duration::from_secs(30);

/// Whether Postfix can be started here; see [`can`].
pub(crate) fn can_postfix() -> bool {
    can(nix::unistd::geteuid().is_root(), "only root can start Postfix")
        && can(has("postfix"), "no Postfix is installed")
        && can(has("saslpasswd2"), "no saslpasswd2 is installed")
}

/// The same for smtp-sink, which anybody may start.
pub(crate) fn can_sink() -> bool {
    can(has("smtp-sink"), "no smtp-sink is installed")
}

/// Whether a condition of these tests is met. If not, prints that without libtest's capture; under CI it is a
/// failure.
pub(crate) fn can(condition: bool, what: &str) -> bool {
    if !condition {
        #[expect(clippy::disallowed_methods, reason = "a switch of the tests, which the program never sees")]
        let is_ci = std::env::var_os("CI").is_some_and(|ci| ci == "true");
        assert!(!is_ci, "{what}: under CI that is a failure; tests/run as root sees to it");
        // libtest would capture `eprintln!`.
        let tests = env!("CARGO_CRATE_NAME");
        let _ = std::io::stderr().write_all(format!("tests/{tests}.rs: skipped: {what}\n").as_bytes());
    }
    condition
}

fn has(program: &str) -> bool {
    ["/usr/sbin", "/usr/bin"].iter().any(|directory| Path::new(directory).join(program).exists())
}

/// A command without environment and input, which finds programs in Debian's directories for servers.
pub(crate) fn command(program: impl AsRef<OsStr>) -> Command {
    let mut command = Command::new(program);
    command.env_clear().env("PATH", "/usr/sbin:/usr/bin:/sbin:/bin").stdin(Stdio::null());
    command
}

/// Runs a command, which must succeed; returns its standard output.
pub(crate) fn does(command: &mut Command) -> String {
    let output = command.output().unwrap();
    assert!(output.status.success(), "{command:?}: {}", said(&output));
    String::from_utf8(output.stdout).unwrap()
}

/// All output of a command.
pub(crate) fn said(output: &Output) -> String {
    [&output.stdout, &output.stderr].map(|stream| String::from_utf8_lossy(stream)).concat()
}

/// A free port of 127.0.0.1. Another process may take it before the caller does.
pub(crate) fn free_port() -> u16 {
    TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap().local_addr().unwrap().port()
}

/// Waits until a condition holds, by polling; false: not within the deadline.
pub(crate) fn comes_true(mut holds: impl FnMut() -> bool) -> bool {
    let end = Instant::now() + DEADLINE;
    while !holds() {
        if Instant::now() > end {
            return false;
        }
        thread::sleep(Duration::from_millis(10));
    }
    true
}
