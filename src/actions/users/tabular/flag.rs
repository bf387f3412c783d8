//! True and false as spreadsheets write them.

use crate::domain::text;

/// Reads `true` or `false`, in the words of spreadsheets in English and German.
///
/// # Errors
/// What is wrong with the word.
pub fn parse_flag(word: &str) -> Result<bool, String> {
    let is_one_of = |words: [&str; 4]| words.iter().any(|other| other.eq_ignore_ascii_case(word));
    if is_one_of(["true", "yes", "1", "wahr"]) {
        return Ok(true);
    }
    if is_one_of(["false", "no", "0", "falsch"]) {
        return Ok(false);
    }
    Err(format!("`{}` is not `true` or `false`", text::quoted(word, 40)))
}
