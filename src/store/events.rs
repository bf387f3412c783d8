//! The audit: appended to in the transaction of the deed itself, never changed.

use rusqlite::OptionalExtension as _;
use rusqlite::Row;
use rusqlite::params;

use super::Reading;
use super::Result;
use super::Writing;
use crate::domain::event::CHAIN_START;
use crate::domain::event::Event;
use crate::domain::event::NewEvent;
use crate::domain::user::UserId;

/// The columns of an event, and where they come from.
pub(super) const COLUMNS: &str = "SELECT number, time, operator, operator_uid, login_uid, host, by_sudo, standing, action, outcome, \
                       user_id, reason, details, hash FROM event";

/// Which events a list shows.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct EventQuery {
    /// Those about this user.
    pub user: Option<UserId>,
    /// Those of this action and of its variants, whose words begin with the same words.
    pub action: Option<&'static str>,
    /// Those of this OS account, by number.
    pub operator_uid: Option<u32>,
    /// `done` or `refused`.
    pub outcome: Option<&'static str>,
    /// Those since this moment, in unix seconds.
    pub since: Option<i64>,
    /// Those until this moment, in unix seconds.
    pub until: Option<i64>,
    /// The newest so many.
    pub limit: Option<u64>,
}

impl Reading<'_> {
    /// Gives each event that meets the query to `visit`, newest first.
    ///
    /// # Errors
    /// When the store cannot be read, or `visit` fails.
    pub fn each_event<E: From<super::StoreError>>(
        &self,
        query: &EventQuery,
        mut visit: impl FnMut(Event) -> std::result::Result<(), E>,
    ) -> std::result::Result<(), E> {
        let sql = format!(
            "{COLUMNS} WHERE (?1 IS NULL OR user_id = ?1) AND (?2 IS NULL OR action = ?2 OR \
             substr(action, 1, length(?2) + 1) = ?2 || ' ') AND (?3 IS NULL OR operator_uid = ?3) AND \
             (?4 IS NULL OR outcome = ?4) AND (?5 IS NULL OR time >= ?5) AND (?6 IS NULL OR time <= ?6) \
             ORDER BY number DESC LIMIT ?7"
        );
        let EventQuery { user, action, operator_uid, outcome, since, until, limit } = query;
        let limit = limit.map_or(-1, |limit| i64::try_from(limit).unwrap_or(i64::MAX));
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
    pub fn each_event_of_the_chain<E: From<super::StoreError>>(
        &self,
        mut visit: impl FnMut(Event) -> std::result::Result<(), E>,
    ) -> std::result::Result<(), E> {
        self.visit(&format!("{COLUMNS} ORDER BY number"), &[], &mut visit)
    }

    fn visit<E: From<super::StoreError>>(
        &self,
        sql: &str,
        values: &[&dyn rusqlite::ToSql],
        visit: &mut dyn FnMut(Event) -> std::result::Result<(), E>,
    ) -> std::result::Result<(), E> {
        let failed = |error: rusqlite::Error| E::from(error.into());
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

impl Writing<'_> {
    /// Appends an event to the chain.
    ///
    /// # Errors
    /// When the store cannot be written.
    pub fn append_event(&self, new: &NewEvent) -> Result<()> {
        let newest = self.newest_event()?;
        let before = newest.as_ref().map_or(CHAIN_START.as_slice(), |event| event.hash.as_slice());
        let mut event = Event {
            number: newest.as_ref().map_or(1, |event| event.number + 1),
            time: new.time.as_second(),
            operator: new.account.name.clone(),
            operator_uid: i64::from(new.account.uid),
            login_uid: new.account.login_uid.map(i64::from),
            host: new.account.host.clone(),
            by_sudo: i64::from(new.account.by_sudo),
            standing: new.standing.clone(),
            action: new.action.clone(),
            outcome: new.outcome.to_owned(),
            user_id: new.user.map(|user| user.0),
            reason: new.reason.clone(),
            details: new.details.clone(),
            hash: Vec::new(),
        };
        event.hash = event.chained_hash(before).to_vec();
        let mut statement = self.transaction.prepare_cached(
            "INSERT INTO event (number, time, operator, operator_uid, login_uid, host, by_sudo, standing, action, \
             outcome, user_id, reason, details, hash) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, \
             ?14)",
        )?;
        statement.execute(params![
            event.number,
            event.time,
            event.operator,
            event.operator_uid,
            event.login_uid,
            event.host,
            event.by_sudo,
            event.standing,
            event.action,
            event.outcome,
            event.user_id,
            event.reason,
            event.details,
            event.hash,
        ])?;
        Ok(())
    }
}

pub(super) fn event(row: &Row<'_>) -> rusqlite::Result<Event> {
    Ok(Event {
        number: row.get(0)?,
        time: row.get(1)?,
        operator: row.get(2)?,
        operator_uid: row.get(3)?,
        login_uid: row.get(4)?,
        host: row.get(5)?,
        by_sudo: row.get(6)?,
        standing: row.get(7)?,
        action: row.get(8)?,
        outcome: row.get(9)?,
        user_id: row.get(10)?,
        reason: row.get(11)?,
        details: row.get(12)?,
        hash: row.get(13)?,
    })
}
