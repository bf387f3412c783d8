//! The errors of the store, as facts. The words of the hint for the operator are in `cli::failure`.

use std::fmt;
use std::io;
use std::path::Path;
use std::path::PathBuf;

use super::types::damage::RowFault;
use super::types::disk_space::DiskSpace;
use super::types::sender::Sender;
use crate::domain::backup_name::BackupName;
use crate::private_file::FileError;
use crate::private_file::is_shortage_of_descriptors;

/// Why the store could not do what was asked.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// There is no file.
    #[error("{}: no such store", .0.display())]
    Missing(PathBuf),
    /// There is a file where a new one should be made.
    #[error("{}: the store exists already", .0.display())]
    Exists(PathBuf),
    /// The modes or the owner let others in.
    #[error(transparent)]
    Loose(#[from] FileError),
    /// It is not an SQLite file, or another program's.
    #[error("{}: not a cxme-admin store", .0.display())]
    NotOurs(PathBuf),
    /// A newer program made it.
    #[error("{}: the store has schema version {found}, this program knows {known}", .path.display())]
    Newer {
        /// Where.
        path: PathBuf,
        /// The version it has.
        found: i64,
        /// The newest this program knows.
        known: i64,
    },
    /// A pre-release made it, with another schema than the first one.
    #[error("{}: was created by a pre-release of cxme-admin (schema version {found}), which cannot be upgraded", .path.display())]
    PreRelease {
        /// Where.
        path: PathBuf,
        /// The version it has.
        found: i64,
    },
    /// An older program made it.
    #[error("{}: the store has schema version {found}, this program needs {known}", .path.display())]
    Older {
        /// Where.
        path: PathBuf,
        /// The version it has.
        found: i64,
        /// The version it needs.
        known: i64,
    },
    /// It has our mark and no schema, which no command of ours creates.
    #[error("{}: marked as a cxme-admin store, but has no schema (version 0)", .0.display())]
    Empty(PathBuf),
    /// Its schema is not the one that its version has.
    #[error("{}: its schema was changed: {difference}", .path.display())]
    Schema {
        /// Where.
        path: PathBuf,
        /// The first difference.
        difference: String,
    },
    /// A copy that is to be restored is damaged.
    #[error("{}: damaged: {}", .path.display(), Faults(faults))]
    DamagedCopy {
        /// The copy.
        path: PathBuf,
        /// What is wrong with it, a line each.
        faults: Vec<String>,
    },
    /// A copy of the store that was written just now is not sound, and was removed.
    #[error("{}: the copy of the store is not sound and was removed; nothing else was changed: {}", .path.display(), Faults(faults))]
    UnsoundCopy {
        /// Where the copy would have been.
        path: PathBuf,
        /// What is wrong with it, a line each.
        faults: Vec<String>,
    },
    /// A directory has no backup by whose name it would be known when it was made.
    #[error("{}: has no backup that `store backup --directory` created", .0.display())]
    NoBackup(PathBuf),
    /// A directory has backups of several stores.
    #[error("{}: has backups of several stores ({one}, {other}); nothing was changed", .directory.display())]
    SeveralStores {
        /// The directory.
        directory: PathBuf,
        /// The newest backup of one of them.
        one: BackupName,
        /// That of another.
        other: BackupName,
    },
    /// The name of the newest backup is later than the clock, so that names do not tell which one is the newest.
    #[error(
        "{}: its name is later than the clock, which is or was wrong: the newest backup is not known by its name; nothing was changed",
        .0.display()
    )]
    BackupAhead(PathBuf),
    /// A copy has pages of another size than the store that it is to replace.
    #[error("{}: has pages of {found} bytes, and the store that it is to replace has pages of {known}", .path.display())]
    PageSize {
        /// The copy.
        path: PathBuf,
        /// The size of its pages.
        found: i64,
        /// That of the store's.
        known: i64,
    },
    /// Something else has the name of the file on which senders hold their locks.
    #[error("{}: is {kind}, where cxme-admin keeps the file of its locks", .path.display())]
    NoLockFile {
        /// The name.
        path: PathBuf,
        /// What it is, in words.
        kind: &'static str,
    },
    /// SQLite keeps a log or lock file beside a copy that is to be restored.
    #[error("{}: found beside the copy: the copy is incomplete or was not created by `store backup`", .0.display())]
    HasLog(PathBuf),
    /// Its file system is one on which a store may be damaged.
    #[error("{}: is on {name}, where SQLite's write-ahead log can damage a store: use a local disk", .path.display())]
    FileSystem {
        /// The directory.
        path: PathBuf,
        /// What the file system is called.
        name: &'static str,
    },
    /// There is too little room for what is to be written.
    #[error("{}: not enough space: {needed} bytes needed, {} available; nothing was changed", .directory.display(), Free(*free))]
    NoRoom {
        /// The directory.
        directory: PathBuf,
        /// How many bytes.
        needed: u64,
        /// How many there are; `None`: fewer, and nobody knows how many.
        free: Option<u64>,
    },
    /// The disk has less room than a change may need.
    #[error(
        "the disk that holds the store is nearly full ({free}; a change needs 1 MiB and 8 files); nothing was changed"
    )]
    Scarce {
        /// What it has.
        free: DiskSpace,
    },
    /// The disk may have too little room for creating a job and sending its mails.
    #[error(
        "the disk that holds the store has too little room to send the mails of the job ({} left; up to {} needed): \
         nothing was changed{}",
        Mebibytes(*.free), Mebibytes(Some(*.needed)), if *.log_is_held { LOG_IS_HELD } else { "" }
    )]
    NoRoomForJob {
        /// How many bytes.
        needed: u64,
        /// How many there are; `None`: fewer, and nobody knows how many.
        free: Option<u64>,
        /// Whether another process keeps the log from being used again.
        log_is_held: bool,
    },
    /// The log of a store that is not here any more.
    #[error("{}: is left from another store", .0.display())]
    Leftover(PathBuf),
    /// The copy that is to be restored is the store that it would replace.
    #[error("{}: is the store itself; nothing was changed", .0.display())]
    IsTheStore(PathBuf),
    /// Mail of the store is being sent, by a process that may be known.
    #[error("{} is sending mail of the store that is to be replaced; nothing was changed", Process(.0.as_ref()))]
    Sending(Option<Sender>),
    /// Another process replaces the store.
    #[error("another `store restore` is running; nothing was changed")]
    BeingRestored,
    /// Another file is by now in the place of the store that was opened, or none.
    #[error("{}: the store was moved away or replaced while this command ran; nothing more was changed", .0.display())]
    Replaced(PathBuf),
    /// Somebody else was writing all the time.
    #[error("the store is busy: another process has been writing to it for 30 seconds")]
    Busy,
    /// The same, while a process that is known sends mail of the store: it may be stopped in the middle of a change.
    #[error("the store is busy: another process has been writing to it for 30 seconds; {0} (since {began}) sends its mail", began = .0.began_at)]
    BusySending(Sender),
    /// Somebody keeps a lock on one of SQLite's own files.
    #[error("the store is busy: another process holds a lock on its -shm file (locking protocol)")]
    LockHeld,
    /// The process may not open as many files as sending mail needs.
    #[error("cannot send mail: the process may not open enough files ({0})")]
    NoDescriptors(io::Error),
    /// The process may not start the threads, or the processes, that sending mail needs.
    #[error("cannot send mail: no thread or process can be started ({0})")]
    NoThread(io::Error),
    /// The process may not have the memory that sending mail needs.
    #[error("cannot send mail: not enough memory ({} MiB needed)", .0 >> 20)]
    NoMemory(usize),
    /// The disk is full.
    #[error("the disk that holds the store, or the directory for temporary files, is full; nothing was changed")]
    Full,
    /// A row has the highest number that SQLite can count to, which says then that the disk is full. No row of ours gets that
    /// far by counting.
    #[error("the table `{0}` of the store has no number left for a new row; nothing was changed")]
    NoNumbers(&'static str),
    /// The disk, the directory or the file is read-only.
    #[error("the store cannot be written: {0}; nothing was changed")]
    ReadOnly(String),
    /// One of the store's files cannot be opened or made.
    #[error("the store cannot be opened: {0}: is its disk or directory read-only?")]
    Closed(String),
    /// The disk reports an error.
    #[error("the disk that holds the store reports an error: {0}")]
    Disk(String),
    /// The file is damaged.
    #[error("the store is damaged: {0}")]
    Corrupt(String),
    /// A value in a row cannot be used.
    #[error("the store is damaged: {0}")]
    Row(RowFault),
    /// A value cannot be used, and the error does not say of which row it is.
    #[error("the store is damaged: {0}")]
    Value(String),
    /// The store is damaged, and the operator is not one who could examine the file without the program.
    #[error("the store is damaged: {0}")]
    NotExaminable(String),
    /// Users were changed, and no event tells of it: a bug.
    #[error("users were changed without an event; nothing was changed")]
    Unrecorded,
    /// Another row has a value that must be unique: in an import, a row that `ReadTransaction::each_conflict` can name.
    #[error("the store answered: {0}")]
    Conflict(String),
    /// The program and the store disagree: a bug.
    #[error("the store answered: {0}")]
    Sql(String),
}

/// The process, if it is known.
struct Process<'a>(Option<&'a Sender>);

impl fmt::Display for Process<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            Some(sender) => write!(f, "{sender} (since {})", sender.began_at),
            None => f.write_str("a process"),
        }
    }
}

/// One fault as it is, and the number of several.
struct Faults<'a>(&'a [String]);

impl fmt::Display for Faults<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            [fault] => f.write_str(fault),
            faults => write!(f, "{} faults", faults.len()),
        }
    }
}

/// Free bytes, as far as they are known.
struct Free(Option<u64>);

impl fmt::Display for Free {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            Some(bytes) => write!(f, "{bytes}"),
            None => f.write_str("fewer"),
        }
    }
}

/// Why sending needs more room than usual.
const LOG_IS_HELD: &str =
    "; another process keeps reading the store, and with each mail its log grows until that one has ended";

/// Bytes for people, as far as they are known.
struct Mebibytes(Option<u64>);

impl fmt::Display for Mebibytes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            Some(bytes) => write!(f, "{}.{} MiB", bytes >> 20, ((bytes >> 10) & 1023) * 10 / 1024),
            None => f.write_str("fewer"),
        }
    }
}

impl StoreError {
    /// The error of a file of the store that cannot be opened, created or examined.
    pub(super) fn of_opening(path: &Path, error: io::Error) -> Self {
        match error.kind() {
            io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => Self::Full,
            _ if is_shortage_of_descriptors(&error) => {
                Self::Loose(FileError::Io { path: path.to_owned(), doing: "opened", error })
            }
            _ => Self::Closed(format!("{}: {error}", path.display())),
        }
    }

    /// The error of a file that is the copy at `path`, and not the store.
    pub fn of_copy(self, path: &Path) -> Self {
        match self.damage() {
            Some(fault) => Self::DamagedCopy { path: path.to_owned(), faults: vec![fault] },
            None => self,
        }
    }

    /// What is damaged; `None`: it is another error.
    pub fn damage(&self) -> Option<String> {
        match self {
            Self::Corrupt(words) | Self::Value(words) | Self::NotExaminable(words) => Some(words.clone()),
            Self::Row(fault) => Some(fault.to_string()),
            _ => None,
        }
    }

    /// Whether the process may not have what it needs of the machine, which lasts until somebody raises a limit.
    pub fn is_shortage(&self) -> bool {
        match self {
            Self::NoDescriptors(_) | Self::NoThread(_) | Self::NoMemory(_) => true,
            Self::Loose(problem) => problem.is_shortage_of_descriptors(),
            _ => false,
        }
    }

    /// Whether it is [`StoreError::Conflict`].
    pub fn is_conflict(&self) -> bool {
        matches!(self, Self::Conflict(_))
    }
}
