//! A copy of the store, put in its place.

use std::cell::Cell;
use std::fs::File;
use std::io;
use std::io::Read as _;
use std::os::unix::fs::MetadataExt as _;
use std::path::Path;
use std::path::PathBuf;
use std::thread;
use std::thread::ScopedJoinHandle;
use std::time::Duration;
use std::time::Instant;

use jiff::Timestamp;
use rusqlite::Connection;
use rusqlite::backup::Backup;
use rusqlite::backup::StepResult;
use rusqlite::config::DbConfig;
use rusqlite::params;

use super::Result;
use super::Store;
use super::StoreError;
use super::WriteTransaction;
use super::clock::link_time;
use super::denied::of_other_file;
use super::file_header::FileHeader;
use super::file_identity::FileIdentity;
use super::free_space;
use super::free_space::OpenMode;
use super::guarded_connection::GuardedConnection;
use super::links;
use super::lock::lock_all;
use super::lock::lock_as_restorer;
use super::lock_file::LockGuard;
use super::messages::WAITING;
use super::open::companion_of;
use super::open::connect;
use super::open::identify;
use super::open::refuse_leftovers;
use super::paths::beside;
use super::paths::directory_of;
use super::schema;
use super::schema::Schema;
use super::waiting::ANSWER_TIMEOUT;
use crate::private_file;
use crate::private_file::COMPANIONS;
use crate::private_file::FileError;
use crate::private_file::FsCredentials;
use crate::private_file::Rule;
use crate::private_file::UnfinishedFile;
use crate::store::stop_signals;
use crate::store::types::metadata::KEY_FINGERPRINT;
use crate::store::types::open::ExpectedVersion;
use crate::store::types::restore::UnsettledRows;

/// Why what waits in a restored copy is not simply sent.
const WHY: &str = "restored from a copy: it may have been sent since the copy was made";

/// A copy that is to be put in the store's place, under another name beside it until it is ready. What is not put in place
/// is removed.
#[derive(Debug)]
pub struct RestoreInProgress {
    place: PathBuf,
    /// The private copy of the file that was given: SQLite opens this one, and never the other.
    private: UnfinishedFile,
    /// Where the store that is replaced will be kept; `None`: there is none.
    kept: Option<PathBuf>,
    rule: Rule,
    /// Keeps others from restoring; `None`: there is no store yet.
    _alone: Option<LockGuard>,
}

impl RestoreInProgress {
    /// Copies the bytes of a copy to a file beside the store's place, and opens that one, in the present schema. The file
    /// itself is opened once, by its descriptor, and only read. It must belong to root, to the account that runs this, or
    /// to the one that `rule` names: what another account could write could make anyone an Admin.
    ///
    /// # Errors
    /// When the file is missing, loose, not ours, of a newer version or of another schema, or cannot be read, or there is
    /// too little room.
    pub fn begin(copy: &Path, place: &Path, rule: &Rule, now: Timestamp) -> Result<(Self, Store)> {
        if place.symlink_metadata().is_err() {
            refuse_leftovers(place)?;
        }
        private_file::check_database_place(place, rule)?;
        // Until this one has ended, or the operator was asked and declined.
        let alone = place.symlink_metadata().is_ok().then(|| lock_as_restorer(place)).transpose()?;
        let bytes = private_file::open(copy, rule).map_err(|problem| of_other_file(problem, copy))?;
        if is_same_file(&bytes, place) {
            return Err(StoreError::IsTheStore(copy.to_owned()));
        }
        // Neither checked nor played back: no copy that `store backup` creates has any.
        let log = {
            let _own = FsCredentials::own();
            companion_of(copy)
        };
        log.map_or(Ok(()), |log| Err(StoreError::HasLog(log)))?;
        // Before anything is copied, which may take minutes.
        let size = size_by_header(&bytes, copy)?;
        let kept = place.symlink_metadata().is_ok().then(|| kept_name(place, now));
        let begun = Self::begin_beside(bytes.take(size), copy, (place, rule), (kept, alone));
        begun.map_err(|error| free_space::of_full_disk(error, directory_of(place), size))
    }

    /// Copies the `bytes` of a copy, and opens what was copied.
    fn begin_beside(
        bytes: io::Take<File>,
        copy: &Path,
        (place, rule): (&Path, &Rule),
        (kept, alone): (Option<PathBuf>, Option<LockGuard>),
    ) -> Result<(Self, Store)> {
        let private = UnfinishedFile::beside(place, 0o600)?;
        // When what a killed restore left is gone.
        require_room(bytes.limit(), place)?;
        copy_bytes(bytes, &private, copy)?;
        let opened = Store::open_named(private.path(), copy, rule, ExpectedVersion::CurrentOrOlder, &Schema::CURRENT);
        let store = opened.map_err(|error| error.of_copy(copy))?;
        // Before anything is written: a trigger of somebody else would run with it.
        let differences = schema::differences(&store.connection, store.schema).map_err(|error| error.of_copy(copy))?;
        if let Some(difference) = differences.into_iter().next() {
            return Err(StoreError::Schema { path: copy.to_owned(), difference });
        }
        if kept.is_some() {
            require_page_size(&store, copy, place, rule)?;
        }
        store.migrate().map_err(|error| error.of_copy(copy))?;
        Ok((Self { place: place.to_owned(), private, kept, rule: *rule, _alone: alone }, store))
    }

    /// Where the store that is replaced will be kept, if there is one.
    pub fn kept(&self) -> Option<&Path> {
        self.kept.as_deref()
    }

    /// Puts the copy in the store's place: over the store that is there, in one transaction that others see whole, or as a
    /// new file. `store` is what [`RestoreInProgress::begin`] opened. The store that was there is kept beside it.
    ///
    /// # Errors
    /// When the store that is there is in use for too long, or the disk does not take it. It is as it was then.
    pub fn finish(self, store: Store) -> Result<()> {
        let Some(kept) = self.kept.clone().filter(|_| self.place.symlink_metadata().is_ok()) else {
            refuse_leftovers(&self.place)?;
            let directory = directory_of(&self.place).to_owned();
            return self.install(store, &directory);
        };
        // A sender would record its results in messages that are not there any more.
        let _all = lock_all(&self.place)?;
        match self.keep_and_overwrite(&store, &kept) {
            // One that has lost its mark was found to be a store before.
            Err(error) if error.damage().is_some() || matches!(error, StoreError::NotOurs(_)) => {
                // SQLite cannot read it any more: its bytes are kept, and everything that belongs to them.
                reserve(&self.place, &kept)?;
                self.install(store, &kept)
            }
            other => other,
        }
    }

    /// Moves the copy to the store's place, where nothing is, as a file of the account that `like` belongs to.
    fn install(self, store: Store, like: &Path) -> Result<()> {
        store.close_whole()?;
        self.private.give_to_owner_of(like)?;
        let has_readers = self.rule.lets_group_read();
        if has_readers {
            self.private.set_mode(0o640)?;
        }
        match self.private.finish() {
            // There was no store to lock.
            Err(FileError::Exists { .. }) => return Err(StoreError::BeingRestored),
            finished => drop(finished?),
        }
        if has_readers {
            // A reader finds a log from now on: opening creates it, and closing leaves it.
            drop(Store::open(&self.place, &self.rule, ExpectedVersion::Current)?);
        }
        Ok(())
    }

    fn keep_and_overwrite(&self, from: &Store, kept: &Path) -> Result<()> {
        // Not stopped with the lock of the writer in its hand.
        let _deferred = stop_signals::defer();
        // Where it is damaged, that is found before anything is written to its log.
        open_replaced(&self.place, &self.rule)?.read()?.fact(KEY_FINGERPRINT)?;
        let mut to = connect(&self.place, &self.rule, OpenMode::Shared)?;
        // Where it turns out to be damaged, its log is kept as it is, and not moved into it.
        to.set_db_config(DbConfig::SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, true)?;
        to.pragma_update(None, "synchronous", "FULL")?;
        let backup = Backup::new(&from.connection, &mut to)?;
        // No page yet, but the lock of the one writer: what is kept is what is replaced, to the last commit.
        step(&backup, 0)?;
        let (place, rule) = (self.place.as_path(), self.rule);
        let keep = || keep(place, &rule, kept);
        let (is_kept, written) = thread::scope(|scope| {
            let started = thread::Builder::new().spawn_scoped(scope, keep);
            // Every page but the last one: they are in the log, where nobody sees them before the last one is there too.
            let written = step(&backup, (backup.progress().pagecount - 1).max(0));
            let is_kept = match started.map(ScopedJoinHandle::join) {
                Ok(Ok(is_kept)) => is_kept,
                Ok(Err(panic)) => std::panic::resume_unwind(panic),
                // There was no thread to have.
                Err(_) => keep(),
            };
            (is_kept, written)
        });
        is_kept?;
        let replaced = written.and_then(|()| step(&backup, -1));
        if replaced.is_err() {
            // Nothing was replaced, and this is what was copied just now.
            std::fs::remove_file(kept).ok();
        }
        replaced?;
        drop(backup);
        to.set_db_config(DbConfig::SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, false)?;
        to.close().map_err(|(_, error)| StoreError::from(error))
    }
}

/// Opens the store that is replaced, in whatever version it is. Closing it leaves its log as it is.
fn open_replaced(place: &Path, rule: &Rule) -> Result<Store> {
    let connection = GuardedConnection::new(connect(place, rule, OpenMode::Shared)?);
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, true)?;
    identify(&connection, place)?;
    Ok(Store {
        connection,
        path: place.to_owned(),
        file: FileIdentity::at(place)?,
        rule: *rule,
        notes_changes: Cell::default(),
        keeps_erased: Cell::default(),
        was_free: Cell::new(Instant::now()),
        is_for_reading: false,
        schema: &Schema::CURRENT,
    })
}

/// Copies the store that is replaced to a file of its own.
fn keep(place: &Path, rule: &Rule, kept: &Path) -> Result<()> {
    let old = open_replaced(place, rule)?;
    old.write_copy(old.begin_copy_beside(kept)?)?.finish().map(drop)
}

/// How many bytes of a copy belong to it, as its header says ("Database File Format", section 1.3): what is behind them is no
/// part of it to SQLite either.
fn size_by_header(copy: &File, named: &Path) -> Result<u64> {
    let failed = |error| FileError::Io { path: named.to_owned(), doing: "read", error };
    let length = copy.metadata().map_err(failed)?.len();
    let header = FileHeader::read(copy).map_err(failed)?;
    let ours = header.filter(|header| header.application_id == schema::APPLICATION_ID);
    let header = ours.ok_or_else(|| StoreError::NotOurs(named.to_owned()))?;
    header.size(length).map_err(|fault| StoreError::DamagedCopy { path: named.to_owned(), faults: vec![fault] })
}

/// Whether the file that was given is the store itself.
fn is_same_file(copy: &File, place: &Path) -> bool {
    let (Ok(copy), Ok(place)) = (copy.metadata(), place.metadata()) else { return false };
    (copy.dev(), copy.ino()) == (place.dev(), place.ino())
}

/// Copies the bytes of the file that was given into the private copy.
fn copy_bytes(mut from: io::Take<File>, private: &UnfinishedFile, named: &Path) -> Result<()> {
    let mut to = private.writer()?;
    let failed = |error| FileError::Io { path: named.to_owned(), doing: "copied", error };
    io::copy(&mut from, &mut to).map_err(failed)?;
    Ok(())
}

/// Copies so many pages (0: none, but takes the lock of the writer; -1: all), and waits for other writers.
fn step(backup: &Backup<'_, '_>, pages: i32) -> Result<()> {
    let began = Instant::now();
    while let StepResult::Busy | StepResult::Locked = backup.step(pages)? {
        if began.elapsed() >= ANSWER_TIMEOUT {
            return Err(StoreError::Busy);
        }
        thread::sleep(Duration::from_millis(1));
    }
    Ok(())
}

/// Refuses a copy whose pages cannot be written over those of the store that is there. Of a damaged store the size is not
/// known, and does not matter: it is moved away.
fn require_page_size(from: &Store, copy: &Path, place: &Path, rule: &Rule) -> Result<()> {
    let _deferred = stop_signals::defer();
    let size = |connection: &Connection| connection.query_row("PRAGMA page_size", [], |row| row.get::<_, i64>(0));
    let found = size(&from.connection)?;
    let Ok(there) = connect(place, rule, OpenMode::Shared) else { return Ok(()) };
    // Of a damaged store the log is left as it is.
    there.set_db_config(DbConfig::SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, true)?;
    let asked = there.query_row("SELECT count(*) FROM sqlite_schema", [], |_| Ok(())).and_then(|()| size(&there));
    let Ok(known) = asked else { return Ok(()) };
    there.set_db_config(DbConfig::SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, false)?;
    if known == found { Ok(()) } else { Err(StoreError::PageSize { path: copy.to_owned(), found, known }) }
}

/// The name under which a store is kept that is replaced now.
fn kept_name(place: &Path, now: Timestamp) -> PathBuf {
    let name = |more: &str| beside(place, &format!(".replaced-{}{more}", now.strftime("%Y%m%d-%H%M%S")));
    let names = (2..).map(|number| name(&format!("-{number}")));
    std::iter::once(name("")).chain(names).find(|path| path.symlink_metadata().is_err()).unwrap_or_else(|| name(""))
}

/// Refuses where there is too little room for the private copy, for the store that is kept, and for the log through which
/// the copy is written over it.
fn require_room(size: u64, place: &Path) -> Result<()> {
    let length = |path: &Path| path.symlink_metadata().map_or(0, |found| found.len());
    let replaced = match length(place) {
        0 => 0,
        store => store.saturating_add(length(&beside(place, "-wal"))).saturating_add(size),
    };
    free_space::require(directory_of(place), size.saturating_add(replaced))
}

/// Gives a store another name, with the files beside it that belong to it.
fn reserve(place: &Path, kept: &Path) -> Result<()> {
    private_file::move_new(place, kept)?;
    // The log last: what a kill leaves behind is then always the file that matters, and the next restore names it.
    for suffix in COMPANIONS.into_iter().rev() {
        match private_file::move_new(&beside(place, suffix), &beside(kept, suffix)) {
            Ok(()) | Err(FileError::Missing { .. }) => {}
            Err(problem) => return Err(problem.into()),
        }
    }
    Ok(())
}

impl WriteTransaction<'_> {
    /// Makes a copy safe to continue from: what it says of links and messages was true when it was made. Every link dies,
    /// because it may have been used or revoked since; what waits is in doubt, and jobs that ran wait for an operator,
    /// because sending them again could mail everybody twice. A message in doubt that is sent again is another mail, with
    /// another code: the one that may have arrived must not work.
    ///
    /// # Errors
    /// When the store cannot be written.
    pub fn unsettle(&self, now: Timestamp) -> Result<UnsettledRows> {
        self.note_time(now)?;
        let now = now.as_second();
        let time = link_time("?1");
        // By the index of codes SQLite would look up nearly every row, each in another page, instead of reading one after the other.
        let open = format!(
            "SELECT count(*) FROM messages NOT INDEXED WHERE lifetime IS NOT NULL AND code_hash IS NOT NULL \
             AND expires_at > ?1 AND {}",
            links::open("?1")
        );
        let links: i64 = self.transaction.query_row(&open, [now], |row| row.get(0))?;
        // Those that have expired by now stay so (`clock.rs`).
        let revoke = format!(
            "UPDATE messages NOT INDEXED SET revoked_at = ?1, revoked_why = 'restored from a copy' WHERE lifetime IS NOT NULL \
             AND used_at IS NULL AND revoked_at IS NULL AND code_hash IS NOT NULL \
             AND (expires_at IS NULL OR (expires_at > ?1 AND expires_at > {time})) \
             AND state NOT IN ('queued', 'sending', 'deferred', 'in doubt')"
        );
        self.transaction.execute(&revoke, [now])?;
        let wait = format!(
            "UPDATE messages SET state = 'in doubt', sender = NULL, due_at = ?1, reply = ?2, \
             delivered_at = coalesce(delivered_at, last_try_at, ?1), times_in_doubt = times_in_doubt + 1, nonce = NULL, code_hash = NULL, \
             message_id = NULL, first_try_at = NULL, expires_at = NULL, clock_period = NULL, lifetime_from = NULL, \
             given_back = NULL WHERE id IN ({WAITING})"
        );
        let messages = self.transaction.execute(&wait, params![now, WHY])?;
        self.transaction.execute("DELETE FROM relay_hold", [])?;
        let jobs = self.transaction.execute(
            "UPDATE jobs SET state = 'paused', why = ?1, paused_at = ?2 WHERE state = 'running'",
            params![WHY, now],
        )?;
        Ok(UnsettledRows { links: links.unsigned_abs(), messages: messages as u64, jobs: jobs as u64 })
    }
}
