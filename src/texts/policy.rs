//! The sentences of the policy: its requirements, and why a password is refused; the same at the prompt, in mails and
//! on the page.

use minijinja::Value;
use minijinja::context;
use strum::VariantArray as _;

use super::Language;
use super::mail::duration;
use crate::domain::policy::CharacterClass;
use crate::domain::policy::MAX_BYTES;
use crate::domain::policy::MIN_LENGTH;
use crate::domain::policy::PasswordError;
use crate::domain::policy::Requirements;
use crate::domain::policy::Violation;

/// The reader of a sentence about a password.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reader {
    /// The user whose password it is, who may know no technical terms.
    User,
    /// An operator who handles the password of a user.
    Operator,
}

impl Reader {
    fn is_user(self) -> bool {
        self == Self::User
    }
}

/// What `policy` asks of a password, one sentence each.
pub fn requirements(policy: &Requirements, language: &Language, reader: Reader) -> Vec<String> {
    let yours = reader.is_user();
    let mut requirements = Vec::new();
    let mut say = |name: &str, values: Value| requirements.push(language.sentence(&format!("policy.{name}"), values));
    say("min_length", context! { characters => policy.min_length });
    if let Some(characters) = policy.max_length {
        say("max_length", context! { characters });
    }
    for class in CharacterClass::VARIANTS.iter().copied().filter(|class| policy.classes.contains(class)) {
        say(class_name(class), context! {});
    }
    say("not_common", context! {});
    if policy.has_own_list {
        say("not_on_the_organizations_list", context! {});
    }
    say("not_personal", context! { yours });
    if !policy.words.is_empty() {
        say("not_words", context! {});
    }
    say("no_pattern", context! {});
    if policy.min_score > 0 {
        say("min_score", context! { score => policy.min_score, yours });
    }
    if policy.history > 0 {
        say("history", context! { passwords => policy.history, yours });
    }
    if let Some(age) = policy.ages.max_age {
        say("max_age", context! { duration => duration(language, age), yours });
    }
    if let Some(age) = policy.ages.min_age {
        say("min_age", context! { duration => duration(language, age), yours });
    }
    requirements
}

/// What operators should also know about `policy`: the longest password, which no user reaches, and requirements
/// against the advice of NIST SP 800-63B-4.
pub fn notes(policy: &Requirements, language: &Language) -> Vec<String> {
    // A character has at most 4 bytes in UTF-8.
    let longest = context! { bytes => MAX_BYTES, characters => MAX_BYTES / 4 };
    let mut notes = vec![language.sentence("policy_note.max_bytes", longest)];
    if policy.min_length < MIN_LENGTH {
        notes.push(language.sentence("policy_note.short", context! {}));
    }
    if !policy.classes.is_empty() {
        notes.push(language.sentence("policy_note.classes", context! {}));
    }
    if policy.ages.max_age.is_some() {
        notes.push(language.sentence("policy_note.max_age", context! {}));
    }
    if let Some(lifetime) = policy.ages.temporary_lifetime {
        notes.push(language.sentence("policy_note.temporary", context! { duration => duration(language, lifetime) }));
    }
    notes
}

/// Why a password is refused, for one violation.
pub fn fault(fault: &Violation, language: &Language, reader: Reader) -> String {
    let yours = reader.is_user();
    let (name, values) = match *fault {
        Violation::TooShort { min, has } => ("too_short", context! { min, has }),
        Violation::TooLong { max, has } => ("too_long", context! { max, has }),
        Violation::MissingClass(class) => (class_name(class), context! {}),
        Violation::Common => ("common", context! {}),
        Violation::Personal => ("personal", context! { yours }),
        Violation::Repeated => ("repeated", context! {}),
        Violation::Sequential => ("sequential", context! {}),
        Violation::TooGuessable { score, min } => ("too_guessable", context! { score, min, yours }),
        Violation::Disabled => ("disabled", context! {}),
        Violation::Reused { history } => ("reused", context! { passwords => history, yours }),
    };
    language.sentence(&format!("violation.{name}"), values)
}

/// Why a text cannot be a password under any policy.
pub fn error(error: &PasswordError, language: &Language) -> String {
    let (name, values) = match *error {
        PasswordError::Empty => ("empty", context! {}),
        PasswordError::NotUtf8 => ("not_utf8", context! {}),
        PasswordError::Nul => ("nul", context! {}),
        PasswordError::Tab => ("tab", context! {}),
        PasswordError::Control => ("control", context! {}),
        PasswordError::Replacement => ("replacement", context! {}),
        PasswordError::LineBreak => ("line_break", context! {}),
        PasswordError::TooLong { bytes } => ("too_long", context! { bytes, max => MAX_BYTES }),
    };
    language.sentence(&format!("password_error.{name}"), values)
}

fn class_name(class: CharacterClass) -> &'static str {
    match class {
        CharacterClass::Lower => "lower",
        CharacterClass::Upper => "upper",
        CharacterClass::Digit => "digit",
        CharacterClass::Symbol => "symbol",
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::domain::policy::PasswordAges;
    use crate::texts::Texts;

    fn strict() -> Requirements {
        Requirements {
            min_length: 8,
            max_length: Some(64),
            classes: CharacterClass::VARIANTS.to_vec(),
            history: 5,
            min_score: 3,
            words: vec!["Zeppelin Cruises".to_owned()],
            has_own_list: true,
            ages: PasswordAges {
                min_age: Some(Duration::from_secs(86_400)),
                max_age: Some(Duration::from_secs(90 * 86_400)),
                temporary_lifetime: Some(Duration::from_secs(7 * 86_400)),
                must_change_after_set: true,
            },
        }
    }

    fn language(tag: &str) -> &'static Language {
        Texts::built_in().find(tag).unwrap()
    }

    #[test]
    fn the_default_policy_is_described_in_plain_words() {
        let said = |tag| requirements(&Requirements::default(), language(tag), Reader::User).join("\n");
        insta::assert_snapshot!(said("en"), @"
        at least 15 characters (any characters, including spaces)
        not a common password, even with digits or symbols added; several words in a row are fine
        not only your name, username or email address, or the organization's name
        no repetition of one character or a short group, and no sequence such as abcdefgh12345678
        ");
        insta::assert_snapshot!(said("de"), @"
        mindestens 15 Zeichen (beliebige Zeichen, auch Leerzeichen)
        kein häufig verwendetes Passwort, auch nicht mit zusätzlichen Ziffern oder Sonderzeichen; mehrere Wörter hintereinander sind erlaubt
        nicht nur Ihr Name, Ihr Benutzername, Ihre E-Mail-Adresse oder der Name der Organisation
        keine Wiederholung eines Zeichens oder einer kurzen Zeichengruppe und keine Folge wie abcdefgh12345678
        ");
        for said in [said("en"), said("de")] {
            assert!(!said.contains('`') && !said.to_lowercase().contains("byte"), "{said}");
        }
    }

    #[test]
    fn a_strict_policy_is_described_in_plain_words_with_the_advice_of_nist() {
        let said = |tag, reader| {
            [requirements(&strict(), language(tag), reader), notes(&strict(), language(tag))].concat().join("\n")
        };
        insta::assert_snapshot!(said("en", Reader::Operator), @"
        at least 8 characters (any characters, including spaces)
        at most 64 characters
        at least one lowercase letter
        at least one capital letter
        at least one digit
        at least one symbol, such as a punctuation mark or a space
        not a common password, even with digits or symbols added; several words in a row are fine
        not on the organization's own list of refused passwords
        not only the user's name, username or email address, or the organization's name
        not only words that belong to the organization, such as the names of its products and places
        no repetition of one character or a short group, and no sequence such as abcdefgh12345678
        hard to guess (at least 3 of 4 by the estimate of zxcvbn)
        not one of the user's last 5 passwords
        valid for 90 days, and then to be changed
        kept for at least 24 hours by a user who chose it
        A password may have at most 1,024 bytes, which is at least 256 characters of any script
        NIST SP 800-63B-4 section 3.1.1.2 allows fewer than 15 characters only where a second factor is asked for too
        NIST SP 800-63B-4 section 3.1.1.2 advises against requiring classes of characters: users meet such rules in ways that are easy to guess
        NIST SP 800-63B-4 section 3.1.1.2 advises against asking users to change passwords after some time: they choose weaker ones
        A password that an operator sets and the user must change ends after 7 days
        ");
        insta::assert_snapshot!(said("en", Reader::User), @"
        at least 8 characters (any characters, including spaces)
        at most 64 characters
        at least one lowercase letter
        at least one capital letter
        at least one digit
        at least one symbol, such as a punctuation mark or a space
        not a common password, even with digits or symbols added; several words in a row are fine
        not on the organization's own list of refused passwords
        not only your name, username or email address, or the organization's name
        not only words that belong to the organization, such as the names of its products and places
        no repetition of one character or a short group, and no sequence such as abcdefgh12345678
        hard to guess: several uncommon words are good
        not one of your last 5 passwords
        valid for 90 days, and then to be changed
        kept for at least 24 hours after you choose it
        A password may have at most 1,024 bytes, which is at least 256 characters of any script
        NIST SP 800-63B-4 section 3.1.1.2 allows fewer than 15 characters only where a second factor is asked for too
        NIST SP 800-63B-4 section 3.1.1.2 advises against requiring classes of characters: users meet such rules in ways that are easy to guess
        NIST SP 800-63B-4 section 3.1.1.2 advises against asking users to change passwords after some time: they choose weaker ones
        A password that an operator sets and the user must change ends after 7 days
        ");
        insta::assert_snapshot!(said("de", Reader::Operator), @"
        mindestens 8 Zeichen (beliebige Zeichen, auch Leerzeichen)
        höchstens 64 Zeichen
        mindestens ein Kleinbuchstabe
        mindestens ein Großbuchstabe
        mindestens eine Ziffer
        mindestens ein Sonderzeichen, etwa ein Satzzeichen oder ein Leerzeichen
        kein häufig verwendetes Passwort, auch nicht mit zusätzlichen Ziffern oder Sonderzeichen; mehrere Wörter hintereinander sind erlaubt
        nicht auf der Sperrliste der Organisation
        nicht nur Name, Benutzername, E-Mail-Adresse oder der Name der Organisation
        nicht nur Wörter, die zur Organisation gehören, etwa Namen von Produkten oder Standorten
        keine Wiederholung eines Zeichens oder einer kurzen Zeichengruppe und keine Folge wie abcdefgh12345678
        schwer zu erraten (mindestens 3 von 4 Punkten in der Schätzung von zxcvbn)
        keines der letzten 5 Passwörter
        90 Tage gültig und danach zu ändern
        mindestens 24 Stunden beizubehalten, wenn es selbst gewählt wurde
        Ein Passwort darf höchstens 1.024 Bytes haben, das sind mindestens 256 Zeichen jeder Schrift
        NIST SP 800-63B-4, Abschnitt 3.1.1.2, erlaubt weniger als 15 Zeichen nur, wo auch ein zweiter Faktor verlangt wird
        NIST SP 800-63B-4, Abschnitt 3.1.1.2, rät davon ab, Zeichenarten zu verlangen: Solche Regeln werden auf leicht zu erratende Weise erfüllt
        NIST SP 800-63B-4, Abschnitt 3.1.1.2, rät davon ab, Passwörter nach einiger Zeit ändern zu lassen: Es werden dann schwächere gewählt
        Ein Passwort, das andere festlegen und das zu ändern ist, gilt 7 Tage
        ");
        insta::assert_snapshot!(said("de", Reader::User), @"
        mindestens 8 Zeichen (beliebige Zeichen, auch Leerzeichen)
        höchstens 64 Zeichen
        mindestens ein Kleinbuchstabe
        mindestens ein Großbuchstabe
        mindestens eine Ziffer
        mindestens ein Sonderzeichen, etwa ein Satzzeichen oder ein Leerzeichen
        kein häufig verwendetes Passwort, auch nicht mit zusätzlichen Ziffern oder Sonderzeichen; mehrere Wörter hintereinander sind erlaubt
        nicht auf der Sperrliste der Organisation
        nicht nur Ihr Name, Ihr Benutzername, Ihre E-Mail-Adresse oder der Name der Organisation
        nicht nur Wörter, die zur Organisation gehören, etwa Namen von Produkten oder Standorten
        keine Wiederholung eines Zeichens oder einer kurzen Zeichengruppe und keine Folge wie abcdefgh12345678
        schwer zu erraten: am besten mehrere ungewöhnliche Wörter
        keines Ihrer letzten 5 Passwörter
        90 Tage gültig und danach zu ändern
        mindestens 24 Stunden beizubehalten, wenn Sie es selbst gewählt haben
        Ein Passwort darf höchstens 1.024 Bytes haben, das sind mindestens 256 Zeichen jeder Schrift
        NIST SP 800-63B-4, Abschnitt 3.1.1.2, erlaubt weniger als 15 Zeichen nur, wo auch ein zweiter Faktor verlangt wird
        NIST SP 800-63B-4, Abschnitt 3.1.1.2, rät davon ab, Zeichenarten zu verlangen: Solche Regeln werden auf leicht zu erratende Weise erfüllt
        NIST SP 800-63B-4, Abschnitt 3.1.1.2, rät davon ab, Passwörter nach einiger Zeit ändern zu lassen: Es werden dann schwächere gewählt
        Ein Passwort, das andere festlegen und das zu ändern ist, gilt 7 Tage
        ");
    }

    #[test]
    fn every_fault_and_error_has_its_sentence() {
        let faults = [
            Violation::TooShort { min: 15, has: 1 },
            Violation::TooLong { max: 64, has: 65 },
            Violation::MissingClass(CharacterClass::Symbol),
            Violation::Common,
            Violation::Personal,
            Violation::Repeated,
            Violation::Sequential,
            Violation::TooGuessable { score: 1, min: 3 },
            Violation::Disabled,
            Violation::Reused { history: 1 },
            Violation::Reused { history: 5 },
        ];
        let errors = [
            PasswordError::Empty,
            PasswordError::NotUtf8,
            PasswordError::Nul,
            PasswordError::Tab,
            PasswordError::LineBreak,
            PasswordError::Control,
            PasswordError::Replacement,
            PasswordError::TooLong { bytes: 1_025 },
        ];
        for one in &errors {
            // The command line has no texts to look into.
            assert_eq!(error(one, language("en")), one.to_string());
        }
        let said = |tag, reader| {
            let faults = faults.iter().map(|one| fault(one, language(tag), reader));
            faults.chain(errors.iter().map(|one| error(one, language(tag)))).collect::<Vec<_>>().join("\n")
        };
        insta::assert_snapshot!(said("en", Reader::Operator), @"
        too short: 1 character, at least 15 are needed
        too long: 65 characters, at most 64 are allowed
        no symbol, such as a punctuation mark or a space: at least one is needed
        too common: it is on a list of refused passwords, or is one of them with digits or symbols added or letters replaced
        too close to the user: it is only the name, username, email address or organization
        too regular: one character or a short group repeated
        too regular: a sequence of letters, digits or neighbouring keys
        too easy to guess: a score of 1 of 4, at least 3 is needed; add uncommon words
        used before: it is a password that was disabled
        used before: it is the user's current password
        used before: it is one of the user's last 5 passwords
        the password is empty; give at least one character
        the password is not UTF-8; set the terminal or the file to UTF-8 and type it again
        the password contains a NUL character, which no login form can send; leave it out
        the password contains a TAB character, which most login forms cannot take; leave it out
        the password contains a line break, which cannot be typed at a terminal; give it as one line
        the password contains a control character, which no login form can take; leave it out
        the password contains U+FFFD, which replaces a character that was lost on the way; give it in UTF-8
        the password has 1025 bytes, and 1024 are allowed; choose a shorter one
        ");
        insta::assert_snapshot!(said("en", Reader::User), @"
        too short: 1 character, at least 15 are needed
        too long: 65 characters, at most 64 are allowed
        no symbol, such as a punctuation mark or a space: at least one is needed
        too common: it is on a list of refused passwords, or is one of them with digits or symbols added or letters replaced
        too close to you: it is only your name, username, email address or organization
        too regular: one character or a short group repeated
        too regular: a sequence of letters, digits or neighbouring keys
        too easy to guess; add uncommon words
        used before: it is a password that was disabled
        used before: it is your current password
        used before: it is one of your last 5 passwords
        the password is empty; give at least one character
        the password is not UTF-8; set the terminal or the file to UTF-8 and type it again
        the password contains a NUL character, which no login form can send; leave it out
        the password contains a TAB character, which most login forms cannot take; leave it out
        the password contains a line break, which cannot be typed at a terminal; give it as one line
        the password contains a control character, which no login form can take; leave it out
        the password contains U+FFFD, which replaces a character that was lost on the way; give it in UTF-8
        the password has 1025 bytes, and 1024 are allowed; choose a shorter one
        ");
        insta::assert_snapshot!(said("de", Reader::Operator), @"
        zu kurz: 1 Zeichen, mindestens 15 sind nötig
        zu lang: 65 Zeichen, erlaubt sind höchstens 64
        es fehlt ein Sonderzeichen, etwa ein Satzzeichen oder ein Leerzeichen
        zu verbreitet: Es steht auf einer Sperrliste oder ist ein solches Passwort mit zusätzlichen Ziffern oder Sonderzeichen oder mit ersetzten Buchstaben
        zu persönlich: Es besteht nur aus Name, Benutzername, E-Mail-Adresse oder Organisation
        zu regelmäßig: Ein Zeichen oder eine kurze Zeichengruppe wiederholt sich
        zu regelmäßig: eine Folge von Buchstaben, Ziffern oder benachbarten Tasten
        zu leicht zu erraten: 1 von 4 Punkten, mindestens 3 sind nötig; seltene Wörter helfen
        schon verwendet: Es ist ein Passwort, das gesperrt wurde
        schon verwendet: Es ist das bisherige Passwort
        schon verwendet: Es ist eines der letzten 5 Passwörter
        Das Passwort ist leer; mindestens ein Zeichen ist nötig
        Das Passwort ist kein UTF-8; stellen Sie Terminal oder Datei auf UTF-8 und geben Sie es neu ein
        Das Passwort enthält ein NUL-Zeichen, das kein Anmeldeformular senden kann; lassen Sie es weg
        Das Passwort enthält ein Tabulatorzeichen, das die meisten Anmeldeformulare nicht annehmen; lassen Sie es weg
        Das Passwort enthält einen Zeilenumbruch, der sich am Terminal nicht eingeben lässt; geben Sie es in einer Zeile ein
        Das Passwort enthält ein Steuerzeichen, das kein Anmeldeformular annimmt; lassen Sie es weg
        Das Passwort enthält U+FFFD, das für ein unterwegs verlorenes Zeichen steht; geben Sie es in UTF-8 ein
        Das Passwort hat 1.025 Bytes, erlaubt sind 1.024; wählen Sie ein kürzeres
        ");
        insta::assert_snapshot!(said("de", Reader::User), @"
        zu kurz: 1 Zeichen, mindestens 15 sind nötig
        zu lang: 65 Zeichen, erlaubt sind höchstens 64
        es fehlt ein Sonderzeichen, etwa ein Satzzeichen oder ein Leerzeichen
        zu verbreitet: Es steht auf einer Sperrliste oder ist ein solches Passwort mit zusätzlichen Ziffern oder Sonderzeichen oder mit ersetzten Buchstaben
        zu persönlich: Es besteht nur aus Ihrem Namen, Ihrem Benutzernamen, Ihrer E-Mail-Adresse oder dem Namen Ihrer Organisation
        zu regelmäßig: Ein Zeichen oder eine kurze Zeichengruppe wiederholt sich
        zu regelmäßig: eine Folge von Buchstaben, Ziffern oder benachbarten Tasten
        zu leicht zu erraten; seltene Wörter helfen
        schon verwendet: Es ist ein Passwort, das gesperrt wurde
        schon verwendet: Es ist Ihr bisheriges Passwort
        schon verwendet: Es ist eines Ihrer letzten 5 Passwörter
        Das Passwort ist leer; mindestens ein Zeichen ist nötig
        Das Passwort ist kein UTF-8; stellen Sie Terminal oder Datei auf UTF-8 und geben Sie es neu ein
        Das Passwort enthält ein NUL-Zeichen, das kein Anmeldeformular senden kann; lassen Sie es weg
        Das Passwort enthält ein Tabulatorzeichen, das die meisten Anmeldeformulare nicht annehmen; lassen Sie es weg
        Das Passwort enthält einen Zeilenumbruch, der sich am Terminal nicht eingeben lässt; geben Sie es in einer Zeile ein
        Das Passwort enthält ein Steuerzeichen, das kein Anmeldeformular annimmt; lassen Sie es weg
        Das Passwort enthält U+FFFD, das für ein unterwegs verlorenes Zeichen steht; geben Sie es in UTF-8 ein
        Das Passwort hat 1.025 Bytes, erlaubt sind 1.024; wählen Sie ein kürzeres
        ");
    }
}
