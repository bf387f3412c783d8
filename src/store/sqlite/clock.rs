//! The latest times that the store has seen, so that no expired link works again after the clock is set back.
//!
//! Each change, and each group of messages that the outbox commits, records its time ([`WriteTransaction::note_time`]). This has
//! the same effect as marking every expired link as expired at that moment, but writes only one row. A link that is delivered after
//! the clock was set right is not affected by earlier times, because it belongs to a new period.

use std::time::Duration;

use jiff::Timestamp;
use rusqlite::OptionalExtension as _;
use rusqlite::params;

use super::Result;
use super::Store;
use super::StoreError;
use super::WriteTransaction;
use super::damage;

/// The latest time that the store has seen since a message's `expires_at` was set, as an expression; NULL: it was not set.
pub(super) const SEEN: &str =
    "(SELECT latest FROM clock_periods WHERE number >= messages.clock_period ORDER BY number LIMIT 1)";

/// The period of the present transaction, as an expression: for a message whose `expires_at` is being set.
pub(super) const PERIOD: &str = "(SELECT max(number) FROM clock_periods)";

/// The time that decides whether the link of a message has expired, where `now` binds the present: the present, or a later time
/// that the store has seen since the link was delivered. [`crate::domain::link::link_time`] in SQL.
pub(super) fn link_time(now: &str) -> String {
    format!("max({now}, ifnull({SEEN}, {now}))")
}

impl WriteTransaction<'_> {
    /// Records the time of a change: links that have expired by then remain expired.
    ///
    /// # Errors
    /// When the store cannot be written.
    pub fn note_time(&self, now: Timestamp) -> Result<()> {
        let now = now.as_second();
        let sql = "SELECT number, latest FROM clock_periods ORDER BY number DESC LIMIT 1";
        let newest = self
            .transaction
            .prepare_cached(sql)?
            .query_row([], |row| damage::named("clock_periods", row, |row| Ok((row.get(0)?, row.get(1)?))));
        let (number, latest): (i64, i64) = newest.optional()?.unwrap_or((0, i64::MAX));
        if latest == now {
            return Ok(());
        }
        if latest > now {
            let sql = "INSERT INTO clock_periods (number, latest) VALUES (?1, ?2)";
            let next = number.checked_add(1).ok_or(StoreError::NoNumbers("clock_periods"))?;
            self.transaction.prepare_cached(sql)?.execute(params![next, now])?;
            return self.bring_deliveries_back(now);
        }
        let sql = "UPDATE clock_periods SET latest = ?2 WHERE number = ?1";
        self.transaction.prepare_cached(sql)?.execute(params![number, now])?;
        let sql = "DELETE FROM clock_periods WHERE number < ?1 AND latest <= ?2";
        self.transaction.prepare_cached(sql)?.execute(params![number, now])?;
        Ok(())
    }
}

impl Store {
    /// Records the time at which a link was found to have expired, unless another process is writing now. This is not part of a
    /// change, because it is no action of an operator.
    ///
    /// # Errors
    /// When another process is writing, or the store cannot be written; the link is refused in any case.
    pub fn note_time_of_expiry(&self, now: Timestamp) -> Result<()> {
        let writing = self.write_within(Duration::ZERO)?;
        writing.note_time(now)?;
        writing.commit()
    }
}
