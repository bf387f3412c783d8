//! Why events are not moved out of the store, or cannot be read there any more.

use crate::domain::text;

/// A reason to refuse, as a fact. Display is one line; names in it are made visible.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ArchiveRefusal {
    /// The newest events stay in the store.
    #[error("the events of the last {0} days stay in the store; nothing was moved")]
    TooNew(i64),
    /// The events are others than those that the file has.
    #[error("events were moved or users deleted while the file was written; nothing was moved")]
    Changed,
    /// The file is not as `audit archive` wrote it, or another one.
    #[error("{}: {fault}", text::visible(path))]
    File {
        /// Its path.
        path: String,
        /// What is wrong with it.
        fault: String,
    },
    /// The events of a file are needed, and it was not given.
    #[error("events {first} to {last} were moved to {}, which was not given", text::quoted(file, 200))]
    NotGiven {
        /// The number of its first event.
        first: i64,
        /// The number of its last event.
        last: i64,
        /// Where it was written.
        file: String,
    },
    /// The event is in a file.
    #[error("event {number} was moved to {}", text::quoted(file, 200))]
    Moved {
        /// The event.
        number: i64,
        /// Where the file was written.
        file: String,
    },
    /// The events behind the one that the reader has are in a file.
    #[error("the events behind event {after} up to event {last} were moved to {}", text::quoted(file, 200))]
    MovedBehind {
        /// The event that the reader has.
        after: i64,
        /// The newest event that was moved.
        last: i64,
        /// Where the newest file was written.
        file: String,
    },
}
