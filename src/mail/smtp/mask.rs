//! Masks secrets that were sent to the relay if it sends them back.
//!
//! A relay that does not understand a command often repeats it in its reply: in full, cut off, on two lines or in
//! capitals. So not only the complete secret is masked, but any part of it that is too long to be a coincidence, in
//! each reading of the text ([`quoted::for_each_reading`]).

use std::ops::Range;

use zeroize::Zeroizing;

use crate::mail::quoted;

/// The shortest part of a secret that is masked, in characters. A shorter secret is only masked in full.
const MIN_PART: usize = 8;
/// The shortest secret that is looked for in decoded text: a shorter one would be found in text that is not encoded
/// at all.
const MIN_ENCODED: usize = 4;
/// The code of a line and the separator after it, in bytes: a short password may well occur in the code.
const CODE: usize = 4;

/// Secrets to mask in received text, [`folded`].
#[derive(Default)]
pub(super) struct Mask {
    secrets: Vec<Zeroizing<Vec<char>>>,
    /// The letters and digits of each.
    letters: Vec<Zeroizing<Vec<char>>>,
}

impl Mask {
    pub(super) fn new<'a>(secrets: impl IntoIterator<Item = &'a str>) -> Self {
        let kept = |characters: &mut dyn Iterator<Item = char>, room: usize| {
            // The capacity suffices for all of it. A buffer that grew would leave an unwiped copy behind.
            let mut kept = Zeroizing::new(Vec::with_capacity(room));
            kept.extend(characters.map(folded));
            kept
        };
        let mut mask = Self::default();
        for secret in secrets.into_iter().filter(|secret| !secret.is_empty()) {
            mask.secrets.push(kept(&mut secret.chars(), secret.len()));
            mask.letters.push(kept(&mut secret.chars().filter(|character| character.is_alphanumeric()), secret.len()));
        }
        mask
    }

    /// The line of a reply, with `****` in place of each part of a secret.
    pub(super) fn line(&self, line: Vec<u8>) -> Vec<u8> {
        if self.secrets.is_empty() {
            return line;
        }
        // Data that is not an SMTP reply has no code.
        let has_code = line.len() >= 3
            && line[..3].iter().all(u8::is_ascii_digit)
            && matches!(line.get(3), None | Some(b' ' | b'-'));
        let (code, text) = line.split_at(if has_code { line.len().min(CODE) } else { 0 });
        [code, self.text(&String::from_utf8_lossy(text)).as_bytes()].concat()
    }

    fn text(&self, text: &str) -> String {
        let mut places = Vec::new();
        quoted::for_each_reading(text, |reading| {
            let mut characters = Zeroizing::new(Vec::with_capacity(reading.characters.len()));
            characters.extend(reading.characters.iter().copied().map(folded));
            let secrets = self.secrets.iter().filter(|secret| reading.is_plain || secret.len() >= MIN_ENCODED);
            find(&characters, secrets, |part| places.push(reading.place(part)));
            // Whatever separates the letters or their bytes: blanks, hyphens, invisible characters, the zeros of
            // UTF-16.
            let at = letters(&characters);
            if at.len() < characters.len() || self.letters != self.secrets {
                let mut letters = Zeroizing::new(Vec::with_capacity(at.len()));
                letters.extend(at.iter().map(|at| characters[*at]));
                let long = self.letters.iter().filter(|secret| secret.len() >= MIN_PART);
                find(&letters, long, |part| places.push(reading.place(at[part.start]..at[part.end - 1] + 1)));
            }
        });
        quoted::masked(text, places)
    }
}

/// The indices of the characters that are letters or digits.
fn letters(characters: &[char]) -> Vec<usize> {
    let numbered = characters.iter().enumerate();
    numbered.filter(|(_, character)| character.is_alphanumeric()).map(|(at, _)| at).collect()
}

/// Finds parts of secrets in a text.
fn find<'a>(
    text: &[char],
    secrets: impl Iterator<Item = &'a Zeroizing<Vec<char>>> + Clone,
    mut found: impl FnMut(Range<usize>),
) {
    let mut at = 0;
    while at < text.len() {
        let part = secrets.clone().map(|secret| secret_at_start(&text[at..], secret)).max().unwrap_or(0);
        if part > 0 {
            found(at..at + part);
        }
        at += part.max(1);
    }
}

/// The length of the part of `secret` at the start of a text, if it must be masked; otherwise 0.
fn secret_at_start(text: &[char], secret: &[char]) -> usize {
    let least = secret.len().min(MIN_PART);
    let longest = (0..=secret.len() - least).map(|start| common(text, &secret[start..])).max();
    longest.filter(|length| *length >= least).unwrap_or(0)
}

/// The length of the common prefix.
fn common(one: &[char], other: &[char]) -> usize {
    one.iter().zip(other).take_while(|(one, other)| one == other).count()
}

/// A character in lower case.
fn folded(character: char) -> char {
    character.to_lowercase().next().unwrap_or(character)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn masked(secrets: &[&str], line: &str) -> String {
        String::from_utf8(Mask::new(secrets.iter().copied()).line(line.into())).unwrap()
    }

    #[test]
    fn complete_secrets_and_long_parts_of_them_are_masked() {
        let secrets = ["AHRpbQB0YW5zdGFhZg==", "pässword of mine"];
        assert_eq!(masked(&secrets, "500 what? AUTH PLAIN AHRpbQB0YW5zdGFhZg=="), "500 what? AUTH PLAIN ****");
        assert_eq!(masked(&secrets, "500 AHRpbQB0YW5z... 5zdGFhZg"), "500 ****... ****");
        assert_eq!(masked(&secrets, "500 ahrpbqb0yw PÄSSWORD OF MINE!"), "500 **** ****!");
        assert_eq!(masked(&secrets, "500 AHRpbQB password"), "500 AHRpbQB password");
    }

    #[test]
    fn a_secret_in_another_form_is_masked() {
        let secrets = ["AHRpbQB0YW5zdGFhZnRhbnN0YWFm", "tanstaaftanstaaf"];
        for (line, shown) in [
            // The password alone, and the decoded response with its NULs, in base64 and in hexadecimal digits.
            ("535 <dGFuc3RhYWZ0YW5zdGFhZg==>", "535 <****==>"),
            ("535 AHRpbQB0YW5zdGFhZnRhbnN0YWFm", "535 ****"),
            ("535 0074696d0074616e737461616674616e7374616166", "535 0074696d00****"),
            ("535 74 61 6e 73 74 61 61 66 74 61", "535 ****"),
            ("535 faatsnatfaatsnat", "535 ****"),
            ("535 %74%61nstaaf%74anstaaf", "535 ****"),
            // Encoded twice, in base32, and in full-width letters.
            ("535 %2574%2561nstaaf &#116;&#97;nstaaf", "535 ****"),
            ("535 ORQW443UMFQWM5DBNZZXIYLBMY!", "535 ****!"),
            ("535 ｔａｎｓｔａａｆ", "535 ****"),
        ] {
            assert_eq!(masked(&secrets, line), shown);
        }
    }

    #[test]
    fn a_secret_with_separated_letters_is_masked() {
        let secrets = ["correct horse-battery"];
        for (line, shown) in [
            ("535 c o r r e c t h o r s e - b a t t e r y!", "535 ****!"),
            ("535 corr ecth orse batt ery", "535 ****"),
            ("535 correct-horse.battery", "535 ****"),
            ("535 cor\u{200b}rect\u{ad}horse\u{200d}battery", "535 ****"),
            ("535 correcthorsebattery", "535 ****"),
            ("535 AGMAbwByAHIAZQBjAHQAIABoAG8AcgBzAGUALQBiAGEAdAB0AGUAcgB5", "535 ****"),
            ("535 the battery is bad", "535 the battery is bad"),
        ] {
            let masked = masked(&secrets, line);
            assert!(masked == shown || masked.contains("****") && !masked.contains("orr"), "{line}: {masked}");
        }
    }

    #[test]
    fn a_short_secret_is_masked_only_in_full_and_never_in_the_code() {
        assert_eq!(masked(&["535", ""], "535 5355 no 53"), "535 ****5 no 53");
        assert_eq!(masked(&["secret"], "secret"), "****");
        assert_eq!(masked(&["secret"], "250"), "250");
        assert_eq!(masked(&["1234567890"], "1234567890"), "****");
        assert_eq!(masked(&[], "250 secret"), "250 secret");
    }
}
