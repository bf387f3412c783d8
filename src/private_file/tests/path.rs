//! The directories and the symbolic links on the path to a file.

use std::fs;
use std::os::unix::fs::{chown, symlink};
use std::path::{Path, PathBuf};

use tempfile::TempDir;

use super::super::directory::PrivateDirectory;
use super::super::*;
use super::{NOBODY, directory, file, refusal, set_mode, verdict};

/// `above/bin/program`, with directories of mode 0755.
fn program_below(directory: &TempDir) -> (PathBuf, PathBuf) {
    let above = directory.path().join("above");
    let bin = above.join("bin");
    for directory in [&above, &bin] {
        fs::create_dir(directory).unwrap();
        set_mode(directory, 0o755);
    }
    (above, file(directory, "above/bin/program", 0o755, "x"))
}

#[test]
fn a_directory_above_in_which_others_may_write_is_refused_unless_it_is_sticky() {
    let directory = directory();
    let (above, program) = program_below(&directory);
    let at = above.display();
    for rule in [Rule::config(), Rule::secret(), Rule::store(false)] {
        set_mode(&program, 0o600);
        for (mode, who) in [(0o777, "world"), (0o770, "group"), (0o2775, "group")] {
            set_mode(&above, mode);
            let ending = format!(
                ": the directory {at}, which leads to it, is {who}-writable ({mode:04o}): use a directory that only its \
                 owner may write in"
            );
            assert!(refusal(&program, rule).ends_with(&ending), "{}", refusal(&program, rule));
            assert!(matches!(check_database(&program, &rule), Err(FileError::Parent { .. })));
            assert!(matches!(validate_place(&program, &rule), Err(FileError::Parent { .. })));
        }
        for mode in [0o1777, 0o755] {
            set_mode(&above, mode);
            assert!(verdict(&program, &rule).is_ok());
            check_database(&program, &rule).unwrap();
        }
    }
}

#[test]
fn a_directory_above_of_another_account_is_refused() {
    if !nix::unistd::Uid::effective().is_root() {
        return; // Only root can give a directory away.
    }
    let directory = directory();
    let (above, program) = program_below(&directory);
    chown(&above, Some(NOBODY), None).unwrap();
    let ending = format!(
        ": the directory {}, which leads to it, is owned by uid 65534, not by root; refused because its owner could \
         replace the file",
        above.display()
    );
    let text = check_program(&program).unwrap_err().to_string();
    assert!(text.ends_with(&ending), "{text}");
    assert!(refusal(&program, Rule::config()).ends_with(&ending));
    assert!(verdict(&program, &Rule::config().owned_also_by(Some(NOBODY))).is_ok());
    // A sticky directory of root that contains their directory.
    chown(&above, Some(0), None).unwrap();
    set_mode(&above, 0o1777);
    chown(above.join("bin"), Some(NOBODY), None).unwrap();
    assert!(matches!(check_program(&program), Err(FileError::ParentOwner { .. })));
    chown(above.join("bin"), Some(0), None).unwrap();
    check_program(&program).unwrap();
}

#[test]
fn a_symbolic_link_in_the_middle_is_followed_for_root_and_oneself_alone() {
    let directory = directory();
    let (above, program) = program_below(&directory);
    let link = directory.path().join("link");
    for target in [above.clone(), "above".into(), "above/bin/..".into(), "./above/".into()] {
        symlink(&target, &link).unwrap();
        let through = link.join("bin/program");
        check_program(&through).unwrap();
        assert_eq!(*read(&through, &Rule::config(), 9).unwrap(), b"x");
        if nix::unistd::Uid::effective().is_root() {
            std::os::unix::fs::lchown(&link, Some(NOBODY), None).unwrap();
            let text = check_program(&through).unwrap_err().to_string();
            let start = format!("{}: owned by uid 65534, not by root; ", link.display());
            assert!(text.starts_with(&start), "{text}");
            let new = link.join("bin/new");
            let text = write_new(&new, 0o600, b"x").unwrap_err().to_string();
            assert!(text.starts_with(&start), "{text}");
            assert!(matches!(create_directory(&link.join("new/deep"), 0o700), Err(FileError::Owner { .. })));
            assert!(matches!(replace(&program_at(&link), 0o600, b"x"), Err(FileError::Owner { .. })));
            assert_eq!(fs::read(&program).unwrap(), b"x");
        }
        fs::remove_file(&link).unwrap();
    }
    symlink(&link, &link).unwrap();
    let circle = check_program(&link.join("program")).unwrap_err().to_string();
    assert!(circle.contains("cannot be found: "), "{circle}");
    assert!(matches!(check_program(&program.join("deeper")), Err(FileError::Io { .. })));
}

fn program_at(directory: &Path) -> PathBuf {
    directory.join("bin/program")
}

#[test]
fn a_path_is_resolved_like_in_the_kernel() {
    let directory = directory();
    let (above, program) = program_below(&directory);
    let links = directory.path().join("links");
    fs::create_dir(&links).unwrap();
    symlink(above.join("bin"), links.join("bin")).unwrap();
    for path in ["links/bin/../bin/program", "links/../above/./bin/program", "above//bin/program"] {
        let path = directory.path().join(path);
        assert_eq!(PrivateDirectory::of(&path).unwrap().metadata().unwrap().owner, nix::unistd::geteuid().as_raw());
        assert_eq!(path.canonicalize().unwrap(), program.canonicalize().unwrap());
        check_program(&path).unwrap();
    }
    // `..` after a link is the parent of its target, not of the link.
    assert!(matches!(
        check_program(&directory.path().join("links/bin/../above/program")),
        Err(FileError::Missing { .. })
    ));
    check_program(Path::new("/../../bin/sh")).unwrap();
}

#[test]
fn a_new_file_gets_its_name_in_the_directory_that_was_checked() {
    let directory = directory();
    let (checked, other) = (directory.path().join("checked"), directory.path().join("other"));
    for directory in [&checked, &other] {
        fs::create_dir(directory).unwrap();
    }
    let unfinished = UnfinishedFile::begin(&checked.join("export.csv")).unwrap();
    // The path leads elsewhere before the file is finished.
    fs::rename(&checked, directory.path().join("moved")).unwrap();
    symlink(&other, &checked).unwrap();
    unfinished.finish().unwrap();
    assert!(directory.path().join("moved/export.csv").exists());
    assert_eq!(fs::read_dir(&other).unwrap().count(), 0);
}

#[test]
fn a_database_below_a_directory_of_another_account_is_opened_with_no_more_rights_than_that_account_has() {
    if !nix::unistd::Uid::effective().is_root() {
        return;
    }
    let directory = directory();
    set_mode(directory.path(), 0o755);
    let (above, database) = program_below(&directory);
    set_mode(&database, 0o600);
    let rule = Rule::store(false).owned_also_by(Some(NOBODY));
    check_database(&database, &rule).unwrap();
    for theirs in [&above, &above.join("bin")] {
        chown(theirs, Some(NOBODY), None).unwrap();
        let refused = check_database(&database, &rule);
        assert!(matches!(refused, Err(FileError::ParentOwner { owner: NOBODY, .. })), "{}", theirs.display());
        let rights = FsCredentials::take(NOBODY, NOBODY).unwrap();
        check_database(&database, &rule).unwrap();
        drop(rights);
        // Reading by a descriptor does not need reduced rights.
        assert!(verdict(&database, &rule).is_ok());
        chown(theirs, Some(0), None).unwrap();
    }
}
