//! The email address of a user: unique, compared without ASCII case, and never normalised into another one.

use std::fmt;
use std::str::FromStr;

use unicode_security::MixedScript as _;

use crate::domain::text;

/// The longest address, in bytes (RFC 5321, 4.5.3.1.3: a path of 256 with its brackets).
const MAX_ADDRESS: usize = 254;
/// The longest part before the @, in bytes (RFC 5321, 4.5.3.1.1).
const MAX_LOCAL: usize = 64;

/// An email address as it was given. Letters outside ASCII are allowed (RFC 6531); an address that mixes scripts within
/// one word is not, because it is made to be mistaken for another (Unicode UTS #39, section 5).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EmailAddress(String);

/// Why a text is not an email address that the program takes.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum EmailFault {
    /// It is empty.
    #[error("is empty")]
    Empty,
    /// It has no @, or more than one.
    #[error("`{0}` needs exactly one @")]
    At(String),
    /// It, or its part before the @, is longer than RFC 5321 allows.
    #[error("is longer than RFC 5321 allows (254 bytes, 64 before the @)")]
    TooLong,
    /// It holds white space, a control or direction mark.
    #[error("holds the character U+{0:04X}, which no address has")]
    Character(u32),
    /// A part of it is malformed.
    #[error("`{0}` is not of the form name@domain.example")]
    Form(String),
    /// One of its words mixes scripts.
    #[error("`{0}` mixes letters of different scripts in one word, as addresses made to deceive do")]
    MixedScript(String),
}

impl EmailAddress {
    /// The address as stored and mailed to.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The part after the @.
    pub fn domain(&self) -> &str {
        self.0.split_once('@').map_or("", |(_, domain)| domain)
    }

    /// The part before the @.
    pub fn local_part(&self) -> &str {
        self.0.split_once('@').map_or("", |(local, _)| local)
    }

    /// Whether the address stands in one of these domains (without ASCII case; a subdomain is another domain).
    pub fn is_in(&self, domains: &[String]) -> bool {
        domains.iter().any(|domain| domain.eq_ignore_ascii_case(self.domain()))
    }

    /// An address that the store holds already: it was judged when it came in.
    pub fn stored(text: String) -> Self {
        Self(text)
    }
}

impl FromStr for EmailAddress {
    type Err = EmailFault;

    fn from_str(text: &str) -> Result<Self, EmailFault> {
        judge(text)?;
        Ok(Self(text.to_owned()))
    }
}

/// Judges without allocating: an import does it a million times.
///
/// # Errors
/// The first fault found.
pub fn judge(text: &str) -> Result<(), EmailFault> {
    if text.is_empty() {
        return Err(EmailFault::Empty);
    }
    if text.len() > MAX_ADDRESS {
        return Err(EmailFault::TooLong);
    }
    if let Some(character) = text.chars().find(|&c| c.is_whitespace() || text::is_unprintable(c)) {
        return Err(EmailFault::Character(u32::from(character)));
    }
    let shown = || text::quoted(text, 80);
    let Some((local, domain)) = text.split_once('@').filter(|(_, domain)| !domain.contains('@')) else {
        return Err(EmailFault::At(shown()));
    };
    if local.len() > MAX_LOCAL {
        return Err(EmailFault::TooLong);
    }
    if !is_dot_atom(local) || !domain.contains('.') || !domain.split('.').all(is_label) {
        return Err(EmailFault::Form(shown()));
    }
    if !text.is_ascii() && !text.split(['@', '.']).all(|word| word.is_single_script()) {
        return Err(EmailFault::MixedScript(shown()));
    }
    Ok(())
}

/// The dot-atom of RFC 5322, 3.2.3, with the letters of RFC 6531. Quoted local parts are not taken: no mail system
/// hands them out, and every consumer of the store would have to know how to read them.
fn is_dot_atom(local: &str) -> bool {
    let is_atext = |c: char| c.is_ascii_alphanumeric() || "!#$%&'*+-/=?^_`{|}~".contains(c) || !c.is_ascii();
    local.split('.').all(|atom| !atom.is_empty() && atom.chars().all(is_atext))
}

/// A label of a domain name (RFC 1035, 2.3.1, loosened by RFC 1123, 2.1), or one with letters of RFC 5890.
fn is_label(label: &str) -> bool {
    !label.is_empty()
        && label.len() <= 63
        && !label.starts_with('-')
        && !label.ends_with('-')
        && label.chars().all(|c| c.is_ascii_alphanumeric() || c == '-' || (!c.is_ascii() && c.is_alphanumeric()))
}

impl fmt::Display for EmailAddress {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&text::visible(&self.0))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fault(text: &str) -> EmailFault {
        text.parse::<EmailAddress>().unwrap_err()
    }

    #[test]
    fn usual_addresses_are_taken_as_they_are() {
        for address in ["alice@example.com", "o'brien+x@mail.example.co.uk", "jörg@bücher.example", "用户@例子.广告"]
        {
            assert_eq!(address.parse::<EmailAddress>().unwrap().as_str(), address);
        }
    }

    #[test]
    fn what_no_address_has_is_refused() {
        assert_eq!(fault(""), EmailFault::Empty);
        assert_eq!(fault("a b@example.com"), EmailFault::Character(0x20));
        assert_eq!(fault("a@example.com\r\nBcc: x@y.z"), EmailFault::Character(0xd));
        assert_eq!(fault("a\u{202e}b@example.com"), EmailFault::Character(0x202e));
        assert!(matches!(fault("a@b@example.com"), EmailFault::At(_)));
        assert!(matches!(fault("alice"), EmailFault::At(_)));
        for form in
            ["a@localhost", "@example.com", "a..b@example.com", "a@-x.com", "a@x..com", "\"a\"@x.com", "<a@x.com"]
        {
            assert!(matches!(fault(form), EmailFault::Form(_)), "{form}");
        }
        assert_eq!(fault(&format!("{}@example.com", "a".repeat(65))), EmailFault::TooLong);
        assert_eq!(fault(&format!("a@{}.com", "b.".repeat(150))), EmailFault::TooLong);
    }

    #[test]
    fn a_word_of_two_scripts_is_refused() {
        // The first letter is U+0430, the Cyrillic a.
        assert!(matches!(fault("аlice@example.com"), EmailFault::MixedScript(_)));
        assert!("алиса@example.com".parse::<EmailAddress>().is_ok());
    }

    #[test]
    fn domains_are_compared_without_case_and_whole() {
        let address: EmailAddress = "a@Example.COM".parse().unwrap();
        assert!(address.is_in(&["example.com".to_owned()]));
        assert!(!address.is_in(&["com".to_owned(), "sub.example.com".to_owned()]));
    }
}
