//! Events in the order of the chain, for those who copy them elsewhere.

use rusqlite::Row;
use rusqlite::params;

use super::ReadTransaction;
use super::Result;
use super::StoreError;
use super::damage;
use super::events;
use super::user_changes;
use crate::domain::event::EventFields;
use crate::domain::user_change::UserChange;

/// The most changes of one user in one event: a few more than a user has fields.
const CHANGES_OF_ONE_USER: usize = 100;

impl ReadTransaction<'_> {
    /// The number of the first event at this moment, in unix seconds, or later; `None`: there is none.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn first_event_since(&self, time: i64) -> Result<Option<i64>> {
        let sql = "SELECT min(number) FROM events WHERE time >= ?1";
        Ok(self.transaction.prepare_cached(sql)?.query_row([time], |row| row.get(0))?)
    }

    /// Gives each event after the one with this number to `visit`, in the order of the chain, with what it changed of the one user
    /// that it is about: at most `limit` events.
    ///
    /// # Errors
    /// When the store cannot be read, or `visit` fails.
    pub fn each_event_after<E: From<StoreError>>(
        &self,
        after: i64,
        limit: Option<u64>,
        mut visit: impl FnMut(&EventFields<'_>, &[UserChange]) -> std::result::Result<(), E>,
    ) -> std::result::Result<(), E> {
        let failed = |error: rusqlite::Error| E::from(StoreError::from(error));
        let sql = format!("{} WHERE number > ?1 ORDER BY number LIMIT ?2", events::COLUMNS);
        let mut listed = self.transaction.prepare_cached(&sql).map_err(failed)?;
        let mut rows = listed.query(params![after, super::limit(limit)]).map_err(failed)?;
        // Both are read side by side: a look-up for each event would cost more than all of them.
        let sql = format!("{} WHERE event > ?1 ORDER BY event, id", user_changes::COLUMNS);
        let mut noted = self.transaction.prepare_cached(&sql).map_err(failed)?;
        let mut noted = noted.query([after]).map_err(failed)?;
        let mut next = noted.next().map_err(failed)?;
        let mut changes = Vec::new();
        while let Some(row) = rows.next().map_err(failed)? {
            let event = damage::named("events", row, events::fields).map_err(failed)?;
            changes.clear();
            while let Some(row) = next {
                let (of_event, user) = place(row).map_err(failed)?;
                if of_event > event.number {
                    break;
                }
                if (Some(of_event), Some(user)) == (Some(event.number), event.user_id)
                    && changes.len() < CHANGES_OF_ONE_USER
                {
                    changes.push(user_changes::change(row).map_err(failed)?);
                }
                next = noted.next().map_err(failed)?;
            }
            visit(&event, &changes)?;
        }
        Ok(())
    }
}

/// The event and the user of a change.
fn place(row: &Row<'_>) -> rusqlite::Result<(i64, i64)> {
    Ok((row.get(1)?, row.get(2)?))
}
