//! Postfix's smtp-sink(1), which accepts every mail quickly, and drops it or keeps it in a file.

use std::fs;
use std::io::BufRead as _;
use std::io::BufReader;
use std::net::Ipv4Addr;
use std::net::TcpStream;
use std::os::unix::fs::chown;
use std::process::Child;
use std::process::Stdio;

use cxme_admin::mail::transport::Transport;
use tempfile::TempDir;

use crate::support::DEADLINE;
use crate::support::comes_true;
use crate::support::command;
use crate::support::free_port;
use crate::world;

/// Debian's `nobody`, because smtp-sink refuses to run as root.
const NOBODY: u32 = 65_534;

/// A sink, which ends with the test.
pub(crate) struct SmtpSink {
    program: Child,
    port: u16,
    /// The directory for mails, if they are kept.
    dump: Option<TempDir>,
}

impl SmtpSink {
    /// A sink that keeps each mail in a file, with additional options of smtp-sink.
    pub(crate) fn keeping(options: &[&str]) -> Self {
        let directory = tempfile::Builder::new().prefix("cxme-admin-sink-").tempdir_in("/tmp").unwrap();
        if nix::unistd::geteuid().is_root() {
            chown(directory.path(), Some(NOBODY), Some(NOBODY)).unwrap();
        }
        Self::start_with(options, Some(directory))
    }

    fn start_with(options: &[&str], dump: Option<TempDir>) -> Self {
        let mut sink = Self::on_port(free_port(), options, dump);
        for _ in 0..5 {
            if sink.is_ready() {
                return sink;
            }
            // Another process has taken the port meanwhile.
            let dump = sink.dump.take();
            sink = Self::on_port(free_port(), options, dump);
        }
        panic!("smtp-sink did not start");
    }

    fn on_port(port: u16, options: &[&str], dump: Option<TempDir>) -> Self {
        // It ends with this thread, even if the test is killed; changing the account afterwards would undo that.
        let mut program = command("setpriv");
        program.args(["--pdeathsig", "TERM"]);
        if nix::unistd::geteuid().is_root() {
            let account = [format!("--reuid={NOBODY}"), format!("--regid={NOBODY}")];
            program.args(account).arg("--clear-groups");
        }
        program.args(["smtp-sink", "-h", &name(port)]).args(options);
        if let Some(directory) = &dump {
            // smtp-sink appends a random number.
            program.arg("-d").arg(directory.path().join("mail."));
        }
        program.arg(format!("127.0.0.1:{port}")).arg("100");
        let program = program.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
        Self { program, port, dump }
    }

    /// Waits until it greets; false: it has exited instead.
    fn is_ready(&mut self) -> bool {
        let mut is_up = false;
        let ended = comes_true(|| {
            is_up = greeting(self.port).is_some_and(|line| line.starts_with(&format!("220 {} ", name(self.port))));
            is_up || self.program.try_wait().unwrap().is_some()
        });
        assert!(ended, "smtp-sink neither greets nor ends");
        is_up
    }

    /// A transport to it.
    pub(crate) fn transport(&self) -> Transport {
        world::smtp(self.port)
    }

    /// Ends it, and returns the kept mails, each after lines with the contents of MAIL and RCPT.
    pub(crate) fn mails(mut self) -> Vec<String> {
        self.stop();
        let directory = self.dump.as_ref().unwrap().path();
        let paths = fs::read_dir(directory).unwrap().map(|entry| entry.unwrap().path());
        paths.map(|path| fs::read_to_string(path).unwrap()).collect()
    }

    fn stop(&mut self) {
        let _ = self.program.kill();
        let _ = self.program.wait();
    }
}

impl Drop for SmtpSink {
    fn drop(&mut self) {
        self.stop();
    }
}

/// The name with which the sink on a port greets, which distinguishes it from another process on that port.
fn name(port: u16) -> String {
    format!("sink-{}-{port}", std::process::id())
}

/// The first line that a server on a port sends.
fn greeting(port: u16) -> Option<String> {
    let stream = TcpStream::connect((Ipv4Addr::LOCALHOST, port)).ok()?;
    stream.set_read_timeout(Some(DEADLINE)).ok()?;
    let mut line = String::new();
    BufReader::new(stream).read_line(&mut line).ok()?;
    Some(line)
}
