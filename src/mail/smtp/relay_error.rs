//! Why a relay cannot be used as configured.

use crate::private_file::FileError;

/// Why a relay cannot be used as configured.
#[derive(Debug, thiserror::Error)]
pub enum RelayError {
    /// The host is neither a host name nor an IP address.
    #[error("`{0}` is neither a host name nor an IP address")]
    Host(String),
    /// No TLS, and the relay is not on this machine.
    #[error("`{0}` is not a loopback address: without TLS mails are handed over on this machine only")]
    PlainToOthers(String),
    /// The name for which the certificate must be issued is neither a host name nor an IP address.
    #[error("`{0}` is neither a host name nor an IP address (`tls_name`)")]
    TlsName(String),
    /// A certificate file or the key file cannot be read, or others could read or write it.
    #[error(transparent)]
    File(#[from] FileError),
    /// A certificate in a file cannot be parsed.
    #[error("{file}: a certificate in it cannot be read")]
    CertificateBroken {
        /// The path.
        file: String,
    },
    /// A file contains no certificate.
    #[error("{file}: holds no certificate in PEM form")]
    NoCertificate {
        /// The path.
        file: String,
    },
    /// A file contains no usable key.
    #[error("{file}: holds no private key in PEM form (RSA, ECDSA or Ed25519)")]
    NoKey {
        /// The path.
        file: String,
    },
    /// The key has a passphrase, which nobody can enter in a cron job.
    #[error("{file}: the private key has a passphrase: store it without one, in a file of mode 0600 (`openssl pkey`)")]
    KeyEncrypted {
        /// The path.
        file: String,
    },
    /// The key does not belong to the certificate.
    #[error("{file}: the private key is not that of the first certificate in {certificate}")]
    KeyOfAnother {
        /// The path of the key.
        file: String,
        /// The path of the certificate.
        certificate: String,
    },
    /// The system has no trusted certificates.
    #[error("the system has no trusted certificates: install ca-certificates, or name a `ca_file`")]
    NoSystemRoots,
    /// An error of the TLS library.
    #[error("TLS cannot be set up: {0}")]
    Tls(String),
}
