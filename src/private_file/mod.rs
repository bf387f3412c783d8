//! Files that hold secrets: read, judged and made as strictly as `ssh` treats its keys.
//!
//! A file that others could read or replace is refused with the command that mends it, never mended silently: whoever
//! loosened it should learn of it, and may have to change the secret. The folder a file stands in is judged too,
//! because whoever can write there can put another file under the name; a sticky folder such as `/tmp` is fine. The
//! folders above are not judged. A POSIX ACL counts through its mask, which the system shows as the group's bits.

mod create;
mod folder;
mod problem;
mod rule;
mod unfinished;

use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};

use nix::fcntl::OFlag;
use nix::sys::stat::Mode;
use zeroize::Zeroizing;

pub use create::{create_folder, create_new, replace, write_new};
pub use problem::Problem;
pub use rule::Rule;
pub use unfinished::{Unfinished, move_new};

use folder::Folder;

/// Reads the whole of `path` if `rule` allows it and it is not longer than `limit` bytes. The bytes are wiped from
/// memory when they are dropped.
///
/// # Errors
/// A [`Problem`] when the file is absent, loose, longer than `limit` or cannot be read.
pub fn read(path: &Path, rule: &Rule, limit: usize) -> Result<Zeroizing<Vec<u8>>, Problem> {
    let (file, path) = open_judged(path, rule)?;
    let unread = |error| Problem::Io { path: path.clone(), doing: "read", error };
    let length = file.metadata().map_err(unread)?.len();
    let too_large = || Problem::TooLarge { path: path.clone(), limit };
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

/// Judges `path` without opening it, for the files that SQLite opens: closing any other descriptor of such a file would
/// drop the locks that SQLite holds on it.
///
/// Between this and SQLite's own opening the name could only be pointed elsewhere by somebody who may write in the
/// folder, and that was judged too.
///
/// # Errors
/// A [`Problem`] when the file is absent or loose.
pub fn judge(path: &Path, rule: &Rule) -> Result<(), Problem> {
    look(path, rule).map(drop)
}

/// Judges the folder that `path` is to stand in: its mode, and whose it is. `path` itself need not be there.
///
/// # Errors
/// A [`Problem`] when there is no such folder, or somebody else owns it or may write in it.
pub fn judge_place(path: &Path, rule: &Rule) -> Result<(), Problem> {
    rule.judge_folder(path, &Folder::of(path)?)
}

/// Opens `path` for reading and judges what was opened. Gives the path of the file itself as well, for later messages.
fn open_judged(path: &Path, rule: &Rule) -> Result<(File, PathBuf), Problem> {
    // First by name: a device or pipe is never opened, and a file that we may not read is explained by its owner.
    let Found { folder, path } = look(path, rule)?;
    // O_NONBLOCK: should a pipe have taken the name meanwhile, opening it must not wait for a writer.
    let file = folder.open(&path, OFlag::O_RDONLY | OFlag::O_NONBLOCK | OFlag::O_NOCTTY, Mode::empty())?;
    // Then by descriptor: what is judged here is what will be read, whatever becomes of the name.
    rule.judge_file(&path, &folder::facts(&file, &path)?)?;
    Ok((file, path))
}

/// A file that was found good by its name.
struct Found {
    folder: Folder,
    path: PathBuf,
}

fn look(path: &Path, rule: &Rule) -> Result<Found, Problem> {
    let mut folder = Folder::of(path)?;
    rule.judge_folder(path, &folder)?;
    let mut path = path.to_path_buf();
    if rule.follows_links() {
        let real = std::fs::canonicalize(&path).map_err(|error| Problem::from_io(&path, "found", error))?;
        path = real;
        folder = Folder::of(&path)?;
        rule.judge_folder(&path, &folder)?;
    }
    // An O_PATH descriptor only names the file: it is not an open file to the system, and closing it drops no locks.
    let name = folder.open(&path, OFlag::O_PATH, Mode::empty())?;
    rule.judge_file(&path, &folder::facts(&name, &path)?)?;
    Ok(Found { folder, path })
}

#[cfg(test)]
mod tests;
