//! A directory in place of a relay: each mail becomes a file in it, and nobody gets it. For trying things out, and for
//! programs that carry mails on by other means.

use std::fmt::Write as _;
use std::io;
use std::os::unix::fs::MetadataExt as _;
use std::path::Path;
use std::path::PathBuf;

use sha2::Digest as _;
use sha2::Sha256;

use super::Mail;
use super::outcome::DeliveryOutcome;
use super::outcome::Phase;
use super::outcome::TransportError;
use super::outcome::TransportErrorKind;
use super::thread::ThreadError;
use super::thread::in_thread;
use crate::private_file;
use crate::private_file::FileError;
use crate::private_file::FsCredentials;
use crate::private_file::Rule;

/// The mode of the directory: its files may hold the links of resets, and their names say who writes to whom.
const FOLDER_MODE: u32 = 0o700;
const FILE_MODE: u32 = 0o600;
/// The longest Message-ID that a file name repeats whole; NAME_MAX is 255, and the file is written under a longer name.
const LONGEST_NAME: usize = 180;

/// The directory.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MailDirectory {
    directory: PathBuf,
    /// The account and the group of the store, where root delivers for another account: the directory and the mails are theirs,
    /// so that a job which root began can be continued by the account's own timer.
    pub account: Option<(u32, u32)>,
}

impl MailDirectory {
    /// The directory at this path.
    pub fn new(directory: PathBuf) -> Self {
        Self { directory, account: None }
    }

    /// Makes the directory, for its owner alone, or judges the one that is there: nobody else may write in it.
    pub(super) fn open(&self) -> Result<(), TransportError> {
        let nearest = self.directory.ancestors().skip(1).find(|directory| directory.exists());
        let created = self
            .rights_in(nearest.unwrap_or(Path::new("/")))
            .and_then(|_rights| private_file::create_directory_for(&self.directory, FOLDER_MODE, self.account));
        let rule = Rule::secret().owned_also_by(self.account.map(|(uid, _)| uid));
        match created {
            Ok(()) => Ok(()),
            // A run that ends does not wait for a slow disk, and leaves what it was writing.
            Err(FileError::Exists { .. }) => private_file::validate_place(&self.directory.join("*.eml"), &rule)
                .and_then(|()| private_file::remove_unfinished_in(&self.directory))
                .map_err(|problem| trouble(&problem)),
            Err(problem) => Err(trouble(&problem)),
        }
    }

    /// The rights with which something is written in a directory: root takes those of the store's account where the directory
    /// belongs to that account, which could exchange it for a link that leads anywhere, and its own elsewhere.
    fn rights_in(&self, directory: &Path) -> Result<FsCredentials, FileError> {
        let owner = directory.metadata().ok().map(|found| found.uid());
        let Some((uid, gid)) = self.account.filter(|(uid, _)| owner == Some(*uid)) else {
            return Ok(FsCredentials::own());
        };
        let path = directory.to_path_buf();
        FsCredentials::take(uid, gid).map_err(|error| FileError::Io { path, doing: "used as its owner", error })
    }

    /// Writes a file of the directory, in place of the one that has the name.
    fn write(&self, name: &str, content: &[u8]) -> Result<(), FileError> {
        let _rights = self.rights_in(&self.directory)?;
        private_file::replace(&self.directory.join(name), FILE_MODE, content)
    }

    /// Writes the mail into a file that has its name only when it is whole and on the disk. The name follows from the
    /// Message-ID, so a mail that is handed over again takes the place of itself.
    pub(super) async fn deliver(&self, mail: &Mail) -> DeliveryOutcome {
        let name = file_name(&mail.message_id);
        let (directory, mail, file) = (self.clone(), mail.clone(), name.clone());
        // Waiting for the disk would hold up whatever else is under way in this thread.
        match in_thread(move || directory.write(&file, &mail.content)).await {
            Ok(Ok(())) => DeliveryOutcome::Accepted { reply: format!("kept as {name}") },
            Ok(Err(problem)) => DeliveryOutcome::Trouble(trouble(&problem)),
            Err(error @ ThreadError::NotStarted(_)) => {
                let words = format!("{name} cannot be written: {error}");
                DeliveryOutcome::Trouble(TransportError {
                    kind: TransportErrorKind::Temporary,
                    phase: Phase::Local,
                    words,
                })
            }
            Err(error) => DeliveryOutcome::InDoubt { reply: format!("writing {name} broke off: {error}") },
        }
    }
}

/// The name of a mail's file, made of `A-Z a-z 0-9 . _ -` alone. That of a usual Message-ID is the id itself, with `_`
/// for its `@`; of any other one a part, and a hash that keeps two ids apart.
fn file_name(message_id: &str) -> String {
    let is_plain = |character: char| character.is_ascii_alphanumeric() || ".-".contains(character);
    let is_usual = message_id.len() <= LONGEST_NAME
        && !message_id.starts_with(['.', '-'])
        && message_id.split_once('@').is_some_and(|(left, right)| left.chars().chain(right.chars()).all(is_plain));
    if is_usual {
        return format!("{}.eml", message_id.replace('@', "_"));
    }
    let mut name: String = message_id
        .chars()
        .take(LONGEST_NAME / 2)
        .map(|character| if is_plain(character) { character } else { '_' })
        .collect();
    // Neither hidden nor taken for an option.
    if name.is_empty() || name.starts_with(['.', '-']) {
        name.insert(0, '_');
    }
    name.push('-');
    for byte in &Sha256::digest(message_id)[..8] {
        let _ = write!(name, "{byte:02x}");
    }
    name + ".eml"
}

/// What a problem with the directory means: a disk that is full may have room later, the rest waits for somebody to repair
/// it.
fn trouble(problem: &FileError) -> TransportError {
    let is_passing = matches!(problem, FileError::Io { error, .. } if !is_lasting(error));
    let kind = if is_passing { TransportErrorKind::Temporary } else { TransportErrorKind::Configuration };
    TransportError { kind, phase: Phase::Local, words: problem.to_string() }
}

fn is_lasting(error: &io::Error) -> bool {
    use io::ErrorKind::IsADirectory;
    use io::ErrorKind::NotADirectory;
    use io::ErrorKind::PermissionDenied;
    use io::ErrorKind::ReadOnlyFilesystem;
    matches!(error.kind(), PermissionDenied | ReadOnlyFilesystem | NotADirectory | IsADirectory)
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::os::unix::fs::PermissionsExt as _;
    use std::path::Path;

    use super::super::tests::mail;
    use super::super::tests::wait;
    use super::*;

    fn mode_of(path: &Path) -> u32 {
        fs::metadata(path).unwrap().permissions().mode() & 0o7777
    }

    fn directory() -> (tempfile::TempDir, MailDirectory) {
        let scratch = tempfile::tempdir().unwrap();
        let directory = MailDirectory::new(scratch.path().join("out/mails"));
        (scratch, directory)
    }

    fn names(directory: &MailDirectory) -> Vec<String> {
        fs::read_dir(&directory.directory)
            .unwrap()
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect()
    }

    fn trouble_of(outcome: DeliveryOutcome) -> TransportError {
        match outcome {
            DeliveryOutcome::Trouble(trouble) => trouble,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn files_left_half_written_by_a_run_are_removed_by_the_next() {
        let (_scratch, directory) = directory();
        directory.open().unwrap();
        let path = |name: &str| directory.directory.join(name);
        let left = path("1.2_example.com.eml.0123456789abcdef.unfinished");
        let kept = ["1.2_example.com.eml", ".0123456789abcdef.unfinished", "x.eml.0123.unfinished"].map(path);
        for path in kept.iter().chain([&left]) {
            fs::write(path, "x").unwrap();
        }
        let written = private_file::UnfinishedFile::begin_with_present_rights(&path("written.eml")).unwrap();
        directory.open().unwrap();
        assert!(!left.exists() && kept.iter().all(|path| path.exists()) && written.path().exists());
    }

    #[test]
    fn a_mail_becomes_a_private_file_in_a_private_folder() {
        let (_scratch, directory) = directory();
        directory.open().unwrap();
        directory.open().unwrap();
        let outcome = wait(directory.deliver(&mail("17.abc@example.com")));
        assert_eq!(outcome, DeliveryOutcome::Accepted { reply: "kept as 17.abc_example.com.eml".to_owned() });
        let path = directory.directory.join("17.abc_example.com.eml");
        assert_eq!((mode_of(&directory.directory), mode_of(&path)), (0o700, 0o600));
        assert_eq!(fs::read(&path).unwrap(), *mail("17.abc@example.com").content);
    }

    #[test]
    fn the_same_mail_again_takes_the_place_of_itself() {
        let (_scratch, directory) = directory();
        directory.open().unwrap();
        for _ in 0..3 {
            assert!(matches!(wait(directory.deliver(&mail("17@example.com"))), DeliveryOutcome::Accepted { .. }));
        }
        wait(directory.deliver(&mail("18@example.com")));
        assert_eq!(names(&directory).len(), 2);
    }

    #[test]
    fn a_hostile_message_id_stays_in_the_folder_and_two_of_them_apart() {
        let (_scratch, directory) = directory();
        directory.open().unwrap();
        let long = format!("{}@example.com", "x".repeat(5_000));
        let hostile = [
            "../../etc/passwd@x",
            "/etc/passwd",
            "..",
            ".",
            "",
            "-rf@x",
            ".hidden@x",
            "a\0b@x",
            "a\n@x",
            "a_b@x",
            "a@b_x",
            "a@b@x",
            "ä@x",
            "ö@x",
            long.as_str(),
        ];
        for id in hostile {
            let name = file_name(id);
            let known = |character: char| character.is_ascii_alphanumeric() || "._-".contains(character);
            assert!(name.chars().all(known) && !name.starts_with(['.', '-']) && name.len() < 220, "{name}");
            assert!(matches!(wait(directory.deliver(&mail(id))), DeliveryOutcome::Accepted { .. }), "{id:?}");
        }
        assert_eq!(names(&directory).len(), hostile.len());
        assert!(file_name("a_x").starts_with("a_x-"), "not the name of a@x");
    }

    #[test]
    fn a_folder_where_others_may_write_is_refused_with_the_mend() {
        let (_scratch, directory) = directory();
        directory.open().unwrap();
        fs::set_permissions(&directory.directory, fs::Permissions::from_mode(0o777)).unwrap();
        let trouble = directory.open().unwrap_err();
        assert_eq!(trouble.kind, TransportErrorKind::Configuration);
        let at = format!("its directory {} is world-writable (0777)", directory.directory.display());
        assert!(trouble.words.contains(&at), "{trouble:?}");
        assert_eq!(trouble_of(wait(directory.deliver(&mail("1@example.com")))).kind, TransportErrorKind::Configuration);
        assert_eq!(names(&directory).len(), 0);
    }

    #[test]
    fn a_file_in_place_of_the_folder_and_a_folder_that_went_away_are_told() {
        let (_scratch, directory) = directory();
        directory.open().unwrap();
        fs::remove_dir(&directory.directory).unwrap();
        assert_eq!(trouble_of(wait(directory.deliver(&mail("1@example.com")))).kind, TransportErrorKind::Configuration);
        fs::write(&directory.directory, "").unwrap();
        let trouble = directory.open().unwrap_err();
        assert_eq!((trouble.kind, trouble.phase), (TransportErrorKind::Configuration, Phase::Local));
    }

    #[test]
    fn a_full_disk_passes_and_a_disk_that_is_read_only_does_not() {
        let of = |kind: io::ErrorKind| {
            trouble(&FileError::Io { path: "x".into(), doing: "written", error: kind.into() }).kind
        };
        assert_eq!(of(io::ErrorKind::StorageFull), TransportErrorKind::Temporary);
        assert_eq!(of(io::ErrorKind::QuotaExceeded), TransportErrorKind::Temporary);
        assert_eq!(of(io::ErrorKind::PermissionDenied), TransportErrorKind::Configuration);
        assert_eq!(of(io::ErrorKind::ReadOnlyFilesystem), TransportErrorKind::Configuration);
    }
}
