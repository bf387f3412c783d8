//! What a secret of this program looks like, so that no message, log or event repeats one that came in a wrong place: as an
//! argument, or in a file that was named for another one.

use std::borrow::Cow;
use std::collections::HashSet;
use std::ops::Range;
use std::sync::LazyLock;

/// Lower-case letters of generated passwords, which are not mistaken for another character: without `l` and `o`.
pub const LOWER: &str = "abcdefghijkmnpqrstuvwxyz";
/// Upper-case letters of generated passwords, without `I` and `O`.
pub const UPPER: &str = "ABCDEFGHJKLMNPQRSTUVWXYZ";
/// Digits of generated passwords, without `0` and `1`.
pub const DIGITS: &str = "23456789";
/// Symbols of generated passwords: on every keyboard, and not to be quoted in a shell or a mail.
pub const SYMBOLS: &str = "-_.:+=%";
/// The words of generated passphrases, a word a line, all in lower case.
pub const WORDS: &str = include_str!("../secrets/words.txt");

/// The characters of a reset code.
pub const CODE: usize = 26;
/// The most symbols that a code is sought in: what may be before it in a link, such as `%23%21`, is no separator of its own.
const LONGEST_CODE: usize = CODE + 6;
/// The hexadecimal digits of a reset key.
const KEY: usize = 64;
/// So many words of the list in a row are no accident.
const PHRASE: usize = 5;
/// A generated password that is shorter is not told from a name.
const SHORTEST_PASSWORD: usize = 12;
/// The most characters of a generated password.
const LONGEST_PASSWORD: usize = 1_024;
/// So many changes within a word are unlike those of names (`JohnSmith22`): from a capital to another, or to or from a digit.
const ODD_PAIRS: usize = 3;
/// The most pieces of a word whose combinations are all looked at.
const MAX_PIECES: usize = 16;

/// What a part of a text may be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Code,
    Key,
    Password,
}

impl Kind {
    fn label(self) -> &'static str {
        match self {
            Self::Code => "(hidden: may be a code)",
            Self::Key => "(hidden: may be a key)",
            Self::Password => "(hidden: may be a password)",
        }
    }
}

/// The text with a note in place of each part that has the form of a secret: a reset code, alone or in a link, the reset key, a
/// generated password or passphrase. A password that a person chose has no form.
pub fn without_secrets(text: &str) -> Cow<'_, str> {
    replaced(text, secrets(text))
}

/// The same of the forms that no name has by accident, reset codes and keys: for a whole message, which names users.
pub fn without_codes_and_keys(text: &str) -> Cow<'_, str> {
    replaced(text, codes_and_keys(text))
}

/// As [`without_secrets`], of a text that may be longer than anything that is shown: only its first `characters`, and enough
/// behind them to know a secret that ends there.
pub fn beginning_without_secrets(text: &str, characters: usize) -> Cow<'_, str> {
    let end = text.char_indices().nth(characters.saturating_add(LONGEST_PASSWORD)).map_or(text.len(), |(at, _)| at);
    without_secrets(&text[..end])
}

/// Whether a generated password of random characters would be known as one wherever it is repeated. One that is shorter than 12
/// characters is told from a name by nothing, and passes.
pub fn is_known_as_password(characters: &str) -> bool {
    characters.len() < SHORTEST_PASSWORD || may_be_password(characters.as_bytes())
}

/// The parts of a text that have the form of a secret.
pub fn secrets_in(text: &str) -> Vec<&str> {
    secrets(text).into_iter().map(|(place, _)| &text[place]).collect()
}

/// The text with a note in place of each of the secrets, which were found elsewhere, in whatever case it repeats them.
pub fn without_these(text: &str, secrets: &[String]) -> String {
    let mut text = text.to_owned();
    for secret in secrets {
        let (lower, label) = (secret.to_ascii_lowercase(), label_of(secret));
        // Lower case in ASCII has the same bytes in number.
        while let Some(at) = text.to_ascii_lowercase().find(&lower) {
            text.replace_range(at..at + lower.len(), label);
        }
    }
    text
}

fn label_of(secret: &str) -> &'static str {
    secrets(secret).first().map_or(Kind::Code, |(_, kind)| *kind).label()
}

fn replaced(text: &str, mut places: Vec<(Range<usize>, Kind)>) -> Cow<'_, str> {
    if places.is_empty() {
        return Cow::Borrowed(text);
    }
    places.sort_by_key(|(place, _)| (place.start, usize::MAX - place.end));
    let (mut shown, mut done) = (String::with_capacity(text.len()), 0);
    for (place, kind) in places {
        if place.start >= done {
            shown.push_str(&text[done..place.start]);
            shown.push_str(kind.label());
        }
        done = done.max(place.end);
    }
    shown.push_str(&text[done..]);
    Cow::Owned(shown)
}

fn secrets(text: &str) -> Vec<(Range<usize>, Kind)> {
    let mut places = codes_and_keys(text);
    if text.len() >= SHORTEST_PASSWORD {
        phrases(text, &mut places);
        passwords(text, &mut places);
    }
    places
}

fn codes_and_keys(text: &str) -> Vec<(Range<usize>, Kind)> {
    let mut places = Vec::new();
    if text.len() >= CODE {
        keys(text, &mut places);
        codes(text, &mut places);
    }
    places
}

/// The longest runs of bytes that are such.
fn runs(text: &str, is_such: impl Fn(u8) -> bool) -> Vec<Range<usize>> {
    let mut runs: Vec<Range<usize>> = Vec::new();
    for (at, _) in text.bytes().enumerate().filter(|(_, byte)| is_such(*byte)) {
        match runs.last_mut() {
            Some(run) if run.end == at => run.end += 1,
            _ => runs.push(at..at + 1),
        }
    }
    runs
}

fn keys(text: &str, places: &mut Vec<(Range<usize>, Kind)>) {
    let runs = runs(text, |byte| byte.is_ascii_hexdigit()).into_iter();
    places.extend(runs.filter(|run| run.len() >= KEY).map(|run| (run, Kind::Key)));
}

/// Codes as they are written, and as people type them: in groups, with O for 0 and I or L for 1. U is in none.
fn codes(text: &str, places: &mut Vec<(Range<usize>, Kind)>) {
    let pieces = runs(text, |byte| byte.is_ascii_alphanumeric() && !byte.eq_ignore_ascii_case(&b'u'));
    let mut next = 0;
    while next < pieces.len() {
        let found = (next + 1..=pieces.len()).find_map(|end| {
            let group = &pieces[next..end];
            let symbols: usize = group.iter().map(Range::len).sum();
            (symbols >= CODE).then_some((end, symbols))
        });
        let Some((end, symbols)) = found else { break };
        // What is long enough alone needs nothing before it.
        let next_alone = if pieces[end - 1].len() >= CODE { end - 1 } else { next };
        if next_alone > next {
            next = next_alone;
            continue;
        }
        let group = &pieces[next..end];
        if symbols <= LONGEST_CODE && may_be_code(text, group) {
            places.push((group[0].start..group[group.len() - 1].end, Kind::Code));
            next = end;
        } else {
            next += 1;
        }
    }
}

fn may_be_code(text: &str, group: &[Range<usize>]) -> bool {
    let between = || group.windows(2).map(|pair| &text[pair[0].end..pair[1].start]);
    let is_dash = |c: char| matches!(c, '-' | '\u{2010}'..='\u{2015}');
    let has_dashes = between().all(|gap| gap.chars().count() <= 3 && gap.chars().all(is_dash));
    let has_blanks =
        between().all(|gap| gap.chars().count() <= 3 && gap.chars().all(|c| is_dash(c) || c.is_whitespace()));
    let is_in_groups = group.iter().map(Range::len).eq([5, 5, 5, 5, 6]);
    // Blanks are in sentences too.
    let is_all = group[0].start == 0 && group[group.len() - 1].end == text.len();
    if !has_dashes && !(has_blanks && (is_in_groups || is_all)) {
        return false;
    }
    let symbols: Vec<u8> = group.iter().flat_map(|piece| text[piece.clone()].bytes()).collect();
    // A hash or a UUID in hexadecimal digits.
    if symbols.iter().all(u8::is_ascii_hexdigit) {
        return false;
    }
    let has_digit = symbols.iter().any(u8::is_ascii_digit);
    let is_upper = !symbols.iter().any(u8::is_ascii_lowercase);
    let changes = symbols.windows(2).filter(|pair| pair[0].is_ascii_digit() != pair[1].is_ascii_digit()).count();
    // Names have their digits in one place, and hardly any code has.
    changes >= ODD_PAIRS || has_digit && (is_in_groups || is_upper && symbols.len() == CODE)
}

fn phrases(text: &str, places: &mut Vec<(Range<usize>, Kind)>) {
    static LIST: LazyLock<HashSet<&str>> = LazyLock::new(|| WORDS.lines().collect());
    let pieces = runs(text, |byte| byte.is_ascii_alphanumeric());
    if pieces.len() < PHRASE {
        return;
    }
    let is_word = |piece: &Range<usize>| {
        let word = text[piece.clone()].trim_end_matches(|c: char| c.is_ascii_digit()).to_ascii_lowercase();
        LIST.contains(&*word)
    };
    let is_joined = |one: &Range<usize>, next: &Range<usize>| {
        text.get(one.end..next.start).is_some_and(|gap| gap.len() == 1 && "-_. ".contains(gap))
    };
    let mut at = 0;
    while at < pieces.len() {
        let mut end = at;
        while end < pieces.len() && is_word(&pieces[end]) && (end == at || is_joined(&pieces[end - 1], &pieces[end])) {
            end += 1;
        }
        if end - at >= PHRASE {
            places.push((pieces[at].start..pieces[end - 1].end, Kind::Password));
        }
        at = end.max(at + 1);
    }
}

fn passwords(text: &str, places: &mut Vec<(Range<usize>, Kind)>) {
    for word in runs(text, |byte| byte.is_ascii_alphanumeric() || SYMBOLS.as_bytes().contains(&byte)) {
        // A part of a path, such as that of a temporary directory, is none.
        let is_in_path = text[..word.start].ends_with('/') || text[word.end..].starts_with('/');
        if word.len() < SHORTEST_PASSWORD || is_in_path {
            continue;
        }
        if may_be_password(&text.as_bytes()[word.clone()]) {
            places.push((word, Kind::Password));
            continue;
        }
        // Another word may be before or behind it, such as in `alice:PASSWORD`.
        let pieces = runs(&text[word.clone()], |byte| byte.is_ascii_alphanumeric());
        let pieces: Vec<_> = pieces.into_iter().map(|piece| piece.start + word.start..piece.end + word.start).collect();
        let mut combined = combinations(text, &word, &pieces);
        combined.sort_by_key(|part| usize::MAX - part.len());
        let may_be =
            |part: &Range<usize>| part.len() >= SHORTEST_PASSWORD && may_be_password(&text.as_bytes()[part.clone()]);
        places.extend(combined.into_iter().filter(may_be).map(|part| (part, Kind::Password)));
    }
}

/// From the beginning of each of the pieces of a word to the end of each, and to and from what separates two fields: a password may
/// begin or end with a symbol. Of very many pieces, only the fields.
fn combinations(text: &str, word: &Range<usize>, mut pieces: &[Range<usize>]) -> Vec<Range<usize>> {
    let is_separator = |at: &usize| matches!(text.as_bytes()[*at], b':' | b'=');
    let separators = || word.clone().filter(is_separator).take(MAX_PIECES);
    if pieces.len() > MAX_PIECES {
        pieces = &[];
    }
    let starts = pieces.iter().map(|piece| piece.start).chain([word.start]).chain(separators().map(|at| at + 1));
    let ends: Vec<usize> = pieces.iter().map(|piece| piece.end).chain([word.end]).chain(separators()).collect();
    let from = |start: usize| ends.iter().filter(move |end| **end > start).map(move |end| start..*end);
    starts.flat_map(from).collect()
}

fn may_be_password(word: &[u8]) -> bool {
    let is_of = |set: &str, byte: &u8| set.as_bytes().contains(byte);
    let is_known = |byte: &u8| [LOWER, UPPER, DIGITS, SYMBOLS].iter().any(|set| is_of(set, byte));
    let count = |set: &str| word.iter().filter(|byte| is_of(set, byte)).count();
    let is_odd = |pair: &&[u8]| {
        let is_digit = (pair[0].is_ascii_digit(), pair[1].is_ascii_digit());
        let is_alphanumeric = pair.iter().all(u8::is_ascii_alphanumeric);
        is_alphanumeric && (is_digit.0 != is_digit.1 || pair.iter().all(u8::is_ascii_uppercase))
    };
    word.iter().all(is_known)
        && count(LOWER) >= 2
        && count(UPPER) >= 2
        && word.windows(2).filter(is_odd).count() >= ODD_PAIRS
}

#[cfg(test)]
mod tests {
    use super::*;

    const KEY_DIGITS: &str = "00112233445566778899aabbccddeeff00112233445566778899AABBCCDDEEFF";

    #[test]
    fn codes_and_links_are_hidden() {
        for (given, shown) in [
            ("MXSXY0FZXMB264D4ZRK80R234D", "(hidden: may be a code)"),
            ("mxsxyOfzxmb264d4zrk8Or234d", "(hidden: may be a code)"),
            ("MXSXY-0FZXM-B264D-4ZRK8-0R234D", "(hidden: may be a code)"),
            ("MXSXY 0FZXM B264D 4ZRK8 0R234D", "(hidden: may be a code)"),
            ("MXS XY0 FZXMB264D4ZRK80R234D", "(hidden: may be a code)"),
            ("abcde fghjk mnpqr stvwx yz0123", "(hidden: may be a code)"),
            ("0123456789ABCDEFGHJKMNPQRS", "(hidden: may be a code)"),
            (
                "https://r.example.com/#MXSXY0FZXMB264D4ZRK80R234D&a=b",
                "https://r.example.com/#(hidden: may be a code)&a=b",
            ),
            (
                "https://r.example.com/%23%21MXSXY0FZXMB264D4ZRK80R234D",
                "https://r.example.com/%23%(hidden: may be a code)",
            ),
            ("user MXSXY-0FZXM-B264D-4ZRK8-0R234D or none", "user (hidden: may be a code) or none"),
            ("my-reset-link-MXSXY0FZXMB264D4ZRK80R234D", "my-reset-link-(hidden: may be a code)"),
        ] {
            assert_eq!(without_secrets(given), shown);
            assert_eq!(without_codes_and_keys(given), shown);
        }
    }

    #[test]
    fn keys_are_hidden() {
        assert_eq!(without_secrets(KEY_DIGITS), "(hidden: may be a key)");
        assert_eq!(without_codes_and_keys(&format!("key={KEY_DIGITS}0, x")), "key=(hidden: may be a key), x");
    }

    #[test]
    fn generated_passwords_are_hidden() {
        for (given, shown) in [
            ("ability-absorb-abstract-academic-academy", "(hidden: may be a password)"),
            ("Ability-Absorb7-Abstract-Academic-Academy.", "(hidden: may be a password)."),
            ("alice:ability absorb abstract academic academy", "alice:(hidden: may be a password)"),
            ("aB3xR9kkQWm2ZZtu7vBn", "(hidden: may be a password)"),
            ("aB3-R9kk.Wm2Z:tu7vBn", "(hidden: may be a password)"),
            ("alice:aB3xR9kkQWm2ZZtu7vBn", "alice:(hidden: may be a password)"),
        ] {
            assert_eq!(without_secrets(given), shown);
        }
    }

    #[test]
    fn names_and_sentences_are_shown() {
        for shown in [
            "alice",
            "johannes-ferdinand-smith-andersen@example.com",
            "project-alpha-team-member-0042",
            "550e8400-e29b-41d4-a716-446655440000",
            "d41d8cd98f00b204e9800998ecf8427e",
            "JohnSmithDepartment22@example.com",
            "MaryBethGreenSmith",
            "SVC_BACKUP_PRD_EAST_17",
            "is not a user as a JSON object: EOF while parsing an object",
            "2026-11-28T12:00:00+01:00[Europe/Berlin]",
            "/var/lib/cxme-admin/store.db",
            "/tmp/tmp.Xy2ab3Cd9K/store.db",
            "",
        ] {
            assert_eq!(without_secrets(shown), shown);
        }
    }

    #[test]
    fn a_secret_that_the_end_of_what_is_shown_divides_is_known() {
        let text = format!("{}{KEY_DIGITS}{}", "ü".repeat(30), "x".repeat(9_000));
        assert!(!beginning_without_secrets(&text, 40).contains("0011"));
        assert!(beginning_without_secrets(&text, 40).len() < 9_000);
    }

    #[test]
    fn secrets_that_were_given_are_hidden_wherever_they_are_repeated() {
        let given: Vec<String> = secrets_in("x/#MXSXY0FZXMB264D4ZRK80R234D").into_iter().map(str::to_owned).collect();
        let shown = without_these("no mxsxy0fzxmb264d4zrk80r234d, MXSXY0FZXMB264D4ZRK80R234D", &given);
        assert_eq!(shown, "no (hidden: may be a code), (hidden: may be a code)");
    }
}
