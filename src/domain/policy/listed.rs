//! A list of refused passwords that is too long for the memory: it is asked for one password at a time, and may fail to answer.

use std::fmt;
use std::path::Path;
use std::sync::Arc;

use thiserror::Error;

/// A list of passwords that is asked for one at a time.
pub trait PasswordList: fmt::Debug + Send + Sync {
    /// Whether the list has a password, as NFC text. A few others may be taken for one that it has, and none the other way.
    ///
    /// # Errors
    /// [`UnreadableList`].
    fn has(&self, password: &str) -> Result<bool, UnreadableList>;

    /// A digest that is the same only for the same list.
    fn digest(&self) -> [u8; 32];
}

/// A list that does not answer. Without it, passwords would pass that the organization refuses.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("{file}: {reason}")]
pub struct UnreadableList {
    file: String,
    reason: String,
}

impl UnreadableList {
    /// The list in `file` cannot be read for this reason.
    pub fn new(file: &Path, reason: &dyn fmt::Display) -> Self {
        Self { file: file.display().to_string(), reason: reason.to_string() }
    }
}

/// The list of a policy. Two are the same if their digests are.
#[derive(Debug, Clone)]
pub struct ListedPasswords(Arc<dyn PasswordList>);

impl ListedPasswords {
    /// The passwords of a list.
    pub fn new(list: impl PasswordList + 'static) -> Self {
        Self(Arc::new(list))
    }

    pub(super) fn has(&self, password: &str) -> Result<bool, UnreadableList> {
        self.0.has(password)
    }

    pub(super) fn digest(&self) -> [u8; 32] {
        self.0.digest()
    }
}

impl PartialEq for ListedPasswords {
    fn eq(&self, other: &Self) -> bool {
        self.digest() == other.digest()
    }
}

impl Eq for ListedPasswords {}
