//! Why a filter file cannot be used.

use std::io;

/// Why a filter file cannot be used. The text does not name the file: [`super::FilterFile`] does.
#[derive(Debug, thiserror::Error)]
pub enum FilterError {
    /// The file does not begin as a filter does.
    #[error("is no blocklist filter")]
    NotAFilter,
    /// A later program wrote it, in a form that this one does not know.
    #[error("is a blocklist filter of version {found}, and this program reads version {known}")]
    Version {
        /// The version of the file.
        found: u32,
        /// The version that this program reads.
        known: u32,
    },
    /// The file is shorter or longer than its header says.
    #[error("has {found} bytes, and its header says {expected}: it was cut short, or something was added")]
    Length {
        /// The bytes of the file.
        found: u64,
        /// The bytes that the header says.
        expected: u64,
    },
    /// A checksum or a value is not what it must be.
    #[error("is damaged: {part}")]
    Damaged {
        /// The part that is wrong.
        part: String,
    },
    /// The system could not read it.
    #[error("cannot be read: {0}")]
    Io(#[from] io::Error),
}

impl FilterError {
    /// A damaged part.
    pub(super) fn damaged(part: impl Into<String>) -> Self {
        Self::Damaged { part: part.into() }
    }
}
