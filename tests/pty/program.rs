//! The program itself, on a store of its own: what asks there, and whether anything changed.

use std::path::Path;
use std::process::Command;
use std::process::Output;
use std::sync::LazyLock;

use tempfile::TempDir;

use crate::harness::Asking;

/// The password that alice has.
const PRESENT: &str = "what alice has had so far";
/// A password that alice may have next.
pub(crate) const NEXT: &str = "a good one she may have next";

/// A store with one user, made once; nothing that the tests do to it may change it.
static STORE: LazyLock<TempDir> = LazyLock::new(|| {
    let directory = tempfile::tempdir().unwrap();
    let hashing = "[password.argon2]\nmemory_kib = 19456\niterations = 2\n";
    let config = format!("{hashing}[store]\npath = \"store.db\"\n");
    std::fs::write(directory.path().join("config.toml"), config).unwrap();
    for words in [&["init", "--yes"][..], &["users", "add", "alice@example.com", "--no-input"]] {
        assert!(run(directory.path(), words, "").status.success(), "{words:?}");
    }
    assert!(run(directory.path(), &["users", "set-password", "alice", "--stdin"], PRESENT).status.success());
    directory
});

/// A command at a prompt that asks for two secrets, with what leads from the first to the second.
pub(crate) fn set_password() -> Asking {
    asking("users set-password alice", "New password: ", NEXT, "Retype new password: ")
}

/// The same for the command that asks for the old password first.
pub(crate) fn change_password() -> Asking {
    asking("users change-password alice", "Old password: ", PRESENT, "New password: ")
}

fn asking(words: &str, first: &'static str, answer: &'static str, second: &'static str) -> Asking {
    Asking { command: command(STORE.path(), words), first, answer, second }
}

/// A command as typed to a shell.
pub(crate) fn typed(words: &str) -> String {
    command(STORE.path(), words)
}

/// A command on a store of one's own, as typed to a shell.
pub(crate) fn command(directory: &Path, words: &str) -> String {
    format!("{} -c {}/config.toml {words}", env!("CARGO_BIN_EXE_cxme-admin"), directory.display())
}

/// Runs a command on a store of one's own.
pub(crate) fn run(directory: &Path, words: &[&str], stdin: &str) -> Output {
    use std::io::Write as _;
    let mut child = Command::new(env!("CARGO_BIN_EXE_cxme-admin"))
        .arg("-c")
        .arg(directory.join("config.toml"))
        .args(words)
        .stdin(std::process::Stdio::piped())
        .stdout(std::process::Stdio::piped())
        .stderr(std::process::Stdio::piped())
        .spawn()
        .unwrap();
    // A command that reads nothing may be gone already.
    let _ = child.stdin.take().unwrap().write_all(stdin.as_bytes());
    child.wait_with_output().unwrap()
}

/// Whether alice still has the password of before, and is there at all.
pub(crate) fn nothing_changed() -> bool {
    run(STORE.path(), &["users", "verify-password", "alice", "--stdin"], PRESENT).status.success()
}
