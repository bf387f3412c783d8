//! The code of a reset: what a user types, or follows as a link, to choose a password.

use std::fmt;

use hmac::Hmac;
use hmac::KeyInit as _;
use hmac::Mac as _;
use sha2::Digest as _;
use sha2::Sha256;
use zeroize::Zeroizing;

use super::key::ResetKey;
use crate::domain::secret_form;
use crate::domain::user::UserId;

/// The bytes of a nonce: a message has its own, so that each has another code.
pub const NONCE: usize = 16;

/// The characters of a code: 26 times 5 bits are the 130 bits of ASVS 5.0, 6.5.4 and more.
pub const LENGTH: usize = secret_form::CODE;

/// What the code is made for, so that the key can never be made to sign anything else.
const PURPOSE: &[u8] = b"cxme-admin reset 1";

/// Crockford's base32: no I, L, O or U, which are mistaken for others when they are typed.
const ALPHABET: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";

/// Of each byte whether it is in [`ALPHABET`]: what was sent is searched for codes, byte by byte.
const IS_SYMBOL: [bool; 256] = {
    let mut is_symbol = [false; 256];
    let mut place = 0;
    while place < ALPHABET.len() {
        is_symbol[ALPHABET[place] as usize] = true;
        place += 1;
    }
    is_symbol
};

/// Whether a byte is a character of a code as it is written.
pub fn is_symbol(byte: u8) -> bool {
    IS_SYMBOL[usize::from(byte)]
}

/// A letter or digit that was typed or quoted as a code has it: in upper case, with 0 for O and 1 for I and L.
pub fn symbol(byte: u8) -> u8 {
    match byte.to_ascii_uppercase() {
        b'O' => b'0',
        b'I' | b'L' => b'1',
        other => other,
    }
}

/// The lengths of the groups in which a code is shown to be typed.
const GROUPS: [usize; 5] = [5, 5, 5, 5, 6];

/// A code of 130 bits. It is made again from the key and the message's nonce whenever its mail is sent, and kept nowhere.
pub struct ResetCode(Zeroizing<String>);

/// SHA-256 of a code: all that the store keeps of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ResetCodeHash(pub [u8; 32]);

/// The text is no code. It does not hold the text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not a code: 26 letters and digits are expected")]
pub struct NotACode;

impl ResetCode {
    /// The code of a message: HMAC-SHA256 (RFC 2104) over the purpose, the nonce and the user's number, cut to 130 bits.
    pub fn make(key: &ResetKey, nonce: &[u8; NONCE], user: UserId) -> Self {
        #[expect(clippy::expect_used, reason = "HMAC takes keys of every length")]
        let mut mac = Hmac::<Sha256>::new_from_slice(key.bytes()).expect("a key");
        mac.update(PURPOSE);
        mac.update(nonce);
        mac.update(&user.0.to_be_bytes());
        let tag = Zeroizing::new(<[u8; 32]>::from(mac.finalize().into_bytes()));
        let mut code = Zeroizing::new(String::with_capacity(LENGTH));
        let (mut bits, mut count) = (0_u32, 0);
        let mut bytes = tag.iter();
        while code.len() < LENGTH {
            if count < 5 {
                bits = bits << 8 | u32::from(bytes.next().copied().unwrap_or(0));
                count += 8;
            }
            count -= 5;
            code.push(char::from(ALPHABET[(bits >> count & 31) as usize]));
        }
        Self(code)
    }

    /// Reads a code as it was typed or pasted: in either case, in groups or not, with O for 0 and I or L for 1.
    ///
    /// # Errors
    /// If it is anything else.
    pub fn parse(typed: &str) -> Result<Self, NotACode> {
        let mut code = Zeroizing::new(String::with_capacity(LENGTH));
        for character in typed.chars() {
            let character = match character.to_ascii_uppercase() {
                '-' | '\u{2010}'..='\u{2015}' => continue,
                blank if blank.is_whitespace() => continue,
                'O' => '0',
                'I' | 'L' => '1',
                other => other,
            };
            let is_of_alphabet = u8::try_from(character).is_ok_and(|byte| ALPHABET.contains(&byte));
            if !is_of_alphabet || code.len() == LENGTH {
                return Err(NotACode);
            }
            code.push(character);
        }
        if code.len() == LENGTH { Ok(Self(code)) } else { Err(NotACode) }
    }

    /// Reads a code as people paste it: itself, or the link of a mail with it.
    ///
    /// # Errors
    /// If there is no code in it.
    pub fn parse_pasted(given: &str) -> Result<Self, NotACode> {
        Self::parse(fragment(given))
    }

    /// Reads the code of a link by which a user cancels it: the code, the code behind `!`, `#!` or `%23!`, or the whole link. What
    /// scans links in mails turns `#` into `%23`, and may turn `!` into `%21`.
    ///
    /// # Errors
    /// If there is no code in it.
    pub fn parse_cancelling(given: &str) -> Result<Self, NotACode> {
        let code = fragment(given);
        Self::parse(code.strip_prefix('!').or_else(|| code.strip_prefix("%21")).unwrap_or(code))
    }

    /// The hash that the store knows the code by.
    pub fn hash(&self) -> ResetCodeHash {
        ResetCodeHash(Sha256::digest(self.0.as_bytes()).into())
    }

    /// The code as it stands in a link; for the mail alone.
    pub fn in_link(&self) -> &str {
        &self.0
    }

    /// The code in groups, as a person types it; for the mail alone.
    pub fn in_groups(&self) -> Zeroizing<String> {
        let mut shown = Zeroizing::new(String::with_capacity(LENGTH + GROUPS.len()));
        let mut rest = self.0.as_str();
        for length in GROUPS {
            let (group, after) = rest.split_at(length);
            if !shown.is_empty() {
                shown.push('-');
            }
            shown.push_str(group);
            rest = after;
        }
        shown
    }
}

impl fmt::Debug for ResetCode {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("ResetCode")
    }
}

/// What is behind the `#` of a link, also one that a scanner has rewritten, without what mail programs and people put around a
/// link and what trackers add to it; without a `#`, the text itself.
fn fragment(given: &str) -> &str {
    let ends = [given.rfind('#').map(|start| start + 1), given.rfind("%23").map(|start| start + 3)];
    let code = given[ends.into_iter().flatten().max().unwrap_or(0)..].trim_start().trim_start_matches('<');
    let code = code.split(['?', '&']).next().unwrap_or_default();
    code.trim_end_matches(|c: char| matches!(c, '>' | '.' | '/' | ',') || c.is_whitespace())
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;
    use crate::random::Random as _;
    use crate::random::ScriptedRandom;

    fn key(seed: u64) -> ResetKey {
        ResetKey::generate(&ScriptedRandom::new(seed))
    }

    fn code(seed: u64, nonce: u8, user: i64) -> ResetCode {
        ResetCode::make(&key(seed), &[nonce; NONCE], UserId(user))
    }

    #[test]
    fn a_code_follows_from_key_nonce_and_user_and_from_nothing_less() {
        let one = code(1, 1, 1);
        assert_eq!(one.in_link().len(), LENGTH);
        assert_eq!(one.in_link(), code(1, 1, 1).in_link());
        for other in [code(2, 1, 1), code(1, 2, 1), code(1, 1, 2)] {
            assert_ne!(one.in_link(), other.in_link());
            assert_ne!(one.hash(), other.hash());
        }
    }

    #[test]
    fn a_code_is_the_hmac_of_rfc_2104_in_crockfords_letters() {
        // HMAC-SHA256 with a key of 32 zero bytes over the purpose, 16 zero bytes and user 7, computed with Python's hmac.
        let key = ResetKey::from_file(&[b'0'; 64]).unwrap();
        let code = ResetCode::make(&key, &[0; NONCE], UserId(7));
        assert_eq!(code.in_link(), "ZCZACCCSGWE861X49G9MN2WMDE");
    }

    #[test]
    fn what_is_typed_is_forgiven() {
        let made = code(1, 1, 1);
        let groups = made.in_groups().to_string();
        assert_eq!(groups.split('-').map(str::len).collect::<Vec<_>>(), GROUPS);
        let lower = groups.to_lowercase();
        let mistaken = made.in_link().replace('0', "o").replace('1', "l");
        for typed in [&groups, &lower, &mistaken, &format!("  {groups} \n"), &groups.replace('-', " ")] {
            assert_eq!(ResetCode::parse(typed).unwrap().hash(), made.hash());
        }
    }

    #[test]
    fn a_code_is_found_in_a_link_that_cancels_it() {
        let made = code(1, 1, 1);
        let (plain, groups) = (made.in_link(), made.in_groups());
        for before in [
            "",
            "!",
            "#!",
            "%23!",
            "#%21",
            "%23%21",
            "#",
            "https://reset.example.com/#!",
            "https://x.example/a?b=%23!",
            " ! ",
        ] {
            for code in [plain, groups.as_str(), &plain.to_lowercase()] {
                let found = ResetCode::parse_cancelling(&format!("{before}{code}\r\n")).map(|code| code.hash());
                assert_eq!(found, Ok(made.hash()), "{before}");
            }
        }
        for text in [
            "",
            "#",
            "#!",
            "!!",
            "%23",
            "https://reset.example.com/",
            &format!("{plain}#"),
            &format!("#!{plain}é"),
            "é%2",
        ] {
            assert_eq!(ResetCode::parse_cancelling(text).unwrap_err(), NotACode, "{text}");
        }
    }

    #[test]
    fn anything_else_is_no_code_and_is_not_repeated() {
        let made = code(1, 1, 1);
        let good = made.in_link();
        let cases = ["", &good[1..], &format!("{good}A"), &format!("{}U", &good[1..]), &format!("{}é", &good[2..])];
        for text in cases {
            assert_eq!(ResetCode::parse(text).unwrap_err(), NotACode, "{text}");
        }
        assert_eq!(format!("{made:?}"), "ResetCode");
    }

    #[test]
    fn a_million_codes_are_a_million_codes() {
        let count = if cfg!(debug_assertions) { 100_000 } else { 1_000_000 };
        let (key, random) = (key(1), ScriptedRandom::new(7));
        let mut seen = HashSet::new();
        for user in 0..count {
            let mut nonce = [0; NONCE];
            random.fill(&mut nonce);
            assert!(seen.insert(ResetCode::make(&key, &nonce, UserId(user % 10)).hash().0));
        }
    }
}
