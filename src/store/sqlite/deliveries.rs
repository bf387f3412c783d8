//! The number of mails per minute that were delivered, or may have been: for rates per hour and day.

use jiff::Timestamp;
use rusqlite::params;

use super::ReadTransaction;
use super::Result;
use super::WriteTransaction;
use crate::domain::job::JobId;
use crate::domain::rate::DeliveredInMinute;

/// Whether the number in a row was reached by counting. Other values are damage, which `store check` reports: adding to them could
/// overflow, and the delivery of a mail must be recorded in any case.
const IS_COUNT: &str = "typeof(count) = 'integer' AND count BETWEEN 0 AND 4294967295";

/// The minutes after which deliveries are deleted: two days. Rates look back one day at most.
const KEPT: i64 = 2 * 24 * 60;

impl ReadTransaction<'_> {
    /// The deliveries since a minute, oldest first: those of a job, or all.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn delivered_since(&self, minute: i64, job: Option<JobId>) -> Result<Vec<DeliveredInMinute>> {
        let sql = format!(
            "SELECT minute, sum(count) FROM deliveries WHERE minute >= ?1 AND (?2 IS NULL OR job_id = ?2) \
             AND typeof(minute) = 'integer' AND {IS_COUNT} GROUP BY minute ORDER BY minute"
        );
        let mut statement = self.transaction.prepare_cached(&sql)?;
        let rows = statement.query_map(params![minute, job.map(|job| job.0)], |row| {
            Ok(DeliveredInMinute { minute: row.get(0)?, count: row.get::<_, i64>(1)?.unsigned_abs() })
        })?;
        Ok(rows.collect::<rusqlite::Result<_>>()?)
    }

    /// The number of messages in flight, of all processes: those of a job, or all.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn count_in_flight(&self, job: Option<JobId>) -> Result<u64> {
        // `+`, because `=` would be looked up in the index of all of the job's messages.
        let sql = "SELECT count(*) FROM messages WHERE state = 'sending' AND (?1 IS NULL OR +job_id = ?1)";
        let mut statement = self.transaction.prepare_cached(sql)?;
        let count: i64 = statement.query_row([job.map(|job| job.0)], |row| row.get(0))?;
        Ok(count.unsigned_abs())
    }
}

impl WriteTransaction<'_> {
    /// Moves deliveries that were recorded after `now` (unix seconds), because the clock was ahead, to the present minute: they
    /// have happened, and count from now on at the longest.
    pub(super) fn bring_deliveries_back(&self, now: i64) -> Result<()> {
        let minute = now.div_euclid(60);
        self.transaction.execute(
            &format!(
                "INSERT INTO deliveries (minute, job_id, count) \
                 SELECT ?1, job_id, sum(count) FROM deliveries WHERE minute > ?1 AND {IS_COUNT} GROUP BY job_id \
                 ON CONFLICT (minute, job_id) DO UPDATE SET count = count + excluded.count WHERE {IS_COUNT}"
            ),
            [minute],
        )?;
        self.transaction.execute("DELETE FROM deliveries WHERE minute > ?1", [minute])?;
        Ok(())
    }

    /// Counts deliveries of a job, or of no job, at this time.
    ///
    /// # Errors
    /// When the store cannot be written.
    pub fn count_deliveries(&self, job: Option<JobId>, count: u64, at: Timestamp) -> Result<()> {
        let minute = DeliveredInMinute::minute_of(at);
        self.transaction
            .prepare_cached(&format!(
                "INSERT INTO deliveries (minute, job_id, count) VALUES (?1, ?2, ?3) \
                 ON CONFLICT (minute, job_id) DO UPDATE SET count = count + excluded.count WHERE {IS_COUNT}"
            ))?
            .execute(params![minute, job.map_or(0, |job| job.0), count.cast_signed()])?;
        self.transaction.prepare_cached("DELETE FROM deliveries WHERE minute < ?1")?.execute([minute - KEPT])?;
        Ok(())
    }
}
