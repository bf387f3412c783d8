//! Delivery through a local program instead of a relay: the `sendmail` command of Postfix, Exim, OpenSMTPD, msmtp and
//! others.

mod executable;
mod exit_status;

use std::io;
use std::os::unix::process::ExitStatusExt as _;
use std::path::PathBuf;
use std::process::ExitStatus;
use std::process::Stdio;
use std::sync::Arc;
use std::sync::Mutex;
use std::sync::PoisonError;
use std::time::Duration;

use nix::sys::signal::Signal;
use nix::sys::signal::killpg;
use nix::unistd::Pid;
use tokio::io::AsyncReadExt as _;
use tokio::io::AsyncWriteExt as _;
use tokio::process::Child;
use tokio::process::ChildStderr;
use tokio::process::Command;
use tokio::time::timeout;

use super::Mail;
use super::code_mask::CodeMask;
use super::outcome::DeliveryOutcome;
use super::outcome::Phase;
use super::outcome::TransportError;
use super::outcome::TransportErrorKind;
use crate::domain::email_address::EmailAddress;
use crate::domain::reply::RelayReply;
use crate::domain::text;
use crate::private_file::FsCredentials;
use crate::secrets::zeroizing::ZeroizingBuf;
use exit_status::ExitMeaning;

/// How long the program may take for one mail, which it only queues.
const ANSWER_TIMEOUT: Duration = Duration::from_secs(60);
/// How long to keep reading its standard error after its exit: a process that inherited it could keep it open
/// forever.
const STDERR_TIMEOUT: Duration = Duration::from_millis(200);
/// The most that is kept of its error output, in bytes.
const MAX_STDERR: usize = 1_024;
/// The reply code for a program that was killed before it exited (RFC 5321, 4.2.3: temporary).
const TIMEOUT_CODE: u16 = 451;
/// Its `PATH`, in which it finds the programs that it starts.
const PATH: &str = "/usr/sbin:/usr/bin:/sbin:/bin";

/// A `sendmail` program.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sendmail {
    program: PathBuf,
    timeout: Duration,
}

/// The error output so far.
type StderrText = Arc<Mutex<Vec<u8>>>;

impl Sendmail {
    /// The program at this path, which should be absolute: a bare name would be searched for in `PATH`.
    pub fn new(program: PathBuf) -> Self {
        Self { program, timeout: ANSWER_TIMEOUT }
    }

    /// Starts the program with the mail on its standard input, and derives the outcome from its exit status and error
    /// output. No shell is involved, each address is an argument of its own, and `--` precedes the recipient, so that
    /// an address that begins with `-` is not taken for an option.
    pub(super) async fn deliver(&self, mail: &Mail) -> DeliveryOutcome {
        let mut child = match self.start(mail) {
            Ok(child) => child,
            Err(error) => return DeliveryOutcome::TransportFailed(self.not_started(&error)),
        };
        let stderr_text = StderrText::default();
        let reader = child.stderr.take().map(|stderr| tokio::spawn(read_stderr(stderr, Arc::clone(&stderr_text))));
        let mut is_complete = false;
        let ended = timeout(self.timeout, async {
            is_complete = write_mail(&mut child, mail).await.is_ok();
            child.wait().await
        })
        .await;
        if ended.is_err() {
            kill(&mut child).await;
        }
        if let Some(mut reader) = reader
            && timeout(STDERR_TIMEOUT, &mut reader).await.is_err()
        {
            reader.abort();
        }
        let error_output = error_line(&stderr_text.lock().unwrap_or_else(PoisonError::into_inner), mail);
        let recipient = &mail.envelope.recipient;
        match ended {
            Ok(Ok(status)) => self.outcome_of(status, is_complete, &error_output, recipient),
            Ok(Err(error)) => DeliveryOutcome::InDoubt { reply: format!("{}: lost: {error}", self.name()) },
            Err(_) => self.too_slow(is_complete, &error_output, recipient),
        }
    }

    /// Checks whether the program could be executed, without starting it.
    ///
    /// # Errors
    /// Why the program cannot be started.
    pub(super) fn probe(&self) -> Result<(), TransportError> {
        let _own = FsCredentials::own();
        executable::check(&self.program).map_err(|cannot| {
            let kind = kind_of(&cannot.error);
            transport_error(kind, format!("{}: cannot be started: {cannot}", self.name()))
        })
    }

    fn start(&self, mail: &Mail) -> io::Result<Child> {
        // Perhaps only root may execute it.
        let _own = FsCredentials::own();
        Command::new(&self.program)
            .args(["-i", "-f", mail.envelope.sender.as_str(), "--", mail.envelope.recipient.as_str()])
            .env_clear()
            .env("PATH", PATH)
            .current_dir("/")
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            // Its own process group: Ctrl-C at the terminal must only reach cxme-admin, which lets the current mail
            // finish.
            .process_group(0)
            .kill_on_drop(true)
            .spawn()
    }

    fn not_started(&self, error: &io::Error) -> TransportError {
        let kind = kind_of(error);
        transport_error(kind, format!("{}: cannot be started: {error}", self.name()))
    }

    /// The outcome if the program was killed after the timeout. If it had not read the whole mail, it cannot have
    /// queued it; otherwise it may have.
    fn too_slow(&self, is_complete: bool, error_output: &str, recipient: &EmailAddress) -> DeliveryOutcome {
        let reply = format!("{}: killed after {} s{}", self.name(), self.timeout.as_secs(), after_colon(error_output));
        if is_complete {
            return DeliveryOutcome::InDoubt { reply };
        }
        let relay = RelayReply::new(Phase::Program, TIMEOUT_CODE, None, "killed", recipient);
        DeliveryOutcome::Deferred { reply, relay: Some(relay) }
    }

    fn outcome_of(
        &self,
        status: ExitStatus,
        is_complete: bool,
        error_output: &str,
        recipient: &EmailAddress,
    ) -> DeliveryOutcome {
        let Some(code) = status.code() else {
            let signal = status.signal().unwrap_or_default();
            let reply = format!("{}: ended by signal {signal}{}", self.name(), after_colon(error_output));
            return DeliveryOutcome::InDoubt { reply };
        };
        let description = exit_status::description(code);
        let reply = format!("{}: exit status {code}{description}{}", self.name(), after_colon(error_output));
        match exit_status::meaning(code, error_output, recipient) {
            ExitMeaning::Accepted if !is_complete => {
                DeliveryOutcome::InDoubt { reply: format!("{reply}; it did not read the whole mail") }
            }
            ExitMeaning::Accepted => DeliveryOutcome::Accepted { reply },
            ExitMeaning::Deferred(relay) => DeliveryOutcome::Deferred { reply, relay: Some(relay) },
            ExitMeaning::Refused(relay) => DeliveryOutcome::Refused { reply, relay: Some(relay) },
            ExitMeaning::Configuration => DeliveryOutcome::TransportFailed(TransportError {
                kind: TransportErrorKind::Configuration,
                phase: Phase::Program,
                message: reply,
            }),
        }
    }

    fn name(&self) -> String {
        text::quoted(&self.program.to_string_lossy(), 200)
    }
}

/// ENOEXEC: a file that is neither a program nor a script.
const NOT_A_PROGRAM: i32 = nix::errno::Errno::ENOEXEC as i32;

/// Whether a program that cannot be started now could be started later.
fn kind_of(error: &io::Error) -> TransportErrorKind {
    use io::ErrorKind::NotFound;
    use io::ErrorKind::PermissionDenied;
    let is_permanent =
        matches!(error.kind(), NotFound | PermissionDenied) || error.raw_os_error() == Some(NOT_A_PROGRAM);
    if is_permanent { TransportErrorKind::Configuration } else { TransportErrorKind::Temporary }
}

fn transport_error(kind: TransportErrorKind, words: String) -> TransportError {
    TransportError { kind, phase: Phase::Local, message: words }
}

/// Writes the mail to the program's standard input and closes it. Lines end in LF alone, as is usual for text on
/// Unix: Postfix since 2.9 (`sendmail_fix_line_endings`) and Exim since 4.21 would accept CR LF too, but older
/// versions and other programs keep the CR as a part of the line, and then no empty line ends the header. With `-i` a
/// line of one dot does not end the mail, so nothing is dot-stuffed.
async fn write_mail(child: &mut Child, mail: &Mail) -> io::Result<()> {
    let Some(mut stdin) = child.stdin.take() else { return Ok(()) };
    let mut content = ZeroizingBuf::new(Vec::with_capacity(mail.content.len()));
    // A CR only occurs before an LF (see `Mail::content`).
    content.extend(mail.content.iter().copied().filter(|byte| *byte != b'\r'));
    // A program that exits without reading breaks the pipe; its exit status tells more than that error.
    stdin.write_all(&content).await?;
    stdin.shutdown().await
}

/// Keeps the beginning of the error output, and reads the rest, so that the program never blocks on the pipe.
async fn read_stderr(mut stderr: ChildStderr, stderr_text: StderrText) {
    let mut buffer = [0; 1_024];
    while let Ok(count) = stderr.read(&mut buffer).await {
        if count == 0 {
            break;
        }
        let mut stderr_text = stderr_text.lock().unwrap_or_else(PoisonError::into_inner);
        let room = MAX_STDERR.saturating_sub(stderr_text.len());
        stderr_text.extend_from_slice(&buffer[..count.min(room)]);
    }
}

/// Kills the program and its process group.
async fn kill(child: &mut Child) {
    if let Some(group) = child.id().and_then(|id| i32::try_from(id).ok()) {
        let _ = killpg(Pid::from_raw(group), Signal::SIGKILL);
    }
    let _ = child.kill().await;
}

/// The error output as one line without control characters, and without a code of the mail: a server that filters
/// mails may quote the link it rejects, and the text is stored and shown.
fn error_line(bytes: &[u8], mail: &Mail) -> String {
    let error_output = String::from_utf8_lossy(bytes);
    let lines: Vec<&str> = error_output.lines().map(str::trim).filter(|line| !line.is_empty()).collect();
    text::quoted(&CodeMask::of(&mail.content).text(&lines.join("; ")), MAX_STDERR)
}

fn after_colon(error_output: &str) -> String {
    if error_output.is_empty() { String::new() } else { format!(": {error_output}") }
}

#[cfg(test)]
mod tests;
