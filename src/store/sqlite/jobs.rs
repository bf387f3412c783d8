//! Jobs: looked up, counted, paused, resumed and cancelled. `job_creation.rs` creates them.

use jiff::Timestamp;
use rusqlite::OptionalExtension as _;
use rusqlite::Row;
use rusqlite::params;

use super::ReadTransaction;
use super::Result;
use super::Store;
use super::WriteTransaction;
use super::damage;
use super::damage::lossy;
use super::links::not_for;
use super::links::open;
use super::links::open_or_sending;
use super::time;
use crate::domain::job::JobId;
use crate::domain::job::JobState;
use crate::domain::job::PAUSED_BY;
use crate::domain::management::ProtectedUsers;
use crate::domain::message::MessageState;
use crate::domain::user::User;
use crate::domain::user::UserId;
use crate::store::types::damage::RowFault;
use crate::store::types::jobs::Job;
use crate::store::types::jobs::JobSendOptions;
use crate::store::types::jobs::RecipientOutcome;
use crate::store::types::messages::Message;

/// The columns of a job.
pub(super) const COLUMNS: &str = "id, key, state, why, operator, operator_uid, created_at, ended_at, reason, selection, connections, \
     rate, max_failures, canary, base_accepted, base_failed, passwords_ended";

/// The condition that a message of no job ended before `?1`, and that its link, if it has one, can no longer be used at `?2`.
fn old() -> String {
    format!("job_id IS NULL AND ended_at < ?1 AND (lifetime IS NULL OR NOT ({}))", open("?2"))
}

impl ReadTransaction<'_> {
    /// A job by its number.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn job(&self, id: JobId) -> Result<Option<Job>> {
        let sql = format!("SELECT {COLUMNS} FROM jobs WHERE id = ?1");
        Ok(self.transaction.query_row(&sql, [id.0], job).optional()?)
    }

    /// A job by its key.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn job_with_key(&self, key: &str) -> Result<Option<Job>> {
        let sql = format!("SELECT {COLUMNS} FROM jobs WHERE key = ?1");
        Ok(self.transaction.query_row(&sql, [key], job).optional()?)
    }

    /// Jobs, the newest first: at most `limit`, or all.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn jobs(&self, limit: Option<u64>) -> Result<Vec<Job>> {
        let sql = format!("SELECT {COLUMNS} FROM jobs ORDER BY id DESC LIMIT ?1");
        let mut statement = self.transaction.prepare_cached(&sql)?;
        let rows = statement.query_map([super::limit(limit)], job)?;
        Ok(rows.collect::<rusqlite::Result<_>>()?)
    }

    /// How many jobs there are.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn count_jobs(&self) -> Result<u64> {
        Ok(self.transaction.query_row("SELECT count(*) FROM jobs", [], |row| row.get::<_, i64>(0))?.unsigned_abs())
    }

    /// The running jobs, oldest first, and the faults of the rows that cannot be read.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn running_jobs(&self) -> Result<(Vec<Job>, Vec<RowFault>)> {
        let sql =
            format!("SELECT {COLUMNS} FROM jobs WHERE state NOT IN {} ORDER BY id", super::unsendable::NOT_RUNNING);
        let mut statement = self.transaction.prepare_cached(&sql)?;
        let rows = statement.query_map([], job)?;
        Ok(damage::readable(rows)?)
    }

    /// How many links of a job were used.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn job_links_used(&self, id: JobId) -> Result<u64> {
        let sql = "SELECT count(*) FROM messages WHERE job_id = ?1 AND used_at IS NOT NULL";
        let count: i64 = self.transaction.query_row(sql, [id.0], |row| row.get(0))?;
        Ok(count.unsigned_abs())
    }

    /// How many messages of a job the relay has accepted since `since`, and when it accepted the first of them.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn job_accepted_since(&self, id: JobId, since: Timestamp) -> Result<(u64, Option<Timestamp>)> {
        let sql =
            "SELECT count(*), min(ended_at) FROM messages WHERE job_id = ?1 AND state = 'accepted' AND ended_at > ?2";
        Ok(self.transaction.query_row(sql, params![id.0, since.as_second()], |row| {
            Ok((row.get::<_, i64>(0)?.unsigned_abs(), row.get::<_, Option<i64>>(1)?.map(time)))
        })?)
    }

    /// The outcomes of the messages of a job that were not accepted, grouped by reply, the most frequent first.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn job_outcomes(&self, id: JobId, limit: u64) -> Result<Vec<RecipientOutcome>> {
        // Servers repeat the address in their replies.
        let sql = "SELECT state, replace(ifnull(reply, ''), address, '…') AS words, count(*) AS times FROM messages \
                   WHERE job_id = ?1 AND state IN ('deferred', 'in doubt', 'failed', 'bounced', 'cancelled', 'skipped') \
                   GROUP BY state, words ORDER BY times DESC, state, words LIMIT ?2";
        let mut statement = self.transaction.prepare_cached(sql)?;
        let rows = statement.query_map(params![id.0, limit.cast_signed()], |row| {
            let (state, count): (String, i64) = (row.get(0)?, row.get(2)?);
            let state = MessageState::stored(&state).unwrap_or(MessageState::Failed);
            Ok(RecipientOutcome { state, reply: lossy(row, 1)?.unwrap_or_default(), count: count.unsigned_abs() })
        })?;
        Ok(rows.collect::<rusqlite::Result<_>>()?)
    }

    /// Passes each message of a job to `visit`, in the order of their creation.
    ///
    /// # Errors
    /// When the store cannot be read, or `visit` fails.
    pub fn each_message_of_job<E: From<super::StoreError>>(
        &self,
        id: JobId,
        limit: Option<u64>,
        visit: &mut dyn FnMut(Message) -> std::result::Result<(), E>,
    ) -> std::result::Result<(), E> {
        self.visit_messages("job_id = ?1 ORDER BY messages.id LIMIT ?2", &[&id.0, &super::limit(limit)], visit)
    }

    /// The jobs that ended before `before`.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn jobs_ended_before(&self, before: Timestamp) -> Result<Vec<JobId>> {
        let mut statement = self.transaction.prepare_cached("SELECT id FROM jobs WHERE ended_at < ?1 ORDER BY id")?;
        let rows = statement.query_map([before.as_second()], |row| Ok(JobId(row.get(0)?)))?;
        Ok(rows.collect::<rusqlite::Result<_>>()?)
    }

    /// How many links of a job can still be used.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn job_links_open(&self, id: JobId, now: Timestamp) -> Result<u64> {
        let sql =
            format!("SELECT count(*) FROM messages WHERE job_id = ?1 AND lifetime IS NOT NULL AND {}", open("?2"));
        let count: i64 = self.transaction.query_row(&sql, params![id.0, now.as_second()], |row| row.get(0))?;
        Ok(count.unsigned_abs())
    }

    /// A recipient of a job who is protected from the operator, if there is one.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn protected_user_of_job(&self, id: JobId, protected: &ProtectedUsers) -> Result<Option<User>> {
        if protected.is_empty() {
            return Ok(None);
        }
        let sql = format!(
            "SELECT user_id FROM messages WHERE job_id = ?1 AND state <> 'skipped' AND NOT ({}) LIMIT 1",
            not_for(protected)
        );
        let user: Option<i64> = self.transaction.query_row(&sql, [id.0], |row| row.get(0)).optional()?;
        user.map(|user| self.user_by_id(UserId(user))).transpose().map(Option::flatten)
    }

    /// How many messages [`WriteTransaction::delete_single_messages`] would delete.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn count_single_messages(&self, before: Timestamp, protected: &ProtectedUsers, now: Timestamp) -> Result<u64> {
        let sql = format!("SELECT count(*) FROM messages WHERE {} AND {}", old(), not_for(protected));
        let values = params![before.as_second(), now.as_second()];
        let count: i64 = self.transaction.query_row(&sql, values, |row| row.get(0))?;
        Ok(count.unsigned_abs())
    }

    /// Whether a message of a job waits, due or not, is in flight, or has an unknown state.
    fn has_unended(&self, id: JobId) -> Result<bool> {
        // `IS`, and `+`, because `=` would be looked up in the index of all of the job's messages.
        let sql = "SELECT EXISTS (SELECT 1 FROM messages WHERE job_id IS ?1 AND state = 'queued') OR EXISTS \
                   (SELECT 1 FROM messages WHERE job_id IS ?1 AND state IN ('deferred', 'in doubt')) OR EXISTS \
                   (SELECT 1 FROM messages WHERE state = 'sending' AND +job_id = ?1)";
        let is_any: bool = self.transaction.prepare_cached(sql)?.query_row([id.0], |row| row.get(0))?;
        Ok(is_any || !self.messages_in_unknown_state(Some(id))?.is_empty())
    }

    /// Whether a job is running. Each turn of a run calls this, so it reads the id and state alone.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn is_job_running(&self, id: JobId) -> Result<bool> {
        let sql = "SELECT EXISTS (SELECT 1 FROM jobs WHERE id = ?1 AND state = 'running')";
        Ok(self.transaction.prepare_cached(sql)?.query_row([id.0], |row| row.get(0))?)
    }

    /// How many messages of a job have ended, and may have arrived more than once.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn job_perhaps_twice(&self, id: JobId) -> Result<u64> {
        let sql = "SELECT count(*) FROM messages WHERE job_id = ?1 AND times_in_doubt > 0 AND state = 'accepted'";
        let count: i64 = self.transaction.query_row(sql, [id.0], |row| row.get(0))?;
        Ok(count.unsigned_abs())
    }
}

impl WriteTransaction<'_> {
    /// Pauses a running job for this reason; false: it is not running.
    ///
    /// # Errors
    /// When the store cannot be written.
    pub fn pause_job(&self, id: JobId, why: &str, now: Timestamp) -> Result<bool> {
        let sql = "UPDATE jobs SET state = 'paused', why = ?2, paused_at = ?3 WHERE id = ?1 AND state = 'running'";
        Ok(self.transaction.execute(sql, params![id.0, why, now.as_second()])? > 0)
    }

    /// Resumes a paused job; false: it is not paused. Where its limits had paused it, they count from here. The time for which it
    /// was paused does not count for the lifetime of its messages.
    ///
    /// # Errors
    /// When the store cannot be written.
    pub fn resume_job(&self, id: JobId, now: Timestamp) -> Result<bool> {
        let sql = "UPDATE messages SET lifetime_from = min(?2, lifetime_from + ?2 - max(lifetime_from, paused_at)) \
                   FROM jobs WHERE jobs.id = ?1 AND jobs.state = 'paused' AND paused_at <= ?2 AND messages.job_id = jobs.id \
                   AND messages.state IN ('deferred', 'in doubt') AND lifetime_from IS NOT NULL";
        self.transaction.execute(sql, params![id.0, now.as_second()])?;
        // It was paused without a fault: its canary and its limit of failures still apply.
        if self.job(id)?.and_then(|job| job.why).is_some_and(|why| why.starts_with(PAUSED_BY)) {
            let sql =
                "UPDATE jobs SET state = 'running', why = NULL, paused_at = NULL WHERE id = ?1 AND state = 'paused'";
            return Ok(self.transaction.execute(sql, [id.0])? > 0);
        }
        let counts = self.job_counts(id)?;
        let (accepted, failed) = (counts.accepted_by_relay(), counts.of(MessageState::Failed));
        let sql = "UPDATE jobs SET state = 'running', why = NULL, paused_at = NULL, canary = NULL, base_accepted = ?2, base_failed = ?3 \
                   WHERE id = ?1 AND state = 'paused'";
        Ok(self.transaction.execute(sql, params![id.0, accepted.cast_signed(), failed.cast_signed()])? > 0)
    }

    /// Cancels a job, with every message that waits. Gives how many there were, and how many of them were in doubt.
    ///
    /// # Errors
    /// When the store cannot be written.
    pub fn cancel_job(&self, id: JobId, why: &str, now: Timestamp) -> Result<(u64, u64)> {
        let sql = "UPDATE jobs SET state = 'cancelled', ended_at = ?2, why = NULL WHERE id = ?1 AND ended_at IS NULL";
        self.transaction.execute(sql, params![id.0, now.as_second()])?;
        let sql = "SELECT count(*) FROM messages WHERE job_id IS ?1 AND state IN ('deferred', 'in doubt') \
                   AND delivered_at IS NOT NULL";
        let in_doubt: i64 = self.transaction.query_row(sql, [id.0], |row| row.get(0))?;
        Ok((self.cancel_waiting_of_job(id, why, now)?, in_doubt.unsigned_abs()))
    }

    fn cancel_waiting_of_job(&self, id: JobId, why: &str, now: Timestamp) -> Result<u64> {
        let sql = "UPDATE messages SET state = 'cancelled', ended_at = ?2, \
                   reply = iif(delivered_at IS NULL, ?3, ?3 || '; it may have arrived: ' || ifnull(reply, '')) \
                   WHERE job_id = ?1 AND state IN ('queued', 'deferred', 'in doubt')";
        Ok(self.transaction.execute(sql, params![id.0, now.as_second(), why])? as u64)
    }

    /// Revokes the links of a job that can still be used or are in flight. Returns how many there were.
    ///
    /// # Errors
    /// When the store cannot be written.
    pub fn revoke_links_of_job(&self, id: JobId, why: &str, now: Timestamp) -> Result<u64> {
        let sql = format!(
            "UPDATE messages SET revoked_at = ?2, revoked_why = ?3 WHERE job_id = ?1 \
             AND lifetime IS NOT NULL AND {}",
            open_or_sending("?2")
        );
        Ok(self.transaction.execute(&sql, params![id.0, now.as_second(), why])? as u64)
    }

    /// Deletes a job that has ended, with its messages. Returns how many messages there were.
    ///
    /// # Errors
    /// When the store cannot be written.
    pub fn delete_job(&self, id: JobId) -> Result<u64> {
        let messages = self.transaction.execute("DELETE FROM messages WHERE job_id = ?1", [id.0])?;
        self.transaction.execute("DELETE FROM jobs WHERE id = ?1", [id.0])?;
        Ok(messages as u64)
    }

    /// Deletes the messages of no job that ended before `before` and whose links can no longer be used, except those to users who
    /// are protected from the operator. Returns how many there were.
    ///
    /// # Errors
    /// When the store cannot be written.
    pub fn delete_single_messages(&self, before: Timestamp, protected: &ProtectedUsers, now: Timestamp) -> Result<u64> {
        let sql = format!("DELETE FROM messages WHERE {} AND {}", old(), not_for(protected));
        Ok(self.transaction.execute(&sql, params![before.as_second(), now.as_second()])? as u64)
    }
}

impl Store {
    /// Records how a run ended for a job: paused for this reason, or finished if all of its messages have ended. This is not part
    /// of a change, like the records of attempts: the row itself is the record.
    ///
    /// # Errors
    /// When the store cannot be written.
    pub fn settle_job(&self, id: JobId, pause: Option<&str>, now: Timestamp) -> Result<()> {
        let writing = self.write()?;
        // The message was in flight when the job was cancelled, and waits again.
        if writing.job(id)?.is_some_and(|job| job.state == JobState::Cancelled) {
            writing.cancel_waiting_of_job(id, &format!("job {id} cancelled"), now)?;
        } else if !writing.has_unended(id)? {
            let sql =
                "UPDATE jobs SET state = 'finished', ended_at = ?2, why = NULL WHERE id = ?1 AND ended_at IS NULL";
            writing.transaction.execute(sql, params![id.0, now.as_second()])?;
        } else if let Some(why) = pause {
            writing.pause_job(id, why, now)?;
        }
        writing.commit()
    }
}

pub(super) fn job(row: &Row<'_>) -> rusqlite::Result<Job> {
    damage::named("jobs", row, job_of)
}

fn job_of(row: &Row<'_>) -> rusqlite::Result<Job> {
    let state: String = row.get(2)?;
    Ok(Job {
        id: JobId(damage::row_number(row, 0)?),
        key: lossy(row, 1)?,
        state: JobState::stored(&state).ok_or_else(|| damage::unknown_word(2, &state))?,
        why: lossy(row, 3)?,
        operator: lossy(row, 4)?.unwrap_or_default(),
        operator_uid: row.get(5)?,
        created_at: time(row.get(6)?),
        ended_at: row.get::<_, Option<i64>>(7)?.map(time),
        reason: lossy(row, 8)?,
        selection: lossy(row, 9)?.unwrap_or_default(),
        sending: JobSendOptions {
            connections: row.get(10)?,
            rates: row.get(11)?,
            max_failures: row.get(12)?,
            canary: row.get::<_, Option<i64>>(13)?.map(i64::unsigned_abs),
        },
        passwords_ended: row.get::<_, Option<i64>>(16)?.map(i64::unsigned_abs),
        base: (row.get::<_, i64>(14)?.unsigned_abs(), row.get::<_, i64>(15)?.unsigned_abs()),
    })
}
