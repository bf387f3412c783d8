//! Asks sudo what an account may run.

use std::os::unix::fs::MetadataExt as _;
use std::path::Path;
use std::process::Command;
use std::process::Stdio;
use std::time::Duration;

use super::wait;

/// The fixed paths of sudo: the caller's PATH could lead to a program of the caller.
const PROGRAMS: [&str; 3] = ["/usr/bin/sudo", "/usr/local/bin/sudo", "/run/wrappers/bin/sudo"];
/// A program with which root can do anything.
const SHELL: &str = "/bin/sh";
/// How long sudo may take: its rules may come from a directory server.
const TIMEOUT: Duration = Duration::from_secs(10);

/// The answer of sudo about an account.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum SudoRights {
    /// It may run any command as root.
    Yes,
    /// It may not.
    No,
    /// There is no sudo, it does not answer in time, or only root could ask.
    #[default]
    CannotBeAsked,
}

/// Asks sudo, as root, whether the account may run a shell as root. sudo does not prompt, and gets nothing of the
/// caller's environment.
pub(super) fn may_run_anything(account: &str) -> SudoRights {
    let Some(program) = PROGRAMS.into_iter().find(|path| is_owned_by_root(Path::new(path))) else {
        return SudoRights::CannotBeAsked;
    };
    let spawned = Command::new(program)
        .args(["-n", "-l", "-U", account, "-u", "root", "--", SHELL])
        .env_clear()
        .env("PATH", "/usr/sbin:/usr/bin:/sbin:/bin")
        .current_dir("/")
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn();
    let Ok(mut child) = spawned else { return SudoRights::CannotBeAsked };
    match wait::within(&mut child, TIMEOUT) {
        Some(status) if status.success() => SudoRights::Yes,
        Some(_) => SudoRights::No,
        None => SudoRights::CannotBeAsked,
    }
}

/// Whether only root can have put the program there.
fn is_owned_by_root(path: &Path) -> bool {
    path.metadata().is_ok_and(|metadata| metadata.is_file() && metadata.uid() == 0 && metadata.mode() & 0o022 == 0)
}
