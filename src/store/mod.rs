//! The store, which holds one organization. This file is all that the rest of the program sees of it: the engine with its SQL is in
//! `sqlite`, and what goes in and comes out, without SQL, is in [`types`]. The functions get their values (ids, times, hashes) and
//! never ask for time or randomness; "not found" is `None`.

pub mod error;
mod sqlite;
pub mod types;

pub use error::StoreError;
pub use sqlite::ReadTransaction;
pub use sqlite::Store;
pub use sqlite::WriteTransaction;
pub use sqlite::attempts;
pub use sqlite::backup;
pub use sqlite::check;
pub use sqlite::clock;
pub use sqlite::damaged;
pub use sqlite::damaged_pages;
pub use sqlite::ended_passwords;
pub use sqlite::events;
pub use sqlite::file_system;
pub use sqlite::import;
pub use sqlite::import_effects;
pub use sqlite::job_counts;
pub use sqlite::job_creation;
pub use sqlite::jobs;
pub use sqlite::links;
pub use sqlite::lock;
pub use sqlite::lock_file;
pub use sqlite::messages;
pub use sqlite::metadata;
pub use sqlite::near;
pub use sqlite::open;
pub use sqlite::operators;
pub use sqlite::outbox;
pub use sqlite::passwords_back;
pub use sqlite::relay_refusals;
pub use sqlite::restore;
pub use sqlite::retries;
pub use sqlite::roles;
pub use sqlite::rows;
pub use sqlite::schema;
pub use sqlite::selected_users;
pub use sqlite::senders;
pub use sqlite::sign_in_failures;
pub use sqlite::stop_signals;
pub use sqlite::times;
pub use sqlite::unsendable;
pub use sqlite::user_changes;
pub use sqlite::user_list;
pub use sqlite::users;
pub use sqlite::waiting;
pub use types::damage;
pub use types::disk_space;
pub use types::sender;

/// Short for the results of this layer.
pub type Result<T> = std::result::Result<T, StoreError>;
