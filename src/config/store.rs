//! `[store]`: where the users are stored.

use std::path::PathBuf;

use super::document::Section;

/// The file of the store.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct StoreSection {
    /// The path; the default depends on the account that runs the program.
    pub path: Option<PathBuf>,
    /// The group that may read the whole file, such as that of a mail server that checks logins.
    pub reader_group: Option<String>,
}

impl StoreSection {
    pub(super) fn read(section: &Section<'_, '_>) -> Self {
        Self { path: section.store_location("path"), reader_group: section.some_text("reader_group") }
    }
}
