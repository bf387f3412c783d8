//! A file that comes into being only when it is whole: written under another name beside its place, and moved there
//! when it is on the disk. What was there already is replaced by [`super::replace`] alone.

use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};

use nix::errno::Errno;
use nix::fcntl::{AT_FDCWD, AtFlags, RenameFlags, renameat2};
use nix::unistd::{linkat, unlink};

use super::Problem;
use super::create::create_new;
use super::folder::Folder;

/// A private file, mode 0600, in the making. Dropping it removes what was written.
#[derive(Debug)]
pub struct Unfinished {
    file: File,
    path: PathBuf,
    place: PathBuf,
    is_finished: bool,
}

impl Unfinished {
    /// Begins the file that will stand at `place`.
    ///
    /// # Errors
    /// [`Problem::Exists`] when there is one; otherwise as [`create_new`].
    pub fn begin(place: &Path) -> Result<Self, Problem> {
        if place.symlink_metadata().is_ok() {
            return Err(Problem::Exists { path: place.to_path_buf() });
        }
        let path = unfinished_name(place);
        let file = create_new(&path, 0o600)?;
        Ok(Self { file, path, place: place.to_path_buf(), is_finished: false })
    }

    /// Where it is being written.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Another handle to write it through.
    ///
    /// # Errors
    /// When the process has no descriptor left.
    pub fn writer(&self) -> Result<File, Problem> {
        self.file.try_clone().map_err(|error| self.problem("written", error))
    }

    /// Puts it on the disk and in its place.
    ///
    /// # Errors
    /// [`Problem::Exists`] when something came there meanwhile; otherwise what the system said. Nothing is left then.
    pub fn finish(mut self) -> Result<(), Problem> {
        self.file.sync_all().map_err(|error| self.problem("written", error))?;
        move_new(&self.path, &self.place)?;
        self.is_finished = true;
        Ok(())
    }

    /// The problem that a failure to write it means, by the name it would have had.
    pub fn problem(&self, doing: &'static str, error: io::Error) -> Problem {
        Problem::Io { path: self.place.clone(), doing, error }
    }
}

impl Drop for Unfinished {
    fn drop(&mut self) {
        if !self.is_finished {
            std::fs::remove_file(&self.path).ok();
        }
    }
}

/// The name beside `place` under which this process writes it.
pub(super) fn unfinished_name(place: &Path) -> PathBuf {
    let mut name = place.as_os_str().to_owned();
    name.push(format!(".{}.unfinished", std::process::id()));
    name.into()
}

/// Gives a file another name in the same folder, unless something has that name, and puts the name on the disk.
///
/// # Errors
/// [`Problem::Exists`] when something has it; otherwise what the system said.
pub fn move_new(from: &Path, to: &Path) -> Result<(), Problem> {
    let moved = match renameat2(AT_FDCWD, from, AT_FDCWD, to, RenameFlags::RENAME_NOREPLACE) {
        // Not every file system knows the flag: FUSE, NFS and 9p do not.
        Err(Errno::EINVAL | Errno::ENOSYS | Errno::EOPNOTSUPP) => move_by_second_name(from, to),
        other => other,
    };
    moved.map_err(|errno| Problem::from_io(to, "put in its place", errno.into()))?;
    Folder::of(to)?.sync()
}

/// Moves a file under a name that nothing has: link(2) fails where something has it.
fn move_by_second_name(from: &Path, to: &Path) -> nix::Result<()> {
    linkat(AT_FDCWD, from, AT_FDCWD, to, AtFlags::empty())?;
    unlink(from)
}

/// As [`move_new`], but what has the name is replaced.
pub(super) fn move_over(from: &Path, to: &Path) -> Result<(), Problem> {
    std::fs::rename(from, to).map_err(|error| Problem::from_io(to, "put in its place", error))?;
    Folder::of(to)?.sync()
}

#[cfg(test)]
mod tests {
    use super::super::tests::{folder, mode_of};
    use super::*;
    use std::io::Write as _;

    #[test]
    fn a_file_stands_in_its_place_only_when_it_is_whole() {
        let folder = folder();
        let place = folder.path().join("export.csv");
        let unfinished = Unfinished::begin(&place).unwrap();
        unfinished.writer().unwrap().write_all(b"half").unwrap();
        assert!(!place.exists());
        drop(unfinished);
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0);
        let unfinished = Unfinished::begin(&place).unwrap();
        unfinished.writer().unwrap().write_all(b"whole").unwrap();
        unfinished.finish().unwrap();
        assert_eq!((std::fs::read(&place).unwrap(), mode_of(&place)), (b"whole".to_vec(), 0o600));
    }

    #[test]
    fn without_the_flag_of_the_kernel_a_file_moves_too_and_replaces_nothing() {
        let folder = folder();
        let (from, to) = (folder.path().join("unfinished"), folder.path().join("export.csv"));
        std::fs::write(&from, b"whole").unwrap();
        move_by_second_name(&from, &to).unwrap();
        assert_eq!(std::fs::read(&to).unwrap(), b"whole");
        assert!(!from.exists());
        std::fs::write(&from, b"another").unwrap();
        assert_eq!(move_by_second_name(&from, &to), Err(Errno::EEXIST));
        assert_eq!(std::fs::read(&to).unwrap(), b"whole");
        assert_eq!(std::fs::read(&from).unwrap(), b"another");
    }

    #[test]
    fn what_came_there_meanwhile_is_not_replaced() {
        let folder = folder();
        let place = folder.path().join("export.csv");
        let unfinished = Unfinished::begin(&place).unwrap();
        std::fs::write(&place, b"another's").unwrap();
        assert!(matches!(unfinished.finish(), Err(Problem::Exists { .. })));
        assert_eq!(std::fs::read(&place).unwrap(), b"another's");
        assert!(matches!(Unfinished::begin(&place), Err(Problem::Exists { .. })));
    }
}
