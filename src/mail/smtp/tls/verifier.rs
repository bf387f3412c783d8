//! Verifies the relay's certificate: by an authority, or because the certificate itself is configured.

use std::sync::Arc;

use tokio_rustls::rustls::CertificateError;
use tokio_rustls::rustls::DigitallySignedStruct;
use tokio_rustls::rustls::Error;
use tokio_rustls::rustls::OtherError;
use tokio_rustls::rustls::RootCertStore;
use tokio_rustls::rustls::SignatureScheme;
use tokio_rustls::rustls::client::WebPkiServerVerifier;
use tokio_rustls::rustls::client::danger::HandshakeSignatureValid;
use tokio_rustls::rustls::client::danger::ServerCertVerified;
use tokio_rustls::rustls::client::danger::ServerCertVerifier;
use tokio_rustls::rustls::client::verify_server_name;
use tokio_rustls::rustls::crypto::CryptoProvider;
use tokio_rustls::rustls::crypto::WebPkiSupportedAlgorithms;
use tokio_rustls::rustls::crypto::verify_tls12_signature;
use tokio_rustls::rustls::crypto::verify_tls13_signature;
use tokio_rustls::rustls::pki_types::CertificateDer;
use tokio_rustls::rustls::pki_types::ServerName;
use tokio_rustls::rustls::pki_types::UnixTime;
use tokio_rustls::rustls::server::ParsedCertificate;
use x509_parser::extensions::GeneralName;
use x509_parser::prelude::FromDer as _;
use x509_parser::prelude::X509Certificate;

use super::fingerprint;
use super::validity;
use crate::domain::fingerprint::Fingerprint;
use crate::mail::smtp::RelayError;

/// Verifies the certificates of one relay.
#[derive(Debug)]
pub(super) struct RelayVerifier {
    anchor: Anchor,
    algorithms: WebPkiSupportedAlgorithms,
}

#[derive(Debug)]
enum Anchor {
    Authorities {
        verifier: Arc<WebPkiServerVerifier>,
        /// Configured certificates, which need no authority; compared byte for byte.
        named: Vec<CertificateDer<'static>>,
    },
    Fingerprints(Vec<Fingerprint>),
}

/// The relay presents another certificate than those configured by fingerprint.
#[derive(Debug, Clone, Copy, thiserror::Error)]
#[error("another certificate: {0}")]
pub(super) struct OtherCertificate(pub(super) Fingerprint);

impl RelayVerifier {
    pub(super) fn with_authorities(
        roots: RootCertStore,
        named: Vec<CertificateDer<'static>>,
        provider: &Arc<CryptoProvider>,
    ) -> Result<Self, RelayError> {
        let verifier = WebPkiServerVerifier::builder_with_provider(Arc::new(roots), Arc::clone(provider)).build();
        let verifier = verifier.map_err(|error| RelayError::Tls(error.to_string()))?;
        let algorithms = provider.signature_verification_algorithms;
        Ok(Self { anchor: Anchor::Authorities { verifier, named }, algorithms })
    }

    pub(super) fn with_fingerprints(fingerprints: Vec<Fingerprint>, provider: &CryptoProvider) -> Self {
        let algorithms = provider.signature_verification_algorithms;
        Self { anchor: Anchor::Fingerprints(fingerprints), algorithms }
    }
}

impl ServerCertVerifier for RelayVerifier {
    fn verify_server_cert(
        &self,
        certificate: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        name: &ServerName<'_>,
        ocsp_response: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        match &self.anchor {
            Anchor::Authorities { named, .. } if named.contains(certificate) => verify_named(certificate, name, now),
            Anchor::Authorities { verifier, .. } => {
                verifier.verify_server_cert(certificate, intermediates, name, ocsp_response, now)
            }
            Anchor::Fingerprints(expected) => match fingerprint(certificate) {
                found if expected.contains(&found) => verify_named(certificate, name, now),
                found => {
                    let other = OtherError(Arc::new(OtherCertificate(found)));
                    Err(Error::InvalidCertificate(CertificateError::Other(other)))
                }
            },
        }
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        verify_tls12_signature(message, certificate, signature, &self.algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        verify_tls13_signature(message, certificate, signature, &self.algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.algorithms.supported_schemes()
    }
}

/// Checks the dates and the name of a configured certificate. Its issuer and its right to issue others (`CA:TRUE`,
/// which `openssl req -x509` sets) do not matter: the configuration trusts this very certificate.
fn verify_named(
    certificate: &CertificateDer<'_>,
    name: &ServerName<'_>,
    now: UnixTime,
) -> Result<ServerCertVerified, Error> {
    let wrong = |error| Err(Error::InvalidCertificate(error));
    let Some((from, until)) = validity(certificate) else { return wrong(CertificateError::BadEncoding) };
    let seconds = i64::try_from(now.as_secs()).unwrap_or(i64::MAX);
    let unix = |time| UnixTime::since_unix_epoch(std::time::Duration::from_secs(u64::try_from(time).unwrap_or(0)));
    if seconds < from {
        return wrong(CertificateError::NotValidYetContext { time: now, not_before: unix(from) });
    }
    if seconds > until {
        return wrong(CertificateError::ExpiredContext { time: now, not_after: unix(until) });
    }
    match verify_server_name(&ParsedCertificate::try_from(certificate)?, name) {
        Ok(()) => Ok(ServerCertVerified::assertion()),
        Err(error) => match common_name(certificate) {
            Some(common) if is_same_host(&common, name) => Ok(ServerCertVerified::assertion()),
            Some(common) => {
                let presented = vec![format!("DnsName(\"{common}\")")];
                wrong(CertificateError::NotValidForNameContext { expected: name.to_owned(), presented })
            }
            None => Err(error),
        },
    }
}

/// The common name of a certificate without subject alternative names. It is the last resort of RFC 6125, 6.4.4, and
/// only used if the certificate itself is configured.
fn common_name(certificate: &CertificateDer<'_>) -> Option<String> {
    let (_, parsed) = X509Certificate::from_der(certificate).ok()?;
    let names = parsed.subject_alternative_name().ok()?;
    let is_host = |name: &GeneralName<'_>| matches!(name, GeneralName::DNSName(_) | GeneralName::IPAddress(_));
    if names.is_some_and(|names| names.value.general_names.iter().any(is_host)) {
        return None;
    }
    let common = parsed.subject().iter_common_name().next()?.as_str().ok()?;
    Some(common.to_owned())
}

fn is_same_host(common: &str, name: &ServerName<'_>) -> bool {
    match ServerName::try_from(common) {
        Ok(ServerName::DnsName(common)) => {
            matches!(name, ServerName::DnsName(name) if common.as_ref().eq_ignore_ascii_case(name.as_ref()))
        }
        Ok(common) => common == *name,
        Err(_) => false,
    }
}
