//! A password as it was typed.

use std::fmt;

use secrecy::ExposeSecret;
use secrecy::SecretString;
use unicode_normalization::UnicodeNormalization;
use zeroize::Zeroizing;

pub use crate::domain::policy::PasswordError;

use crate::domain::policy;
use crate::domain::policy::MAX_BYTES;
use crate::domain::policy::PasswordList;
use crate::domain::policy::PersonalWords;
use crate::domain::policy::Policy;
use crate::domain::policy::UnreadableList;
use crate::domain::policy::Violation;

/// NFC makes a UTF-8 text at most three times as long (Unicode Standard Annex #15, section 9).
const NFC_GROWTH: usize = 3;

/// A plain password: text in Unicode normalization form C (SP 800-63B-4 section 3.1.1.2), of 1 to [`MAX_BYTES`] bytes
/// in UTF-8, without control characters and line breaks. Apart from the normalization it is exactly what was typed:
/// never trimmed, cut or changed. Its memory is wiped on drop.
pub struct Password(SecretString);

impl Password {
    /// Creates a password from a text.
    ///
    /// # Errors
    /// If it is empty, too long, or contains a character that no password may contain ([`policy::forbidden`]).
    pub fn new(text: Zeroizing<String>) -> Result<Self, PasswordError> {
        // The capacity suffices for all of it. A buffer that grew would leave a copy of a part of the password
        // behind.
        let mut normal = Zeroizing::new(String::with_capacity(text.len() * NFC_GROWTH));
        normal.extend(text.nfc());
        if normal.is_empty() {
            return Err(PasswordError::Empty);
        }
        if normal.len() > MAX_BYTES {
            return Err(PasswordError::TooLong { bytes: normal.len() });
        }
        if let Some(error) = policy::forbidden(&normal) {
            return Err(error);
        }
        // A copy of exactly its length, because a `SecretString` shrinks its buffer, which may move it unwiped.
        let mut exact = String::with_capacity(normal.len());
        exact.push_str(&normal);
        Ok(Self(SecretString::from(exact)))
    }

    /// Creates a password from bytes in UTF-8.
    ///
    /// # Errors
    /// Those of [`Password::new`]; if the bytes are not UTF-8.
    pub fn from_bytes(bytes: Zeroizing<Vec<u8>>) -> Result<Self, PasswordError> {
        let text = std::str::from_utf8(&bytes).map_err(|_| PasswordError::NotUtf8)?;
        Self::new(Zeroizing::new(text.to_owned()))
    }

    /// Every rule of `policy` that the password breaks; see [`policy::faults`].
    ///
    /// # Errors
    /// [`UnreadableList`].
    pub fn faults(&self, policy: &Policy, words: &PersonalWords<'_>) -> Result<Vec<Violation>, UnreadableList> {
        policy::faults(self.text(), policy, words)
    }

    /// Whether a list has the password.
    ///
    /// # Errors
    /// [`UnreadableList`].
    pub fn is_listed(&self, list: &dyn PasswordList) -> Result<bool, UnreadableList> {
        list.has(self.text())
    }

    /// Whether it is the same password, typed again for confirmation.
    pub fn same_as(&self, other: &Self) -> bool {
        self.text() == other.text()
    }

    /// Whether it begins or ends with a blank, as where a list has one that nobody sees.
    pub fn begins_or_ends_with_blank(&self) -> bool {
        self.text().starts_with(char::is_whitespace) || self.text().ends_with(char::is_whitespace)
    }

    /// Whether it looks like the hash of a password: of crypt(5) or in the PHC string format (`$id$...`), or of an LDAP server
    /// (`{SSHA}...`, RFC 2307). Who gives one where a password belongs means another command.
    pub fn looks_like_hash(&self) -> bool {
        let is_name = |name: &str, extra: &str| {
            (1..=20).contains(&name.len()) && name.chars().all(|c| c.is_ascii_alphanumeric() || extra.contains(c))
        };
        let text = self.text();
        let modular = text.strip_prefix('$').and_then(|rest| rest.split_once('$'));
        let ldap = text.strip_prefix('{').and_then(|rest| rest.split_once('}'));
        let is_long = |rest: &str| rest.len() >= 13 && !rest.contains(' ');
        modular.is_some_and(|(name, rest)| is_name(name, "-,=") && rest.contains(['$', '.', '/']) && is_long(rest))
            || ldap.is_some_and(|(name, rest)| is_name(name, "-") && is_long(rest))
    }

    /// The plain text, for the other files of this directory.
    #[expect(clippy::disallowed_methods, reason = "hashing, judging and comparing need the text; nothing prints it")]
    pub(in crate::secrets) fn text(&self) -> &str {
        self.0.expose_secret()
    }
}

impl fmt::Debug for Password {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Password")
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn password(text: &str) -> Password {
        Password::new(Zeroizing::new(text.to_owned())).unwrap()
    }

    fn refusal(bytes: &[u8]) -> PasswordError {
        Password::from_bytes(Zeroizing::new(bytes.to_vec())).unwrap_err()
    }

    #[test]
    fn both_spellings_of_an_accent_are_one_password_and_a_ligature_is_another() {
        assert!(password("cafe\u{301}").same_as(&password("caf\u{e9}")));
        assert!(!password("\u{fb01}ne").same_as(&password("fine")));
        assert!(!password("fine").same_as(&password("Fine")));
    }

    #[test]
    fn hashes_are_told_from_passwords() {
        for hash in [
            "$6$rounds=5000$salt$hash",
            "$2b$12$abcdefghijklmnopqrstuu5s2v8.iXieOjg/.AySBTTZIIVFJeBui",
            "$argon2id$v=19$m=65536,t=3,p=1$c29tZXNhbHQ$nf65EOgLrQMR",
            "$y$j9T$salt$hash.of.yescrypt",
            "{SSHA}DkMTwBl+a/3DQTxCYEApdUtNXGgdUac3",
            "{PBKDF2-SHA256}29000$abcdefghij",
        ] {
            assert!(password(hash).looks_like_hash(), "{hash}");
        }
        for other in
            ["$", "$$", "$6$", "$100$ for the cat / dog", "{a}b", "{SSHA} is not my hash", "lamp river $1$ stone"]
        {
            assert!(!password(other).looks_like_hash(), "{other}");
        }
        let blanks = [" a", "a ", "a\u{a0}"].map(|text| password(text).begins_or_ends_with_blank());
        assert_eq!((blanks, password("a b").begins_or_ends_with_blank()), ([true; 3], false));
    }

    #[test]
    fn spaces_of_every_kind_are_kept() {
        for text in
            ["  two before", "two after  ", "   ", "a\u{a0}b", "\u{a0}", "\u{feff}mark", "\u{3000}", "a\u{200d}b"]
        {
            assert_eq!(password(text).text(), text);
        }
        assert!(!password("word ").same_as(&password("word")));
    }

    #[test]
    fn a_thousand_and_twenty_four_bytes_are_allowed_and_one_more_is_refused() {
        assert_eq!(password(&"x".repeat(1_024)).text().len(), 1_024);
        assert_eq!(refusal("x".repeat(1_025).as_bytes()), PasswordError::TooLong { bytes: 1_025 });
        // 683 of them are 2,049 bytes as typed, and 1,366 bytes normalized.
        let decomposed = "e\u{301}".repeat(683);
        assert_eq!(refusal(decomposed.as_bytes()), PasswordError::TooLong { bytes: 1_366 });
        assert_eq!(password(&"e\u{301}".repeat(512)).text().len(), 1_024);
    }

    #[test]
    fn bad_bytes_are_refused_and_never_replaced() {
        assert_eq!(refusal(b""), PasswordError::Empty);
        assert_eq!(refusal(b"caf\xe9"), PasswordError::NotUtf8);
        for (character, error) in [
            ('\0', PasswordError::Nul),
            ('\t', PasswordError::Tab),
            ('\n', PasswordError::LineBreak),
            ('\r', PasswordError::LineBreak),
            ('\u{b}', PasswordError::LineBreak),
            ('\u{c}', PasswordError::LineBreak),
            ('\u{85}', PasswordError::LineBreak),
            ('\u{2028}', PasswordError::LineBreak),
            ('\u{2029}', PasswordError::LineBreak),
            ('\u{1}', PasswordError::Control),
            ('\u{1b}', PasswordError::Control),
            ('\u{1f}', PasswordError::Control),
            ('\u{7f}', PasswordError::Control),
            ('\u{80}', PasswordError::Control),
            ('\u{9b}', PasswordError::Control),
            ('\u{9f}', PasswordError::Control),
            ('\u{fffd}', PasswordError::Replacement),
        ] {
            for text in [format!("{character}"), format!("pass{character}word"), format!("password{character}")] {
                assert_eq!(refusal(text.as_bytes()), error, "{text:?}");
            }
        }
    }

    #[test]
    fn debug_and_errors_show_nothing() {
        assert_eq!(format!("{:?}", password("sentinel-4711")), "Password");
        for bytes in [&b"sentinel\xff"[..], b"sentinel\0", b"sentinel\n", "sentinel".repeat(200).as_bytes()] {
            let error = refusal(bytes);
            assert!(!format!("{error} {error:?}").contains("sentinel"));
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(10_000))]
        #[test]
        fn a_password_is_the_nfc_of_the_typed_text(text in "[^\\p{Cc}\u{2028}\u{2029}\u{fffd}]{1,300}") {
            let normal: String = text.nfc().collect();
            match Password::new(Zeroizing::new(text)) {
                Ok(password) => prop_assert_eq!(password.text(), normal),
                Err(error) => prop_assert_eq!(error, PasswordError::TooLong { bytes: normal.len() }),
            }
        }
    }
}
