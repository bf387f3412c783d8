//! Attempts to send messages: how they start, and their results. Each function takes all attempts of one commit, and prepares each
//! of its statements once for all of them.

use std::sync::LazyLock;

use jiff::Timestamp;
use rusqlite::CachedStatement;
use rusqlite::OptionalExtension as _;
use rusqlite::params;

use super::ReadTransaction;
use super::Result;
use super::WriteTransaction;
use super::clock::PERIOD;
use crate::domain::message::MessageId;
use crate::domain::message::MessageState;
use crate::store::types::attempts::AttemptResult;
use crate::store::types::attempts::AttemptStart;

static START: LazyLock<String> = LazyLock::new(|| {
    format!(
        "UPDATE messages SET state = 'sending', sender = ?2, nonce = ?3, message_id = ?4, code_hash = ?5, \
         first_try_at = ifnull(first_try_at, ?6), last_try_at = ?6, expires_at = ?6 + lifetime, clock_period = {PERIOD} \
         WHERE id = ?1"
    )
});

static TRIED: LazyLock<String> = LazyLock::new(|| {
    format!(
        "UPDATE messages SET state = ?2, sender = NULL, attempts = attempts + 1, reply = ?3, \
         lifetime_from = ifnull(lifetime_from, ?5), given_back = NULL, due_at = ifnull(?4, due_at), \
         ended_at = CASE WHEN ?4 IS NULL THEN ?5 END, \
         expires_at = CASE WHEN ?6 THEN ?5 + lifetime ELSE expires_at END, \
         clock_period = CASE WHEN ?6 THEN {PERIOD} ELSE clock_period END, \
         delivered_at = CASE WHEN ?6 THEN ?5 ELSE delivered_at END, times_in_doubt = times_in_doubt + (?2 = 'in doubt') \
         WHERE id = ?1 AND state = 'sending'"
    )
});

const RELEASED: &str = "UPDATE messages SET state = CASE WHEN delivered_at IS NOT NULL THEN 'in doubt' \
     WHEN attempts = 0 THEN 'queued' ELSE 'deferred' END, \
     sender = NULL, due_at = ?2, reply = ?3, given_back = iif(?4, 1, given_back) \
     WHERE id = ?1 AND state = 'sending'";

const REVOKE_OLDER: &str = "UPDATE messages SET revoked_at = ?2, revoked_why = 'a newer link' WHERE user_id = \
     (SELECT user_id FROM messages WHERE id = ?1 AND lifetime IS NOT NULL) AND id < ?1 AND lifetime IS NOT NULL \
     AND used_at IS NULL AND revoked_at IS NULL AND expires_at IS NOT NULL";

const END_WITH_ITS_JOB: &str = "UPDATE messages SET state = 'cancelled', ended_at = ?2, reply = 'job ' || job_id || \
     ' cancelled' || iif(delivered_at IS NULL, '', '; it may have arrived: ' || ifnull(reply, '')) WHERE id = ?1 \
     AND job_id IS NOT NULL AND (SELECT state FROM jobs WHERE jobs.id = job_id) = 'cancelled'";

impl ReadTransaction<'_> {
    /// Whether an earlier run lost the relay while it sent this message, and no attempt has been counted since.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn was_released(&self, id: MessageId) -> Result<bool> {
        let sql = "SELECT attempts = 0 AND reply IS NOT NULL AND given_back IS NULL FROM messages WHERE id = ?1";
        let mut statement = self.transaction.prepare_cached(sql)?;
        Ok(statement.query_row([id.0], |row| row.get(0)).optional()?.unwrap_or_default())
    }
}

impl WriteTransaction<'_> {
    /// Starts attempts by the process that has the lock `sender`. When this is committed, the hashes of the codes are on the disk
    /// before their mails leave, and their links can be used. The transaction must have noted its time
    /// ([`WriteTransaction::note_time`]).
    ///
    /// # Errors
    /// When the store cannot be written.
    pub fn start_attempts(&self, starts: &[AttemptStart], sender: u32, now: Timestamp) -> Result<()> {
        if starts.is_empty() {
            return Ok(());
        }
        let now = now.as_second();
        let mut start = self.transaction.prepare_cached(&START)?;
        for AttemptStart { id, nonce, message_id, code_hash } in starts {
            start.execute(params![id.0, sender, nonce, message_id, code_hash.map(|hash| hash.0), now])?;
        }
        Ok(())
    }

    /// Records the results of started attempts, in their order. If the mail may have reached the relay, the lifetime of its link
    /// begins again, and older links of the user are revoked. A message that would wait in a job that was cancelled meanwhile is
    /// cancelled too.
    ///
    /// # Errors
    /// When the store cannot be written.
    pub fn record_attempts(&self, results: &[(MessageId, AttemptResult)], now: Timestamp) -> Result<()> {
        let now = now.as_second();
        let (mut tried, mut released) = (Lazy::new(self, &TRIED), Lazy::new(self, RELEASED));
        let (mut revoke, mut end) = (Lazy::new(self, REVOKE_OLDER), Lazy::new(self, END_WITH_ITS_JOB));
        for (id, result) in results {
            let waits = match result {
                AttemptResult::Released { reply, due_at, given_back } => {
                    released.get()?.execute(params![id.0, due_at.as_second(), reply, given_back])?;
                    true
                }
                AttemptResult::Tried { state, reply, due_at } => {
                    let may_have_it = matches!(state, MessageState::Accepted | MessageState::InDoubt);
                    let due_at = due_at.map(Timestamp::as_second);
                    tried.get()?.execute(params![id.0, state.word(), reply, due_at, now, may_have_it])?;
                    if may_have_it {
                        revoke.get()?.execute(params![id.0, now])?;
                    }
                    due_at.is_some()
                }
            };
            if waits {
                end.get()?.execute(params![id.0, now])?;
            }
        }
        Ok(())
    }
}

/// A statement that is prepared at its first use.
struct Lazy<'a> {
    writing: &'a WriteTransaction<'a>,
    sql: &'a str,
    statement: Option<CachedStatement<'a>>,
}

impl<'a> Lazy<'a> {
    fn new(writing: &'a WriteTransaction<'_>, sql: &'a str) -> Self {
        Self { writing, sql, statement: None }
    }

    fn get(&mut self) -> Result<&mut CachedStatement<'a>> {
        let prepared = match self.statement.take() {
            Some(statement) => statement,
            None => self.writing.transaction.prepare_cached(self.sql)?,
        };
        Ok(self.statement.insert(prepared))
    }
}
