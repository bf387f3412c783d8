//! How many messages of a job are in each state.

use super::ReadTransaction;
use super::Result;
use crate::domain::job::JobId;
use crate::domain::message::MessageState;
use crate::store::types::job_counts::Counts;

impl ReadTransaction<'_> {
    /// How many messages of a job are in each state.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn job_counts(&self, id: JobId) -> Result<Counts> {
        let sql = "SELECT state, count(*) FROM messages WHERE job_id = ?1 GROUP BY state";
        let mut statement = self.transaction.prepare_cached(sql)?;
        let mut rows = statement.query([id.0])?;
        let mut counts = Counts::default();
        while let Some(row) = rows.next()? {
            let state = row.get_ref(0)?.as_str().ok().and_then(MessageState::stored);
            counts.add(state, row.get::<_, i64>(1)?.unsigned_abs());
        }
        Ok(counts)
    }
}
