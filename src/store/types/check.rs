//! The results of an examination of the store.

use crate::store::Result;

/// The faults of the file that SQLite finds.
#[derive(Debug)]
pub struct FileFaults {
    /// [`ReadTransaction::integrity_faults`](crate::store::ReadTransaction::integrity_faults).
    pub integrity: Result<Vec<String>>,
    /// [`ReadTransaction::dangling_references`](crate::store::ReadTransaction::dangling_references).
    pub references: Result<Vec<String>>,
}
