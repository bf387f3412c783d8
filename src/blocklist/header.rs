//! The header of a filter file.

use sha2::{Digest, Sha256};

use super::FilterError;
use super::index::INDEX_ENTRY;
use super::key::Spellings;
use super::little_endian::{long_number, number};

/// The first bytes of a filter file. None is text, and the line breaks in it show whether a transfer changed such bytes, as in
/// PNG (ISO/IEC 15948).
pub const MAGIC: [u8; 8] = *b"\x89cxbl\r\n\x1a";

/// The version of the form that this program writes and reads.
pub const VERSION: u32 = 1;

/// The bytes of a header.
pub const HEADER: usize = 112;

/// The most prefix bits: a million blocks hold eight thousand million entries.
pub const MOST_PREFIX_BITS: u32 = 20;

/// The bytes before the header's own digest.
const DIGESTED: usize = HEADER - DIGEST;
const DIGEST: usize = 32;

/// What the header of a filter file says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FilterHeader {
    /// The spellings of a password that are looked up.
    pub spellings: Spellings,
    /// How many leading bits of an entry choose its block; there are two to the power of that many blocks.
    pub prefix_bits: u32,
    /// The different entries.
    pub entries: u64,
    /// The bytes of the file.
    pub length: u64,
    /// SHA-256 of all bytes behind the header.
    pub content: [u8; DIGEST],
}

impl FilterHeader {
    /// The number of blocks.
    pub fn blocks(&self) -> u64 {
        1 << self.prefix_bits
    }

    /// Where the index begins: it is the end of the file.
    pub fn index_start(&self) -> u64 {
        self.length.saturating_sub(self.blocks() * INDEX_ENTRY as u64)
    }

    /// The bytes of the header; the last ones are its digest.
    pub fn to_bytes(&self) -> [u8; HEADER] {
        let mut bytes = [0; HEADER];
        bytes[..8].copy_from_slice(&MAGIC);
        bytes[8..12].copy_from_slice(&VERSION.to_le_bytes());
        bytes[12..16].copy_from_slice(&self.spellings.bits().to_le_bytes());
        bytes[16..20].copy_from_slice(&self.prefix_bits.to_le_bytes());
        // Four bytes that are zero align what follows.
        bytes[24..32].copy_from_slice(&self.entries.to_le_bytes());
        bytes[32..40].copy_from_slice(&self.length.to_le_bytes());
        bytes[40..72].copy_from_slice(&self.content);
        let digest = Sha256::digest(&bytes[..DIGESTED]);
        bytes[DIGESTED..].copy_from_slice(&digest);
        bytes
    }

    /// Reads a header and checks its digest.
    ///
    /// # Errors
    /// [`FilterError::NotAFilter`], [`FilterError::Version`], [`FilterError::Damaged`].
    pub fn parse(bytes: &[u8; HEADER]) -> Result<Self, FilterError> {
        if bytes[..8] != MAGIC {
            return Err(FilterError::NotAFilter);
        }
        if Sha256::digest(&bytes[..DIGESTED])[..] != bytes[DIGESTED..] {
            return Err(FilterError::damaged("its header"));
        }
        // Behind the digest: a damaged version must not send anybody to look for a newer program.
        let version = number(bytes, 8);
        if version != VERSION {
            return Err(FilterError::Version { found: version, known: VERSION });
        }
        let spellings = Spellings::from_bits(number(bytes, 12)).ok_or_else(|| FilterError::damaged("its header"))?;
        let mut content = [0; DIGEST];
        content.copy_from_slice(&bytes[40..72]);
        let header = Self {
            spellings,
            prefix_bits: number(bytes, 16),
            entries: long_number(bytes, 24),
            length: long_number(bytes, 32),
            content,
        };
        let is_sound = header.prefix_bits <= MOST_PREFIX_BITS
            && header.length >= HEADER as u64 + header.blocks() * INDEX_ENTRY as u64;
        is_sound.then_some(header).ok_or_else(|| FilterError::damaged("its header"))
    }

    /// The digest of the header, which stands for the whole file.
    pub fn digest(&self) -> [u8; DIGEST] {
        let mut digest = [0; DIGEST];
        digest.copy_from_slice(&self.to_bytes()[DIGESTED..]);
        digest
    }
}
