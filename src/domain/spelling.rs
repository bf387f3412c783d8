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
}
