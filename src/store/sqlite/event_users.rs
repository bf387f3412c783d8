//! The users whom an event is about, with the names that they have now.

use rusqlite::OptionalExtension as _;
use rusqlite::params;

use super::ReadTransaction;
use super::Result;
use crate::domain::user::UserId;

impl ReadTransaction<'_> {
    /// The username that a user has now; `None`: the user was deleted. A name that is no text (somebody edited the file) is shown
    /// as it can be.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn username(&self, user: UserId) -> Result<Option<String>> {
        let sql = "SELECT CAST(username AS BLOB) FROM users WHERE id = ?1";
        let name: Option<Option<Vec<u8>>> =
            self.transaction.prepare_cached(sql)?.query_row([user.0], |row| row.get(0)).optional()?;
        Ok(name.map(|name| String::from_utf8_lossy(&name.unwrap_or_default()).into_owned()))
    }

    /// The first users whom an event changed, by their number, at most `limit`.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn users_of_event(&self, event: i64, limit: u32) -> Result<Vec<UserId>> {
        let sql = "SELECT DISTINCT user_id FROM user_changes WHERE event = ?1 ORDER BY user_id LIMIT ?2";
        let mut statement = self.transaction.prepare_cached(sql)?;
        let rows = statement.query_map(params![event, limit], |row| row.get(0).map(UserId))?;
        Ok(rows.collect::<rusqlite::Result<_>>()?)
    }
}
