//! `[password]` and `[password.argon2]`: the organization's password requirements, and how passwords are hashed.

mod role;

use std::path::PathBuf;
use std::time::Duration;

pub use role::RoleSection;

use role::GeneralBounds;

use super::document::Document;
use super::document::Section;
use crate::domain::duration::DisplayDuration;
use crate::domain::password_age::MAX_AGE;
use crate::domain::password_age::MIN_AGE;
use crate::domain::password_age::TEMPORARY_LIFETIME;
use crate::domain::policy::MAX_HISTORY;

/// The shortest password, in characters, that NIST SP 800-63B-4 section 3.1.1 allows as the only factor.
const MIN_ALONE: u32 = 15;
/// The same with a second factor.
const MIN_WITH_SECOND_FACTOR: u32 = 8;
/// The longest sensible minimum: NIST requires that passwords of at least 64 characters are accepted.
const MAX_MIN_LENGTH: u32 = 128;
/// The bounds of the longest password. Its bytes are bounded by [`MAX_BYTES`](crate::domain::policy::MAX_BYTES) besides.
const SHORTEST_MAXIMUM: u32 = 64;
const LONGEST_MAXIMUM: u32 = 1_024;
const MAXIMUM_REASON: &str = "NIST SP 800-63B-4 section 3.1.1.2 asks for at least 64 to be allowed";
/// Why [`MAX_HISTORY`] is the most.
const HISTORY_REASON: &str = "each is compared by a whole Argon2 hash, and a change may take about a second";
const CLASSES: [&str; 4] = ["lower", "upper", "digit", "symbol"];

/// The minimum memory for Argon2id in OWASP's Password Storage Cheat Sheet, in KiB: 19 MiB with two passes.
const MIN_MEMORY: u32 = 19_456;
/// The same with one pass: 46 MiB.
const MIN_MEMORY_FOR_ONE_PASS: u32 = 47_104;
const MAX_MEMORY: u32 = 1_048_576;

/// The password requirements.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PasswordSection {
    /// The fewest characters.
    pub min_length: u32,
    /// The most characters, where there is a bound besides that in bytes.
    pub max_length: Option<u32>,
    /// The required character classes: `lower`, `upper`, `digit`, `symbol`.
    pub classes: Vec<String>,
    /// How many former passwords must not be used again.
    pub history: u32,
    /// The minimum zxcvbn score, from 0 (any) to 4.
    pub min_score: u32,
    /// Words of the organization, of which alone no password may consist.
    pub words: Vec<String>,
    /// Lists of refused passwords besides the built-in one: words, or filters.
    pub blocklist_files: Vec<PathBuf>,
    /// Whether a user must change a password that an operator has set.
    pub must_change_after_set: bool,
    /// How long a password is valid that an operator has set and the user must change; `None`: it does not end.
    pub temporary_lifetime: Option<Duration>,
    /// How long users keep a password that they chose.
    pub min_age: Option<Duration>,
    /// The age at which a password must be changed.
    pub max_age: Option<Duration>,
    /// What is asked of the users with some roles besides.
    pub roles: Vec<RoleSection>,
    /// How long a prompt waits for a password.
    pub prompt_timeout: Duration,
    /// The hashing cost.
    pub argon2: Argon2Section,
    /// Whether the hashing cost is known to be that of the file: a login also uses a damaged configuration.
    pub is_argon2_known: bool,
}

impl Default for PasswordSection {
    fn default() -> Self {
        Self {
            min_length: MIN_ALONE,
            max_length: None,
            classes: Vec::new(),
            history: 0,
            min_score: 0,
            words: Vec::new(),
            blocklist_files: Vec::new(),
            must_change_after_set: false,
            temporary_lifetime: None,
            min_age: None,
            max_age: None,
            roles: Vec::new(),
            prompt_timeout: Duration::from_secs(5 * 60),
            argon2: Argon2Section::default(),
            is_argon2_known: true,
        }
    }
}

impl PasswordSection {
    /// Reads the section. `second_factor`: the value in `[organization]`.
    pub(super) fn read(
        section: &Section<'_, '_>,
        argon2: &Section<'_, '_>,
        document: &Document<'_>,
        second_factor: bool,
    ) -> Self {
        let default = Self::default();
        let (shortest, reason) = if second_factor {
            (MIN_WITH_SECOND_FACTOR, "NIST SP 800-63B-4 section 3.1.1 asks for 8 with a second factor")
        } else {
            (MIN_ALONE, "NIST SP 800-63B-4 section 3.1.1 asks for 15, or 8 with `[organization] second_factor`")
        };
        let min_length = section.whole("min_length", shortest..=MAX_MIN_LENGTH, reason).unwrap_or(shortest);
        let max_length = section.whole("max_length", SHORTEST_MAXIMUM..=LONGEST_MAXIMUM, MAXIMUM_REASON);
        if max_length.is_some_and(|most| most < min_length) {
            section.problem("max_length", format_args!("expected at least min_length, which is {min_length}"));
        }
        let ages = (section.duration("min_age", MIN_AGE), section.duration("max_age", MAX_AGE));
        if let (Some(least), Some(most)) = ages
            && least >= most
        {
            section.problem("min_age", format_args!("expected less than max_age, which is {}", DisplayDuration(most)));
        }
        let retry_for = Duration::from_secs(1)..=Duration::from_secs(86_400);
        Self {
            min_length,
            max_length,
            classes: section.list("classes", class).unwrap_or(default.classes),
            history: section.whole("history", 0..=MAX_HISTORY, HISTORY_REASON).unwrap_or(default.history),
            min_score: section.whole("min_score", 0..=4, "").unwrap_or(default.min_score),
            words: section.list("words", word).unwrap_or_default(),
            blocklist_files: section.files("blocklist_file").unwrap_or_default(),
            must_change_after_set: section.switch("must_change_after_set").unwrap_or(default.must_change_after_set),
            temporary_lifetime: section.duration("temporary_lifetime", TEMPORARY_LIFETIME),
            min_age: ages.0,
            max_age: ages.1,
            roles: RoleSection::read_all(document, &GeneralBounds { shortest, max_length, ages }),
            prompt_timeout: section.duration("prompt_timeout", retry_for).unwrap_or(default.prompt_timeout),
            argon2: Argon2Section::read(argon2),
            is_argon2_known: true,
        }
    }
}

/// A word of the organization: shorter ones are found by chance.
fn word(text: &str) -> Result<String, String> {
    let letters = text.chars().filter(|character| character.is_alphanumeric()).count();
    let is_word = letters >= 3 && text.chars().count() <= 64 && !text.chars().any(char::is_control);
    is_word.then(|| text.to_owned()).ok_or_else(|| "expected a word of 3 to 64 characters".to_owned())
}

fn class(text: &str) -> Result<String, String> {
    let known = CLASSES.contains(&text).then(|| text.to_owned());
    known.ok_or_else(|| format!("expected one of {}", CLASSES.join(", ")))
}

/// The cost of one Argon2id hash (RFC 9106).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Argon2Section {
    /// Memory in KiB.
    pub memory_kib: u32,
    /// Passes over the memory.
    pub iterations: u32,
    /// Lanes.
    pub parallelism: u32,
}

impl Default for Argon2Section {
    fn default() -> Self {
        // The memory and passes of RFC 9106's second recommended option; one lane for readers that support no other
        // number.
        Self { memory_kib: 65_536, iterations: 3, parallelism: 1 }
    }
}

impl Argon2Section {
    fn read(section: &Section<'_, '_>) -> Self {
        let default = Self::default();
        let least = "OWASP asks for 19456 with 2 iterations";
        let read = Self {
            memory_kib: section.whole("memory_kib", MIN_MEMORY..=MAX_MEMORY, least).unwrap_or(default.memory_kib),
            iterations: section.whole("iterations", 1..=16, "").unwrap_or(default.iterations),
            parallelism: section.whole("parallelism", 1..=16, "").unwrap_or(default.parallelism),
        };
        if read.iterations == 1 && read.memory_kib < MIN_MEMORY_FOR_ONE_PASS {
            section.problem(
                "iterations",
                format_args!(
                    "OWASP asks for a memory_kib of at least {MIN_MEMORY_FOR_ONE_PASS} with 1 iteration, found {}",
                    read.memory_kib
                ),
            );
        }
        read
    }
}
