//! The way that mails leave, as the configuration names it, and the password of the relay.

use std::io;
use std::io::Read as _;
use std::path::Path;
use std::path::PathBuf;
use std::process::Child;
use std::process::ChildStdout;
use std::process::Command;
use std::process::ExitStatus;
use std::process::Stdio;
use std::sync::mpsc;
use std::thread;
use std::time::Duration;
use std::time::Instant;

use zeroize::Zeroizing;

use super::Context;
use super::PASSWORD_FILE_LIMIT;
use super::owner_of_store;
use crate::cli::failure;
use crate::cli::failure::CliError;
use crate::config::LoadError;
use crate::config::PasswordFrom;
use crate::config::SmtpSection;
use crate::config::TransportName;
use crate::domain::text;
use crate::mail::file::MailDirectory;
use crate::mail::sendmail::Sendmail;
use crate::mail::smtp::ClientCertificate;
use crate::mail::smtp::Login;
use crate::mail::smtp::PasswordRenewal;
use crate::mail::smtp::Relay;
use crate::mail::smtp::TlsOptions;
use crate::mail::smtp::Trust;
use crate::mail::transport::Transport;
use crate::private_file;
use crate::private_file::FileError;
use crate::private_file::FsCredentials;
use crate::private_file::Rule;
use crate::secrets::RelayPassword;
use crate::store::stop_signals;

/// How long a program may take to give the password: time for a vault to answer, not for a person.
const ANSWER_TIMEOUT: Duration = Duration::from_secs(10);
/// How often the program is looked after.
const GLANCE: Duration = Duration::from_millis(5);

impl Context {
    /// The way that mails leave; `None` when the configuration names no sender, and so no mail is sent.
    ///
    /// # Errors
    /// When the configuration or the relay's password is not as it must be.
    pub fn transport(&mut self) -> anyhow::Result<Option<Transport>> {
        let mail = self.config()?.mail.clone();
        if mail.from.is_none() {
            return Ok(None);
        }
        Ok(Some(match mail.transport {
            TransportName::Smtp => Transport::Smtp(Box::new(self.relay(&mail.smtp)?)),
            TransportName::Sendmail => Transport::Sendmail(Sendmail::new(checked(absolute(&mail.sendmail.program)?)?)),
            TransportName::File => {
                let missing = || CliError::Configuration("[mail.file] directory is missing".to_owned());
                let mut directory = MailDirectory::new(absolute(&mail.file.directory.ok_or_else(missing)?)?);
                let config = self.config()?.clone();
                // Mail settings are checked by commands that need no store, too.
                directory.account = self.store_path(&config).ok().and_then(|path| self.account_of_store(&path));
                Transport::Folder(directory)
            }
        }))
    }

    fn relay(&mut self, smtp: &SmtpSection) -> anyhow::Result<Relay> {
        let missing = || CliError::Configuration("[mail.smtp] host is missing".to_owned());
        let host = smtp.host.as_deref().ok_or_else(missing)?;
        let options = TlsOptions {
            trust: match (smtp.certificate_sha256.as_slice(), &smtp.ca_file) {
                ([], None) => Trust::System,
                ([], Some(file)) => Trust::CaFile(file.clone()),
                (fingerprints, _) => Trust::Fingerprints(fingerprints.to_vec()),
            },
            name: smtp.tls_name.as_deref().map(|name| without_brackets(name).to_owned()),
            client_certificate: match &smtp.client_certificate {
                Some(files) => Some(ClientCertificate {
                    certificate_file: files.certificate.clone(),
                    key_file: files.key.clone(),
                    key_rule: self.secret_rule()?,
                }),
                None => None,
            },
        };
        let made = Relay::with_tls(without_brackets(host), smtp.port, smtp.tls, &options);
        let mut relay = made.map_err(|error| complaint("[mail.smtp]", &error))?;
        relay.mails_per_connection = smtp.mails_per_connection;
        relay.helo = smtp.helo.clone().unwrap_or_else(|| greeting_name(&self.process.accounts.host));
        if let (Some(login), Some(source)) = (&smtp.login, self.relay_password_source()?) {
            let (username, password) = (login.username.clone(), source.read()?.into_secret());
            relay.login = Some(Login { username, password, method: login.method });
            let again = move || source.read().map(RelayPassword::into_secret).map_err(|error| format!("{error:#}"));
            relay.password_renewal = Some(PasswordRenewal::new(password_key(&login.password), again));
        }
        Ok(relay)
    }

    /// The password for the relay; `None` when the program does not log in.
    ///
    /// # Errors
    /// When its file is not private, its program fails, or what they give is no password. No error repeats any of it.
    pub fn relay_password(&mut self) -> anyhow::Result<Option<RelayPassword>> {
        self.relay_password_source()?.map(|source| source.read()).transpose()
    }

    fn relay_password_source(&mut self) -> anyhow::Result<Option<RelayPasswordSource>> {
        let Some(login) = self.config()?.mail.smtp.login.clone() else { return Ok(None) };
        Ok(Some(RelayPasswordSource { from: login.password, rule: self.secret_rule()? }))
    }

    /// As a secret must be; root may use one that belongs to the account which owns the store.
    pub(super) fn secret_rule(&mut self) -> anyhow::Result<Rule> {
        let config = self.config()?.clone();
        let owner = self.store_path(&config).ok().and_then(|path| owner_of_store(&path));
        let rule = Rule::secret();
        Ok(if self.process.accounts.effective_uid == 0 { rule.owned_also_by(owner) } else { rule })
    }
}

/// Where the password of the relay comes from, each time it is asked for.
struct RelayPasswordSource {
    from: PasswordFrom,
    /// What its file must be like.
    rule: Rule,
}

impl RelayPasswordSource {
    fn read(&self) -> anyhow::Result<RelayPassword> {
        let (source, bytes) = match &self.from {
            PasswordFrom::File(path) => {
                let read = private_file::read(path, &self.rule, PASSWORD_FILE_LIMIT);
                (path.display().to_string(), read.map_err(LoadError::File)?)
            }
            PasswordFrom::Command(words) => {
                let source = format!("[mail.smtp] password_command: {}", shown(words));
                let line = first_line_of(words, ANSWER_TIMEOUT).map_err(|what| of_password_command(&source, &what))?;
                (source, line)
            }
        };
        Ok(RelayPassword::from_bytes(bytes).map_err(|error| complaint(&source, &error))?)
    }
}

fn password_key(from: &PasswordFrom) -> &'static str {
    match from {
        PasswordFrom::File(_) => "password_file",
        PasswordFrom::Command(_) => "password_command",
    }
}

/// An IPv6 address may be in brackets, as it is in a URL.
fn without_brackets(host: &str) -> &str {
    host.strip_prefix('[').and_then(|host| host.strip_suffix(']')).unwrap_or(host)
}

/// The name to greet a relay with: the host's, where it is one that can stand in a command.
fn greeting_name(host: &str) -> String {
    let is_name = !host.is_empty() && host.chars().all(|c| c.is_ascii_alphanumeric() || c == '-' || c == '.');
    if is_name { host.to_owned() } else { "localhost".to_owned() }
}

fn complaint(source: &str, what: &impl std::fmt::Display) -> CliError {
    CliError::Configuration(format!("{source}: {what}"))
}

/// The path as seen from the directory that the program was started in: sendmail is started in another one.
fn absolute(path: &Path) -> anyhow::Result<PathBuf> {
    let named = |error: io::Error| complaint(&path.display().to_string(), &error);
    Ok(std::path::absolute(path).map_err(named)?)
}

/// The program, unless somebody could have exchanged it. One that is not there is told of when it is to be started.
fn checked(program: PathBuf) -> anyhow::Result<PathBuf> {
    match private_file::check_program(&program) {
        Ok(()) | Err(FileError::Missing { .. }) => Ok(program),
        Err(problem) => Err(LoadError::File(problem).into()),
    }
}

/// The program of a command. Its arguments are nobody's business: they may name what is secret.
fn shown(words: &[String]) -> String {
    text::quoted(words.first().map_or("", String::as_str), 200)
}

/// Why a program gave no password.
#[derive(Debug, thiserror::Error)]
enum PasswordCommandError {
    #[error(transparent)]
    Loose(#[from] FileError),
    #[error("cannot be started: {0}")]
    NotStarted(io::Error),
    #[error("its output cannot be read: no thread can be started: {0}")]
    NoThread(io::Error),
    #[error("took longer than {} s, and was killed", .0.as_secs_f32())]
    TooSlow(Duration),
    #[error("ended with {0}; run it yourself to see why")]
    Failed(ExitStatus),
    #[error("its output cannot be read: {0}")]
    NotRead(io::Error),
    #[error("prints a first line of more than {PASSWORD_FILE_LIMIT} bytes")]
    TooLong,
}

impl PasswordCommandError {
    /// Whether the process may not start another process or thread now.
    fn is_shortage(&self) -> bool {
        use io::ErrorKind::OutOfMemory;
        use io::ErrorKind::WouldBlock;
        matches!(self, Self::NotStarted(error) | Self::NoThread(error) if matches!(error.kind(), WouldBlock | OutOfMemory))
    }
}

fn of_password_command(source: &str, what: &PasswordCommandError) -> CliError {
    if !what.is_shortage() {
        return complaint(source, what);
    }
    let (words, hint) = (format!("{source}: {what}"), format!("{}, and run the command again", failure::PROCESSES));
    CliError::Broken { code: failure::LATER, is_shortage: true, words, hint }
}

/// The first line that a program prints, with its line break. It stays in the group and keeps the environment of this
/// program, so that it finds its agent, and Ctrl-C ends both. What it says besides is dropped: that could be the
/// password.
fn first_line_of(words: &[String], retry_for: Duration) -> Result<Zeroizing<Vec<u8>>, PasswordCommandError> {
    let (program, arguments) =
        words.split_first().ok_or_else(|| PasswordCommandError::NotStarted(io::ErrorKind::NotFound.into()))?;
    // The configuration takes an absolute path only, so what is started is what was checked.
    match private_file::check_program(Path::new(program)) {
        // The system's own words for it come when it is started.
        Ok(()) | Err(FileError::Missing { .. }) => {}
        Err(problem) => return Err(problem.into()),
    }
    let began = Instant::now();
    // Only root may be able to execute it.
    let own = FsCredentials::own();
    let mut child = Command::new(program)
        .args(arguments)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .map_err(PasswordCommandError::NotStarted)?;
    drop(own);
    let (sender, receiver) = mpsc::sync_channel(1);
    let mut started = Ok(());
    if let Some(stdout) = child.stdout.take() {
        // Reading can wait for ever, and has no deadline of its own. The thread stays, and must not stop the process while it
        // writes to the store.
        let deferred = stop_signals::defer();
        started = thread::Builder::new().spawn(move || sender.send(read_line(stdout))).map(drop);
        drop(deferred);
    }
    if let Err(error) = started {
        child.kill().and_then(|()| child.wait()).map_err(PasswordCommandError::NotRead)?;
        return Err(PasswordCommandError::NoThread(error));
    }
    let status = wait(&mut child, began + retry_for).map_err(PasswordCommandError::NotRead)?;
    let status = status.ok_or(PasswordCommandError::TooSlow(retry_for))?;
    if !status.success() {
        return Err(PasswordCommandError::Failed(status));
    }
    // Who inherited its standard output could keep it open.
    let rest = (began + retry_for).saturating_duration_since(Instant::now());
    let line = receiver.recv_timeout(rest).map_err(|_| PasswordCommandError::TooSlow(retry_for))?;
    let line = line.map_err(PasswordCommandError::NotRead)?;
    if line.len() > PASSWORD_FILE_LIMIT { Err(PasswordCommandError::TooLong) } else { Ok(line) }
}

/// Waits for the program; `None`: it was killed at the deadline.
fn wait(child: &mut Child, deadline: Instant) -> io::Result<Option<ExitStatus>> {
    loop {
        if let Some(status) = child.try_wait()? {
            return Ok(Some(status));
        }
        if Instant::now() >= deadline {
            child.kill()?;
            child.wait()?;
            return Ok(None);
        }
        thread::sleep(GLANCE);
    }
}

/// The first line, and everything after it read and dropped, so that the program is not ended by a broken pipe.
fn read_line(mut stdout: ChildStdout) -> io::Result<Zeroizing<Vec<u8>>> {
    // Room for all of it at once: a buffer that grows leaves copies behind.
    let mut line = Zeroizing::new(Vec::with_capacity(PASSWORD_FILE_LIMIT + 1));
    let mut buffer = Zeroizing::new([0; 4_096]);
    let mut is_ended = false;
    loop {
        let count = match stdout.read(&mut buffer[..]) {
            Ok(0) => return Ok(line),
            Ok(count) => count,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
            Err(error) => return Err(error),
        };
        if is_ended {
            continue;
        }
        let read = &buffer[..count];
        let end = read.iter().position(|byte| *byte == b'\n');
        let part = &read[..end.map_or(count, |end| end + 1)];
        let room = PASSWORD_FILE_LIMIT + 1 - line.len();
        line.extend_from_slice(&part[..part.len().min(room)]);
        is_ended = end.is_some() || line.len() > PASSWORD_FILE_LIMIT;
    }
}

#[cfg(test)]
mod tests;
