//! German.

mod mail;

use super::grouped;
use super::policy::Sentences;
use crate::domain::policy::CharacterClass;
use crate::domain::policy::Fault;
use crate::domain::policy::MAX_BYTES;
use crate::domain::policy::PasswordError;

/// All sentences in German.
pub(super) struct German;

impl Sentences for German {
    fn min_length(&self, characters: u32) -> String {
        format!("mindestens {characters} Zeichen; Leerzeichen und Buchstaben jeder Schrift zählen")
    }

    fn max_bytes(&self, bytes: usize) -> String {
        format!("höchstens {} Bytes (mindestens {} Zeichen jeder Schrift)", grouped(bytes, '.'), bytes / 4)
    }

    fn class(&self, class: CharacterClass) -> String {
        format!("mindestens {}", name(class))
    }

    fn not_common(&self) -> String {
        "kein verbreitetes Passwort, auch nicht mit Ziffern oder Sonderzeichen darum; ein Satz aus mehreren Wörtern \
         darf eines enthalten"
            .to_owned()
    }

    fn not_on_the_organizations_list(&self) -> String {
        "nicht auf der eigenen Sperrliste der Organisation".to_owned()
    }

    fn not_personal(&self) -> String {
        "nicht nur aus Name, Benutzername oder E-Mail-Adresse oder aus dem Namen der Organisation gebildet".to_owned()
    }

    fn no_pattern(&self) -> String {
        "kein wiederholtes Zeichen, kein wiederholter kurzer Block und keine Folge wie `abcdefgh12345678`".to_owned()
    }

    fn min_score(&self, score: u8) -> String {
        format!("schwer zu erraten: mindestens {score} von 4 Punkten in der Schätzung von zxcvbn")
    }

    fn history(&self, passwords: u32) -> String {
        match passwords {
            1 => "nicht das jetzige Passwort".to_owned(),
            _ => format!("keines der letzten {passwords} Passwörter"),
        }
    }

    fn classes_are_advised_against(&self) -> String {
        "NIST SP 800-63B-4, Abschnitt 3.1.1.2, rät davon ab, Zeichenarten zu verlangen: solche Regeln werden auf \
         leicht zu erratende Weise erfüllt"
            .to_owned()
    }

    fn short_needs_a_second_factor(&self) -> String {
        "NIST SP 800-63B-4, Abschnitt 3.1.1.2, erlaubt weniger als 15 Zeichen nur, wo auch ein zweiter Faktor verlangt \
         wird"
            .to_owned()
    }

    fn fault(&self, fault: &Fault) -> String {
        match *fault {
            Fault::TooShort { min, has } => format!("zu kurz: {has} Zeichen, mindestens {min} sind nötig"),
            Fault::MissingClass(class) => format!("es fehlt {}", name(class)),
            Fault::Common => {
                "zu verbreitet: es steht auf einer Sperrliste oder ist ein solches Passwort mit Ziffern oder \
                 Sonderzeichen darum oder mit ersetzten Buchstaben"
                    .to_owned()
            }
            Fault::Personal => {
                "zu persönlich: es besteht nur aus Name, Benutzername, E-Mail-Adresse oder Organisation".to_owned()
            }
            Fault::Repeated => "zu regelmäßig: ein Zeichen oder kurzer Block wiederholt sich".to_owned(),
            Fault::Sequential => {
                "zu regelmäßig: eine Folge von Buchstaben, Ziffern oder benachbarten Tasten".to_owned()
            }
            Fault::TooGuessable { score, min } => {
                format!(
                    "zu leicht zu erraten: {score} von 4 Punkten, mindestens {min} sind nötig; seltene Wörter helfen"
                )
            }
            Fault::Reused { history: 0 } => "schon benutzt: es ist das Passwort, das gesperrt wurde".to_owned(),
            Fault::Reused { history: 1 } => "schon benutzt: es ist das jetzige Passwort".to_owned(),
            Fault::Reused { history } => format!("schon benutzt: es ist eines der letzten {history} Passwörter"),
        }
    }

    fn error(&self, error: &PasswordError) -> String {
        match *error {
            PasswordError::Empty => "das Passwort ist leer; mindestens ein Zeichen ist nötig".to_owned(),
            PasswordError::NotUtf8 => {
                "das Passwort ist kein UTF-8; Terminal oder Datei auf UTF-8 stellen und neu eingeben".to_owned()
            }
            PasswordError::Nul => {
                "das Passwort enthält ein NUL-Zeichen, das kein Anmeldeformular senden kann; es weglassen".to_owned()
            }
            PasswordError::Tab => {
                "das Passwort enthält ein Tabulatorzeichen, das die meisten Anmeldeformulare nicht annehmen; es weglassen"
                    .to_owned()
            }
            PasswordError::Control => {
                "das Passwort enthält ein Steuerzeichen, das kein Anmeldeformular annimmt; es weglassen".to_owned()
            }
            PasswordError::Replacement => {
                "das Passwort enthält U+FFFD, das für ein unterwegs verlorenes Zeichen steht; in UTF-8 eingeben".to_owned()
            }
            PasswordError::LineBreak => {
                "das Passwort enthält einen Zeilenumbruch, der sich am Terminal nicht eingeben lässt; in einer Zeile \
                 eingeben"
                    .to_owned()
            }
            PasswordError::TooLong { bytes } => format!(
                "das Passwort hat {} Bytes, erlaubt sind {}; ein kürzeres wählen",
                grouped(bytes, '.'),
                grouped(MAX_BYTES, '.')
            ),
        }
    }
}

/// A character of the class, with its article, in the nominative.
fn name(class: CharacterClass) -> &'static str {
    match class {
        CharacterClass::Lower => "ein Kleinbuchstabe",
        CharacterClass::Upper => "ein Großbuchstabe",
        CharacterClass::Digit => "eine Ziffer",
        CharacterClass::Symbol => "ein Sonderzeichen (weder Buchstabe noch Ziffer; ein Leerzeichen zählt)",
    }
}
