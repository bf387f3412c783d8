//! The index of a filter file: an entry for each block, so that one of them is found without reading the others.

use super::FilterError;
use super::little_endian::{long_number, number};

/// The bytes of an index entry.
pub const INDEX_ENTRY: usize = 24;

/// The bytes before the entry's own checksum.
const CHECKED: usize = INDEX_ENTRY - 4;

/// Where a block is, and how to check it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct IndexEntry {
    /// Where the block begins in the file.
    pub offset: u64,
    /// The bytes of the block.
    pub length: u32,
    /// The entries of the list in the block.
    pub entries: u32,
    /// CRC-32 of the block.
    pub checksum: u32,
}

impl IndexEntry {
    /// The bytes of the entry of block `block`; the last ones are a checksum over them and the number of the block, so that one
    /// entry is not taken for another.
    pub fn to_bytes(self, block: u32) -> [u8; INDEX_ENTRY] {
        let mut bytes = [0; INDEX_ENTRY];
        bytes[..8].copy_from_slice(&self.offset.to_le_bytes());
        bytes[8..12].copy_from_slice(&self.length.to_le_bytes());
        bytes[12..16].copy_from_slice(&self.entries.to_le_bytes());
        bytes[16..20].copy_from_slice(&self.checksum.to_le_bytes());
        let checksum = checksum_of(block, &bytes[..CHECKED]);
        bytes[CHECKED..].copy_from_slice(&checksum.to_le_bytes());
        bytes
    }

    /// Reads the entry of block `block`.
    ///
    /// # Errors
    /// [`FilterError::Damaged`].
    pub fn parse(bytes: &[u8; INDEX_ENTRY], block: u32) -> Result<Self, FilterError> {
        if checksum_of(block, &bytes[..CHECKED]) != number(bytes, CHECKED) {
            return Err(FilterError::damaged(format!("the index entry of block {block}")));
        }
        Ok(Self {
            offset: long_number(bytes, 0),
            length: number(bytes, 8),
            entries: number(bytes, 12),
            checksum: number(bytes, 16),
        })
    }
}

fn checksum_of(block: u32, bytes: &[u8]) -> u32 {
    let mut checksum = crc32fast::Hasher::new();
    checksum.update(&block.to_le_bytes());
    checksum.update(bytes);
    checksum.finalize()
}
