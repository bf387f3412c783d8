//! Why no filter was built.

use std::io;

use super::block::{MOST_ENTRIES, NoFilter};
use super::list_reader::ListError;
use crate::private_file::FileError;

/// Why no filter was built.
#[derive(Debug, thiserror::Error)]
pub enum BuildError {
    /// A list cannot be read.
    #[error(transparent)]
    List(#[from] ListError),
    /// The filter cannot be written.
    #[error("{0}")]
    Output(#[source] io::Error),
    /// The entries cannot be kept beside it.
    #[error("{0}")]
    Spool(#[source] io::Error),
    /// There is no file to keep them in.
    #[error(transparent)]
    NoSpool(#[from] FileError),
    /// More entries begin alike than hashes do.
    #[error("more than {MOST_ENTRIES} entries begin with the same digits: they are no hashes")]
    NoHashes,
    /// See [`NoFilter`].
    #[error(transparent)]
    NoFilter(#[from] NoFilter),
    /// A list was taken for one in order, and is not: it is read again through the spool. [`super::build()`] does not return it.
    #[error("list {input} is not in order")]
    NotInOrder {
        /// Its place among the inputs.
        input: usize,
    },
}
