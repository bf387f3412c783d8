//! `[reset]`: the links by which users choose a password.

use std::path::PathBuf;

use super::document::Section;

/// How reset links are made.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ResetSection {
    /// The key that the codes of links are made with; by default `reset.key` beside the store.
    pub key_file: Option<PathBuf>,
}

impl ResetSection {
    pub(super) fn read(section: &Section<'_, '_>) -> Self {
        Self { key_file: section.file("key_file") }
    }
}
