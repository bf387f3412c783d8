//! The directory of a file, held open so that nobody can replace it between the check and the use.
//!
//! The path is resolved here, one name at a time from `/`, and so are symbolic links: the kernel would follow a link
//! in the middle of a path for the account that created it. Each directory and each link on the path is remembered,
//! so that a rule can check all of them: anyone who may write in one of the directories, or owns one of the links,
//! could lead the path elsewhere.

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
use super::{FileError, MAX_LINKS};

/// An open directory.
#[derive(Debug)]
pub(super) struct PrivateDirectory {
    /// The path as given, for messages.
    pub(super) path: PathBuf,
    descriptor: File,
    /// The directories above it and the symbolic links that led to it, in the order of the path.
    components: Vec<PathComponent>,
}

/// A directory or a symbolic link on the path to a directory.
#[derive(Debug)]
pub(super) struct PathComponent {
    pub(super) path: PathBuf,
    pub(super) metadata: FileMetadata,
}

impl PrivateDirectory {
    /// The directory of `path`. Symbolic links are followed and remembered.
    pub(super) fn of(path: &Path) -> Result<Self, FileError> {
        let directory = match path.parent() {
            Some(parent) if parent.as_os_str().is_empty() => Path::new("."),
            Some(parent) => parent,
            None => path,
        };
        Self::walk(path, directory)
    }

    /// Resolves `directory`. Errors name the file `path`.
    fn walk(path: &Path, directory: &Path) -> Result<Self, FileError> {
        let failed = |errno: Errno| FileError::from_io(path, "found", errno.into());
        let absolute = std::path::absolute(directory).map_err(|error| FileError::from_io(path, "found", error))?;
        let mut names = names_of(&absolute);
        // O_PATH needs only search permission for a directory, no read permission.
        let flags = OFlag::O_PATH | OFlag::O_NOFOLLOW | OFlag::O_CLOEXEC;
        let root = File::from(open("/", flags, Mode::empty()).map_err(failed)?);
        let root_facts = metadata(&root, Path::new("/"))?;
        let mut components = Vec::new();
        let mut links = 0;
        // The directories from `/` to the current one; `..` returns to the one before.
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
            components.push(PathComponent { path: at.clone(), metadata: *directory_facts });
            let next = File::from(openat(directory, name.as_os_str(), flags, Mode::empty()).map_err(failed)?);
            let found = at.join(&name);
            let found_facts = metadata(&next, &found)?;
            match found_facts.kind {
                Kind::Directory => above.push(std::mem::replace(&mut here, (found, next, found_facts))),
                Kind::Symlink => {
                    links += 1;
                    if links > MAX_LINKS {
                        return Err(failed(Errno::ELOOP));
                    }
                    let target = PathBuf::from(readlinkat(next.as_fd(), "").map_err(failed)?);
                    components.push(PathComponent { path: found, metadata: found_facts });
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
        Ok(Self { path: directory.to_path_buf(), descriptor: here.1, components })
    }

    /// The directories above it and the symbolic links that led to it.
    pub(super) fn components(&self) -> &[PathComponent] {
        &self.components
    }

    /// The accounts and groups to which the default ACL gives rights to files created here.
    pub(super) fn default_grantees(&self) -> Result<[Option<Grantee>; 2], FileError> {
        let metadata = self.metadata()?;
        Ok(acl::grantees(&self.descriptor, acl::DEFAULT, metadata.owner, metadata.group))
    }

    /// The target of the symbolic link that is the last name of `path`.
    pub(super) fn read_link(&self, path: &Path) -> Result<PathBuf, FileError> {
        let target = readlinkat(self.descriptor.as_fd(), name_of(path)?);
        target.map(PathBuf::from).map_err(|errno| FileError::from_io(path, "found", errno.into()))
    }

    /// Renames the last name of `from` to that of `to`, and syncs the directory. If that fails, the file has neither
    /// name, because nobody may find a file that the caller reports as not written.
    ///
    /// # Errors
    /// [`FileError::Exists`] if the name is in use; otherwise the error of the system call.
    pub(super) fn move_new(&self, from: &Path, to: &Path) -> Result<(), FileError> {
        let (directory, old, new) = (self.descriptor.as_fd(), name_of(from)?, name_of(to)?);
        // Opened first: a process that may open no more files moves nothing.
        let readable = self.readable()?;
        let moved = match renameat2(directory, old, directory, new, RenameFlags::RENAME_NOREPLACE) {
            // Some file systems do not support the flag: FUSE, NFS and 9p.
            Err(Errno::EINVAL | Errno::ENOSYS | Errno::EOPNOTSUPP) => self.move_over_empty_file(old, new),
            other => other,
        };
        moved.map_err(|errno| FileError::from_io(to, "put in its place", errno.into()))?;
        readable
            .sync_all()
            .map_err(|error| self.not_on_disk(error))
            .inspect_err(|_| self.remove(to, UnlinkatFlags::NoRemoveDir))
    }

    /// Renames a file to an unused name in two steps: open(2) creates an empty file, exclusively, and then the rename
    /// replaces that. A kill in between leaves the empty file, which [`super::remove_left_behind`] removes. link(2)
    /// and unlink(2) would leave two names: FUSE keeps the first one of an open file (`.fuse_hidden…`), and so does
    /// NFS.
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

    /// Like [`PrivateDirectory::move_new`], but replaces an existing file.
    pub(super) fn move_over(&self, from: &Path, to: &Path) -> Result<(), FileError> {
        renameat(self.descriptor.as_fd(), name_of(from)?, self.descriptor.as_fd(), name_of(to)?)
            .map_err(|errno| FileError::from_io(to, "put in its place", errno.into()))?;
        self.sync()
    }

    pub(super) fn metadata(&self) -> Result<FileMetadata, FileError> {
        metadata(&self.descriptor, &self.path)
    }

    /// Opens the last name of `path` in this directory, without following a symbolic link, and closed on exec.
    pub(super) fn open(&self, path: &Path, flags: OFlag, mode: Mode) -> Result<File, FileError> {
        let flags = flags | OFlag::O_NOFOLLOW | OFlag::O_CLOEXEC;
        openat(&self.descriptor, name_of(path)?, flags, mode).map(File::from).map_err(|errno| match errno {
            // Only the last name is looked up here, so that is the symbolic link.
            Errno::ELOOP => FileError::Symlink { path: path.to_path_buf() },
            Errno::ENXIO => FileError::NotAFile { path: path.to_path_buf(), kind: "a socket or device" },
            Errno::EISDIR => FileError::NotAFile { path: path.to_path_buf(), kind: "a folder" },
            other => FileError::from_io(path, "opened", other.into()),
        })
    }

    /// Creates an empty directory with the last name of `path`.
    pub(super) fn create_directory(&self, path: &Path, mode: Mode) -> Result<(), FileError> {
        nix::sys::stat::mkdirat(&self.descriptor, name_of(path)?, mode)
            .map_err(|errno| FileError::from_io(path, "created", errno.into()))
    }

    /// Removes the last name of `path`. Used for cleaning up after a failure, so errors are ignored.
    pub(super) fn remove(&self, path: &Path, flag: UnlinkatFlags) {
        if let Ok(name) = name_of(path) {
            unlinkat(&self.descriptor, name, flag).ok();
        }
    }

    /// Removes the last name of `path` if it is still a name of this file. Errors are ignored, as in
    /// [`PrivateDirectory::remove`].
    pub(super) fn remove_name_of(&self, file: &File, path: &Path) {
        let found =
            name_of(path).ok().and_then(|name| fstatat(&self.descriptor, name, AtFlags::AT_SYMLINK_NOFOLLOW).ok());
        let is_same = |found: &FileStat, own: &FileStat| (found.st_dev, found.st_ino) == (own.st_dev, own.st_ino);
        if found.zip(fstat(file).ok()).is_some_and(|(found, own)| is_same(&found, &own)) {
            self.remove(path, UnlinkatFlags::NoRemoveDir);
        }
    }

    /// Removes the last name of `path` if it still belongs to the file with this device and inode.
    ///
    /// # Errors
    /// [`FileError::Missing`] if it belongs to no file or to another one; otherwise the error of the system call.
    pub(super) fn remove_identified(&self, path: &Path, identity: (u64, u64)) -> Result<(), FileError> {
        let (directory, name) = (self.descriptor.as_fd(), name_of(path)?);
        let failed = |errno: Errno| FileError::from_io(path, "deleted", errno.into());
        let found = fstatat(directory, name, AtFlags::AT_SYMLINK_NOFOLLOW).map_err(failed)?;
        if (found.st_dev, found.st_ino) != identity {
            return Err(FileError::Missing { path: path.to_path_buf() });
        }
        unlinkat(directory, name, UnlinkatFlags::NoRemoveDir).map_err(failed)
    }

    /// Syncs the directory: fsync(2) of a file does not guarantee that its name survives a crash.
    pub(super) fn sync(&self) -> Result<(), FileError> {
        self.readable()?.sync_all().map_err(|error| self.not_on_disk(error))
    }

    /// The directory, opened so that it can be synced, which is not possible with an O_PATH descriptor.
    fn readable(&self) -> Result<File, FileError> {
        openat(&self.descriptor, ".", OFlag::O_RDONLY | OFlag::O_DIRECTORY | OFlag::O_CLOEXEC, Mode::empty())
            .map(File::from)
            .map_err(|errno| self.not_on_disk(errno.into()))
    }

    fn not_on_disk(&self, error: std::io::Error) -> FileError {
        FileError::Io { path: self.path.clone(), doing: "put on the disk", error }
    }
}

/// The names of a path, including `..`.
fn names_of(path: &Path) -> VecDeque<OsString> {
    let names = path.components().filter(|part| matches!(part, Component::Normal(_) | Component::ParentDir));
    names.map(|part| part.as_os_str().to_owned()).collect()
}

fn name_of(path: &Path) -> Result<&OsStr, FileError> {
    path.file_name().ok_or_else(|| FileError::NotAFile { path: path.to_path_buf(), kind: "a folder" })
}
