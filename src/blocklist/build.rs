//! Builds a filter file of lists, in memory that does not grow with them.
//!
//! A list of hashes that are in order is read once, and its filter written on the way. The entries of all others go through a
//! file without a name first (`key_spool.rs`), eight bytes each.

use std::fs::File;
use std::io::{self, BufWriter, Seek as _, SeekFrom, Write as _};
use std::os::unix::fs::FileExt as _;

use sha2::{Digest, Sha256};

use super::block::{Block, MOST_ENTRIES};
use super::build_error::BuildError;
use super::filter::block_of;
use super::header::{FilterHeader, HEADER, MOST_PREFIX_BITS};
use super::index::IndexEntry;
use super::key::Spellings;
use super::key_spool::KeySpool;
use super::list_reader::{ListError, ListFormat, ListInput, ListReader, ReadList};
use super::merge::{MergedKeys, OrderedKeys};

/// The entries of a block, at most and on average: 18 KiB are read for a look-up.
const ENTRIES_OF_BLOCK: u64 = 8_192;

/// How many entries of a list must be in order for it to be read as one that is.
const SAMPLE: usize = 10_000;

/// How many lists are read side by side; each takes a descriptor and half a MiB.
const MOST_SIDE_BY_SIDE: usize = 32;

/// After so many entries the progress is told.
const TOLD: u64 = 1 << 16;

/// How a filter is built.
pub struct BuildOptions<'a> {
    /// What the lines of every list are; `None`: the first line of each tells.
    pub format: Option<ListFormat>,
    /// Gives an empty file for entries that are in no order.
    pub spool: &'a mut dyn FnMut() -> Result<File, crate::private_file::FileError>,
    /// Is told now and then how many entries have been read.
    pub progress: &'a mut dyn FnMut(u64),
}

/// What was built.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BuiltFilter {
    /// The header of the filter.
    pub header: FilterHeader,
    /// What was read of each list, in the order in which they were given.
    pub lists: Vec<ReadList>,
}

/// Builds a filter of `inputs` into `output`, an empty file that is open for reading and writing.
///
/// # Errors
/// [`BuildError`]; what `output` holds then is of no use.
pub fn build(
    inputs: &mut [ListInput<'_>],
    options: &mut BuildOptions<'_>,
    output: &File,
) -> Result<BuiltFilter, BuildError> {
    let mut work = Work { options, read: 0, spool: None, lists: vec![None; inputs.len()] };
    // The lists in order, by their place, with the estimate of their entries.
    let mut ordered: Vec<(usize, u64)> = Vec::new();
    for (place, input) in inputs.iter_mut().enumerate() {
        match work.estimate_if_ordered(input)? {
            Some(estimate) if ordered.len() < MOST_SIDE_BY_SIDE => ordered.push((place, estimate)),
            _ => work.spool(place, input)?,
        }
    }
    loop {
        match work.write(inputs, &ordered, output) {
            Err(BuildError::NotInOrder { input }) => {
                ordered.retain(|(place, _)| *place != input);
                work.read = work.lists.iter().flatten().map(|list| list.entries).sum();
                work.spool(input, &mut inputs[input])?;
            }
            built => return built,
        }
    }
}

struct Work<'a, 'o> {
    options: &'a mut BuildOptions<'o>,
    /// The entries that were read.
    read: u64,
    spool: Option<KeySpool>,
    /// What was read of the lists that have been.
    lists: Vec<Option<ReadList>>,
}

impl Work<'_, '_> {
    /// How many entries a list may have, if it is one of hashes that seem to be in order and can be read again.
    fn estimate_if_ordered(&self, input: &mut ListInput<'_>) -> Result<Option<u64>, ListError> {
        let Some(size) = input.size else { return Ok(None) };
        let mut reader = ListReader::open(input, self.options.format)?;
        let mut last = 0;
        for _ in 0..SAMPLE {
            match reader.next_key()? {
                Some(key) if key >= last && reader.format() != Some(ListFormat::Words) => last = key,
                Some(_) => return Ok(None),
                None => {
                    reader.report()?;
                    break;
                }
            }
        }
        Ok(Some(reader.estimate(size)))
    }

    /// Reads a list into the spool.
    fn spool(&mut self, place: usize, input: &mut ListInput<'_>) -> Result<(), BuildError> {
        let mut reader = ListReader::open(input, self.options.format)?;
        let spool = match &mut self.spool {
            Some(spool) => spool,
            none => none.insert(KeySpool::new((self.options.spool)()?)),
        };
        while let Some(key) = reader.next_key()? {
            spool.add(key).map_err(BuildError::Spool)?;
            self.read += 1;
            if self.read.is_multiple_of(TOLD) {
                (self.options.progress)(self.read);
            }
        }
        self.lists[place] = Some(reader.report()?);
        Ok(())
    }

    /// Writes the filter of the spool and of the lists that are in order.
    fn write(
        &mut self,
        inputs: &mut [ListInput<'_>],
        ordered: &[(usize, u64)],
        output: &File,
    ) -> Result<BuiltFilter, BuildError> {
        let spooled = self.spool.as_ref().map_or(0, KeySpool::keys);
        let estimate = ordered.iter().fold(spooled, |sum, (_, estimate)| sum.saturating_add(*estimate));
        let mut sources = Vec::new();
        for (place, input) in
            inputs.iter_mut().enumerate().filter(|(place, _)| ordered.iter().any(|(one, _)| one == place))
        {
            let reader = ListReader::open(input, self.options.format)?;
            sources.push(OrderedKeys::List { input: place, reader, last: 0 });
        }
        sources.extend(self.spool.as_ref().map(|spool| OrderedKeys::Spooled(spool.in_order())));
        let mut merged = MergedKeys::new(sources)?;
        let mut writer = FilterWriter::new(output, prefix_bits(estimate)).map_err(BuildError::Output)?;
        // What was spooled was counted when it was read.
        let mut told = self.read.saturating_sub(spooled);
        while let Some(key) = merged.next_key()? {
            writer.add(key)?;
            told += 1;
            if told.is_multiple_of(TOLD) {
                (self.options.progress)(told.max(self.read));
            }
        }
        let mut lists = self.lists.clone();
        for (place, reader) in merged.lists() {
            lists[place] = Some(reader.report()?);
        }
        let lists: Vec<ReadList> = lists.into_iter().flatten().collect();
        let spellings = lists.iter().fold(Spellings::default(), |all, list| all.and(list.format.spellings()));
        Ok(BuiltFilter { header: writer.finish(spellings)?, lists })
    }
}

/// The fewest bits for which a block has no more entries, on average, than it should.
fn prefix_bits(entries: u64) -> u32 {
    entries.div_ceil(ENTRIES_OF_BLOCK).next_power_of_two().trailing_zeros().min(MOST_PREFIX_BITS)
}

/// Writes a filter file block by block.
struct FilterWriter<'f> {
    file: &'f File,
    output: BufWriter<&'f File>,
    content: Sha256,
    prefix_bits: u32,
    /// The different keys of the present block, in order.
    keys: Vec<u64>,
    index: Vec<IndexEntry>,
    offset: u64,
    entries: u64,
}

impl<'f> FilterWriter<'f> {
    fn new(file: &'f File, prefix_bits: u32) -> io::Result<Self> {
        let mut at = file;
        // A second try begins anew.
        file.set_len(0)?;
        at.seek(SeekFrom::Start(HEADER as u64))?;
        Ok(Self {
            file,
            output: BufWriter::with_capacity(1 << 20, file),
            content: Sha256::new(),
            prefix_bits,
            keys: Vec::new(),
            index: Vec::new(),
            offset: HEADER as u64,
            entries: 0,
        })
    }

    /// Adds a key that is not less than the one before.
    fn add(&mut self, key: u64) -> Result<(), BuildError> {
        self.end_blocks_before(block_of(key, self.prefix_bits) as usize)?;
        if self.keys.last() != Some(&key) {
            if self.keys.len() == MOST_ENTRIES {
                return Err(BuildError::NoHashes);
            }
            self.keys.push(key);
        }
        Ok(())
    }

    fn end_blocks_before(&mut self, block: usize) -> Result<(), BuildError> {
        while self.index.len() < block {
            let bytes = Block::build(&self.keys)?.to_bytes();
            let (Ok(length), Ok(entries)) = (u32::try_from(bytes.len()), u32::try_from(self.keys.len())) else {
                return Err(BuildError::NoHashes);
            };
            self.index.push(IndexEntry { offset: self.offset, length, entries, checksum: crc32fast::hash(&bytes) });
            self.write(&bytes).map_err(BuildError::Output)?;
            self.offset += u64::from(length);
            self.entries += u64::from(entries);
            self.keys.clear();
        }
        Ok(())
    }

    fn write(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.content.update(bytes);
        self.output.write_all(bytes)
    }

    /// Writes what is left, the index, and last the header: without it the file is none.
    fn finish(mut self, spellings: Spellings) -> Result<FilterHeader, BuildError> {
        self.end_blocks_before(1 << self.prefix_bits)?;
        let mut length = self.offset;
        for (entry, block) in std::mem::take(&mut self.index).into_iter().zip(0..) {
            let bytes = entry.to_bytes(block);
            self.write(&bytes).map_err(BuildError::Output)?;
            length += bytes.len() as u64;
        }
        self.output.flush().map_err(BuildError::Output)?;
        let content = self.content.finalize().into();
        let header = FilterHeader { spellings, prefix_bits: self.prefix_bits, entries: self.entries, length, content };
        self.file.write_all_at(&header.to_bytes(), 0).map_err(BuildError::Output)?;
        Ok(header)
    }
}

#[cfg(test)]
mod tests;
