//! `[password]` and `[password.argon2]`: the organization's password requirements, and how passwords are hashed.

use std::path::PathBuf;
use std::time::Duration;

use super::document::Section;

/// The shortest password that NIST SP 800-63B-4 section 3.1.1 allows as the only factor, in characters.
const SHORTEST_ALONE: u32 = 15;
/// The same where a second factor is asked for.
const SHORTEST_WITH_SECOND_FACTOR: u32 = 8;
/// The longest minimum that makes sense: NIST asks for passwords of at least 64 characters to be accepted.
const LONGEST_MINIMUM: u32 = 128;
/// The bounds of the longest password. Its bytes are bounded by [`MAX_BYTES`](crate::domain::policy::MAX_BYTES) besides.
const SHORTEST_MAXIMUM: u32 = 64;
const LONGEST_MAXIMUM: u32 = 1_024;
const MAXIMUM_REASON: &str = "NIST SP 800-63B-4 section 3.1.1.2 asks for at least 64 to be allowed";
const CLASSES: [&str; 4] = ["lower", "upper", "digit", "symbol"];

/// The least memory that OWASP's Password Storage Cheat Sheet gives for Argon2id, in KiB: 19 MiB with two passes.
const LEAST_MEMORY: u32 = 19_456;
/// The same with one pass: 46 MiB.
const LEAST_MEMORY_FOR_ONE_PASS: u32 = 47_104;
const MOST_MEMORY: u32 = 1_048_576;

/// What a password must be like.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PasswordSection {
    /// The fewest characters.
    pub min_length: u32,
    /// The most characters, where there is a bound besides that in bytes.
    pub max_length: Option<u32>,
    /// The classes of characters that each password must have: `lower`, `upper`, `digit`, `symbol`.
    pub classes: Vec<String>,
    /// How many former passwords may not be used again.
    pub history: u32,
    /// The least zxcvbn score, from 0 (any) to 4.
    pub min_score: u32,
    /// Words of the organization, of which alone no password may consist.
    pub words: Vec<String>,
    /// Lists of refused passwords besides the built-in one: words, or filters.
    pub blocklist_files: Vec<PathBuf>,
    /// Whether a user must change a password that somebody else set.
    pub must_change_after_set: bool,
    /// How long a prompt waits for a password to be typed.
    pub prompt_timeout: Duration,
    /// How passwords are hashed.
    pub argon2: Argon2Section,
    /// Whether that is what the file says: for a login, a configuration is read that may be damaged.
    pub is_argon2_known: bool,
}

impl Default for PasswordSection {
    fn default() -> Self {
        Self {
            min_length: SHORTEST_ALONE,
            max_length: None,
            classes: Vec::new(),
            history: 0,
            min_score: 0,
            words: Vec::new(),
            blocklist_files: Vec::new(),
            must_change_after_set: false,
            prompt_timeout: Duration::from_secs(5 * 60),
            argon2: Argon2Section::default(),
            is_argon2_known: true,
        }
    }
}

impl PasswordSection {
    /// `second_factor` is what `[organization]` says.
    pub(super) fn read(section: &Section<'_, '_>, argon2: &Section<'_, '_>, second_factor: bool) -> Self {
        let default = Self::default();
        let (shortest, reason) = if second_factor {
            (SHORTEST_WITH_SECOND_FACTOR, "NIST SP 800-63B-4 section 3.1.1 asks for 8 with a second factor")
        } else {
            (SHORTEST_ALONE, "NIST SP 800-63B-4 section 3.1.1 asks for 15, or 8 with `[organization] second_factor`")
        };
        let min_length = section.whole("min_length", shortest..=LONGEST_MINIMUM, reason).unwrap_or(shortest);
        let max_length = section.whole("max_length", SHORTEST_MAXIMUM..=LONGEST_MAXIMUM, MAXIMUM_REASON);
        if max_length.is_some_and(|most| most < min_length) {
            section.problem("max_length", format_args!("expected at least min_length, which is {min_length}"));
        }
        let retry_for = Duration::from_secs(1)..=Duration::from_secs(86_400);
        Self {
            min_length,
            max_length,
            classes: section.list("classes", class).unwrap_or(default.classes),
            history: section.whole("history", 0..=24, "").unwrap_or(default.history),
            min_score: section.whole("min_score", 0..=4, "").unwrap_or(default.min_score),
            words: section.list("words", word).unwrap_or_default(),
            blocklist_files: section.files("blocklist_file").unwrap_or_default(),
            must_change_after_set: section.switch("must_change_after_set").unwrap_or(default.must_change_after_set),
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
        // The memory and passes of RFC 9106's second recommended option; one lane for readers that know no other.
        Self { memory_kib: 65_536, iterations: 3, parallelism: 1 }
    }
}

impl Argon2Section {
    fn read(section: &Section<'_, '_>) -> Self {
        let default = Self::default();
        let least = "OWASP asks for 19456 with 2 iterations";
        let read = Self {
            memory_kib: section.whole("memory_kib", LEAST_MEMORY..=MOST_MEMORY, least).unwrap_or(default.memory_kib),
            iterations: section.whole("iterations", 1..=16, "").unwrap_or(default.iterations),
            parallelism: section.whole("parallelism", 1..=16, "").unwrap_or(default.parallelism),
        };
        if read.iterations == 1 && read.memory_kib < LEAST_MEMORY_FOR_ONE_PASS {
            section.problem(
                "iterations",
                format_args!(
                    "OWASP asks for a memory_kib of at least {LEAST_MEMORY_FOR_ONE_PASS} with 1 iteration, found {}",
                    read.memory_kib
                ),
            );
        }
        read
    }
}
