//! The email address of a user. It is stored and shown as it was given, and compared in one canonical form ([`canonical`]), by
//! which it is unique.

use std::borrow::Cow;
use std::fmt;
use std::str::FromStr;

use unicode_normalization::UnicodeNormalization as _;
use unicode_security::MixedScript as _;

use crate::domain::email_domain;
use crate::domain::fold;
use crate::domain::invisible;
use crate::domain::text;

/// The longest address, in bytes (RFC 5321, 4.5.3.1.3: a path of 256 with its brackets).
pub const MAX_ADDRESS: usize = 254;
/// The longest part before the @, in bytes (RFC 5321, 4.5.3.1.1).
const MAX_LOCAL: usize = 64;

/// An email address as it was given. Letters outside ASCII are allowed (RFC 6531). An address that could be mistaken for another
/// is not: one that mixes scripts within one word (Unicode UTS #39, section 5), has a character that nobody sees, or a
/// typographic one in the place of one in ASCII.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EmailAddress(String);

/// Why a text is not an email address that the program takes.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum EmailAddressError {
    /// It is empty.
    #[error("is empty")]
    Empty,
    /// It has no @, or more than one.
    #[error("`{0}` needs exactly one @")]
    At(String),
    /// It, or its part before the @, is longer than RFC 5321 allows.
    #[error("is longer than RFC 5321 allows (254 bytes, 64 before the @)")]
    TooLong,
    /// It holds white space or another character that nobody sees.
    #[error("holds the character U+{0:04X}, which no address has")]
    Character(u32),
    /// It holds a typographic quotation mark or dash.
    #[error("holds the typographic character `{0}` (U+{code:04X}){instead}", code = u32::from(*.0), instead = instead_of(*.0))]
    Typographic(char),
    /// A part of it is malformed.
    #[error("`{0}` is not of the form name@domain.example")]
    Form(String),
    /// Its domain is none that DNS can have (UTS #46).
    #[error("`{0}` has a domain that is not valid by IDNA")]
    Domain(String),
    /// It is written in other characters than those that it stands for.
    #[error("`{given}` stands for `{plain}`: write that")]
    Disguised {
        /// As given.
        given: String,
        /// What it stands for.
        plain: String,
    },
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

    /// Whether the address is in one of these domains, in either form of theirs. A subdomain is another domain.
    pub fn is_in(&self, domains: &[String]) -> bool {
        domains.iter().any(|domain| email_domain::is_same(domain, self.domain()))
    }

    /// Whether the other address is the same one: [`canonical`] decides.
    pub fn is_same(&self, other: &Self) -> bool {
        is_same(&self.0, &other.0)
    }

    /// The address as every mail system takes it: with the domain as DNS has it, where the part before the @ is ASCII. Another
    /// one needs mail systems that know letters outside ASCII (RFC 6531), and they know the domain too.
    pub fn for_mail(&self) -> Cow<'_, Self> {
        let is_foreign = self.local_part().is_ascii() && !self.domain().is_ascii();
        match email_domain::to_ascii(self.domain()).filter(|_| is_foreign) {
            Some(domain) => Cow::Owned(Self(format!("{}@{domain}", self.local_part()))),
            None => Cow::Borrowed(self),
        }
    }

    /// An address that the store holds already: it was judged when it came in.
    pub fn stored(text: String) -> Self {
        Self(text)
    }
}

/// The form in which addresses are compared: the domain as DNS has it, without case, in one normal form. What comes before
/// the @ is compared without case too, as all mail systems that matter do, although RFC 5321, 2.4 leaves that to each.
/// Any text has one: what is no address equals none.
pub fn canonical(text: &str) -> Cow<'_, str> {
    if is_plain(text) {
        return fold::ascii_lower_case(text);
    }
    match text.rsplit_once('@') {
        Some((local, domain)) => Cow::Owned(format!("{}@{}", fold::simple(local), email_domain::canonical(domain))),
        None => fold::simple(text),
    }
}

/// Whether two texts are the same address: [`canonical`] decides.
pub fn is_same(one: &str, other: &str) -> bool {
    one == other || canonical(one) == canonical(other)
}

/// [`canonical`] of an address that has more than one form. `None`: it has one, and differs from it in ASCII case at most.
pub fn key(text: &str) -> Option<String> {
    (!is_plain(text)).then(|| canonical(text).into_owned())
}

fn is_plain(text: &str) -> bool {
    text.is_ascii() && text.rsplit_once('@').is_none_or(|(_, domain)| email_domain::is_plain(domain))
}

/// What to write in the place of a typographic character.
fn instead_of(character: char) -> String {
    invisible::typed_as(character).map_or_else(String::new, |typed| format!(": write `{typed}`"))
}

impl FromStr for EmailAddress {
    type Err = EmailAddressError;

    fn from_str(text: &str) -> Result<Self, EmailAddressError> {
        validate(text)?;
        Ok(Self(text.to_owned()))
    }
}

/// Judges without allocating: an import does it a million times.
///
/// # Errors
/// The first fault found.
pub fn validate(text: &str) -> Result<(), EmailAddressError> {
    if text.is_empty() {
        return Err(EmailAddressError::Empty);
    }
    if text.len() > MAX_ADDRESS {
        return Err(EmailAddressError::TooLong);
    }
    if let Some(character) = text.chars().find(|&c| c.is_whitespace() || invisible::is_invisible(c)) {
        return Err(EmailAddressError::Character(u32::from(character)));
    }
    if let Some(character) = text.chars().find(|&c| invisible::is_typographic(c)) {
        return Err(EmailAddressError::Typographic(character));
    }
    let shown = || text::quoted(text, 80);
    let Some((local, domain)) = text.split_once('@').filter(|(_, domain)| !domain.contains('@')) else {
        return Err(EmailAddressError::At(shown()));
    };
    if local.len() > MAX_LOCAL {
        return Err(EmailAddressError::TooLong);
    }
    if !is_dot_atom(local) {
        return Err(EmailAddressError::Form(shown()));
    }
    if is_plain(text) {
        let is_domain = domain.contains('.') && domain.split('.').all(is_label);
        return if is_domain { Ok(()) } else { Err(EmailAddressError::Form(shown())) };
    }
    validate_foreign(text, local, domain)
}

/// Judges the rest of an address that is not plain.
fn validate_foreign(text: &str, local: &str, domain: &str) -> Result<(), EmailAddressError> {
    let shown = || text::quoted(text, 80);
    // Each label is judged as it is shown to people, whichever form was given.
    let ascii = email_domain::to_ascii(domain).ok_or_else(|| EmailAddressError::Domain(shown()))?;
    if !ascii.contains('.') {
        return Err(EmailAddressError::Form(shown()));
    }
    if local.len() + 1 + ascii.len() > MAX_ADDRESS {
        return Err(EmailAddressError::TooLong);
    }
    let unicode = email_domain::to_unicode(&ascii);
    if !local.split('.').chain(unicode.split('.')).all(|word| word.is_single_script()) {
        return Err(EmailAddressError::MixedScript(shown()));
    }
    // Letters of another width, or joined: people read them as the usual ones (RFC 8265, 3.3.1 maps widths for that reason).
    let usual: String = local.nfkc().collect();
    if local.nfc().ne(usual.chars()) {
        return Err(EmailAddressError::Disguised {
            given: shown(),
            plain: text::quoted(&format!("{usual}@{domain}"), 80),
        });
    }
    let plain = canonical(text);
    if is_plain(&plain) {
        return Err(EmailAddressError::Disguised { given: shown(), plain: text::quoted(&plain, 80) });
    }
    Ok(())
}

/// The dot-atom of RFC 5322, 3.2.3, with the letters of RFC 6531. Quoted local parts are not taken: no mail system
/// hands them out, and every consumer of the store would have to know how to read them.
fn is_dot_atom(local: &str) -> bool {
    let is_atext = |c: char| c.is_ascii_alphanumeric() || "!#$%&'*+-/=?^_`{|}~".contains(c) || !c.is_ascii();
    local.split('.').all(|atom| !atom.is_empty() && atom.chars().all(is_atext))
}

/// A label of a plain domain (RFC 1035, 2.3.1, loosened by RFC 1123, 2.1).
fn is_label(label: &str) -> bool {
    !label.is_empty()
        && label.len() <= 63
        && !label.starts_with('-')
        && !label.ends_with('-')
        && label.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
}

impl fmt::Display for EmailAddress {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&text::visible(&self.0))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fault(text: &str) -> EmailAddressError {
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
        assert_eq!(fault(""), EmailAddressError::Empty);
        assert_eq!(fault("a b@example.com"), EmailAddressError::Character(0x20));
        assert_eq!(fault("a@example.com\r\nBcc: x@y.z"), EmailAddressError::Character(0xd));
        assert_eq!(fault("a\u{202e}b@example.com"), EmailAddressError::Character(0x202e));
        assert!(matches!(fault("a@b@example.com"), EmailAddressError::At(_)));
        assert!(matches!(fault("alice"), EmailAddressError::At(_)));
        for form in
            ["a@localhost", "@example.com", "a..b@example.com", "a@-x.com", "a@x..com", "\"a\"@x.com", "<a@x.com"]
        {
            assert!(matches!(fault(form), EmailAddressError::Form(_)), "{form}");
        }
        assert_eq!(fault(&format!("{}@example.com", "a".repeat(65))), EmailAddressError::TooLong);
        assert_eq!(fault(&format!("a@{}.com", "b.".repeat(150))), EmailAddressError::TooLong);
    }

    #[test]
    fn letters_of_another_width_are_refused() {
        for (given, usual) in
            [("ａlice@example.com", "alice@example.com"), ("ﬁlip@bücher.example", "filip@bücher.example")]
        {
            let (given, plain) = (given.to_owned(), usual.to_owned());
            assert_eq!(fault(&given), EmailAddressError::Disguised { given, plain });
        }
        // Composed or not, it is the same letter.
        assert!("jo\u{308}rg@bücher.example".parse::<EmailAddress>().is_ok());
    }

    #[test]
    fn a_word_of_two_scripts_is_refused() {
        // The first letter is U+0430, the Cyrillic a.
        assert!(matches!(fault("аlice@example.com"), EmailAddressError::MixedScript(_)));
        assert!("алиса@example.com".parse::<EmailAddress>().is_ok());
    }

    #[test]
    fn what_nobody_sees_and_what_looks_like_ascii_is_refused() {
        assert_eq!(fault("zero\u{200b}@example.com"), EmailAddressError::Character(0x200b));
        assert_eq!(fault("soft\u{ad}hyphen@example.com"), EmailAddressError::Character(0xad));
        assert_eq!(fault("word\u{2060}joiner@example.com"), EmailAddressError::Character(0x2060));
        assert_eq!(fault("a\u{200d}b@example.com"), EmailAddressError::Character(0x200d));
        assert_eq!(fault("a@b\u{fe0f}.example"), EmailAddressError::Character(0xfe0f));
        let words = |text: &str| fault(text).to_string();
        assert_eq!(words("o’brien@example.com"), "holds the typographic character `’` (U+2019): write `'`");
        assert_eq!(words("a–b@example.com"), "holds the typographic character `–` (U+2013): write `-`");
        assert_eq!(words("“a”@example.com"), "holds the typographic character `“` (U+201C)");
        assert_eq!(words("a@ｅxample.com"), "`a@ｅxample.com` stands for `a@example.com`: write that");
        assert_eq!(
            words("\u{212a}elvin@example.com"),
            "`\u{212a}elvin@example.com` stands for `kelvin@example.com`: write that"
        );
        assert_eq!(words("a@xn--a.example"), "`a@xn--a.example` has a domain that is not valid by IDNA");
        assert_eq!(words("a@ü..example"), "`a@ü..example` has a domain that is not valid by IDNA");
        // The form of DNS is no way round: this is `p` and a Cyrillic `а`.
        assert!(matches!(fault("a@xn--pypal-4ve.example"), EmailAddressError::MixedScript(_)));
        assert!("o'brien+x@xn--bcher-kva.example".parse::<EmailAddress>().is_ok());
    }

    #[test]
    fn an_address_has_one_canonical_form() {
        let key = |text: &str| key(text);
        assert_eq!(key("Alice@Example.COM"), None);
        assert_eq!(key("xn--a@example.com"), None);
        let bücher = Some("a@xn--bcher-kva.example".to_owned());
        for form in ["a@bücher.example", "A@BÜCHER.example", "a@bu\u{308}cher.example", "A@XN--bcher-KVA.EXAMPLE"] {
            assert_eq!(key(form), bücher, "{form}");
        }
        assert_eq!(canonical("JÖRG@Example.com"), canonical("jo\u{308}rg@example.com"));
        assert_ne!(canonical("strauß@example.com"), canonical("strauss@example.com"));
        for text in ["", "@", "a@", "a@xn--a.example", "a\u{200b}@b", "ä"] {
            assert_eq!(canonical(&canonical(text)), canonical(text), "{text}");
        }
    }

    #[test]
    fn mail_goes_to_the_domain_of_dns() {
        let for_mail = |text: &str| EmailAddress::stored(text.to_owned()).for_mail().as_str().to_owned();
        assert_eq!(for_mail("O'Brien@Bücher.example"), "O'Brien@xn--bcher-kva.example");
        assert_eq!(for_mail("A@XN--BCHER-KVA.Example"), "A@XN--BCHER-KVA.Example");
        assert_eq!(for_mail("jörg@bücher.example"), "jörg@bücher.example");
        assert_eq!(for_mail("a@\u{2100}.example"), "a@\u{2100}.example");
    }

    #[test]
    fn domains_are_compared_without_case_and_whole() {
        let address: EmailAddress = "a@Example.COM".parse().unwrap();
        assert!(address.is_in(&["example.com".to_owned()]));
        assert!(!address.is_in(&["com".to_owned(), "sub.example.com".to_owned()]));
        let address: EmailAddress = "a@Bücher.example".parse().unwrap();
        assert!(address.is_in(&["xn--bcher-kva.example".to_owned()]));
    }
}
