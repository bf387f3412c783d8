//! The organization's own lists of refused passwords, and their digests, which are part of a policy's fingerprint.

use sha2::Digest as _;
use sha2::Sha256;

use super::Blocklist;
use super::BlocklistError;
use super::ListedPasswords;

/// The organization's own lists, besides the built-in one.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct OwnLists {
    /// The lists of words, as one.
    words: Blocklist,
    /// Lists that are too long for the memory, such as one of leaked passwords.
    listed: Vec<ListedPasswords>,
    digests: ListDigests,
}

/// The digests of the organization's lists: of a list of words over the bytes of its file, of a filter the one in its header.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ListDigests(Vec<[u8; 32]>);

impl ListDigests {
    /// Adds that of a list of words, of which this is the file.
    pub fn add_words(&mut self, content: &[u8]) {
        self.0.push(Sha256::digest(content).into());
    }

    /// Adds that of a list that knows its own.
    pub fn add_listed(&mut self, list: &ListedPasswords) {
        self.0.push(list.digest());
    }

    /// Each once, in an order that does not depend on that of the lists.
    pub(super) fn sorted(&self) -> Vec<[u8; 32]> {
        let mut sorted = self.0.clone();
        sorted.sort_unstable();
        sorted.dedup();
        sorted
    }
}

impl OwnLists {
    /// Adds the words of a file.
    ///
    /// # Errors
    /// When the file is no list of words.
    pub fn add_words(&mut self, content: &[u8]) -> Result<(), BlocklistError> {
        let words = Blocklist::from_bytes(content)?;
        self.words = std::mem::take(&mut self.words).and(words);
        self.digests.add_words(content);
        Ok(())
    }

    /// Adds a list that is asked for one password at a time.
    pub fn add_listed(&mut self, list: ListedPasswords) {
        self.digests.add_listed(&list);
        self.listed.push(list);
    }

    /// The digests of all.
    pub fn digests(&self) -> &ListDigests {
        &self.digests
    }

    /// Those that are asked for one password at a time.
    pub(super) fn listed(&self) -> &[ListedPasswords] {
        &self.listed
    }

    /// Whether a text, in lower case, is a word of a list.
    pub(super) fn has_word(&self, word: &str) -> bool {
        self.words.contains(word)
    }
}
