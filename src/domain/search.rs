//! Searching users by a part of their name: without case, in every script, in either normal form, with any apostrophes, dashes
//! and blanks, and in either form of an email domain. A search selects the users that a bulk mail goes to: it may find one too
//! many, but nobody may be missed silently.

use std::borrow::Cow;

use crate::domain::email_domain;
use crate::domain::fold;
use crate::domain::text;

/// What is searched for, folded ([`fold::search`]); never blank.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SearchText(String);

/// The text that was to be searched for is blank, or holds nothing visible: it would match every user.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{}` holds nothing that is visible, and would match every user", text::quoted(.0, 40))]
pub struct BlankSearch(String);

impl SearchText {
    /// Folds what was given.
    ///
    /// # Errors
    /// [`BlankSearch`].
    pub fn new(given: &str) -> Result<Self, BlankSearch> {
        let folded = fold::search(given).into_owned();
        if folded.trim().is_empty() { Err(BlankSearch(given.to_owned())) } else { Ok(Self(folded)) }
    }

    /// The text as [`finds_user`] takes it.
    pub fn folded(&self) -> &str {
        &self.0
    }
}

/// Whether the username, the address or the name of a user holds the folded text. `email_key`: the canonical form of the
/// address where it is another one ([`crate::domain::email_address::key`]).
pub fn finds_user(folded: &str, username: &str, email: &str, name: &str, email_key: Option<&str>) -> bool {
    holds(username, folded)
        || holds(email, folded)
        || holds(name, folded)
        || email_key.is_some_and(|key| holds(key, folded) || holds(&in_unicode(key), folded))
}

/// The address with the domain in the letters of its language.
fn in_unicode(email: &str) -> Cow<'_, str> {
    match email.rsplit_once('@') {
        Some((local, domain)) => Cow::Owned(format!("{local}@{}", email_domain::to_unicode(domain))),
        None => Cow::Borrowed(email),
    }
}

/// Whether a text holds the folded one.
pub fn holds(text: &str, folded: &str) -> bool {
    if text.is_ascii() && !folded.is_ascii() {
        return false;
    }
    let is_comparable = folded.is_ascii() && !fold::has_ascii_variants(folded);
    if is_comparable && (text.is_ascii() || text.chars().all(fold::leaves_ascii_alone)) {
        return holds_ascii(text.as_bytes(), folded.as_bytes());
    }
    fold::search(text).contains(folded)
}

/// The same for ASCII, without an allocation. No byte of another character is one of ASCII.
fn holds_ascii(text: &[u8], lower: &[u8]) -> bool {
    let Some((first, rest)) = lower.split_first() else { return true };
    let Some(last_start) = text.len().checked_sub(lower.len()) else { return false };
    (0..=last_start).any(|start| {
        text[start].to_ascii_lowercase() == *first && text[start + 1..start + lower.len()].eq_ignore_ascii_case(rest)
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use unicode_normalization::UnicodeNormalization as _;

    use super::*;

    fn finds(search: &str, text: &str) -> bool {
        finds_user(SearchText::new(search).unwrap().folded(), "", "", text, None)
    }

    #[test]
    fn a_part_is_found_without_case_and_in_either_normal_form() {
        for (search, text) in [
            ("ärmel", "Hans Ärmel"),
            ("a\u{308}rmel", "Hans Ärmel"),
            ("ärmel", "Hans A\u{308}rmel"),
            ("STRASSE", "Am Straßentor"),
            ("straße", "AM STRASSENTOR"),
            ("ada", "ADAM"),
            ("ИВАН", "Иванов"),
            ("m", "ADAM"),
            ("DAM", "adam"),
            ("BC", "äbcß"),
            ("ss", "Äß"),
            ("e\u{301}", "Renée"),
            ("k", "\u{212a}"),
            ("o'neil", "O’Neil"),
            ("o'neil", "O`Neil"),
            ("o’neil", "O'NEIL"),
            ("jean-luc", "Jean\u{2011}Luc"),
            ("jean–luc", "JEAN-LUC"),
            ("anna maria", "Anna  Maria"),
            ("änna maria", "Änna\u{a0}Maria"),
            ("anna  maria", "Anna\tMaria Ä"),
        ] {
            assert!(finds(search, text), "{search} {text}");
        }
        for (search, text) in [
            ("adam", "ada"),
            ("é", "e"),
            ("e", "é"),
            ("bc", "abab"),
            ("e", "Né"),
            ("ne", "Ne\u{301}"),
            ("jo", "Jo\u{308}rg"),
            ("jo", "Jörg"),
        ] {
            assert!(!finds(search, text), "{search} {text}");
        }
    }

    #[test]
    fn both_forms_of_a_domain_are_found_by_both() {
        let found = |search: &str, email: &str| {
            let key = crate::domain::email_address::key(email);
            finds_user(SearchText::new(search).unwrap().folded(), "", email, "", key.as_deref())
        };
        for search in ["bücher", "BÜCHER.example", "xn--bcher", "a@bücher", "a@xn--bcher-kva.example"] {
            for email in ["a@bücher.example", "a@BU\u{308}CHER.example", "A@XN--BCHER-KVA.example"] {
                assert!(found(search, email), "{search} {email}");
            }
            assert!(!found(search, "a@bucher.example"), "{search}");
        }
    }

    proptest! {
        /// The short way for ASCII finds what the long one does.
        #[test]
        fn the_short_way_is_the_long_one(
            text in "([a-cA-Cß]|[äÄéİıſŉж中]|[\u{300}\u{308}\u{ad}\u{200d}]|[ \u{a0}'’–-]|\\PC){0,8}",
            search in "[a-cs' -]{0,2}[a-cs'-]",
        ) {
            let search = fold::search(&search).into_owned();
            prop_assert_eq!(finds(&search, &text), fold::search(&text).contains(&search));
        }
    }

    proptest! {
        /// Texts that differ in case, normal form or typography alone are found by the same searches.
        #[test]
        fn every_form_of_a_text_is_found_by_the_same_searches(
            text in "([a-cA-Cß]|[äÄéİıſŉж中ᾳ]|[\u{300}\u{308}\u{327}\u{345}]|[ '-]|\\PC){1,8}",
            search in "[a-cäé' -]{0,2}[a-cäé\u{308}'-]",
        ) {
            let decomposed: String = text.nfd().collect();
            let typographic = text.replace('\'', "’").replace('-', "–").replace(' ', "\u{a0} ");
            let composed: String = text.nfc().collect();
            for form in [&text, &decomposed, &composed, &typographic, &decomposed.to_uppercase(), &decomposed.to_lowercase()] {
                prop_assert_eq!(finds(&search, form), finds(&search, &composed), "{}", form);
            }
        }
    }

    #[test]
    fn nothing_visible_is_no_search() {
        for blank in ["", " ", "\u{200b}", "\u{ad} \u{200d}", "\u{3000}", "\u{2800}", "\t"] {
            assert!(SearchText::new(blank).is_err(), "{blank:?}");
        }
    }
}
