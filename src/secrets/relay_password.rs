//! The password for the login at a mail relay.

use std::fmt;

use secrecy::SecretString;
use zeroize::Zeroizing;

use super::lines;
use super::lines::Utf16;

/// The password for the relay, or the access token of XOAUTH2: one line of UTF-8, byte for byte as given, because
/// only the relay knows what is valid. Its memory is wiped on drop.
pub struct RelayPassword(Zeroizing<String>);

/// Why something is not such a password. It never contains a part of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum RelayPasswordError {
    /// It is empty.
    #[error("holds no password")]
    Empty,
    /// It has a second line, or a carriage return.
    #[error("holds more than one line, and a password is one")]
    LineBreak,
    /// It contains a NUL, which PLAIN uses as a separator (RFC 4616, 2).
    #[error("contains a NUL character")]
    Nul,
    /// It is not UTF-8, which PLAIN requires (RFC 4616, 2).
    #[error("is not UTF-8")]
    NotUtf8,
    /// It is marked as UTF-16.
    #[error("{Utf16}")]
    Utf16,
}

impl RelayPassword {
    /// Parses the content of a file or the output of a program: one line, with or without its line break.
    ///
    /// # Errors
    /// If it is empty, has another line, contains a NUL, or is not UTF-8. A byte order mark is ignored.
    pub fn from_bytes(bytes: Zeroizing<Vec<u8>>) -> Result<Self, RelayPasswordError> {
        let line = lines::one_line(lines::without_mark(bytes).map_err(|Utf16| RelayPasswordError::Utf16)?);
        let text = std::str::from_utf8(&line).map_err(|_| RelayPasswordError::NotUtf8)?;
        if text.is_empty() {
            return Err(RelayPasswordError::Empty);
        }
        if text.contains(['\n', '\r']) {
            return Err(RelayPasswordError::LineBreak);
        }
        if text.contains('\0') {
            return Err(RelayPasswordError::Nul);
        }
        Ok(Self(Zeroizing::new(text.to_owned())))
    }

    /// The password for the login.
    pub fn into_secret(self) -> SecretString {
        // Copied from a slice to exactly its length: a `SecretString` shrinks its buffer, which may move it unwiped.
        SecretString::from(self.0.as_str())
    }

    /// Whether the password equals this text.
    #[cfg(test)]
    pub(crate) fn is(&self, text: &str) -> bool {
        *self.0 == text
    }
}

impl fmt::Debug for RelayPassword {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("RelayPassword")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(bytes: &[u8]) -> Result<RelayPassword, RelayPasswordError> {
        RelayPassword::from_bytes(Zeroizing::new(bytes.to_vec()))
    }

    #[test]
    fn one_line_is_used_unchanged() {
        for (bytes, text) in [
            (&b"secret"[..], "secret"),
            (b"secret\n", "secret"),
            (b"secret\r\n", "secret"),
            (b" two  words \n", " two  words "),
            (b"\xef\xbb\xbfsecret\r\n", "secret"),
            ("e\u{301}\n".as_bytes(), "e\u{301}"),
        ] {
            assert!(read(bytes).unwrap().is(text), "{text:?}");
        }
    }

    #[test]
    fn anything_else_is_refused_and_not_repeated() {
        for (bytes, expected) in [
            (&b""[..], RelayPasswordError::Empty),
            (b"\n", RelayPasswordError::Empty),
            (b"\r\n", RelayPasswordError::Empty),
            (b"\xef\xbb\xbf\r\n", RelayPasswordError::Empty),
            (b"\xff\xfes\0e\0", RelayPasswordError::Utf16),
            (b"sentinel\n\n", RelayPasswordError::LineBreak),
            (b"sentinel\nb\n", RelayPasswordError::LineBreak),
            (b"sentinel\rb", RelayPasswordError::LineBreak),
            (b"sentinel\r", RelayPasswordError::LineBreak),
            (b"sentinel\0b", RelayPasswordError::Nul),
            (b"sentinel\xff", RelayPasswordError::NotUtf8),
        ] {
            let error = read(bytes).unwrap_err();
            assert_eq!(error, expected);
            assert!(!format!("{error} {error:?}").contains("sentinel"));
        }
    }

    #[test]
    fn debug_shows_nothing() {
        let password = read(b"sentinel").unwrap();
        assert_eq!(format!("{password:?}"), "RelayPassword");
        assert!(!format!("{:?}", password.into_secret()).contains("sentinel"));
    }
}
