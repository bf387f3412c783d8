//! How a store is opened.

/// The version that the store must have.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ExpectedVersion {
    /// The current version.
    Current,
    /// The current version or an older one, which can be upgraded.
    CurrentOrOlder,
}
