//! The key from which the codes of password resets are made.

use std::fmt;

use secrecy::ExposeSecret;
use secrecy::SecretBox;
use sha2::Digest;
use sha2::Sha256;
use thiserror::Error;
use zeroize::Zeroizing;

use super::lines::BYTE_ORDER_MARK;
use crate::random::Random;

/// Bytes of a key.
const LENGTH: usize = 32;

/// A key of 32 random bytes, kept in a file of its own outside the store, so that a stolen store redeems nothing.
pub struct ResetKey(SecretBox<[u8; LENGTH]>);

/// Why a file holds no key. It never holds a part of the content.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error("not a key: one line of {} hexadecimal digits is expected; restore the file from its backup", 2 * LENGTH)]
pub struct KeyError;

impl ResetKey {
    /// A new key.
    pub fn generate(random: &dyn Random) -> Self {
        Self(SecretBox::init_with_mut(|bytes: &mut [u8; LENGTH]| random.fill(bytes)))
    }

    /// Reads the content of a key file: 64 hexadecimal digits in one line, with or without its line break, and with or
    /// without the byte order mark of an editor.
    ///
    /// # Errors
    /// If it is anything else.
    pub fn from_file(content: &[u8]) -> Result<Self, KeyError> {
        let content = content.strip_prefix(BYTE_ORDER_MARK).unwrap_or(content);
        let digits = content.strip_suffix(b"\n").unwrap_or(content);
        let digits = digits.strip_suffix(b"\r").unwrap_or(digits);
        if digits.len() != 2 * LENGTH || !digits.iter().all(u8::is_ascii_hexdigit) {
            return Err(KeyError);
        }
        let value = |digit: u8| char::from(digit).to_digit(16).and_then(|value| u8::try_from(value).ok()).unwrap_or(0);
        Ok(Self(SecretBox::init_with_mut(|bytes: &mut [u8; LENGTH]| {
            for (byte, pair) in bytes.iter_mut().zip(digits.chunks_exact(2)) {
                *byte = value(pair[0]) << 4 | value(pair[1]);
            }
        })))
    }

    /// The content of a key file, with its line break.
    pub fn to_file(&self) -> Zeroizing<String> {
        let mut content = Zeroizing::new(String::with_capacity(2 * LENGTH + 1));
        for byte in self.bytes() {
            for value in [byte >> 4, byte & 15] {
                content.extend(char::from_digit(u32::from(value), 16));
            }
        }
        content.push('\n');
        content
    }

    /// The SHA-256 of the key, which the store keeps, so that it refuses another key.
    pub fn fingerprint(&self) -> [u8; 32] {
        Sha256::digest(self.bytes()).into()
    }

    #[expect(
        clippy::disallowed_methods,
        reason = "the key file, the fingerprint and the codes are made from the bytes"
    )]
    pub(in crate::secrets) fn bytes(&self) -> &[u8; LENGTH] {
        self.0.expose_secret()
    }
}

impl fmt::Debug for ResetKey {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("ResetKey")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::ScriptedRandom;

    #[test]
    fn a_key_survives_its_file() {
        let key = ResetKey::generate(&ScriptedRandom::new(7));
        let file = key.to_file();
        assert_eq!(file.len(), 65);
        let marked = format!("\u{feff}{}", *file);
        let crlf = file.replace('\n', "\r\n");
        for content in [file.to_string(), file.trim_end().to_owned(), file.to_uppercase(), crlf, marked] {
            assert_eq!(ResetKey::from_file(content.as_bytes()).unwrap().bytes(), key.bytes());
        }
    }

    #[test]
    fn anything_else_is_no_key() {
        let file = ResetKey::generate(&ScriptedRandom::new(7)).to_file();
        for content in ["", "\n", &file[1..], &format!("{}\n", *file), &format!(" {}", *file), &file.replace('a', "g")]
        {
            assert_eq!(ResetKey::from_file(content.as_bytes()).unwrap_err(), KeyError, "{content:?}");
        }
    }

    #[test]
    fn the_fingerprint_is_the_sha_256_of_the_bytes() {
        let zero = ResetKey::from_file(&[b'0'; 64]).unwrap();
        assert_eq!(zero.fingerprint()[..4], [0x66, 0x68, 0x7a, 0xad]);
        assert_ne!(ResetKey::generate(&ScriptedRandom::new(7)).fingerprint(), zero.fingerprint());
    }

    #[test]
    fn debug_shows_nothing() {
        assert_eq!(format!("{:?}", ResetKey::generate(&ScriptedRandom::new(7))), "ResetKey");
    }
}
