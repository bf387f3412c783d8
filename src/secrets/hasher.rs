//! Argon2 (RFC 9106): hashing and verifying.

use std::fmt;
use std::hint::black_box;
use std::time::Duration;

use argon2::Algorithm;
use argon2::Argon2;
use argon2::Block;
use argon2::Params;
use argon2::Version;
use argon2::password_hash::phc;
use nix::sys::resource::UsageWho;
use nix::sys::resource::getrusage;
use nix::sys::time::TimeValLike as _;

use super::memory;
use super::memory::HashMemory;
use super::password::Password;
use super::password_hash::HashParameters;
use super::password_hash::PasswordHash;
use crate::random::Random;

/// Bytes of a salt (RFC 9106 section 3.1).
const SALT: usize = 16;

/// Bytes of a tag, the actual hash (RFC 9106 section 4).
const TAG: usize = 32;

/// The relative time for a KiB in the first pass, and in each later pass, which also reads what it overwrites (RFC
/// 9106 section 3.1.2, step 6); measured.
const FIRST_PASS: u64 = 6;
const LATER_PASS: u64 = 7;

/// Hashes and verifies passwords, one at a time. It keeps the memory for Argon2, 64 MiB by default, so create one for
/// each thread that hashes, and keep it for the whole run.
pub struct Hasher {
    parameters: HashParameters,
    memory: HashMemory,
}

/// The process may not have the memory that a hash needs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not enough memory for a password hash, which needs {kib} KiB; nothing was changed")]
pub struct NoMemory {
    /// The memory needed, in KiB.
    pub kib: u32,
}

impl Hasher {
    /// A hasher that uses `parameters` for new hashes. It allocates its memory with the first hash.
    pub fn new(parameters: HashParameters) -> Self {
        Self { parameters, memory: HashMemory::default() }
    }

    /// Hashes `password` with Argon2id and a new salt. Other layers can only create hashes through
    /// [`super::admission`].
    pub(in crate::secrets) fn hash(&mut self, password: &Password, random: &dyn Random) -> PasswordHash {
        let mut bytes = [0; SALT];
        random.fill(&mut bytes);
        let mut tag = [0; TAG];
        self.compute(Algorithm::Argon2id, Version::V0x13, self.parameters, password, &bytes, &mut tag);
        #[expect(clippy::expect_used, reason = "16 and 32 bytes are within the bounds of a PHC string")]
        let (salt, tag) = (phc::Salt::new(&bytes).expect("a salt"), phc::Output::new(&tag).expect("a tag"));
        PasswordHash::of(self.parameters, salt, tag)
    }

    /// Whether `password` matches `hash`. The cost is that of the hash's own parameters.
    pub fn verify(&mut self, password: &Password, hash: &PasswordHash) -> bool {
        let mut bytes = [0; phc::Output::MAX_LENGTH];
        let tag = &mut bytes[..hash.tag.len()];
        self.compute(hash.algorithm, hash.version, hash.parameters, password, &hash.salt, tag);
        // The comparison of two `Output`s takes constant time.
        phc::Output::new(tag).is_ok_and(|tag| tag == hash.tag)
    }

    /// Does the work of [`Hasher::verify`] for a user who does not exist or has no password, so that response times
    /// do not reveal which users exist.
    pub fn verify_nobody(&mut self, password: &Password) {
        let mut tag = [0; TAG];
        self.compute(Algorithm::Argon2id, Version::V0x13, self.parameters, password, &[0; SALT], &mut tag);
        black_box(&tag);
    }

    /// The parameters of new hashes.
    pub fn parameters(&self) -> &HashParameters {
        &self.parameters
    }

    /// From now on, new hashes cost as much as the most expensive of these; without any, the cost does not change.
    pub fn adopt_cost_of(&mut self, hashes: &[PasswordHash]) {
        if let Some(most_expensive) = hashes.iter().map(|hash| hash.parameters).max_by_key(time_of) {
            self.parameters = most_expensive;
        }
    }

    /// Allocates the memory for a new hash and for these, so that none of them fails later and ends the process.
    ///
    /// # Errors
    /// [`NoMemory`] if the system refuses it, for example because of a limit (`ulimit -v`, systemd's `LimitAS=`).
    pub fn reserve_for<'a>(&mut self, hashes: impl IntoIterator<Item = &'a PasswordHash>) -> Result<(), NoMemory> {
        let stored = hashes.into_iter().map(|hash| hash.parameters.memory_kib()).max().unwrap_or(0);
        let kib = stored.max(self.parameters.memory_kib());
        self.memory.reserve(blocks_of(kib)).map_err(|_| NoMemory { kib })
    }

    /// Allocates the memory of a new hash, so that verifying a cheaper one first does not lead to two allocations.
    pub(in crate::secrets) fn take_memory(&mut self) {
        self.memory.blocks(blocks_of(self.parameters.memory_kib()));
    }

    /// Does the work by which verifying `hash` is cheaper than verifying a new hash.
    pub(in crate::secrets) fn do_missing_work(&mut self, hash: &PasswordHash) {
        let missing = time_of(&self.parameters).saturating_sub(time_of(&hash.parameters));
        let memory = self.parameters.memory_kib();
        let (first, later) = (u64::from(memory) * FIRST_PASS, u64::from(memory) * LATER_PASS);
        let passes = if missing < first { 0 } else { 1 + (missing - first) / later };
        let done = if passes == 0 { 0 } else { first + (passes - 1) * later };
        let rest = ((missing - done) / FIRST_PASS).min(u64::from(memory));
        for (memory, passes) in [(memory, u32::try_from(passes).unwrap_or(0)), (u32::try_from(rest).unwrap_or(0), 1)] {
            // With too little memory for a lane, or no pass, there is nearly nothing to do.
            if let Ok(parameters) = HashParameters::new(memory, passes, 1) {
                let mut tag = [0; TAG];
                self.fill(Algorithm::Argon2id, Version::V0x13, parameters, b"", &[0; SALT], &mut tag);
                black_box(&tag);
            }
        }
        // Wiping takes its share of the time too.
        let unwiped = self.parameters.memory_kib().saturating_sub(hash.parameters.memory_kib());
        memory::wipe(self.memory.blocks(blocks_of(unwiped)));
    }

    /// Measures a new hash, in the time of a processor: what else the machine does meanwhile does not count.
    ///
    /// # Errors
    /// [`NoMemory`], as [`Hasher::reserve_for`].
    pub fn time_of_hash(&mut self) -> Result<Duration, NoMemory> {
        self.reserve_for([])?;
        let (parameters, mut tag, before) = (self.parameters, [0; TAG], processor_time());
        memory::wipe(self.fill(Algorithm::Argon2id, Version::V0x13, parameters, b"", &[0; SALT], &mut tag));
        black_box(&tag);
        Ok(processor_time().saturating_sub(before))
    }

    /// Frees the memory; the next hash allocates it again.
    pub fn release_memory(&mut self) {
        self.memory.release();
    }

    /// Computes `tag`, and wipes the memory.
    fn compute(
        &mut self,
        algorithm: Algorithm,
        version: Version,
        parameters: HashParameters,
        password: &Password,
        salt: &[u8],
        tag: &mut [u8],
    ) {
        memory::wipe(self.fill(algorithm, version, parameters, password.text().as_bytes(), salt, tag));
        // The memory of an expensive imported hash is not kept.
        if parameters.memory_kib() > self.parameters.memory_kib() {
            self.memory.release();
        }
    }

    /// Computes `tag`; returns the memory with what Argon2 left in it.
    fn fill(
        &mut self,
        algorithm: Algorithm,
        version: Version,
        parameters: HashParameters,
        input: &[u8],
        salt: &[u8],
        tag: &mut [u8],
    ) -> &mut [Block] {
        #[expect(clippy::expect_used, reason = "`HashParameters` are within Argon2's bounds")]
        let params =
            Params::new(parameters.memory_kib(), parameters.iterations(), parameters.parallelism(), Some(tag.len()))
                .expect("parameters of Argon2");
        let blocks = self.memory.blocks(params.block_count());
        #[expect(
            clippy::expect_used,
            reason = "the memory is as large as asked for; salt, tag and password were checked"
        )]
        Argon2::new(algorithm, version, params)
            .hash_password_into_with_memory(input, salt, tag, &mut *blocks)
            .expect("a hash");
        blocks
    }
}

/// How long this thread had a processor so far (getrusage(2)); zero where the system does not say it.
fn processor_time() -> Duration {
    let Ok(usage) = getrusage(UsageWho::RUSAGE_THREAD) else { return Duration::ZERO };
    let parts = [usage.user_time(), usage.system_time()];
    let microseconds = parts.iter().map(|time| time.num_microseconds().unsigned_abs()).sum();
    Duration::from_micros(microseconds)
}

/// The time of a hash, in relative units.
fn time_of(parameters: &HashParameters) -> u64 {
    let later = u64::from(parameters.iterations() - 1) * LATER_PASS;
    u64::from(parameters.memory_kib()) * (FIRST_PASS + later)
}

/// Number of Argon2 blocks, of 1 KiB each (RFC 9106 section 3.2).
fn blocks_of(memory_kib: u32) -> usize {
    usize::try_from(memory_kib).unwrap_or(0)
}

impl fmt::Debug for Hasher {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Hasher").field("parameters", &self.parameters).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use argon2::AssociatedData;
    use argon2::ParamsBuilder;
    use zeroize::Zeroizing;

    use super::*;
    use crate::random::ScriptedRandom;
    use crate::random::SystemRandom;

    fn small() -> Hasher {
        Hasher::new(HashParameters::new(8, 1, 1).unwrap())
    }

    fn password(text: &str) -> Password {
        Password::new(Zeroizing::new(text.to_owned())).unwrap()
    }

    #[test]
    fn the_result_is_the_test_vector_of_rfc_9106_section_5_3() {
        let mut builder = ParamsBuilder::new();
        builder.m_cost(32).t_cost(3).p_cost(4).data(AssociatedData::new(&[4; 12]).unwrap());
        let params = builder.build().unwrap();
        let mut memory = HashMemory::default();
        let blocks = memory.blocks(params.block_count());
        let mut tag = [0; 32];
        Argon2::new_with_secret(&[3; 8], Algorithm::Argon2id, Version::V0x13, params)
            .unwrap()
            .hash_password_into_with_memory(&[1; 32], &[2; 16], &mut tag, blocks)
            .unwrap();
        let expected = [
            0x0d, 0x64, 0x0d, 0xf5, 0x8d, 0x78, 0x76, 0x6c, 0x08, 0xc0, 0x37, 0xa3, 0x4a, 0x8b, 0x53, 0xc9, 0xd0, 0x1e,
            0xf0, 0x45, 0x2d, 0x75, 0xb6, 0x5e, 0xb5, 0x25, 0x20, 0xe9, 0x6b, 0x01, 0xe6, 0x59,
        ];
        assert_eq!(tag, expected);
    }

    #[test]
    fn a_default_hash_has_the_second_choice_of_rfc_9106_and_verifies() {
        let mut hasher = Hasher::new(HashParameters::default());
        let hash = hasher.hash(&password("lamp river stone"), &SystemRandom);
        let parts: Vec<&str> = hash.as_str().split('$').collect();
        assert_eq!(parts[..4], ["", "argon2id", "v=19", "m=65536,t=3,p=1"]);
        assert_eq!((parts[4].len(), parts[5].len(), parts.len()), (22, 43, 6));
        assert_eq!(PasswordHash::parse(hash.as_str()).as_ref(), Ok(&hash));
        assert!(hasher.verify(&password("lamp river stone"), &hash));
        assert!(!hasher.verify(&password("lamp river stone "), &hash));
        assert!(!hash.weaker_than(&HashParameters::default()));
    }

    #[test]
    fn hashes_of_the_reference_implementation_verify() {
        // From the README and the test.c of github.com/P-H-C/phc-winner-argon2.
        for text in [
            "$argon2i$v=19$m=65536,t=2,p=4$c29tZXNhbHQ$RdescudvJCsgt3ub+b+dWRWJTmaaJObG",
            "$argon2id$v=19$m=256,t=2,p=1$c29tZXNhbHQ$nf65EOgLrQMR/uIPnA4rEsF5h7TKyQwu9U1bMCHGi/4",
        ] {
            let hash = PasswordHash::parse(text).unwrap();
            let mut hasher = small();
            assert!(hasher.verify(&password("password"), &hash), "{text}");
            assert!(!hasher.verify(&password("passwore"), &hash), "{text}");
            assert_eq!(hasher.memory.len(), 0, "a dearer hash gives its memory back");
        }
    }

    #[test]
    fn no_character_is_ignored_at_any_position() {
        let mut hasher = small();
        let long: String = "lamp river stone ".chars().cycle().take(300).collect();
        for at in [0, 71, 72, 73, 127, 128, 199, 255, 299] {
            let changed: String = long.chars().enumerate().map(|(i, c)| if i == at { 'X' } else { c }).collect();
            for (one, other) in [(&long, &changed), (&changed, &long)] {
                let hash = hasher.hash(&password(one), &ScriptedRandom::new(1));
                assert!(hasher.verify(&password(one), &hash));
                assert!(!hasher.verify(&password(other), &hash), "character {at}");
            }
        }
        let longest = "x".repeat(1_024);
        let hash = hasher.hash(&password(&longest), &ScriptedRandom::new(1));
        assert!(!hasher.verify(&password(&longest[1..]), &hash));
    }

    #[test]
    fn an_accent_verifies_in_both_spellings() {
        let mut hasher = small();
        let hash = hasher.hash(&password("cafe\u{301} river"), &ScriptedRandom::new(1));
        assert!(hasher.verify(&password("caf\u{e9} river"), &hash));
        assert!(!hasher.verify(&password("cafe river"), &hash));
    }

    #[test]
    fn a_thousand_hashes_of_one_password_have_a_thousand_salts() {
        let mut hasher = small();
        let hashes: HashSet<String> =
            (0..1_000).map(|_| hasher.hash(&password("lamp"), &SystemRandom).as_str().to_owned()).collect();
        let salts: HashSet<&str> = hashes.iter().filter_map(|hash| hash.split('$').nth(4)).collect();
        assert_eq!((hashes.len(), salts.len()), (1_000, 1_000));
    }

    #[test]
    fn the_cost_of_the_most_expensive_hash_is_adopted() {
        let cost = |kib, passes| HashParameters::new(kib, passes, 1).unwrap();
        let random = ScriptedRandom::new(1);
        let hashes =
            [cost(16, 1), cost(8, 4), cost(8, 1)].map(|cost| Hasher::new(cost).hash(&password("lamp"), &random));
        let mut hasher = Hasher::new(cost(64, 9));
        hasher.adopt_cost_of(&[]);
        assert_eq!(hasher.parameters(), &cost(64, 9));
        hasher.adopt_cost_of(&hashes);
        assert_eq!(hasher.parameters(), &cost(8, 4));
    }

    #[test]
    fn no_part_of_a_password_stays_in_memory() {
        let mut hasher = small();
        hasher.verify_nobody(&password("lamp"));
        let blocks = hasher.memory.blocks(8);
        assert!(blocks.iter().all(|block| block.as_ref().iter().all(|&word| word == 0)));
        assert!(!format!("{hasher:?}").contains("Block"));
    }
}
