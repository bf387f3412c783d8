//! The store, which holds one organization. The rest of the program uses only what is in this file: the engine with its SQL is in
//! `sqlite`, and the types that go in and come out, without SQL, are in [`types`]. The functions get their values (ids, times,
//! hashes) and never ask for time or randomness; "not found" is `None`.

pub mod error;
mod sqlite;
pub mod stop_signals;
pub mod types;

pub use error::StoreError;
pub use sqlite::ReadTransaction;
pub use sqlite::Store;
pub use sqlite::WriteTransaction;
pub use sqlite::damaged;
pub use sqlite::lock_file;
pub use sqlite::schema;
pub use sqlite::senders;
pub use sqlite::user_list;
pub use sqlite::waiting_at_most;
pub use types::attempts;
pub use types::bounces;
pub use types::check;
pub use types::completion;
pub use types::damage;
pub use types::damaged_pages;
pub use types::disk_space;
pub use types::ended_passwords;
pub use types::event_archives;
pub use types::events;
pub use types::import_effects;
pub use types::job_counts;
pub use types::job_creation;
pub use types::jobs;
pub use types::links;
pub use types::messages;
pub use types::metadata;
pub use types::metrics;
pub use types::open;
pub use types::outbox;
pub use types::passwords_back;
pub use types::relay_refusals;
pub use types::rows;
pub use types::selected_users;
pub use types::sender;
pub use types::sign_in_failures;
pub use types::times;
pub use types::unsendable;
pub use types::user_changes;
pub use types::users;

/// Copies of the store, and those that are kept in a directory.
pub mod backup {
    pub use super::sqlite::backup::BackupInProgress;
    pub use super::sqlite::backup::WrittenCopy;
    pub use super::sqlite::backup_directory::EarlierBackups;
    pub use super::sqlite::backup_directory::KeptBackup;
    pub use super::sqlite::backup_directory::backups_in;
}

/// Importing users.
pub mod import {
    pub use super::sqlite::import::Staging;
    pub use super::types::import::Conflict;
    pub use super::types::import::Given;
    pub use super::types::import::Imported;
    pub use super::types::import::Incoming;
    pub use super::types::import::RowPlace;
}

/// Replacing the store by a copy.
pub mod restore {
    pub use super::sqlite::restore::RestoreInProgress;
    pub use super::types::restore::UnsettledRows;
}

/// Short for the results of this layer.
pub type Result<T> = std::result::Result<T, StoreError>;
