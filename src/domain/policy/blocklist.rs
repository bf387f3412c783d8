//! The blocklists: the built-in list of common passwords, and the organization's own.
//!
//! `common-passwords.txt` is the list of Django 5.2 (`django/contrib/auth/common-passwords.txt.gz`, made by Royce
//! Williams from leaked passwords, lower case, without duplicates; BSD-3-Clause, see `common-passwords.LICENSE`),
//! sorted by bytes, without eight entries that were only damaged text. [`HANDED_OUT`] and [`FAMOUS`] are this project's own.

use std::cmp::Ordering;

use sha2::Digest;
use sha2::Sha256;
use thiserror::Error;
use unicode_normalization::UnicodeNormalization;

use super::derivatives;

/// A line for each common password, sorted by bytes, so that it is searched where it lies and costs nothing to load.
const COMMON: &str = include_str!("common-passwords.txt");

/// SHA-256 of [`COMMON`]. Where the processor has no instruction for it, computing it was seven in ten of all the
/// instructions of `users show`.
const COMMON_SHA256: &str = "abb4623623482416651ae9f2a7732abf295d7fd48f171120a96a09756e356216";

/// Words out of which administrators make first passwords and which the list of leaked ones lacks; sorted by bytes.
const HANDED_OUT: [&str; 26] = [
    "abteilung",
    "anfang",
    "anmeldung",
    "arbeit",
    "benutzer",
    "changeit",
    "changemenow",
    "changethis",
    "dezember",
    "donnerstag",
    "fall",
    "februar",
    "firma",
    "freitag",
    "fruehling",
    "frühling",
    "herbst",
    "januar",
    "mittwoch",
    "neuespasswort",
    "onboarding",
    "passphrase",
    "samstag",
    "sonntag",
    "willkommen",
    "zugang",
];

/// Passphrases that everybody knows: from a comic that recommends passphrases, from films, rhymes and books, and sentences about
/// passwords. Their letters alone, in lower case, so that no separator makes another one of them; sorted by bytes.
const FAMOUS: [&str; 59] = [
    "allemeineentchen",
    "allemeineentchenschwimmenaufdemsee",
    "allyourbasearebelongtous",
    "changemeplease",
    "correcthorsebatterystaple",
    "dasistmeinpasswort",
    "eswareinmal",
    "franzjagtimkomplettverwahrlostentaxiquerdurchbayern",
    "happybirthdaytoyou",
    "humptydumptysatonawall",
    "hänschenklein",
    "hänschenkleingingallein",
    "iamyourfather",
    "ichbineinberliner",
    "ichliebemeinenhund",
    "ihatepasswords",
    "ihaveadream",
    "ilovemycat",
    "ilovemydog",
    "ilovemyhusband",
    "ilovemywife",
    "iloveyouforever",
    "iloveyousomuch",
    "inthebeginninggodcreatedtheheavenandtheearth",
    "inthebeginningwastheword",
    "itwasthebestoftimes",
    "itwasthebestoftimesitwastheworstoftimes",
    "letmeinplease",
    "livelongandprosper",
    "lukeiamyourfather",
    "maryhadalittlelamb",
    "maytheforcebewithyou",
    "meinpasswortistgeheim",
    "mypasswordispassword",
    "myvoiceismypassport",
    "myvoiceismypassportverifyme",
    "nevergonnagiveyouup",
    "onceuponatime",
    "ourfatherwhoartinheaven",
    "passwordispassword",
    "pleaseletmein",
    "quickbrownfoxjumpsoverthelazydog",
    "rowrowrowyourboat",
    "seinodernichtsein",
    "seinodernichtseindasisthierdiefrage",
    "sesamöffnedich",
    "supercalifragilisticexpialidocious",
    "thequickbrownfox",
    "thequickbrownfoxjumpsoverthelazydog",
    "thisisapassword",
    "thisismypassword",
    "thisisnotapassword",
    "tobeornottobe",
    "tobeornottobethatisthequestion",
    "twinkletwinklelittlestar",
    "vaterunserimhimmel",
    "winteriscoming",
    "youshallnotpass",
    "zumgeburtstagvielglück",
];

/// Whether `word`, in lower case, is a common password, or holds the letters of a famous passphrase.
pub(super) fn is_common(word: &str) -> bool {
    has_line(COMMON, word) || HANDED_OUT.binary_search(&word).is_ok() || FAMOUS.binary_search(&word).is_ok()
}

/// Gives all built-in entries to a fingerprint.
pub(super) fn feed_common(hash: &mut Sha256) {
    hash.update(COMMON_SHA256);
    hash.update(HANDED_OUT.join("\n"));
    hash.update(FAMOUS.join("\n"));
}

/// Whether the sorted lines of `text` hold `line`, by binary search over its bytes.
fn has_line(text: &str, line: &str) -> bool {
    let bytes = text.as_bytes();
    let (mut low, mut high) = (0, bytes.len());
    while low < high {
        let middle = low + (high - low) / 2;
        let start = bytes[low..middle].iter().rposition(|&byte| byte == b'\n').map_or(low, |at| low + at + 1);
        let end = bytes[middle..high].iter().position(|&byte| byte == b'\n').map_or(high, |at| middle + at);
        match line.as_bytes().cmp(&bytes[start..end]) {
            Ordering::Less => high = start,
            Ordering::Equal => return true,
            Ordering::Greater => low = end + 1,
        }
    }
    false
}

/// The organization's own list of passwords that it does not accept.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Blocklist {
    /// Lower case, NFC, sorted, each once.
    entries: Vec<String>,
}

/// Why a file is no blocklist. A list that cannot be read must stop the program: without it, passwords would pass that
/// the organization refuses.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum BlocklistError {
    /// A line is not UTF-8.
    #[error("line {line} is not UTF-8; save the blocklist as UTF-8 text, one password a line")]
    NotUtf8 {
        /// The line, counted from 1.
        line: usize,
    },
    /// The file has no entry, as if it had been cut off.
    #[error("the blocklist is empty; write one password a line, or take the setting out")]
    Empty,
}

impl Blocklist {
    /// Reads a file's content: one password a line, blank lines skipped. Case does not count, nor what is put around
    /// an entry in a password (see [`super::faults`]).
    ///
    /// # Errors
    /// If the content is not UTF-8 or has no entry.
    pub fn from_bytes(content: &[u8]) -> Result<Self, BlocklistError> {
        let text = std::str::from_utf8(content).map_err(|error| BlocklistError::NotUtf8 {
            line: content[..error.valid_up_to()].iter().filter(|&&byte| byte == b'\n').count() + 1,
        })?;
        let text = text.strip_prefix('\u{feff}').unwrap_or(text);
        let mut entries = Vec::new();
        for line in text.lines().filter(|line| !line.trim().is_empty()) {
            let entry: String = line.nfc().flat_map(char::to_lowercase).collect();
            // `Acme Rocks!` on the list also means `acmerocks`.
            let letters: String = entry.chars().filter(|character| character.is_alphabetic()).collect();
            if letters.chars().count() >= derivatives::MIN_FORM {
                entries.push(letters);
            }
            entries.push(entry);
        }
        if entries.is_empty() {
            return Err(BlocklistError::Empty);
        }
        entries.sort_unstable();
        entries.dedup();
        Ok(Self { entries })
    }

    /// The entries of both lists.
    #[must_use]
    pub fn and(mut self, other: Self) -> Self {
        self.entries.extend(other.entries);
        self.entries.sort_unstable();
        self.entries.dedup();
        self
    }

    /// Whether `word`, in lower case, is an entry.
    pub(super) fn contains(&self, word: &str) -> bool {
        self.entries.binary_search_by(|entry| entry.as_str().cmp(word)).is_ok()
    }
}

/// The built-in entries, for the tests of the gate.
#[cfg(test)]
pub(super) fn common() -> impl Iterator<Item = &'static str> {
    COMMON.lines().chain(HANDED_OUT).chain(FAMOUS)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_built_in_lists_are_sorted_lower_case_and_long() {
        let lines: Vec<&str> = COMMON.lines().collect();
        assert!(lines.len() >= 10_000);
        assert!(lines.is_sorted_by(|one, next| one < next));
        assert!(HANDED_OUT.is_sorted_by(|one, next| one < next));
        assert!(FAMOUS.is_sorted_by(|one, next| one < next));
        assert!(FAMOUS.iter().all(|phrase| phrase.chars().all(char::is_alphabetic)));
        assert!(common().all(|word| word == word.to_lowercase() && !word.is_empty()));
    }

    #[test]
    fn the_digest_of_the_common_passwords_is_theirs() {
        let digest: String = Sha256::digest(COMMON).iter().map(|byte| format!("{byte:02x}")).collect();
        assert_eq!(digest, COMMON_SHA256);
    }

    #[test]
    fn own_words_stand_only_where_the_leaked_list_lacks_them() {
        let own = HANDED_OUT.into_iter().chain(FAMOUS);
        let twice: Vec<&str> = own.filter(|word| has_line(COMMON, word)).collect();
        assert_eq!(twice, Vec::<&str>::new());
    }

    #[test]
    fn every_line_is_found_and_its_neighbours_are_not() {
        for line in common() {
            assert!(is_common(line), "{line}");
        }
        for word in
            ["", "\n", "password\n", "passwor\u{0}", "\u{10ffff}", "zzzzzzzzzzzzzzzzzzzzzzzzz", "!!!!!!!!!!!!!!x"]
        {
            assert!(!is_common(word), "{word:?}");
        }
    }

    #[test]
    fn a_blocklist_forgets_case_order_doubles_and_blank_lines() {
        let one = Blocklist::from_bytes(b"Zeppelin\r\n\n acme \nzeppelin\n").unwrap();
        let other = Blocklist::from_bytes("\u{feff} ACME \nzeppelin".as_bytes()).unwrap();
        assert_eq!(one, other);
        assert!(one.contains("zeppelin") && one.contains("acme") && !one.contains("Zeppelin"));
    }

    #[test]
    fn a_damaged_or_empty_blocklist_is_refused() {
        assert_eq!(Blocklist::from_bytes(b"one\ntwo\ncaf\xe9\n"), Err(BlocklistError::NotUtf8 { line: 3 }));
        assert_eq!(Blocklist::from_bytes(b""), Err(BlocklistError::Empty));
        assert_eq!(Blocklist::from_bytes(b"\n  \n"), Err(BlocklistError::Empty));
    }
}
