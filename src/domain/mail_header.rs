//! A header that the organization adds to its mails (RFC 5322, 2.2 and 3.6.8).

use std::fmt;

/// The longest name: more than any provider of mail asks for, and with its colon still on one line of 78 (RFC 5322, 2.1.1).
const MAX_NAME: usize = 76;
/// The longest line of a header, its name included (RFC 5322, 2.1.1).
const MAX_LINE: usize = 998;

/// The headers that the program writes, that say what the mail is, or that servers add on its way.
const OWN: [&str; 22] = [
    "apparently-to",
    "authentication-results",
    "auto-submitted",
    "bcc",
    "cc",
    "date",
    "delivered-to",
    "dkim-signature",
    "domainkey-signature",
    "from",
    "in-reply-to",
    "message-id",
    "mime-version",
    "received",
    "received-spf",
    "references",
    "reply-to",
    "return-path",
    "sender",
    "subject",
    "to",
    "x-auto-response-suppress",
];
/// The same by the beginning of the name.
const OWN_FAMILIES: [&str; 3] = ["arc-", "content-", "resent-"];

/// Why a name and a value are not a header that can be added.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum MailHeaderError {
    /// The name has characters that no name has, or none.
    #[error("expected a header name: letters, digits and `-`, such as X-PM-Message-Stream")]
    Name,
    /// The name is too long.
    #[error("expected a header name of at most {MAX_NAME} characters")]
    LongName,
    /// The program or the servers on the way write it.
    #[error("cxme-admin or the mail servers write this header: remove it")]
    Own,
    /// It would declare the mail to be one of a mailing list (RFC 2369, RFC 2919, RFC 8058).
    #[error(
        "no `List-*` header: these mails are not from a mailing list, and nobody can unsubscribe from them; remove it"
    )]
    List,
    /// The value is empty or has characters that need an encoding, or that end a line.
    #[error("expected one line of printable ASCII")]
    Value,
    /// Blanks at an end would be lost on the way, and several in a row may be.
    #[error("expected no blanks at the ends, and no two in a row")]
    Blanks,
    /// The header would not fit on a line.
    #[error("expected at most {MAX_LINE} characters with the name")]
    LongValue,
}

/// A header that can be added to each mail.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MailHeader {
    name: String,
    value: String,
}

impl MailHeader {
    /// Checks a name and a value.
    ///
    /// # Errors
    /// The first thing that is wrong with them.
    pub fn new(name: &str, value: &str) -> Result<Self, MailHeaderError> {
        // RFC 5322, 2.2 allows all printable ASCII but the colon; providers use these, and others confuse servers.
        let is_fit = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_';
        let lower = name.to_ascii_lowercase();
        if name.is_empty() || !name.bytes().all(is_fit) {
            return Err(MailHeaderError::Name);
        }
        if name.len() > MAX_NAME {
            return Err(MailHeaderError::LongName);
        }
        if OWN.contains(&lower.as_str()) || OWN_FAMILIES.iter().any(|family| lower.starts_with(family)) {
            return Err(MailHeaderError::Own);
        }
        if lower.starts_with("list-") {
            return Err(MailHeaderError::List);
        }
        if value.is_empty() || !value.bytes().all(|byte| (b' '..=b'~').contains(&byte)) {
            return Err(MailHeaderError::Value);
        }
        if value.starts_with(' ') || value.ends_with(' ') || value.contains("  ") {
            return Err(MailHeaderError::Blanks);
        }
        if name.len() + ": ".len() + value.len() > MAX_LINE {
            return Err(MailHeaderError::LongValue);
        }
        Ok(Self { name: name.to_owned(), value: value.to_owned() })
    }

    /// Its name, as it was given.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Its value: printable ASCII in one line.
    pub fn value(&self) -> &str {
        &self.value
    }

    /// Whether the two have the same name (RFC 5322, 1.2.2: without regard to case).
    pub fn is_named_as(&self, other: &Self) -> bool {
        self.name.eq_ignore_ascii_case(&other.name)
    }
}

impl fmt::Display for MailHeader {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}: {}", self.name, self.value)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fault(name: &str, value: &str) -> Option<MailHeaderError> {
        MailHeader::new(name, value).err()
    }

    #[test]
    fn the_headers_that_providers_ask_for_are_taken() {
        for (name, value) in [
            ("X-SES-CONFIGURATION-SET", "resets"),
            ("X-PM-Message-Stream", "outbound"),
            ("X-PM-TrackLinks", "None"),
            ("X-Mailgun-Track-Clicks", "no"),
            ("X-SMTPAPI", r#"{"filters": {"clicktrack": {"settings": {"enable": 0}}}}"#),
            ("X-MC-Track", "opens,clicks"),
            ("Feedback-ID", "reset:example"),
            ("Importance", "high"),
            ("Precedence", "bulk"),
        ] {
            let header = MailHeader::new(name, value).unwrap();
            assert_eq!((header.name(), header.value()), (name, value));
        }
    }

    #[test]
    fn headers_that_are_written_already_are_refused_in_every_spelling() {
        for name in OWN.into_iter().chain(["Subject", "MESSAGE-ID", "Content-Type", "Resent-To", "ARC-Seal"]) {
            assert_eq!(fault(name, "x"), Some(MailHeaderError::Own), "{name}");
        }
        for name in ["List-Unsubscribe", "list-id", "LIST-UNSUBSCRIBE-POST"] {
            assert_eq!(fault(name, "x"), Some(MailHeaderError::List), "{name}");
        }
    }

    #[test]
    fn characters_that_end_a_line_or_need_an_encoding_are_refused() {
        for name in ["", "X A", "X:", "X-Ä", "X\r\nBcc", "X\0", "X;"] {
            assert_eq!(fault(name, "x"), Some(MailHeaderError::Name), "{name:?}");
        }
        for value in ["", "a\r\nBcc: b@example.com", "a\nb", "a\tb", "Zoë", "\u{7f}", "\0"] {
            assert_eq!(fault("X-A", value), Some(MailHeaderError::Value), "{value:?}");
        }
        for value in [" ", " a", "a ", "a  b"] {
            assert_eq!(fault("X-A", value), Some(MailHeaderError::Blanks), "{value:?}");
        }
        assert_eq!(fault(&"x".repeat(77), "x"), Some(MailHeaderError::LongName));
        assert_eq!(fault("X-A", &"x".repeat(994)), Some(MailHeaderError::LongValue));
        assert_eq!(fault("X-A", &"x".repeat(993)), None);
    }
}
