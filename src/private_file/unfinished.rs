//! A file that comes into being only when it is whole: written under another name beside its place, and moved there
//! when it is on the disk. What was there already is replaced by [`super::replace`] alone.
//!
//! The other name cannot be guessed, so that no file of anybody else is under it: a process removes only what it created,
//! or what a process that has ended left behind: it holds no lock on it.

use std::ffi::OsStr;
use std::fmt::Write as _;
use std::fs::{File, Permissions};
use std::io;
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _, fchown};
use std::path::{Path, PathBuf};

use nix::fcntl::OFlag;
use nix::sys::stat::Mode;
use nix::unistd::{UnlinkatFlags, geteuid};

use super::create::{create_in, directory_for};
use super::directory::{PrivateDirectory, metadata};
use super::removal::RemovedOnSignal;
use super::reserved::refuse_reserved;
use super::rule::Kind;
use super::writing_lock;
use super::{COMPANIONS, FileError, FsCredentials};
use crate::random::{Random as _, SystemRandom};

/// How the name of a file ends that is being written.
pub(super) const UNFINISHED: &str = ".unfinished";
/// How the name of a database ends that is being written beside a store.
pub(super) const TEMPORARY: &str = ".temporary";

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
    pub fn finish(mut self) -> Result<(), FileError> {
        let _own = self.has_own_rights.then(FsCredentials::own);
        self.file.sync_all().map_err(|error| self.problem("written", error))?;
        self.directory.move_new(&self.path, &self.place)?;
        self.is_finished = true;
        // A store that a group may read keeps its log when SQLite closes it: empty, and under the name that is gone now.
        remove_companions(&self.directory, &self.path);
        Ok(())
    }

    /// The problem that a failure to write it means, by the name it would have had.
    pub fn problem(&self, doing: &'static str, error: io::Error) -> FileError {
        FileError::Io { path: self.place.clone(), doing, error }
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

/// Removes a file whose name nobody else can have chosen, and what SQLite keeps beside it: that first, because after a kill it
/// is found by the file.
fn remove_with_companions(directory: &PrivateDirectory, path: &Path) {
    remove_companions(directory, path);
    directory.remove(path, UnlinkatFlags::NoRemoveDir);
}

/// Removes what SQLite keeps beside a file, whatever became of the file itself.
fn remove_companions(directory: &PrivateDirectory, path: &Path) {
    for suffix in COMPANIONS {
        let mut name = path.as_os_str().to_owned();
        name.push(suffix);
        directory.remove(Path::new(&name), UnlinkatFlags::NoRemoveDir);
    }
}

/// Removes what processes that were killed left of a file that was to be at `place`, such as a store; and an empty file there
/// that one of them had created to move its file over it.
///
/// # Errors
/// When the directory cannot be listed.
pub fn remove_left_behind(place: &Path) -> Result<(), FileError> {
    remove_unlocked(place, is_of_place, None)
}

/// Removes what processes that were killed, or ended while the disk was slow, left of files of any name in a directory. One that
/// a living process is writing is locked, and one of another account is none of ours.
///
/// # Errors
/// When the directory cannot be listed.
pub fn remove_unfinished_in(directory: &Path) -> Result<(), FileError> {
    remove_unlocked(&directory.join("any"), |_, name| is_unfinished_of_any(name), None)
}

/// Removes the files beside `place` that nobody is writing, by name; of those only what was written `before` a unix time, if there
/// is one.
fn remove_unlocked(place: &Path, is_left: fn(&[u8], &[u8]) -> bool, before: Option<i64>) -> Result<(), FileError> {
    let place_name = place.file_name().unwrap_or_default().as_encoded_bytes();
    let directory = PrivateDirectory::of(place)?;
    let failed = |error| FileError::Io { path: directory.path.clone(), doing: "listed", error };
    let open = |path: &Path| {
        let file = directory.open(path, OFlag::O_RDWR | OFlag::O_NONBLOCK | OFlag::O_NOCTTY, Mode::empty()).ok()?;
        let found = metadata(&file, path).ok()?;
        let is_own =
            matches!(found.kind, Kind::File) && [geteuid().as_raw(), FsCredentials::uid()].contains(&found.owner);
        is_own.then_some(file)
    };
    let (mut had_left, mut has_living) = (false, false);
    for entry in std::fs::read_dir(&directory.path).map_err(failed)? {
        let path = directory.path.join(entry.map_err(failed)?.file_name());
        let name = path.file_name().map(OsStr::as_encoded_bytes).unwrap_or_default();
        if !is_left(place_name, name) {
            continue;
        }
        let Some(file) = open(&path) else { continue };
        let is_old = || before.is_none_or(|before| file.metadata().is_ok_and(|found| found.mtime() < before));
        let is_left_behind = is_old() && writing_lock::is_left_behind(&file);
        if is_left_behind {
            remove_with_companions(&directory, &path);
        }
        if is_of_place(place_name, name) {
            had_left |= is_left_behind;
            has_living |= !is_left_behind;
        }
    }
    // Only an empty file is opened: SQLite may have locks on another one, which closing it would drop.
    let is_empty = || place.symlink_metadata().is_ok_and(|found| found.is_file() && found.len() == 0);
    if had_left && !has_living && is_empty() && open(place).is_some() {
        directory.remove(place, UnlinkatFlags::NoRemoveDir);
    }
    Ok(())
}

/// Whether a name is one that [`random_name`] gives a file that is to be at `place`.
fn is_of_place(place: &[u8], name: &[u8]) -> bool {
    is_unfinished(place, name) || is_of_store(place, name)
}

/// Whether a name is one that [`random_name`] gives a database beside the store `store`, or a copy of the store that is replaced.
fn is_of_store(store: &[u8], name: &[u8]) -> bool {
    let Some(rest) = name.strip_prefix(store) else { return false };
    if let Some(random) = rest.strip_suffix(TEMPORARY.as_bytes()) {
        return is_random(random);
    }
    let random = rest.strip_prefix(b".replaced-").and_then(|rest| rest.strip_suffix(UNFINISHED.as_bytes()));
    random.is_some_and(|rest| rest.len() > RANDOM_LENGTH && is_random(&rest[rest.len() - RANDOM_LENGTH..]))
}

/// Whether a name is one that [`random_name`] gives a file while it is written at `place`.
fn is_unfinished(place: &[u8], name: &[u8]) -> bool {
    let random = name.strip_prefix(place).and_then(|rest| rest.strip_suffix(UNFINISHED.as_bytes()));
    random.is_some_and(is_random)
}

/// The part of a name that is random: a dot and digits.
fn is_random(middle: &[u8]) -> bool {
    middle.strip_prefix(b".").is_some_and(|digits| {
        digits.len() == 2 * RANDOM_BYTES && digits.iter().all(|digit| b"0123456789abcdef".contains(digit))
    })
}

const RANDOM_LENGTH: usize = 1 + 2 * RANDOM_BYTES;

/// Whether a name is one that [`random_name`] gives a file while it is written at any place.
fn is_unfinished_of_any(name: &[u8]) -> bool {
    let place = name.len().checked_sub(RANDOM_LENGTH + UNFINISHED.len());
    place.is_some_and(|length| length > 0 && is_unfinished(&name[..length], name))
}

/// So many random bytes are in a name: enough that nobody guesses it.
const RANDOM_BYTES: usize = 8;

/// A name beside `place` that nobody can guess.
pub(super) fn random_name(place: &Path, ending: &str) -> PathBuf {
    let mut bytes = [0; RANDOM_BYTES];
    SystemRandom.fill(&mut bytes);
    let mut middle = String::from(".");
    for byte in bytes {
        let _ = write!(middle, "{byte:02x}");
    }
    let mut name = place.as_os_str().to_owned();
    name.push(middle);
    name.push(ending);
    name.into()
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
