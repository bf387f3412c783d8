//! A trial of sending, without a mail: it finds damaged pages that only sending would read before any password ends.

use jiff::Timestamp;
use rusqlite::params;

use super::ReadTransaction;
use super::Result;
use super::StoreError;
use super::WriteTransaction;
use super::unsendable::UNKNOWN_STATE;
use crate::domain::job::JobId;
use crate::domain::message::MessageId;
use crate::domain::message::MessageState;
use crate::secrets::reset_code::NONCE;
use crate::secrets::reset_code::ResetCodeHash;
use crate::store::types::attempts::AttemptResult;
use crate::store::types::attempts::AttemptStart;
use crate::store::types::outbox::Cursor;
use crate::store::types::outbox::Scope;

/// The tables that sending uses and that have few rows.
const SMALL: [&str; 10] = [
    "clock_periods",
    "deliveries",
    "metadata",
    "jobs",
    "operators",
    "operator_domain_limits",
    "operator_role_limits",
    "relay_hold",
    "roles",
    "role_permissions",
];

/// The indexes of messages that hold those which have not ended, with their conditions.
const OF_WAITING: [(&str, &str); 5] = [
    ("messages_queued", "state = 'queued'"),
    ("messages_deferred", "state IN ('deferred', 'in doubt')"),
    ("messages_sending", "state = 'sending'"),
    ("messages_given_back", "given_back IS NOT NULL"),
    ("messages_in_unknown_state", UNKNOWN_STATE),
];

/// No process has a lock with this number.
const NOBODY: u32 = u32::MAX;

impl ReadTransaction<'_> {
    /// Reads the tables and indexes that sending reads and that are small enough to be read completely.
    fn read_what_sending_reads(&self) -> Result<()> {
        for table in SMALL {
            let sql = format!("PRAGMA quick_check({table})");
            let found: String = self.transaction.query_row(&sql, [], |row| row.get(0))?;
            if let Some(fault) = found.lines().find(|line| *line != "ok" && !line.starts_with("***")) {
                return Err(StoreError::Corrupt(format!("{table}: {fault}")));
            }
        }
        for (index, condition) in OF_WAITING {
            let sql = format!("SELECT count(*) FROM messages INDEXED BY {index} WHERE {condition}");
            self.transaction.query_row(&sql, [], |_| Ok(()))?;
        }
        Ok(())
    }
}

impl WriteTransaction<'_> {
    /// Does to a message of a new job, and its user, what sending may do to it, and undoes it: a damaged page that would stop a run
    /// is found now. Of the large tables, the pages with the new rows are read.
    ///
    /// # Errors
    /// When the store cannot be read or written.
    pub fn rehearse_sending(&self, now: Timestamp) -> Result<()> {
        self.read_what_sending_reads()?;
        self.transaction.execute_batch("SAVEPOINT rehearsal")?;
        let sent = self.send_nothing(now);
        let undone = self.transaction.execute_batch("ROLLBACK TO rehearsal; RELEASE rehearsal");
        sent?;
        Ok(undone?)
    }

    fn send_nothing(&self, now: Timestamp) -> Result<()> {
        self.note_time(now)?;
        let seconds = now.as_second();
        self.transaction.execute(
            "INSERT INTO jobs (state, operator, operator_uid, created_at, selection) VALUES ('running', '', 0, ?1, '')",
            [seconds],
        )?;
        let job = JobId(self.transaction.last_insert_rowid());
        self.transaction.execute(
            "INSERT INTO messages (job_id, kind, state, user_id, address, operator, operator_uid, created_at, due_at, lifetime, is_forced) \
             VALUES (?1, 'reset', 'queued', (SELECT max(id) FROM users), '', '', 0, ?2, ?2, 3600, 1)",
            params![job.0, seconds],
        )?;
        let id = MessageId(self.transaction.last_insert_rowid());
        let start = [AttemptStart {
            id,
            nonce: [0; NONCE],
            message_id: String::new(),
            code_hash: Some(ResetCodeHash([0; 32])),
        }];
        let tried = |state, due_at| AttemptResult::Tried { state, reply: String::new(), due_at };
        let results = [
            AttemptResult::Released { reply: String::new(), due_at: now, given_back: true },
            tried(MessageState::Deferred, Some(now)),
            tried(MessageState::InDoubt, Some(now)),
            tried(MessageState::Accepted, None),
        ];
        for result in results {
            self.due_batch(true, &Cursor::of(Some(job)), now, 1)?;
            self.due_batch(false, &Cursor::of(Some(job)), now, 1)?;
            self.given_back(&Scope::Job(job))?;
            self.start_attempts(&start, NOBODY, now)?;
            self.senders_in_flight()?;
            self.count_in_flight(Some(job))?;
            self.record_attempts(&[(id, result)], now)?;
        }
        self.count_deliveries(Some(job), 1, now)?;
        self.hold_relay("", now)?;
        self.end_relay_hold()?;
        Ok(())
    }
}
