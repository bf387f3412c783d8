//! English.

mod mail;

use super::grouped;
use super::policy::Sentences;
use crate::domain::policy::CharacterClass;
use crate::domain::policy::Fault;
use crate::domain::policy::PasswordError;

/// All sentences in English.
pub(super) struct English;

impl Sentences for English {
    fn min_length(&self, characters: u32) -> String {
        format!("at least {characters} characters; spaces and letters of every script count")
    }

    fn max_bytes(&self, bytes: usize) -> String {
        format!("at most {} bytes (at least {} characters of any script)", grouped(bytes, ','), bytes / 4)
    }

    fn class(&self, class: CharacterClass) -> String {
        format!("at least one {}", name(class))
    }

    fn not_common(&self) -> String {
        "not a common password, nor one with digits or symbols put around it; a phrase of several words may contain one"
            .to_owned()
    }

    fn not_on_the_organizations_list(&self) -> String {
        "not on the organization's own list of refused passwords".to_owned()
    }

    fn not_personal(&self) -> String {
        "not made only of the user's name, username or email address or of the organization's name".to_owned()
    }

    fn no_pattern(&self) -> String {
        "not one character or short block repeated, nor a sequence such as `abcdefgh12345678`".to_owned()
    }

    fn min_score(&self, score: u8) -> String {
        format!("hard to guess: a score of at least {score} of 4 in the estimate of zxcvbn")
    }

    fn history(&self, passwords: u32) -> String {
        match passwords {
            1 => "not the user's present password".to_owned(),
            _ => format!("none of the user's last {passwords} passwords"),
        }
    }

    fn classes_are_advised_against(&self) -> String {
        "NIST SP 800-63B-4 section 3.1.1.2 advises against requiring classes of characters: users meet such rules in \
         ways that are easy to guess"
            .to_owned()
    }

    fn short_needs_a_second_factor(&self) -> String {
        "NIST SP 800-63B-4 section 3.1.1.2 allows fewer than 15 characters only where a second factor is asked for too"
            .to_owned()
    }

    fn fault(&self, fault: &Fault) -> String {
        match *fault {
            Fault::TooShort { min, has: 1 } => format!("too short: 1 character, at least {min} are needed"),
            Fault::TooShort { min, has } => format!("too short: {has} characters, at least {min} are needed"),
            Fault::MissingClass(class) => format!("without a {}: at least one is needed", name(class)),
            Fault::Common => {
                "too common: it is on a list of refused passwords, or such a one with digits or symbols added or \
                 letters replaced"
                    .to_owned()
            }
            Fault::Personal => {
                "too close to the user: it is made only of the name, username, email address or organization".to_owned()
            }
            Fault::Repeated => "too regular: one character or short block repeated".to_owned(),
            Fault::Sequential => "too regular: a sequence of letters, digits or neighbouring keys".to_owned(),
            Fault::TooGuessable { score, min } => {
                format!("too easy to guess: a score of {score} of 4, at least {min} is needed; add uncommon words")
            }
            Fault::Reused { history: 0 } => "used before: it is the password that was disabled".to_owned(),
            Fault::Reused { history: 1 } => "used before: it is the user's present password".to_owned(),
            Fault::Reused { history } => format!("used before: it is one of the user's last {history} passwords"),
        }
    }

    fn error(&self, error: &PasswordError) -> String {
        error.to_string()
    }
}

/// A class of characters, in the singular.
fn name(class: CharacterClass) -> &'static str {
    match class {
        CharacterClass::Lower => "lower-case letter",
        CharacterClass::Upper => "capital letter",
        CharacterClass::Digit => "digit",
        CharacterClass::Symbol => "symbol (neither letter nor digit; a space counts)",
    }
}
