//! What an examination of the store finds.

use crate::store::Result;

/// What is wrong with the file as SQLite sees it.
#[derive(Debug)]
pub struct FileFaults {
    /// [`ReadTransaction::integrity_faults`](crate::store::ReadTransaction::integrity_faults).
    pub integrity: Result<Vec<String>>,
    /// [`ReadTransaction::dangling_references`](crate::store::ReadTransaction::dangling_references).
    pub references: Result<Vec<String>>,
}
