//! Files beside a new one that earlier runs created, and that the new one replaces: looked up and removed in the directory in which the
//! new one is created, whatever becomes of its path.

use std::collections::BTreeSet;
use std::ffi::{OsStr, OsString};
use std::fs::File;
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};

use nix::fcntl::OFlag;
use nix::sys::stat::Mode;
use nix::unistd::geteuid;

use super::directory::PrivateDirectory;
use super::metadata::{Kind, metadata};
use super::{COMPANIONS, FileError, FinishedFile, FsCredentials, UnfinishedFile};

/// A file beside a new one, as it was when it was looked up.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SiblingFile {
    path: PathBuf,
    /// Its device and inode (stat(2)).
    identity: (u64, u64),
}

impl SiblingFile {
    /// Where it is.
    pub fn path(&self) -> &Path {
        &self.path
    }
}

/// What has a name that was looked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Sibling {
    /// A regular file of this account that is what was looked for.
    Own(SiblingFile),
    /// Anything else: a file of another account, a symbolic link, a directory, a database that somebody has open, or another content.
    Other(PathBuf),
}

impl UnfinishedFile {
    /// What is beside the place of the new file under the names that `is_named` knows, in the order of the names. `is_meant` examines the
    /// content of a regular file of this account; root's are also those of the account of the store. The files in `unopened`, by device
    /// and inode, are [`Sibling::Other`] without being opened: closing one would drop SQLite's locks on it.
    ///
    /// # Errors
    /// If the directory cannot be read.
    pub fn siblings(
        &self,
        is_named: impl Fn(&OsStr) -> bool,
        is_meant: impl Fn(&File) -> bool,
        unopened: &[(u64, u64)],
    ) -> Result<Vec<Sibling>, FileError> {
        let owners = [geteuid().as_raw(), FsCredentials::uid()];
        self.in_directory(|directory| Search { directory, owners, unopened }.run(is_named, is_meant))
    }
}

impl FinishedFile {
    /// As [`UnfinishedFile::siblings`]. The file itself is none of them.
    ///
    /// # Errors
    /// As [`UnfinishedFile::siblings`].
    pub fn siblings(
        &self,
        is_named: impl Fn(&OsStr) -> bool,
        is_meant: impl Fn(&File) -> bool,
        unopened: &[(u64, u64)],
    ) -> Result<Vec<Sibling>, FileError> {
        let own = self.place().file_name();
        let owners = [geteuid().as_raw(), FsCredentials::uid()];
        self.in_directory(|directory| {
            Search { directory, owners, unopened }.run(|name| Some(name) != own && is_named(name), is_meant)
        })
    }

    /// Deletes a file beside it, unless its name belongs to another file by now.
    ///
    /// # Errors
    /// If the system refuses, or the file is gone.
    pub fn remove_sibling(&self, sibling: &SiblingFile) -> Result<(), FileError> {
        self.in_directory(|directory| directory.remove_identified(&sibling.path, sibling.identity))
    }

    /// Puts the deletions in its directory on the disk.
    ///
    /// # Errors
    /// If the disk does not take them.
    pub fn sync_directory(&self) -> Result<(), FileError> {
        self.in_directory(PrivateDirectory::sync)
    }
}

/// A look into a directory.
struct Search<'a> {
    directory: &'a PrivateDirectory,
    /// Whose files are own ones.
    owners: [u32; 2],
    unopened: &'a [(u64, u64)],
}

impl Search<'_> {
    fn run(
        &self,
        is_named: impl Fn(&OsStr) -> bool,
        is_meant: impl Fn(&File) -> bool,
    ) -> Result<Vec<Sibling>, FileError> {
        let failed = |error| FileError::Io { path: self.directory.path.clone(), doing: "listed", error };
        let names: BTreeSet<OsString> = std::fs::read_dir(&self.directory.path)
            .map_err(failed)?
            .map(|entry| Ok(entry.map_err(failed)?.file_name()))
            .collect::<Result<_, FileError>>()?;
        // SQLite keeps these while somebody uses the file as a database.
        let is_open = |name: &OsStr| {
            COMPANIONS.into_iter().any(|suffix| {
                let mut companion = name.to_owned();
                companion.push(suffix);
                names.contains(&companion)
            })
        };
        let found = names.iter().filter(|name| is_named(name)).map(|name| {
            let path = self.directory.path.join(name);
            let own = if is_open(name) { None } else { self.own_file(&path, &is_meant) };
            own.map_or_else(|| Sibling::Other(path), Sibling::Own)
        });
        Ok(found.collect())
    }

    /// The file at `path`, if it is one of this account's and what was looked for.
    fn own_file(&self, path: &Path, is_meant: impl Fn(&File) -> bool) -> Option<SiblingFile> {
        let identity = |file: &File| file.metadata().map(|found| (found.dev(), found.ino())).ok();
        // By name first: a pipe or device is never opened, nor is a file that SQLite has open.
        let named = self.directory.open(path, OFlag::O_PATH, Mode::empty()).ok()?;
        let (metadata, named) = (metadata(&named, path).ok()?, identity(&named)?);
        let is_own = matches!(metadata.kind, Kind::File) && self.owners.contains(&metadata.owner);
        if !is_own || self.unopened.contains(&named) {
            return None;
        }
        let file =
            self.directory.open(path, OFlag::O_RDONLY | OFlag::O_NONBLOCK | OFlag::O_NOCTTY, Mode::empty()).ok()?;
        (identity(&file)? == named && is_meant(&file))
            .then(|| SiblingFile { path: path.to_path_buf(), identity: named })
    }
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::io::Read as _;
    use std::os::unix::fs::symlink;

    use super::*;

    /// A finished file `new` in a directory that has these files besides.
    fn finished(files: &[&str]) -> (tempfile::TempDir, FinishedFile) {
        let directory = tempfile::tempdir().unwrap();
        for file in files {
            fs::write(directory.path().join(file), "meant").unwrap();
        }
        let finished = UnfinishedFile::begin(&directory.path().join("new")).unwrap().finish().unwrap();
        (directory, finished)
    }

    fn is_meant(mut file: &File) -> bool {
        let mut text = String::new();
        file.read_to_string(&mut text).is_ok() && text == "meant"
    }

    /// The names that were found, those of others in brackets.
    fn found(finished: &FinishedFile, unopened: &[(u64, u64)]) -> Vec<String> {
        let name = |path: &Path| path.file_name().unwrap().to_str().unwrap().to_owned();
        let siblings = finished.siblings(|name| name != "unnamed", is_meant, unopened).unwrap();
        let word = |sibling: &Sibling| match sibling {
            Sibling::Own(file) => name(file.path()),
            Sibling::Other(path) => format!("({})", name(path)),
        };
        siblings.iter().map(word).collect()
    }

    #[test]
    fn only_own_regular_files_that_nobody_has_open_are_found() {
        let (directory, finished) = finished(&["one", "two", "open", "open-journal", "unnamed", "kept"]);
        let path = |name| directory.path().join(name);
        fs::write(path("else"), "something else").unwrap();
        symlink(path("one"), path("link")).unwrap();
        fs::create_dir(path("directory")).unwrap();
        nix::unistd::mkfifo(&path("pipe"), Mode::S_IRUSR).unwrap();
        let kept = path("kept").metadata().unwrap();
        assert_eq!(
            found(&finished, &[(kept.dev(), kept.ino())]),
            ["(directory)", "(else)", "(kept)", "(link)", "one", "(open)", "open-journal", "(pipe)", "two"]
        );
    }

    #[test]
    fn a_file_of_another_account_is_not_own() {
        if !geteuid().is_root() {
            return;
        }
        let (directory, finished) = finished(&["one", "other"]);
        std::os::unix::fs::chown(directory.path().join("other"), Some(61_001), None).unwrap();
        assert_eq!(found(&finished, &[]), ["one", "(other)"]);
    }

    #[test]
    fn what_was_found_is_removed_unless_its_name_was_given_to_another_file() {
        let (directory, finished) = finished(&["one", "two"]);
        let siblings = finished.siblings(|_| true, is_meant, &[]).unwrap();
        let [Sibling::Own(one), Sibling::Own(two)] = siblings.as_slice() else { panic!("{siblings:?}") };
        finished.remove_sibling(one).unwrap();
        assert!(matches!(finished.remove_sibling(one), Err(FileError::Missing { .. })));
        fs::rename(two.path(), directory.path().join("moved")).unwrap();
        fs::write(two.path(), "meant").unwrap();
        assert!(matches!(finished.remove_sibling(two), Err(FileError::Missing { .. })));
        finished.sync_directory().unwrap();
        assert_eq!(found(&finished, &[]), ["moved", "two"]);
    }

    #[test]
    fn a_name_that_was_taken_meanwhile_is_given_up_for_the_next() {
        let directory = tempfile::tempdir().unwrap();
        let place = |number: u32| directory.path().join(format!("copy{number}"));
        let next = |place: &Path| Some(place.with_file_name(format!("{}1", place.file_name()?.to_str()?)));
        let unfinished = UnfinishedFile::begin(&place(1)).unwrap();
        fs::write(place(1), "another's").unwrap();
        assert_eq!(unfinished.finish_under(next).unwrap().place(), place(11));
        assert_eq!(fs::read_to_string(place(1)).unwrap(), "another's");
    }
}
