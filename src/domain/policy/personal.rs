//! Words that belong to the user and the organization, of which alone no password may be made.

use std::borrow::Cow;

use unicode_normalization::UnicodeNormalization;

use super::derivatives::look_alikes;
use super::lower_case;
use crate::domain::email_domain;

/// At least one word of this many characters must be in a password that is refused: shorter ones (`de`, `co`, initials)
/// would match by chance.
const MIN_WORD: usize = 3;

/// What is known about the user and the organization; an unknown text is empty.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct PersonalWords<'a> {
    /// The user's username.
    pub username: &'a str,
    /// The user's email address.
    pub email: &'a str,
    /// The user's name, as it is shown.
    pub name: &'a str,
    /// The organization's name.
    pub organization: &'a str,
    /// The domains of the organization's email addresses.
    pub email_domains: &'a [String],
}

impl PersonalWords<'_> {
    /// The parts of all these texts and of `more`, in lower case: `alice.smith@acme.example` gives `alice`, `smith`, `acme` and
    /// `example`.
    pub(super) fn words(&self, more: &[String]) -> Vec<String> {
        let mut words = Vec::new();
        let domain = self.email.rsplit_once('@').map_or("", |(_, domain)| domain);
        // People know a domain by its letters, whichever form is stored.
        let domains = self.email_domains.iter().map(String::as_str).chain([domain]).map(email_domain::to_unicode);
        let texts = [self.username, self.email, self.name, self.organization].map(Cow::Borrowed);
        let more = more.iter().map(|word| Cow::Borrowed(word.as_str()));
        for text in texts.into_iter().chain(domains).chain(more) {
            let text: String = text.nfc().flat_map(char::to_lowercase).collect();
            words.extend(text.split(|character: char| !character.is_alphanumeric()).map(str::to_owned));
        }
        words.retain(|word| !word.is_empty());
        words.sort_unstable();
        words.dedup();
        words
    }

    /// Whether `password` consists of these words, those of `more`, and nothing else but digits and symbols, with at least one of
    /// [`MIN_WORD`] characters among them.
    /// Case does not count, a word may stand backwards, and look-alike digits and symbols are read as letters.
    pub(super) fn make_up(&self, password: &str, more: &[String]) -> bool {
        let mut words: Vec<Vec<char>> = self.words(more).iter().map(|word| word.chars().collect()).collect();
        let backwards: Vec<Vec<char>> = words.iter().map(|word| word.iter().rev().copied().collect()).collect();
        words.extend(backwards);
        let text = lower_case(password);
        // For each position: can the text before it be cut into words, digits and symbols, and with a word among them?
        let mut reached = vec![Reached::No; text.len() + 1];
        reached[0] = Reached::WithoutWord;
        for at in 0..text.len() {
            let before = reached[at];
            if before == Reached::No {
                continue;
            }
            if !text[at].is_alphabetic() {
                reached[at + 1] = reached[at + 1].max(before);
            }
            for word in words.iter().filter(|word| starts_with(&text[at..], word)) {
                let now = if word.len() >= MIN_WORD { Reached::WithWord } else { before };
                reached[at + word.len()] = reached[at + word.len()].max(now);
            }
        }
        reached[text.len()] == Reached::WithWord
    }
}

/// How a position of the text can be reached.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Reached {
    /// Not at all.
    No,
    /// By digits, symbols and words that are too short.
    WithoutWord,
    /// By a word that counts, with whatever of these.
    WithWord,
}

/// Whether `text` begins with `word`, look-alikes read as letters.
fn starts_with(text: &[char], word: &[char]) -> bool {
    text.len() >= word.len()
        && text
            .iter()
            .zip(word)
            .all(|(character, letter)| character == letter || look_alikes(*character).contains(letter))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn made_up(password: &str) -> bool {
        let email_domains = ["cxme.example".to_owned(), "mail.acme.co.uk".to_owned()];
        PersonalWords {
            username: "asmith77",
            email: "alice.smith+x@acme.example",
            name: "Alice Zoë Smith-Müller",
            organization: "Acme Rocket Works",
            email_domains: &email_domains,
        }
        .make_up(password, &[])
    }

    #[test]
    fn a_password_of_personal_words_alone_is_found() {
        for password in [
            "alicesmith",
            "Alice.Smith",
            "AliceSmith1987!!",
            "asmith77asmith77",
            "4l1c3-5m17h-2024",
            "alice.smith+x@acme.example",
            "mail.acme.co.uk",
            "X.Smith.Alice.X",
            "htimsecila",
            "Acme2024Acme2024",
            "acmerocketworks1",
            "cxme!cxme!cxme!",
            "1234alice5678",
            "MüllerZoë1999",
        ] {
            assert!(made_up(password), "{password}");
        }
    }

    #[test]
    fn a_password_that_contains_a_personal_word_is_accepted() {
        for password in [
            "alice has nine lamps",
            "acme-horse-battery",
            "yalicesmith",
            "smithalicey",
            "20241231",
            "!!!!",
            "",
            "coukcouk",
        ] {
            assert!(!made_up(password), "{password}");
        }
        assert!(!PersonalWords::default().make_up("anything at all", &[]));
    }
}
