//! `[mail.smtp]`: the relay that takes the mails.

use std::path::PathBuf;
use std::time::Duration;
use strum::VariantArray as _;

use super::document::Section;
use super::host;
use crate::domain::fingerprint::Fingerprint;
use crate::domain::rate::Rate;
use crate::domain::rate::Rates;
use crate::domain::relay::LoginMethod;
use crate::domain::relay::Security;

/// The most connections at once: more than relays allow, and few enough for one store to keep up.
const MAX_CONNECTIONS: u32 = 64;
/// The most mails over one connection, in effect no limit.
const MAX_MAILS: u32 = 1_000_000;
/// Keys that only have an effect with TLS.
const TLS_KEYS: [&str; 5] = ["ca_file", "certificate_sha256", "tls_name", "client_certificate_file", "client_key_file"];
/// The longest time to retry.
const MAX_RETRY_FOR: Duration = Duration::from_secs(86_400);

/// The settings for delivery to an SMTP relay.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SmtpSection {
    /// The relay: a host name, an IPv4 address, or an IPv6 address with or without brackets. Always set with the
    /// transport `smtp`.
    pub host: Option<String>,
    /// The port; by default 465, 587 or 25 if `tls` is `implicit`, `starttls` or `none`.
    pub port: u16,
    /// The protection of the connection; `none` only for a loopback address.
    pub tls: Security,
    /// The certificates in PEM of the authorities for the relay, or of the relay itself; by default those of the
    /// system.
    pub ca_file: Option<PathBuf>,
    /// The certificates that the relay itself may have; if there are any, no authority is needed.
    pub certificate_sha256: Vec<Fingerprint>,
    /// The name or address for which the relay's certificate must be issued; by default `host`.
    pub tls_name: Option<String>,
    /// The client certificate, if there is one.
    pub client_certificate: Option<ClientCertificateFiles>,
    /// The name in EHLO; by default the host name of the machine.
    pub helo: Option<String>,
    /// The login, if there is one.
    pub login: Option<SmtpLogin>,
    /// Number of connections at once.
    pub connections: u32,
    /// How many mails are sent over one connection; `None`: as many as the relay accepts.
    pub mails_per_connection: Option<u32>,
    /// How fast mails may be sent; none: as fast as the relay accepts them.
    pub rates: Rates,
    /// How long a run keeps retrying while the relay cannot be used.
    pub retry_for: Duration,
}

/// The login at the relay.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SmtpLogin {
    /// The username.
    pub username: String,
    /// The source of the password.
    pub password: PasswordFrom,
    /// The method.
    pub method: LoginMethod,
}

/// The client certificate and its key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ClientCertificateFiles {
    /// The certificate and its intermediate certificates, in PEM.
    pub certificate: PathBuf,
    /// The key in PEM, in a private file.
    pub key: PathBuf,
}

/// The source of the relay's password, which is never in the configuration, because others may read that.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PasswordFrom {
    /// A private file.
    File(PathBuf),
    /// The first line that a program prints; given as its absolute path and its arguments, which no shell interprets.
    Command(Vec<String>),
}

impl Default for SmtpSection {
    fn default() -> Self {
        let tls = Security::default();
        Self {
            host: None,
            port: usual_port(tls),
            tls,
            ca_file: None,
            certificate_sha256: Vec::new(),
            tls_name: None,
            client_certificate: None,
            helo: None,
            login: None,
            connections: 4,
            mails_per_connection: None,
            rates: Rates::default(),
            retry_for: Duration::from_secs(120),
        }
    }
}

impl SmtpSection {
    pub(super) fn read(section: &Section<'_, '_>) -> Self {
        let default = Self::default();
        let tls = section.choice("tls", Security::VARIANTS, Security::word).unwrap_or(default.tls);
        let host = section.validated("host", host::validate);
        if tls == Security::None && host.as_ref().is_some_and(|host| !host::is_loopback(host)) {
            let words = "without TLS anybody on the way reads the links, so it is only for localhost, 127.0.0.1 or ::1";
            section.problem("tls", words);
        }
        if tls == Security::None {
            for key in TLS_KEYS.into_iter().filter(|key| section.has(key)) {
                section.problem(key, "has no effect with `tls = \"none\"`: leave it out, or choose another `tls`");
            }
        }
        let ca_file = section.file("ca_file");
        let certificate_sha256 = section
            .one_or_more("certificate_sha256", |text| text.parse::<Fingerprint>().map_err(|error| error.to_string()));
        if section.is_empty_list("certificate_sha256") {
            section.problem("certificate_sha256", "expected a SHA-256, found an empty list: leave the key out");
        }
        if section.has("ca_file") && section.has("certificate_sha256") {
            section.problem("certificate_sha256", "does not go with `ca_file`: leave one of them out");
        }
        let port = section.whole("port", 1..=u32::from(u16::MAX), "").and_then(|port| u16::try_from(port).ok());
        let connections = section.whole("connections", 1..=MAX_CONNECTIONS, "");
        Self {
            host,
            port: port.unwrap_or(usual_port(tls)),
            tls,
            ca_file,
            certificate_sha256: certificate_sha256.unwrap_or_default(),
            tls_name: section.validated("tls_name", host::validate),
            client_certificate: client_certificate(section),
            helo: section.validated("helo", host::validate_helo),
            login: login(section),
            connections: connections.unwrap_or(default.connections),
            mails_per_connection: section.whole("mails_per_connection", 1..=MAX_MAILS, ""),
            rates: rates(section),
            retry_for: section.duration("retry_for", Duration::ZERO..=MAX_RETRY_FOR).unwrap_or(default.retry_for),
        }
    }
}

fn rates(section: &Section<'_, '_>) -> Rates {
    let rates = section.one_or_more("rate", |text| text.parse::<Rate>().map_err(|fault| fault.to_string()));
    rates.unwrap_or_default().into_iter().collect()
}

/// The ports of RFC 8314, 3.3, of RFC 6409, 3.1, and of RFC 5321, 4.5.4.2.
fn usual_port(tls: Security) -> u16 {
    match tls {
        Security::Implicit => 465,
        Security::StartTls => 587,
        Security::None => 25,
    }
}

fn client_certificate(section: &Section<'_, '_>) -> Option<ClientCertificateFiles> {
    let [certificate, key] = ["client_certificate_file", "client_key_file"];
    let files = (section.file(certificate), section.file(key));
    for (one, other) in [(certificate, key), (key, certificate)] {
        if section.has(one) && section.lacks(other) {
            section.problem(one, format_args!("needs a `{other}`"));
        }
    }
    Some(ClientCertificateFiles { certificate: files.0?, key: files.1? })
}

fn login(section: &Section<'_, '_>) -> Option<SmtpLogin> {
    let username = section.some_text("username");
    let file = section.file("password_file").map(PasswordFrom::File);
    let command = section.command("password_command").map(PasswordFrom::Command);
    let method = section.choice("auth", LoginMethod::VARIANTS, LoginMethod::word).unwrap_or_default();
    let names_password = ["password_file", "password_command"].into_iter().find(|key| section.has(key));
    if section.has("password_file") && section.has("password_command") {
        section.problem("password_command", "does not go with `password_file`: leave one of them out");
    }
    if section.lacks("username") {
        if let Some(key) = names_password {
            section.problem(key, "needs a `username`");
        }
        if method != LoginMethod::Auto {
            section.problem("auth", format_args!("\"{}\" needs a `username`", method.word()));
        }
    } else if names_password.is_none() && section.lacks("password_file") {
        section.problem("username", "needs a `password_file` or a `password_command`");
    }
    Some(SmtpLogin { username: username?, password: file.or(command)?, method })
}
