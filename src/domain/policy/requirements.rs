//! What the configuration asks of a password, without the lists of refused ones: cheap to have, so that a mail, a prompt and a list of
//! users know it without reading a file.

use std::time::Duration;

use sha2::Digest;
use sha2::Sha256;

use super::CharacterClass;
use super::MIN_LENGTH;
use super::blocklist;
use super::own_lists::ListDigests;

/// Raised with every change of the built-in rules that can refuse a password which the rules before accepted.
const RULES: u32 = 3;

/// What is asked of a password.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Requirements {
    /// The fewest characters: Unicode scalar values of the NFC text.
    pub min_length: u32,
    /// The most characters; `None`: [`MAX_BYTES`](super::MAX_BYTES) is the only bound. NIST asks for at least 64.
    pub max_length: Option<u32>,
    /// The classes of which a password needs at least one character each. NIST advises against any.
    pub classes: Vec<CharacterClass>,
    /// How many of the user's former passwords are refused, the present one included; 0 refuses none.
    pub history: u32,
    /// The lowest zxcvbn score, 0 to 4; 0 asks for none.
    pub min_score: u8,
    /// Words that belong to the organization besides its name, such as those of products and places.
    pub words: Vec<String>,
    /// Whether the organization has lists of refused passwords of its own.
    pub has_own_list: bool,
    /// How long passwords are valid.
    pub ages: PasswordAges,
}

/// How long passwords are valid.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct PasswordAges {
    /// How long users keep a password that they chose before they may change it.
    pub min_age: Option<Duration>,
    /// The age at which a password must be changed. NIST advises against any.
    pub max_age: Option<Duration>,
    /// How long a password is valid that somebody else set and the user must change.
    pub temporary_lifetime: Option<Duration>,
    /// Whether users must change every password that somebody else set.
    pub must_change_after_set: bool,
}

/// What is asked of the users with one role besides what is asked of all; `None`: nothing else.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct StricterRequirements {
    /// The fewest characters.
    pub min_length: Option<u32>,
    /// More classes.
    pub classes: Vec<CharacterClass>,
    /// How many former passwords are refused.
    pub history: Option<u32>,
    /// The lowest zxcvbn score.
    pub min_score: Option<u8>,
    /// How long they keep a password that they chose.
    pub min_age: Option<Duration>,
    /// The age at which a password must be changed.
    pub max_age: Option<Duration>,
    /// How long a password is valid that somebody else set and the user must change.
    pub temporary_lifetime: Option<Duration>,
    /// Whether they must change every password that somebody else set.
    pub must_change_after_set: bool,
}

impl Default for Requirements {
    fn default() -> Self {
        Self {
            min_length: MIN_LENGTH,
            max_length: None,
            classes: Vec::new(),
            history: 0,
            min_score: 0,
            words: Vec::new(),
            has_own_list: false,
            ages: PasswordAges::default(),
        }
    }
}

impl Requirements {
    /// These requirements and those of a role: of each, the stricter one.
    #[must_use]
    pub fn stricter(&self, role: &StricterRequirements) -> Self {
        let mut classes: Vec<CharacterClass> = self.classes.iter().chain(&role.classes).copied().collect();
        classes.sort_unstable();
        classes.dedup();
        let shorter = |one: Option<Duration>, other: Option<Duration>| match (one, other) {
            (Some(one), Some(other)) => Some(one.min(other)),
            (one, other) => one.or(other),
        };
        Self {
            min_length: self.min_length.max(role.min_length.unwrap_or(0)),
            classes,
            history: self.history.max(role.history.unwrap_or(0)),
            min_score: self.min_score.max(role.min_score.unwrap_or(0)),
            ages: PasswordAges {
                min_age: self.ages.min_age.max(role.min_age),
                max_age: shorter(self.ages.max_age, role.max_age),
                temporary_lifetime: shorter(self.ages.temporary_lifetime, role.temporary_lifetime),
                must_change_after_set: self.ages.must_change_after_set || role.must_change_after_set,
            },
            ..self.clone()
        }
    }

    /// How many of the user's passwords a new one must not match, counted back from the current one. `must_differ`: the
    /// current one is refused whatever `history` says, because the user was to choose another.
    pub fn refused_passwords(&self, must_differ: bool) -> u32 {
        if must_differ { self.history.max(1) } else { self.history }
    }

    /// A short text that is the same for two policies only if they accept the same passwords. It stands beside each
    /// stored password, so that those set under another policy can be found. How long passwords are valid is no part of it.
    ///
    /// It is the first 16 hexadecimal digits of a SHA-256 over every field, the digest of each blocklist and the version of the
    /// built-in rules. The order of the classes, the words and the lists does not count.
    pub fn fingerprint(&self, lists: &ListDigests) -> String {
        let mut classes = self.classes.clone();
        classes.sort_unstable();
        classes.dedup();
        let classes: Vec<String> = classes.iter().map(CharacterClass::to_string).collect();
        let mut hash = Sha256::new();
        hash.update(format!(
            "rules {RULES} min_length {} classes {} history {} min_score {}\n",
            self.min_length,
            classes.join(","),
            self.history,
            self.min_score
        ));
        blocklist::feed_common(&mut hash);
        // What is not asked for is not fed, so that the default is what it was before it could be.
        if let Some(most) = self.max_length {
            hash.update(format!("max_length {most}\n"));
        }
        let mut words = self.words.clone();
        words.sort_unstable();
        words.dedup();
        for word in words {
            hash.update(format!("word {word}\n"));
        }
        for digest in lists.sorted() {
            hash.update(b"listed ");
            hash.update(digest);
        }
        hash.finalize().iter().take(8).map(|byte| format!("{byte:02x}")).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_stricter_value_holds_key_by_key() {
        const DAY: Duration = Duration::from_secs(86_400);
        let ages = |days: u32| PasswordAges {
            min_age: Some(DAY),
            max_age: Some(DAY * days),
            temporary_lifetime: None,
            must_change_after_set: days == 30,
        };
        let general = Requirements {
            min_length: 15,
            history: 5,
            classes: vec![CharacterClass::Digit],
            ages: ages(90),
            ..Requirements::default()
        };
        let role = StricterRequirements {
            min_length: Some(20),
            history: Some(2),
            classes: vec![CharacterClass::Upper, CharacterClass::Digit],
            min_score: Some(3),
            max_age: Some(DAY * 30),
            must_change_after_set: true,
            ..StricterRequirements::default()
        };
        let both = general.stricter(&role);
        let classes = vec![CharacterClass::Upper, CharacterClass::Digit];
        let expected = Requirements { min_length: 20, min_score: 3, classes, ages: ages(30), ..general.clone() };
        assert_eq!(both, expected);
        assert_eq!(both.stricter(&role), both, "the same again");
        assert_eq!(general.stricter(&StricterRequirements::default()), general);
        let longer = StricterRequirements { min_age: Some(DAY * 2), max_age: Some(DAY * 400), ..Default::default() };
        let both = general.stricter(&longer);
        assert_eq!((both.ages.min_age, both.ages.max_age), (Some(DAY * 2), Some(DAY * 90)));
    }

    #[test]
    fn how_long_passwords_are_valid_is_no_part_of_the_fingerprint() {
        let digests = ListDigests::default();
        let ages = PasswordAges { max_age: Some(Duration::from_secs(90 * 86_400)), ..PasswordAges::default() };
        let aged = Requirements { ages, ..Requirements::default() };
        assert_eq!(aged.fingerprint(&digests), Requirements::default().fingerprint(&digests));
    }
}
