//! The waiting messages of a store with pages that SQLite cannot read. A damaged page affects only the rows on it.
//!
//! SQLite refuses to write in a transaction that has read a damaged page. So a run that finds one first reads, in a transaction
//! that does not write, which messages are readable, and sends only those.

use jiff::Timestamp;
use rusqlite::OptionalExtension as _;
use rusqlite::params_from_iter;

use super::ReadTransaction;
use super::Result;
use super::StoreError;
use super::outbox;
use crate::domain::message::MessageId;
use crate::store::types::damage::RowFault;
use crate::store::types::damaged_pages::ExaminedMessages;
use crate::store::types::outbox::Cursor;
use crate::store::types::outbox::Scope;
use crate::store::types::outbox::StoredValue;

impl ReadTransaction<'_> {
    /// Reads each due message of a scope on its own, with its user.
    ///
    /// # Errors
    /// When the store cannot be read for another reason than its damage, or the messages cannot be found.
    pub fn examine_waiting(&self, scope: &Scope, now: Timestamp) -> Result<ExaminedMessages> {
        let ids = match scope {
            Scope::These(ids) => ids.clone(),
            Scope::OfNoJob | Scope::Job(_) => {
                let values = Cursor::of(scope.job()).values(now);
                let mut ids = self.ids(outbox::IDS_OF_FRESH, &values)?;
                ids.extend(self.ids(outbox::IDS_OF_AGAIN, &values)?);
                ids
            }
        };
        let mut examined = ExaminedMessages::default();
        for id in ids {
            match self.waiting_batch([id]).map(|mut found| found.pop()) {
                Ok(None) => {}
                Ok(Some(Ok(due))) => examined.readable.push(due.id),
                Ok(Some(Err(unreadable))) => examined.unreadable.push((id, unreadable.fault)),
                Err(StoreError::Corrupt(words)) => examined.unreadable.push((id, self.page_fault(id, &words)?)),
                Err(error) => return Err(error),
            }
        }
        Ok(examined)
    }

    /// The ids of the messages in a queue.
    fn ids(&self, sql: &str, values: &[StoredValue; 6]) -> Result<Vec<MessageId>> {
        let mut statement = self.transaction.prepare(sql)?;
        let ids = statement.query_map(params_from_iter(values), |row| row.get(0).map(MessageId))?;
        Ok(ids.collect::<rusqlite::Result<_>>()?)
    }

    /// The row that keeps a message from being read: its own, or that of its user.
    fn page_fault(&self, id: MessageId, words: &str) -> Result<RowFault> {
        let fault = format!("cannot be read: {words}");
        let sql = "SELECT user_id FROM messages WHERE id = ?1";
        let user = self.transaction.query_row(sql, [id.0], |row| row.get::<_, Option<i64>>(0)).unwrap_or_default();
        let Some(user) = user else { return Ok(RowFault::of_row("messages", id.0, fault)) };
        let sql = format!("{} WHERE users.id = ?1", outbox::every_recipient());
        let read = self.transaction.query_row(&sql, [user], |row| outbox::recipient(row).map(drop)).optional();
        match read.map_err(StoreError::from) {
            Err(StoreError::Corrupt(_)) => Ok(RowFault::of_row("users", user, fault)),
            Err(error) if error.damage().is_none() => Err(error),
            _ => Ok(RowFault::of_row("messages", id.0, fault)),
        }
    }
}
