//! TLS: how the relay's certificate is verified, and the client certificate of this program. There is no insecure
//! option: TLS 1.2 or 1.3, a certificate that verifies or is itself configured, and the configured name.

mod client_certificate;
mod fault;
mod verifier;

use std::path::Path;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::SystemTime;

use jiff::Timestamp;
use sha2::Digest as _;
use sha2::Sha256;
use tokio_rustls::rustls::ClientConfig;
use tokio_rustls::rustls::ClientConnection;
use tokio_rustls::rustls::ProtocolVersion;
use tokio_rustls::rustls::RootCertStore;
use tokio_rustls::rustls::crypto::CryptoProvider;
use tokio_rustls::rustls::crypto::ring;
use tokio_rustls::rustls::pki_types::CertificateDer;
use tokio_rustls::rustls::pki_types::ServerName;
use tokio_rustls::rustls::pki_types::UnixTime;
use tokio_rustls::rustls::pki_types::pem::PemObject as _;
use tokio_rustls::rustls::time_provider::TimeProvider;
use tokio_rustls::rustls::version::TLS12;
use tokio_rustls::rustls::version::TLS13;
use x509_parser::prelude::FromDer as _;
use x509_parser::prelude::X509Certificate;

use super::EncryptionDetails;
use super::RelayError;
use crate::domain::fingerprint::Fingerprint;
use crate::domain::text;
use crate::private_file;
use crate::private_file::Rule;
use client_certificate::ClientCertificateResolver;
use verifier::RelayVerifier;

pub use client_certificate::ClientCertificate;
pub(super) use fault::alert_meaning;
pub(super) use fault::ended_tls;
pub(super) use fault::lost;
pub(super) use fault::meaning;

/// The most that is read of a certificate file, in bytes: many times what systems have.
const CERTIFICATES_LIMIT: usize = 16 * 1024 * 1024;

/// How the relay is authenticated, and this program to the relay. By default as in browsers: by an authority that the
/// system trusts, for the name of the host.
#[derive(Debug, Clone, Default)]
pub struct TlsOptions {
    /// How the relay's certificate is trusted.
    pub trust: Trust,
    /// The name or address for which the certificate must be issued; `None`: the host.
    pub name: Option<String>,
    /// The client certificate; `None`: there is none.
    pub client_certificate: Option<ClientCertificate>,
}

/// How the relay's certificate is trusted. Its dates and its name are checked in each case.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum Trust {
    /// By the authorities of the system.
    #[default]
    System,
    /// By the authorities in a file (PEM). A certificate in the file is also trusted itself, without an authority.
    CaFile(PathBuf),
    /// By its own SHA-256, which must be one of these.
    Fingerprints(Vec<Fingerprint>),
}

/// The TLS settings for all connections to one relay.
#[derive(Clone)]
pub(super) struct Tls {
    pub(super) config: Arc<ClientConfig>,
    /// The name for which the certificate must be issued.
    pub(super) name: ServerName<'static>,
    /// The path of [`Trust::CaFile`] for messages.
    ca_file: Option<String>,
    client_certificate: Arc<ClientCertificateResolver>,
}

impl Tls {
    /// Reads the certificates once.
    ///
    /// # Errors
    /// If a name or a file cannot be used.
    pub(super) fn new(host: &str, options: &TlsOptions) -> Result<Self, RelayError> {
        let provider = Arc::new(ring::default_provider());
        let named = |name: &str| ServerName::try_from(name.to_owned());
        let name = match &options.name {
            Some(name) => named(name).map_err(|_| RelayError::TlsName(text::quoted(name, 80)))?,
            None => named(host).map_err(|_| RelayError::Host(text::quoted(host, 80)))?,
        };
        let verifier = match &options.trust {
            Trust::System => RelayVerifier::with_authorities(system_roots()?, Vec::new(), &provider)?,
            Trust::CaFile(file) => {
                let named = named_certificates(file)?;
                let mut roots = RootCertStore::empty();
                for certificate in &named {
                    roots.add(certificate.clone()).map_err(|_| RelayError::CertificateBroken { file: shown(file) })?;
                }
                RelayVerifier::with_authorities(roots, named, &provider)?
            }
            Trust::Fingerprints(fingerprints) => RelayVerifier::with_fingerprints(fingerprints.clone(), &provider),
        };
        let client_certificate =
            Arc::new(ClientCertificateResolver::new(options.client_certificate.as_ref(), &provider)?);
        let config = config(provider, verifier, client_certificate.clone())?;
        let ca_file = if let Trust::CaFile(file) = &options.trust { Some(shown(file)) } else { None };
        Ok(Self { config, name, ca_file, client_certificate })
    }

    /// A hint if a relay closes the connection after it asked for a client certificate and got none.
    pub(super) fn hint_of_missing_certificate(&self) -> &'static str {
        match self.client_certificate.is_asked() && !self.client_certificate.has_certificate() {
            true => " (the relay asked for a client certificate: set `client_certificate_file` and `client_key_file`)",
            false => "",
        }
    }

    /// Why a relay that asked for a client certificate refuses the connection, if its text `words` is about the
    /// certificate.
    pub(super) fn refused_certificate(&self, words: &str) -> Option<String> {
        let is_about_it = self.client_certificate.is_asked() && words.to_ascii_lowercase().contains("client cert");
        is_about_it.then(|| match self.client_certificate.has_certificate() {
            true => fault::refused_certificate(words),
            false => fault::missing_certificate(words),
        })
    }
}

fn config(
    provider: Arc<CryptoProvider>,
    verifier: RelayVerifier,
    client_certificate: Arc<ClientCertificateResolver>,
) -> Result<Arc<ClientConfig>, RelayError> {
    let builder = ClientConfig::builder_with_details(provider, Arc::new(CertificateClock));
    let builder =
        builder.with_protocol_versions(&[&TLS13, &TLS12]).map_err(|error| RelayError::Tls(error.to_string()))?;
    // rustls calls any custom verifier dangerous. This one also accepts configured certificates.
    let builder = builder.dangerous().with_custom_certificate_verifier(Arc::new(verifier));
    Ok(Arc::new(builder.with_client_cert_resolver(client_certificate)))
}

/// The time at which a certificate must be valid. That of rustls panics if the clock is set before 1970.
#[derive(Debug)]
struct CertificateClock;

impl TimeProvider for CertificateClock {
    fn current_time(&self) -> Option<UnixTime> {
        #[expect(clippy::disallowed_methods, reason = "the clock of certificates, which rustls would read itself")]
        let now = SystemTime::now();
        now.duration_since(SystemTime::UNIX_EPOCH).ok().map(UnixTime::since_unix_epoch)
    }
}

/// All certificates of a file, at least one. One that cannot be parsed is an error, because it was meant to be used.
fn named_certificates(file: &Path) -> Result<Vec<CertificateDer<'static>>, RelayError> {
    // Anyone who can write the file can impersonate the relay.
    let pem = private_file::read(file, &Rule::config(), CERTIFICATES_LIMIT)?;
    let read = CertificateDer::pem_slice_iter(&pem).collect::<Result<Vec<_>, _>>();
    let certificates = read.map_err(|_| RelayError::CertificateBroken { file: shown(file) })?;
    if certificates.is_empty() { Err(RelayError::NoCertificate { file: shown(file) }) } else { Ok(certificates) }
}

/// The certificates of the system. It has many, and unusable ones among them are ignored.
fn system_roots() -> Result<RootCertStore, RelayError> {
    let mut roots = RootCertStore::empty();
    roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
    if roots.is_empty() { Err(RelayError::NoSystemRoots) } else { Ok(roots) }
}

fn shown(file: &Path) -> String {
    text::visible(&file.display().to_string()).into_owned()
}

/// An encrypted connection in one line: the version, the cipher suite, and how the relay's certificate is trusted.
pub(super) fn summary(connection: &ClientConnection) -> String {
    let certificate = connection.peer_certificates().and_then(<[_]>::first).map_or(String::new(), |certificate| {
        let (_, until) = validity(certificate).unwrap_or_default();
        format!("; certificate valid until {}, SHA-256 {}", day(until), fingerprint(certificate))
    });
    format!("{}{certificate}", protocol(connection))
}

/// The same as values.
pub(super) fn details(connection: &ClientConnection) -> EncryptionDetails {
    let certificate = connection.peer_certificates().and_then(<[_]>::first);
    let until = certificate.and_then(validity).map(|(_, until)| until);
    let valid_until = until.and_then(|until| Timestamp::from_second(until).ok());
    EncryptionDetails { protocol: protocol(connection), valid_until }
}

/// The version and the cipher suite.
fn protocol(connection: &ClientConnection) -> String {
    let version = match connection.protocol_version() {
        Some(ProtocolVersion::TLSv1_3) => "TLS 1.3",
        _ => "TLS 1.2",
    };
    let suite = connection.negotiated_cipher_suite().map_or(String::new(), |suite| format!(", {:?}", suite.suite()));
    format!("{version}{suite}")
}

fn fingerprint(certificate: &CertificateDer<'_>) -> Fingerprint {
    Fingerprint(Sha256::digest(certificate).into())
}

/// The period in which a certificate is valid, in unix seconds.
fn validity(certificate: &CertificateDer<'_>) -> Option<(i64, i64)> {
    let (_, parsed) = X509Certificate::from_der(certificate).ok()?;
    let validity = parsed.validity();
    Some((validity.not_before.timestamp(), validity.not_after.timestamp()))
}

/// The day of a time in unix seconds, in UTC.
fn day(seconds: i64) -> String {
    Timestamp::from_second(seconds).map_or("a day far away".to_owned(), |time| time.strftime("%Y-%m-%d").to_string())
}
