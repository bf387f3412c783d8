//! Which account a file belongs to.

use std::os::unix::fs::MetadataExt as _;
use std::path::Path;

/// The owner of a file, if it is there; of a symbolic link, its own.
pub fn owner_of(path: &Path) -> Option<u32> {
    Some(path.symlink_metadata().ok()?.uid())
}

/// The account that a place belongs to: the owner of the file, or of its directory where there is no file yet.
pub fn owner_of_place(path: &Path) -> Option<u32> {
    owner_of(path).or_else(|| Some(path.parent()?.metadata().ok()?.uid()))
}

/// The account and the group that own the directory of a file.
pub fn owner_of_directory(path: &Path) -> Option<(u32, u32)> {
    let directory = path.parent().filter(|directory| !directory.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let found = directory.metadata().ok()?;
    Some((found.uid(), found.gid()))
}
