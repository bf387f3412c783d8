//! What staged rows take away from users, before they are imported. [`ReadTransaction::match_incoming`] comes before.

use jiff::Timestamp;
use rusqlite::Row;
use rusqlite::named_params;

use super::ReadTransaction;
use super::Result;
use super::import::updated;
use super::users::ends_later;
use crate::domain::removal::Removals;
use crate::store::types::import::RowPlace;
use crate::store::types::import_effects::LockEffect;
use crate::store::types::import_effects::RowRemoval;
use crate::store::types::import_effects::UpdateEffects;

/// The condition that a row removes the password of its user.
const REMOVES_PASSWORD: &str = "(n.had_password AND n.sign_in = 'saml')";

/// The condition that a row gives a user a hash who has no password since a job ended theirs.
const AFTER_END: &str = "(NOT n.had_password AND n.password_hash IS NOT NULL AND n.sign_in <> 'saml' AND EXISTS \
     (SELECT 1 FROM main.password_history AS ended WHERE ended.user_id = n.id AND ended.is_ended = 1))";

impl ReadTransaction<'_> {
    /// Counts what the staged rows take away.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn update_effects(&self, now: Timestamp) -> Result<UpdateEffects> {
        let (removes_lock, updated) = (removes_lock(), updated());
        let sql = format!(
            "SELECT count(*) FILTER (WHERE {REMOVES_PASSWORD}), count(*) FILTER (WHERE {removes_lock}), \
               count(*) FILTER (WHERE {REMOVES_PASSWORD} OR {removes_lock}), \
               count(*) FILTER (WHERE n.role_id <> n.old_role_id), count(*) FILTER (WHERE {AFTER_END}) FROM ({updated}) AS n"
        );
        Ok(self.transaction.query_row(&sql, named_params! { ":now": now.as_second() }, |row| {
            let count = |column| row.get::<_, i64>(column).map(i64::unsigned_abs);
            let removals = Removals { passwords: count(0)?, locks: count(1)? };
            Ok(UpdateEffects { removals, users: count(2)?, roles_changed: count(3)?, after_end: count(4)? })
        })?)
    }

    /// The first `limit` of the staged rows that take something away, in the order of the input.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn first_removals(&self, limit: usize, now: Timestamp) -> Result<Vec<RowRemoval>> {
        let (removes_lock, updated) = (removes_lock(), updated());
        let sql = format!(
            "SELECT n.number, n.line, n.old_username, {REMOVES_PASSWORD}, {removes_lock}, n.locked_at IS NULL \
             FROM ({updated}) AS n WHERE {REMOVES_PASSWORD} OR {removes_lock} ORDER BY n.number LIMIT {limit}"
        );
        let mut statement = self.transaction.prepare(&sql)?;
        let rows = statement.query_map(named_params! { ":now": now.as_second() }, removal)?;
        Ok(rows.collect::<rusqlite::Result<_>>()?)
    }
}

/// The condition that a row ends or shortens a lock in force.
fn removes_lock() -> String {
    format!("(n.was_locked AND (n.locked_at IS NULL OR {}))", ends_later("n.old_locked_until", "n.locked_until"))
}

fn removal(row: &Row<'_>) -> rusqlite::Result<RowRemoval> {
    let number = |column| row.get::<_, i64>(column).map(i64::unsigned_abs);
    let effect = if row.get(5)? { LockEffect::Ended } else { LockEffect::Shortened };
    Ok(RowRemoval {
        place: RowPlace { number: number(0)?, line: number(1)? },
        username: row.get(2)?,
        password: row.get(3)?,
        lock: row.get::<_, bool>(4)?.then_some(effect),
    })
}
