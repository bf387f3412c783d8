//! What a restored copy leaves to settle.

/// What a copy claims that may not be true any more.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct UnsettledRows {
    /// Links that could have been used.
    pub links: u64,
    /// Messages that waited.
    pub messages: u64,
    /// Jobs that ran.
    pub jobs: u64,
}
