//! A program on this machine in place of a relay: the `sendmail` command that Postfix, Exim, OpenSMTPD, msmtp and
//! others bring along.

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

/// How long the program may take for one mail. It only queues it.
const ANSWER_TIMEOUT: Duration = Duration::from_secs(60);
/// How long its last words may still take after its end: who inherited its standard error could keep it open for ever.
const LAST_WORDS: Duration = Duration::from_millis(200);
/// The most that is kept of what it says, in bytes.
const MOST_WORDS: usize = 1_024;
/// The code of a reply that a program did not live to give (RFC 5321, 4.2.3: for now).
const TIME_IS_UP: u16 = 451;
/// Where it finds what it calls itself.
const PATH: &str = "/usr/sbin:/usr/bin:/sbin:/bin";

/// The program.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sendmail {
    program: PathBuf,
    timeout: Duration,
}

/// What the program says, as it comes.
type Words = Arc<Mutex<Vec<u8>>>;

impl Sendmail {
    /// The program at this path, which should be absolute: a bare name would be searched for.
    pub fn new(program: PathBuf) -> Self {
        Self { program, timeout: ANSWER_TIMEOUT }
    }

    /// Starts the program with the mail on its standard input, and reads from its exit status and its words what became of
    /// it. No shell is in between, the addresses are arguments of their own, and `--` stands before the recipient,
    /// so that an address which begins with `-` is no option.
    pub(super) async fn deliver(&self, mail: &Mail) -> DeliveryOutcome {
        let mut child = match self.start(mail) {
            Ok(child) => child,
            Err(error) => return DeliveryOutcome::Trouble(self.not_started(&error)),
        };
        let words = Words::default();
        let listening = child.stderr.take().map(|stderr| tokio::spawn(listen(stderr, Arc::clone(&words))));
        let mut is_whole = false;
        let ended = timeout(self.timeout, async {
            is_whole = give(&mut child, mail).await.is_ok();
            child.wait().await
        })
        .await;
        if ended.is_err() {
            kill(&mut child).await;
        }
        if let Some(mut listening) = listening
            && timeout(LAST_WORDS, &mut listening).await.is_err()
        {
            listening.abort();
        }
        let said = first_words(&words.lock().unwrap_or_else(PoisonError::into_inner), mail);
        let recipient = &mail.envelope.recipient;
        match ended {
            Ok(Ok(status)) => self.validate(status, is_whole, &said, recipient),
            Ok(Err(error)) => DeliveryOutcome::InDoubt { reply: format!("{}: lost: {error}", self.name()) },
            Err(_) => self.too_slow(is_whole, &said, recipient),
        }
    }

    /// Asks whether the program could be executed, without starting it.
    ///
    /// # Errors
    /// The trouble of a program that cannot be started.
    pub(super) fn probe(&self) -> Result<(), TransportError> {
        let _own = FsCredentials::own();
        executable::check(&self.program).map_err(|cannot| {
            let kind = kind_of(&cannot.error);
            trouble(kind, format!("{}: cannot be started: {cannot}", self.name()))
        })
    }

    fn start(&self, mail: &Mail) -> io::Result<Child> {
        // Only root may be able to execute it.
        let _own = FsCredentials::own();
        Command::new(&self.program)
            .args(["-i", "-f", mail.envelope.sender.as_str(), "--", mail.envelope.recipient.as_str()])
            .env_clear()
            .env("PATH", PATH)
            .current_dir("/")
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            // A group of its own: Ctrl-C at the terminal is for this program, which lets the mail in hand be finished.
            .process_group(0)
            .kill_on_drop(true)
            .spawn()
    }

    fn not_started(&self, error: &io::Error) -> TransportError {
        let kind = kind_of(error);
        trouble(kind, format!("{}: cannot be started: {error}", self.name()))
    }

    /// Without the end of the mail the program had nothing to queue; with it, it may have queued it.
    fn too_slow(&self, is_whole: bool, said: &str, recipient: &EmailAddress) -> DeliveryOutcome {
        let reply = format!("{}: killed after {} s{}", self.name(), self.timeout.as_secs(), behind_colon(said));
        if is_whole {
            return DeliveryOutcome::InDoubt { reply };
        }
        let relay = RelayReply::new(Phase::Program, TIME_IS_UP, None, "killed", recipient);
        DeliveryOutcome::Deferred { reply, relay: Some(relay) }
    }

    fn validate(&self, status: ExitStatus, is_whole: bool, said: &str, recipient: &EmailAddress) -> DeliveryOutcome {
        let Some(code) = status.code() else {
            let signal = status.signal().unwrap_or_default();
            let reply = format!("{}: ended by signal {signal}{}", self.name(), behind_colon(said));
            return DeliveryOutcome::InDoubt { reply };
        };
        let words = exit_status::words(code);
        let reply = format!("{}: exit status {code}{words}{}", self.name(), behind_colon(said));
        match exit_status::meaning(code, said, recipient) {
            ExitMeaning::Accepted if !is_whole => {
                DeliveryOutcome::InDoubt { reply: format!("{reply}; it did not read the whole mail") }
            }
            ExitMeaning::Accepted => DeliveryOutcome::Accepted { reply },
            ExitMeaning::Deferred(relay) => DeliveryOutcome::Deferred { reply, relay: Some(relay) },
            ExitMeaning::Refused(relay) => DeliveryOutcome::Refused { reply, relay: Some(relay) },
            ExitMeaning::Configuration => DeliveryOutcome::Trouble(TransportError {
                kind: TransportErrorKind::Configuration,
                phase: Phase::Program,
                words: reply,
            }),
        }
    }

    fn name(&self) -> String {
        text::quoted(&self.program.to_string_lossy(), 200)
    }
}

/// ENOEXEC: a file that is neither a program nor a script.
const NOT_A_PROGRAM: i32 = nix::errno::Errno::ENOEXEC as i32;

/// Whether a program that cannot be started could be started later.
fn kind_of(error: &io::Error) -> TransportErrorKind {
    use io::ErrorKind::NotFound;
    use io::ErrorKind::PermissionDenied;
    let is_lasting = matches!(error.kind(), NotFound | PermissionDenied) || error.raw_os_error() == Some(NOT_A_PROGRAM);
    if is_lasting { TransportErrorKind::Configuration } else { TransportErrorKind::Temporary }
}

fn trouble(kind: TransportErrorKind, words: String) -> TransportError {
    TransportError { kind, phase: Phase::Local, words }
}

/// Writes the mail to the program and closes its standard input. Lines end in LF alone, the custom for text on Unix:
/// Postfix since 2.9 (`sendmail_fix_line_endings`) and Exim since 4.21 would take CR LF as well, but older ones and
/// other programs keep the CR as a part of the line, and then no line is the empty one that ends the header. With `-i` a
/// line of one dot does not end the mail, so nothing is dot-stuffed.
async fn give(child: &mut Child, mail: &Mail) -> io::Result<()> {
    let Some(mut stdin) = child.stdin.take() else { return Ok(()) };
    let mut unix = ZeroizingBuf::new(Vec::with_capacity(mail.content.len()));
    // A CR stands nowhere but before an LF (see `Mail::content`).
    unix.extend(mail.content.iter().copied().filter(|byte| *byte != b'\r'));
    // A program that ends without reading breaks the pipe; its exit status says more than that.
    stdin.write_all(&unix).await?;
    stdin.shutdown().await
}

/// Keeps the first words of the program, and reads on, so that it never waits for a reader.
async fn listen(mut stderr: ChildStderr, words: Words) {
    let mut buffer = [0; 1_024];
    while let Ok(count) = stderr.read(&mut buffer).await {
        if count == 0 {
            break;
        }
        let mut words = words.lock().unwrap_or_else(PoisonError::into_inner);
        let room = MOST_WORDS.saturating_sub(words.len());
        words.extend_from_slice(&buffer[..count.min(room)]);
    }
}

/// Ends the program, and whatever it started in its group.
async fn kill(child: &mut Child) {
    if let Some(group) = child.id().and_then(|id| i32::try_from(id).ok()) {
        let _ = killpg(Pid::from_raw(group), Signal::SIGKILL);
    }
    let _ = child.kill().await;
}

/// What the program said, on one line that no terminal acts on, and without a code of the mail: a server that filters mails may
/// quote the link that it does not like, and the words are stored and shown.
fn first_words(bytes: &[u8], mail: &Mail) -> String {
    let said = String::from_utf8_lossy(bytes);
    let lines: Vec<&str> = said.lines().map(str::trim).filter(|line| !line.is_empty()).collect();
    text::quoted(&CodeMask::of(&mail.content).text(&lines.join("; ")), MOST_WORDS)
}

fn behind_colon(said: &str) -> String {
    if said.is_empty() { String::new() } else { format!(": {said}") }
}

#[cfg(test)]
mod tests;
