//! Files that hold secrets: read, checked and created as strictly as `ssh` treats its keys.
//!
//! A file that others could read or replace is refused, and never fixed silently: the operator should learn of it,
//! and may have to change the secret. The directory of a file is checked too, because anyone who can write there can
//! replace the file; so is every directory above it, and every symbolic link on the path. A sticky directory such as
//! `/tmp` is fine, except for files that SQLite opens ([`check_database`]). Write access by a POSIX ACL is recognized
//! by its mask, which the system shows as the group's permission bits; if the group may read a file, the ACL itself
//! is checked too.

mod acl;
mod create;
mod directory;
mod fs_credentials;
mod left_behind;
mod mark;
mod metadata;
mod owner;
mod problem;
mod removal;
mod reserved;
mod rule;
mod sibling;
mod unfinished;
mod unfinished_name;
mod writing_lock;

use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};

use nix::errno::Errno;
use nix::fcntl::OFlag;
use nix::sys::stat::Mode;
use zeroize::Zeroizing;

pub use acl::Grantee;
pub use create::{create_directory, create_directory_for, create_new, create_unnamed, replace, write_new};
pub use fs_credentials::FsCredentials;
pub use left_behind::{remove_left_behind, remove_unfinished_in};
pub use mark::stores_beside;
pub use owner::{owner_of, owner_of_directory, owner_of_place};
pub use problem::FileError;
pub use problem::is_shortage_of_descriptors;
pub use reserved::refuse_reserved;
pub use rule::Rule;
pub use sibling::{Sibling, SiblingFile};
pub use unfinished::{FinishedFile, UnfinishedFile, move_new};

use directory::PrivateDirectory;
use metadata::{FileMetadata, Kind};

/// The most symbolic links that are followed, as in the kernel (path_resolution(7)).
const MAX_LINKS: usize = 40;

/// Checks a program that is to be executed. Like the configuration, everybody may read it, and only root or oneself
/// may write it, replace it, or change a directory above it or a link that leads to it. So it is still the same
/// program when the system executes it by its path. What a script reads besides itself is not checked.
///
/// # Errors
/// A [`FileError`] if the file is missing or fails the check.
pub fn check_program(path: &Path) -> Result<(), FileError> {
    let _own = FsCredentials::own();
    check_by_name(path, &Rule::config()).map(drop)
}

/// Reads the whole file `path` if it obeys `rule` and is at most `limit` bytes long. The bytes are wiped from memory
/// on drop.
///
/// # Errors
/// A [`FileError`] if the file is missing, breaks the rule, is longer than `limit` or cannot be read.
pub fn read(path: &Path, rule: &Rule, limit: usize) -> Result<Zeroizing<Vec<u8>>, FileError> {
    let (file, path) = open_checked(path, rule)?;
    let unread = |error| FileError::Io { path: path.clone(), doing: "read", error };
    let length = file.metadata().map_err(unread)?.len();
    let too_large = || FileError::TooLarge { path: path.clone(), limit };
    let capacity = usize::try_from(length).ok().filter(|length| *length <= limit).ok_or_else(too_large)? + 1;

    // The buffer is never reallocated: a Vec that grows would leave copies of the secret in freed memory.
    let mut bytes = Zeroizing::new(vec![0; capacity]);
    let mut filled = 0;
    let mut reader = file;
    while filled < bytes.len() {
        match reader.read(&mut bytes[filled..]) {
            Ok(0) => break,
            Ok(count) => filled += count,
            Err(error) if error.kind() == std::io::ErrorKind::Interrupted => {}
            Err(error) => return Err(unread(error)),
        }
    }
    if filled == capacity {
        return Err(unread(std::io::Error::other("it grew while it was read, try again")));
    }
    bytes.truncate(filled);
    Ok(bytes)
}

/// Opens a file for reading, only once: the file that was checked is the one that is read, even if the name changes.
///
/// # Errors
/// A [`FileError`] if the file is missing, breaks the rule or cannot be opened.
pub fn open(path: &Path, rule: &Rule) -> Result<File, FileError> {
    open_checked(path, rule).map(|(file, _)| file)
}

/// The suffixes of SQLite's companions of a database, which SQLite replays or trusts.
pub const COMPANIONS: [&str; 3] = ["-wal", "-shm", "-journal"];

/// Checks a file that SQLite is about to open, and SQLite's companions, by one rule: a `-wal` or `-journal` of
/// another account would change the content of the database. Nothing is opened, because closing any other descriptor
/// of such a file would release SQLite's locks on it.
///
/// Between this check and SQLite's own opening, only accounts that may write in the directory or in one above it
/// could replace or create a file, so these must be safe, and a sticky directory is not. That closes the race. If one
/// of the directories belongs to the account that the rule names besides root, the race is only closed for a process
/// that has no more rights than that account: see [`FsCredentials`].
///
/// # Errors
/// A [`FileError`] if the file is missing, if it or a companion breaks the rule, or if others may write in the
/// directory.
pub fn check_database(path: &Path, rule: &Rule) -> Result<(), FileError> {
    let directory = PrivateDirectory::of(path)?;
    check_name(&directory, path, rule)?;
    rule.check_database_directory(path, &directory)?;
    rule.check_rights(path, &directory)?;
    for suffix in COMPANIONS {
        let mut companion = path.as_os_str().to_owned();
        companion.push(suffix);
        match check_name(&directory, Path::new(&companion), rule) {
            Ok(()) | Err(FileError::Missing { .. }) => {}
            Err(FileError::Mode { path: companion, mode, forbidden, .. }) => {
                // Removing it could remove committed changes, so the message names a command that keeps it. A
                // companion has no mark of its own.
                let is_own_file = mark::is_own_companion(&directory, path, &companion);
                return Err(FileError::Mode { path: companion, mode, forbidden, is_own_file });
            }
            Err(problem) => return Err(problem),
        }
    }
    Ok(())
}

/// Why the members of a group cannot read a database, one line for each reason: its mode, group or directory, or a
/// missing companion, which a reader cannot create.
///
/// # Errors
/// If the directory is missing or cannot be examined.
pub fn group_faults(path: &Path, name: &str, group: u32) -> Result<Vec<String>, FileError> {
    let directory = PrivateDirectory::of(path)?;
    let fault = |path: &Path, found: &FileMetadata, bits: u32, mode: u32| {
        let is_open = found.group == group && found.mode & bits == bits;
        let (has, of) = (found.mode, found.group);
        let words = format!(
            "{}: has mode {has:04o} and gid {of}: group {name} can read it only with mode {mode:04o} and group {name}",
            path.display()
        );
        (!is_open).then_some(words)
    };
    let mut faults: Vec<String> = fault(&directory.path, &directory.metadata()?, 0o2050, 0o2750).into_iter().collect();
    for suffix in ["", "-wal", "-shm"] {
        let mut companion = path.as_os_str().to_owned();
        companion.push(suffix);
        let companion = PathBuf::from(companion);
        match directory.open(&companion, OFlag::O_PATH, Mode::empty()) {
            Ok(file) => faults.extend(fault(&companion, &metadata::metadata(&file, &companion)?, 0o040, 0o640)),
            Err(FileError::Missing { path }) => {
                faults.push(format!("{}: no such file, and {name} cannot create it", path.display()));
            }
            Err(problem) => return Err(problem),
        }
        // SQLite gives its companions the mode of the database.
        if !faults.is_empty() {
            break;
        }
    }
    Ok(faults)
}

/// Checks a directory in which the database `path` is to be created.
///
/// # Errors
/// A [`FileError`] if there is no such directory, or another account owns it or may write in it.
pub fn check_database_place(path: &Path, rule: &Rule) -> Result<(), FileError> {
    rule.check_database_directory(path, &PrivateDirectory::of(path)?)
}

/// Checks the mode and the owner of the directory of `path`. `path` itself need not exist.
///
/// # Errors
/// A [`FileError`] if there is no such directory, or another account owns it or may write in it.
pub fn validate_place(path: &Path, rule: &Rule) -> Result<(), FileError> {
    rule.check_directory(path, &PrivateDirectory::of(path)?)
}

/// Opens `path` for reading and checks what was opened. Also returns the path of the file itself, for messages. The
/// process's own rights apply: the opened file is checked by its descriptor, wherever the path led.
fn open_checked(path: &Path, rule: &Rule) -> Result<(File, PathBuf), FileError> {
    let _own = FsCredentials::own();
    // First by name: a device or pipe is never opened, and if the file cannot be read, the error can name its owner.
    let Found { directory, path } = check_by_name(path, rule)?;
    // O_NONBLOCK: if the name has become a pipe meanwhile, opening it must not wait for a writer.
    let file = directory.open(&path, OFlag::O_RDONLY | OFlag::O_NONBLOCK | OFlag::O_NOCTTY, Mode::empty())?;
    // Then by descriptor: this is the file that is read, even if the name changes.
    rule.check_file(&path, &metadata::metadata(&file, &path)?)?;
    Ok((file, path))
}

/// A file that passed the check by name.
struct Found {
    directory: PrivateDirectory,
    path: PathBuf,
}

fn check_by_name(path: &Path, rule: &Rule) -> Result<Found, FileError> {
    let mut path = path.to_path_buf();
    for _ in 0..MAX_LINKS {
        let directory = PrivateDirectory::of(&path)?;
        rule.check_directory(&path, &directory)?;
        let Some(target) = link_to_follow(&directory, &path, rule)? else {
            check_name(&directory, &path, rule)?;
            return Ok(Found { directory, path });
        };
        // The target of a link is relative to the directory of the link.
        path.pop();
        path.push(target);
    }
    Err(FileError::Io { path, doing: "found", error: Errno::ELOOP.into() })
}

/// The target of a symbolic link, if there is one and the rule allows it. The owner of the link could change the
/// target.
fn link_to_follow(directory: &PrivateDirectory, path: &Path, rule: &Rule) -> Result<Option<PathBuf>, FileError> {
    if !rule.follows_links() {
        return Ok(None);
    }
    let metadata = metadata::metadata(&directory.open(path, OFlag::O_PATH, Mode::empty())?, path)?;
    if !matches!(metadata.kind, Kind::Symlink) {
        return Ok(None);
    }
    rule.check_owner(path, &metadata)?;
    directory.read_link(path).map(Some)
}

/// Checks a name in an open directory.
fn check_name(directory: &PrivateDirectory, path: &Path, rule: &Rule) -> Result<(), FileError> {
    // An O_PATH descriptor only names the file: the file is not opened, and closing the descriptor releases no locks.
    let name = directory.open(path, OFlag::O_PATH, Mode::empty())?;
    rule.check_file(path, &metadata::metadata(&name, path)?).map_err(|problem| match problem {
        FileError::Mode { path, mode, forbidden, .. } => {
            let is_own_file = mark::is_own_file(directory, &path);
            FileError::Mode { path, mode, forbidden, is_own_file }
        }
        other => other,
    })
}

#[cfg(test)]
mod tests;
