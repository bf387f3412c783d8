//! The rows of a restored copy that are no longer true.

/// The rows of a copy that may no longer be true.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct UnsettledRows {
    /// Links that could have been used.
    pub links: u64,
    /// Messages that waited.
    pub messages: u64,
    /// Jobs that ran.
    pub jobs: u64,
}
