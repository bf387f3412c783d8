//! Which characters a line of text may hold, where people and terminals read it.

use std::borrow::Cow;
use std::fmt::Write;

use crate::domain::invisible::is_invisible;
use crate::domain::invisible::is_needed_joiner;
use crate::domain::secret_form;

/// The longest name of a user or an organization, in characters.
pub const MAX_NAME: usize = 200;
/// The longest reason, in characters.
pub const MAX_REASON: usize = 1_000;

/// Whether a character can drive a terminal or disguise text, and so is refused in a line that will be stored:
/// controls (C0, DEL, C1), line and paragraph separators, and the marks that turn or hide the direction of writing
/// (CWE-150; Unicode UTS #55, section 5). Others that nobody sees may come in with a name, and are shown ([`visible`]).
pub fn is_unprintable(character: char) -> bool {
    matches!(character,
        '\u{0}'..='\u{1f}' | '\u{7f}'..='\u{9f}'
        | '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}'
        | '\u{feff}' | '\u{fff9}'..='\u{fffb}' | '\u{e0000}'..='\u{e007f}')
}

/// The text with every character that nobody sees ([`is_invisible`]) written as `\u{…}`, but for the joiners that the writing
/// needs. What a record holds reaches a terminal only so: two texts that are not the same never look alike by it.
pub fn visible(text: &str) -> Cow<'_, str> {
    // Almost all text is plain ASCII, which needs no decoding.
    if text.bytes().all(|byte| (0x20..0x7f).contains(&byte)) {
        return Cow::Borrowed(text);
    }
    let (mut shown, mut rest) = (String::new(), 0);
    for (place, character) in text.char_indices().filter(|(_, character)| is_invisible(*character)) {
        let (before, after) = (&text[..place], &text[place + character.len_utf8()..]);
        if is_needed_joiner(before, character, after) {
            continue;
        }
        shown.push_str(&text[rest..place]);
        let _ = write!(shown, "\\u{{{:x}}}", u32::from(character));
        rest = place + character.len_utf8();
    }
    if rest == 0 {
        return Cow::Borrowed(text);
    }
    shown.push_str(&text[rest..]);
    Cow::Owned(shown)
}

/// The text in ASCII, for what cannot show more: signs of typography become those of a typewriter, and any other character is
/// written as `\u{…}`.
pub fn to_ascii(text: &str) -> Cow<'_, str> {
    if text.is_ascii() {
        return Cow::Borrowed(text);
    }
    let mut plain = String::with_capacity(text.len() + 16);
    for character in text.chars() {
        match character {
            _ if character.is_ascii() => plain.push(character),
            '…' => plain.push_str("..."),
            '\u{a0}' => plain.push(' '),
            '‘' | '’' | '‚' => plain.push('\''),
            '“' | '”' | '„' | '«' | '»' => plain.push('"'),
            '‐' | '‑' | '–' | '—' => plain.push('-'),
            '→' => plain.push_str("->"),
            '×' => plain.push('x'),
            _ => {
                let _ = write!(plain, "\\u{{{:x}}}", u32::from(character));
            }
        }
    }
    Cow::Owned(plain)
}

/// The text with its first character in upper case: a clause as a sentence.
pub fn capitalized(text: &str) -> String {
    let mut rest = text.chars();
    rest.next().map_or_else(String::new, |first| first.to_uppercase().chain(rest).collect())
}

/// [`visible`], without what may be a secret, and at most `characters` long: for quoting in an error or an event what an argument
/// or a file gave, however long it was.
pub fn quoted(text: &str, characters: usize) -> String {
    let text = secret_form::beginning_without_secrets(text, characters);
    let mut short: String = text.chars().take(characters).collect();
    if short.len() < text.len() {
        short.push('…');
    }
    visible(&short).into_owned()
}

/// What is wrong with a line of text.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TextError {
    /// It holds a character that [`is_unprintable`].
    #[error("holds the unprintable character U+{0:04X}: leave it out")]
    Unprintable(u32),
    /// It is longer than allowed.
    #[error("has {has} characters, at most {limit} are allowed")]
    TooLong {
        /// Its length in characters.
        has: usize,
        /// The longest that is allowed.
        limit: usize,
    },
}

/// Judges a line of text that will be stored and shown: a name, a reason, a contact.
///
/// # Errors
/// The first fault found.
pub fn check_line(text: &str, limit: usize) -> Result<(), TextError> {
    if let Some(character) = text.chars().find(|&character| is_unprintable(character)) {
        return Err(TextError::Unprintable(u32::from(character)));
    }
    let has = text.chars().count();
    if has > limit {
        return Err(TextError::TooLong { has, limit });
    }
    Ok(())
}

/// As [`check_line`], of a text that may have several lines, and tabs in them.
///
/// # Errors
/// The first fault found.
pub fn check_lines(text: &str, limit: usize) -> Result<(), TextError> {
    let text: String =
        text.replace("\r\n", "\n").chars().map(|one| if "\n\t".contains(one) { ' ' } else { one }).collect();
    check_line(&text, limit)
}

/// A number with a mark between its groups of three digits: 1,234,567.
pub fn grouped(number: u64, mark: char) -> String {
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

/// A number of bytes in binary units: "512 bytes", "17.9 KiB", "21.5 MiB".
pub fn bytes(count: u64) -> String {
    const UNITS: [&str; 4] = ["KiB", "MiB", "GiB", "TiB"];
    if count < 1_024 {
        return counted(count, "byte");
    }
    // Tenths of the unit.
    let (mut tenths, mut unit) = (u128::from(count) * 10 / 1_024, 0);
    while tenths >= 10_240 && unit + 1 < UNITS.len() {
        (tenths, unit) = (tenths / 1_024, unit + 1);
    }
    format!("{}.{} {}", tenths / 10, tenths % 10, UNITS[unit])
}

/// A number of things in English: "1 mail", "2,000 mails".
pub fn counted(count: u64, noun: &str) -> String {
    format!("{} {noun}{}", grouped(count, ','), if count == 1 { "" } else { "s" })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_are_told_in_the_unit_that_people_would_use() {
        let told = [0, 1, 1_023, 1_024, 1_535, 18_432, 1_048_575, 22_544_384, 1 << 31, u64::MAX].map(bytes);
        let expected = [
            "0 bytes",
            "1 byte",
            "1,023 bytes",
            "1.0 KiB",
            "1.4 KiB",
            "18.0 KiB",
            "1023.9 KiB",
            "21.5 MiB",
            "2.0 GiB",
            "16777215.9 TiB",
        ];
        assert_eq!(told, expected);
    }

    #[test]
    fn typography_becomes_ascii() {
        assert_eq!(to_ascii("plain"), "plain");
        assert_eq!(to_ascii("“a”… – b → ‘c’ 2×\u{a0}Zoë 明"), "\"a\"... - b -> 'c' 2x Zo\\u{eb} \\u{660e}");
    }

    #[test]
    fn what_drives_a_terminal_becomes_visible() {
        assert_eq!(visible("\u{1b}]52;c;eA==\u{7}"), "\\u{1b}]52;c;eA==\\u{7}");
        assert_eq!(visible("a\u{202e}b\u{9b}c"), "a\\u{202e}b\\u{9b}c");
        assert_eq!(visible("Zoë Łukasz 明 אב"), "Zoë Łukasz 明 אב");
    }

    #[test]
    fn what_nobody_sees_becomes_visible() {
        for (name, shown) in [
            ("Ann\u{200b}a", "Ann\\u{200b}a"),
            ("An\u{ad}na", "An\\u{ad}na"),
            ("\u{2060}Anna\u{fe0f}", "\\u{2060}Anna\\u{fe0f}"),
            ("Anna\u{a0}Meier", "Anna\\u{a0}Meier"),
            ("An\u{200d}na\u{3164}", "An\\u{200d}na\\u{3164}"),
            ("علی\u{200c}رضا", "علی\u{200c}رضا"),
            ("Seán O’Brien–Müller", "Seán O’Brien–Müller"),
        ] {
            assert_eq!(visible(name), shown);
            assert_eq!(visible(&visible(name)), shown);
        }
    }

    #[test]
    fn quoting_cuts_before_it_escapes() {
        assert_eq!(quoted(&"x".repeat(10_000), 5), "xxxxx…");
        assert_eq!(quoted("\n\n\n", 2), "\\u{a}\\u{a}…");
        assert_eq!(quoted(&format!("{} MXSXY0FZXMB264D4ZRK80R234D", "x".repeat(9)), 20), "xxxxxxxxx (hidden: m…");
    }

    #[test]
    fn a_line_has_a_length_and_no_controls() {
        assert_eq!(check_line("Ünal", 4), Ok(()));
        assert_eq!(check_line("Ünall", 4), Err(TextError::TooLong { has: 5, limit: 4 }));
        assert_eq!(check_line("a\u{200f}", 9), Err(TextError::Unprintable(0x200f)));
        assert_eq!(check_line("a\nb", 9), Err(TextError::Unprintable(0xa)));
    }

    #[test]
    fn several_lines_have_a_length_and_no_other_controls() {
        assert_eq!(check_lines("a\r\n\n\tb", 5), Ok(()));
        assert_eq!(check_lines("a\r\n\n\tb", 4), Err(TextError::TooLong { has: 5, limit: 4 }));
        assert_eq!(check_lines("a\rb", 9), Err(TextError::Unprintable(0xd)));
        assert_eq!(check_lines("a\n\u{1b}[2J", 9), Err(TextError::Unprintable(0x1b)));
    }

    #[test]
    fn thousands_are_grouped_and_one_is_no_plural() {
        assert_eq!(grouped(7, ','), "7");
        assert_eq!(grouped(1_024, ','), "1,024");
        assert_eq!(grouped(1_234_567, '.'), "1.234.567");
        assert_eq!(["0 mails", "1 mail", "2,000 mails"], [0, 1, 2_000].map(|count| counted(count, "mail")));
    }
}
