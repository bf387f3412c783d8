//! What is tried again sooner than by itself, or at all.

use jiff::Timestamp;
use rusqlite::params;

use super::Result;
use super::Writing;
use super::outbox::OF_RUNS;
use crate::domain::job::JobId;

impl Writing<'_> {
    /// Makes due now what waits for another try: of a job, or of no job and all that run. Gives how many messages there were.
    ///
    /// # Errors
    /// When the store cannot be written.
    pub fn make_due(&self, job: Option<JobId>, now: Timestamp) -> Result<u64> {
        let whose = if job.is_some() { "job_id IS ?2" } else { OF_RUNS };
        let sql = format!(
            "UPDATE message SET due_at = ?1 WHERE state IN ('deferred', 'in doubt') AND due_at > ?1 AND ?2 IS ?2 AND {whose}"
        );
        Ok(self.transaction.execute(&sql, params![now.as_second(), job.map(|job| job.0)])? as u64)
    }
}
