//! With whose rights root works on a store.

use std::os::unix::fs::MetadataExt as _;
use std::path::Path;

use super::Context;
use crate::private_file::FileError;
use crate::private_file::FsCredentials;

impl Context {
    /// From here on, root works on the store at `path` with the rights of the account that the store's directory belongs to.
    /// That account could exchange the directory or a file in it at any moment, and lead root anywhere.
    ///
    /// # Errors
    /// When the system does not give them.
    pub(super) fn take_rights_for(&mut self, path: &Path) -> Result<(), FileError> {
        // First the ones before, then others.
        self.rights = None;
        self.rights = self.rights_for(path)?;
        Ok(())
    }

    /// The rights for the store at `path`; `None`: this is not root.
    ///
    /// # Errors
    /// As [`Context::take_rights_for`].
    pub(super) fn rights_for(&self, path: &Path) -> Result<Option<FsCredentials>, FileError> {
        let is_root = self.process.accounts.effective_uid == 0 && nix::unistd::geteuid().is_root();
        let Some((uid, gid)) = owner_of_directory(path).filter(|_| is_root) else { return Ok(None) };
        if uid == 0 {
            return Ok(Some(FsCredentials::own()));
        }
        let failed =
            |error| FileError::Io { path: path.to_owned(), doing: "used as the account that it belongs to", error };
        FsCredentials::take(uid, gid).map(Some).map_err(failed)
    }

    /// The account and the group that own the directory of the store, where root works for another account.
    pub(super) fn account_of_store(&self, path: &Path) -> Option<(u32, u32)> {
        let is_root = self.process.accounts.effective_uid == 0;
        owner_of_directory(path).filter(|(uid, _)| is_root && *uid != 0)
    }
}

/// The account and the group that own the directory of a file.
fn owner_of_directory(path: &Path) -> Option<(u32, u32)> {
    let directory = path.parent().filter(|directory| !directory.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let found = directory.metadata().ok()?;
    Some((found.uid(), found.gid()))
}
