//! A file that comes into being only when it is whole: written under another name beside its place, and moved there
//! when it is on the disk. What was there already is replaced by [`super::replace`] alone.
//!
//! The other name cannot be guessed, so that no file of anybody else is under it: a process removes only what it created,
//! or what a process that has ended left behind: it holds no lock on it.

use std::fs::{File, Permissions};
use std::io;
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _, fchown};
use std::path::{Path, PathBuf};

use nix::unistd::geteuid;

use super::create::{create_in, directory_for};
use super::directory::PrivateDirectory;
use super::left_behind::{remove_companions, remove_left_behind, remove_unlocked, remove_with_companions};
use super::metadata::metadata;
use super::removal::RemovedOnSignal;
use super::reserved::refuse_reserved;
use super::unfinished_name::{TEMPORARY, UNFINISHED, is_unfinished_of_any, random_name};
use super::writing_lock;
use super::{FileError, FsCredentials};

/// So long after the last write, in seconds, nobody is writing a file.
const OLD: i64 = 3_600;

/// A private file in the making. Dropping it removes what was written, and what SQLite wrote beside it.
#[derive(Debug)]
pub struct UnfinishedFile {
    file: File,
    /// Where it is created and gets its name, wherever its path leads meanwhile.
    directory: PrivateDirectory,
    path: PathBuf,
    place: PathBuf,
    /// Whether it is written for the operator, with the process's own rights.
    has_own_rights: bool,
    is_finished: bool,
    _on_signal: RemovedOnSignal,
}

impl UnfinishedFile {
    /// Begins the file that will be at `place`, which the operator names, with mode 0600. The process's own rights count.
    ///
    /// # Errors
    /// [`FileError::Exists`] when there is one, [`FileError::Reserved`] when its name is one of SQLite's or the program's own;
    /// otherwise as [`create_new`](super::create_new).
    pub fn begin(place: &Path) -> Result<Self, FileError> {
        let _own = FsCredentials::own();
        let mut begun = Self::begin_with_present_rights(place)?;
        begun.has_own_rights = true;
        Ok(begun)
    }

    /// As [`UnfinishedFile::begin`], for a file that takes the place of another one with [`UnfinishedFile::finish_over`].
    ///
    /// # Errors
    /// As [`UnfinishedFile::begin`], but not where there is one.
    pub fn begin_over(place: &Path) -> Result<Self, FileError> {
        let _own = FsCredentials::own();
        refuse_reserved(place)?;
        // A directory that cannot be listed keeps what is in it.
        let _ = remove_left_behind(place);
        let mut begun = Self::create(place, UNFINISHED, 0o600)?;
        begun.has_own_rights = true;
        Ok(begun)
    }

    /// As [`UnfinishedFile::begin`], for a file of the store's own account.
    ///
    /// # Errors
    /// As [`UnfinishedFile::begin`].
    pub fn begin_with_present_rights(place: &Path) -> Result<Self, FileError> {
        refuse_reserved(place)?;
        // A directory that cannot be listed keeps what is in it.
        let _ = remove_left_behind(place);
        if place.symlink_metadata().is_ok() {
            return Err(FileError::Exists { path: place.to_path_buf() });
        }
        let begun = Self::create(place, UNFINISHED, 0o600)?;
        let _ = begun.remove_older_ones();
        Ok(begun)
    }

    /// Removes what killed processes left in the directory of files with other names, as the backup of each night has its own.
    /// Another machine may be writing one, where locks do not count for all machines: so only those count to which nobody has
    /// written for an hour.
    fn remove_older_ones(&self) -> io::Result<()> {
        let before = self.file.metadata()?.mtime().saturating_sub(OLD);
        let found = remove_unlocked(&self.place, |_, name| is_unfinished_of_any(name), Some(before));
        found.map_err(io::Error::other)
    }

    /// Creates the file, and locks it while it is being written.
    fn create(place: &Path, ending: &str, mode: u32) -> Result<Self, FileError> {
        let directory = directory_for(place)?;
        loop {
            let path = random_name(place, ending);
            let on_signal = RemovedOnSignal::new(&path);
            let file = create_in(&directory, &path, mode).map_err(|problem| match problem {
                // The other name says nothing to anyone who gave this one.
                FileError::Io { error, .. } => FileError::Io { path: place.to_path_buf(), doing: "created", error },
                problem => problem,
            })?;
            writing_lock::lock(&file);
            // Another process may have taken it for left behind before it was locked.
            if metadata(&file, place)?.links > 0 {
                let place = place.to_path_buf();
                return Ok(Self {
                    file,
                    directory,
                    path,
                    place,
                    has_own_rights: false,
                    is_finished: false,
                    _on_signal: on_signal,
                });
            }
        }
    }

    /// Begins a database of `mode` beside the store at `place`, where there may be one; it is locked while it is in the
    /// making. What processes that were killed left behind there is removed: nobody has it locked. Only the owner of the
    /// directory may write in it.
    ///
    /// # Errors
    /// As [`create_new`](super::create_new).
    pub fn beside(place: &Path, mode: u32) -> Result<Self, FileError> {
        remove_left_behind(place)?;
        Self::create(place, TEMPORARY, mode)
    }

    /// Where it is being written.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Another handle to write it through.
    ///
    /// # Errors
    /// When the process has no descriptor left.
    pub fn writer(&self) -> Result<File, FileError> {
        self.file.try_clone().map_err(|error| self.problem("written", error))
    }

    /// Gives it to the account that another file or directory belongs to, where root has written it.
    ///
    /// # Errors
    /// When the other one cannot be examined, or it cannot be given away.
    pub fn give_to_owner_of(&self, like: &Path) -> Result<(), FileError> {
        if !geteuid().is_root() {
            return Ok(());
        }
        let failed = |error| FileError::Io { path: like.to_path_buf(), doing: "examined", error };
        let owner = like.metadata().map_err(failed)?;
        fchown(&self.file, Some(owner.uid()), Some(owner.gid()))
            .map_err(|error| self.problem("given to another account", error))
    }

    /// Gives it another mode.
    ///
    /// # Errors
    /// When the system refuses.
    pub fn set_mode(&self, mode: u32) -> Result<(), FileError> {
        let permissions = Permissions::from_mode(mode);
        self.file.set_permissions(permissions).map_err(|error| self.problem("given its mode", error))
    }

    /// Puts it on the disk and in its place.
    ///
    /// # Errors
    /// [`FileError::Exists`] when something came there meanwhile; otherwise what the system said. Nothing is left then.
    pub fn finish(mut self) -> Result<FinishedFile, FileError> {
        let _own = self.has_own_rights.then(FsCredentials::own);
        self.file.sync_all().map_err(|error| self.problem("written", error))?;
        self.directory.move_new(&self.path, &self.place)?;
        self.is_finished = true;
        // A store that a group may read keeps its log when SQLite closes it: empty, and under the name that is gone now.
        remove_companions(&self.directory, &self.path);
        Ok(FinishedFile(self))
    }

    /// As [`UnfinishedFile::finish`], but a file that has the name is replaced in one step: a reader opens the old one or the new
    /// one, each whole.
    ///
    /// # Errors
    /// What the system said. The old file is left then.
    pub fn finish_over(mut self) -> Result<FinishedFile, FileError> {
        let _own = self.has_own_rights.then(FsCredentials::own);
        self.file.sync_all().map_err(|error| self.problem("written", error))?;
        self.directory.move_over(&self.path, &self.place)?;
        self.is_finished = true;
        Ok(FinishedFile(self))
    }

    /// The problem that a failure to write it means, by the name it would have had.
    pub fn problem(&self, doing: &'static str, error: io::Error) -> FileError {
        FileError::Io { path: self.place.clone(), doing, error }
    }
}

/// A file in its place.
#[derive(Debug)]
pub struct FinishedFile(UnfinishedFile);

impl FinishedFile {
    /// Removes it again, because what had to be recorded with it could not be.
    pub fn remove(self) {
        let _own = self.0.has_own_rights.then(FsCredentials::own);
        self.0.directory.remove_name_of(&self.0.file, &self.0.place);
    }
}

impl Drop for UnfinishedFile {
    fn drop(&mut self) {
        if !self.is_finished {
            let _own = self.has_own_rights.then(FsCredentials::own);
            remove_with_companions(&self.directory, &self.path);
        }
    }
}

/// Gives a file another name in the same directory, unless something has that name, and puts the name on the disk.
///
/// # Errors
/// [`FileError::Exists`] when something has it; otherwise what the system said.
pub fn move_new(from: &Path, to: &Path) -> Result<(), FileError> {
    directory_for(to)?.move_new(from, to)
}

#[cfg(test)]
mod tests;
