//! The paths of the store's file, its directory and the files beside it.

use std::path::Path;
use std::path::PathBuf;

use super::Result;
use super::StoreError;

/// The path with something added to its name, as SQLite does for its own companions.
pub(super) fn beside(path: &Path, suffix: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(suffix);
    name.into()
}

pub(super) fn directory_of(path: &Path) -> &Path {
    path.parent().filter(|directory| !directory.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

/// The path as SQLite is to be given it. The directory's symbolic links are followed here, because SQLite, told to follow
/// none, refuses them anywhere in the path; and a path that begins with `/` is never taken for a URI.
pub(super) fn resolved(path: &Path) -> Result<PathBuf> {
    let failed = |error: std::io::Error| StoreError::Disk(format!("{}: {error}", path.display()));
    let directory = directory_of(path).canonicalize().map_err(failed)?;
    Ok(path.file_name().map_or(directory.clone(), |name| directory.join(name)))
}
