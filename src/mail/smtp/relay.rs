//! The relay that takes the mails, and its settings.

use std::fmt;
use std::net::IpAddr;
use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;
use std::sync::Mutex;
use std::sync::PoisonError;
use std::sync::atomic::AtomicBool;
use std::sync::atomic::Ordering;

use tokio_rustls::rustls::pki_types::ServerName;

use super::Login;
use super::OpeningObserver;
use super::OpeningStep;
use super::PasswordRenewal;
use super::RelayError;
use super::Side;
use super::Timeouts;
use super::TlsOptions;
use super::Transcript;
use super::Trust;
use super::login_memory::LoginMemory;
use super::tls::Tls;
use crate::domain::relay::Security;
use crate::domain::text;
use crate::mail::outcome::Phase;
use crate::mail::outcome::TransportError;
use crate::mail::outcome::TransportErrorKind;

/// A configured mail relay. Clones share the TLS settings, the TLS sessions for resumption, and what was learned
/// about the relay.
#[derive(Clone)]
pub struct Relay {
    host: String,
    port: u16,
    security: Security,
    /// The TLS settings; `None` without TLS.
    tls: Option<Tls>,
    /// The addresses of the host; empty: the name is looked up for each connection.
    pub addresses: Vec<IpAddr>,
    /// The name in EHLO (RFC 5321, 4.1.1.1): a host name, or an address in brackets.
    pub helo: String,
    /// The account at the relay, if it requires one.
    pub login: Option<Login>,
    /// Gets the password of [`Relay::login`] again when the relay refuses it.
    pub password_renewal: Option<PasswordRenewal>,
    /// The time limits.
    pub timeouts: Timeouts,
    /// How many mails are sent over one connection; `None`: as many as the relay accepts.
    pub mails_per_connection: Option<u32>,
    /// Receives the lines of the dialogue.
    pub transcript: Option<Transcript>,
    /// Receives the steps of opening a connection.
    pub observer: Option<OpeningObserver>,
    /// The relay offers PIPELINING, but refused several commands in one write.
    refuses_pipelining: Arc<AtomicBool>,
    /// The address that greeted last, which is tried first.
    greeted_by: Arc<Mutex<Option<SocketAddr>>>,
    /// What earlier logins have shown.
    pub(super) login_memory: Arc<LoginMemory>,
}

impl Relay {
    /// A relay without a login, greeted as `localhost`. Reads the certificates once; those of `ca_file` are trusted
    /// instead of the system's.
    ///
    /// # Errors
    /// If the host or `ca_file` cannot be used.
    pub fn new(host: &str, port: u16, security: Security, ca_file: Option<&Path>) -> Result<Self, RelayError> {
        let trust = ca_file.map_or(Trust::System, |file| Trust::CaFile(file.to_owned()));
        Self::with_tls(host, port, security, &TlsOptions { trust, ..TlsOptions::default() })
    }

    /// Like [`Relay::new`], with all TLS options, which are ignored without TLS.
    ///
    /// # Errors
    /// If the host or a file of the options cannot be used.
    pub fn with_tls(host: &str, port: u16, security: Security, options: &TlsOptions) -> Result<Self, RelayError> {
        let shown = || text::quoted(host, 80);
        ServerName::try_from(host).map_err(|_| RelayError::Host(shown()))?;
        let tls = match security {
            Security::None if !is_this_machine(host) => return Err(RelayError::PlainToOthers(shown())),
            Security::None => None,
            Security::Implicit | Security::StartTls => Some(Tls::new(host, options)?),
        };
        Ok(Self {
            host: host.to_owned(),
            port,
            security,
            tls,
            addresses: Vec::new(),
            helo: "localhost".to_owned(),
            login: None,
            password_renewal: None,
            timeouts: Timeouts::default(),
            mails_per_connection: None,
            transcript: None,
            observer: None,
            refuses_pipelining: Arc::default(),
            greeted_by: Arc::default(),
            login_memory: Arc::default(),
        })
    }

    /// The configured host.
    pub fn host(&self) -> &str {
        &self.host
    }

    /// The configured port.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// The protection of the connection.
    pub fn security(&self) -> Security {
        self.security
    }

    pub(super) fn tls(&self) -> Option<&Tls> {
        self.tls.as_ref()
    }

    /// Adds a line to the transcript that is not part of the dialogue.
    pub(super) fn note(&self, side: Side, line: &str) {
        if let Some(transcript) = &self.transcript {
            transcript.line(side, &text::visible(line));
        }
    }

    /// Tells the observer of a step that was done.
    pub(super) fn step(&self, step: impl FnOnce() -> OpeningStep) {
        if let Some(observer) = &self.observer {
            observer.step(step());
        }
    }

    /// Whether the next mail is the last one of a connection on which `accepted` mails were accepted.
    pub(super) fn is_last_mail(&self, accepted: u32) -> bool {
        self.mails_per_connection.is_some_and(|most| accepted.saturating_add(1) >= most)
    }

    /// From now on, each command waits for the reply to the one before it, on every new connection.
    pub(super) fn give_up_pipelining(&self) {
        self.refuses_pipelining.store(true, Ordering::Relaxed);
    }

    pub(super) fn takes_pipelining(&self) -> bool {
        !self.refuses_pipelining.load(Ordering::Relaxed)
    }

    /// The address that greeted last.
    pub(super) fn greeted_by(&self) -> Option<SocketAddr> {
        *self.greeted_by.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn note_greeted_by(&self, address: SocketAddr) {
        *self.greeted_by.lock().unwrap_or_else(PoisonError::into_inner) = Some(address);
    }

    /// Host and port for messages.
    pub(super) fn name(&self) -> String {
        if self.host.contains(':') {
            format!("[{}]:{}", self.host, self.port)
        } else {
            format!("{}:{}", self.host, self.port)
        }
    }

    pub(super) fn transport_error(&self, kind: TransportErrorKind, phase: Phase, words: &str) -> TransportError {
        TransportError { kind, phase, message: format!("{}: {words}", self.name()) }
    }
}

/// Whether an address never leaves this machine. An IPv4 address may be mapped to IPv6.
pub(super) fn is_loopback(address: IpAddr) -> bool {
    address.to_canonical().is_loopback()
}

fn is_this_machine(host: &str) -> bool {
    host.eq_ignore_ascii_case("localhost") || host.parse().is_ok_and(is_loopback)
}

impl fmt::Debug for Relay {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Relay")
            .field("name", &self.name())
            .field("security", &self.security)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::private_file::FileError;

    #[test]
    fn without_tls_only_this_machine_is_accepted() {
        for host in ["localhost", "LocalHost", "127.0.0.1", "127.9.9.9", "::1"] {
            assert!(Relay::new(host, 25, Security::None, None).is_ok(), "{host}");
        }
        for host in ["mail.example.com", "10.0.0.1", "0.0.0.0", "::2", "localhost.example.com", "127.0.0.1.nip.io"] {
            let error = Relay::new(host, 25, Security::None, None).unwrap_err();
            assert!(matches!(error, RelayError::PlainToOthers(_)), "{host}: {error}");
        }
        assert!(is_loopback("::ffff:127.0.0.1".parse().unwrap()));
    }

    #[test]
    fn a_host_is_a_name_or_an_address() {
        for host in ["", "a b", "mail.example.com\r\n", "[::1]", "-"] {
            let error = Relay::new(host, 25, Security::Implicit, None).unwrap_err();
            assert!(matches!(error, RelayError::Host(_)), "{host:?}: {error}");
        }
    }

    #[test]
    fn a_ca_file_that_is_missing_empty_or_broken_is_named() {
        let directory = tempfile::tempdir().unwrap();
        let file = directory.path().join("ca.pem");
        let error = || Relay::new("mail.example.com", 465, Security::Implicit, Some(&file)).unwrap_err();
        assert!(matches!(error(), RelayError::File(FileError::Missing { .. })));
        std::fs::write(&file, "nothing").unwrap();
        assert!(matches!(error(), RelayError::NoCertificate { .. }));
        let line = |word| format!("-----{word} CERTIFICATE-----\n");
        std::fs::write(&file, format!("{}AAAA\n{}", line("BEGIN"), line("END"))).unwrap();
        assert!(matches!(error(), RelayError::CertificateBroken { .. }));
        assert!(error().to_string().ends_with("ca.pem: a certificate in it cannot be read"));
        let mode = std::os::unix::fs::PermissionsExt::from_mode(0o666);
        std::fs::set_permissions(&file, mode).unwrap();
        assert!(error().to_string().ends_with("use a file that only its owner may write to"), "{}", error());
    }
}
