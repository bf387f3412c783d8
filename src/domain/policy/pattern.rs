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

/// The fewest characters of runs with which the digits and symbols around them do not count.
const MIN_CORE: usize = 8;

/// How many digits and symbols around the runs do not count then: a year, and something to end with. More of them may be a
/// number that nobody guesses.
const MAX_DRESS: usize = 6;

/// What fingers and minds run along, in both directions: the alphabet and the digits; of the keyboards QWERTY, QWERTZ, AZERTY and ЙЦУКЕН
/// the rows, also with shift, the columns and diagonals, and the zigzags between two rows.
///
/// Only straight ways and zigzags: the letters of many words (`were`, `assessed`) are neighbours, and no way through a keyboard
/// goes where it likes.
const TRACKS: &[&str] = &[
    "abcdefghijklmnopqrstuvwxyz",
    "01234567890",
    // Rows.
    "qwertyuiop[]\\",
    "asdfghjkl;'",
    "zxcvbnm,./",
    "1234567890-=",
    "qwertzuiopü+",
    "asdfghjklöä#",
    "yxcvbnm,.-",
    "1234567890ß´",
    "azertyuiop^$",
    "qsdfghjklmù*",
    "wxcvbn,;:!",
    "&é\"'(-è_çà)=",
    // With shift.
    "!@#$%^&*()_+",
    "!\"§$%&/()=?",
    "qwertyuiop{}|",
    "asdfghjkl:\"",
    "zxcvbnm<>?",
    "qwertzuiopü*",
    "asdfghjklöä'",
    "yxcvbnm;:_",
    "azertyuiop¨£",
    "qsdfghjklm%µ",
    "wxcvbn?./§",
    "1234567890°+",
    // The Russian keyboard.
    "йцукенгшщзхъ\\",
    "фывапролджэ",
    "ячсмитьбю.",
    // Columns.
    "1qaz",
    "2wsx",
    "3edc",
    "4rfv",
    "5tgb",
    "6yhn",
    "7ujm",
    "8ik,",
    "9ol.",
    "0p;/",
    "1qay",
    "6zhn",
    "0pö-",
    "1aqw",
    "2zsx",
    "7uj,",
    "8ik;",
    "9ol:",
    // Columns with shift, which a keyboard's owner takes for symbols.
    "!qaz",
    "@wsx",
    "#edc",
    "$rfv",
    "%tgb",
    "^yhn",
    "&ujm",
    "*ik,",
    "!qay",
    "\"wsx",
    "§edc",
    "&zhn",
    "/ujm",
    // Without the digits.
    "qaz",
    "wsx",
    "edc",
    "rfv",
    "tgb",
    "yhn",
    "zhn",
    "ujm",
    "qay",
    // Diagonals.
    "zse4",
    "xdr5",
    "cft6",
    "vgy7",
    "bhu8",
    "nji9",
    "mko0",
    "yse4",
    "vgz7",
    "wse4",
    // Zigzags.
    "1q2w3e4r5t6y7u8i9o0p",
    "q1w2e3r4t5y6u7i8o9p0",
    "1q2w3e4r5t6z7u8i9o0pß",
    "q1w2e3r4t5z6u7i8o9p0",
    "1a2z3e4r5t6y7u8i9o0p",
    "a1z2e3r4t5y6u7i8o9p0",
    "qawsedrftgyhujikolp;",
    "aqswdefrgthyjukilo;p",
    "qawsedrftgzhujikolpö",
    "aqswdefrgthzjukiloöp",
    "aqzsedrftgyhujikolpm",
    "azsxdcfvgbhnjmk,l.;/",
    "zaxscdvfbgnhmj,k.l",
    "aysxdcfvgbhnjmk,l.ö-",
    "yaxscdvfbgnhmj,k.l",
];

/// The pattern that fills `password`, if one does; case does not count.
pub(super) fn find(password: &str) -> Option<Pattern> {
    let lower = lower_case(password);
    if is_repeated(&lower) {
        return Some(Pattern::Repeated);
    }
    fills(&lower, MAX_REST).or_else(|| {
        let core = without_dress(&lower);
        (core.len() >= MIN_CORE && lower.len() - core.len() <= MAX_DRESS).then(|| fills(core, 0)).flatten()
    })
}

/// The pattern that fills `lower`, except for at most `max_rest` characters.
fn fills(lower: &[char], max_rest: usize) -> Option<Pattern> {
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
        if rest > max_rest {
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

/// The characters from the first letter to the last.
fn without_dress(characters: &[char]) -> &[char] {
    let first = characters.iter().position(|character| character.is_alphabetic());
    let last = characters.iter().rposition(|character| character.is_alphabetic());
    first.zip(last).map_or(&[], |(first, last)| &characters[first..=last])
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
            // Rows of QWERTY, QWERTZ and AZERTY.
            "qwertyuiop[]asdf",
            "qwertzuiopüasdfg",
            "azertyuiopqsdfgh",
            "mlkjhgfdsqpoiuyt",
            // Rows with shift.
            "!@#$%^&*()_+{}|",
            "!@#$%^&*()_+QWERTYUIOP{}|",
            "ASDFGHJKL:\"ZXCVBNM<>?",
            "!\"§$%&/()=?QWERTZUIOPÜ*",
            "YXCVBNM;:_ASDFGHJKLÖÄ'",
            "AZERTYUIOP¨£QSDFGHJKLM%µ",
            "WXCVBN?./§1234567890°+",
            // ЙЦУКЕН.
            "йцукенгшщзхъфывап",
            "ЙЦУКЕНГШЩЗХЪ2024",
            "фывапролджэячсмитьбю",
            // Columns, down and up, with shift.
            "qazwsxedcrfvtgb",
            "1qazxsw23edcvfr4",
            "!QAZ@WSX#EDC$RFV",
            "!QAY\"WSX§EDC4RFV",
            "qayxswedcvfrtgb",
            // Diagonals and zigzags.
            "zse4xdr5cft6vgy7",
            "1q2w3e4r5t6y7u8i",
            "q1w2e3r4t5z6u7i8",
            "qawsedrftgyhujik",
            "AzSxDcFvGbHnJmK",
            // With a year.
            "qwertyuiop2024!!",
            "1q2w3e4r5t6y2024",
            "!!qazwsxedc2025",
        ] {
            assert_eq!(find(password), Some(Pattern::Sequential), "{password}");
        }
    }

    #[test]
    fn words_whose_letters_are_neighbours_are_no_walk() {
        for password in [
            "were we there were",
            "assessed deserted",
            "weary reader rewards",
            "sweet tweed trees wept",
            "free trees were red",
            "we were as weird as ever",
            "polka million pool lion",
            "qwerty tastes like dust",
            "asdf is no sentence",
            // A number that nobody guesses stands beside the walk.
            "qwertyuiop 8302 5519 7746",
            "4815162342 qwerty lamp",
        ] {
            assert_eq!(find(password), None, "{password}");
        }
    }

    #[test]
    fn a_run_inside_of_a_password_is_no_fault() {
        for password in
            ["", "a", "my abc horse 123 lamp", "defghi is a word I know", "lamp horse battery staple", "ab", "xk7"]
        {
            assert_eq!(find(password), None, "{password}");
        }
    }
}
