//! Which file a connection has opened: the path may lead to another file while a command runs.

use std::io;
use std::os::unix::fs::MetadataExt as _;
use std::path::Path;

use super::Result;
use super::StoreError;

/// A file, independent of its name: its device and inode (stat(2)), and its owner when it was opened.
#[derive(Debug, Clone, Copy)]
pub(super) struct FileIdentity {
    device: u64,
    inode: u64,
    pub(super) owner: u32,
}

impl FileIdentity {
    /// The file that is at `path`.
    ///
    /// # Errors
    /// [`StoreError::Replaced`] when there is none.
    pub(super) fn at(path: &Path) -> Result<Self> {
        let found = path.symlink_metadata().map_err(|error| match error.kind() {
            io::ErrorKind::NotFound => StoreError::Replaced(path.to_owned()),
            _ => StoreError::of_opening(path, error),
        })?;
        Ok(Self { device: found.dev(), inode: found.ino(), owner: found.uid() })
    }

    /// Checks that it is still at `path`.
    ///
    /// # Errors
    /// [`StoreError::Replaced`] when it is not.
    pub(super) fn require_at(self, path: &Path) -> Result<()> {
        let found = Self::at(path)?;
        let is_same = (found.device, found.inode) == (self.device, self.inode);
        if is_same { Ok(()) } else { Err(StoreError::Replaced(path.to_owned())) }
    }
}
