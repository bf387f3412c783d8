//! The way that mails leave, as the configuration names it, and the password of the relay.

use std::path::Path;
use std::path::PathBuf;
use std::time::Duration;

use crate::app::SetupError;
use crate::app::password_command::first_line_of;
use crate::app::setup::Setup;
use crate::config::LoadError;
use crate::config::PasswordFrom;
use crate::config::SmtpSection;
use crate::config::TransportName;
use crate::domain::text;
use crate::domain::uid::ROOT;
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
use crate::private_file::Rule;
use crate::private_file::owner_of_directory;
use crate::secrets::RelayPassword;
use crate::secrets::lines::PASSWORD_FILE_LIMIT;

/// How long a program may take to give the password: time for a vault to answer, not for a person.
const ANSWER_TIMEOUT: Duration = Duration::from_secs(10);

impl Setup {
    /// The way that mails leave; `None` when the configuration names no sender, and so no mail is sent.
    ///
    /// # Errors
    /// When the configuration or the relay's password is not as it must be.
    pub fn transport(&self) -> Result<Option<Transport>, SetupError> {
        let mail = &self.config().mail;
        if mail.from.is_none() {
            return Ok(None);
        }
        Ok(Some(match mail.transport {
            TransportName::Smtp => Transport::Smtp(Box::new(self.relay(&mail.smtp)?)),
            TransportName::Sendmail => Transport::Sendmail(Sendmail::new(checked(absolute(&mail.sendmail.program)?)?)),
            TransportName::File => {
                let missing = || SetupError::Configuration("[mail.file] directory is missing".to_owned());
                let mut directory = MailDirectory::new(absolute(mail.file.directory.as_ref().ok_or_else(missing)?)?);
                // Where root works for another account.
                let account = owner_of_directory(self.store_path());
                directory.account = account.filter(|(uid, _)| self.uid == ROOT && *uid != ROOT);
                Transport::Directory(directory)
            }
        }))
    }

    fn relay(&self, smtp: &SmtpSection) -> Result<Relay, SetupError> {
        let missing = || SetupError::Configuration("[mail.smtp] host is missing".to_owned());
        let host = smtp.host.as_deref().ok_or_else(missing)?;
        let options = TlsOptions {
            trust: match (smtp.certificate_sha256.as_slice(), &smtp.ca_file) {
                ([], None) => Trust::System,
                ([], Some(file)) => Trust::CaFile(file.clone()),
                (fingerprints, _) => Trust::Fingerprints(fingerprints.to_vec()),
            },
            name: smtp.tls_name.as_deref().map(|name| without_brackets(name).to_owned()),
            client_certificate: smtp.client_certificate.as_ref().map(|files| ClientCertificate {
                certificate_file: files.certificate.clone(),
                key_file: files.key.clone(),
                key_rule: self.secret_rule(),
            }),
        };
        let made = Relay::with_tls(without_brackets(host), smtp.port, smtp.tls, &options);
        let mut relay = made.map_err(|error| SetupError::configuration("[mail.smtp]", error))?;
        relay.mails_per_connection = smtp.mails_per_connection;
        relay.helo = smtp.helo.clone().unwrap_or_else(|| greeting_name(&self.host));
        if let (Some(login), Some(source)) = (&smtp.login, self.relay_password_source()) {
            let (username, password) = (login.username.clone(), source.read()?.into_secret());
            relay.login = Some(Login { username, password, method: login.method });
            let again = move || source.read().map(RelayPassword::into_secret).map_err(|error| error.to_string());
            relay.password_renewal = Some(PasswordRenewal::new(password_key(&login.password), again));
        }
        Ok(relay)
    }

    fn relay_password_source(&self) -> Option<RelayPasswordSource> {
        let login = self.config().mail.smtp.login.as_ref()?;
        Some(RelayPasswordSource { from: login.password.clone(), rule: self.secret_rule() })
    }
}

/// Where the password of the relay comes from, each time it is asked for.
struct RelayPasswordSource {
    from: PasswordFrom,
    /// What its file must be like.
    rule: Rule,
}

impl RelayPasswordSource {
    /// No error repeats any of it.
    fn read(&self) -> Result<RelayPassword, SetupError> {
        let (source, bytes) = match &self.from {
            PasswordFrom::File(path) => {
                let read = private_file::read(path, &self.rule, PASSWORD_FILE_LIMIT);
                (path.display().to_string(), read.map_err(LoadError::File)?)
            }
            PasswordFrom::Command(words) => {
                let source = format!("[mail.smtp] password_command: {}", shown(words));
                let line = first_line_of(words, ANSWER_TIMEOUT)
                    .map_err(|error| SetupError::PasswordCommand { command: source.clone(), error })?;
                (source, line)
            }
        };
        RelayPassword::from_bytes(bytes).map_err(|error| SetupError::configuration(source, error))
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

/// The path as seen from the directory that the program was started in: sendmail is started in another one.
fn absolute(path: &Path) -> Result<PathBuf, SetupError> {
    std::path::absolute(path).map_err(|error| SetupError::configuration(path.display(), error))
}

/// The program, unless somebody could have exchanged it. One that is not there is told of when it is to be started.
fn checked(program: PathBuf) -> Result<PathBuf, SetupError> {
    match private_file::check_program(&program) {
        Ok(()) | Err(FileError::Missing { .. }) => Ok(program),
        Err(problem) => Err(LoadError::File(problem).into()),
    }
}

/// The program of a command. Its arguments are nobody's business: they may name what is secret.
fn shown(words: &[String]) -> String {
    text::quoted(words.first().map_or("", String::as_str), 200)
}

#[cfg(test)]
mod tests;
