//! Messages in flight whose process has ended.

use std::collections::BTreeSet;

use jiff::Timestamp;
use rusqlite::Row;

use super::ReadTransaction;
use super::Result;
use super::WriteTransaction;
use super::damage;
use super::time;
use crate::domain::job::JobId;
use crate::domain::message::MessageId;
use crate::domain::message::MessageState;
use crate::store::types::attempts::AttemptResult;
use crate::store::types::damage::RowFault;

impl ReadTransaction<'_> {
    /// The lock numbers of the processes that have messages in flight.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn senders_in_flight(&self) -> Result<BTreeSet<u32>> {
        // A value that is not a number is no process; `store check` reports it.
        let sql = "SELECT DISTINCT sender FROM messages WHERE state = 'sending' \
                   AND typeof(sender) = 'integer' AND sender BETWEEN 0 AND 4294967295";
        let mut statement = self.transaction.prepare_cached(sql)?;
        let senders = statement.query_map([], |row| row.get(0))?;
        Ok(senders.collect::<rusqlite::Result<_>>()?)
    }
}

impl WriteTransaction<'_> {
    /// Marks the messages in flight of a process that has ended as in doubt: the relay may have them. Returns the faults of the
    /// rows that cannot be marked, which stay as they are.
    ///
    /// # Errors
    /// When the store cannot be written.
    pub fn doubt_sender(&self, sender: u32, now: Timestamp) -> Result<Vec<RowFault>> {
        self.note_time(now)?;
        // The time of the attempt: that is when the mail may have arrived.
        let sql = "SELECT id, last_try_at, job_id, attempts, times_in_doubt, lifetime FROM messages \
                   WHERE state = 'sending' AND sender = ?1";
        let mut statement = self.transaction.prepare_cached(sql)?;
        let rows = statement.query_map([sender], |row| damage::named("messages", row, in_flight))?;
        let (tried, faults) = damage::readable(rows)?;
        for (id, tried_at, job) in &tried {
            let tried_at = tried_at.unwrap_or_else(|| now.as_second());
            let reply = "the process that was sending it ended before the relay's answer was noted".to_owned();
            let result = AttemptResult::Tried { state: MessageState::InDoubt, reply, due_at: Some(now) };
            self.record_attempts(&[(MessageId(*id), result)], time(tried_at))?;
            self.count_deliveries(job.map(JobId), 1, time(tried_at))?;
        }
        Ok(faults)
    }
}

/// A message in flight: its number, when it was tried, and its job. What is counted up must be a number.
fn in_flight(row: &Row<'_>) -> rusqlite::Result<(i64, Option<i64>, Option<i64>)> {
    damage::count(row, 3).and(damage::count(row, 4))?;
    damage::lifetime(row, 5)?;
    Ok((row.get(0)?, row.get(1)?, row.get(2)?))
}
