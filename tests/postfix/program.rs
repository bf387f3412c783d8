//! The program with a configuration for a server of these tests.

use std::fs;
use std::io::Write as _;
use std::path::PathBuf;
use std::process::Child;
use std::process::Output;
use std::process::Stdio;
use std::time::Duration;

use tempfile::TempDir;

use crate::support::command;
use crate::support::said;

/// The program with its configuration and its store.
pub(crate) struct Program {
    directory: TempDir,
}

impl Program {
    /// A store without users, and a configuration with these lines about mail.
    pub(crate) fn new(mail: &str) -> Self {
        let program = Self { directory: tempfile::tempdir().unwrap() };
        let rest = "\n[store]\npath = \"store.db\"\n\n[reset]\nlink = \"https://reset.example.com/#{code}\"\n";
        fs::write(program.config(), mail.to_owned() + rest).unwrap();
        program.does(&["init", "--yes"], "");
        program
    }

    pub(crate) fn config(&self) -> PathBuf {
        self.directory.path().join("config.toml")
    }

    /// Starts a command without input.
    pub(crate) fn starts(&self, arguments: &[&str]) -> Child {
        let mut program = command(env!("CARGO_BIN_EXE_cxme-admin"));
        program.arg("-c").arg(self.config()).args(arguments);
        program.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap()
    }

    /// A number from the store.
    pub(crate) fn count(&self, sql: &str) -> i64 {
        let store = rusqlite::Connection::open(self.directory.path().join("store.db")).unwrap();
        store.busy_timeout(Duration::from_secs(30)).unwrap();
        store.query_row(sql, [], |row| row.get(0)).unwrap()
    }

    /// Runs a command to its end, with `input` on its standard input.
    pub(crate) fn run(&self, arguments: &[&str], input: &str) -> Output {
        let mut program = command(env!("CARGO_BIN_EXE_cxme-admin"));
        program.arg("-c").arg(self.config()).args(arguments);
        program.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = program.spawn().unwrap();
        // A command that needs no input may not read it.
        let _ = child.stdin.take().unwrap().write_all(input.as_bytes());
        child.wait_with_output().unwrap()
    }

    /// Runs a command, which must succeed; returns all its output.
    pub(crate) fn does(&self, arguments: &[&str], input: &str) -> String {
        let output = self.run(arguments, input);
        assert!(output.status.success(), "{arguments:?}: {}", said(&output));
        said(&output)
    }

    /// Runs a command, which must exit with `status`; returns all its output.
    pub(crate) fn fails(&self, status: i32, arguments: &[&str], input: &str) -> String {
        let output = self.run(arguments, input);
        assert_eq!(output.status.code(), Some(status), "{arguments:?}: {}", said(&output));
        said(&output)
    }
}
