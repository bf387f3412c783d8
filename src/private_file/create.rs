//! Creates private files and directories, with the exact mode whatever the umask is.

use std::fs::File;
use std::io::{self, Write};
use std::os::unix::fs::fchown;
use std::path::Path;

use nix::fcntl::OFlag;
use nix::sys::stat::{Mode, fchmod};
use nix::unistd::UnlinkatFlags;

use super::acl;
use super::directory::PrivateDirectory;
use super::left_behind::remove_left_behind;
use super::metadata::metadata;
use super::removal::RemovedOnSignal;
use super::reserved::refuse_reserved;
use super::rule::check_new_file_directory;
use super::unfinished_name::{TEMPORARY, UNFINISHED, random_name};
use super::writing_lock;
use super::{FileError, FsCredentials};

/// The mode of created parent directories, before the umask.
const PARENT_MODE: u32 = 0o755;

/// Creates an empty file of exactly `mode` (of its nine permission bits) and opens it for reading and writing.
///
/// # Errors
/// [`FileError::Exists`] if the name is in use, also by a dangling symbolic link; [`FileError::Parent`] if others may
/// write in the directory; otherwise the error of the system call.
pub fn create_new(path: &Path, mode: u32) -> Result<File, FileError> {
    let directory = directory_for(path)?;
    create_in(&directory, path, mode)
}

/// Creates a file beside `place` for its owner alone, and removes its name at once: its content is gone when it is
/// closed.
///
/// # Errors
/// Those of [`create_new`].
pub fn create_unnamed(place: &Path) -> Result<File, FileError> {
    let directory = directory_for(place)?;
    // A killed process leaves such a name beside a store, and the next process removes it.
    let path = random_name(place, TEMPORARY);
    let _on_signal = RemovedOnSignal::new(&path);
    let file = create_in(&directory, &path, 0o600)?;
    directory.remove(&path, UnlinkatFlags::NoRemoveDir);
    Ok(file)
}

/// Creates a file of exactly `mode` with the content `bytes`, and syncs it and its name to the disk. If that fails,
/// no file is left.
///
/// # Errors
/// Those of [`create_new`]; the error of the system call if writing failed; [`FileError::Reserved`] if SQLite or the
/// program uses such names for its own files.
pub fn write_new(path: &Path, mode: u32, bytes: &[u8]) -> Result<(), FileError> {
    let _own = FsCredentials::own();
    fill_new(path, mode, |file| file.write_all(bytes))
}

/// Like [`write_new`], but replaces an existing file in one step: a reader sees either the old or the new one,
/// complete. Only one process at a time may write the same file.
///
/// # Errors
/// [`FileError::Parent`] if others may write in the directory; otherwise the error of the system call.
pub fn replace(path: &Path, mode: u32, bytes: &[u8]) -> Result<(), FileError> {
    let directory = directory_for(path)?;
    fill_and_move(&directory, path, mode, |file| file.write_all(bytes), |from| directory.move_over(from, path))
}

/// Creates a directory of exactly `mode` (including setgid and sticky bits), and missing parent directories, which
/// everybody may read.
///
/// # Errors
/// [`FileError::Exists`] if the name is in use; [`FileError::Reserved`] if SQLite or the program uses such names for
/// its own files; [`FileError::Parent`] if others may write in the parent directory; otherwise the error of the
/// system call.
pub fn create_directory(path: &Path, mode: u32) -> Result<(), FileError> {
    create_directory_for(path, mode, None)
}

/// Like [`create_directory`], and gives the directory to `owner` (uid and gid) if there is one.
///
/// # Errors
/// Those of [`create_directory`]; and if the directory cannot be given away.
pub fn create_directory_for(path: &Path, mode: u32, owner: Option<(u32, u32)>) -> Result<(), FileError> {
    refuse_reserved(path)?;
    let parent = directory_or_new(path)?;
    parent.create_directory(path, Mode::from_bits_truncate(mode & 0o700))?;
    let finish = || {
        let directory = parent.open(path, OFlag::O_RDONLY | OFlag::O_DIRECTORY, Mode::empty())?;
        if let Some((uid, gid)) = owner {
            let failed = |error| FileError::Io { path: path.to_path_buf(), doing: "given to another account", error };
            // Before the mode, because chown(2) clears the set-group-ID bit.
            fchown(&directory, Some(uid), Some(gid)).map_err(failed)?;
        }
        without_acl(&directory, path)?;
        set_mode(&directory, path, mode)?;
        parent.sync()
    };
    finish().inspect_err(|_| parent.remove(path, UnlinkatFlags::RemoveDir))
}

/// Creates a file and lets `fill` write it, under another name until it is complete: otherwise a kill would leave a
/// partial file that the next run would take for the complete one. On failure, removes what was written.
fn fill_new(path: &Path, mode: u32, fill: impl FnOnce(&mut File) -> io::Result<()>) -> Result<(), FileError> {
    refuse_reserved(path)?;
    let directory = directory_for(path)?;
    // If the directory cannot be listed, old files remain.
    let _ = remove_left_behind(path);
    if path.symlink_metadata().is_ok() {
        return Err(FileError::Exists { path: path.to_path_buf() });
    }
    fill_and_move(&directory, path, mode, fill, |from| directory.move_new(from, path))
}

fn fill_and_move(
    directory: &PrivateDirectory,
    path: &Path,
    mode: u32,
    fill: impl FnOnce(&mut File) -> io::Result<()>,
    put: impl FnOnce(&Path) -> Result<(), FileError>,
) -> Result<(), FileError> {
    let (unfinished, mut file, _on_signal) = loop {
        let unfinished = random_name(path, UNFINISHED);
        let on_signal = RemovedOnSignal::new(&unfinished);
        let file = create_in(directory, &unfinished, mode)?;
        // So that others can tell it from the file of a killed process.
        writing_lock::lock(&file);
        // Another process may have removed it before it was locked.
        if metadata(&file, path)?.links > 0 {
            break (unfinished, file, on_signal);
        }
    };
    let written = fill(&mut file).and_then(|()| file.sync_all());
    written
        .map_err(|error| FileError::Io { path: path.to_path_buf(), doing: "written", error })
        .and_then(|()| put(&unfinished))
        .inspect_err(|_| directory.remove(&unfinished, UnlinkatFlags::NoRemoveDir))
}

pub(super) fn create_in(directory: &PrivateDirectory, path: &Path, mode: u32) -> Result<File, FileError> {
    // Created for the owner alone; fchmod(2) then adds the rights of others, because it ignores the umask.
    let flags = OFlag::O_RDWR | OFlag::O_CREAT | OFlag::O_EXCL;
    let file = directory.open(path, flags, Mode::from_bits_truncate(mode & 0o700))?;
    without_acl(&file, path)
        .and_then(|()| set_mode(&file, path, mode))
        .inspect_err(|_| directory.remove(path, UnlinkatFlags::NoRemoveDir))?;
    Ok(file)
}

/// The directory of `path`, which is created if it is missing, including its parents. None is created through a
/// symbolic link of another account.
fn directory_or_new(path: &Path) -> Result<PrivateDirectory, FileError> {
    match directory_for(path) {
        Err(FileError::NoDirectory { directory }) if !directory.as_os_str().is_empty() => {
            match directory_or_new(&directory)?.create_directory(&directory, Mode::from_bits_truncate(PARENT_MODE)) {
                // Another process has created it meanwhile.
                Ok(()) | Err(FileError::Exists { .. }) => directory_for(path),
                Err(problem) => Err(problem),
            }
        }
        found => found,
    }
}

/// Opens the directory of `path`, if files may be created in it.
pub(super) fn directory_for(path: &Path) -> Result<PrivateDirectory, FileError> {
    // The error must not show the name of a temporary file, which the reader does not know.
    let directory = PrivateDirectory::of(path).map_err(|problem| match (problem, path.parent()) {
        (FileError::Missing { .. }, Some(parent)) => FileError::NoDirectory { directory: parent.to_path_buf() },
        (problem, _) => problem,
    })?;
    check_new_file_directory(path, &directory)?;
    Ok(directory)
}

/// Removes the ACL that a new file inherited: setting the mode would activate the rights that it gives to others.
fn without_acl(file: &File, path: &Path) -> Result<(), FileError> {
    acl::remove(file).map_err(|error| FileError::Io { path: path.to_path_buf(), doing: "freed of its ACL", error })
}

fn set_mode(file: &File, path: &Path, mode: u32) -> Result<(), FileError> {
    fchmod(file, Mode::from_bits_truncate(mode)).map_err(|errno| FileError::Io {
        path: path.to_path_buf(),
        doing: "given its mode",
        error: errno.into(),
    })
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::os::unix::fs::{PermissionsExt, symlink};
    use std::process::Command;

    use super::super::tests::{directory, mode_of};
    use super::*;

    #[test]
    fn the_mode_is_exact_under_every_umask() {
        // The umask belongs to the whole process, so each is tried in a process of its own.
        for umask in ["000", "027", "077"] {
            let status = Command::new("sh")
                .args(["-c", "umask $1 && exec \"$0\" --ignored --exact private_file::create::tests::modes_are_exact"])
                .arg(std::env::current_exe().unwrap())
                .arg(umask)
                .output()
                .unwrap();
            let output = String::from_utf8_lossy(&status.stdout);
            assert!(status.status.success() && output.contains("1 passed"), "umask {umask}: {output}");
        }
    }

    #[test]
    #[ignore = "started by the_mode_is_exact_under_every_umask"]
    fn modes_are_exact() {
        let directory = directory();
        for mode in [0o600, 0o640, 0o400, 0o644, 0o666] {
            let path = directory.path().join(format!("made-{mode:o}"));
            create_new(&path, mode).unwrap();
            assert_eq!(mode_of(&path), mode);
            let path = directory.path().join(format!("written-{mode:o}"));
            write_new(&path, mode, b"bytes").unwrap();
            assert_eq!(mode_of(&path), mode);
            assert_eq!(fs::read(&path).unwrap(), b"bytes");
        }
        for mode in [0o700, 0o755, 0o2750, 0o1777] {
            let path = directory.path().join(format!("folder-{mode:o}"));
            create_directory(&path, mode).unwrap();
            assert_eq!(mode_of(&path), mode);
        }
    }

    #[test]
    fn nothing_is_overwritten() {
        let directory = directory();
        let path = directory.path().join("key");
        fs::write(&path, "old").unwrap();
        assert!(matches!(create_new(&path, 0o600), Err(FileError::Exists { .. })));
        assert!(matches!(write_new(&path, 0o600, b"new"), Err(FileError::Exists { .. })));
        assert!(matches!(create_directory(&path, 0o700), Err(FileError::Exists { .. })));
        assert_eq!(fs::read(&path).unwrap(), b"old");

        let nowhere = directory.path().join("nowhere");
        let link = directory.path().join("link");
        symlink(&nowhere, &link).unwrap();
        assert!(matches!(write_new(&link, 0o600, b"new"), Err(FileError::Exists { .. })));
        assert!(!nowhere.exists());
    }

    #[test]
    fn replacing_leaves_only_the_new_file() {
        let directory = directory();
        let path = directory.path().join("1.eml");
        replace(&path, 0o600, b"first").unwrap();
        let elsewhere = directory.path().join("elsewhere");
        fs::write(&elsewhere, "untouched").unwrap();
        fs::remove_file(&path).unwrap();
        symlink(&elsewhere, &path).unwrap();
        replace(&path, 0o600, b"second").unwrap();
        assert!(path.symlink_metadata().unwrap().is_file());
        assert_eq!((fs::read(&path).unwrap(), mode_of(&path)), (b"second".to_vec(), 0o600));
        assert_eq!(fs::read(&elsewhere).unwrap(), b"untouched");
        assert_eq!(fs::read_dir(directory.path()).unwrap().count(), 2);

        let inner = directory.path().join("2.eml");
        fs::create_dir(&inner).unwrap();
        assert!(matches!(replace(&inner, 0o600, b"x"), Err(FileError::Io { .. })));
        assert_eq!(fs::read_dir(directory.path()).unwrap().count(), 3);
    }

    #[test]
    fn a_file_that_could_not_be_written_is_removed() {
        let directory = directory();
        let path = directory.path().join("key");
        let failed = fill_new(&path, 0o600, |file| {
            file.write_all(b"half")?;
            Err(io::Error::from(io::ErrorKind::StorageFull))
        });
        let text = failed.unwrap_err().to_string();
        assert!(text.contains("key: cannot be written: "), "{text}");
        assert!(!path.exists());
    }

    #[test]
    fn nothing_is_created_where_others_may_write_unless_the_directory_is_sticky() {
        let directory = directory();
        let path = directory.path().join("key");
        for mode in [0o777, 0o770, 0o702] {
            fs::set_permissions(directory.path(), fs::Permissions::from_mode(mode)).unwrap();
            assert!(matches!(create_new(&path, 0o600), Err(FileError::Parent { .. })));
            assert!(matches!(write_new(&path, 0o600, b"x"), Err(FileError::Parent { .. })));
            assert!(matches!(create_directory(&path, 0o700), Err(FileError::Parent { .. })));
            assert!(matches!(replace(&path, 0o600, b"x"), Err(FileError::Parent { .. })));
            assert!(!path.exists());
        }
        fs::set_permissions(directory.path(), fs::Permissions::from_mode(0o1777)).unwrap();
        write_new(&path, 0o600, b"x").unwrap();
    }

    #[test]
    fn a_directory_is_created_with_its_parents() {
        let directory = directory();
        let path = directory.path().join("state/cxme-admin/store");
        create_directory(&path, 0o700).unwrap();
        assert_eq!(mode_of(&path), 0o700);
        let above = mode_of(&directory.path().join("state/cxme-admin"));
        assert_eq!(above & !0o755, 0, "{above:o}");
        assert!(matches!(create_directory(&path, 0o700), Err(FileError::Exists { .. })));
    }

    #[test]
    fn a_missing_directory_is_named_and_a_path_without_a_name_is_a_directory() {
        let directory = directory();
        let missing = create_new(&directory.path().join("no/key"), 0o600).unwrap_err().to_string();
        let absent = directory.path().join("no");
        assert_eq!(missing, format!("{}: no such directory: create it, or correct the path", absent.display()));
        assert!(matches!(create_new(Path::new("/"), 0o600), Err(FileError::NotAFile { .. })));
        assert!(matches!(create_new(&directory.path().join(".."), 0o600), Err(FileError::NotAFile { .. })));
    }
}
