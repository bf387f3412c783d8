//! The store as one SQLite file. All SQL of the program is in this directory, each statement beside its function.
//!
//! # Locking
//! A [`ReadTransaction`] is a deferred transaction: it sees one state of the store and blocks nobody (WAL). A [`WriteTransaction`]
//! begins IMMEDIATE: a deferred transaction that becomes a writer fails at once if another process wrote in between, whatever the
//! busy timeout is. A process that finds the store locked waits up to [`waiting::ANSWER_TIMEOUT`].
//!
//! A process is never stopped while it holds the lock of the writer: Ctrl-Z takes effect when the transaction ends
//! ([`stop_signals`]).
//!
//! # Durability
//! `synchronous=FULL`: when [`WriteTransaction::commit`] returns, the change has been through fdatasync(2).
//!
//! # Compatibility
//! `user_version` is the number of the newest migration applied; `application_id` tells our files from others.

mod address_notices;
mod attempts;
pub(super) mod backup;
pub(super) mod backup_directory;
mod bounces;
mod change_number;
mod check;
mod clock;
mod completion;
mod constraints;
mod damage;
pub mod damaged;
mod damaged_pages;
mod dead_senders;
mod deliveries;
mod denied;
mod disk_check;
mod ended_passwords;
mod error;
mod event_archives;
mod event_stream;
mod event_users;
mod events;
mod file_header;
mod file_identity;
mod file_system;
mod free_space;
mod functions;
mod guarded_connection;
pub(super) mod import;
mod import_effects;
mod index_entries;
mod job_counts;
mod job_creation;
mod jobs;
mod links;
mod lock;
pub mod lock_file;
mod log_check;
mod log_space;
mod messages;
mod metadata;
mod metrics;
mod open;
mod operators;
mod outbox;
mod outdated_passwords;
mod password_ages;
mod passwords_back;
mod paths;
mod protected_users;
mod rehearsal;
mod relay_refusals;
pub(super) mod restore;
mod retries;
mod roles;
mod rows;
pub mod schema;
mod selected_users;
pub mod senders;
mod sign_in_failures;
mod similar_usernames;
mod sql_token;
mod stored_value;
mod times;
mod unfinished_jobs;
mod unsendable;
mod user_changes;
pub mod user_list;
mod users;
mod waiting;

use std::cell::Cell;
use std::ops::Deref;
use std::path::Path;
use std::path::PathBuf;
use std::time::Duration;
use std::time::Instant;

use jiff::Timestamp;
use rusqlite::Connection;
use rusqlite::Transaction;
use rusqlite::TransactionBehavior;

pub use waiting::waiting_at_most;

use super::stop_signals::StopSignalGuard;
use file_identity::FileIdentity;
use guarded_connection::GuardedConnection;
use schema::Schema;

use super::Result;
use super::StoreError;
use super::stop_signals;
use crate::private_file::Rule;

/// How long a commit that erased values waits for readers, so that it can empty the log.
const EMPTY_LOG_WITHIN: Duration = Duration::from_secs(1);

/// An open store.
#[derive(Debug)]
pub struct Store {
    connection: GuardedConnection,
    path: PathBuf,
    /// The file that was opened, even if it has been moved since.
    file: FileIdentity,
    /// The modes and owners that are required of the file and of the files that SQLite keeps beside it.
    rule: Rule,
    /// Whether this connection records the changes of users: [`user_changes`].
    notes_changes: Cell<bool>,
    /// [`Store::keeps_erased`].
    keeps_erased: Cell<bool>,
    /// When it was last left free for others: [`Store::yield_to_others`].
    was_free: Cell<Instant>,
    /// Whether it was opened for reading only, because the disk is nearly full.
    is_for_reading: bool,
    /// The schema that the file must have, or is upgraded to.
    schema: &'static Schema,
}

/// A read-only transaction: it sees one state of the store.
#[derive(Debug)]
pub struct ReadTransaction<'store> {
    transaction: Transaction<'store>,
    schema: &'static Schema,
}

/// A transaction that may write. Dropping it undoes everything.
#[derive(Debug)]
pub struct WriteTransaction<'store> {
    reading: ReadTransaction<'store>,
    connection: &'store Connection,
    /// Whether values were erased that are still in the log.
    has_erased: Cell<bool>,
    keeps_erased: &'store Cell<bool>,
    // After the transaction: fields are dropped in their order.
    _stop_signals: StopSignalGuard,
}

impl Store {
    /// Where the store is.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The account that the store is kept for: the owner of the file that was opened, and never an account that a row names. This
    /// account can read and write the store without the program.
    pub fn service_account(&self) -> u32 {
        self.file.owner
    }

    /// Whether erased values are still in the log beside the store, because other processes were reading. They remain until the
    /// last of these processes has ended.
    pub fn keeps_erased(&self) -> bool {
        self.keeps_erased.get()
    }

    /// Begins to read.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn read(&self) -> Result<ReadTransaction<'_>> {
        let transaction = Transaction::new_unchecked(&self.connection, TransactionBehavior::Deferred)?;
        Ok(ReadTransaction { transaction, schema: self.schema })
    }

    /// As [`Store::write`], but waits for another writer at most this long.
    ///
    /// # Errors
    /// As [`Store::write`].
    pub fn write_within(&self, patience: Duration) -> Result<WriteTransaction<'_>> {
        waiting_at_most(patience, || self.write())
    }

    /// Begins to write as soon as no other process is writing.
    ///
    /// # Errors
    /// [`StoreError::Busy`] or [`StoreError::BusySending`] when others write for longer than 30 seconds, [`StoreError::Replaced`]
    /// when another file is at the path of the store, [`StoreError::Scarce`] when its disk is nearly full; others when the store
    /// cannot be written.
    pub fn write(&self) -> Result<WriteTransaction<'_>> {
        let stop_signals = stop_signals::defer();
        // Checked each time, because the disk may fill up during a long run.
        self.require_room()?;
        if !self.notes_changes.get() {
            user_changes::begin_to_note(&self.connection)?;
            self.notes_changes.set(true);
        }
        let transaction = Transaction::new_unchecked(&self.connection, TransactionBehavior::Immediate)
            .map_err(|error| self.named_if_busy(error.into()))?;
        // Whatever is written to a file that was moved away is lost, and the log beside the path belongs to another file.
        self.file.require_at(&self.path)?;
        Ok(WriteTransaction {
            reading: ReadTransaction { transaction, schema: self.schema },
            connection: &self.connection,
            has_erased: Cell::new(false),
            keeps_erased: &self.keeps_erased,
            _stop_signals: stop_signals,
        })
    }
}

impl Store {
    /// Adds the process that keeps the store busy to the error, if it is known.
    fn named_if_busy(&self, error: StoreError) -> StoreError {
        if !matches!(error, StoreError::Busy) || !waiting::waits_fully() {
            return error;
        }
        let senders = self.senders().unwrap_or_default();
        let other =
            senders.into_iter().find(|sender| sender.elsewhere.is_some() || sender.process != std::process::id());
        other.map_or(error, StoreError::BusySending)
    }
}

impl WriteTransaction<'_> {
    /// Makes everything written durable.
    ///
    /// # Errors
    /// When the disk does not take it, or users were changed without an event; nothing is changed then.
    pub fn commit(self) -> Result<()> {
        self.require_recorded()?;
        let Self { reading, connection, has_erased, keeps_erased, _stop_signals } = self;
        reading.transaction.commit()?;
        if has_erased.get() {
            // While other processes read, the values remain in the log.
            keeps_erased.set(waiting_at_most(EMPTY_LOG_WITHIN, || log_space::empty_log(connection)).is_err());
        }
        Ok(())
    }
}

impl<'store> Deref for WriteTransaction<'store> {
    type Target = ReadTransaction<'store>;

    fn deref(&self) -> &ReadTransaction<'store> {
        &self.reading
    }
}

/// A limit as SQLite expects it: an integer, of which a negative one is no limit.
pub(crate) fn limit(limit: Option<u64>) -> i64 {
    limit.map_or(-1, |limit| i64::try_from(limit).unwrap_or(i64::MAX))
}

/// The time in a column. A number out of range, which another program wrote, becomes the nearest possible time.
pub(crate) fn time(seconds: i64) -> Timestamp {
    let nearest = if seconds < 0 { Timestamp::MIN } else { Timestamp::MAX };
    Timestamp::from_second(seconds).unwrap_or(nearest)
}
