//! SHA-256 over fields: each is preceded by its length, so that no two lists of fields hash the same bytes.

use sha2::Digest as _;
use sha2::Sha256;

/// Hashes fields in their order.
#[derive(Debug, Clone)]
pub(super) struct FieldHasher(Sha256);

impl FieldHasher {
    /// Begins with a version byte: what hashes other fields, or in another order, has another version.
    pub(super) fn new(version: u8) -> Self {
        Self(Sha256::new_with_prefix([version]))
    }

    /// Adds bytes, preceded by their length (8 bytes, big endian; all ones for NULL).
    pub(super) fn bytes(&mut self, bytes: Option<&[u8]>) {
        match bytes {
            Some(bytes) => {
                self.0.update((bytes.len() as u64).to_be_bytes());
                self.0.update(bytes);
            }
            None => self.0.update(u64::MAX.to_be_bytes()),
        }
    }

    /// Adds a text.
    pub(super) fn text(&mut self, text: Option<&str>) {
        self.bytes(text.map(str::as_bytes));
    }

    /// Adds a number as 8 bytes, big endian.
    pub(super) fn number(&mut self, number: Option<i64>) {
        self.bytes(number.map(i64::to_be_bytes).as_ref().map(<[u8; 8]>::as_slice));
    }

    /// The hash.
    pub(super) fn finish(self) -> [u8; 32] {
        self.0.finalize().into()
    }
}
