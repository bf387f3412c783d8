//! The words of errors of files and streams.

use std::io;

use super::BROKEN_PIPE;
use super::CONFIGURATION;
use super::DATA;
use super::IO;
use super::LATER;
use super::OPEN_FILES;
use super::RenderedError;
use super::USAGE;
use crate::private_file::FileError;
use crate::private_file::is_shortage_of_descriptors;

/// Loose modes are configuration; a file that is missing, exists already or cannot be read is input and output.
pub(super) fn of_file(problem: &FileError) -> RenderedError {
    // Nobody is told to act as the owner of a file: that may be the account that planted it.
    match problem {
        FileError::Io { .. } if problem.is_shortage_of_descriptors() => {
            RenderedError::new(LATER, problem).hint(OPEN_FILES)
        }
        FileError::Io { error, .. } if error.kind() == io::ErrorKind::PermissionDenied => {
            RenderedError::new(CONFIGURATION, problem)
        }
        // An argument, whichever file it is for.
        FileError::Reserved { .. } => RenderedError::new(USAGE, problem),
        FileError::Missing { .. }
        | FileError::NoDirectory { .. }
        | FileError::Exists { .. }
        | FileError::Io { .. }
        | FileError::TooLarge { .. } => RenderedError::new(IO, problem),
        FileError::Mode { .. }
        | FileError::Acl { .. }
        | FileError::DefaultAcl { .. }
        | FileError::Owner { .. }
        | FileError::ParentOwner { .. }
        | FileError::Symlink { .. }
        | FileError::HardLink { .. }
        | FileError::MountPoint { .. }
        | FileError::NotAFile { .. }
        | FileError::Parent { .. } => RenderedError::new(CONFIGURATION, problem),
    }
}

/// An error of a stream.
pub(super) fn of_io(error: &io::Error) -> RenderedError {
    match error.kind() {
        _ if is_shortage_of_descriptors(error) => RenderedError::new(LATER, error).hint(OPEN_FILES),
        io::ErrorKind::BrokenPipe => RenderedError::new(BROKEN_PIPE, error),
        io::ErrorKind::InvalidData => RenderedError::new(DATA, error),
        _ => RenderedError::new(IO, error),
    }
}
