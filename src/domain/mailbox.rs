//! An address as a header shows it, with a name before it (RFC 5322, 3.4: `mailbox`).

use std::str::FromStr;

use crate::domain::email_address::EmailAddress;
use crate::domain::email_address::EmailAddressError;
use crate::domain::text;
use crate::domain::text::TextError;

/// An address, and the name before it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mailbox {
    /// The name, without quotes around it; `None`: the address stands alone.
    pub name: Option<String>,
    /// The address.
    pub address: EmailAddress,
}

/// Why a text is no mailbox.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum MailboxError {
    /// The address is none.
    #[error("the address {0}")]
    Address(#[from] EmailAddressError),
    /// The name cannot be shown.
    #[error("the name {0}")]
    Name(#[from] TextError),
}

impl FromStr for Mailbox {
    type Err = MailboxError;

    /// Reads `address`, `<address>` or `Name <address>`. Everything before the last `<` is the name, with or without quotes
    /// around the whole of it: a comma in it separates nothing, because there is one mailbox only.
    fn from_str(text: &str) -> Result<Self, MailboxError> {
        let text = text.trim();
        let Some((name, address)) = text.strip_suffix('>').and_then(|text| text.rsplit_once('<')) else {
            return Ok(Self { name: None, address: text.parse()? });
        };
        let name = unquoted(name.trim());
        text::check_line(&name, text::MAX_NAME)?;
        let name = Some(name.trim().to_owned()).filter(|name| !name.is_empty());
        Ok(Self { name, address: address.trim().parse()? })
    }
}

/// A name without the quotes around the whole of it (RFC 5322, 3.2.4: `quoted-string`).
fn unquoted(name: &str) -> String {
    let Some(inner) = name.strip_prefix('"').and_then(|name| name.strip_suffix('"')) else { return name.to_owned() };
    let (mut plain, mut is_escaped) = (String::with_capacity(inner.len()), false);
    for character in inner.chars() {
        match character {
            '\\' if !is_escaped => is_escaped = true,
            // It is two strings, or the last quote is no end: not quoted as a whole.
            '"' if !is_escaped => return name.to_owned(),
            character => {
                plain.push(character);
                is_escaped = false;
            }
        }
    }
    if is_escaped { name.to_owned() } else { plain }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parts(text: &str) -> (Option<String>, String) {
        let Mailbox { name, address } = text.parse().unwrap();
        (name, address.as_str().to_owned())
    }

    #[test]
    fn all_before_the_last_bracket_is_the_name() {
        for (text, name) in [
            ("a@example.com", None),
            (" <a@example.com> ", None),
            ("\"\" <a@example.com>", None),
            ("Help Desk <a@example.com>", Some("Help Desk")),
            ("Example Travel, Inc., IT <a@example.com>", Some("Example Travel, Inc., IT")),
            ("\"Müller, Hans\" <a@example.com>", Some("Müller, Hans")),
            (r#""The \"best\" \\ desk" < a@example.com >"#, Some(r#"The "best" \ desk"#)),
            (r#""A" and "B" <a@example.com>"#, Some(r#""A" and "B""#)),
            (r#"Hans "Hansi" Müller <a@example.com>"#, Some(r#"Hans "Hansi" Müller"#)),
            ("IT <internal> <a@example.com>", Some("IT <internal>")),
            ("b@example.org <a@example.com>", Some("b@example.org")),
            ("Desk<a@example.com>", Some("Desk")),
            ("\" <a@example.com>", Some("\"")),
            (r#""a\" <a@example.com>"#, Some(r#""a\""#)),
        ] {
            assert_eq!(parts(text), (name.map(str::to_owned), "a@example.com".to_owned()), "{text}");
        }
    }

    #[test]
    fn what_is_no_mailbox_is_refused_with_the_part_that_is_wrong() {
        for text in ["", "Desk", "<>", "Desk <>", "Desk <a>", "Desk <a@example.com> x", "a@example.com, b@example.com"]
        {
            assert!(matches!(text.parse::<Mailbox>(), Err(MailboxError::Address(_))), "{text}");
        }
        let long = "x".repeat(text::MAX_NAME + 1);
        for name in ["a\r\nBcc: b@example.com", "a\u{202e}b", "a\u{1b}[31m", &long] {
            let refused = format!("{name} <a@example.com>").parse::<Mailbox>();
            assert!(matches!(refused, Err(MailboxError::Name(_))), "{name:?}");
        }
    }
}
