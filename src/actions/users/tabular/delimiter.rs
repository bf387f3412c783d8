//! What stands between the fields of a row.

use std::fmt;
use std::str::FromStr;

/// One ASCII character between the fields of a row.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Delimiter(u8);

impl Delimiter {
    /// Those that are recognized from the header, the usual one first.
    pub(super) const RECOGNIZED: [Self; 3] = [Self(b','), Self(b';'), Self(b'\t')];

    /// The character.
    pub(super) fn byte(self) -> u8 {
        self.0
    }

    /// That a line `sep=;` names, which Excel reads and others write before the header.
    pub(super) fn named_by(line: &[u8]) -> Option<Self> {
        let (word, rest) = line.split_at_checked(4)?;
        let [byte] = *rest else { return None };
        word.eq_ignore_ascii_case(b"sep=").then(|| Self::new(byte)).flatten()
    }

    fn new(byte: u8) -> Option<Self> {
        (byte == b'\t' || (byte.is_ascii_punctuation() && byte != b'"')).then_some(Self(byte))
    }
}

impl FromStr for Delimiter {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let found = match text.as_bytes() {
            [byte] => Self::new(*byte),
            _ if text == "\\t" || text.eq_ignore_ascii_case("tab") => Self::new(b'\t'),
            _ => None,
        };
        found.ok_or_else(|| "expected one character such as `,` `;` `|`, or `tab`".to_owned())
    }
}

impl fmt::Display for Delimiter {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.0 == b'\t' { formatter.write_str("tab") } else { write!(formatter, "{}", char::from(self.0)) }
    }
}
