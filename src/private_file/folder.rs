//! The folder a file stands in, held open so that it cannot be changed for another between judging it and using it.

use std::ffi::OsStr;
use std::fs::File;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use nix::errno::Errno;
use nix::fcntl::{OFlag, open, openat};
use nix::sys::stat::Mode;
use nix::unistd::{UnlinkatFlags, unlinkat};

use super::Problem;
use super::rule::{Facts, Kind};

/// An open folder.
pub(super) struct Folder {
    /// As it was named, for messages.
    pub(super) path: PathBuf,
    descriptor: File,
}

impl Folder {
    /// The folder that `path` stands in. A symbolic link to a folder is followed: the folder it leads to is the one
    /// meant.
    pub(super) fn of(path: &Path) -> Result<Self, Problem> {
        let folder = match path.parent() {
            Some(parent) if parent.as_os_str().is_empty() => Path::new("."),
            Some(parent) => parent,
            None => path,
        };
        // O_PATH needs no right to list the folder, only to pass through it.
        let flags = OFlag::O_PATH | OFlag::O_DIRECTORY | OFlag::O_CLOEXEC;
        match open(folder, flags, Mode::empty()) {
            Ok(descriptor) => Ok(Self { path: folder.to_path_buf(), descriptor: File::from(descriptor) }),
            Err(errno) => Err(Problem::from_io(path, "found", errno.into())),
        }
    }

    pub(super) fn facts(&self) -> Result<Facts, Problem> {
        facts(&self.descriptor, &self.path)
    }

    /// Opens the last name of `path` in this folder; never through a symbolic link, never kept open by a child process.
    pub(super) fn open(&self, path: &Path, flags: OFlag, mode: Mode) -> Result<File, Problem> {
        let flags = flags | OFlag::O_NOFOLLOW | OFlag::O_CLOEXEC;
        openat(&self.descriptor, name_of(path)?, flags, mode).map(File::from).map_err(|errno| match errno {
            // The name is the only part of the path that is looked up here, so it is the link.
            Errno::ELOOP => Problem::Symlink { path: path.to_path_buf() },
            Errno::ENXIO => Problem::NotAFile { path: path.to_path_buf(), kind: "a socket or device" },
            Errno::EISDIR => Problem::NotAFile { path: path.to_path_buf(), kind: "a folder" },
            other => Problem::from_io(path, "opened", other.into()),
        })
    }

    /// Makes an empty folder under the last name of `path`.
    pub(super) fn make_folder(&self, path: &Path, mode: Mode) -> Result<(), Problem> {
        nix::sys::stat::mkdirat(&self.descriptor, name_of(path)?, mode)
            .map_err(|errno| Problem::from_io(path, "created", errno.into()))
    }

    /// Removes the last name of `path`. For cleaning up after a failure, so it reports none of its own.
    pub(super) fn remove(&self, path: &Path, flag: UnlinkatFlags) {
        if let Ok(name) = name_of(path) {
            unlinkat(&self.descriptor, name, flag).ok();
        }
    }

    /// Puts the folder's entries on the disk: a file's own fsync(2) does not promise that its name survives a crash.
    pub(super) fn sync(&self) -> Result<(), Problem> {
        let failed = |error| Problem::Io { path: self.path.clone(), doing: "put on the disk", error };
        // An O_PATH descriptor cannot be synced.
        openat(&self.descriptor, ".", OFlag::O_RDONLY | OFlag::O_DIRECTORY | OFlag::O_CLOEXEC, Mode::empty())
            .map_err(|errno| failed(errno.into()))
            .and_then(|descriptor| File::from(descriptor).sync_all().map_err(failed))
    }
}

/// What the system knows of an open descriptor.
pub(super) fn facts(file: &File, path: &Path) -> Result<Facts, Problem> {
    let metadata =
        file.metadata().map_err(|error| Problem::Io { path: path.to_path_buf(), doing: "examined", error })?;
    Ok(Facts {
        kind: Kind::of(metadata.file_type()),
        mode: metadata.mode() & 0o7777,
        owner: metadata.uid(),
        group: metadata.gid(),
        links: metadata.nlink(),
    })
}

fn name_of(path: &Path) -> Result<&OsStr, Problem> {
    path.file_name().ok_or_else(|| Problem::NotAFile { path: path.to_path_buf(), kind: "a folder" })
}
