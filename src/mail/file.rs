//! Delivery to a directory instead of a relay: each mail becomes a file in it, and nobody gets it. For trials, and
//! for programs that pass mails on in other ways.

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

/// The mode of the directory: its files may contain reset links, and their names reveal who writes to whom.
const DIRECTORY_MODE: u32 = 0o700;
const FILE_MODE: u32 = 0o600;
/// The longest Message-ID that is used as a file name in full; NAME_MAX is 255, and the unfinished file has a longer
/// name.
const MAX_NAME: usize = 180;

/// A directory that takes mails.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MailDirectory {
    directory: PathBuf,
    /// The user and group id of the store's account, if root delivers for another account: the directory and the
    /// mails belong to that account, so that its own timer can continue a job that root started.
    pub account: Option<(u32, u32)>,
}

impl MailDirectory {
    /// The directory at this path.
    pub fn new(directory: PathBuf) -> Self {
        Self { directory, account: None }
    }

    /// Creates the directory for its owner alone, or checks an existing one: nobody else may write to it.
    pub(super) fn open(&self) -> Result<(), TransportError> {
        let nearest = self.directory.ancestors().skip(1).find(|directory| directory.exists());
        let created = self
            .rights_in(nearest.unwrap_or(Path::new("/")))
            .and_then(|_rights| private_file::create_directory_for(&self.directory, DIRECTORY_MODE, self.account));
        let rule = Rule::secret().owned_also_by(self.account.map(|(uid, _)| uid));
        match created {
            Ok(()) => Ok(()),
            // A run that ends does not wait for a slow disk, and leaves the file that it was writing.
            Err(FileError::Exists { .. }) => private_file::validate_place(&self.directory.join("*.eml"), &rule)
                .and_then(|()| private_file::remove_unfinished_in(&self.directory))
                .map_err(|problem| transport_error(&problem)),
            Err(problem) => Err(transport_error(&problem)),
        }
    }

    /// The credentials for writing in a directory. If the directory belongs to the store's account, root takes the
    /// rights of that account, which could replace the directory by a link to anywhere. Otherwise root keeps its own.
    fn rights_in(&self, directory: &Path) -> Result<FsCredentials, FileError> {
        let owner = directory.metadata().ok().map(|found| found.uid());
        let Some((uid, gid)) = self.account.filter(|(uid, _)| owner == Some(*uid)) else {
            return Ok(FsCredentials::own());
        };
        let path = directory.to_path_buf();
        FsCredentials::take(uid, gid).map_err(|error| FileError::Io { path, doing: "used as its owner", error })
    }

    /// Writes a file of the directory, and replaces an existing one of that name.
    fn write(&self, name: &str, content: &[u8]) -> Result<(), FileError> {
        let _rights = self.rights_in(&self.directory)?;
        private_file::replace(&self.directory.join(name), FILE_MODE, content)
    }

    /// Writes the mail to a file that gets its name only when it is complete and on the disk. The name is derived
    /// from the Message-ID, so a mail that is delivered again replaces itself.
    pub(super) async fn deliver(&self, mail: &Mail) -> DeliveryOutcome {
        let name = file_name(&mail.message_id);
        let (directory, mail, file) = (self.clone(), mail.clone(), name.clone());
        // Waiting for the disk would delay the other tasks of this thread.
        match in_thread(move || directory.write(&file, &mail.content)).await {
            Ok(Ok(())) => DeliveryOutcome::Accepted { reply: format!("kept as {name}") },
            Ok(Err(problem)) => DeliveryOutcome::TransportFailed(transport_error(&problem)),
            Err(error @ ThreadError::NotStarted(_)) => {
                let words = format!("{name} cannot be written: {error}");
                DeliveryOutcome::TransportFailed(TransportError {
                    kind: TransportErrorKind::Temporary,
                    phase: Phase::Local,
                    message: words,
                })
            }
            Err(error) => DeliveryOutcome::InDoubt { reply: format!("writing {name} broke off: {error}") },
        }
    }
}

/// The name of a mail's file, with the characters `A-Z a-z 0-9 . _ -` only. A usual Message-ID is used in full, with
/// `_` for its `@`; of any other, a part and a hash, so that two ids never share a name.
fn file_name(message_id: &str) -> String {
    let is_plain = |character: char| character.is_ascii_alphanumeric() || ".-".contains(character);
    let is_usual = message_id.len() <= MAX_NAME
        && !message_id.starts_with(['.', '-'])
        && message_id.split_once('@').is_some_and(|(left, right)| left.chars().chain(right.chars()).all(is_plain));
    if is_usual {
        return format!("{}.eml", message_id.replace('@', "_"));
    }
    let mut name: String = message_id
        .chars()
        .take(MAX_NAME / 2)
        .map(|character| if is_plain(character) { character } else { '_' })
        .collect();
    // The name must not be hidden nor look like an option.
    if name.is_empty() || name.starts_with(['.', '-']) {
        name.insert(0, '_');
    }
    name.push('-');
    for byte in &Sha256::digest(message_id)[..8] {
        let _ = write!(name, "{byte:02x}");
    }
    name + ".eml"
}

/// The kind of error of a problem with the directory: a full disk may have space later, and everything else needs an
/// operator.
fn transport_error(problem: &FileError) -> TransportError {
    let is_temporary = matches!(problem, FileError::Io { error, .. } if !is_permanent(error));
    let kind = if is_temporary { TransportErrorKind::Temporary } else { TransportErrorKind::Configuration };
    TransportError { kind, phase: Phase::Local, message: problem.to_string() }
}

fn is_permanent(error: &io::Error) -> bool {
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

    fn transport_error_of(outcome: DeliveryOutcome) -> TransportError {
        match outcome {
            DeliveryOutcome::TransportFailed(transport_error) => transport_error,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn unfinished_files_of_a_run_are_removed_by_the_next() {
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
    fn a_mail_becomes_a_private_file_in_a_private_directory() {
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
    fn a_mail_delivered_again_replaces_itself() {
        let (_scratch, directory) = directory();
        directory.open().unwrap();
        for _ in 0..3 {
            assert!(matches!(wait(directory.deliver(&mail("17@example.com"))), DeliveryOutcome::Accepted { .. }));
        }
        wait(directory.deliver(&mail("18@example.com")));
        assert_eq!(names(&directory).len(), 2);
    }

    #[test]
    fn hostile_message_ids_stay_in_the_directory_and_never_share_a_name() {
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
    fn a_directory_where_others_may_write_is_refused() {
        let (_scratch, directory) = directory();
        directory.open().unwrap();
        fs::set_permissions(&directory.directory, fs::Permissions::from_mode(0o777)).unwrap();
        let transport_error = directory.open().unwrap_err();
        assert_eq!(transport_error.kind, TransportErrorKind::Configuration);
        let at = format!("its directory {} is world-writable (0777)", directory.directory.display());
        assert!(transport_error.message.contains(&at), "{transport_error:?}");
        assert_eq!(
            transport_error_of(wait(directory.deliver(&mail("1@example.com")))).kind,
            TransportErrorKind::Configuration
        );
        assert_eq!(names(&directory).len(), 0);
    }

    #[test]
    fn a_file_instead_of_the_directory_and_a_removed_directory_are_reported() {
        let (_scratch, directory) = directory();
        directory.open().unwrap();
        fs::remove_dir(&directory.directory).unwrap();
        assert_eq!(
            transport_error_of(wait(directory.deliver(&mail("1@example.com")))).kind,
            TransportErrorKind::Configuration
        );
        fs::write(&directory.directory, "").unwrap();
        let transport_error = directory.open().unwrap_err();
        assert_eq!((transport_error.kind, transport_error.phase), (TransportErrorKind::Configuration, Phase::Local));
    }

    #[test]
    fn a_full_disk_is_a_temporary_error_and_a_read_only_disk_is_not() {
        let of = |kind: io::ErrorKind| {
            transport_error(&FileError::Io { path: "x".into(), doing: "written", error: kind.into() }).kind
        };
        assert_eq!(of(io::ErrorKind::StorageFull), TransportErrorKind::Temporary);
        assert_eq!(of(io::ErrorKind::QuotaExceeded), TransportErrorKind::Temporary);
        assert_eq!(of(io::ErrorKind::PermissionDenied), TransportErrorKind::Configuration);
        assert_eq!(of(io::ErrorKind::ReadOnlyFilesystem), TransportErrorKind::Configuration);
    }
}
