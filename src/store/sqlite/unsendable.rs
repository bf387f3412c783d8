//! Messages that no run sends: those of paused jobs, and those that no run would ever read, because a value in the row keeps it out
//! of every queue. Only another program that writes to the file can cause the latter. Each search reads an index with few rows, so
//! that `jobs run` can do it every minute.

use std::collections::HashSet;
use std::sync::LazyLock;

use rusqlite::types::Value;

use super::ReadTransaction;
use super::Result;
use super::damage;
use crate::domain::job::JobId;
use crate::store::types::damage::RowFault;
use crate::store::types::unsendable::Stuck;

/// The states of jobs that do not run. A job in an unknown state is damaged, and must be reported.
pub(super) const NOT_RUNNING: &str = "('paused', 'finished', 'cancelled')";

/// The two queues of `messages`, as their indexes define them.
const QUEUES: [(&str, &str); 2] =
    [("messages_queued", "state = 'queued'"), ("messages_deferred", "state IN ('deferred', 'in doubt')")];

/// In flight, with a number that no sender can have.
const WITHOUT_SENDER: &str = "SELECT id FROM messages INDEXED BY messages_sending WHERE state = 'sending' \
     AND (typeof(sender) <> 'integer' OR sender NOT BETWEEN 0 AND 4294967295) ORDER BY id";

/// In a state that the program does not know. The index has the same condition.
pub(super) const UNKNOWN_STATE: &str = "state <> 'queued' AND state <> 'sending' AND state <> 'accepted' AND state <> 'deferred' \
     AND state <> 'failed' AND state <> 'bounced' AND state <> 'in doubt' AND state <> 'cancelled' AND state <> 'skipped'";

/// Those, of a job or of any (`?1`).
static IN_UNKNOWN_STATE: LazyLock<String> = LazyLock::new(|| {
    format!(
        "SELECT id, state FROM messages INDEXED BY messages_in_unknown_state \
         WHERE (?1 IS NULL OR job_id = ?1) AND {UNKNOWN_STATE} ORDER BY id"
    )
});

/// The missing jobs of the messages in a queue, with the number of messages of each and the first of them. The query goes from job
/// to job in the index, and reads none of the messages between.
fn without_job((index, condition): (&str, &str)) -> String {
    let of_queue = format!("FROM messages INDEXED BY {index} WHERE {condition}");
    format!(
        "WITH RECURSIVE found (job_id) AS (SELECT min(job_id) {of_queue} AND job_id IS NOT NULL \
         UNION ALL SELECT (SELECT min(job_id) {of_queue} AND job_id > found.job_id) FROM found WHERE found.job_id IS NOT NULL) \
         SELECT job_id, (SELECT count(*) {of_queue} AND messages.job_id = found.job_id), \
         (SELECT min(id) {of_queue} AND messages.job_id = found.job_id) FROM found \
         WHERE job_id IS NOT NULL AND NOT EXISTS (SELECT 1 FROM jobs WHERE jobs.id = found.job_id)"
    )
}

impl ReadTransaction<'_> {
    /// The messages that no run reads, by fault.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn stuck_messages(&self) -> Result<Vec<Stuck>> {
        let mut stuck = Vec::new();
        for queue in QUEUES {
            let mut statement = self.transaction.prepare_cached(&without_job(queue))?;
            let rows = statement.query_map([], |row| {
                let (job, count): (Value, i64) = (row.get(0)?, row.get(1)?);
                let job = if let Value::Integer(number) = job { number.to_string() } else { damage::key_of(row, 0) };
                let fault = RowFault::of_message(damage::key_of(row, 2), "job_id", format!("no such job: {job}"));
                Ok(Stuck { fault, count: count.unsigned_abs() })
            })?;
            stuck.extend(rows.collect::<rusqlite::Result<Vec<_>>>()?);
        }
        let faults = self.message_state_faults()?;
        stuck.extend(faults.into_iter().map(|fault| Stuck { fault, count: 1 }));
        Ok(stuck)
    }

    /// The paused jobs, whatever the other columns of their rows contain.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn paused_jobs(&self) -> Result<HashSet<JobId>> {
        let mut statement = self.transaction.prepare_cached("SELECT id FROM jobs WHERE state = 'paused'")?;
        let jobs = statement.query_map([], |row| row.get(0).map(JobId))?;
        Ok(jobs.collect::<rusqlite::Result<_>>()?)
    }

    /// The faults of the messages whose state is unknown, or is `sending` without a sender.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub(super) fn message_state_faults(&self) -> Result<Vec<RowFault>> {
        let without_sender = "not the number of a sender, and the state is `sending`";
        let mut statement = self.transaction.prepare_cached(WITHOUT_SENDER)?;
        let rows = statement.query_map([], |row| {
            Ok(RowFault::of_message(damage::key_of(row, 0), "sender", without_sender.to_owned()))
        })?;
        let mut faults = rows.collect::<rusqlite::Result<Vec<_>>>()?;
        faults.extend(self.messages_in_unknown_state(None)?);
        Ok(faults)
    }

    /// The faults of the messages of a job, or of any job, whose state is unknown.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn messages_in_unknown_state(&self, job: Option<JobId>) -> Result<Vec<RowFault>> {
        let mut statement = self.transaction.prepare_cached(&IN_UNKNOWN_STATE)?;
        let rows = statement.query_map([job.map(|job| job.0)], |row| {
            let fault = format!("`{}` is unknown", damage::key_of(row, 1));
            Ok(RowFault::of_message(damage::key_of(row, 0), "state", fault))
        })?;
        Ok(rows.collect::<rusqlite::Result<_>>()?)
    }
}
