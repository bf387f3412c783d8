//! The keys of a filter: the first eight bytes of a hash of the password, as published lists have it.

use std::fmt;

use md4::Md4;
use sha1::{Digest, Sha1};
use zeroize::Zeroizing;

/// How a password is written and hashed before it is looked up: as the lists have it that a filter was built of.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Spellings {
    /// SHA-1 (FIPS 180-4) of the password in UTF-8, exactly as it is: from lists of SHA-1 hashes.
    pub sha1: bool,
    /// The NTLM hash of it, MD4 (RFC 1320) of its UTF-16LE: from lists of such hashes ([MS-NLMP] section 3.3.1).
    pub ntlm: bool,
    /// SHA-1 of the password in lower case: from lists of words.
    pub words: bool,
}

const SHA1: u32 = 1;
const NTLM: u32 = 2;
const WORDS: u32 = 4;

impl Spellings {
    pub(super) fn bits(self) -> u32 {
        [(self.sha1, SHA1), (self.ntlm, NTLM), (self.words, WORDS)]
            .into_iter()
            .filter_map(|(is_set, bit)| is_set.then_some(bit))
            .sum()
    }

    /// `None`: there is none, or one that this program does not know.
    pub(super) fn from_bits(bits: u32) -> Option<Self> {
        let is_known = (1..=SHA1 | NTLM | WORDS).contains(&bits);
        is_known.then_some(Self { sha1: bits & SHA1 != 0, ntlm: bits & NTLM != 0, words: bits & WORDS != 0 })
    }

    /// The spellings of both.
    #[must_use]
    pub fn and(self, other: Self) -> Self {
        Self { sha1: self.sha1 || other.sha1, ntlm: self.ntlm || other.ntlm, words: self.words || other.words }
    }

    /// The keys under which a password, as NFC text, is looked up.
    pub(super) fn keys(self, password: &str) -> impl Iterator<Item = u64> {
        let exact = self.sha1.then(|| sha1_key(password));
        let lower = self.words.then(|| word_key(password)).filter(|key| exact != Some(*key));
        let ntlm = self.ntlm.then(|| ntlm_key(password));
        exact.into_iter().chain(lower).chain(ntlm)
    }

    /// The names of the spellings, for people and data.
    pub fn names(self) -> Vec<&'static str> {
        [(self.sha1, "SHA-1"), (self.ntlm, "NTLM"), (self.words, "words")]
            .into_iter()
            .filter_map(|(is_set, name)| is_set.then_some(name))
            .collect()
    }
}

impl fmt::Display for Spellings {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.names().join(", "))
    }
}

/// The key of a word, which is compared without case. `word` is NFC text.
pub(super) fn word_key(word: &str) -> u64 {
    // Lower case may have up to three times the bytes. A buffer that grew would leave a copy behind.
    let mut lower = Zeroizing::new(String::with_capacity(3 * word.len()));
    lower.extend(word.chars().flat_map(char::to_lowercase));
    sha1_key(&lower)
}

fn sha1_key(text: &str) -> u64 {
    key_of(&Sha1::digest(text.as_bytes()))
}

fn ntlm_key(password: &str) -> u64 {
    let mut units = Zeroizing::new(Vec::with_capacity(2 * password.len()));
    units.extend(password.encode_utf16().flat_map(u16::to_le_bytes));
    key_of(&Md4::digest(&*units))
}

/// The key of a hash: its first eight bytes, so that keys are in the order of the hashes.
pub(super) fn key_of(hash: &[u8]) -> u64 {
    hash.iter().take(8).fold(0, |key, byte| key << 8 | u64::from(*byte))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_hashes_are_those_of_published_lists() {
        // As the Pwned Passwords lists have `password`.
        assert_eq!(sha1_key("password"), 0x5baa_61e4_c9b9_3f3f);
        assert_eq!(ntlm_key("password"), 0x8846_f7ea_ee8f_b117);
        assert_eq!(ntlm_key("𝄞é"), key_of(&Md4::digest([0x34, 0xd8, 0x1e, 0xdd, 0xe9, 0])));
    }

    #[test]
    fn a_password_is_looked_up_as_each_list_has_it() {
        let all = Spellings { sha1: true, ntlm: true, words: true };
        let keys: Vec<u64> = all.keys("Größe").collect();
        assert_eq!(keys, [sha1_key("Größe"), sha1_key("größe"), ntlm_key("Größe")]);
        assert_eq!(all.keys("lower").count(), 2, "one spelling twice is looked up once");
        assert_eq!(Spellings { words: true, ..Spellings::default() }.keys("İX").collect::<Vec<_>>(), [sha1_key("i̇x")]);
        for bits in 1..8 {
            assert_eq!(Spellings::from_bits(bits).unwrap().bits(), bits);
        }
        assert_eq!((Spellings::from_bits(0), Spellings::from_bits(8)), (None, None));
    }
}
