//! The changes that events made to the rows of users.
//!
//! No function is called to record a change. Each connection that writes has its own triggers, in the temporary schema of SQLite,
//! which record every change of a user, whichever statement makes it. [`WriteTransaction::append_event_of_change`] moves these
//! records beside the event, and [`WriteTransaction::commit`] refuses changes without an event. A user who is added has no changes:
//! `added_by_event` refers to the event.

use rusqlite::Connection;
use rusqlite::Row;
use rusqlite::params;
use rusqlite::types::ValueRef;

use super::ReadTransaction;
use super::Result;
use super::StoreError;
use super::WriteTransaction;
use super::damage;
use crate::domain::user::UserId;
use crate::domain::user_change::ChangeValues;
use crate::domain::user_change::ChangesDigest;
use crate::domain::user_change::DELETED;
use crate::domain::user_change::ERASED_SALT;
use crate::domain::user_change::SaltSeed;
use crate::domain::user_change::UserChange;
use crate::store::types::user_changes::ChangeQuery;

/// The columns of a change, and where they come from.
pub(super) const COLUMNS: &str = "SELECT id, event, user_id, field, old, new, salt, digest FROM user_changes";

/// The triggers that record each change.
const NOTE_CHANGES: &str = include_str!("note_user_changes.sql");

/// Begins to record the changes of this connection. It must not be in a transaction, which could be undone.
pub(super) fn begin_to_note(connection: &Connection) -> Result<()> {
    Ok(connection.execute_batch(NOTE_CHANGES)?)
}

impl ReadTransaction<'_> {
    /// A page of changes, oldest first: of one event, of one user, or of both.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn user_changes(&self, query: &ChangeQuery) -> Result<Vec<UserChange>> {
        let ChangeQuery { event, user, after, limit } = query;
        // The planner does not know the values: each kind has its own statement, and so its own index.
        let chosen = match (event, user) {
            (_, Some(_)) => "user_id = ?2 AND (?1 IS NULL OR event = ?1)",
            (Some(_), None) => "event = ?1 AND ?2 IS NULL",
            (None, None) => "?1 IS NULL AND ?2 IS NULL",
        };
        let sql = format!("{COLUMNS} WHERE {chosen} AND id > ?3 ORDER BY id LIMIT ?4");
        let mut statement = self.transaction.prepare_cached(&sql)?;
        let rows = statement.query_map(params![event, user.map(|user| user.0), after, limit], change)?;
        Ok(rows.collect::<rusqlite::Result<_>>()?)
    }

    /// How many fields of how many users an event changed.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn count_user_changes(&self, event: i64) -> Result<(u64, u64)> {
        let sql = "SELECT count(*), count(DISTINCT user_id) FROM user_changes WHERE event = ?1";
        let mut statement = self.transaction.prepare_cached(sql)?;
        Ok(statement.query_row([event], |row| {
            let count = |column| row.get::<_, i64>(column).map(i64::unsigned_abs);
            Ok((count(0)?, count(1)?))
        })?)
    }

    /// Whether an event refers to this user, who may have been deleted.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn is_in_audit(&self, user: UserId) -> Result<bool> {
        let sql = "SELECT EXISTS (SELECT 1 FROM user_changes WHERE user_id = ?1) \
                   OR EXISTS (SELECT 1 FROM events WHERE user_id = ?1)";
        Ok(self.transaction.prepare_cached(sql)?.query_row([user.0], |row| row.get(0))?)
    }
}

impl WriteTransaction<'_> {
    /// Whether users were changed and no event records it yet.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn has_user_changes(&self) -> Result<bool> {
        let sql = "SELECT EXISTS (SELECT 1 FROM temp.changed_users)";
        Ok(self.transaction.prepare_cached(sql)?.query_row([], |row| row.get(0))?)
    }

    /// Records a change of a user that is not in the row of the user, such as the reset of the count of wrong passwords.
    ///
    /// # Errors
    /// When the store cannot be written.
    pub fn note_user_change(&self, user: UserId, field: &str, old: Option<&str>, new: Option<&str>) -> Result<()> {
        let sql = "INSERT INTO temp.changed_users VALUES (?1, ?2, ?3, ?4) \
                   ON CONFLICT (user_id, field) DO UPDATE SET new = excluded.new";
        self.transaction.prepare_cached(sql)?.execute(params![user.0, field, old, new])?;
        Ok(())
    }

    /// Moves the records of the triggers beside the event with this number. Their salts come from `seed`. Returns the digest that
    /// the event contains.
    pub(super) fn move_user_changes(&self, event: i64, seed: &SaltSeed) -> Result<[u8; 32]> {
        let mut digest = ChangesDigest::default();
        {
            let sql =
                "SELECT user_id, field, old, new FROM temp.changed_users WHERE old IS NOT new ORDER BY user_id, field";
            let mut noted = self.transaction.prepare_cached(sql)?;
            let sql = "INSERT INTO user_changes (event, user_id, field, old, new, salt, digest) \
                       VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)";
            let mut insert = self.transaction.prepare_cached(sql)?;
            let mut rows = noted.query([])?;
            let mut number = 0;
            while let Some(row) = rows.next()? {
                let (user, salt) = (row.get(0)?, seed.salt(number));
                let [field, old, new] = [row.get_ref(1)?, row.get_ref(2)?, row.get_ref(3)?];
                let values = ChangeValues {
                    event,
                    user,
                    field: bytes(field).unwrap_or_default(),
                    old: bytes(old),
                    new: bytes(new),
                    salt: &salt,
                };
                let own = values.digest();
                digest.add(user, values.field, &own);
                let [field, old, new] = [field, old, new].map(rusqlite::types::ToSqlOutput::Borrowed);
                insert.execute(params![event, user, field, old, new, salt, own])?;
                if values.field == DELETED.as_bytes() {
                    self.has_erased.set(true);
                }
                number += 1;
            }
        }
        self.transaction.execute("DELETE FROM temp.changed_users", [])?;
        Ok(digest.finish())
    }

    /// Refuses to commit changes that no event records.
    pub(super) fn require_recorded(&self) -> Result<()> {
        if self.has_user_changes()? { Err(StoreError::Unrecorded) } else { Ok(()) }
    }
}

/// The bytes of a text.
pub(super) fn bytes(value: ValueRef<'_>) -> Option<&[u8]> {
    match value {
        ValueRef::Text(bytes) | ValueRef::Blob(bytes) => Some(bytes),
        _ => None,
    }
}

/// A change from the columns of [`COLUMNS`].
pub(super) fn change(row: &Row<'_>) -> rusqlite::Result<UserChange> {
    damage::named("user_changes", row, change_of)
}

fn change_of(row: &Row<'_>) -> rusqlite::Result<UserChange> {
    let is_erased = row.get_ref(6)?.as_blob().is_ok_and(|salt| salt == ERASED_SALT);
    // A name that is not text is shown as well as possible: the damage is in the row of the user.
    let text = |column| {
        let value = row.get_ref(column)?;
        Ok::<_, rusqlite::Error>(bytes(value).map(|bytes| String::from_utf8_lossy(bytes).into_owned()))
    };
    let value = |column| if is_erased { Ok(None) } else { text(column) };
    Ok(UserChange {
        id: row.get(0)?,
        event: row.get(1)?,
        user: UserId(row.get(2)?),
        field: text(3)?.unwrap_or_default(),
        old: value(4)?,
        new: value(5)?,
        is_erased,
    })
}
