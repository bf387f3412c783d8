//! Every sentence that a user of the organization reads, a file per language.
//!
//! A language is a type that has all the sentences (the trait of each subject), so that a missing one does not compile.

mod english;
mod german;
pub mod mail;
pub mod policy;

use std::fmt;
use std::str::FromStr;

use thiserror::Error;

/// A language in which users are addressed.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
pub enum Locale {
    /// English.
    #[default]
    English,
    /// German.
    German,
}

impl Locale {
    /// All languages.
    pub const ALL: [Self; 2] = [Self::English, Self::German];

    /// The language's code in ISO 639-1.
    pub fn code(self) -> &'static str {
        match self {
            Self::English => "en",
            Self::German => "de",
        }
    }
}

impl fmt::Display for Locale {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.code())
    }
}

/// A tag of a language that the texts do not speak.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("unknown language: `{0}`; use `en` or `de`")]
pub struct UnknownLocale(String);

impl FromStr for Locale {
    type Err = UnknownLocale;

    /// Reads a language tag of RFC 5646 (`de`, `en-GB`) or a locale of POSIX (`de_CH.UTF-8`); only its language counts.
    fn from_str(tag: &str) -> Result<Self, Self::Err> {
        let language = tag.split(['-', '_', '.', '@']).next().unwrap_or(tag);
        Self::ALL
            .into_iter()
            .find(|locale| locale.code().eq_ignore_ascii_case(language))
            .ok_or_else(|| UnknownLocale(tag.to_owned()))
    }
}

/// A number with a mark between its groups of three digits.
pub fn grouped(number: usize, mark: char) -> String {
    let digits = number.to_string();
    let mut text = String::new();
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            text.push(mark);
        }
        text.push(digit);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_language_of_a_tag_decides() {
        for (tag, locale) in [("en", Locale::English), ("en-GB", Locale::English), ("de", Locale::German)] {
            assert_eq!(tag.parse(), Ok(locale));
        }
        assert_eq!("DE_ch.UTF-8".parse(), Ok(Locale::German));
        for tag in ["", "fr", "english", "den"] {
            assert!(tag.parse::<Locale>().is_err(), "{tag}");
        }
    }

    #[test]
    fn thousands_are_grouped() {
        assert_eq!(grouped(7, ','), "7");
        assert_eq!(grouped(1_024, ','), "1,024");
        assert_eq!(grouped(1_234_567, '.'), "1.234.567");
    }
}
