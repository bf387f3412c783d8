//! Patterns that fill a whole password: repetition and sequences.

use super::lower_case;

/// A pattern that fills a whole password.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Pattern {
    /// One character or short block again and again.
    Repeated,
    /// Runs of the alphabet, of digits or of a keyboard.
    Sequential,
}

/// The longest block, in characters, whose repetition counts.
const MAX_BLOCK: usize = 4;

/// The shortest run, in characters.
const MIN_RUN: usize = 3;

/// How many characters may stand outside of the runs: `abcdefgh12345678!` is no better for its `!`.
const MAX_REST: usize = 2;

/// What fingers and minds run along, in both directions: the alphabet, the digits, the rows and columns of the
/// keyboards QWERTY, QWERTZ and AZERTY, and the digits' row with shift.
const TRACKS: [&str; 31] = [
    "abcdefghijklmnopqrstuvwxyz",
    "01234567890",
    "qwertyuiop",
    "asdfghjkl",
    "zxcvbnm",
    "qwertzuiopü",
    "asdfghjklöä",
    "yxcvbnm",
    "azertyuiop",
    "qsdfghjklm",
    "wxcvbn",
    "!@#$%^&*()_+",
    "!\"§$%&/()=?",
    "1qaz",
    "2wsx",
    "3edc",
    "4rfv",
    "5tgb",
    "6yhn",
    "6zhn",
    "7ujm",
    "8ik,",
    "9ol.",
    "0p;/",
    "1qay",
    "qaz",
    "wsx",
    "edc",
    "rfv",
    "tgb",
    "qay",
];

/// The pattern that fills `password`, if one does; case does not count.
pub(super) fn find(password: &str) -> Option<Pattern> {
    let lower = lower_case(password);
    if is_repeated(&lower) {
        return Some(Pattern::Repeated);
    }
    let (mut at, mut rest, mut turns) = (0, 0, false);
    while at < lower.len() {
        let same = lower[at..].iter().take_while(|&&character| character == lower[at]).count();
        let along = TRACKS.iter().map(|track| steps(track, &lower[at..])).max().unwrap_or(0);
        turns |= along.max(same) >= MIN_RUN && along > same;
        if along.max(same) >= MIN_RUN {
            at += along.max(same);
        } else {
            rest += 1;
            at += 1;
        }
        if rest > MAX_REST {
            return None;
        }
    }
    if rest == lower.len() {
        None
    } else if turns {
        Some(Pattern::Sequential)
    } else {
        Some(Pattern::Repeated)
    }
}

/// Whether a block of at most [`MAX_BLOCK`] characters is repeated to the end, where it may be cut.
fn is_repeated(characters: &[char]) -> bool {
    (1..=MAX_BLOCK)
        .any(|block| characters.len() >= 2 * block && characters[block..] == characters[..characters.len() - block])
}

/// How many characters at the start of `text` go along `track`, forwards or backwards.
fn steps(track: &str, text: &[char]) -> usize {
    let forwards = track.chars().skip_while(|character| *character != text[0]);
    let backwards = track.chars().rev().skip_while(|character| *character != text[0]);
    common_start(forwards, text).max(common_start(backwards, text))
}

/// How many characters two texts have in common from their start.
fn common_start(one: impl Iterator<Item = char>, other: &[char]) -> usize {
    one.zip(other).take_while(|(one, other)| one == *other).count()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn repetitions_are_found() {
        for password in [
            "aaaaaaaaaaaaaaa",
            "AbabABabababaBa",
            "xyz1xyz1xyz1xyz1",
            "abcdabcdabcda",
            "aaaaaaabbbbbbbb",
            "zzzzzzzzzzzzzz!9",
        ] {
            assert_eq!(find(password), Some(Pattern::Repeated), "{password}");
        }
    }

    #[test]
    fn sequences_are_found() {
        for password in [
            "abcdefghijklmno",
            "zyxwvutsrqponml",
            "12345678901234567890",
            "0987654321",
            "qwertyuiopasdfgh",
            "QWERTZUIOPASDFG",
            "1qaz2wsx3edc4rfv",
            "abcdefgh12345678",
            "abcd1234abcd12345!",
            "qwertyuiop12345!!",
            "poiuytrewqlkjhgfdsa",
            "!@#$%^&*()1234567",
        ] {
            assert_eq!(find(password), Some(Pattern::Sequential), "{password}");
        }
    }

    #[test]
    fn a_run_inside_of_a_password_is_no_fault() {
        for password in
            ["", "a", "my abc horse 123 lamp", "defghi is a word I know", "correct horse battery staple", "ab", "xk7"]
        {
            assert_eq!(find(password), None, "{password}");
        }
    }
}
