//! Removes partial files that killed processes have left.

use std::ffi::OsStr;
use std::os::unix::fs::MetadataExt as _;
use std::path::Path;

use nix::fcntl::OFlag;
use nix::sys::stat::Mode;
use nix::unistd::{UnlinkatFlags, geteuid};

use super::directory::PrivateDirectory;
use super::metadata::{Kind, metadata};
use super::unfinished_name::{is_of_place, is_unfinished_of_any};
use super::writing_lock;
use super::{COMPANIONS, FileError, FsCredentials};

/// Removes a file with a random name, and SQLite's companions of it: these first, because after a kill they are found
/// by the file.
pub(super) fn remove_with_companions(directory: &PrivateDirectory, path: &Path) {
    remove_companions(directory, path);
    directory.remove(path, UnlinkatFlags::NoRemoveDir);
}

/// Removes SQLite's companions of a file, whether or not the file exists.
pub(super) fn remove_companions(directory: &PrivateDirectory, path: &Path) {
    for suffix in COMPANIONS {
        let mut name = path.as_os_str().to_owned();
        name.push(suffix);
        directory.remove(Path::new(&name), UnlinkatFlags::NoRemoveDir);
    }
}

/// Removes what killed processes left of a file that was meant for `place`, such as a store; and an empty file there
/// that one of them had created in order to move its file over it.
///
/// # Errors
/// If the directory cannot be listed.
pub fn remove_left_behind(place: &Path) -> Result<(), FileError> {
    remove_unlocked(place, is_of_place, None)
}

/// Removes unfinished files of any name in a directory, which were left by processes that were killed or exited while
/// the disk was slow. Files that a living process is writing are locked, and files of other accounts are not removed.
///
/// # Errors
/// If the directory cannot be listed.
pub fn remove_unfinished_in(directory: &Path) -> Result<(), FileError> {
    remove_unlocked(&directory.join("any"), |_, name| is_unfinished_of_any(name), None)
}

/// Removes the files beside `place` that `is_left` recognizes by name and that nobody is writing; with `before`, only
/// those last written before that unix time.
pub(super) fn remove_unlocked(
    place: &Path,
    is_left: fn(&[u8], &[u8]) -> bool,
    before: Option<i64>,
) -> Result<(), FileError> {
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
    // Only an empty file is opened: SQLite may hold locks on another one, which closing it would release.
    let is_empty = || place.symlink_metadata().is_ok_and(|found| found.is_file() && found.len() == 0);
    if had_left && !has_living && is_empty() && open(place).is_some() {
        directory.remove(place, UnlinkatFlags::NoRemoveDir);
    }
    Ok(())
}
