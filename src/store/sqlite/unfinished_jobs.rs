//! Jobs that have not ended, and in which nothing happens.

use jiff::Timestamp;

use super::ReadTransaction;
use super::Result;
use super::time;
use crate::domain::job::JobId;
use crate::domain::job::JobState;
use crate::store::types::jobs::UnfinishedJob;

impl ReadTransaction<'_> {
    /// The jobs that have not ended and in which nothing happened since `before`, the oldest first. One whose row is damaged is not
    /// among them.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn unfinished_jobs(&self, before: Timestamp) -> Result<Vec<UnfinishedJob>> {
        let sql = "SELECT id, state, since FROM (SELECT id, state, max(created_at, CASE state WHEN 'paused' THEN ifnull(paused_at, 0) \
                   ELSE ifnull((SELECT max(last_try_at) FROM messages WHERE job_id = jobs.id), 0) END) AS since FROM jobs \
                   WHERE state IN ('running', 'paused')) WHERE since < ?1 ORDER BY id";
        let mut statement = self.transaction.prepare_cached(sql)?;
        let mut rows = statement.query([before.as_second()])?;
        let mut jobs = Vec::new();
        while let Some(row) = rows.next()? {
            let (id, state, since): (i64, String, i64) = (row.get(0)?, row.get(1)?, row.get(2)?);
            jobs.extend(JobState::stored(&state).map(|state| UnfinishedJob {
                id: JobId(id),
                state,
                since: time(since),
            }));
        }
        Ok(jobs)
    }
}
