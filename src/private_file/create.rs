//! Making private files and directories, with the exact mode whatever the umask is.

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
use super::rule::check_place_of_new;
use super::unfinished_name::{TEMPORARY, UNFINISHED, random_name};
use super::writing_lock;
use super::{FileError, FsCredentials};

/// The mode of the directories on the way to a new one, before the umask.
const PARENT_MODE: u32 = 0o755;

/// Makes an empty file of exactly `mode` (of its nine permission bits) and opens it for reading and writing.
///
/// # Errors
/// [`FileError::Exists`] when anything stands under the name, a symbolic link that leads nowhere included;
/// [`FileError::Parent`] when others may write in the directory; otherwise what the system said.
pub fn create_new(path: &Path, mode: u32) -> Result<File, FileError> {
    let directory = directory_for(path)?;
    create_in(&directory, path, mode)
}

/// Makes a file beside `place` for the owner alone, and removes its name at once: what is written to it is gone when it is
/// closed.
///
/// # Errors
/// As [`create_new`].
pub fn create_unnamed(place: &Path) -> Result<File, FileError> {
    let directory = directory_for(place)?;
    // Of this name is what a killed process leaves beside a store, and the next one removes.
    let path = random_name(place, TEMPORARY);
    let _on_signal = RemovedOnSignal::new(&path);
    let file = create_in(&directory, &path, 0o600)?;
    directory.remove(&path, UnlinkatFlags::NoRemoveDir);
    Ok(file)
}

/// Makes a file of exactly `mode` that holds `bytes`, and puts it and its name on the disk. If that fails, no file is
/// left.
///
/// # Errors
/// As [`create_new`], and what the system said when writing failed; [`FileError::Reserved`] when the name is one of SQLite's
/// or the program's own.
pub fn write_new(path: &Path, mode: u32, bytes: &[u8]) -> Result<(), FileError> {
    let _own = FsCredentials::own();
    fill_new(path, mode, |file| file.write_all(bytes))
}

/// As [`write_new`], but a file that stands under the name is replaced in one step: a reader sees the old one or
/// the new one, each whole. Only one at a time may write the same file.
///
/// # Errors
/// [`FileError::Parent`] when others may write in the directory; otherwise what the system said.
pub fn replace(path: &Path, mode: u32, bytes: &[u8]) -> Result<(), FileError> {
    let directory = directory_for(path)?;
    fill_and_move(&directory, path, mode, |file| file.write_all(bytes), |from| directory.move_over(from, path))
}

/// Makes a directory of exactly `mode` (setgid and sticky bits included), and the directories on the way to it, readable by
/// all.
///
/// # Errors
/// [`FileError::Exists`] when anything stands under the name; [`FileError::Reserved`] when it is one of SQLite's or the
/// program's own; [`FileError::Parent`] when others may write in the directory above; otherwise what the system said.
pub fn create_directory(path: &Path, mode: u32) -> Result<(), FileError> {
    create_directory_for(path, mode, None)
}

/// As [`create_directory`]; the directory is given to an account and its group, if one is named.
///
/// # Errors
/// As [`create_directory`], and when it cannot be given away.
pub fn create_directory_for(path: &Path, mode: u32, owner: Option<(u32, u32)>) -> Result<(), FileError> {
    refuse_reserved(path)?;
    let parent = directory_or_new(path)?;
    parent.create_directory(path, Mode::from_bits_truncate(mode & 0o700))?;
    let finish = || {
        let directory = parent.open(path, OFlag::O_RDONLY | OFlag::O_DIRECTORY, Mode::empty())?;
        if let Some((uid, gid)) = owner {
            let failed = |error| FileError::Io { path: path.to_path_buf(), doing: "given to another account", error };
            // Before the mode: it takes the set-group-ID bit away.
            fchown(&directory, Some(uid), Some(gid)).map_err(failed)?;
        }
        without_acl(&directory, path)?;
        set_mode(&directory, path, mode)?;
        parent.sync()
    };
    finish().inspect_err(|_| parent.remove(path, UnlinkatFlags::RemoveDir))
}

/// Makes a file and lets `fill` write it, under another name until it is whole: a kill in between leaves nothing under
/// the name itself, which the next run would take for the file. Removes what was written when anything fails.
fn fill_new(path: &Path, mode: u32, fill: impl FnOnce(&mut File) -> io::Result<()>) -> Result<(), FileError> {
    refuse_reserved(path)?;
    let directory = directory_for(path)?;
    // A directory that cannot be listed keeps it.
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
        // So that it is told from one that a killed process left.
        writing_lock::lock(&file);
        // Another process may have taken it for that before it was locked.
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
    // Made for the owner alone; the rights of others come by fchmod(2), which the umask does not touch.
    let flags = OFlag::O_RDWR | OFlag::O_CREAT | OFlag::O_EXCL;
    let file = directory.open(path, flags, Mode::from_bits_truncate(mode & 0o700))?;
    without_acl(&file, path)
        .and_then(|()| set_mode(&file, path, mode))
        .inspect_err(|_| directory.remove(path, UnlinkatFlags::NoRemoveDir))?;
    Ok(file)
}

/// The directory of `path`; it is created where it is missing, and those above it. None is created through a symbolic
/// link of another account.
fn directory_or_new(path: &Path) -> Result<PrivateDirectory, FileError> {
    match directory_for(path) {
        Err(FileError::NoDirectory { directory }) if !directory.as_os_str().is_empty() => {
            match directory_or_new(&directory)?.create_directory(&directory, Mode::from_bits_truncate(PARENT_MODE)) {
                // Another process created it meanwhile.
                Ok(()) | Err(FileError::Exists { .. }) => directory_for(path),
                Err(problem) => Err(problem),
            }
        }
        found => found,
    }
}

/// Opens the directory of `path`, in which it may be created.
pub(super) fn directory_for(path: &Path) -> Result<PrivateDirectory, FileError> {
    // The name would be that of a temporary file, which says nothing to the reader.
    let directory = PrivateDirectory::of(path).map_err(|problem| match (problem, path.parent()) {
        (FileError::Missing { .. }, Some(parent)) => FileError::NoDirectory { directory: parent.to_path_buf() },
        (problem, _) => problem,
    })?;
    check_place_of_new(path, &directory)?;
    Ok(directory)
}

/// Removes the ACL that a new file inherited: the mode that it gets would bring the rights of others in it into force.
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
    fn replacing_puts_the_new_file_in_the_place_of_the_old_one_and_leaves_no_other() {
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
    fn nothing_is_made_where_others_may_write_unless_the_folder_is_sticky() {
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
    fn a_folder_is_made_with_the_folders_on_the_way_to_it() {
        let directory = directory();
        let path = directory.path().join("state/cxme-admin/store");
        create_directory(&path, 0o700).unwrap();
        assert_eq!(mode_of(&path), 0o700);
        let above = mode_of(&directory.path().join("state/cxme-admin"));
        assert_eq!(above & !0o755, 0, "{above:o}");
        assert!(matches!(create_directory(&path, 0o700), Err(FileError::Exists { .. })));
    }

    #[test]
    fn a_missing_directory_is_named_and_a_path_without_a_name_is_a_folder() {
        let directory = directory();
        let missing = create_new(&directory.path().join("no/key"), 0o600).unwrap_err().to_string();
        let absent = directory.path().join("no");
        assert_eq!(missing, format!("{}: no such directory: create it, or correct the path", absent.display()));
        assert!(matches!(create_new(Path::new("/"), 0o600), Err(FileError::NotAFile { .. })));
        assert!(matches!(create_new(&directory.path().join(".."), 0o600), Err(FileError::NotAFile { .. })));
    }
}
