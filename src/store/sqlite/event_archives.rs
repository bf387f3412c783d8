//! The events that were moved out of the store into files, and moving them.

use rusqlite::Row;
use rusqlite::params;

use super::ReadTransaction;
use super::Result;
use super::StoreError;
use super::WriteTransaction;
use super::damage;
use super::events;
use super::user_changes;
use super::user_changes::bytes;
use crate::domain::event::CHAIN_START;
use crate::domain::event_archive::EventArchive;
use crate::domain::user::UserId;
use crate::domain::user_change::ChangeValues;
use crate::domain::user_change::DELETED;
use crate::domain::user_change::SALT_LENGTH;
use crate::store::types::event_archives::OldEvents;
use crate::store::types::event_archives::OldRow;

/// The columns of an archive, and where they come from.
pub(super) const COLUMNS: &str =
    "SELECT last_number, first_number, last_hash, before, changes, file, sha256, event FROM event_archives";

impl ReadTransaction<'_> {
    /// The files into which events were moved, the oldest events first.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn event_archives(&self) -> Result<Vec<EventArchive>> {
        let mut statement = self.transaction.prepare_cached(&format!("{COLUMNS} ORDER BY last_number"))?;
        let rows = statement.query_map([], archive)?;
        Ok(rows.collect::<rusqlite::Result<_>>()?)
    }

    /// The events from the first one in the store to the last one before any that happened at `before`, in unix seconds, or later;
    /// never the newest event. `None`: there are none. An event whose clock was ahead holds up those behind it.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn old_events(&self, before: i64) -> Result<Option<OldEvents>> {
        let newest = self.event_archives()?.pop();
        let (moved, hash_before) = newest.map_or((0, CHAIN_START.to_vec()), |newest| (newest.last, newest.last_hash));
        let sql = "SELECT min(ifnull((SELECT min(number) FROM events WHERE time >= ?1), max(number)), max(number)) - 1 FROM events";
        let last: Option<i64> = self.transaction.query_row(sql, [before], |row| row.get(0))?;
        let Some(last) = last.filter(|last| *last > moved) else { return Ok(None) };
        let Some(event) = self.event(last)? else { return Ok(None) };
        let sql = format!(
            "SELECT count(*), ifnull(sum(CAST(salt AS BLOB) = zeroblob({SALT_LENGTH})), 0) FROM user_changes WHERE event <= ?1"
        );
        let (changes, erased) = self.transaction.query_row(&sql, [last], |row| Ok((row.get(0)?, row.get(1)?)))?;
        Ok(Some(OldEvents { first: moved + 1, last, hash_before, last_hash: event.hash, changes, erased }))
    }

    /// Gives each event up to the one with the number `last`, with its user changes behind it, to `visit`, in the order of the chain.
    ///
    /// # Errors
    /// When the store cannot be read, or `visit` fails.
    pub fn each_old_row<E: From<StoreError>>(
        &self,
        last: i64,
        mut visit: impl FnMut(OldRow<'_>) -> std::result::Result<(), E>,
    ) -> std::result::Result<(), E> {
        let failed = |error: rusqlite::Error| E::from(StoreError::from(error));
        let sql = format!("{} WHERE number <= ?1 ORDER BY number", events::COLUMNS);
        let mut listed = self.transaction.prepare(&sql).map_err(failed)?;
        let mut rows = listed.query([last]).map_err(failed)?;
        let sql = format!("{} WHERE event <= ?1 ORDER BY event, id", user_changes::COLUMNS);
        let mut noted = self.transaction.prepare(&sql).map_err(failed)?;
        let mut noted = noted.query([last]).map_err(failed)?;
        let mut next = noted.next().map_err(failed)?;
        while let Some(row) = rows.next().map_err(failed)? {
            let event = damage::named("events", row, events::fields).map_err(failed)?;
            visit(OldRow::Event(&event))?;
            while let Some(row) = next
                && row.get::<_, i64>(1).map_err(failed)? <= event.number
            {
                let (values, digest) = values(row).map_err(failed)?;
                visit(OldRow::Change(&values, digest))?;
                next = noted.next().map_err(failed)?;
            }
        }
        if let Some(row) = next {
            let (values, digest) = values(row).map_err(failed)?;
            visit(OldRow::Change(&values, digest))?;
        }
        Ok(())
    }

    /// Whether an event that is still in the store tells that a user was deleted.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn is_deletion_told(&self, user: UserId) -> Result<bool> {
        let sql = format!("SELECT EXISTS (SELECT 1 FROM user_changes WHERE user_id = ?1 AND field = '{DELETED}')");
        Ok(self.transaction.prepare_cached(&sql)?.query_row([user.0], |row| row.get(0))?)
    }
}

impl WriteTransaction<'_> {
    /// Removes the events that a file has, with their user changes, and records the file. From then on the chain begins behind them.
    ///
    /// # Errors
    /// When the store cannot be written.
    pub fn move_out(&self, archive: &EventArchive) -> Result<()> {
        let sql = "INSERT INTO event_archives (last_number, first_number, last_hash, before, changes, file, sha256, event) \
                   VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)";
        let EventArchive { first, last, last_hash, before, changes, file, sha256, event } = archive;
        self.transaction.execute(sql, params![last, first, last_hash, before, changes, file, sha256, event])?;
        self.transaction.execute("DELETE FROM user_changes WHERE event <= ?1", [last])?;
        self.transaction.execute("DELETE FROM events WHERE number <= ?1", [last])?;
        Ok(())
    }
}

/// An archive from the columns of [`COLUMNS`].
pub(super) fn archive(row: &Row<'_>) -> rusqlite::Result<EventArchive> {
    damage::named("event_archives", row, |row| {
        Ok(EventArchive {
            last: row.get(0)?,
            first: row.get(1)?,
            last_hash: row.get(2)?,
            before: row.get(3)?,
            changes: row.get(4)?,
            file: row.get(5)?,
            sha256: row.get(6)?,
            event: row.get(7)?,
        })
    })
}

/// A change as its digest covers it, and its digest, from the columns of [`user_changes::COLUMNS`].
fn values<'row>(row: &'row Row<'_>) -> rusqlite::Result<(ChangeValues<'row>, &'row [u8])> {
    damage::named("user_changes", row, |row| {
        let values = ChangeValues {
            event: row.get(1)?,
            user: row.get(2)?,
            field: bytes(row.get_ref(3)?).unwrap_or_default(),
            old: bytes(row.get_ref(4)?),
            new: bytes(row.get_ref(5)?),
            salt: bytes(row.get_ref(6)?).unwrap_or_default(),
        };
        Ok((values, damage::blob(row, 7)?))
    })
}
