//! Why a file could not be opened as the store.

use std::path::Path;

use nix::errno::Errno;
use nix::unistd::AccessFlags;
use nix::unistd::eaccess;
use rusqlite::ErrorCode;

use super::StoreError;
use crate::private_file::FileError;
use crate::private_file::is_shortage_of_descriptors;

/// That this account may not read a file.
fn locked_away(path: &Path) -> Option<FileError> {
    let error = eaccess(path, AccessFlags::R_OK).err().filter(|errno| *errno == Errno::EACCES)?.into();
    Some(FileError::Io { path: path.to_owned(), doing: "opened", error })
}

/// SQLite says the same of a file that is locked away as of a read-only disk; the system tells them apart.
pub(super) fn denied(error: rusqlite::Error, path: &Path) -> StoreError {
    let error_code = error.sqlite_error_code();
    if error_code == Some(ErrorCode::CannotOpen)
        && let Some(denied) = locked_away(path)
    {
        return denied.into();
    }
    // And of a process that has too many files open.
    match std::io::pipe() {
        Err(error) if error_code == Some(ErrorCode::CannotOpen) && is_shortage_of_descriptors(&error) => {
            FileError::Io { path: path.to_owned(), doing: "opened", error }.into()
        }
        _ => error.into(),
    }
}

/// A loose file that is not ours is told as what it is: another mode would make no store of it.
pub(super) fn of_other_file(problem: FileError, named: &Path) -> StoreError {
    match problem {
        // Whether it is ours is in the file.
        FileError::Mode { path, is_own_file: false, .. } if path == named => {
            locked_away(&path).map_or_else(|| StoreError::NotOurs(path), StoreError::from)
        }
        problem => problem.into(),
    }
}
