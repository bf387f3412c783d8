//! Recognizes files that this program creates: only for these may a message contain a command that changes their
//! mode.

use std::io::Read as _;
use std::path::Path;
use std::path::PathBuf;

use nix::fcntl::OFlag;
use nix::sys::stat::Mode;

use super::FileError;
use super::directory::PrivateDirectory;
use super::metadata::{Kind, metadata};
use super::reserved::refuse_reserved;

/// The start of an SQLite file ("Database File Format", section 1.3).
const SQLITE: &[u8] = b"SQLite format 3\0";
/// The offset of the application id in an SQLite file, and ours, which `store::schema` has as a number.
const APPLICATION_ID: (usize, &[u8]) = (68, b"CXMA");
/// Number of hexadecimal digits of a reset key, which is one line.
const KEY_DIGITS: usize = 64;
/// The start of a configuration that `init` creates.
const CONFIGURATION: &[u8] = b"# The configuration of cxme-admin";
/// How much of a file is read: more than any mark needs.
const HEAD: usize = 128;

/// Whether the regular file under the last name of `path` is a store, a reset key or a configuration of this program.
/// False if it cannot be read. This opens and closes the file, which would release the locks of this process on it,
/// so it is only called for a file that was refused and that SQLite has not opened.
pub(super) fn is_own_file(directory: &PrivateDirectory, path: &Path) -> bool {
    head_of(directory, path).is_ok_and(|head| has_mark(&head))
}

/// Whether `companion` is SQLite's companion of a store of this program, and belongs to the store's owner.
pub(super) fn is_own_companion(directory: &PrivateDirectory, store: &Path, companion: &Path) -> bool {
    let owner = |path: &Path| {
        let file = directory.open(path, OFlag::O_PATH, Mode::empty())?;
        metadata(&file, path).map(|found| found.owner)
    };
    let is_same_owner = matches!((owner(store), owner(companion)), (Ok(store), Ok(companion)) if store == companion);
    is_same_owner && head_of(directory, store).is_ok_and(|head| is_store(&head))
}

/// The stores of this program in the directory of `path`, by name. Opens the files there, as `is_own_file` does.
///
/// # Errors
/// If there is none among the readable files, and the directory or one of its files cannot be read.
pub fn stores_beside(path: &Path) -> Result<Vec<PathBuf>, FileError> {
    let directory = PrivateDirectory::of(path)?;
    let failed = |error| FileError::Io { path: directory.path.clone(), doing: "read", error };
    let (mut stores, mut unread) = (Vec::new(), None);
    for entry in std::fs::read_dir(&directory.path).map_err(failed)? {
        let entry = entry.map_err(failed)?;
        // Opening a device or a pipe could have side effects. A temporary file that a killed process of this program
        // left is not a store.
        if !entry.file_type().map_err(failed)?.is_file() || refuse_reserved(&entry.path()).is_err() {
            continue;
        }
        match head_of(&directory, &entry.path()) {
            Ok(head) if is_store(&head) => stores.push(entry.path()),
            Ok(_) => {}
            Err(problem) => unread = Some(problem),
        }
    }
    stores.sort();
    unread.filter(|_| stores.is_empty()).map_or(Ok(stores), Err)
}

/// The start of the regular file under the last name of `path`.
fn head_of(directory: &PrivateDirectory, path: &Path) -> Result<Vec<u8>, FileError> {
    let file = directory.open(path, OFlag::O_RDONLY | OFlag::O_NONBLOCK | OFlag::O_NOCTTY, Mode::empty())?;
    match metadata(&file, path)?.kind {
        Kind::File => {}
        Kind::Directory => return Err(FileError::NotAFile { path: path.to_path_buf(), kind: "a folder" }),
        Kind::Symlink => return Err(FileError::Symlink { path: path.to_path_buf() }),
        Kind::Other(kind) => return Err(FileError::NotAFile { path: path.to_path_buf(), kind }),
    }
    let mut head = Vec::with_capacity(HEAD);
    let read = file.take(HEAD as u64).read_to_end(&mut head);
    read.map_err(|error| FileError::Io { path: path.to_path_buf(), doing: "read", error })?;
    Ok(head)
}

fn is_store(head: &[u8]) -> bool {
    let (at, id) = APPLICATION_ID;
    head.starts_with(SQLITE) && head.get(at..at + id.len()) == Some(id)
}

fn has_mark(head: &[u8]) -> bool {
    let line = head.strip_suffix(b"\n").unwrap_or(head);
    let is_key = line.len() == KEY_DIGITS && line.iter().all(u8::is_ascii_hexdigit);
    is_store(head) || is_key || head.starts_with(CONFIGURATION)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn our_stores_keys_and_configurations_are_recognized() {
        let mut store = [SQLITE, &[0; HEAD - SQLITE.len()]].concat();
        assert!(!has_mark(&store), "another program's database");
        store[68..72].copy_from_slice(b"CXMA");
        assert!(has_mark(&store));
        assert!(has_mark(format!("{}\n", "0a".repeat(32)).as_bytes()));
        assert!(has_mark(include_bytes!("../../config.example.toml").first_chunk::<HEAD>().unwrap()));
        for other in ["", "root:x:0:0:root:/root:/bin/bash\n", "[organization]\nname = \"x\"\n", "a password\n"] {
            assert!(!has_mark(other.as_bytes()), "{other}");
        }
    }
}
