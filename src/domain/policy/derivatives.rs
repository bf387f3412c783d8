//! What a whole password may be derived from: `P@ssw0rd2024!!` is `password` put into other clothes.
//!
//! Only the whole password is undressed, never a part of it, as SP 800-63B-4 asks.

use zeroize::Zeroizing;

use super::lower_case;

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
/// - its letters alone, those that look-alikes at its ends are read as included;
/// - each of them with look-alike digits and symbols read as letters;
/// - if the password, or its letters, are one word again and again: that word, and what it may have been made from.
pub(super) fn any(password: &str, listed: impl Fn(&str) -> bool) -> bool {
    let lower = lower_case(password);
    undressed(&lower, &listed) || {
        let unit = unit(&lower);
        (MIN_FORM..lower.len()).contains(&unit.len()) && undressed(unit, &listed)
    }
}

/// [`any`] without the repetitions of the whole text.
fn undressed(characters: &[char], listed: &impl Fn(&str) -> bool) -> bool {
    let Some(last_letter) = characters.iter().rposition(|character| character.is_alphabetic()) else {
        // Digits and symbols: whole, or without the symbols at both ends.
        let text = text_of(characters);
        return listed(&text) || listed(text.trim_matches(|character: char| !character.is_numeric()));
    };
    let first_letter = characters.iter().position(|character| character.is_alphabetic()).unwrap_or(0);
    readings(characters).iter().any(|(reading, offsets)| {
        // `offsets[i]` is where the i-th character begins in `reading`, so that every form is a slice of it.
        let long_enough = |from: usize, to: usize| to - from >= MIN_FORM;
        let form = |from: usize, to: usize| &reading[offsets[from]..offsets[to]];
        let whole = characters.len();
        // `before[i]` is how many letters stand before the i-th character of `reading`.
        let mut letters = Zeroizing::new(Vec::with_capacity(whole));
        let mut before = Vec::with_capacity(whole + 1);
        for character in reading.chars() {
            before.push(letters.len());
            letters.extend(character.is_alphabetic().then_some(character));
        }
        before.push(letters.len());
        let all_letters = |form: &[char]| form.len() >= MIN_FORM && listed(&text_of(form));
        // The phrase `c0rr3ct h0rs3 b4tt3ry st4pl3` ends with a letter that is written as a digit.
        let letters_to = |to: usize| {
            let is_new = to == last_letter + 1 || before[to] > before[to - 1];
            is_new && (all_letters(&letters[..before[to]]) || all_letters(&letters[before[first_letter]..before[to]]))
        };
        let inner = &letters[before[first_letter]..before[last_letter + 1]];
        listed(reading)
            || (last_letter + 1..=whole).any(|to| {
                (long_enough(0, to) && listed(form(0, to)))
                    || (long_enough(first_letter, to) && listed(form(first_letter, to)))
                    || letters_to(to)
            })
            || all_letters(unit(inner))
            || all_letters(unit(&letters))
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

/// The characters as a text.
fn text_of(characters: &[char]) -> Zeroizing<String> {
    let mut text = Zeroizing::new(String::with_capacity(4 * characters.len()));
    text.extend(characters);
    text
}

/// The shortest piece which, written once or several times, is `whole`.
fn unit(whole: &[char]) -> &[char] {
    let length = whole.len();
    (1..=length / 2)
        .filter(|&part| length.is_multiple_of(part))
        .find(|&part| whole[part..] == whole[..length - part])
        .map_or(whole, |part| &whole[..part])
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
    fn look_alikes_at_both_ends_of_a_phrase_are_letters_of_it() {
        for (password, phrase) in [
            ("c0rr3ct h0rs3 b4tt3ry st4pl3", "correcthorsebatterystaple"),
            ("C0rr3ct-H0rs3-B4tt3ry-St4pl3!!", "correcthorsebatterystaple"),
            ("t0 b3 0r n0t t0 b3", "tobeornottobe"),
            ("7h3 qu1ck br0wn f0x 2024", "thequickbrownfox"),
            ("4ll y0ur b4s3 4r3 b3l0ng t0 u5", "allyourbasearebelongtous"),
            ("t0 b3 t0 b3 t0 b3", "tobe"),
        ] {
            assert!(comes_from(password, phrase), "{password}");
        }
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
        for (whole, piece) in [("abcabcabc", "abc"), ("aaaa", "a"), ("abcab", "abcab"), ("éé", "é"), ("", "")] {
            let whole: Vec<char> = whole.chars().collect();
            assert_eq!(*text_of(unit(&whole)), piece);
        }
    }

    #[test]
    fn capitals_without_a_lower_case_of_their_own_length_are_compared() {
        assert!(comes_from("ΚΩΔΙΚΟΣ2024", "κωδικοσ"));
        assert!(comes_from("Ⱥⱥⱥⱥ!", "ⱥⱥⱥⱥ"));
    }
}
