//! Reading and checking real files.

use std::fs;
use std::os::unix::fs::{PermissionsExt, chown, symlink};
use std::os::unix::net::UnixListener;
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};

use nix::fcntl::{FcntlArg, fcntl};
use nix::unistd::mkfifo;
use tempfile::TempDir;

use super::*;

mod path;

/// A scratch directory of mode 0700, whatever the umask.
pub(super) fn directory() -> TempDir {
    let directory = tempfile::tempdir().unwrap();
    set_mode(directory.path(), 0o700);
    directory
}

pub(super) fn mode_of(path: &Path) -> u32 {
    fs::metadata(path).unwrap().permissions().mode() & 0o7777
}

fn set_mode(path: &Path, mode: u32) {
    fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
}

fn file(directory: &TempDir, name: &str, mode: u32, text: &str) -> PathBuf {
    let path = directory.path().join(name);
    fs::write(&path, text).unwrap();
    set_mode(&path, mode);
    path
}

/// Checks in both ways, which must agree.
fn verdict(path: &Path, rule: &Rule) -> Result<Vec<u8>, FileError> {
    let read = read(path, rule, 100).map(|bytes| bytes.to_vec());
    let validated = check_by_name(path, rule).map(drop);
    assert_eq!(read.as_ref().err().map(ToString::to_string), validated.as_ref().err().map(ToString::to_string));
    read
}

fn refusal(path: &Path, rule: Rule) -> String {
    let text = verdict(path, &rule).expect_err("refused").to_string();
    assert!(!text.contains('\n') && text.starts_with(&path.display().to_string()), "{text}");
    text
}

#[test]
fn a_private_file_is_read_completely() {
    let directory = directory();
    let path = file(&directory, "key", 0o600, "the secret");
    for rule in [Rule::secret(), Rule::store(false), Rule::store(true), Rule::config()] {
        assert_eq!(verdict(&path, &rule).unwrap(), b"the secret");
    }
    let empty = file(&directory, "empty", 0o600, "");
    assert_eq!(verdict(&empty, &Rule::secret()).unwrap(), b"");
}

#[test]
fn every_mode_from_0600_to_0777_is_checked() {
    let directory = directory();
    let path = file(&directory, "key", 0o600, "x");
    for mode in 0o600..=0o777 {
        set_mode(&path, mode);
        assert_eq!(verdict(&path, &Rule::secret()).is_ok(), mode & 0o077 == 0, "secret {mode:o}");
        assert_eq!(verdict(&path, &Rule::store(true)).is_ok(), mode & 0o037 == 0, "store {mode:o}");
        assert_eq!(verdict(&path, &Rule::config()).is_ok(), mode & 0o022 == 0, "config {mode:o}");
    }
}

#[test]
fn a_loose_mode_of_our_own_file_is_refused_with_the_chmod_that_fixes_it() {
    let directory = directory();
    let path = file(&directory, "key", 0o640, &"0a".repeat(32));
    let at = path.display();
    for (mode, rule, ending) in [
        (0o640, Rule::secret(), "is group-readable (0640): run `chmod 600"),
        (0o604, Rule::secret(), "is world-readable (0604): run `chmod 600"),
        (0o666, Rule::secret(), "is world-readable and world-writable (0666): run `chmod 600"),
        (0o777, Rule::secret(), "is world-readable, world-writable and world-executable (0777): run `chmod 600"),
        (0o440, Rule::store(false), "is group-readable (0440): run `chmod 400"),
        (0o664, Rule::store(true), "is world-readable and group-writable (0664): run `chmod 640"),
        (0o664, Rule::config(), "is group-writable (0664): run `chmod 644"),
    ] {
        set_mode(&path, mode);
        assert_eq!(refusal(&path, rule), format!("{at}: {ending} {at}`"));
        let fixed = ending.rsplit(' ').next().unwrap();
        set_mode(&path, u32::from_str_radix(fixed, 8).unwrap());
        assert!(verdict(&path, &rule).is_ok(), "{ending}");
    }
}

#[test]
fn a_loose_mode_of_another_file_is_refused_without_a_command() {
    let directory = directory();
    let path = file(&directory, "passwd", 0o666, "root:x:0:0:root:/root:/bin/bash\n");
    let text = refusal(&path, Rule::secret());
    assert!(
        text.ends_with("is world-readable and world-writable (0666): use a file that only its owner may access"),
        "{text}"
    );
    let text = refusal(&path, Rule::config());
    assert!(text.ends_with("is world-writable (0666): use a file that only its owner may write to"), "{text}");
}

/// What is done to a companion.
type Planted = fn(&TempDir, &Path);

#[test]
fn the_companions_of_a_database_are_checked_like_the_database() {
    let directory = directory();
    let database = file(&directory, "store.db", 0o600, "x");
    let loose: Planted = |_, path| fs::write(path, "x").map(|()| set_mode(path, 0o644)).unwrap();
    let linked: Planted = |directory, path| symlink(directory.path().join("store.db"), path).unwrap();
    let piped: Planted = |_, path| mkfifo(path, Mode::S_IRUSR).unwrap();
    let foreign: Planted = |_, path| {
        fs::write(path, "x").unwrap();
        set_mode(path, 0o600);
        chown(path, Some(65534), None).unwrap();
    };
    let mut planted = vec![loose, linked, piped];
    planted.extend(nix::unistd::Uid::effective().is_root().then_some(foreign));
    for suffix in COMPANIONS {
        let companion = directory.path().join(format!("store.db{suffix}"));
        for plant in &planted {
            plant(&directory, &companion);
            let text = check_database(&database, &Rule::store(false)).unwrap_err().to_string();
            assert!(text.starts_with(&format!("{}: ", companion.display())), "{text}");
            fs::remove_file(&companion).unwrap();
        }
        let good = file(&directory, &format!("store.db{suffix}"), 0o600, "x");
        check_database(&database, &Rule::store(false)).unwrap();
        fs::remove_file(good).unwrap();
    }
}

#[test]
fn a_sticky_directory_is_not_safe_for_a_database() {
    let directory = directory();
    let database = file(&directory, "store.db", 0o600, "x");
    for mode in [0o1777, 0o1770, 0o1702, 0o777, 0o2770] {
        set_mode(directory.path(), mode);
        assert!(matches!(check_database(&database, &Rule::store(true)), Err(FileError::Parent { .. })), "{mode:o}");
        assert!(matches!(check_database_place(&database, &Rule::store(true)), Err(FileError::Parent { .. })));
    }
    for mode in [0o700, 0o755, 0o2750, 0o1755] {
        set_mode(directory.path(), mode);
        check_database(&database, &Rule::store(true)).unwrap();
    }
}

#[test]
fn a_directory_where_others_may_write_is_refused_and_a_sticky_one_is_fine() {
    let directory = directory();
    let path = file(&directory, "key", 0o600, "x");
    for rule in [Rule::secret(), Rule::store(true), Rule::config()] {
        for (mode, who) in [(0o777, "world"), (0o770, "group"), (0o2752, "world")] {
            set_mode(directory.path(), mode);
            let at = directory.path().display();
            let ending = format!(
                ": its directory {at} is {who}-writable ({mode:04o}): use a directory that only its owner may write in"
            );
            let text = refusal(&path, rule);
            assert!(text.ends_with(&ending), "{text}");
        }
        set_mode(directory.path(), 0o1777);
        assert!(verdict(&path, &rule).is_ok());
        set_mode(directory.path(), 0o755);
        assert!(verdict(&path, &rule).is_ok());
    }
}

#[test]
fn a_symbolic_link_is_refused_for_a_secret_and_followed_for_the_configuration() {
    let directory = directory();
    let path = file(&directory, "real", 0o600, "x");
    let link = directory.path().join("link");
    symlink(&path, &link).unwrap();
    let text = refusal(&link, Rule::secret());
    assert!(text.ends_with(&format!("see `readlink -f {}`", link.display())), "{text}");
    refusal(&link, Rule::store(true));
    assert!(verdict(&link, &Rule::config()).is_ok());

    set_mode(&path, 0o666);
    let text = verdict(&link, &Rule::config()).unwrap_err().to_string();
    assert!(
        text.starts_with(&format!("{}: is world-writable (0666)", path.canonicalize().unwrap().display())),
        "{text}"
    );
}

#[test]
fn both_directories_of_a_followed_link_are_checked() {
    let (links, files) = (directory(), directory());
    let path = file(&files, "config.toml", 0o644, "x");
    let link = links.path().join("config.toml");
    symlink(&path, &link).unwrap();
    assert!(verdict(&link, &Rule::config()).is_ok());
    for loose in [&links, &files] {
        set_mode(loose.path(), 0o777);
        assert!(matches!(verdict(&link, &Rule::config()), Err(FileError::Parent { .. })));
        set_mode(loose.path(), 0o700);
    }
}

#[test]
fn a_dangling_or_circular_link_is_refused() {
    let directory = directory();
    let link = directory.path().join("link");
    symlink(directory.path().join("nowhere"), &link).unwrap();
    assert!(matches!(verdict(&link, &Rule::config()), Err(FileError::Missing { .. })));
    assert!(matches!(verdict(&link, &Rule::secret()), Err(FileError::Symlink { .. })));
    let circle = directory.path().join("circle");
    symlink(&circle, &circle).unwrap();
    assert!(matches!(verdict(&circle, &Rule::config()), Err(FileError::Io { .. })));
}

#[test]
fn a_second_name_is_refused() {
    let directory = directory();
    let path = file(&directory, "key", 0o600, "x");
    fs::hard_link(&path, directory.path().join("other")).unwrap();
    let text = refusal(&path, Rule::secret());
    assert!(text.contains(": has 2 hard links; only one is allowed: `find / -xdev -samefile "), "{text}");
    refusal(&path, Rule::store(false));
    assert!(verdict(&path, &Rule::config()).is_ok());
}

#[test]
fn anything_but_a_regular_file_is_refused_at_once() {
    let directory = directory();
    let pipe = directory.path().join("pipe");
    mkfifo(&pipe, Mode::S_IRUSR | Mode::S_IWUSR).unwrap();
    let socket = directory.path().join("socket");
    let _listener = UnixListener::bind(&socket).unwrap();
    let inner = directory.path().join("folder");
    fs::create_dir(&inner).unwrap();
    for rule in [Rule::secret(), Rule::config()] {
        assert!(refusal(&pipe, rule).ends_with(": is a pipe: give the path of a file"));
        assert!(refusal(&socket, rule).ends_with(": is a socket: give the path of a file"));
        assert!(refusal(&inner, rule).ends_with(": is a folder: give the path of a file"));
        assert!(matches!(verdict(Path::new("/"), &rule), Err(FileError::NotAFile { .. })));
    }
    assert!(refusal(Path::new("/dev/null"), Rule::secret()).contains(": is a device: "));
}

#[test]
fn an_absent_file_or_directory_is_missing() {
    let directory = directory();
    for name in ["key", "no/key"] {
        for rule in [Rule::secret(), Rule::config()] {
            assert!(
                refusal(&directory.path().join(name), rule).ends_with(": no such file: create it, or correct the path")
            );
        }
    }
}

#[test]
fn another_owner_of_a_file_or_directory_is_refused_unless_the_rule_names_it() {
    if !nix::unistd::Uid::effective().is_root() {
        return; // Only root can give a file away; the rule itself is tested in rule.rs for everybody.
    }
    let directory = directory();
    let path = file(&directory, "key", 0o600, "x");
    let at = path.display();
    chown(&path, Some(NOBODY), None).unwrap();
    for rule in [Rule::secret(), Rule::store(true), Rule::config()] {
        assert_eq!(
            refusal(&path, rule),
            format!("{at}: owned by uid 65534, not by root; refused because its owner could change it")
        );
        assert!(verdict(&path, &rule.owned_also_by(Some(NOBODY))).is_ok());
        assert!(verdict(&path, &rule.owned_also_by(Some(1))).is_err());
    }
    chown(&path, Some(0), None).unwrap();
    chown(directory.path(), Some(NOBODY), None).unwrap();
    let text = refusal(&path, Rule::secret());
    assert!(
        text.ends_with("owned by uid 65534, not by root; refused because its owner could replace the file"),
        "{text}"
    );
    assert!(verdict(&path, &Rule::secret().owned_also_by(Some(NOBODY))).is_ok());
}

#[test]
fn a_file_longer_than_the_limit_is_refused() {
    let directory = directory();
    let path = file(&directory, "key", 0o600, "12345");
    assert_eq!(*read(&path, &Rule::secret(), 5).unwrap(), b"12345");
    let text = read(&path, &Rule::secret(), 4).unwrap_err().to_string();
    assert!(text.ends_with("key: is larger than 4 bytes: give the path of the right file"), "{text}");
}

#[test]
fn a_path_is_shown_on_one_line_as_the_shell_takes_it() {
    let directory = directory();
    let path = file(&directory, "a key's\nfile\u{1b}", 0o644, &"0a".repeat(32));
    let text = verdict(&path, &Rule::secret()).unwrap_err().to_string();
    assert!(text.ends_with("a key'\\''s\u{fffd}file\u{fffd}'`"), "{text}");
}

#[test]
fn the_opened_file_is_read_even_if_the_name_changes() {
    let directory = directory();
    let path = file(&directory, "key", 0o600, "good");
    let (mut opened, _) = open_checked(&path, &Rule::secret()).unwrap();
    fs::rename(file(&directory, "new", 0o666, "evil"), &path).unwrap();
    let mut text = String::new();
    opened.read_to_string(&mut text).unwrap();
    assert_eq!(text, "good");
}

#[test]
fn a_name_that_changes_during_reading_never_leads_to_a_forbidden_file() {
    let directory = directory();
    let path = file(&directory, "key", 0o600, "good");
    let stop = AtomicBool::new(false);
    std::thread::scope(|scope| {
        scope.spawn(|| {
            while !stop.load(Ordering::Relaxed) {
                fs::rename(file(&directory, "new", 0o644, "evil"), &path).unwrap();
                let link = directory.path().join("link");
                symlink("/etc/passwd", &link).unwrap();
                fs::rename(&link, &path).unwrap();
                fs::rename(file(&directory, "new", 0o600, "good"), &path).unwrap();
            }
        });
        let results: Vec<_> = (0..2_000).map(|_| read(&path, &Rule::secret(), 100)).collect();
        // Stopped before the assertions: a failed one must not leave the other thread running.
        stop.store(true, Ordering::Relaxed);
        for result in results {
            match result {
                Ok(bytes) => assert_eq!(*bytes, b"good"),
                Err(FileError::Mode { .. } | FileError::Symlink { .. }) => {}
                Err(other) => panic!("{other}"),
            }
        }
    });
}

#[test]
fn checking_a_file_keeps_the_locks_of_its_process() {
    let directory = directory();
    let path = file(&directory, "store.db", 0o600, "x");
    #[expect(clippy::disallowed_methods, reason = "stands for SQLite, which opens the file itself")]
    let open = || File::options().read(true).write(true).open(&path).unwrap();
    let (holder, other) = (open(), open());
    fcntl(&holder, FcntlArg::F_SETLK(&whole_file())).unwrap();
    check_database(&path, &Rule::store(false)).unwrap();

    // A lock of the open file description conflicts with the process's own lock, and so shows whether that is still
    // held.
    let mut request = whole_file();
    fcntl(&other, FcntlArg::F_OFD_GETLK(&mut request)).unwrap();
    assert_eq!(i32::from(request.l_type), i32::from(whole_file().l_type), "the lock is still held");
}

/// An exclusive lock on a whole file.
fn whole_file() -> nix::libc::flock {
    nix::libc::flock { l_type: nix::libc::F_WRLCK as i16, l_whence: 0, l_start: 0, l_len: 0, l_pid: 0 }
}

#[test]
fn the_directory_of_a_missing_file_is_checked() {
    let directory = directory();
    let place = directory.path().join("new");
    validate_place(&place, &Rule::secret()).unwrap();
    set_mode(directory.path(), 0o777);
    assert!(matches!(validate_place(&place, &Rule::secret()), Err(FileError::Parent { .. })));
    assert!(matches!(validate_place(&place.join("deeper"), &Rule::secret()), Err(FileError::Missing { .. })));
}

const NOBODY: u32 = 65534;
