//! What hashing a password costs.

use crate::secrets::hasher::Hasher;
use crate::secrets::password_hash::HashParameters;

/// What a new hash costs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum HashingCost {
    /// As configured, or the default where nothing is.
    Known(HashParameters),
    /// The configuration cannot be read where it may say so.
    Unknown,
}

impl Default for HashingCost {
    fn default() -> Self {
        Self::Known(HashParameters::default())
    }
}

impl HashingCost {
    /// A hasher for it.
    pub(super) fn hasher(self) -> Hasher {
        let Self::Known(parameters) = self else { return Hasher::new(HashParameters::default()) };
        Hasher::new(parameters)
    }
}
