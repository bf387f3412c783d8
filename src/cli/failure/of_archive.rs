//! What the operator reads where events are not moved, or were.

use super::DATA;
use super::LATER;
use super::RenderedError;
use super::USAGE;
use crate::domain::archive_refusal::ArchiveRefusal;

/// The refusal in words, with its exit code and what to do.
pub(super) fn of_archive(refusal: &ArchiveRefusal) -> RenderedError {
    let told = |code| RenderedError::new(code, refusal);
    match refusal {
        ArchiveRefusal::TooNew(days) => told(USAGE).hint(format!("give an earlier date, or `--before {days}d`")),
        ArchiveRefusal::Changed => told(LATER).hint("run the command again"),
        ArchiveRefusal::File { .. } => told(DATA).hint("compare it with a copy that was kept elsewhere"),
        ArchiveRefusal::NotGiven { .. } => {
            told(DATA).hint("name every file: cxme-admin audit verify --archive FILE...")
        }
        ArchiveRefusal::Moved { .. } => {
            told(DATA).hint("each line of the file is an event, or a user change of the event before it")
        }
        ArchiveRefusal::MovedBehind { last, .. } => {
            told(DATA).hint(format!("take these from the file, then: cxme-admin audit export --after {last}"))
        }
    }
}
