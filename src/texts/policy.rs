//! The words of the policy: what it asks, and what a password lacks; the same at the prompt, in mails and on the page.

use super::Locale;
use super::english::English;
use super::german::German;
use crate::domain::policy::CharacterClass;
use crate::domain::policy::Fault;
use crate::domain::policy::MIN_LENGTH;
use crate::domain::policy::PasswordError;
use crate::domain::policy::Policy;

/// The sentences about passwords that every language has. None ends with a full stop: they stand in lists.
pub(super) trait Sentences {
    fn min_length(&self, characters: u32) -> String;
    fn max_bytes(&self, bytes: usize) -> String;
    fn class(&self, class: CharacterClass) -> String;
    fn not_common(&self) -> String;
    fn not_on_the_organizations_list(&self) -> String;
    fn not_personal(&self) -> String;
    fn no_pattern(&self) -> String;
    fn min_score(&self, score: u8) -> String;
    fn history(&self, passwords: u32) -> String;
    fn classes_are_advised_against(&self) -> String;
    fn short_needs_a_second_factor(&self) -> String;
    fn fault(&self, fault: &Fault) -> String;
    fn error(&self, error: &PasswordError) -> String;
}

/// The sentences of a language.
fn sentences(locale: Locale) -> &'static dyn Sentences {
    match locale {
        Locale::English => &English,
        Locale::German => &German,
    }
}

/// What `policy` asks of a password, one sentence for each requirement.
pub fn requirements(policy: &Policy, locale: Locale) -> Vec<String> {
    let say = sentences(locale);
    let mut requirements = vec![say.min_length(policy.min_length), say.max_bytes(crate::domain::policy::MAX_BYTES)];
    let asked = CharacterClass::ALL.into_iter().filter(|class| policy.classes.contains(class));
    requirements.extend(asked.map(|class| say.class(class)));
    requirements.push(say.not_common());
    if !policy.blocklist.is_empty() {
        requirements.push(say.not_on_the_organizations_list());
    }
    requirements.push(say.not_personal());
    requirements.push(say.no_pattern());
    if policy.min_score > 0 {
        requirements.push(say.min_score(policy.min_score));
    }
    if policy.history > 0 {
        requirements.push(say.history(policy.history));
    }
    requirements
}

/// Where `policy` asks for what NIST SP 800-63B-4 advises against: for those who answer for it, not for its users.
pub fn notes(policy: &Policy, locale: Locale) -> Vec<String> {
    let say = sentences(locale);
    let mut notes = Vec::new();
    if policy.min_length < MIN_LENGTH {
        notes.push(say.short_needs_a_second_factor());
    }
    if !policy.classes.is_empty() {
        notes.push(say.classes_are_advised_against());
    }
    notes
}

/// Why a password is refused, for one rule that it fails.
pub fn fault(fault: &Fault, locale: Locale) -> String {
    sentences(locale).fault(fault)
}

/// Why a text is no password under any policy.
pub fn error(error: &PasswordError, locale: Locale) -> String {
    sentences(locale).error(error)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::policy::Blocklist;

    fn strict() -> Policy {
        Policy {
            min_length: 8,
            classes: CharacterClass::ALL.to_vec(),
            history: 5,
            min_score: 3,
            blocklist: Blocklist::from_bytes(b"zeppelin").unwrap(),
        }
    }

    #[test]
    fn the_default_policy_is_said_in_plain_words() {
        insta::assert_snapshot!(requirements(&Policy::default(), Locale::English).join("\n"), @r"
        at least 15 characters; spaces and letters of every script count
        at most 1,024 bytes (at least 256 characters of any script)
        not a common password, nor one with digits or symbols put around it; a phrase of several words may contain one
        not made only of the user's name, username or email address or of the organization's name
        not one character or short block repeated, nor a sequence such as `abcdefgh12345678`
        ");
        assert_eq!(notes(&Policy::default(), Locale::English), Vec::<String>::new());
    }

    #[test]
    fn a_strict_policy_is_said_in_plain_words_with_what_nist_says_of_it() {
        let said = |locale| [requirements(&strict(), locale), notes(&strict(), locale)].concat().join("\n");
        insta::assert_snapshot!(said(Locale::English), @r"
        at least 8 characters; spaces and letters of every script count
        at most 1,024 bytes (at least 256 characters of any script)
        at least one lower-case letter
        at least one capital letter
        at least one digit
        at least one symbol (neither letter nor digit; a space counts)
        not a common password, nor one with digits or symbols put around it; a phrase of several words may contain one
        not on the organization's own list of refused passwords
        not made only of the user's name, username or email address or of the organization's name
        not one character or short block repeated, nor a sequence such as `abcdefgh12345678`
        hard to guess: a score of at least 3 of 4 in the estimate of zxcvbn
        none of the user's last 5 passwords
        NIST SP 800-63B-4 section 3.1.1.2 allows fewer than 15 characters only where a second factor is asked for too
        NIST SP 800-63B-4 section 3.1.1.2 advises against requiring classes of characters: users meet such rules in ways that are easy to guess
        ");
        insta::assert_snapshot!(said(Locale::German), @r"
        mindestens 8 Zeichen; Leerzeichen und Buchstaben jeder Schrift zählen
        höchstens 1.024 Bytes (mindestens 256 Zeichen jeder Schrift)
        mindestens ein Kleinbuchstabe
        mindestens ein Großbuchstabe
        mindestens eine Ziffer
        mindestens ein Sonderzeichen (weder Buchstabe noch Ziffer; ein Leerzeichen zählt)
        kein verbreitetes Passwort, auch nicht mit Ziffern oder Sonderzeichen darum; ein Satz aus mehreren Wörtern darf eines enthalten
        nicht auf der eigenen Sperrliste der Organisation
        nicht nur aus Name, Benutzername oder E-Mail-Adresse oder aus dem Namen der Organisation gebildet
        kein wiederholtes Zeichen, kein wiederholter kurzer Block und keine Folge wie `abcdefgh12345678`
        schwer zu erraten: mindestens 3 von 4 Punkten in der Schätzung von zxcvbn
        keines der letzten 5 Passwörter
        NIST SP 800-63B-4, Abschnitt 3.1.1.2, erlaubt weniger als 15 Zeichen nur, wo auch ein zweiter Faktor verlangt wird
        NIST SP 800-63B-4, Abschnitt 3.1.1.2, rät davon ab, Zeichenarten zu verlangen: solche Regeln werden auf leicht zu erratende Weise erfüllt
        ");
    }

    #[test]
    fn every_fault_and_error_has_its_sentence() {
        let faults = [
            Fault::TooShort { min: 15, has: 1 },
            Fault::MissingClass(CharacterClass::Symbol),
            Fault::Common,
            Fault::Personal,
            Fault::Repeated,
            Fault::Sequential,
            Fault::TooGuessable { score: 1, min: 3 },
            Fault::Reused { history: 0 },
            Fault::Reused { history: 1 },
            Fault::Reused { history: 5 },
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
        let said = |locale| {
            let faults = faults.iter().map(|one| fault(one, locale));
            faults.chain(errors.iter().map(|one| error(one, locale))).collect::<Vec<_>>().join("\n")
        };
        insta::assert_snapshot!(said(Locale::English), @"
        too short: 1 character, at least 15 are needed
        without a symbol (neither letter nor digit; a space counts): at least one is needed
        too common: it is on a list of refused passwords, or such a one with digits or symbols added or letters replaced
        too close to the user: it is made only of the name, username, email address or organization
        too regular: one character or short block repeated
        too regular: a sequence of letters, digits or neighbouring keys
        too easy to guess: a score of 1 of 4, at least 3 is needed; add uncommon words
        used before: it is the user's present password
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
        insta::assert_snapshot!(said(Locale::German), @"
        zu kurz: 1 Zeichen, mindestens 15 sind nötig
        es fehlt ein Sonderzeichen (weder Buchstabe noch Ziffer; ein Leerzeichen zählt)
        zu verbreitet: es steht auf einer Sperrliste oder ist ein solches Passwort mit Ziffern oder Sonderzeichen darum oder mit ersetzten Buchstaben
        zu persönlich: es besteht nur aus Name, Benutzername, E-Mail-Adresse oder Organisation
        zu regelmäßig: ein Zeichen oder kurzer Block wiederholt sich
        zu regelmäßig: eine Folge von Buchstaben, Ziffern oder benachbarten Tasten
        zu leicht zu erraten: 1 von 4 Punkten, mindestens 3 sind nötig; seltene Wörter helfen
        schon benutzt: es ist das jetzige Passwort
        schon benutzt: es ist eines der letzten 5 Passwörter
        das Passwort ist leer; mindestens ein Zeichen ist nötig
        das Passwort ist kein UTF-8; Terminal oder Datei auf UTF-8 stellen und neu eingeben
        das Passwort enthält ein NUL-Zeichen, das kein Anmeldeformular senden kann; es weglassen
        das Passwort enthält ein Tabulatorzeichen, das die meisten Anmeldeformulare nicht annehmen; es weglassen
        das Passwort enthält einen Zeilenumbruch, der sich am Terminal nicht eingeben lässt; in einer Zeile eingeben
        das Passwort enthält ein Steuerzeichen, das kein Anmeldeformular annimmt; es weglassen
        das Passwort enthält U+FFFD, das für ein unterwegs verlorenes Zeichen steht; in UTF-8 eingeben
        das Passwort hat 1.025 Bytes, erlaubt sind 1.024; ein kürzeres wählen
        ");
    }
}
