//! The fingerprint of a certificate.

use std::fmt;
use std::str::FromStr;

/// The SHA-256 of a certificate in DER, by which it is known without an authority.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Fingerprint(pub [u8; 32]);

/// Why a text is no fingerprint.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum FingerprintError {
    /// It has the length of another hash.
    #[error("expected the 64 hex digits of a SHA-256, not the {1} of {0}")]
    OtherHash(&'static str, usize),
    /// It is not 32 bytes in hex.
    #[error(
        "expected 64 hex digits, with or without colons, as `openssl x509 -noout -fingerprint -sha256` prints them"
    )]
    Format,
}

impl FromStr for Fingerprint {
    type Err = FingerprintError;

    /// Reads 64 hex digits, in whatever case, without separators or with a colon between every two bytes.
    fn from_str(text: &str) -> Result<Self, FingerprintError> {
        let bytes = match text.contains(':') {
            true => text.split(':').map(byte).collect::<Option<Vec<u8>>>(),
            false => text.as_bytes().chunks(2).map(|pair| byte(std::str::from_utf8(pair).ok()?)).collect(),
        };
        let bytes = bytes.ok_or(FingerprintError::Format)?;
        let other = match bytes.len() {
            16 => FingerprintError::OtherHash("MD5", 32),
            20 => FingerprintError::OtherHash("SHA-1", 40),
            64 => FingerprintError::OtherHash("SHA-512", 128),
            _ => FingerprintError::Format,
        };
        bytes.try_into().map(Self).map_err(|_| other)
    }
}

/// A byte of exactly two hex digits.
fn byte(text: &str) -> Option<u8> {
    let is_hex = text.len() == 2 && text.bytes().all(|byte| byte.is_ascii_hexdigit());
    if is_hex { u8::from_str_radix(text, 16).ok() } else { None }
}

impl fmt::Display for Fingerprint {
    /// As OpenSSL prints it: capitals, with colons.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, byte) in self.0.iter().enumerate() {
            let colon = if index > 0 { ":" } else { "" };
            write!(formatter, "{colon}{byte:02X}")?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hex_is_read_with_and_without_colons_in_whatever_case() {
        let plain = "0123456789abcdef".repeat(4);
        let read: Fingerprint = plain.parse().unwrap();
        let shown = read.to_string();
        assert!(shown.starts_with("01:23:45:67:89:AB:CD:EF:01:") && shown.len() == 95, "{shown}");
        for text in [plain.to_uppercase(), shown.clone(), shown.to_lowercase()] {
            assert_eq!(text.parse(), Ok(read), "{text}");
        }
    }

    #[test]
    fn anything_else_is_refused_and_another_hash_is_named() {
        let parsed = |text: &str| text.parse::<Fingerprint>().unwrap_err();
        assert_eq!(parsed(&"ab".repeat(20)), FingerprintError::OtherHash("SHA-1", 40));
        assert_eq!(parsed(&vec!["ab"; 16].join(":")), FingerprintError::OtherHash("MD5", 32));
        let good = "ab".repeat(32);
        for bad in [
            "",
            ":",
            "x",
            &good[1..],
            &format!("{good}a"),
            &format!("sha256:{good}"),
            &format!(" {good}"),
            &"+a".repeat(32),
            &"é".repeat(32),
            &vec!["a"; 32].join(":"),
            &vec!["abab"; 16].join(":"),
        ] {
            assert_eq!(parsed(bad), FingerprintError::Format, "{bad}");
        }
    }
}
