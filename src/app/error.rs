//! Why an action was not done.

use std::io;
use std::path::PathBuf;

use crate::app::MailerError;
use crate::app::SetupError;
use crate::domain::archive_refusal::ArchiveRefusal;
use crate::domain::management_refusal::ManagementRefusal;
use crate::domain::policy::UnreadableList;
use crate::domain::refusal::Refusal;
use crate::domain::text;
use crate::outbox::SendReport;
use crate::secrets::hasher::NoMemory;
use crate::secrets::password::PasswordError;
use crate::store::StoreError;

impl From<ArchiveRefusal> for ActionError {
    fn from(refusal: ArchiveRefusal) -> Self {
        Self::Refused(refusal.into())
    }
}

impl From<ManagementRefusal> for ActionError {
    fn from(refusal: ManagementRefusal) -> Self {
        Self::Refused(refusal.into())
    }
}

/// A refusal, or a fault of the store or of a stream.
#[derive(Debug, thiserror::Error)]
pub enum ActionError {
    /// The program says no.
    #[error(transparent)]
    Refused(#[from] Refusal),
    /// The program says no, and the store could not take the event of it.
    #[error("{refusal}; this refusal could not be recorded in the audit log: {error}")]
    Unrecorded {
        /// What it says.
        refusal: Box<Refusal>,
        /// Why it is not recorded.
        error: Box<StoreError>,
    },
    /// A file was written that holds password hashes, and the event of it could not be: the file was removed.
    #[error("{}: removed, because the audit log could not record it: {error}", path.display())]
    Unfinished {
        /// The file.
        path: PathBuf,
        /// Why not.
        error: Box<ActionError>,
    },
    /// The text is no password at all.
    #[error(transparent)]
    Password(#[from] PasswordError),
    /// A password cannot be hashed.
    #[error(transparent)]
    NoMemory(#[from] NoMemory),
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The store failed in the middle of sending, or before what was sent could be read again. That is no error after which nothing
    /// was changed: mails may have left.
    #[error("{}; {report}", without_promise(error))]
    Broken {
        /// What was sent.
        report: Box<SendReport>,
        /// The failure.
        error: Box<ActionError>,
    },
    /// What the configuration gives does not send mails.
    #[error(transparent)]
    Mailer(#[from] MailerError),
    /// What the configuration names cannot be used.
    #[error(transparent)]
    Setup(#[from] SetupError),
    /// A list of refused passwords does not answer.
    #[error("{0}; the password was not accepted, and nothing was changed")]
    UnreadableList(#[from] UnreadableList),
    /// Reading or writing a stream failed.
    #[error("{0}")]
    Stream(#[from] io::Error),
    /// Rows of an import are wrong; each was reported.
    #[error("{bad} of {} cannot be imported; nothing was changed", text::counted(*.rows, "row"))]
    BadRows {
        /// How many rows are wrong.
        bad: u64,
        /// How many there are.
        rows: u64,
    },
    /// Lines of a batch cannot be used; each was reported.
    #[error("{bad} of {} cannot be set; nothing was changed", text::counted(*.of, "password"))]
    BadLines {
        /// How many.
        bad: u64,
        /// How many lines there are.
        of: u64,
    },
    /// Generated passwords are in a file, and the store failed when they were to come into force.
    #[error("{}; {} has the passwords, which are probably not in force", without_promise(error), path.display())]
    PasswordsKept {
        /// The file.
        path: PathBuf,
        /// The failure.
        error: Box<ActionError>,
    },
    /// No user has these names.
    #[error("{} of the names match no user; nothing was done", .0.len())]
    UnknownNames(Vec<UnknownName>),
    /// The input as a whole is wrong.
    #[error("{0}")]
    BadInput(String),
    /// The chain of events is broken.
    #[error("the audit log does not verify: {0}")]
    Chain(#[from] crate::domain::event_chain::ChainBreak),
    /// The store has faults.
    #[error("the store has {} {}", faults.len(), if faults.len() == 1 { "fault" } else { "faults" })]
    Unsound {
        /// A line each.
        faults: Vec<String>,
        /// What to do.
        remedy: String,
    },
}

/// The words of a store's failure without the promise that nothing was changed, which does not hold when mails were sent.
pub fn without_promise(error: &ActionError) -> String {
    error.to_string().replace("; nothing was changed", "")
}

/// A name that no user has.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UnknownName {
    /// The line of the file that has it, from 1.
    pub line: Option<u64>,
    /// The name, whatever it holds.
    pub name: String,
    /// Users that may have been meant, for operators who may list users; looked for only of the first names.
    pub near: Vec<String>,
}

impl UnknownName {
    /// How many of them are shown.
    pub const SHOWN: usize = 20;
}
