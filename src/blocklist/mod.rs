//! Lists of refused passwords as compact filter files: built from published lists of hashes, and read one block at a time.
//!
//! A filter is a binary fuse filter (Graf and Lemire 2022) with 16-bit fingerprints: it never misses an entry, and takes about
//! one in 65,536 other passwords for one. In blocks of this size it needs about 21 bits an entry, where a published list has 45 bytes.
//!
//! # The file
//!
//! | part | bytes | content |
//! |---|---|---|
//! | header | 112 | [`header::FilterHeader`]: magic, version, counts, the length of the file, a digest of all that follows, a digest of the header |
//! | blocks | varies | one filter for each prefix of the entries ([`block`]) |
//! | index | 24 for each block | where the block is, how many entries it has, and CRC-32 checksums of the block and of the index entry ([`index`]) |
//!
//! A look-up reads the header once, one index entry and one block, and checks the checksum of each. All numbers are little-endian.

pub mod block;
pub mod build;
pub mod build_error;
pub mod error;
pub mod filter;
pub mod header;
pub mod index;
pub mod key;
mod key_spool;
mod list_line;
pub mod list_reader;
mod little_endian;
mod merge;

pub use build::{BuildOptions, BuiltFilter, build};
pub use build_error::BuildError;
pub use error::FilterError;
pub use filter::FilterFile;
pub use header::FilterHeader;
pub use key::Spellings;
pub use list_reader::{ListError, ListFormat, ListInput, ReadList};
