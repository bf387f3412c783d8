//! Names that SQLite or this program uses for its own files, which it deletes, replays or replaces. No file that an
//! operator names is written under one of them: a copy named `store.db-journal` would be deleted the next time
//! `store.db` is opened.

use std::path::Path;

use super::unfinished_name::{TEMPORARY, UNFINISHED};
use super::{COMPANIONS, FileError};

/// The suffixes of this program's own files: the locks of senders, a reset key that waits for its store, and files
/// that are being written.
const OWN: [&str; 4] = [".lock", ".new", UNFINISHED, TEMPORARY];

/// Refuses a name with a suffix of SQLite's or this program's own files, whether or not the file to which it would
/// belong exists: it may be created later.
///
/// # Errors
/// [`FileError::Reserved`].
pub fn refuse_reserved(path: &Path) -> Result<(), FileError> {
    let name = path.file_name().unwrap_or_default().as_encoded_bytes();
    // Without regard to case, because some file systems compare names that way.
    let ends_with = |ending: &str| {
        let start = name.len().checked_sub(ending.len());
        start.is_some_and(|start| name[start..].eq_ignore_ascii_case(ending.as_bytes()))
    };
    let sqlite = COMPANIONS.into_iter().find(|ending| ends_with(ending)).map(|ending| (ending, "SQLite"));
    let own = OWN.into_iter().find(|ending| ends_with(ending)).map(|ending| (ending, "cxme-admin"));
    match sqlite.or(own) {
        Some((ending, whose)) => Err(FileError::Reserved { path: path.to_path_buf(), ending, whose }),
        None => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_ending_is_refused_in_any_case_and_only_at_the_end_of_the_name() {
        for name in
            ["x-wal", "/a/store.db-shm", "store.db-JOURNAL", "-wal", "a.lock", "k.new", "é.1.unfinished", "b.temporary"]
        {
            assert!(matches!(refuse_reserved(Path::new(name)), Err(FileError::Reserved { .. })), "{name}");
        }
        for name in ["copy.db", "a-wal.db", "/a-wal/b", "wal", "new", "store.db.replaced-20261124-080000", "..", ""] {
            assert!(refuse_reserved(Path::new(name)).is_ok(), "{name}");
        }
    }
}
