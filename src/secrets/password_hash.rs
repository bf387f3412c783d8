//! The stored form of a password: an Argon2 hash as a PHC string.

use std::fmt;
use std::str::FromStr;

use argon2::Algorithm;
use argon2::Params;
use argon2::Version;
use argon2::password_hash::phc;
use thiserror::Error;

/// The most memory that a hash may use, in KiB: 1 GiB, like libsodium's highest setting.
pub const MAX_MEMORY_KIB: u32 = 1 << 20;

/// The most passes over the memory.
pub const MAX_ITERATIONS: u32 = 64;

/// The most lanes.
pub const MAX_PARALLELISM: u32 = 16;

/// The limit for KiB times passes: four passes over 1 GiB, some seconds of work.
const MAX_WORK: u64 = 4 << 20;

/// The minimum costs for Argon2id in OWASP's Password Storage Cheat Sheet, all equivalent: KiB of memory and passes
/// over it, with one lane
/// (<https://cheatsheetseries.owasp.org/cheatsheets/Password_Storage_Cheat_Sheet.html#argon2id>).
const OWASP_MINIMUM: [(u32, u32); 5] = [(47_104, 1), (19_456, 2), (12_288, 3), (9_216, 4), (7_168, 5)];

/// The shortest accepted tag in bytes: shorter ones could be matched by chance.
const MIN_TAG: usize = 16;

/// The cost of one hash.
///
/// The default is the memory and the passes of the second recommended option in RFC 9106 section 4, 64 MiB and 3,
/// with one lane, because libsodium verifies no other number of lanes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct HashParameters {
    memory_kib: u32,
    iterations: u32,
    parallelism: u32,
}

impl Default for HashParameters {
    fn default() -> Self {
        Self { memory_kib: 65_536, iterations: 3, parallelism: 1 }
    }
}

/// Why numbers are not valid parameters of Argon2, or would let one hash exhaust the machine.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum HashParametersError {
    /// Memory out of bounds.
    #[error("memory_kib is {0}; use 8 for each lane up to {MAX_MEMORY_KIB}")]
    Memory(u32),
    /// Passes out of bounds.
    #[error("iterations is {0}; use 1 to {MAX_ITERATIONS}")]
    Iterations(u32),
    /// Lanes out of bounds.
    #[error("parallelism is {0}; use 1 to {MAX_PARALLELISM}")]
    Parallelism(u32),
    /// Each is within its bounds, but together they are too expensive.
    #[error("memory_kib times iterations is {0}; use at most {MAX_WORK}")]
    Work(u64),
}

impl HashParameters {
    /// Checks `memory_kib` (KiB), `iterations` (passes) and `parallelism` (lanes).
    ///
    /// # Errors
    /// If they are not valid for Argon2, or if one hash would need more than 1 GiB or some seconds. An imported hash
    /// has its own parameters, so without bounds it could block the machine at the user's login.
    pub fn new(memory_kib: u32, iterations: u32, parallelism: u32) -> Result<Self, HashParametersError> {
        if !(1..=MAX_PARALLELISM).contains(&parallelism) {
            return Err(HashParametersError::Parallelism(parallelism));
        }
        if !(Params::MIN_M_COST * parallelism..=MAX_MEMORY_KIB).contains(&memory_kib) {
            return Err(HashParametersError::Memory(memory_kib));
        }
        if !(1..=MAX_ITERATIONS).contains(&iterations) {
            return Err(HashParametersError::Iterations(iterations));
        }
        let parameters = Self { memory_kib, iterations, parallelism };
        if parameters.work() > MAX_WORK {
            return Err(HashParametersError::Work(parameters.work()));
        }
        Ok(parameters)
    }

    /// Memory in KiB.
    pub fn memory_kib(&self) -> u32 {
        self.memory_kib
    }

    /// Number of passes over the memory.
    pub fn iterations(&self) -> u32 {
        self.iterations
    }

    /// Number of lanes, which are computed one after another.
    pub fn parallelism(&self) -> u32 {
        self.parallelism
    }

    /// KiB times passes.
    pub(in crate::secrets) fn work(&self) -> u64 {
        u64::from(self.memory_kib) * u64::from(self.iterations)
    }

    /// Whether the cost is at least one of OWASP's minimum costs.
    fn meets_owasp(&self) -> bool {
        OWASP_MINIMUM.iter().any(|&(memory, passes)| self.memory_kib >= memory && self.iterations >= passes)
    }
}

/// An Argon2 hash of a password with its salt and parameters, as a PHC string
/// (`$argon2id$v=19$m=65536,t=3,p=1$salt$tag`). It is always well-formed and within the bounds of [`HashParameters`].
#[derive(Clone, PartialEq, Eq)]
pub struct PasswordHash {
    text: String,
    pub(in crate::secrets) algorithm: Algorithm,
    pub(in crate::secrets) version: Version,
    pub(in crate::secrets) parameters: HashParameters,
    pub(in crate::secrets) salt: phc::Salt,
    pub(in crate::secrets) tag: phc::Output,
}

/// Why a text is not a hash that the program can verify. It never contains a part of the hash.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum PasswordHashError {
    /// Not a PHC string.
    #[error("not a PHC string; it reads `$argon2id$v=19$m=65536,t=3,p=1$salt$hash`, in Base64 without padding")]
    NotPhc,
    /// Another function than Argon2.
    #[error("not an Argon2 hash; only `argon2id`, `argon2i` and `argon2d` can be verified")]
    NotArgon2,
    /// No version, or an unknown one.
    #[error("the version of Argon2 is missing or unknown; only `v=19` and `v=16` can be verified")]
    Version,
    /// Another parameter than these three, or one of them is missing or not a number.
    #[error(
        "the parameters are not exactly `m`, `t` and `p` in this order; a hash with a key or with data cannot be used"
    )]
    Parameters,
    /// Parameters out of bounds.
    #[error(transparent)]
    OutOfBounds(#[from] HashParametersError),
    /// A variant that must not be stored, because other readers of the `login` view refuse it.
    #[error("not Argon2id version 19: import the user without a hash and send a reset link")]
    UnsupportedVariant,
    /// Parameters that make guessing passwords too cheap.
    #[error(
        "m={0},t={1} is below the OWASP minimum for Argon2id (m=19456,t=2 or equivalent): import the user without a hash and \
         send a reset link"
    )]
    Weak(u32, u32),
    /// No salt, or no tag of at least 16 bytes.
    #[error("the salt or the hash is missing or too short; the hash needs at least {MIN_TAG} bytes")]
    Short,
}

impl PasswordHash {
    /// Parses a PHC string.
    ///
    /// # Errors
    /// If it is not one, or not one that can be verified within the bounds of [`HashParameters`].
    pub fn parse(text: &str) -> Result<Self, PasswordHashError> {
        let phc = phc::PasswordHash::new(text).map_err(|_| PasswordHashError::NotPhc)?;
        let algorithm = Algorithm::from_str(phc.algorithm.as_str()).map_err(|_| PasswordHashError::NotArgon2)?;
        let version =
            phc.version.and_then(|version| Version::try_from(version).ok()).ok_or(PasswordHashError::Version)?;
        // In the order of the specification, because other programs that read the store's hashes accept no other
        // order.
        let mut given = phc.params.iter();
        let mut number = |name: &str| match given.next() {
            Some((found, value)) if found.as_str() == name => {
                value.decimal().map_err(|_| PasswordHashError::Parameters)
            }
            _ => Err(PasswordHashError::Parameters),
        };
        let parameters = HashParameters::new(number("m")?, number("t")?, number("p")?)?;
        if given.next().is_some() {
            return Err(PasswordHashError::Parameters);
        }
        let (Some(salt), Some(tag)) = (phc.salt, phc.hash) else {
            return Err(PasswordHashError::Short);
        };
        if tag.len() < MIN_TAG {
            return Err(PasswordHashError::Short);
        }
        Ok(Self { text: text.to_owned(), algorithm, version, parameters, salt, tag })
    }

    /// Checks whether a hash from another system may be stored: Argon2id version 19, with a cost that OWASP allows.
    ///
    /// # Errors
    /// Why it may not.
    pub(in crate::secrets) fn check_import(&self) -> Result<(), PasswordHashError> {
        if self.algorithm != Algorithm::Argon2id || self.version != Version::V0x13 {
            return Err(PasswordHashError::UnsupportedVariant);
        }
        if !self.parameters.meets_owasp() {
            return Err(PasswordHashError::Weak(self.parameters.memory_kib, self.parameters.iterations));
        }
        Ok(())
    }

    /// The PHC string of an Argon2id hash.
    pub(in crate::secrets) fn of(parameters: HashParameters, salt: phc::Salt, tag: phc::Output) -> Self {
        let HashParameters { memory_kib, iterations, parallelism } = parameters;
        let (algorithm, version) = (Algorithm::Argon2id, Version::V0x13);
        let text =
            format!("${algorithm}$v={}$m={memory_kib},t={iterations},p={parallelism}${salt}${tag}", u32::from(version));
        Self { text, algorithm, version, parameters, salt, tag }
    }

    /// The PHC string for the store.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// Whether guessing against this hash is cheaper than against a new hash with `parameters`: another variant than
    /// Argon2id, an older version, less memory, or fewer passes over the same memory.
    pub fn weaker_than(&self, parameters: &HashParameters) -> bool {
        self.algorithm != Algorithm::Argon2id
            || self.version != Version::V0x13
            || self.parameters.memory_kib < parameters.memory_kib
            || self.parameters.work() < parameters.work()
    }
}

impl fmt::Debug for PasswordHash {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("PasswordHash")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SALT: &str = "c29tZXNhbHRzb21lc2FsdA";
    const TAG: &str = "wWKIMhR9lyDFvRz9YTZweHKfbftvj+qf+YFY4NeBbtA";

    fn hash(head: &str) -> Result<PasswordHash, PasswordHashError> {
        PasswordHash::parse(&format!("{head}${SALT}${TAG}"))
    }

    #[test]
    fn well_formed_hashes_are_taken_as_they_are() {
        for head in [
            "$argon2id$v=19$m=65536,t=3,p=1",
            "$argon2i$v=19$m=65536,t=2,p=4",
            "$argon2d$v=16$m=8,t=1,p=1",
            "$argon2id$v=19$m=1048576,t=4,p=1",
        ] {
            assert_eq!(hash(head).unwrap().as_str(), format!("{head}${SALT}${TAG}"));
        }
    }

    #[test]
    fn what_cannot_be_verified_is_refused() {
        use PasswordHashError::*;
        for (text, error) in [
            (String::new(), NotPhc),
            ("secret".to_owned(), NotPhc),
            ("$6$rounds=5000$salt$hash".to_owned(), NotPhc),
            (format!("$argon2id$v=19$m=65536,t=3,p=1${SALT}==${TAG}"), NotPhc),
            (format!("$argon2id$v=19$m=65536,t=3,p=1${SALT}${TAG}\n"), NotPhc),
            (format!("$scrypt$ln=16,r=8,p=1${SALT}${TAG}"), NotArgon2),
            (format!("$argon2id$m=65536,t=3,p=1${SALT}${TAG}"), Version),
            (format!("$argon2id$v=18$m=65536,t=3,p=1${SALT}${TAG}"), Version),
            (format!("$argon2id$v=19$m=65536,t=3${SALT}${TAG}"), Parameters),
            (format!("$argon2id$v=19$t=3,m=65536,p=1${SALT}${TAG}"), Parameters),
            (format!("$argon2id$v=19$m=65536,t=3,p=1,keyid=YWJj${SALT}${TAG}"), Parameters),
            (format!("$argon2id$v=19$m=65536,t=3,p=1${SALT}"), Short),
            (format!("$argon2id$v=19$m=65536,t=3,p=1${SALT}$AAAAAAAAAAAAAAAAAAAA"), Short),
        ] {
            assert_eq!(PasswordHash::parse(&text), Err(error), "{text}");
        }
    }

    #[test]
    fn a_hash_that_would_exhaust_the_machine_is_refused() {
        for (head, error) in [
            ("$argon2id$v=19$m=4194304,t=1,p=1", HashParametersError::Memory(4_194_304)),
            ("$argon2id$v=19$m=7,t=1,p=1", HashParametersError::Memory(7)),
            ("$argon2id$v=19$m=16,t=1,p=4", HashParametersError::Memory(16)),
            ("$argon2id$v=19$m=8,t=65,p=1", HashParametersError::Iterations(65)),
            ("$argon2id$v=19$m=8,t=0,p=1", HashParametersError::Iterations(0)),
            ("$argon2id$v=19$m=1024,t=1,p=17", HashParametersError::Parallelism(17)),
            ("$argon2id$v=19$m=1048576,t=5,p=1", HashParametersError::Work(5 << 20)),
        ] {
            assert_eq!(hash(head), Err(PasswordHashError::OutOfBounds(error)), "{head}");
        }
    }

    #[test]
    fn a_hash_is_weaker_if_any_of_its_costs_is_lower() {
        let today = HashParameters::default();
        for (head, weaker) in [
            ("$argon2id$v=19$m=65536,t=3,p=1", false),
            ("$argon2id$v=19$m=65536,t=3,p=4", false),
            ("$argon2id$v=19$m=131072,t=2,p=1", false),
            ("$argon2id$v=19$m=65535,t=4,p=1", true),
            ("$argon2id$v=19$m=65536,t=2,p=1", true),
            ("$argon2id$v=16$m=65536,t=3,p=1", true),
            ("$argon2i$v=19$m=65536,t=3,p=1", true),
        ] {
            assert_eq!(hash(head).unwrap().weaker_than(&today), weaker, "{head}");
        }
    }

    #[test]
    fn only_argon2id_of_version_19_at_the_cost_of_owasp_is_imported() {
        for (head, taken) in [
            ("$argon2id$v=19$m=19456,t=2,p=1", Ok(())),
            ("$argon2id$v=19$m=47104,t=1,p=1", Ok(())),
            ("$argon2id$v=19$m=12288,t=3,p=1", Ok(())),
            ("$argon2id$v=19$m=9216,t=4,p=1", Ok(())),
            ("$argon2id$v=19$m=7168,t=5,p=1", Ok(())),
            ("$argon2id$v=19$m=65536,t=3,p=4", Ok(())),
            ("$argon2id$v=19$m=19455,t=2,p=1", Err(PasswordHashError::Weak(19_455, 2))),
            ("$argon2id$v=19$m=47103,t=1,p=1", Err(PasswordHashError::Weak(47_103, 1))),
            ("$argon2id$v=19$m=7167,t=64,p=1", Err(PasswordHashError::Weak(7_167, 64))),
            ("$argon2i$v=19$m=65536,t=3,p=1", Err(PasswordHashError::UnsupportedVariant)),
            ("$argon2d$v=19$m=65536,t=3,p=1", Err(PasswordHashError::UnsupportedVariant)),
            ("$argon2id$v=16$m=65536,t=3,p=1", Err(PasswordHashError::UnsupportedVariant)),
        ] {
            assert_eq!(hash(head).unwrap().check_import(), taken, "{head}");
        }
    }

    #[test]
    fn debug_shows_nothing() {
        assert_eq!(format!("{:?}", hash("$argon2id$v=19$m=65536,t=3,p=1").unwrap()), "PasswordHash");
    }
}
