//! Which files this program makes: only of those may a message say how to change them.

use std::io::Read as _;
use std::path::Path;

use nix::fcntl::OFlag;
use nix::sys::stat::Mode;

use super::folder::{Folder, facts};
use super::rule::Kind;

/// How an SQLite file begins ("Database File Format", section 1.3).
const SQLITE: &[u8] = b"SQLite format 3\0";
/// Where an SQLite file has its application id, and ours: `store::schema` has it as a number.
const APPLICATION_ID: (usize, &[u8]) = (68, b"CXMA");
/// A reset key is a line of so many hexadecimal digits.
const KEY_DIGITS: usize = 64;
/// How the configuration begins that `init` creates.
const CONFIGURATION: &[u8] = b"# The configuration of cxme-admin";
/// More than any mark needs.
const HEAD: usize = 128;

/// Whether the regular file under the last name of `path` is a store, a reset key or a configuration of this program. One
/// that cannot be read is not. It is opened for that, which would drop SQLite's locks of this process on it, so this is
/// asked only of a file that was refused and is not opened by SQLite.
pub(super) fn is_ours(directory: &Folder, path: &Path) -> bool {
    let flags = OFlag::O_RDONLY | OFlag::O_NONBLOCK | OFlag::O_NOCTTY;
    let Ok(file) = directory.open(path, flags, Mode::empty()) else { return false };
    if !facts(&file, path).is_ok_and(|facts| matches!(facts.kind, Kind::File)) {
        return false;
    }
    let mut head = Vec::with_capacity(HEAD);
    file.take(HEAD as u64).read_to_end(&mut head).is_ok() && has_mark(&head)
}

fn has_mark(head: &[u8]) -> bool {
    let (at, id) = APPLICATION_ID;
    let is_store = head.starts_with(SQLITE) && head.get(at..at + id.len()) == Some(id);
    let line = head.strip_suffix(b"\n").unwrap_or(head);
    let is_key = line.len() == KEY_DIGITS && line.iter().all(u8::is_ascii_hexdigit);
    is_store || is_key || head.starts_with(CONFIGURATION)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_store_a_key_and_a_configuration_of_ours_are_told_from_other_files() {
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
