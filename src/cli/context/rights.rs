//! With whose rights root works on a store.

use std::path::Path;

use super::Context;
use crate::private_file::FileError;
use crate::private_file::FsCredentials;
use crate::private_file::owner_of_directory;

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
}
