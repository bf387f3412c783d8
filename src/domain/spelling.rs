//! How near a mistyped word is to one that exists.

/// How many slips make `given` into `word`, if few enough that one is taken for the other. A slip is a character too many, too
/// few or wrong, or two neighbours exchanged (Damerau and Levenshtein); none is allowed in words of up to two characters, one
/// up to five, two in longer ones. ASCII case counts for nothing.
pub fn slips(given: &str, word: &str) -> Option<usize> {
    let allowed = match given.chars().count() {
        0..=2 => 0,
        3..=5 => 1,
        _ => 2,
    };
    // Each character that one has more is a slip: most words need no closer look.
    if given.len().abs_diff(word.len()) > allowed * char::MAX.len_utf8() {
        return None;
    }
    let slips = strsim::damerau_levenshtein(&given.to_ascii_lowercase(), &word.to_ascii_lowercase());
    (slips <= allowed).then_some(slips)
}

/// The characters that were left out or mistyped, where one is missing or wrong: those of usernames, and what addresses have
/// besides.
const CHARACTERS: &str = "abcdefghijklmnopqrstuvwxyz0123456789._-+'";

/// Every word that is one slip away from `given`, in lower case; some twice. Of `n` characters there are about `84 * n`.
pub fn one_slip_away(given: &str) -> Vec<String> {
    let given: Vec<char> = given.to_ascii_lowercase().chars().collect();
    let mut words = Vec::new();
    for at in 0..=given.len() {
        let (before, after) = given.split_at(at);
        let mut add = |put_in: &[char], rest: &[char]| words.push(before.iter().chain(put_in).chain(rest).collect());
        if let [first, second, rest @ ..] = after
            && first != second
        {
            add(&[*second, *first], rest);
        }
        if let [_, rest @ ..] = after {
            add(&[], rest);
        }
        for character in CHARACTERS.chars() {
            add(&[character], after);
            if let [old, rest @ ..] = after
                && *old != character
            {
                add(&[character], rest);
            }
        }
    }
    words
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slip_is_a_character_too_many_too_few_or_wrong_or_two_exchanged() {
        for given in ["alice", "Alice", "alcie", "alic", "alicee", "slice"] {
            assert!(slips(given, "alice").is_some_and(|slips| slips <= 1), "{given}");
        }
        assert_eq!(slips("set-passwrod", "set-password"), Some(1));
        assert_eq!(slips("setpaswrd", "setpassword"), Some(2));
    }

    #[test]
    fn short_words_are_near_to_little() {
        assert_eq!(slips("ls", "l"), None);
        assert_eq!(slips("al", "ali"), None);
        assert_eq!(slips("bob", "rob"), Some(1));
        assert_eq!(slips("bob", "ron"), None);
        assert_eq!(slips("", ""), Some(0));
    }

    #[test]
    fn one_slip_away_is_every_word_that_a_single_slip_makes() {
        let words = one_slip_away("Alcie");
        for word in ["alice", "alie", "alcies", "salcie", "alcia", "a.cie", "alcie-"] {
            assert!(words.iter().any(|other| other == word), "{word}");
        }
        assert!(words.iter().all(|word| slips("alcie", word) == Some(1)), "{words:?}");
        assert!(words.len() <= 84 * 6, "{}", words.len());
        assert!(one_slip_away("").iter().all(|word| word.chars().count() == 1));
    }
}
