//! The directory of a file, held open so that nobody can exchange it between the check and the use.
//!
//! The way to it is walked here, one name at a time from `/`, and symbolic links are followed here too: the kernel would
//! follow a link in the middle of a path for the account that created it. Each directory and each link on the way is remembered, so
//! that a rule can check them all: who may write in any of them, or owns a link, could lead the path elsewhere.

use std::collections::VecDeque;
use std::ffi::{OsStr, OsString};
use std::fs::File;
use std::os::fd::AsFd as _;
use std::path::{Component, Path, PathBuf};

use nix::errno::Errno;
use nix::fcntl::{AtFlags, OFlag, RenameFlags, open, openat, readlinkat, renameat, renameat2};
use nix::sys::stat::{FileStat, Mode, fstat, fstatat};
use nix::unistd::{UnlinkatFlags, unlinkat};

use super::acl;
use super::acl::Grantee;
use super::metadata::{FileMetadata, Kind, metadata};
use super::{FileError, MOST_LINKS};

/// An open directory.
#[derive(Debug)]
pub(super) struct PrivateDirectory {
    /// As it was named, for messages.
    pub(super) path: PathBuf,
    descriptor: File,
    /// The directories above it and the symbolic links that led to it, in the order of the walk.
    way: Vec<PathComponent>,
}

/// A directory or a symbolic link on the way to a directory.
#[derive(Debug)]
pub(super) struct PathComponent {
    pub(super) path: PathBuf,
    pub(super) metadata: FileMetadata,
}

impl PrivateDirectory {
    /// The directory that `path` is in. Symbolic links on the way are followed, and remembered.
    pub(super) fn of(path: &Path) -> Result<Self, FileError> {
        let directory = match path.parent() {
            Some(parent) if parent.as_os_str().is_empty() => Path::new("."),
            Some(parent) => parent,
            None => path,
        };
        Self::walk(path, directory)
    }

    /// Walks to `directory`; `path` is the file that errors name.
    fn walk(path: &Path, directory: &Path) -> Result<Self, FileError> {
        let failed = |errno: Errno| FileError::from_io(path, "found", errno.into());
        let absolute = std::path::absolute(directory).map_err(|error| FileError::from_io(path, "found", error))?;
        let mut names = names_of(&absolute);
        // O_PATH needs no right to list a directory, only to pass through it.
        let flags = OFlag::O_PATH | OFlag::O_NOFOLLOW | OFlag::O_CLOEXEC;
        let root = File::from(open("/", flags, Mode::empty()).map_err(failed)?);
        let root_facts = metadata(&root, Path::new("/"))?;
        let mut way = Vec::new();
        let mut links = 0;
        // Where the walk is, from `/` on; `..` goes back to the directory that it came from.
        let mut above: Vec<(PathBuf, File, FileMetadata)> = Vec::new();
        let mut here = (PathBuf::from("/"), root, root_facts);
        while let Some(name) = names.pop_front() {
            if name == ".." {
                if let Some(parent) = above.pop() {
                    here = parent;
                }
                continue;
            }
            let (at, directory, directory_facts) = &here;
            way.push(PathComponent { path: at.clone(), metadata: *directory_facts });
            let next = File::from(openat(directory, name.as_os_str(), flags, Mode::empty()).map_err(failed)?);
            let found = at.join(&name);
            let found_facts = metadata(&next, &found)?;
            match found_facts.kind {
                Kind::Directory => above.push(std::mem::replace(&mut here, (found, next, found_facts))),
                Kind::Symlink => {
                    links += 1;
                    if links > MOST_LINKS {
                        return Err(failed(Errno::ELOOP));
                    }
                    let target = PathBuf::from(readlinkat(next.as_fd(), "").map_err(failed)?);
                    way.push(PathComponent { path: found, metadata: found_facts });
                    if target.is_absolute() && !above.is_empty() {
                        here = above.swap_remove(0);
                        above.clear();
                    }
                    for name in names_of(&target).into_iter().rev() {
                        names.push_front(name);
                    }
                }
                Kind::File | Kind::Other(_) => return Err(failed(Errno::ENOTDIR)),
            }
        }
        Ok(Self { path: directory.to_path_buf(), descriptor: here.1, way })
    }

    /// The directories above it and the symbolic links that led to it.
    pub(super) fn way(&self) -> &[PathComponent] {
        &self.way
    }

    /// To whom the default ACL gives rights to the files that are created here.
    pub(super) fn heirs(&self) -> Result<[Option<Grantee>; 2], FileError> {
        let metadata = self.metadata()?;
        Ok(acl::grantees(&self.descriptor, acl::DEFAULT, metadata.owner, metadata.group))
    }

    /// Where the symbolic link under the last name of `path` leads.
    pub(super) fn read_link(&self, path: &Path) -> Result<PathBuf, FileError> {
        let target = readlinkat(self.descriptor.as_fd(), name_of(path)?);
        target.map(PathBuf::from).map_err(|errno| FileError::from_io(path, "found", errno.into()))
    }

    /// Gives the file under the last name of `from` that of `to`, and puts the name on the disk. When that fails, it has neither name:
    /// nobody must find a file of which the caller says that it was not written.
    ///
    /// # Errors
    /// [`FileError::Exists`] when something has that name; otherwise what the system said.
    pub(super) fn move_new(&self, from: &Path, to: &Path) -> Result<(), FileError> {
        let (directory, old, new) = (self.descriptor.as_fd(), name_of(from)?, name_of(to)?);
        // Before: a process that may open no more files moves nothing.
        let readable = self.readable()?;
        let moved = match renameat2(directory, old, directory, new, RenameFlags::RENAME_NOREPLACE) {
            // Not every file system knows the flag: FUSE, NFS and 9p do not.
            Err(Errno::EINVAL | Errno::ENOSYS | Errno::EOPNOTSUPP) => self.move_over_empty_file(old, new),
            other => other,
        };
        moved.map_err(|errno| FileError::from_io(to, "put in its place", errno.into()))?;
        readable
            .sync_all()
            .map_err(|error| self.not_on_disk(error))
            .inspect_err(|_| self.remove(to, UnlinkatFlags::NoRemoveDir))
    }

    /// Moves a file to a name that nothing has, in two steps: an empty file takes the name, which open(2) creates only where there
    /// is none, and then the file takes its place. A kill in between leaves the empty file, which [`super::remove_left_behind`]
    /// removes. link(2) and unlink(2) would leave two names: FUSE keeps the first one of an open file (`.fuse_hidden…`), and NFS too.
    pub(super) fn move_over_empty_file(&self, from: &OsStr, to: &OsStr) -> nix::Result<()> {
        let here = self.descriptor.as_fd();
        let flags = OFlag::O_WRONLY | OFlag::O_CREAT | OFlag::O_EXCL | OFlag::O_NOFOLLOW | OFlag::O_CLOEXEC;
        let reserved = fstat(openat(here, to, flags, Mode::S_IRUSR | Mode::S_IWUSR)?)?;
        renameat(here, from, here, to).inspect_err(|_| {
            let found = fstatat(here, to, AtFlags::AT_SYMLINK_NOFOLLOW);
            if found.is_ok_and(|found| (found.st_dev, found.st_ino) == (reserved.st_dev, reserved.st_ino)) {
                unlinkat(here, to, UnlinkatFlags::NoRemoveDir).ok();
            }
        })
    }

    /// As [`PrivateDirectory::move_new`], but a file that has the name is replaced.
    pub(super) fn move_over(&self, from: &Path, to: &Path) -> Result<(), FileError> {
        renameat(self.descriptor.as_fd(), name_of(from)?, self.descriptor.as_fd(), name_of(to)?)
            .map_err(|errno| FileError::from_io(to, "put in its place", errno.into()))?;
        self.sync()
    }

    pub(super) fn metadata(&self) -> Result<FileMetadata, FileError> {
        metadata(&self.descriptor, &self.path)
    }

    /// Opens the last name of `path` in this directory; never through a symbolic link, never kept open by a child process.
    pub(super) fn open(&self, path: &Path, flags: OFlag, mode: Mode) -> Result<File, FileError> {
        let flags = flags | OFlag::O_NOFOLLOW | OFlag::O_CLOEXEC;
        openat(&self.descriptor, name_of(path)?, flags, mode).map(File::from).map_err(|errno| match errno {
            // The name is the only part of the path that is looked up here, so it is the link.
            Errno::ELOOP => FileError::Symlink { path: path.to_path_buf() },
            Errno::ENXIO => FileError::NotAFile { path: path.to_path_buf(), kind: "a socket or device" },
            Errno::EISDIR => FileError::NotAFile { path: path.to_path_buf(), kind: "a folder" },
            other => FileError::from_io(path, "opened", other.into()),
        })
    }

    /// Makes an empty directory under the last name of `path`.
    pub(super) fn create_directory(&self, path: &Path, mode: Mode) -> Result<(), FileError> {
        nix::sys::stat::mkdirat(&self.descriptor, name_of(path)?, mode)
            .map_err(|errno| FileError::from_io(path, "created", errno.into()))
    }

    /// Removes the last name of `path`. For cleaning up after a failure, so it reports none of its own.
    pub(super) fn remove(&self, path: &Path, flag: UnlinkatFlags) {
        if let Ok(name) = name_of(path) {
            unlinkat(&self.descriptor, name, flag).ok();
        }
    }

    /// Removes the last name of `path` where it is that of this file. Reports no failure, as [`PrivateDirectory::remove`].
    pub(super) fn remove_name_of(&self, file: &File, path: &Path) {
        let found =
            name_of(path).ok().and_then(|name| fstatat(&self.descriptor, name, AtFlags::AT_SYMLINK_NOFOLLOW).ok());
        let is_same = |found: &FileStat, own: &FileStat| (found.st_dev, found.st_ino) == (own.st_dev, own.st_ino);
        if found.zip(fstat(file).ok()).is_some_and(|(found, own)| is_same(&found, &own)) {
            self.remove(path, UnlinkatFlags::NoRemoveDir);
        }
    }

    /// Puts the directory's entries on the disk: a file's own fsync(2) does not promise that its name survives a crash.
    pub(super) fn sync(&self) -> Result<(), FileError> {
        self.readable()?.sync_all().map_err(|error| self.not_on_disk(error))
    }

    /// The directory, open so that it can be synced: an O_PATH descriptor cannot.
    fn readable(&self) -> Result<File, FileError> {
        openat(&self.descriptor, ".", OFlag::O_RDONLY | OFlag::O_DIRECTORY | OFlag::O_CLOEXEC, Mode::empty())
            .map(File::from)
            .map_err(|errno| self.not_on_disk(errno.into()))
    }

    fn not_on_disk(&self, error: std::io::Error) -> FileError {
        FileError::Io { path: self.path.clone(), doing: "put on the disk", error }
    }
}

/// The names of a path, `..` among them.
fn names_of(path: &Path) -> VecDeque<OsString> {
    let names = path.components().filter(|part| matches!(part, Component::Normal(_) | Component::ParentDir));
    names.map(|part| part.as_os_str().to_owned()).collect()
}

fn name_of(path: &Path) -> Result<&OsStr, FileError> {
    path.file_name().ok_or_else(|| FileError::NotAFile { path: path.to_path_buf(), kind: "a folder" })
}
