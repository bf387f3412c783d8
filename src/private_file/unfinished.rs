//! A file that appears only when it is complete: written under another name beside its place, and moved there when it
//! is on the disk. Only [`super::replace`] replaces an existing file.
//!
//! The other name is random, so that no file of others can have it. A process only removes files that it created
//! itself, or that an ended process left, which holds no lock on them.

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

/// After this many seconds without a write, a file is considered to be left behind.
const OLD_SECONDS: i64 = 3_600;

/// A private file that is being written. Dropping it removes it, including SQLite's companions.
#[derive(Debug)]
pub struct UnfinishedFile {
    file: File,
    /// The directory in which it is created and named, even if the path changes meanwhile.
    directory: PrivateDirectory,
    path: PathBuf,
    place: PathBuf,
    /// Whether it is written for the operator, with the process's own rights.
    has_own_rights: bool,
    is_finished: bool,
    _on_signal: RemovedOnSignal,
}

impl UnfinishedFile {
    /// Creates the unfinished file for `place`, which the operator names, with mode 0600. The process's own rights
    /// apply.
    ///
    /// # Errors
    /// [`FileError::Exists`] if `place` exists, [`FileError::Reserved`] if SQLite or the program uses such names for
    /// its own files; otherwise those of [`create_new`](super::create_new).
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

    /// Like [`UnfinishedFile::begin`], with the current rights of the thread, for a file of the store's own account.
    ///
    /// # Errors
    /// Those of [`UnfinishedFile::begin`].
    pub fn begin_with_present_rights(place: &Path) -> Result<Self, FileError> {
        refuse_reserved(place)?;
        // If the directory cannot be listed, old files remain.
        let _ = remove_left_behind(place);
        if place.symlink_metadata().is_ok() {
            return Err(FileError::Exists { path: place.to_path_buf() });
        }
        let begun = Self::create(place, UNFINISHED, 0o600)?;
        let _ = begun.remove_older_ones();
        Ok(begun)
    }

    /// Removes files of other names in the directory that killed processes left, such as the backups of earlier
    /// nights. Another machine may be writing one, on a file system where locks do not work across machines: so only
    /// files without a write for an hour are removed.
    fn remove_older_ones(&self) -> io::Result<()> {
        let before = self.file.metadata()?.mtime().saturating_sub(OLD_SECONDS);
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
                // The error must not show the random name, which the caller does not know.
                FileError::Io { error, .. } => FileError::Io { path: place.to_path_buf(), doing: "created", error },
                problem => problem,
            })?;
            writing_lock::lock(&file);
            // Another process may have removed it before it was locked.
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

    /// Creates a database of `mode` beside the store at `place`, which may exist; it is locked while it is being
    /// written. Removes unlocked files that killed processes left. Only the owner of the directory may write in it.
    ///
    /// # Errors
    /// Those of [`create_new`](super::create_new).
    pub fn beside(place: &Path, mode: u32) -> Result<Self, FileError> {
        remove_left_behind(place)?;
        Self::create(place, TEMPORARY, mode)
    }

    /// The path under which it is being written.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Where it will be.
    pub fn place(&self) -> &Path {
        &self.place
    }

    /// Another handle for writing it.
    ///
    /// # Errors
    /// If the process has no descriptor left.
    pub fn writer(&self) -> Result<File, FileError> {
        self.file.try_clone().map_err(|error| self.problem("written", error))
    }

    /// Gives it to the owner of another file or directory, if root has written it.
    ///
    /// # Errors
    /// If the other one cannot be examined, or the file cannot be given away.
    pub fn give_to_owner_of(&self, like: &Path) -> Result<(), FileError> {
        if !geteuid().is_root() {
            return Ok(());
        }
        let failed = |error| FileError::Io { path: like.to_path_buf(), doing: "examined", error };
        let owner = like.metadata().map_err(failed)?;
        fchown(&self.file, Some(owner.uid()), Some(owner.gid()))
            .map_err(|error| self.problem("given to another account", error))
    }

    /// Puts what was written on the disk, and has the system forget its pages, so that the next reader reads the disk.
    ///
    /// # Errors
    /// If the disk does not take it.
    pub fn sync_and_forget(&self) -> Result<(), FileError> {
        self.file.sync_all().map_err(|error| self.problem("written", error))?;
        // Only advice: a file system without pages in memory needs none.
        let _ = rustix::fs::fadvise(&self.file, 0, None, rustix::fs::Advice::DontNeed);
        Ok(())
    }

    /// Runs `run` in the directory in which it is created and named, with the rights by which it is written.
    pub(super) fn in_directory<T>(&self, run: impl FnOnce(&PrivateDirectory) -> T) -> T {
        let _own = self.has_own_rights.then(FsCredentials::own);
        run(&self.directory)
    }

    /// Changes its mode.
    ///
    /// # Errors
    /// If the system refuses.
    pub fn set_mode(&self, mode: u32) -> Result<(), FileError> {
        let permissions = Permissions::from_mode(mode);
        self.file.set_permissions(permissions).map_err(|error| self.problem("given its mode", error))
    }

    /// Syncs it to the disk and moves it to its place.
    ///
    /// # Errors
    /// [`FileError::Exists`] if the place was taken meanwhile; otherwise the error of the system call. Then nothing
    /// is left.
    pub fn finish(self) -> Result<FinishedFile, FileError> {
        self.finish_under(|_| None)
    }

    /// As [`UnfinishedFile::finish`], but where the place was taken, `next` gives another name in the same directory.
    ///
    /// # Errors
    /// As [`UnfinishedFile::finish`], where `next` gives none.
    pub fn finish_under(mut self, next: impl Fn(&Path) -> Option<PathBuf>) -> Result<FinishedFile, FileError> {
        let _own = self.has_own_rights.then(FsCredentials::own);
        self.file.sync_all().map_err(|error| self.problem("written", error))?;
        while let Err(problem) = self.directory.move_new(&self.path, &self.place) {
            let is_taken = matches!(problem, FileError::Exists { .. });
            self.place = is_taken.then(|| next(&self.place)).flatten().ok_or(problem)?;
        }
        self.is_finished = true;
        // With a reader group, SQLite keeps the log when it closes the store: empty, and under a name that no longer
        // fits.
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

    /// The error for a failure to write it, with the path of its place.
    pub fn problem(&self, doing: &'static str, error: io::Error) -> FileError {
        FileError::Io { path: self.place.clone(), doing, error }
    }
}

/// A complete file in its place.
#[derive(Debug)]
pub struct FinishedFile(UnfinishedFile);

impl FinishedFile {
    /// Where it is.
    pub fn place(&self) -> &Path {
        &self.0.place
    }

    /// Runs `run` in its directory.
    pub(super) fn in_directory<T>(&self, run: impl FnOnce(&PrivateDirectory) -> T) -> T {
        self.0.in_directory(run)
    }

    /// Removes it again, because something that belongs to it could not be recorded.
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

/// Renames a file in its directory, unless the new name is in use, and syncs the directory.
///
/// # Errors
/// [`FileError::Exists`] if the name is in use; otherwise the error of the system call.
pub fn move_new(from: &Path, to: &Path) -> Result<(), FileError> {
    directory_for(to)?.move_new(from, to)
}

#[cfg(test)]
mod tests;
