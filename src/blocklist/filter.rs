//! A filter file that is open for look-ups.

use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt as _;
use std::path::{Path, PathBuf};

use sha2::{Digest, Sha256};

use super::FilterError;
use super::block::{Block, MOST_BYTES};
use super::header::{FilterHeader, HEADER, MAGIC};
use super::index::{INDEX_ENTRY, IndexEntry};
use crate::domain::policy::{PasswordList, UnreadableList};

/// How much is read at once where all of it is.
const CHUNK: usize = 1 << 20;

/// A filter file that is open for look-ups. It reads by position (pread(2)) and keeps nothing of the file but its header, so that a
/// process that looks up one password reads about 20 KiB. The file is replaced by renaming another one over it; who has it
/// open keeps the old one.
#[derive(Debug)]
pub struct FilterFile {
    file: File,
    path: PathBuf,
    header: FilterHeader,
}

/// Whether a file begins as a filter does; it may be cut short behind that.
///
/// # Errors
/// When it cannot be read.
pub fn is_filter(file: &File) -> io::Result<bool> {
    let mut first = [0; MAGIC.len()];
    match file.read_exact_at(&mut first, 0) {
        Ok(()) => Ok(first == MAGIC),
        Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => Ok(false),
        Err(error) => Err(error),
    }
}

impl FilterFile {
    /// Takes an open file as a filter: checks its header and its length. `path` is for messages.
    ///
    /// # Errors
    /// [`FilterError`], without the name of the file.
    pub fn open(file: File, path: &Path) -> Result<Self, FilterError> {
        if !is_filter(&file)? {
            return Err(FilterError::NotAFilter);
        }
        let found = file.metadata()?.len();
        let mut bytes = [0; HEADER];
        file.read_exact_at(&mut bytes, 0).map_err(|error| match error.kind() {
            io::ErrorKind::UnexpectedEof => FilterError::Length { found, expected: HEADER as u64 },
            _ => error.into(),
        })?;
        let header = FilterHeader::parse(&bytes)?;
        if found != header.length {
            return Err(FilterError::Length { found, expected: header.length });
        }
        Ok(Self { file, path: path.to_path_buf(), header })
    }

    /// What its header says.
    pub fn header(&self) -> &FilterHeader {
        &self.header
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Whether a password, as NFC text, is on the list. One in 65,536 others is taken for one that is, for each spelling.
    ///
    /// # Errors
    /// When the block that would tell is damaged or cannot be read.
    pub(crate) fn contains(&self, password: &str) -> Result<bool, FilterError> {
        for key in self.header.spellings.keys(password) {
            if self.contains_key(key)? {
                return Ok(true);
            }
        }
        Ok(false)
    }

    fn contains_key(&self, key: u64) -> Result<bool, FilterError> {
        let block = block_of(key, self.header.prefix_bits);
        let entry = self.index_entry(block)?;
        Ok(self.block(block, &entry)?.has(key))
    }

    fn index_entry(&self, block: u32) -> Result<IndexEntry, FilterError> {
        let mut bytes = [0; INDEX_ENTRY];
        let at = self.header.index_start() + u64::from(block) * INDEX_ENTRY as u64;
        self.file.read_exact_at(&mut bytes, at)?;
        IndexEntry::parse(&bytes, block)
    }

    fn block(&self, block: u32, entry: &IndexEntry) -> Result<Block, FilterError> {
        let damaged = || FilterError::damaged(format!("block {block}"));
        let end = entry.offset.checked_add(u64::from(entry.length));
        let is_inside = entry.offset >= HEADER as u64 && end.is_some_and(|end| end <= self.header.index_start());
        if !is_inside || entry.length > MOST_BYTES {
            return Err(damaged());
        }
        let mut bytes = vec![0; entry.length as usize];
        self.file.read_exact_at(&mut bytes, entry.offset)?;
        if crc32fast::hash(&bytes) != entry.checksum {
            return Err(damaged());
        }
        Block::parse(&bytes)
    }

    /// Reads all of it and checks every byte: the digest of the content, each index entry and each block.
    ///
    /// # Errors
    /// [`FilterError`], with the first damaged part.
    pub fn verify(&self) -> Result<(), FilterError> {
        let (mut entries, mut end) = (0, HEADER as u64);
        for block in 0..u32::try_from(self.header.blocks()).unwrap_or(u32::MAX) {
            let entry = self.index_entry(block)?;
            self.block(block, &entry)?;
            // Every byte belongs to one block.
            if entry.offset != end {
                return Err(FilterError::damaged(format!("block {block} does not follow the one before")));
            }
            end += u64::from(entry.length);
            entries += u64::from(entry.entries);
        }
        if entries != self.header.entries || end != self.header.index_start() {
            return Err(FilterError::damaged("the blocks are not those of the header"));
        }
        let mut content = Sha256::new();
        let (mut at, mut buffer) = (HEADER as u64, vec![0; CHUNK]);
        while at < self.header.length {
            let count = usize::try_from(self.header.length - at).unwrap_or(CHUNK).min(CHUNK);
            self.file.read_exact_at(&mut buffer[..count], at)?;
            content.update(&buffer[..count]);
            at += count as u64;
        }
        if content.finalize()[..] != self.header.content {
            return Err(FilterError::damaged("the digest of its content is another one"));
        }
        Ok(())
    }

    #[cfg(test)]
    pub(super) fn file(&self) -> &File {
        &self.file
    }
}

impl PasswordList for FilterFile {
    fn has(&self, password: &str) -> Result<bool, UnreadableList> {
        self.contains(password).map_err(|error| UnreadableList::new(&self.path, &error))
    }

    fn digest(&self) -> [u8; 32] {
        self.header.digest()
    }
}

/// The block of a key.
pub(super) fn block_of(key: u64, prefix_bits: u32) -> u32 {
    // The first block is the only one where there is no bit.
    let block = key.checked_shr(u64::BITS - prefix_bits).unwrap_or(0);
    u32::try_from(block).unwrap_or(u32::MAX)
}
