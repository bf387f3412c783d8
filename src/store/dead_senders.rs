//! What processes were sending that are gone.

use std::collections::BTreeSet;

use jiff::Timestamp;
use rusqlite::params;

use super::Reading;
use super::Result;
use super::Writing;
use super::attempts::AttemptResult;
use super::time;
use crate::domain::job::JobId;
use crate::domain::message::MessageId;
use crate::domain::message::MessageState;

impl Reading<'_> {
    /// The locks of processes by which messages are in flight.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn senders_in_flight(&self) -> Result<BTreeSet<u32>> {
        let sql = "SELECT DISTINCT sender FROM message WHERE state = 'sending'";
        let mut statement = self.transaction.prepare_cached(sql)?;
        let senders = statement.query_map([], |row| row.get(0))?;
        Ok(senders.collect::<rusqlite::Result<_>>()?)
    }
}

impl Writing<'_> {
    /// Marks what a process that is gone was sending: the relay may have it or not.
    ///
    /// # Errors
    /// When the store cannot be written.
    pub fn doubt_sender(&self, sender: u32, now: Timestamp) -> Result<u64> {
        self.note_time(now)?;
        // What may have arrived did so when it was tried, and not when somebody finds out.
        let sql = "SELECT id, ifnull(last_try_at, ?2), job_id FROM message WHERE state = 'sending' AND sender = ?1";
        let mut statement = self.transaction.prepare_cached(sql)?;
        let values = params![sender, now.as_second()];
        let rows = statement.query_map(values, |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))?;
        let tried = rows.collect::<rusqlite::Result<Vec<(i64, i64, Option<i64>)>>>()?;
        for (id, tried_at, job) in &tried {
            let reply = "the process that was sending it ended before the relay's answer was noted".to_owned();
            let result = AttemptResult::Tried { state: MessageState::InDoubt, reply, due_at: Some(now) };
            self.record_attempts(&[(MessageId(*id), result)], time(*tried_at))?;
            self.count_deliveries(job.map(JobId), 1, time(*tried_at))?;
        }
        Ok(tried.len() as u64)
    }
}
