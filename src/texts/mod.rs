//! Every sentence that a user of the organization reads, a file per language.
//!
//! A sentence is a small template with a key, such as `reset.subject`; `keys.rs` lists them all, each with the values that it
//! is given. `en.toml` and `de.toml` have all of them. An organization may override any, and add languages ([`Texts::with`]).

mod check;
pub mod engine;
mod keys;
mod language;
pub mod mail;
pub mod policy;

pub(crate) use check::CONTROL;
pub use check::SentenceFile;
pub use check::TextProblem;
pub(crate) use check::has_control;
pub use language::Language;
pub use language::Texts;

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
    fn thousands_are_grouped() {
        assert_eq!(grouped(7, ','), "7");
        assert_eq!(grouped(1_024, ','), "1,024");
        assert_eq!(grouped(1_234_567, '.'), "1.234.567");
    }
}
