//! `jobs wait` at a terminal, while others change the job.

use std::path::Path;

use rusqlite::Connection;
use tempfile::TempDir;

use crate::harness::Shell;
use crate::program;

/// A store of its own with job 1, which has unsent mail to one user. Mails become files.
fn world() -> TempDir {
    let directory = tempfile::tempdir().unwrap();
    let place = directory.path().display();
    let config = format!(
        "[store]\npath = \"{place}/store.db\"\n[mail]\nfrom = \"passwords@example.com\"\ntransport = \"file\"\n\
         [mail.file]\ndirectory = \"{place}/mail\"\n[reset]\nlink = \"https://reset.example.com/#{{code}}\"\n"
    );
    std::fs::write(directory.path().join("config.toml"), config).unwrap();
    run(directory.path(), "init --yes");
    run(directory.path(), "users add alice@example.com --no-input");
    run(directory.path(), "users send-reset --all --yes --queue-only");
    directory
}

fn run(directory: &Path, words: &str) {
    let ran = program::run(directory, &words.split(' ').collect::<Vec<_>>(), "");
    assert!(ran.status.success(), "{words}: {}", String::from_utf8_lossy(&ran.stderr));
}

/// A shell in which `jobs wait 1` waits.
fn waiting(directory: &Path) -> Shell {
    let mut shell = Shell::start();
    shell.type_line(&program::command(directory, "jobs wait 1"));
    shell.await_text("Waiting for job 1 (1 unsent mail); no process is sending it");
    shell
}

#[test]
fn the_wait_ends_when_another_process_has_sent_the_job() {
    let directory = world();
    let mut shell = waiting(directory.path());
    run(directory.path(), "jobs run");
    shell.await_text("Job 1, finished: 1 mail: 1 accepted.");
    shell.await_shell();
    assert_eq!(shell.value("$?"), "0");
    shell.hang_up();
}

#[test]
fn the_wait_ends_when_the_job_is_paused_and_when_it_is_deleted() {
    let directory = world();
    let mut shell = waiting(directory.path());
    run(directory.path(), "jobs pause 1");
    shell.await_text("Job 1, paused (by ");
    shell.await_shell();
    assert_eq!(shell.value("$?"), "3");
    shell.hang_up();
    run(directory.path(), "jobs resume 1");
    let mut shell = waiting(directory.path());
    let connection = Connection::open(directory.path().join("store.db")).unwrap();
    connection.execute_batch("BEGIN; DELETE FROM messages; DELETE FROM jobs; COMMIT").unwrap();
    shell.await_text("job 1 was deleted meanwhile");
    shell.await_shell();
    assert_eq!(shell.value("$?"), "65");
    shell.hang_up();
}

#[test]
fn ctrl_c_ends_the_wait_and_so_does_a_store_that_is_moved_away() {
    let directory = world();
    let mut shell = waiting(directory.path());
    shell.type_bytes(b"\x03");
    shell.await_shell();
    assert_eq!(shell.value("$?"), "130");
    shell.hang_up();
    let mut shell = waiting(directory.path());
    std::fs::rename(directory.path().join("store.db"), directory.path().join("moved.db")).unwrap();
    shell.await_text("error:");
    shell.await_shell();
    assert_eq!(shell.value("$?"), "75");
    shell.hang_up();
}
