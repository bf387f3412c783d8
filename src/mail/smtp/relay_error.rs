//! Why a relay cannot be used as it is configured.

use crate::private_file::FileError;

/// Why a relay cannot be used as it is configured.
#[derive(Debug, thiserror::Error)]
pub enum RelayError {
    /// The host is neither a name nor an address.
    #[error("`{0}` is neither a host name nor an IP address")]
    Host(String),
    /// Without TLS, and not on this machine.
    #[error("`{0}` is not a loopback address: without TLS mails are handed over on this machine only")]
    PlainToOthers(String),
    /// The name that the certificate must be for is neither a name nor an address.
    #[error("`{0}` is neither a host name nor an IP address (`tls_name`)")]
    TlsName(String),
    /// A file with certificates, or the key, cannot be read, or others could read or write it.
    #[error(transparent)]
    File(#[from] FileError),
    /// A file with certificates holds something that looks like a certificate and is none.
    #[error("{file}: a certificate in it cannot be read")]
    CertificateBroken {
        /// The path.
        file: String,
    },
    /// A file holds no certificate.
    #[error("{file}: holds no certificate in PEM form")]
    NoCertificate {
        /// The path.
        file: String,
    },
    /// A file holds no key that can be used.
    #[error("{file}: holds no private key in PEM form (RSA, ECDSA or Ed25519)")]
    NoKey {
        /// The path.
        file: String,
    },
    /// The key has a passphrase, which nobody is there to enter.
    #[error("{file}: the private key has a passphrase: store it without one, in a file of mode 0600 (`openssl pkey`)")]
    KeyEncrypted {
        /// The path.
        file: String,
    },
    /// The key belongs to another certificate.
    #[error("{file}: the private key is not that of the first certificate in {certificate}")]
    KeyOfAnother {
        /// The path of the key.
        file: String,
        /// The path of the certificate.
        certificate: String,
    },
    /// The system has no authorities.
    #[error("the system has no trusted certificates: install ca-certificates, or name a `ca_file`")]
    NoSystemRoots,
    /// The TLS library refuses.
    #[error("TLS cannot be set up: {0}")]
    Tls(String),
}
