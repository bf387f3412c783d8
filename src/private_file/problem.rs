//! Why a file was refused, and what to do. A command that changes a mode is only printed for a file that this program
//! creates: `chmod 600 /etc/passwd` would harm the machine. No `chown` is ever printed, because another account may
//! have changed the content of what it owns; and no command for a directory, because it contains files of others.

use std::fmt;
use std::io;
use std::path::{Path, PathBuf};

use nix::errno::Errno;

use super::Grantee;

const GROUP_OR_OTHERS_READ: u32 = 0o044;

/// Why a file was refused or could not be used. The text is one line that names the file and ends with the remedy.
#[derive(Debug, thiserror::Error)]
pub enum FileError {
    /// There is no such file.
    #[error("{}: no such file: create it, or correct the path", DisplayedPath(path))]
    Missing {
        /// The file.
        path: PathBuf,
    },
    /// The mode gives others a right that they must not have.
    #[error("{}: is {} ({mode:04o}): {}", DisplayedPath(path), Rights(mode & forbidden),
            ModeRemedy { path, mode: mode & !forbidden & 0o666, forbidden: *forbidden, is_own_file: *is_own_file })]
    Mode {
        /// The file.
        path: PathBuf,
        /// Its permission bits.
        mode: u32,
        /// The bits that must not be set.
        forbidden: u32,
        /// Whether this program creates such files, so that changing the mode does no harm.
        is_own_file: bool,
    },
    /// An ACL gives others a right that they must not have.
    #[error("{}: its ACL gives rights to {grantee}: run `setfacl -b {}`", DisplayedPath(path), DisplayedPath(path))]
    Acl {
        /// The file.
        path: PathBuf,
        /// One of the grantees.
        grantee: Grantee,
    },
    /// The default ACL of its directory would give others rights to new files.
    #[error("{}: the default ACL of {} gives rights to {grantee}: run `setfacl -k {}`",
            DisplayedPath(path), DirectoryOf { path, directory }, DisplayedPath(directory))]
    DefaultAcl {
        /// The file.
        path: PathBuf,
        /// Its directory.
        directory: PathBuf,
        /// One of the grantees.
        grantee: Grantee,
    },
    /// The file belongs to another account.
    #[error("{}: owned by uid {owner}, not by {}; refused because its owner could change it", DisplayedPath(path),
            Owners(*wanted))]
    Owner {
        /// The file.
        path: PathBuf,
        /// The uid that owns it.
        owner: u32,
        /// The uid that should own it, if it is not root.
        wanted: u32,
    },
    /// The name is a symbolic link, whose target could be changed.
    #[error(
        "{}: is a symbolic link: give the path of the file itself, see `readlink -f {}`",
        DisplayedPath(path),
        DisplayedPath(path)
    )]
    Symlink {
        /// The link.
        path: PathBuf,
    },
    /// The file has further names, in directories that were not checked.
    #[error(
        "{}: has {links} hard links; only one is allowed: `find / -xdev -samefile {}` lists them",
        DisplayedPath(path),
        DisplayedPath(path)
    )]
    HardLink {
        /// The file.
        path: PathBuf,
        /// Number of hard links.
        links: u64,
    },
    /// The file itself is a mount point: SQLite's log and locks would be beside it under one path and missing under
    /// the other.
    #[error("{}: is a mount point of its own: mount the directory that holds it instead", DisplayedPath(path))]
    MountPoint {
        /// The file.
        path: PathBuf,
    },
    /// The name is not that of a regular file.
    #[error("{}: is {kind}: give the path of a file", DisplayedPath(path))]
    NotAFile {
        /// The path.
        path: PathBuf,
        /// The kind of the file, as text.
        kind: &'static str,
    },
    /// Others may write in its directory, and so replace the file.
    #[error("{}: {} is {} ({mode:04o}): use a directory that only its owner may write in",
            DisplayedPath(path), DirectoryOf { path, directory }, Rights(mode & 0o022))]
    Parent {
        /// The file.
        path: PathBuf,
        /// Its directory, or one above that.
        directory: PathBuf,
        /// The directory's permission bits.
        mode: u32,
    },
    /// Its directory belongs to another account, which can replace the file.
    #[error("{}: {} is owned by uid {owner}, not by {}; refused because its owner could replace the file",
            DisplayedPath(path), DirectoryOf { path, directory }, Owners(*wanted))]
    ParentOwner {
        /// The file.
        path: PathBuf,
        /// Its directory, or one above that.
        directory: PathBuf,
        /// The uid that owns the directory.
        owner: u32,
        /// The uid that should own it, if it is not root.
        wanted: u32,
    },
    /// The directory in which a file is to be created does not exist.
    #[error("{}: no such directory: create it, or correct the path", DisplayedPath(directory))]
    NoDirectory {
        /// The directory.
        directory: PathBuf,
    },
    /// A file to be created already exists, and is not overwritten.
    #[error("{}: already exists: give another path", DisplayedPath(path))]
    Exists {
        /// The file or directory.
        path: PathBuf,
    },
    /// SQLite or this program uses such names for its own files.
    #[error(
        "{}: {whose} uses names that end in `{ending}` for files of its own: give another name",
        DisplayedPath(path)
    )]
    Reserved {
        /// The file or directory.
        path: PathBuf,
        /// The end of the name.
        ending: &'static str,
        /// The program that uses such names.
        whose: &'static str,
    },
    /// The file is longer than the right one could be.
    #[error("{}: is larger than {limit} bytes: give the path of the right file", DisplayedPath(path))]
    TooLarge {
        /// The file.
        path: PathBuf,
        /// The most bytes it may have.
        limit: usize,
    },
    /// A system call failed.
    #[error("{}: cannot be {doing}: {error}", DisplayedPath(path))]
    Io {
        /// The file.
        path: PathBuf,
        /// What was attempted, as a participle.
        doing: &'static str,
        /// The error. It is part of the text, and therefore not a source.
        error: io::Error,
    },
}

impl FileError {
    /// The error for a failed system call.
    pub(super) fn from_io(path: &Path, doing: &'static str, error: io::Error) -> Self {
        let path = path.to_path_buf();
        match error.kind() {
            io::ErrorKind::NotFound => Self::Missing { path },
            io::ErrorKind::AlreadyExists => Self::Exists { path },
            // In this case the attempted operation does not matter.
            _ if is_shortage_of_descriptors(&error) => Self::Io { path, doing: "opened", error },
            _ => Self::Io { path, doing, error },
        }
    }

    /// Whether the process or the machine has too many open files (EMFILE, ENFILE), so that the file is not the
    /// cause.
    pub fn is_shortage_of_descriptors(&self) -> bool {
        matches!(self, Self::Io { error, .. } if is_shortage_of_descriptors(error))
    }
}

/// Whether the process or the machine has too many open files.
pub fn is_shortage_of_descriptors(error: &io::Error) -> bool {
    let errno = error.raw_os_error().map(Errno::from_raw);
    matches!(errno, Some(Errno::EMFILE | Errno::ENFILE))
}

/// What to do about a mode.
struct ModeRemedy<'a> {
    path: &'a Path,
    mode: u32,
    forbidden: u32,
    is_own_file: bool,
}

impl fmt::Display for ModeRemedy<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.is_own_file {
            return write!(f, "run `chmod {:o} {}`", self.mode, DisplayedPath(self.path));
        }
        let right = if self.forbidden & GROUP_OR_OTHERS_READ == 0 { "write to" } else { "access" };
        write!(f, "use a file that only its owner may {right}")
    }
}

/// A path on one line, quoted for the shell.
struct DisplayedPath<'a>(&'a Path);

impl fmt::Display for DisplayedPath<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let text = self.0.to_string_lossy();
        let plain = |c: char| c.is_alphanumeric() || "/._-+@%,:=".contains(c);
        // A name that begins with a hyphen would be taken for an option.
        let ahead = if text.starts_with('-') { "./" } else { "" };
        if text.chars().all(plain) && !text.is_empty() {
            return write!(f, "{ahead}{text}");
        }
        // Control characters are replaced, because they would act on the terminal.
        let text = text.replace(char::is_control, "\u{fffd}").replace('\'', r"'\''");
        write!(f, "'{ahead}{text}'")
    }
}

/// The directory of a file, or one above it.
struct DirectoryOf<'a> {
    path: &'a Path,
    directory: &'a Path,
}

impl fmt::Display for DirectoryOf<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let own = self.path.parent().unwrap_or(self.path);
        let is_own = own == self.directory || own.as_os_str().is_empty() && self.directory == Path::new(".");
        write!(f, "{} {}", if is_own { "its directory" } else { "the directory" }, DisplayedPath(self.directory))?;
        if is_own { Ok(()) } else { f.write_str(", which leads to it,") }
    }
}

/// A description of the permission bits of group and others, such as `world-readable and group-writable`.
struct Rights(u32);

impl fmt::Display for Rights {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (group, others) = (self.0 >> 3 & 0o007, self.0 & 0o007);
        let of = |(bit, right): (u32, &str)| match (others & bit != 0, group & bit != 0) {
            (true, _) => Some(format!("world-{right}")),
            (false, true) => Some(format!("group-{right}")),
            (false, false) => None,
        };
        let rights: Vec<String> =
            [(4, "readable"), (2, "writable"), (1, "executable")].into_iter().filter_map(of).collect();
        match rights.as_slice() {
            [rights @ .., last] if !rights.is_empty() => write!(f, "{} and {last}", rights.join(", ")),
            rights => f.write_str(&rights.concat()),
        }
    }
}

/// The allowed owners.
struct Owners(u32);

impl fmt::Display for Owners {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            0 => f.write_str("root"),
            uid => write!(f, "uid {uid} or root"),
        }
    }
}
