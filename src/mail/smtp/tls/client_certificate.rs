//! The client certificate, which authenticates the program to a relay.

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::sync::atomic::Ordering;

use tokio_rustls::rustls::Error;
use tokio_rustls::rustls::InconsistentKeys;
use tokio_rustls::rustls::SignatureScheme;
use tokio_rustls::rustls::client::ResolvesClientCert;
use tokio_rustls::rustls::crypto::CryptoProvider;
use tokio_rustls::rustls::pki_types::PrivateKeyDer;
use tokio_rustls::rustls::pki_types::pem::PemObject as _;
use tokio_rustls::rustls::sign::CertifiedKey;

use super::named_certificates;
use super::shown;
use crate::mail::smtp::RelayError;
use crate::private_file;
use crate::private_file::Rule;

/// The most that is read of a key file, in bytes.
const KEY_LIMIT: usize = 1024 * 1024;

/// The client certificate and its key.
#[derive(Debug, Clone)]
pub struct ClientCertificate {
    /// The certificate and its intermediate certificates, in PEM.
    pub certificate_file: PathBuf,
    /// The key in PEM, without a passphrase.
    pub key_file: PathBuf,
    /// The rule for the mode and owner of the key file.
    pub key_rule: Rule,
}

/// Presents the certificate to a relay that asks for one, and remembers that it asked.
#[derive(Debug)]
pub(super) struct ClientCertificateResolver {
    certified_key: Option<Arc<CertifiedKey>>,
    is_asked: AtomicBool,
}

impl ClientCertificateResolver {
    pub(super) fn new(files: Option<&ClientCertificate>, provider: &CryptoProvider) -> Result<Self, RelayError> {
        let certified_key = files.map(|files| read(files, provider)).transpose()?.map(Arc::new);
        Ok(Self { certified_key, is_asked: AtomicBool::new(false) })
    }

    /// Whether there is a certificate to present.
    pub(super) fn has_certificate(&self) -> bool {
        self.certified_key.is_some()
    }

    /// Whether the relay has asked for a certificate on any connection.
    pub(super) fn is_asked(&self) -> bool {
        self.is_asked.load(Ordering::Relaxed)
    }
}

impl ResolvesClientCert for ClientCertificateResolver {
    fn resolve(&self, _authorities: &[&[u8]], _schemes: &[SignatureScheme]) -> Option<Arc<CertifiedKey>> {
        self.is_asked.store(true, Ordering::Relaxed);
        self.certified_key.clone()
    }

    fn has_certs(&self) -> bool {
        self.certified_key.is_some()
    }
}

fn read(files: &ClientCertificate, provider: &CryptoProvider) -> Result<CertifiedKey, RelayError> {
    let ClientCertificate { certificate_file, key_file, key_rule } = files;
    let certificates = named_certificates(certificate_file)?;
    let pem = private_file::read(key_file, key_rule, KEY_LIMIT)?;
    let file = shown(key_file);
    let is_encrypted = pem.windows(b"ENCRYPTED".len()).any(|part| part == b"ENCRYPTED");
    let Ok(key) = PrivateKeyDer::from_pem_slice(&pem) else {
        return Err(if is_encrypted { RelayError::KeyEncrypted { file } } else { RelayError::NoKey { file } });
    };
    CertifiedKey::from_der(certificates, key, provider).map_err(|error| match error {
        Error::InconsistentKeys(InconsistentKeys::KeyMismatch) => {
            RelayError::KeyOfAnother { file, certificate: shown(certificate_file) }
        }
        Error::InvalidCertificate(_) => RelayError::CertificateBroken { file: shown(certificate_file) },
        _ if is_encrypted => RelayError::KeyEncrypted { file },
        _ => RelayError::NoKey { file },
    })
}
