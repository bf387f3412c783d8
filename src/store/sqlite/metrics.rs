//! Numbers for monitoring. They are asked for each minute, so each comes from an index: no statement here reads a table whose
//! size is that of everything that was ever sent or done.

use jiff::Timestamp;
use strum::VariantArray as _;

use super::ReadTransaction;
use super::Result;
use super::time;
use super::unsendable::UNKNOWN_STATE;
use crate::domain::job::JobState;
use crate::domain::message::MessageState;
use crate::store::types::job_counts::Counts;
use crate::store::types::metadata::LAST_SUCCESS;
use crate::store::types::metrics::Metrics;

/// The messages in the states that have an index of their own, by state, and how many there are in all.
const COUNTS: [&str; 6] = [
    "SELECT state, count(*) FROM messages WHERE state = 'queued'",
    "SELECT state, count(*) FROM messages WHERE state IN ('deferred', 'in doubt') GROUP BY state",
    "SELECT state, count(*) FROM messages WHERE state = 'sending'",
    // The condition of the index, and then the states.
    "SELECT state, count(*) FROM messages WHERE state <> 'queued' AND state <> 'sending' AND state <> 'accepted' AND state <> 'deferred' \
     AND state <> 'in doubt' AND state IN ('failed', 'bounced', 'cancelled', 'skipped') GROUP BY state",
    "SELECT NULL, count(*) FROM messages WHERE user_id IS NOT NULL",
    "SELECT NULL, count(*) FROM messages WHERE user_id IS NULL",
];

const REFUSED_ACTIONS: &str = "SELECT count(*) FROM events WHERE outcome = 'refused'";
const BOUNCING_USERS: &str = "SELECT count(*) FROM users WHERE bounced_at IS NOT NULL";

impl ReadTransaction<'_> {
    /// The numbers at `now`.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn metrics(&self, now: Timestamp) -> Result<Metrics> {
        let hold = self.relay_hold()?.filter(|hold| hold.is_in_force(now));
        let last_success =
            self.fact(LAST_SUCCESS)?.and_then(|bytes| Some(time(i64::from_be_bytes(bytes.try_into().ok()?))));
        let mut jobs = Vec::new();
        for &state in JobState::VARIANTS {
            let sql = "SELECT count(*) FROM jobs WHERE state = ?1";
            let count: i64 = self.transaction.prepare_cached(sql)?.query_row([state.word()], |row| row.get(0))?;
            jobs.push((state, count.unsigned_abs()));
        }
        Ok(Metrics {
            messages: self.count_messages_by_state()?,
            oldest_single: self.oldest_single()?,
            oldest_of_job: self.oldest_of_job()?,
            jobs,
            relay_hold_until: hold.map(|hold| hold.until),
            last_success,
            refused_actions: self.number(REFUSED_ACTIONS)?,
            event_head: self.number("SELECT ifnull(max(number), 0) FROM events")?,
            bouncing_users: self.number(BOUNCING_USERS)?,
        })
    }

    fn number(&self, sql: &str) -> Result<u64> {
        let number: i64 = self.transaction.prepare_cached(sql)?.query_row([], |row| row.get(0))?;
        Ok(number.unsigned_abs())
    }

    /// The messages by state. Those that were accepted are the rest, because only they may be many and have no index.
    fn count_messages_by_state(&self) -> Result<Counts> {
        let mut counts = Counts::default();
        let mut total = 0_u64;
        for sql in COUNTS {
            let mut statement = self.transaction.prepare_cached(sql)?;
            let mut rows = statement.query([])?;
            while let Some(row) = rows.next()? {
                let count = row.get::<_, i64>(1)?.unsigned_abs();
                match row.get_ref(0)?.as_str_or_null().ok().flatten().and_then(MessageState::stored) {
                    Some(state) => counts.add(Some(state), count),
                    // An empty group has no state either.
                    None => total += count,
                }
            }
        }
        let unknown = self.number(&format!("SELECT count(*) FROM messages WHERE {UNKNOWN_STATE}"))?;
        counts.add(None, unknown);
        counts.add(Some(MessageState::Accepted), total.saturating_sub(counts.total()));
        Ok(counts)
    }

    /// Of no job: they are few, and each is looked at.
    fn oldest_single(&self) -> Result<Option<Timestamp>> {
        self.oldest(
            "SELECT min(created_at) FROM (\
             SELECT created_at FROM messages WHERE state = 'queued' AND job_id IS NULL UNION ALL \
             SELECT created_at FROM messages WHERE state IN ('deferred', 'in doubt') AND job_id IS NULL UNION ALL \
             SELECT created_at FROM messages WHERE state = 'sending' AND job_id IS NULL)",
        )
    }

    /// Of a job that runs: each of its messages was queued when the job was created.
    fn oldest_of_job(&self) -> Result<Option<Timestamp>> {
        self.oldest(
            "SELECT min(created_at) FROM jobs WHERE state = 'running' AND (\
             EXISTS (SELECT 1 FROM messages WHERE state = 'queued' AND job_id IS jobs.id) \
             OR EXISTS (SELECT 1 FROM messages WHERE state IN ('deferred', 'in doubt') AND job_id IS jobs.id) \
             OR EXISTS (SELECT 1 FROM messages WHERE state = 'sending' AND +job_id = jobs.id))",
        )
    }

    fn oldest(&self, sql: &str) -> Result<Option<Timestamp>> {
        let oldest: Option<i64> = self.transaction.prepare_cached(sql)?.query_row([], |row| row.get(0))?;
        Ok(oldest.map(time))
    }
}

#[cfg(test)]
mod tests {
    use super::super::schema;
    use super::*;

    /// `metrics` runs every minute, however many mails were ever sent.
    #[test]
    fn each_count_is_read_from_an_index() {
        let connection = rusqlite::Connection::open_in_memory().unwrap();
        schema::migrate(&connection, &schema::Schema::CURRENT).unwrap();
        for sql in COUNTS.into_iter().chain([REFUSED_ACTIONS, BOUNCING_USERS]) {
            let mut statement = connection.prepare(&format!("EXPLAIN QUERY PLAN {sql}")).unwrap();
            let plan = statement.query_map([], |row| row.get(3)).unwrap();
            let steps: Vec<String> = plan.map(std::result::Result::unwrap).collect();
            assert!(steps.iter().any(|step| step.contains("USING") && step.contains("INDEX")), "{sql}: {steps:?}");
        }
    }
}
