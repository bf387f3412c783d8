//! The state of a relay that refuses this program, or leaves its mail in doubt, for all recipients: the messages whose attempts do
//! not count, and how long nothing is sent. While the cause of refusals is not yet known, the messages are deferred with the reply
//! of the relay and a counted attempt: if the process is killed then, the rows say what happened and no message has failed.

use jiff::Timestamp;
use rusqlite::OptionalExtension as _;
use rusqlite::params;

use super::ReadTransaction;
use super::Result;
use super::WriteTransaction;
use super::damage::lossy;
use super::time;
use crate::domain::message::MessageId;
use crate::domain::retry;
use crate::store::types::outbox::Scope;
use crate::store::types::relay_refusals::IN_DOUBT;
use crate::store::types::relay_refusals::RelayHold;

/// How many messages are searched for one to another domain.
const LOOKED_AT: i64 = 500;
/// With how many messages whose attempts did not count a run begins. A run leaves fewer.
const MOST_GIVEN_BACK: i64 = 200;

/// The messages that never were tried, and those that are due again, of one job or of none (`?1`) at a time (`?2`).
const FRESH: &str = "state = 'queued' AND job_id IS ?1 AND ?2 IS NOT NULL AND typeof(due_at) = 'integer'";
const AGAIN: &str =
    "state IN ('deferred', 'in doubt') AND job_id IS ?1 AND due_at <= ?2 AND typeof(due_at) = 'integer'";

impl ReadTransaction<'_> {
    /// The last time the relay refused everything, if it ever did.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn relay_hold(&self) -> Result<Option<RelayHold>> {
        let sql = "SELECT until, count, reply, has_accepted FROM relay_hold";
        let hold = self.transaction.query_row(sql, [], |row| {
            Ok(RelayHold {
                until: time(row.get(0).unwrap_or_default()),
                // An impossible number, which another program wrote, holds mail back for a short time only.
                count: row.get(1).unwrap_or_default(),
                reply: lossy(row, 2)?.unwrap_or_default(),
                has_accepted: row.get(3).unwrap_or_default(),
            })
        });
        Ok(hold.optional()?)
    }

    /// The waiting messages of a scope whose last attempt did not count, oldest first.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn given_back(&self, scope: &Scope) -> Result<Vec<MessageId>> {
        let job = match scope {
            Scope::These(_) => return Ok(Vec::new()),
            Scope::OfNoJob => None,
            Scope::Job(job) => Some(job.0),
        };
        let sql = "SELECT id FROM messages WHERE given_back IS NOT NULL AND job_id IS ?1 \
                   AND state IN ('queued', 'deferred', 'in doubt') ORDER BY id LIMIT ?2";
        let mut statement = self.transaction.prepare_cached(sql)?;
        let ids = statement.query_map(params![job, MOST_GIVEN_BACK], |row| Ok(MessageId(row.get(0)?)))?;
        Ok(ids.collect::<rusqlite::Result<_>>()?)
    }

    /// A due message of a scope near the position `nth` of `of` positions in the queue, if there is one to a domain other than
    /// these.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn due_elsewhere(
        &self,
        scope: &Scope,
        (nth, of): (u32, u32),
        domains: &[String],
        now: Timestamp,
    ) -> Result<Option<MessageId>> {
        let job = match scope {
            Scope::These(_) => return Ok(None),
            Scope::OfNoJob => None,
            Scope::Job(job) => Some(job.0),
        };
        for part in [FRESH, AGAIN] {
            let end = |order: &str| {
                let sql =
                    format!("SELECT due_at, id FROM messages WHERE {part} ORDER BY due_at {order}, id {order} LIMIT 1");
                let mut statement = self.transaction.prepare_cached(&sql)?;
                let values = params![job, now.as_second()];
                Ok::<_, super::StoreError>(
                    statement.query_row(values, |row| Ok((row.get::<_, i64>(0)?, row.get::<_, i64>(1)?))).optional()?,
                )
            };
            let (Some(first), Some(last)) = (end("ASC")?, end("DESC")?) else { continue };
            // At a random position in its part of the queue, because every second user, for example, may be refused.
            let place = ((u64::from(nth) ^ first.1.unsigned_abs()).wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 48) as i128;
            let between = |first: i64, last: i64| {
                let part = i128::from(last.saturating_sub(first)) / i128::from(of.max(1));
                let offset = part * i128::from(nth.saturating_sub(1)) + ((part * place) >> 16);
                first.saturating_add(i64::try_from(offset).unwrap_or(0))
            };
            // If all are due since the same time, the id alone gives the position.
            let start = (between(first.0, last.0), between(first.1.min(last.1), first.1.max(last.1)));
            let mut any = None;
            for from in [start, first] {
                let sql = format!(
                    "SELECT id, address FROM messages WHERE {part} AND (due_at, id) >= (?3, ?4) ORDER BY due_at, id LIMIT ?5"
                );
                let mut statement = self.transaction.prepare_cached(&sql)?;
                let mut rows = statement.query(params![job, now.as_second(), from.0, from.1, LOOKED_AT])?;
                while let Some(row) = rows.next()? {
                    let id = MessageId(row.get(0)?);
                    any.get_or_insert(id);
                    let address = lossy(row, 1)?.unwrap_or_default();
                    let domain = address.rsplit_once('@').map_or("", |(_, domain)| domain);
                    if !domains.iter().any(|known| known.eq_ignore_ascii_case(domain)) {
                        return Ok(Some(id));
                    }
                }
            }
            if any.is_some() {
                return Ok(any);
            }
        }
        Ok(None)
    }
}

impl WriteTransaction<'_> {
    /// Records that the relay refused everything, with its reply. Returns the end of the time in which nothing is sent.
    ///
    /// # Errors
    /// When the store cannot be written.
    pub fn hold_relay(&self, reply: &str, now: Timestamp) -> Result<Timestamp> {
        let count = self.relay_hold()?.map_or(0, |hold| hold.count).saturating_add(1);
        let until = now.saturating_add(retry::hold(count)).unwrap_or(Timestamp::MAX);
        let sql = "INSERT OR REPLACE INTO relay_hold (id, until, count, reply) VALUES (1, ?1, ?2, ?3)";
        self.transaction.execute(sql, params![until.as_second(), count, reply])?;
        Ok(until)
    }

    /// The same for a relay that leaves everything in doubt; `words` say what happens.
    ///
    /// # Errors
    /// When the store cannot be written.
    pub fn hold_relay_for_doubts(&self, words: &str, now: Timestamp) -> Result<Timestamp> {
        self.hold_relay(&format!("{IN_DOUBT}{words}"), now)
    }

    /// Records that the relay accepts mail again.
    ///
    /// # Errors
    /// When the store cannot be written.
    pub fn end_relay_hold(&self) -> Result<()> {
        self.transaction.execute("UPDATE relay_hold SET until = 0, count = 0, has_accepted = 1", [])?;
        Ok(())
    }

    /// Allows the next run to send, which finds out whether the relay accepts mail again.
    ///
    /// # Errors
    /// When the store cannot be written.
    pub fn lift_relay_hold(&self) -> Result<()> {
        self.transaction.execute("UPDATE relay_hold SET until = 0", [])?;
        Ok(())
    }

    /// Undoes the counted attempt of a message that was deferred earlier in the same run: it waits as before, with the reply of
    /// that attempt, and is due again. `lifetime_from` is its former value. False: it no longer waits.
    ///
    /// # Errors
    /// When the store cannot be written.
    pub fn give_back_message(
        &self,
        id: MessageId,
        lifetime_from: Option<Timestamp>,
        due_at: Timestamp,
    ) -> Result<bool> {
        let sql = "UPDATE messages SET attempts = attempts - 1, lifetime_from = ?2, due_at = ?3, given_back = 1, \
                   state = CASE WHEN delivered_at IS NOT NULL THEN 'in doubt' WHEN attempts = 1 THEN 'queued' \
                   ELSE 'deferred' END WHERE id = ?1 AND state = 'deferred' AND attempts > 0";
        let mut statement = self.transaction.prepare_cached(sql)?;
        let values = params![id.0, lifetime_from.map(Timestamp::as_second), due_at.as_second()];
        Ok(statement.execute(values)? > 0)
    }

    /// Fails a message that was deferred earlier in the same run, because the refusal is now known to concern this message. Its
    /// reply remains. False: it no longer waits.
    ///
    /// # Errors
    /// When the store cannot be written.
    pub fn fail_deferred(&self, id: MessageId, now: Timestamp) -> Result<bool> {
        let sql = "UPDATE messages SET state = 'failed', ended_at = ?2 WHERE id = ?1 AND state = 'deferred'";
        Ok(self.transaction.prepare_cached(sql)?.execute(params![id.0, now.as_second()])? > 0)
    }

    /// Fails the waiting messages of a scope whose first attempt was before `before`, because the relay cannot be used. Returns how
    /// many there were.
    ///
    /// # Errors
    /// When the store cannot be written.
    pub fn give_up_waiting(&self, scope: &Scope, before: Timestamp, now: Timestamp) -> Result<u64> {
        let job = match scope {
            Scope::These(_) => return Ok(0),
            Scope::OfNoJob => None,
            Scope::Job(job) => Some(job.0),
        };
        let sql = format!(
            "UPDATE messages SET state = 'failed', ended_at = ?2, reply = 'gave up: ' || ifnull(reply, '') \
             WHERE {AGAIN} AND lifetime_from < ?3"
        );
        let count = self.transaction.execute(&sql, params![job, now.as_second(), before.as_second()])?;
        Ok(count as u64)
    }
}
