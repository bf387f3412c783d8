//! The store as one SQLite file. All SQL of the program stands in this directory, each statement beside its function.
//!
//! # Locking
//! A [`ReadTransaction`] is a deferred transaction: it sees one state of the store and keeps nobody waiting (WAL). A [`WriteTransaction`]
//! begins IMMEDIATE: a deferred transaction that turns into a writer fails at once when somebody else wrote in between,
//! whatever the busy timeout. Who finds the store locked waits up to [`waiting::ANSWER_TIMEOUT`].
//!
//! A [`WriteTransaction`] is never stopped with the lock in its hand: Ctrl-Z takes effect when it ends ([`stop_signals`]).
//!
//! # Durability
//! `synchronous=FULL`: when [`WriteTransaction::commit`] returns, the change has been through fdatasync(2).
//!
//! # Compatibility
//! `user_version` is the number of the newest migration applied; `application_id` tells our files from others.

mod address_notices;
mod attempts;
mod backup;
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
mod ended_passwords;
mod error;
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

/// How long the end of a deletion waits for others who read, to empty the log of what was erased.
const EMPTY_LOG_WITHIN: Duration = Duration::from_secs(1);

/// An open store.
#[derive(Debug)]
pub struct Store {
    connection: GuardedConnection,
    path: PathBuf,
    /// Which file was opened, wherever it is by now.
    file: FileIdentity,
    /// How the file, and each file that SQLite keeps beside it, must be.
    rule: Rule,
    /// Whether this connection notes the changes of users: [`user_changes`].
    notes_changes: Cell<bool>,
    /// [`Store::keeps_erased`].
    keeps_erased: Cell<bool>,
    /// When it was last left free for others: [`Store::yield_to_others`].
    was_free: Cell<Instant>,
    /// Whether there was too little room to open it for more than reading: [`room`].
    is_for_reading: bool,
    /// What the file must have, or is upgraded to.
    schema: &'static Schema,
}

/// A read-only transaction: everything read in it is of one moment.
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
    /// Whether values were erased that the log still has.
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

    /// The account for which the store is kept: the owner of the file that was opened, and never an account that a row names. Anyone who
    /// has its rights can read and write the store without the program.
    pub fn service_account(&self) -> u32 {
        self.file.owner
    }

    /// Whether values that were erased are still in the log beside the store, because others were reading: until all of these have
    /// ended.
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

    /// As [`Store::write`], but another writer is waited for no longer than this.
    ///
    /// # Errors
    /// As [`Store::write`].
    pub fn write_within(&self, patience: Duration) -> Result<WriteTransaction<'_>> {
        waiting_at_most(patience, || self.write())
    }

    /// Begins to write, when the present writer has finished.
    ///
    /// # Errors
    /// [`StoreError::Busy`] or [`StoreError::BusySending`] when that takes longer than 30 seconds, [`StoreError::Replaced`] when another file is in the
    /// place of the store, [`StoreError::Scarce`] when its disk is nearly full; others when the store cannot be written.
    pub fn write(&self) -> Result<WriteTransaction<'_>> {
        let stop_signals = stop_signals::defer();
        // Each time: the disk may have become full while a long run sends.
        self.require_room()?;
        if !self.notes_changes.get() {
            user_changes::begin_to_note(&self.connection)?;
            self.notes_changes.set(true);
        }
        let transaction = Transaction::new_unchecked(&self.connection, TransactionBehavior::Immediate)
            .map_err(|error| self.named_if_busy(error.into()))?;
        // What is written into a file that was moved away is lost, and SQLite's log beside the path belongs to another file.
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
    /// Names the process behind a store that stays busy, where one is known.
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
            // While others read, the log keeps the values until it is written anew.
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

/// How many rows SQLite is to give at most: it knows no larger number than that of its integers, and a negative one is none.
pub(crate) fn limit(limit: Option<u64>) -> i64 {
    limit.map_or(-1, |limit| i64::try_from(limit).unwrap_or(i64::MAX))
}

/// A time from its column. What no calendar holds (somebody edited the file) is shown as the nearest that one does.
pub(crate) fn time(seconds: i64) -> Timestamp {
    let nearest = if seconds < 0 { Timestamp::MIN } else { Timestamp::MAX };
    Timestamp::from_second(seconds).unwrap_or(nearest)
}
