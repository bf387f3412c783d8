//! Why a file could not be opened as the store.

use std::path::Path;

use nix::errno::Errno;
use nix::unistd::AccessFlags;
use nix::unistd::eaccess;
use rusqlite::ErrorCode;

use super::StoreError;
use crate::private_file::FileError;
use crate::private_file::is_shortage_of_descriptors;

/// An error if this account may not read the file.
fn locked_away(path: &Path) -> Option<FileError> {
    let error = eaccess(path, AccessFlags::R_OK).err().filter(|errno| *errno == Errno::EACCES)?.into();
    Some(FileError::Io { path: path.to_owned(), doing: "opened", error })
}

/// The cause of an SQLite error. SQLite reports the same for a file that may not be read as for a read-only disk; the system can
/// tell them apart.
pub(super) fn denied(error: rusqlite::Error, path: &Path) -> StoreError {
    let error_code = error.sqlite_error_code();
    if error_code == Some(ErrorCode::CannotOpen)
        && let Some(denied) = locked_away(path)
    {
        return denied.into();
    }
    // SQLite reports the same for a process that has too many open files.
    match std::io::pipe() {
        Err(error) if error_code == Some(ErrorCode::CannotOpen) && is_shortage_of_descriptors(&error) => {
            FileError::Io { path: path.to_owned(), doing: "opened", error }.into()
        }
        _ => error.into(),
    }
}

/// The error for a file whose mode lets others in. If the file is not a store of ours, the error says that instead: another mode
/// would not make it a store.
pub(super) fn of_other_file(problem: FileError, named: &Path) -> StoreError {
    match problem {
        // The file itself tells whether it is ours.
        FileError::Mode { path, is_own_file: false, .. } if path == named => {
            locked_away(&path).map_or_else(|| StoreError::NotOurs(path), StoreError::from)
        }
        problem => problem.into(),
    }
}
