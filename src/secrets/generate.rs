//! Generated passwords.
//!
//! A passphrase is read out to a stranger on the telephone, who types what they understood. So `words.txt` has few
//! words, 1,024, and each of them meets these criteria; `tests/cli/phrase_words.rs` checks what a program can check:
//!
//! - **Known**: common English words of four to eight letters, without endings such as `-ed` and `-ing`, which are
//!   easily misheard.
//! - **Spelled as it sounds**: no silent letters (`kn`, `wr`, `mb`, `gh`), no `ph`, no word whose spelling or sound
//!   differs between American and British English.
//! - **Unique in its sound**: no homophone among all common English words (`brake`, `break`), and only one
//!   pronunciation.
//! - **Different from every other word of the list**: in two sounds or more, even for a listener who cannot tell
//!   voiced from unvoiced consonants, `m` from `n`, `f` from `th`, or the vowels of `bad` and `bed`; and in two
//!   letters or more, so that one typing error does not result in another word.
//! - **Nothing but a word**: no numbers, no words of a spelling alphabet (`alpha`, `hotel`), no names of people, no
//!   insult or slur, nothing about sex, crime, war, disease or death.
//!
//! The large word list of the Electronic Frontier Foundation, which was used before, is meant to be read from paper:
//! it has `gnat`, `phoney` and `wrath`, and `cash` as well as `cache`. `words.txt` is selected from it (Joseph
//! Bonneau, 2016, <https://www.eff.org/dice>; CC BY 3.0 US, <https://creativecommons.org/licenses/by/3.0/us/>) and
//! from other common words.

use std::fmt;

use thiserror::Error;
use zeroize::Zeroizing;

use super::password::Password;
use crate::domain::policy::CharacterClass;
use crate::domain::policy::MAX_BYTES;
use crate::domain::policy::PersonalWords;
use crate::domain::policy::Policy;
use crate::domain::policy::UnreadableList;
use crate::domain::secret_form::DIGITS;
use crate::domain::secret_form::LOWER;
use crate::domain::secret_form::SYMBOLS;
use crate::domain::secret_form::UPPER;
use crate::domain::secret_form::WORDS;
use crate::domain::secret_form::is_known_as_password;
use crate::random::Random;

/// The default number of characters of a generated password: 116 bits.
const CHARACTERS: usize = 20;

/// Number of lines of [`WORDS`]: ten bits a word.
const WORD_COUNT: usize = 1_024;

/// The start of each line of [`WORDS`].
static WORD_STARTS: [usize; WORD_COUNT] = {
    let mut starts = [0; WORD_COUNT];
    let (mut word, mut at) = (1, 0);
    while word < WORD_COUNT {
        if WORDS.as_bytes()[at] == b'\n' {
            starts[word] = at + 1;
            word += 1;
        }
        at += 1;
    }
    starts
};

/// The fewest words of a generated passphrase: 80 bits.
const MIN_PHRASE: usize = 8;

/// The most words, which stay within [`MAX_BYTES`] with everything that a policy adds.
const MAX_PHRASE: usize = 64;

/// How often a refused password is drawn again. Every third draw of eight characters has even all four required
/// classes, so a policy that refuses this many draws cannot be met.
const DRAWS: usize = 1_000;

/// A generated password, the only kind of password that is ever shown.
pub struct Generated(Password);

impl Generated {
    /// The password, for hashing.
    pub fn password(&self) -> &Password {
        &self.0
    }

    /// Whether a spreadsheet would take it for a formula, and show another text.
    pub fn is_like_formula(&self) -> bool {
        self.0.text().starts_with(['=', '+', '-', '@'])
    }

    /// The text, to be shown once to the operator who requested it, or written to the file that the operator named:
    /// `cli/output.rs` and `cli/users/set_password_many.rs` are the callers.
    pub fn reveal(&self) -> &str {
        self.0.text()
    }
}

impl fmt::Debug for Generated {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Generated")
    }
}

/// Why no password was generated.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum GenerateError {
    /// Fewer characters than the policy allows, or more than a password may have.
    #[error("{asked} characters are asked for; use {min} to {max}")]
    Length {
        /// The requested number of characters.
        asked: usize,
        /// The minimum of the policy.
        min: usize,
        /// What the policy allows at most, or [`MAX_BYTES`].
        max: usize,
    },
    /// Too few words to be safe, or too many.
    #[error("{asked} words are asked for; use {MIN_PHRASE} to {MAX_PHRASE}")]
    Words {
        /// The requested number of words.
        asked: usize,
    },
    /// None of many drawn passwords met the policy.
    #[error(
        "none of {DRAWS} drawn passwords met the policy; loosen `[password]` in the config, or ask for a longer one"
    )]
    Unmet,
    /// A list of refused passwords does not answer.
    #[error(transparent)]
    Unreadable(#[from] UnreadableList),
}

/// Random characters that meet `policy`: `length` of them, or 20, or as many as the policy requires if that is more.
/// Every password of that length over the unambiguous characters is equally likely if the policy accepts it and the
/// program would hide it when it is pasted in a wrong place ([`is_known_as_password`]): of 20 characters those are
/// 98.6%, which costs 0.02 bits.
///
/// # Errors
/// If `length` is out of bounds, or the policy cannot be met.
pub fn characters(
    policy: &Policy,
    words: &PersonalWords<'_>,
    random: &dyn Random,
    length: Option<usize>,
) -> Result<Generated, GenerateError> {
    let most = policy.max_length.and_then(|most| usize::try_from(most).ok());
    let (min, max) = (min_length(policy), most.unwrap_or(MAX_BYTES));
    let length = length.unwrap_or(CHARACTERS.max(min));
    if !(min..=max).contains(&length) {
        return Err(GenerateError::Length { asked: length, min, max });
    }
    let symbols = if policy.classes.contains(&CharacterClass::Symbol) { SYMBOLS } else { "" };
    let alphabet = [LOWER, UPPER, DIGITS, symbols].concat().into_bytes();
    accepted(policy, words, || {
        let mut text = Zeroizing::new(String::with_capacity(MAX_BYTES));
        for _ in 0..length {
            text.push(pick(&alphabet, random));
        }
        is_known_as_password(&text).then_some(text)
    })
}

/// Random words that meet `policy`, joined by `-`: `count` of them, or 8, and more if the policy requires more
/// characters. If it requires a capital letter, each word begins with one; if it requires a digit, one follows a
/// random word; `-` is the symbol.
///
/// # Errors
/// If `count` is out of bounds, or the policy cannot be met.
pub fn words(
    policy: &Policy,
    words: &PersonalWords<'_>,
    random: &dyn Random,
    count: Option<usize>,
) -> Result<Generated, GenerateError> {
    let count = count.unwrap_or(MIN_PHRASE);
    if !(MIN_PHRASE..=MAX_PHRASE).contains(&count) {
        return Err(GenerateError::Words { asked: count });
    }
    let capitals = policy.classes.contains(&CharacterClass::Upper);
    let digit = policy.classes.contains(&CharacterClass::Digit);
    let min_length = min_length(policy).min(MAX_BYTES);
    accepted(policy, words, || {
        let digit_behind = digit.then(|| below(count, random));
        let mut text = Zeroizing::new(String::with_capacity(2 * MAX_BYTES));
        for index in 0.. {
            if index >= count && text.len() >= min_length {
                break;
            }
            if index > 0 {
                text.push('-');
            }
            let word = word(random);
            text.push_str(word);
            if capitals {
                let start = text.len() - word.len();
                text[start..=start].make_ascii_uppercase();
            }
            if digit_behind == Some(index) {
                text.push(pick(DIGITS.as_bytes(), random));
            }
        }
        Some(text)
    })
}

/// The first drawn text that is a password and meets the policy.
fn accepted(
    policy: &Policy,
    words: &PersonalWords<'_>,
    mut draw: impl FnMut() -> Option<Zeroizing<String>>,
) -> Result<Generated, GenerateError> {
    for _ in 0..DRAWS {
        let Some(Ok(password)) = draw().map(Password::new) else { continue };
        if password.faults(policy, words)?.is_empty() {
            return Ok(Generated(password));
        }
    }
    Err(GenerateError::Unmet)
}

/// The fewest characters that `policy` allows.
fn min_length(policy: &Policy) -> usize {
    usize::try_from(policy.min_length).unwrap_or(usize::MAX).max(1)
}

/// One of several ASCII characters, each equally likely.
fn pick(characters: &[u8], random: &dyn Random) -> char {
    char::from(characters[below(characters.len(), random)])
}

/// A number below `bound`, each equally likely. Numbers of the incomplete last group are drawn again, because the
/// remainder alone would favour small numbers.
fn below(bound: usize, random: &dyn Random) -> usize {
    let groups = usize::MAX / bound;
    loop {
        let mut bytes = Zeroizing::new([0; size_of::<usize>()]);
        random.fill(&mut *bytes);
        let number = usize::from_le_bytes(*bytes);
        if number < groups * bound {
            return number % bound;
        }
    }
}

/// A word of the list, each equally likely.
fn word(random: &dyn Random) -> &'static str {
    let start = WORD_STARTS[below(WORD_COUNT, random)];
    WORDS[start..].split('\n').next().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use strum::VariantArray as _;

    use std::sync::Mutex;

    use std::collections::HashSet;
    use std::sync::Arc;

    use super::*;
    use crate::domain::policy::OwnLists;
    use crate::domain::policy::Requirements;
    use crate::domain::secret_form::without_secrets;
    use crate::random::ScriptedRandom;

    fn policies() -> Vec<Policy> {
        let mut lists = OwnLists::default();
        lists.add_words(b"zeppelin").unwrap();
        let lists = Arc::new(lists);
        let strict = |min_length, classes: &[CharacterClass], min_score| {
            let requirements = Requirements {
                min_length,
                classes: classes.to_vec(),
                history: 3,
                min_score,
                has_own_list: true,
                ..Requirements::default()
            };
            Policy { requirements, lists: Arc::clone(&lists) }
        };
        vec![
            Policy::default(),
            strict(8, &[], 0),
            strict(15, CharacterClass::VARIANTS, 0),
            strict(64, &[CharacterClass::Digit], 0),
            strict(900, &[CharacterClass::Upper], 0),
        ]
    }

    /// Both kinds, in `rounds` rounds.
    fn generate(policy: &Policy, rounds: usize) -> Vec<Generated> {
        let random = ScriptedRandom::new(42);
        let known = PersonalWords { username: "alice", ..PersonalWords::default() };
        let mut all = Vec::new();
        for _ in 0..rounds {
            all.push(characters(policy, &known, &random, None).unwrap());
            all.push(words(policy, &known, &random, None).unwrap());
        }
        all
    }

    #[test]
    fn a_thousand_passwords_for_each_policy_meet_it_and_differ() {
        for policy in policies() {
            let rounds = if policy.min_length > 100 { 50 } else { 1_000 };
            let all = generate(&policy, rounds);
            for one in &all {
                assert_eq!(one.password().faults(&policy, &PersonalWords::default()).unwrap(), [], "{}", one.reveal());
                assert!(one.reveal().len() >= 20);
            }
            assert_eq!(all.iter().map(Generated::reveal).collect::<HashSet<_>>().len(), 2 * rounds);
        }
    }

    #[test]
    fn the_highest_score_is_met() {
        let policy = Policy::from(Requirements { min_score: 4, ..Requirements::default() });
        for one in generate(&policy, 10) {
            assert_eq!(one.password().faults(&policy, &PersonalWords::default()).unwrap(), []);
        }
    }

    #[test]
    fn characters_are_unambiguous_and_all_of_them_occur() {
        let seen: HashSet<char> = generate(&Policy::default(), 500)
            .iter()
            .step_by(2)
            .flat_map(|one| one.reveal().chars().collect::<Vec<_>>())
            .collect();
        assert_eq!(seen, [LOWER, UPPER, DIGITS].concat().chars().collect());
        assert!(!seen.iter().any(|character| "0Oo1lI".contains(*character)));
        assert!(56_f64.log2() * 20.0 >= 100.0 && (seen.len(), CHARACTERS) == (56, 20));
    }

    #[test]
    fn each_password_is_recognized_as_one() {
        let random = ScriptedRandom::new(7);
        for (min_length, classes) in [(8, &[][..]), (8, CharacterClass::VARIANTS)] {
            let policy =
                Policy::from(Requirements { min_length, classes: classes.to_vec(), ..Requirements::default() });
            let known = PersonalWords::default();
            for length in (12..=32).chain([100, 1_024]) {
                for _ in 0..100 {
                    let one = characters(&policy, &known, &random, Some(length)).unwrap();
                    // The kind is another question: 26 characters may be a code.
                    let shown = without_secrets(one.reveal());
                    assert!(
                        shown.starts_with("(hidden: may be a ") && shown.ends_with(')'),
                        "{}: {shown}",
                        one.reveal()
                    );
                    let pair = format!("alice:{}", one.reveal());
                    let shown = without_secrets(&pair);
                    assert!(shown.starts_with("alice:(hidden: may be a ") && shown.ends_with(')'), "{pair}: {shown}");
                }
            }
            for _ in 0..1_000 {
                let one = words(&policy, &known, &random, None).unwrap();
                assert_eq!(without_secrets(one.reveal()), "(hidden: may be a password)", "{}", one.reveal());
            }
        }
    }

    #[test]
    fn the_requested_length_is_kept_or_refused() {
        let policy = Policy::default();
        let random = ScriptedRandom::new(1);
        let length = |length| characters(&policy, &PersonalWords::default(), &random, Some(length));
        for asked in [15, 20, 1_024] {
            assert_eq!(length(asked).unwrap().reveal().len(), asked);
        }
        for asked in [0, 14, 1_025, usize::MAX] {
            assert_eq!(length(asked).unwrap_err(), GenerateError::Length { asked, min: 15, max: 1_024 });
        }
    }

    #[test]
    fn a_phrase_has_the_requested_words_and_the_required_classes() {
        let random = ScriptedRandom::new(1);
        let phrase = |policy: &Policy, count| words(policy, &PersonalWords::default(), &random, count);
        let list: HashSet<&str> = WORDS.lines().collect();
        for count in [8, 9, 64] {
            let plain = phrase(&Policy::default(), Some(count)).unwrap();
            assert!(plain.reveal().split('-').all(|word| list.contains(word)), "{}", plain.reveal());
            assert_eq!(plain.reveal().split('-').count(), count);
        }
        let all = Policy::from(Requirements { classes: CharacterClass::VARIANTS.to_vec(), ..Requirements::default() });
        let dressed = phrase(&all, None).unwrap();
        assert_eq!(dressed.reveal().chars().filter(char::is_ascii_digit).count(), 1);
        assert_eq!(dressed.reveal().chars().filter(char::is_ascii_uppercase).count(), 8);
        for asked in [0, 7, 65] {
            assert_eq!(phrase(&all, Some(asked)).unwrap_err(), GenerateError::Words { asked });
        }
    }

    #[test]
    fn the_word_list_is_complete() {
        let words: HashSet<&str> = WORDS.lines().collect();
        assert_eq!((words.len(), WORDS.lines().count()), (WORD_COUNT, WORD_COUNT));
        assert!(WORD_STARTS.iter().zip(WORDS.lines()).all(|(&start, line)| WORDS[start..].starts_with(line)));
        assert!((WORD_COUNT as f64).log2() * MIN_PHRASE as f64 >= 80.0);
        assert!(MAX_PHRASE * ("suitcase".len() + 1) < MAX_BYTES);
    }

    #[test]
    fn numbers_are_drawn_evenly() {
        let random = ScriptedRandom::new(9);
        let mut counts = [0_u32; 56];
        for _ in 0..56_000 {
            counts[below(56, &random)] += 1;
        }
        assert!(counts.iter().all(|count| (850..1_150).contains(count)), "{counts:?}");
    }

    #[test]
    fn a_number_from_the_incomplete_group_is_drawn_again() {
        struct Script(Mutex<Vec<usize>>);
        impl Random for Script {
            fn fill(&self, bytes: &mut [u8]) {
                bytes.copy_from_slice(&self.0.lock().unwrap().remove(0).to_le_bytes());
            }
        }
        let bound = usize::MAX / 4 * 3;
        assert_eq!(below(bound, &Script(Mutex::new(vec![usize::MAX, bound, 5]))), 5);
    }

    #[test]
    fn a_policy_that_cannot_be_met_is_reported() {
        struct Stuck;
        impl Random for Stuck {
            fn fill(&self, bytes: &mut [u8]) {
                bytes.fill(0);
            }
        }
        let made = characters(&Policy::default(), &PersonalWords::default(), &Stuck, None);
        assert_eq!(made.unwrap_err(), GenerateError::Unmet);
    }

    #[test]
    fn debug_shows_nothing() {
        let one = characters(&Policy::default(), &PersonalWords::default(), &ScriptedRandom::new(1), None).unwrap();
        assert_eq!(format!("{one:?}"), "Generated");
    }
}
