//! Randomness is passed in: salts, generated passwords and nonces come from a [`Random`], so that a test can repeat them.

use std::sync::atomic::AtomicU64;
use std::sync::atomic::Ordering;

/// A source of random bytes, which threads can share.
pub trait Random: Send + Sync {
    /// Fills `bytes`.
    ///
    /// # Panics
    /// When the operating system has no randomness to give: nothing safe can be done then (getrandom(2) fails only on
    /// kernels that lack it).
    fn fill(&self, bytes: &mut [u8]);
}

/// The operating system's generator, getrandom(2).
#[derive(Debug, Clone, Copy)]
pub struct SystemRandom;

impl Random for SystemRandom {
    fn fill(&self, bytes: &mut [u8]) {
        #[expect(clippy::expect_used, reason = "without randomness every password and salt would be guessable")]
        #[expect(clippy::disallowed_methods, reason = "the one place that asks the machine for randomness")]
        getrandom::fill(bytes).expect("the operating system gives randomness");
    }
}

/// Bytes that follow from a seed (SplitMix64). For tests; never for a secret that somebody will use.
#[derive(Debug)]
pub struct ScriptedRandom(AtomicU64);

impl ScriptedRandom {
    /// The sequence of `seed`.
    pub fn new(seed: u64) -> Self {
        Self(AtomicU64::new(seed))
    }
}

impl Random for ScriptedRandom {
    fn fill(&self, bytes: &mut [u8]) {
        const GAMMA: u64 = 0x9e37_79b9_7f4a_7c15;
        for chunk in bytes.chunks_mut(8) {
            let mut word = self.0.fetch_add(GAMMA, Ordering::Relaxed).wrapping_add(GAMMA);
            word = (word ^ (word >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
            word = (word ^ (word >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
            word ^= word >> 31;
            chunk.copy_from_slice(&word.to_le_bytes()[..chunk.len()]);
        }
    }
}
