//! Descriptions of failed TLS handshakes.

use std::io;

use tokio_rustls::rustls::AlertDescription;
use tokio_rustls::rustls::CertificateError;
use tokio_rustls::rustls::Error;
use tokio_rustls::rustls::PeerIncompatible;
use tokio_rustls::rustls::pki_types::UnixTime;

use super::Tls;
use super::day;
use super::verifier::OtherCertificate;
use crate::domain::relay::Security;
use crate::domain::text;
use crate::mail::outcome::TransportErrorKind;

/// How much of a name in a certificate is quoted, in characters.
const QUOTED: usize = 80;
/// How many names of a certificate are quoted.
const NAMES: usize = 5;

/// The kind and the description of a failed handshake. A certificate that does not verify is an error of the
/// configuration (the host or the `ca_file`); a lost connection is temporary.
pub(in crate::mail::smtp) fn meaning(error: &io::Error, security: Security, tls: &Tls) -> (TransportErrorKind, String) {
    let Some(error) = error.get_ref().and_then(|inner| inner.downcast_ref::<Error>()) else {
        let words = match error.kind() {
            io::ErrorKind::UnexpectedEof => "the relay closed the connection during the TLS handshake".to_owned(),
            _ => format!("the connection was lost during the TLS handshake: {error}"),
        };
        return (TransportErrorKind::Temporary, words + tls.hint_of_missing_certificate());
    };
    match error {
        Error::InvalidCertificate(fault) => {
            let words = format!("the certificate of the relay {}", certificate_fault(fault, tls));
            (TransportErrorKind::Configuration, words)
        }
        Error::FailedToGetCurrentTime => {
            let words = "the certificate of the relay cannot be checked: the clock of this machine is set before 1970";
            (TransportErrorKind::Configuration, words.to_owned())
        }
        Error::InvalidMessage(_) => {
            let words = match security {
                Security::Implicit => {
                    "the relay answers to TLS with something else: does this port want `tls = \"starttls\"`?"
                }
                // The relay offered STARTTLS itself.
                Security::StartTls | Security::None => "the relay answers to TLS with something else",
            };
            (TransportErrorKind::Configuration, words.to_owned())
        }
        Error::AlertReceived(alert) => alert_meaning(*alert, tls),
        Error::PeerIncompatible(
            PeerIncompatible::ServerDoesNotSupportTls12Or13 | PeerIncompatible::ServerTlsVersionIsDisabledByOurConfig,
        ) => (TransportErrorKind::Permanent, old_tls("")),
        Error::PeerIncompatible(_) => {
            let words = text::quoted(&error.to_string(), 2 * QUOTED);
            (TransportErrorKind::Permanent, format!("{}: {words}", NOTHING_IN_COMMON))
        }
        other => {
            let words = text::quoted(&other.to_string(), 2 * QUOTED);
            (TransportErrorKind::Permanent, format!("the TLS handshake failed: {words}"))
        }
    }
}

const NOTHING_IN_COMMON: &str =
    "the relay and this program have no cipher suite, key exchange or signature of TLS 1.2 or 1.3 in common";

fn old_tls(alert: &str) -> String {
    format!("the relay has no TLS newer than 1.1, and this program requires 1.2 or 1.3{alert}")
}

/// The same for an alert of the relay (RFC 8446, 6.2), which may come after the handshake: with TLS 1.3 only then
/// does a relay report its verdict on the client certificate.
pub(in crate::mail::smtp) fn alert_meaning(alert: AlertDescription, tls: &Tls) -> (TransportErrorKind, String) {
    use AlertDescription as Alert;
    let has_certificate = tls.client_certificate.has_certificate();
    let is_missing = tls.client_certificate.is_asked() && !has_certificate;
    let name = alert_name(alert);
    match alert {
        Alert::CertificateRequired | Alert::HandshakeFailure | Alert::BadCertificate if is_missing => {
            (TransportErrorKind::Configuration, missing_certificate(&format!("TLS alert {name}")))
        }
        Alert::BadCertificate
        | Alert::UnsupportedCertificate
        | Alert::CertificateRevoked
        | Alert::CertificateExpired
        | Alert::CertificateUnknown
        | Alert::CertificateRequired
        | Alert::UnknownCA
        | Alert::AccessDenied
        | Alert::DecryptError
            if has_certificate =>
        {
            (TransportErrorKind::Configuration, refused_certificate(&format!("TLS alert {name}")))
        }
        Alert::ProtocolVersion => (TransportErrorKind::Permanent, old_tls(&format!(" (TLS alert {name})"))),
        Alert::HandshakeFailure | Alert::InsufficientSecurity => {
            (TransportErrorKind::Permanent, format!("{NOTHING_IN_COMMON} (TLS alert {name})"))
        }
        Alert::UnrecognisedName => {
            let words = format!(
                "the relay has no certificate for `{}` (TLS alert {name}): set `tls_name` to the name that it has one for",
                tls.name.to_str()
            );
            (TransportErrorKind::Configuration, words)
        }
        Alert::InternalError | Alert::UserCanceled | Alert::CloseNotify => {
            (TransportErrorKind::Temporary, ended_tls(alert))
        }
        _ => (TransportErrorKind::Permanent, ended_tls(alert)),
    }
}

/// Why a connection was lost. The library's text for a connection that ended without close_notify (RFC 8446, 6.1) is
/// meant for programmers and refers to its documentation.
pub(in crate::mail::smtp) fn lost(error: &io::Error) -> String {
    match error.kind() {
        io::ErrorKind::UnexpectedEof => "the relay closed the connection without ending TLS".to_owned(),
        _ => format!("the connection was lost: {error}"),
    }
}

/// The text for a relay that requires a client certificate.
pub(super) fn missing_certificate(said: &str) -> String {
    format!("the relay requires a client certificate ({said}): set `client_certificate_file` and `client_key_file`")
}

/// The text for a relay that refuses the client certificate.
pub(super) fn refused_certificate(said: &str) -> String {
    format!("the relay refuses the client certificate of `client_certificate_file` ({said})")
}

/// The text for any other alert.
pub(in crate::mail::smtp) fn ended_tls(alert: AlertDescription) -> String {
    format!("the relay ended TLS (alert {})", alert_name(alert))
}

/// The name of an alert in RFC 8446, such as `handshake_failure`.
fn alert_name(alert: AlertDescription) -> String {
    let mut name = String::new();
    let mut was_lower = false;
    for character in format!("{alert:?}").chars() {
        if was_lower && character.is_ascii_uppercase() {
            name.push('_');
        }
        was_lower = character.is_ascii_lowercase();
        name.push(character.to_ascii_lowercase());
    }
    name.replace("unrecognised", "unrecognized")
}

fn certificate_fault(fault: &CertificateError, tls: &Tls) -> String {
    let host = tls.name.to_str();
    match fault {
        CertificateError::NotValidForNameContext { presented, .. } => {
            let names = presented.iter().filter_map(|name| host_name(name)).take(NAMES);
            let names: Vec<String> = names.map(|name| format!("`{}`", text::quoted(name, QUOTED))).collect();
            match names.is_empty() {
                true => format!("is not for `{host}`; it names no host at all"),
                false => format!(
                    "is not for `{host}`, but for {}; if that is the relay's name, set `tls_name` to it",
                    names.join(", ")
                ),
            }
        }
        CertificateError::NotValidForName => format!("is not for `{host}`"),
        CertificateError::ExpiredContext { not_after, .. } => format!("expired on {}", date(*not_after)),
        CertificateError::Expired => "has expired".to_owned(),
        CertificateError::NotValidYetContext { not_before, .. } => {
            format!("is valid only from {} on: is the clock right?", date(*not_before))
        }
        CertificateError::NotValidYet => "is not yet valid: is the clock right?".to_owned(),
        CertificateError::UnknownIssuer => match &tls.ca_file {
            Some(file) => {
                format!(
                    "is not in `{file}` (`ca_file`), and signed by itself or by an authority that is not there either"
                )
            }
            None => "is signed by itself or by an authority that this system does not trust: `ca_file` can name that \
                     authority or the certificate itself"
                .to_owned(),
        },
        CertificateError::Revoked => "is revoked".to_owned(),
        CertificateError::InvalidPurpose | CertificateError::InvalidPurposeContext { .. } => {
            "is not for servers (extended key usage)".to_owned()
        }
        CertificateError::Other(other) => match other.0.downcast_ref::<OtherCertificate>() {
            Some(OtherCertificate(found)) => format!("is not in `certificate_sha256`; its SHA-256 is {found}"),
            // `openssl req -x509` creates such certificates by default. The library does not export its name for this
            // error.
            None if other.to_string().contains("CaUsedAsEndEntity") => {
                "is that of an authority (`CA:TRUE`), which is a relay's own only if `ca_file` or `certificate_sha256` \
                 names that very certificate"
                    .to_owned()
            }
            None => format!("does not verify: {}", text::quoted(&other.to_string(), 2 * QUOTED)),
        },
        other => format!("does not verify: {}", text::quoted(&other.to_string(), 2 * QUOTED)),
    }
}

/// The host in a name of a certificate, which has the form `DnsName("…")` or `IpAddress(…)`; `None` for a mail
/// address.
fn host_name(presented: &str) -> Option<&str> {
    let within = |before, behind| presented.strip_prefix(before)?.strip_suffix(behind);
    within("DnsName(\"", "\")").or_else(|| within("IpAddress(", ")"))
}

/// The day in UTC.
fn date(time: UnixTime) -> String {
    day(i64::try_from(time.as_secs()).unwrap_or(i64::MAX))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn alerts_have_the_names_of_their_standard() {
        for (alert, name) in [
            (AlertDescription::HandshakeFailure, "handshake_failure"),
            (AlertDescription::UnknownCA, "unknown_ca"),
            (AlertDescription::UnrecognisedName, "unrecognized_name"),
            (AlertDescription::CertificateRequired, "certificate_required"),
            (AlertDescription::ProtocolVersion, "protocol_version"),
        ] {
            assert_eq!(alert_name(alert), name);
        }
    }
}
