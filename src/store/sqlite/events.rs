//! The audit: appended to in the transaction of the action itself, never changed.

use rusqlite::OptionalExtension as _;
use rusqlite::Row;
use rusqlite::params;

use super::ReadTransaction;
use super::Result;
use super::StoreError;
use super::WriteTransaction;
use super::damage;
use super::user_changes::bytes;
use crate::domain::elevation;
use crate::domain::event::CHAIN_START;
use crate::domain::event::Event;
use crate::domain::event::EventFields;
use crate::domain::event::NewEvent;
use crate::domain::event_chain::ChainBreak;
use crate::domain::event_chain::ChainReport;
use crate::domain::event_chain::ChainVerifier;
use crate::domain::user_change::ChangeValues;
use crate::domain::user_change::ChangesDigest;
use crate::domain::user_change::DELETED;
use crate::domain::user_change::SALT_LENGTH;
use crate::domain::user_change::SaltSeed;
use crate::store::types::events::EventQuery;

/// The columns of an event, and where they come from.
pub(super) const COLUMNS: &str = "SELECT number, time, operator, operator_uid, login_uid, host, identified_by, authority, action, outcome, \
                       user_id, reason, details, changes_digest, hash FROM events";

/// The numbers of the events about the user `?1`: those that were done to this user alone, those that changed this user
/// among others, the one that added the user, and those that created a job with a mail to the user.
const OF_USER: &str = "SELECT number FROM events WHERE user_id = ?1 \
     UNION SELECT event FROM user_changes WHERE user_id = ?1 \
     UNION SELECT added_by_event FROM users WHERE id = ?1 \
     UNION SELECT CAST(old AS INTEGER) FROM user_changes WHERE user_id = ?1 AND field = 'added_by_event' \
     UNION SELECT jobs.event FROM messages JOIN jobs ON jobs.id = messages.job_id WHERE messages.user_id = ?1";

impl EventQuery {
    /// Which events meet it, with its fields as `?1` to `?6`.
    fn condition(&self) -> String {
        // With a user, the events are looked up one by one; without one, all are read.
        let of_user = if self.user.is_some() { format!("number IN ({OF_USER})") } else { "?1 IS NULL".to_owned() };
        format!(
            "{of_user} AND (?2 IS NULL OR action = ?2 OR substr(action, 1, length(?2) + 1) = ?2 || ' ') AND \
             (?3 IS NULL OR operator_uid = ?3) AND (?4 IS NULL OR outcome = ?4) AND (?5 IS NULL OR time >= ?5) AND \
             (?6 IS NULL OR time <= ?6)"
        )
    }
}

impl ReadTransaction<'_> {
    /// How many events meet the query, whatever its limit is.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn count_events(&self, query: &EventQuery) -> Result<u64> {
        let sql = format!("SELECT count(*) FROM events WHERE {}", query.condition());
        let EventQuery { user, action, operator_uid, outcome, since, until, .. } = query;
        let values = params![user.map(|user| user.0), action, operator_uid, outcome, since, until];
        Ok(self.transaction.query_row(&sql, values, |row| row.get::<_, i64>(0))?.unsigned_abs())
    }

    /// Gives each event that meets the query to `visit`, newest first.
    ///
    /// # Errors
    /// When the store cannot be read, or `visit` fails.
    pub fn each_event<E: From<StoreError>>(
        &self,
        query: &EventQuery,
        mut visit: impl FnMut(Event) -> std::result::Result<(), E>,
    ) -> std::result::Result<(), E> {
        let sql = format!("{COLUMNS} WHERE {} ORDER BY number DESC LIMIT ?7", query.condition());
        let EventQuery { user, action, operator_uid, outcome, since, until, limit } = query;
        let limit = super::limit(*limit);
        let values = params![user.map(|user| user.0), action, operator_uid, outcome, since, until, limit];
        self.visit(&sql, values, &mut visit)
    }

    /// The event with this number.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn event(&self, number: i64) -> Result<Option<Event>> {
        let mut statement = self.transaction.prepare_cached(&format!("{COLUMNS} WHERE number = ?1"))?;
        Ok(statement.query_row([number], event).optional()?)
    }

    /// Gives each event to `visit`, in the order of the chain.
    ///
    /// # Errors
    /// When the store cannot be read, or `visit` fails.
    pub fn each_event_of_the_chain<E: From<StoreError>>(
        &self,
        mut visit: impl FnMut(Event) -> std::result::Result<(), E>,
    ) -> std::result::Result<(), E> {
        self.visit(&format!("{COLUMNS} ORDER BY number"), &[], &mut visit)
    }

    /// Checks the chain of all events in the store, and the user changes of each: behind the moved ones, whose files `chain` has
    /// followed or not. Gives each event to `visit` before it is checked.
    ///
    /// # Errors
    /// When the store cannot be read; [`ChainBreak`] with the first break.
    pub fn follow_chain<E: From<StoreError> + From<ChainBreak>>(
        &self,
        mut chain: ChainVerifier,
        mut visit: impl FnMut(&EventFields<'_>),
    ) -> std::result::Result<ChainReport, E> {
        let failed = |error: rusqlite::Error| E::from(StoreError::from(error));
        // Values are erased with their user alone. (For an AND instead of CASE, SQLite looks for the user of each row.)
        let sql = format!(
            "SELECT event, user_id, field, old, new, salt, digest, \
             CASE WHEN CAST(salt AS BLOB) = zeroblob({SALT_LENGTH}) \
             THEN NOT EXISTS (SELECT 1 FROM users WHERE users.id = c.user_id) \
             AND EXISTS (SELECT 1 FROM user_changes AS d WHERE d.user_id = c.user_id AND d.field = '{DELETED}') \
             ELSE FALSE END \
             FROM user_changes AS c ORDER BY event, id"
        );
        chain.know(&self.event_archives()?)?;
        chain.continue_in_store()?;
        let mut changes = self.transaction.prepare(&sql).map_err(failed)?;
        let mut changes = changes.query([]).map_err(failed)?;
        let mut change = changes.next().map_err(failed)?;
        let mut events = self.transaction.prepare(&format!("{COLUMNS} ORDER BY number")).map_err(failed)?;
        let mut events = events.query([]).map_err(failed)?;
        while let Some(row) = events.next().map_err(failed)? {
            let event = damage::named("events", row, fields).map_err(failed)?;
            visit(&event);
            chain.follow(&event)?;
            while let Some(row) = change
                && row.get::<_, i64>(0).map_err(failed)? <= event.number
            {
                follow_change(&mut chain, row).map_err(failed)??;
                change = changes.next().map_err(failed)?;
            }
        }
        if let Some(row) = change {
            follow_change(&mut chain, row).map_err(failed)??;
        }
        Ok(chain.end(self.counted_events().map_err(failed)?)?)
    }

    /// The highest number that SQLite has given to an event, which it keeps when events are deleted.
    fn counted_events(&self) -> rusqlite::Result<Option<i64>> {
        let sql = "SELECT max(CAST(seq AS INTEGER)) FROM sqlite_sequence WHERE name = 'events'";
        self.transaction.query_row(sql, [], |row| row.get(0))
    }

    fn visit<E: From<StoreError>>(
        &self,
        sql: &str,
        values: &[&dyn rusqlite::ToSql],
        visit: &mut dyn FnMut(Event) -> std::result::Result<(), E>,
    ) -> std::result::Result<(), E> {
        let failed = |error: rusqlite::Error| E::from(StoreError::from(error));
        let mut statement = self.transaction.prepare_cached(sql).map_err(failed)?;
        let mut rows = statement.query(values).map_err(failed)?;
        while let Some(row) = rows.next().map_err(failed)? {
            visit(event(row).map_err(failed)?)?;
        }
        Ok(())
    }

    /// The newest event, if there is one.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn newest_event(&self) -> Result<Option<Event>> {
        let mut statement = self.transaction.prepare_cached(&format!("{COLUMNS} ORDER BY number DESC LIMIT 1"))?;
        Ok(statement.query_row([], event).optional()?)
    }
}

impl WriteTransaction<'_> {
    /// The number that the next event has. What a change writes can name the event before it is appended.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn next_event_number(&self) -> Result<i64> {
        Ok(self.newest_event()?.map_or(1, |event| event.number.saturating_add(1)))
    }

    /// Appends an event that changed no user to the chain.
    ///
    /// # Errors
    /// When the store cannot be written; [`StoreError::Unrecorded`] when users were changed in this transaction.
    pub fn append_event(&self, new: &NewEvent) -> Result<()> {
        self.require_recorded()?;
        self.append(new, ChangesDigest::default().finish())
    }

    /// Appends an event to the chain, with all changes of users in this transaction beside it. `seed` salts their digests.
    ///
    /// # Errors
    /// When the store cannot be written.
    pub fn append_event_of_change(&self, new: &NewEvent, seed: &SaltSeed) -> Result<()> {
        let digest = self.move_user_changes(self.next_event_number()?, seed)?;
        self.append(new, digest)
    }

    fn append(&self, new: &NewEvent, changes_digest: [u8; 32]) -> Result<()> {
        let newest = self.newest_event()?;
        let before = newest.as_ref().map_or(CHAIN_START.as_slice(), |event| event.hash.as_slice());
        let mut event = Event {
            number: newest.as_ref().map_or(1, |event| event.number.saturating_add(1)),
            time: new.time.as_second(),
            operator: new.account.name.clone(),
            operator_uid: i64::from(new.account.uid),
            login_uid: new.account.login_uid.map(i64::from),
            host: new.account.host.clone(),
            identified_by: elevation::word(new.account.elevation).to_owned(),
            authority: new.authority.clone(),
            action: new.action.clone(),
            outcome: new.outcome.to_owned(),
            user_id: new.user.map(|user| user.0),
            reason: new.reason.clone(),
            details: new.details.clone(),
            changes_digest: changes_digest.to_vec(),
            hash: Vec::new(),
        };
        event.hash = event.chained_hash(before).to_vec();
        let sql = "INSERT INTO events (number, time, operator, operator_uid, login_uid, host, identified_by, authority, action, \
                   outcome, user_id, reason, details, changes_digest, hash) \
                   VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15)";
        self.transaction.prepare_cached(sql)?.execute(params![
            event.number,
            event.time,
            event.operator,
            event.operator_uid,
            event.login_uid,
            event.host,
            event.identified_by,
            event.authority,
            event.action,
            event.outcome,
            event.user_id,
            event.reason,
            event.details,
            event.changes_digest,
            event.hash,
        ])?;
        Ok(())
    }
}

pub(super) fn event(row: &Row<'_>) -> rusqlite::Result<Event> {
    damage::named("events", row, event_of)
}

fn event_of(row: &Row<'_>) -> rusqlite::Result<Event> {
    Ok(Event {
        number: row.get(0)?,
        time: row.get(1)?,
        operator: row.get(2)?,
        operator_uid: row.get(3)?,
        login_uid: row.get(4)?,
        host: row.get(5)?,
        identified_by: row.get(6)?,
        authority: row.get(7)?,
        action: row.get(8)?,
        outcome: row.get(9)?,
        user_id: row.get(10)?,
        reason: row.get(11)?,
        details: row.get(12)?,
        changes_digest: row.get(13)?,
        hash: row.get(14)?,
    })
}

/// The same without copying anything.
pub(super) fn fields<'row>(row: &'row Row<'_>) -> rusqlite::Result<EventFields<'row>> {
    Ok(EventFields {
        number: row.get(0)?,
        time: row.get(1)?,
        operator: damage::word(row, 2)?,
        operator_uid: row.get(3)?,
        login_uid: row.get(4)?,
        host: damage::word(row, 5)?,
        identified_by: damage::word(row, 6)?,
        authority: damage::word(row, 7)?,
        action: damage::word(row, 8)?,
        outcome: damage::word(row, 9)?,
        user_id: row.get(10)?,
        reason: damage::optional_text(row, 11)?,
        details: damage::optional_text(row, 12)?,
        changes_digest: damage::blob(row, 13)?,
        hash: damage::blob(row, 14)?,
    })
}

fn follow_change(chain: &mut ChainVerifier, row: &Row<'_>) -> rusqlite::Result<std::result::Result<(), ChainBreak>> {
    let values = ChangeValues {
        event: row.get(0)?,
        user: row.get(1)?,
        field: bytes(row.get_ref(2)?).unwrap_or_default(),
        old: bytes(row.get_ref(3)?),
        new: bytes(row.get_ref(4)?),
        salt: bytes(row.get_ref(5)?).unwrap_or_default(),
    };
    let digest = damage::blob(row, 6)?;
    Ok(chain.change(&values, digest, row.get(7)?))
}
