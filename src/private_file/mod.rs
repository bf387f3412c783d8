//! Files that hold secrets: read, judged and made as strictly as `ssh` treats its keys.
//!
//! A file that others could read or replace is refused, never fixed silently: the person who loosened it should learn of it, and
//! may have to change the secret. The directory of a file is checked too, because anyone who can write there can put
//! another file under the name; so is every directory above it, and every symbolic link that leads there. A sticky
//! directory such as `/tmp` is fine, except for what SQLite opens ([`check_database`]). The right to write that a
//! POSIX ACL gives counts through its mask, which the system shows as the group's bits; where the group may read, nobody else may
//! by an ACL.

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
pub use unfinished::{FinishedFile, UnfinishedFile, move_new};

use directory::PrivateDirectory;
use metadata::{FileMetadata, Kind};

/// The most links that are followed, as the kernel does (path_resolution(7)).
const MOST_LINKS: usize = 40;

/// Checks a program that is to be run: like the configuration, it may be readable by everybody, and only root or oneself
/// may be able to write it, or to exchange it, a directory above it or a link that leads to it: so it is still the same
/// when the system starts it by its path. What a script reads besides itself is not checked.
///
/// # Errors
/// A [`FileError`] when the file is absent or loose.
pub fn check_program(path: &Path) -> Result<(), FileError> {
    let _own = FsCredentials::own();
    look(path, &Rule::config()).map(drop)
}

/// Reads the whole of `path` if `rule` allows it and it is not longer than `limit` bytes. The bytes are wiped from
/// memory when they are dropped.
///
/// # Errors
/// A [`FileError`] when the file is absent, loose, longer than `limit` or cannot be read.
pub fn read(path: &Path, rule: &Rule, limit: usize) -> Result<Zeroizing<Vec<u8>>, FileError> {
    let (file, path) = open_judged(path, rule)?;
    let unread = |error| FileError::Io { path: path.clone(), doing: "read", error };
    let length = file.metadata().map_err(unread)?.len();
    let too_large = || FileError::TooLarge { path: path.clone(), limit };
    let capacity = usize::try_from(length).ok().filter(|length| *length <= limit).ok_or_else(too_large)? + 1;

    // The buffer never moves: a Vec that grows would leave the secret behind in the memory it leaves.
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

/// Opens a file for reading, once: what was checked is what is read, whatever becomes of the name.
///
/// # Errors
/// A [`FileError`] when the file is absent, loose or cannot be opened.
pub fn open(path: &Path, rule: &Rule) -> Result<File, FileError> {
    open_judged(path, rule).map(|(file, _)| file)
}

/// What SQLite keeps beside a database, and plays back into it or believes: the names are the database's with these added.
pub const COMPANIONS: [&str; 3] = ["-wal", "-shm", "-journal"];

/// Checks a file that SQLite is about to open, and SQLite's files beside it, by one rule: a `-wal` or `-journal` of
/// somebody else would change what the database says. Nothing is opened: closing any other descriptor of such a file
/// would drop the locks that SQLite holds on it.
///
/// Between this check and SQLite's own opening, only somebody who may write in the directory or in one above it could
/// exchange a file or create one, so these must be safe, and a sticky one is not. That is what closes the race. Where one of
/// them belongs to the account that the rule names besides root, it is closed only for who has no more rights than that
/// account: see [`FsCredentials`].
///
/// # Errors
/// A [`FileError`] when the file is absent, when it or a companion is not as the rule says, or when others may write in the
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
                // Removing it could remove committed changes, so the command that keeps it is named. It has no mark of its own.
                let is_own_file = mark::is_own_companion(&directory, path, &companion);
                return Err(FileError::Mode { path: companion, mode, forbidden, is_own_file });
            }
            Err(problem) => return Err(problem),
        }
    }
    Ok(())
}

/// Why the members of a group cannot read a database, a line each: its mode, group or directory, or a companion that is
/// not there, which a reader cannot create.
///
/// # Errors
/// When the directory is absent or cannot be examined.
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
        // SQLite gives its own files the mode of the store.
        if !faults.is_empty() {
            break;
        }
    }
    Ok(faults)
}

/// Checks a directory in which a database is to be created, for the `path` of the database.
///
/// # Errors
/// A [`FileError`] when there is no such directory, or somebody else owns it or may write in it.
pub fn check_database_place(path: &Path, rule: &Rule) -> Result<(), FileError> {
    rule.check_database_directory(path, &PrivateDirectory::of(path)?)
}

/// Judges the directory that `path` is to stand in: its mode, and whose it is. `path` itself need not be there.
///
/// # Errors
/// A [`FileError`] when there is no such directory, or somebody else owns it or may write in it.
pub fn validate_place(path: &Path, rule: &Rule) -> Result<(), FileError> {
    rule.check_directory(path, &PrivateDirectory::of(path)?)
}

/// Opens `path` for reading and judges what was opened. Gives the path of the file itself as well, for later messages. The
/// process's own rights count: what is opened is judged by its descriptor, wherever the path led.
fn open_judged(path: &Path, rule: &Rule) -> Result<(File, PathBuf), FileError> {
    let _own = FsCredentials::own();
    // First by name: a device or pipe is never opened, and a file that we may not read is explained by its owner.
    let Found { directory, path } = look(path, rule)?;
    // O_NONBLOCK: should a pipe have taken the name meanwhile, opening it must not wait for a writer.
    let file = directory.open(&path, OFlag::O_RDONLY | OFlag::O_NONBLOCK | OFlag::O_NOCTTY, Mode::empty())?;
    // Then by descriptor: what is judged here is what will be read, whatever becomes of the name.
    rule.check_file(&path, &metadata::metadata(&file, &path)?)?;
    Ok((file, path))
}

/// A file that was found good by its name.
struct Found {
    directory: PrivateDirectory,
    path: PathBuf,
}

fn look(path: &Path, rule: &Rule) -> Result<Found, FileError> {
    let mut path = path.to_path_buf();
    for _ in 0..MOST_LINKS {
        let directory = PrivateDirectory::of(&path)?;
        rule.check_directory(&path, &directory)?;
        let Some(target) = link_to_follow(&directory, &path, rule)? else {
            check_name(&directory, &path, rule)?;
            return Ok(Found { directory, path });
        };
        // A link leads from the directory that it is in.
        path.pop();
        path.push(target);
    }
    Err(FileError::Io { path, doing: "found", error: Errno::ELOOP.into() })
}

/// Where a symbolic link leads, if there is one, and it is to be followed. Its owner could point it elsewhere.
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

/// Checks a name in a directory that is open.
fn check_name(directory: &PrivateDirectory, path: &Path, rule: &Rule) -> Result<(), FileError> {
    // An O_PATH descriptor only names the file: it is not an open file to the system, and closing it drops no locks.
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
