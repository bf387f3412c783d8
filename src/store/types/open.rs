//! How a store is opened.

/// What is asked of the file's version.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ExpectedVersion {
    /// The version this program knows.
    Current,
    /// That, or an older one: for the migration itself.
    CurrentOrOlder,
}
