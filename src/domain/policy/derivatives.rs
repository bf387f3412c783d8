//! What a whole password may be derived from: `P@ssw0rd2024!!` is `password` put into other clothes.
//!
//! Only the whole password is undressed, never a part of it, as SP 800-63B-4 asks.

use zeroize::Zeroizing;

/// The fewest characters of a form that is found by leaving something out: shorter ones are found by chance.
pub(super) const MIN_FORM: usize = 4;

/// The letters that a digit or symbol is often written for.
pub(super) fn look_alikes(character: char) -> &'static [char] {
    match character {
        '0' => &['o'],
        '1' | '|' => &['i', 'l'],
        '!' => &['i'],
        '2' => &['z'],
        '3' | '€' => &['e'],
        '4' | '@' => &['a'],
        '5' | '$' => &['s'],
        '6' | '9' => &['g'],
        '7' | '+' => &['t'],
        '8' => &['b'],
        _ => &[],
    }
}

/// Whether `listed` holds of any word that `password` may have been made from. The words are in lower case:
///
/// - the password itself;
/// - without the symbols, or digits and symbols, before and after it (any number of those after it);
/// - its letters alone;
/// - each of them with look-alike digits and symbols read as letters;
/// - if the password, or its letters, are one word again and again: that word, and what it may have been made from.
pub(super) fn any(password: &str, listed: impl Fn(&str) -> bool) -> bool {
    let lower = Zeroizing::new(password.to_lowercase());
    if undressed(&lower, &listed) {
        return true;
    }
    let unit = unit(&lower);
    unit.len() < lower.len() && unit.chars().count() >= MIN_FORM && undressed(unit, &listed)
}

/// [`any`] without the repetitions of the whole text.
fn undressed(text: &str, listed: &impl Fn(&str) -> bool) -> bool {
    let characters = Zeroizing::new(text.chars().collect::<Vec<char>>());
    let Some(last_letter) = characters.iter().rposition(|character| character.is_alphabetic()) else {
        // Digits and symbols: whole, or without the symbols at both ends.
        return listed(text) || listed(text.trim_matches(|character: char| !character.is_numeric()));
    };
    let first_letter = characters.iter().position(|character| character.is_alphabetic()).unwrap_or(0);
    readings(&characters).iter().any(|(reading, offsets)| {
        // `offsets[i]` is where the i-th character begins in `reading`, so that every form is a slice of it.
        let long_enough = |from: usize, to: usize| to - from >= MIN_FORM;
        let form = |from: usize, to: usize| &reading[offsets[from]..offsets[to]];
        let whole = characters.len();
        let letters = Zeroizing::new(letters_of(form(first_letter, last_letter + 1)));
        let word = unit(&letters);
        listed(reading)
            || (last_letter + 1..=whole).any(|to| {
                (long_enough(0, to) && listed(form(0, to)))
                    || (long_enough(first_letter, to) && listed(form(first_letter, to)))
            })
            || (letters.chars().count() >= MIN_FORM && listed(&letters))
            || (word.chars().count() >= MIN_FORM && listed(word))
    })
}

/// The text as it stands, and with look-alikes read as letters (`1` as `i` and as `l`); each with the byte offsets of
/// its characters and of its end.
fn readings(characters: &[char]) -> [(Zeroizing<String>, Vec<usize>); 3] {
    let as_it_stands = |character: char| character;
    let first = |character: char| look_alikes(character).first().copied().unwrap_or(character);
    let last = |character: char| look_alikes(character).last().copied().unwrap_or(character);
    let read = |read: fn(char) -> char| {
        let mut text = Zeroizing::new(String::with_capacity(characters.len() * 4));
        let mut offsets = Vec::with_capacity(characters.len() + 1);
        for &character in characters {
            offsets.push(text.len());
            text.push(read(character));
        }
        offsets.push(text.len());
        (text, offsets)
    };
    [read(as_it_stands), read(first), read(last)]
}

/// The letters of `text`, in their order.
fn letters_of(text: &str) -> String {
    let mut letters = String::with_capacity(text.len());
    letters.extend(text.chars().filter(|character| character.is_alphabetic()));
    letters
}

/// The shortest text which, written once or several times, is `text`.
fn unit(text: &str) -> &str {
    let length = text.len();
    (1..=length / 2)
        .filter(|&part| length.is_multiple_of(part) && text.is_char_boundary(part))
        .find(|&part| text.as_bytes()[part..] == text.as_bytes()[..length - part])
        .map_or(text, |part| &text[..part])
}

#[cfg(test)]
mod tests {
    use super::*;

    fn comes_from(password: &str, word: &str) -> bool {
        any(password, |form| form == word)
    }

    #[test]
    fn case_digits_symbols_look_alikes_and_repetition_are_undone() {
        for password in [
            "password",
            "PASSWORD",
            "Password1",
            "password2024!!",
            "Password123456!!",
            "!!password!!",
            "123password456",
            "P@ssw0rd",
            "p455w0rd#2024",
            "p.a.s.s.w.o.r.d",
            "passwordpassword",
            "Password1!Password1!Password1!",
            "password password",
            "password-1-password-2",
        ] {
            assert!(comes_from(password, "password"), "{password}");
        }
        assert!(comes_from("L0V3M3!!!", "loveme"));
        assert!(comes_from("abc123!!!!", "abc123"));
        assert!(comes_from("1etme1n", "letmein") || comes_from("letme1n", "letmein"));
        assert!(comes_from("he11o2024", "hello"));
        assert!(comes_from("--123456--", "123456"));
    }

    #[test]
    fn a_part_of_a_password_is_not_looked_at() {
        for password in
            ["mypassword", "password horse battery", "correct password staple", "12345678901234", "password1x"]
        {
            assert!(!comes_from(password, "password"), "{password}");
            assert!(!comes_from(password, "123456"), "{password}");
        }
        assert!(!comes_from("abc 2847 3829 1184", "abc"));
    }

    #[test]
    fn the_unit_of_a_text_is_its_shortest_period() {
        assert_eq!(unit("abcabcabc"), "abc");
        assert_eq!(unit("aaaa"), "a");
        assert_eq!(unit("abcab"), "abcab");
        assert_eq!(unit("éé"), "é");
        assert_eq!(unit(""), "");
    }
}
