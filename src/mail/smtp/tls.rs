//! TLS: whom to trust, and what a failed handshake means. Nothing is loosened: TLS 1.2 and 1.3, a certificate that
//! verifies, and the name that is configured.

use std::io;
use std::path::Path;
use std::sync::Arc;
use std::time::SystemTime;

use jiff::Timestamp;
use tokio_rustls::rustls::CertificateError;
use tokio_rustls::rustls::ClientConfig;
use tokio_rustls::rustls::Error;
use tokio_rustls::rustls::RootCertStore;
use tokio_rustls::rustls::crypto::ring;
use tokio_rustls::rustls::pki_types::CertificateDer;
use tokio_rustls::rustls::pki_types::UnixTime;
use tokio_rustls::rustls::pki_types::pem::PemObject as _;
use tokio_rustls::rustls::time_provider::TimeProvider;
use tokio_rustls::rustls::version::TLS12;
use tokio_rustls::rustls::version::TLS13;

use super::Relay;
use super::relay::RelayError;
use crate::domain::relay::Security;
use crate::domain::text;
use crate::mail::handover::TroubleKind;
use crate::private_file;
use crate::private_file::Rule;

/// How much of a name that a certificate holds is quoted, in characters.
const QUOTED: usize = 80;
/// The most that is read of the file with the authorities, in bytes: many times what systems have.
const CA_FILE_LIMIT: usize = 16 * 1024 * 1024;
/// How many names of a certificate are quoted.
const NAMES: usize = 5;

/// The settings for all connections: the authorities of `ca_file`, else those of the system.
pub(super) fn config(ca_file: Option<&Path>) -> Result<Arc<ClientConfig>, RelayError> {
    let roots = match ca_file {
        Some(file) => named_roots(file)?,
        None => system_roots()?,
    };
    let builder = ClientConfig::builder_with_details(Arc::new(ring::default_provider()), Arc::new(CertificateClock));
    let builder =
        builder.with_protocol_versions(&[&TLS13, &TLS12]).map_err(|error| RelayError::Tls(error.to_string()))?;
    Ok(Arc::new(builder.with_root_certificates(roots).with_no_client_auth()))
}

/// The time at which a certificate must be valid. That of rustls panics where the clock is set before 1970.
#[derive(Debug)]
struct CertificateClock;

impl TimeProvider for CertificateClock {
    fn current_time(&self) -> Option<UnixTime> {
        #[expect(clippy::disallowed_methods, reason = "the clock of certificates, which rustls would read itself")]
        let now = SystemTime::now();
        now.duration_since(SystemTime::UNIX_EPOCH).ok().map(UnixTime::since_unix_epoch)
    }
}

/// All certificates of the file; one that cannot be read is not passed over, because it was meant to be trusted.
fn named_roots(file: &Path) -> Result<RootCertStore, RelayError> {
    let shown = || text::visible(&file.display().to_string()).into_owned();
    // Anyone who can write the file can stand in for the relay.
    let pem = private_file::read(file, &Rule::config(), CA_FILE_LIMIT)?;
    let mut roots = RootCertStore::empty();
    for certificate in CertificateDer::pem_slice_iter(&pem) {
        let certificate = certificate.map_err(|_| RelayError::CaFileBroken { file: shown() })?;
        roots.add(certificate).map_err(|_| RelayError::CaFileBroken { file: shown() })?;
    }
    if roots.is_empty() { Err(RelayError::CaFileEmpty { file: shown() }) } else { Ok(roots) }
}

/// The certificates of the system. It has many and always some odd ones, which are passed over.
fn system_roots() -> Result<RootCertStore, RelayError> {
    let mut roots = RootCertStore::empty();
    roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
    if roots.is_empty() { Err(RelayError::NoSystemRoots) } else { Ok(roots) }
}

/// What a failed handshake means, and what is wrong in words. A certificate that does not verify is for the person who
/// configured the host or the `ca_file`; a lost connection passes.
pub(super) fn trouble(error: &io::Error, relay: &Relay) -> (TroubleKind, String) {
    let Some(error) = error.get_ref().and_then(|inner| inner.downcast_ref::<Error>()) else {
        return (TroubleKind::Later, format!("the connection was lost during the TLS handshake: {error}"));
    };
    match error {
        Error::InvalidCertificate(fault) => {
            (TroubleKind::Configuration, format!("the certificate of the relay {}", certificate_fault(fault, relay)))
        }
        Error::FailedToGetCurrentTime => {
            let words = "the certificate of the relay cannot be checked: the clock of this machine is set before 1970";
            (TroubleKind::Configuration, words.to_owned())
        }
        Error::InvalidMessage(_) => {
            let words = match relay.security() {
                Security::Implicit => {
                    "the relay answers to TLS with something else: does this port want `tls = \"starttls\"`?"
                }
                // It was the relay that named STARTTLS.
                Security::StartTls | Security::None => "the relay answers to TLS with something else",
            };
            (TroubleKind::Configuration, words.to_owned())
        }
        other => {
            let words = text::quoted(&other.to_string(), 2 * QUOTED);
            (TroubleKind::ForGood, format!("no TLS 1.2 or 1.3 with this relay: {words}"))
        }
    }
}

fn certificate_fault(fault: &CertificateError, relay: &Relay) -> String {
    let host = relay.host();
    match fault {
        CertificateError::NotValidForNameContext { presented, .. } => {
            let names = presented.iter().filter_map(|name| host_name(name)).take(NAMES);
            let names: Vec<String> = names.map(|name| format!("`{}`", text::quoted(name, QUOTED))).collect();
            match names.is_empty() {
                true => format!("is not for `{host}`; it names no host at all"),
                false => format!("is not for `{host}`, but for {}", names.join(", ")),
            }
        }
        CertificateError::NotValidForName => format!("is not for `{host}`"),
        CertificateError::ExpiredContext { not_after, .. } => format!("expired on {}", date(*not_after)),
        CertificateError::Expired => "has expired".to_owned(),
        CertificateError::NotValidYetContext { not_before, .. } => {
            format!("is valid only from {} on: is the clock right?", date(*not_before))
        }
        CertificateError::NotValidYet => "is not yet valid: is the clock right?".to_owned(),
        CertificateError::UnknownIssuer => match relay.ca_file() {
            Some(file) => format!("is signed by itself or by an authority that is not in `{file}` (`ca_file`)"),
            None => "is signed by itself or by an authority that this system does not trust: `ca_file` can name that \
                     authority"
                .to_owned(),
        },
        CertificateError::Revoked => "is revoked".to_owned(),
        CertificateError::InvalidPurpose | CertificateError::InvalidPurposeContext { .. } => {
            "is not for servers (extended key usage)".to_owned()
        }
        // What `openssl req -x509` makes if it is not told otherwise. The library has no name for it outside itself.
        CertificateError::Other(other) if other.to_string().contains("CaUsedAsEndEntity") => {
            "is that of an authority (`CA:TRUE`), which cannot be a relay's own".to_owned()
        }
        other => format!("does not verify: {}", text::quoted(&other.to_string(), 2 * QUOTED)),
    }
}

/// The host behind a name in a certificate, which comes as `DnsName("…")` or `IpAddress(…)`; a mail address is none.
fn host_name(presented: &str) -> Option<&str> {
    let within = |before, behind| presented.strip_prefix(before)?.strip_suffix(behind);
    within("DnsName(\"", "\")").or_else(|| within("IpAddress(", ")"))
}

/// The day, in UTC.
fn date(time: UnixTime) -> String {
    let seconds = i64::try_from(time.as_secs()).unwrap_or(i64::MAX);
    Timestamp::from_second(seconds).map_or("a day far away".to_owned(), |time| time.strftime("%Y-%m-%d").to_string())
}
