//! The policy: what an organization asks of a password, and the one gate that every new password passes.
//!
//! The default is NIST SP 800-63B-4 section 3.1.1.2 and nothing else: at least 15 characters, no composition rules, no
//! ageing, and a blocklist that is compared with the whole password. A password that merely *contains* a common word or
//! a name is accepted: a passphrase is made of words.

mod blocklist;
mod by_role;
mod derivatives;
mod listed;
mod own_lists;
mod pattern;
mod personal;
mod requirements;

use std::ops::Deref;
use std::sync::Arc;

use strum::VariantArray as _;
use thiserror::Error;
use zeroize::Zeroizing;

pub use blocklist::Blocklist;
pub use blocklist::BlocklistError;
pub use by_role::Fingerprints;
pub use by_role::RoleRequirements;
pub use listed::ListedPasswords;
pub use listed::PasswordList;
pub use listed::UnreadableList;
pub use own_lists::ListDigests;
pub use own_lists::OwnLists;
pub use personal::PersonalWords;
pub use requirements::PasswordAges;
pub use requirements::Requirements;
pub use requirements::StricterRequirements;

/// The most bytes that a password may have as NFC text in UTF-8. It is far above what NIST asks for (64 characters),
/// and bounds what hashing and checking cost.
pub const MAX_BYTES: usize = 1_024;

/// The shortest password, in characters, where it is the only factor (SP 800-63B-4, 3.1.1.2).
pub const MIN_LENGTH: u32 = 15;

/// The shortest password, in characters, where the organization's sign-in asks for a second factor too.
pub const MIN_LENGTH_WITH_SECOND_FACTOR: u32 = 8;

/// The most former passwords that a policy may refuse. Each is compared by a whole Argon2 hash, as many at once as there are cores: so
/// many cost about a second on two of them (benches/README.md).
pub const MAX_HISTORY: u32 = 8;

/// What an organization asks of a password, with the lists of refused ones. Nothing less can check a password.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Policy {
    /// What is asked.
    pub requirements: Requirements,
    /// The organization's own lists of refused passwords.
    pub lists: Arc<OwnLists>,
}

impl From<Requirements> for Policy {
    /// A policy without lists.
    fn from(requirements: Requirements) -> Self {
        Self { requirements, lists: Arc::default() }
    }
}

impl Deref for Policy {
    type Target = Requirements;

    fn deref(&self) -> &Requirements {
        &self.requirements
    }
}

impl Policy {
    /// The text beside each stored password that says which policy it met ([`Requirements::fingerprint`]).
    pub fn fingerprint(&self) -> String {
        self.requirements.fingerprint(self.lists.digests())
    }
}

/// A class of characters that a policy may require.
#[derive(
    Debug,
    Clone,
    Copy,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Hash,
    strum::EnumString,
    strum::IntoStaticStr,
    strum::VariantArray,
    strum::Display,
)]
#[strum(serialize_all = "lowercase", parse_err_ty = UnknownCharacterClass, parse_err_fn = UnknownCharacterClass::of)]
pub enum CharacterClass {
    /// A lower-case letter of any script.
    Lower,
    /// An upper-case letter of any script.
    Upper,
    /// A digit 0 to 9.
    Digit,
    /// Whatever is neither a letter nor a digit; a space counts.
    Symbol,
}

impl CharacterClass {
    /// Whether `character` is one of this class.
    pub fn has(self, character: char) -> bool {
        match self {
            Self::Lower => character.is_lowercase(),
            Self::Upper => character.is_uppercase(),
            Self::Digit => character.is_ascii_digit(),
            Self::Symbol => !character.is_alphanumeric(),
        }
    }
}

/// A word that names no class of characters.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("unknown class of characters: `{0}`; use `lower`, `upper`, `digit` or `symbol`")]
pub struct UnknownCharacterClass(String);

impl UnknownCharacterClass {
    fn of(word: &str) -> Self {
        Self(word.to_owned())
    }
}

/// Why a text is no password under any policy. Nothing is ever cut off or replaced to make it one. The error never
/// holds a part of the text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum PasswordError {
    /// No character at all.
    #[error("the password is empty; give at least one character")]
    Empty,
    /// Bytes that are not UTF-8: another program would read other characters from them.
    #[error("the password is not UTF-8; set the terminal or the file to UTF-8 and type it again")]
    NotUtf8,
    /// A NUL character, at which C programs would cut the password off.
    #[error("the password contains a NUL character, which no login form can send; leave it out")]
    Nul,
    /// A TAB, which at most login forms leads to the next field.
    #[error("the password contains a TAB character, which most login forms cannot take; leave it out")]
    Tab,
    /// A line break of any kind inside, which could not be typed at a terminal.
    #[error("the password contains a line break, which cannot be typed at a terminal; give it as one line")]
    LineBreak,
    /// Another control character, C0, DEL or C1.
    #[error("the password contains a control character, which no login form can take; leave it out")]
    Control,
    /// U+FFFD, which stands where a program could not read a character: the character itself is lost.
    #[error("the password contains U+FFFD, which replaces a character that was lost on the way; give it in UTF-8")]
    Replacement,
    /// More than [`MAX_BYTES`] as NFC text in UTF-8.
    #[error("the password has {bytes} bytes, and {MAX_BYTES} are allowed; choose a shorter one")]
    TooLong {
        /// The bytes that it has.
        bytes: usize,
    },
}

/// The first character of `text` that no password may hold, as the reason why; `None`: there is none. Such characters are
/// refused and never dropped: what is left would be another password than the one that was given. A space of any kind,
/// such as NBSP, is a character as any other.
pub fn forbidden(text: &str) -> Option<PasswordError> {
    text.chars().find_map(|character| match character {
        '\0' => Some(PasswordError::Nul),
        '\t' => Some(PasswordError::Tab),
        // All that Unicode calls a mandatory break (UAX #14).
        '\n' | '\r' | '\u{b}' | '\u{c}' | '\u{85}' | '\u{2028}' | '\u{2029}' => Some(PasswordError::LineBreak),
        '\u{fffd}' => Some(PasswordError::Replacement),
        other if other.is_control() => Some(PasswordError::Control),
        _ => None,
    })
}

/// One rule that a password fails. It never holds a part of the password.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Violation {
    /// Fewer characters than the policy asks for.
    TooShort {
        /// The fewest characters allowed.
        min: u32,
        /// The characters that the password has.
        has: u32,
    },
    /// More characters than the policy allows.
    TooLong {
        /// The most characters allowed.
        max: u32,
        /// The characters that the password has.
        has: u32,
    },
    /// No character of a class that the policy requires.
    MissingClass(CharacterClass),
    /// On a blocklist, or made from an entry of one by case, digits, symbols, look-alike characters or repetition.
    Common,
    /// Made only of words that belong to the user or the organization, with at most digits and symbols besides.
    Personal,
    /// One character or short block, again and again.
    Repeated,
    /// Runs of the alphabet, of digits or of neighbouring keys of a keyboard.
    Sequential,
    /// Too easily guessed in the estimate of zxcvbn.
    TooGuessable {
        /// The password's score, 0 to 4.
        score: u8,
        /// The lowest score allowed.
        min: u8,
    },
    /// One of the user's last passwords. Only the stored hashes, or the password that the user has just proven, can tell,
    /// so [`faults`] never gives this one: it is added where the password is compared with them.
    Reused {
        /// How many passwords are refused, counted back from the current one.
        history: u32,
    },
    /// A password of the user that was disabled after a breach. As for [`Violation::Reused`], only the stored hashes can tell.
    Disabled,
}

/// Every rule of `policy` that `password` fails, in the order of [`Violation`]; none if it is acceptable.
///
/// `password` is NFC text, as `secrets::Password` holds it. `words` are those of the user whose password it is to be.
///
/// # Errors
/// [`UnreadableList`]: without the list, a password must not pass.
pub fn faults(password: &str, policy: &Policy, words: &PersonalWords<'_>) -> Result<Vec<Violation>, UnreadableList> {
    let mut faults = Vec::new();
    let has = u32::try_from(password.chars().count()).unwrap_or(u32::MAX);
    if has < policy.min_length {
        faults.push(Violation::TooShort { min: policy.min_length, has });
    }
    if let Some(max) = policy.max_length.filter(|max| has > *max) {
        faults.push(Violation::TooLong { max, has });
    }
    for &class in CharacterClass::VARIANTS {
        if policy.classes.contains(&class) && !password.chars().any(|character| class.has(character)) {
            faults.push(Violation::MissingClass(class));
        }
    }
    // A long list has about every short word: it is asked for the password as it is, and for no form of it.
    let mut is_listed = false;
    for listed in policy.lists.listed() {
        is_listed |= listed.has(password)?;
    }
    let is_common = |form: &str| blocklist::is_common(form) || policy.lists.has_word(form);
    if is_listed || derivatives::any(password, is_common) {
        faults.push(Violation::Common);
    }
    if words.make_up(password, &policy.words) {
        faults.push(Violation::Personal);
    }
    match pattern::find(password) {
        Some(pattern::Pattern::Repeated) => faults.push(Violation::Repeated),
        Some(pattern::Pattern::Sequential) => faults.push(Violation::Sequential),
        None => {}
    }
    if policy.min_score > 0 {
        let words = words.words(&policy.words);
        let words: Vec<&str> = words.iter().map(String::as_str).collect();
        let score = u8::from(zxcvbn::zxcvbn(password, &words).score());
        if score < policy.min_score {
            faults.push(Violation::TooGuessable { score, min: policy.min_score });
        }
    }
    Ok(faults)
}

/// The characters of `text` in lower case, one by one, in a buffer that need not grow: what it leaves behind when it
/// grows would not be wiped.
fn lower_case(text: &str) -> Zeroizing<Vec<char>> {
    let mut lower = Zeroizing::new(Vec::with_capacity(2 * text.len()));
    lower.extend(text.chars().flat_map(char::to_lowercase));
    lower
}

#[cfg(test)]
mod tests;
