//! A job that ends the passwords of those whom it mails, in the transaction that creates it.

use jiff::Timestamp;
use rusqlite::ToSql;
use rusqlite::params;

use super::Result;
use super::Writing;
use super::users::MOST_HISTORY;
use crate::domain::job::JobId;

/// The users who are mailed.
const MAILED: &str = "(SELECT id FROM temp.meant WHERE skipped IS NULL)";

impl Writing<'_> {
    /// Ends the passwords and the sessions of those who are mailed. `meant` selects the id, the address, whether there is or
    /// was a password, and why a user is skipped; its result is kept in `temp.meant`, because the users may not meet the conditions of
    /// the selection any more afterwards. What waits to bring them a link, and links that could be used, end with the password,
    /// so the messages of the job must be queued after this.
    pub(super) fn end_passwords(
        &self,
        job: JobId,
        meant: &str,
        values: &[Box<dyn ToSql>],
        now: Timestamp,
    ) -> Result<()> {
        self.transaction.execute_batch(
            "CREATE TEMP TABLE IF NOT EXISTS meant (id INTEGER PRIMARY KEY, email TEXT, had_password INTEGER, skipped TEXT); \
             DELETE FROM temp.meant;",
        )?;
        let bound: Vec<&dyn ToSql> = values.iter().map(AsRef::as_ref).collect();
        self.transaction.execute(&format!("INSERT INTO temp.meant {meant}"), bound.as_slice())?;
        let now = now.as_second();
        let history = format!(
            "INSERT INTO password_history (user_id, replaced_at, password_hash) \
             SELECT id, ?1, password_hash FROM user WHERE id IN {MAILED} AND password_hash IS NOT NULL"
        );
        let ended = self.transaction.execute(&history, [now])?;
        self.transaction.execute(
            "DELETE FROM password_history WHERE user_id IN \
             (SELECT user_id FROM password_history GROUP BY user_id HAVING count(*) > ?1) AND id NOT IN \
             (SELECT kept.id FROM password_history AS kept WHERE kept.user_id = password_history.user_id \
             ORDER BY kept.id DESC LIMIT ?1)",
            [MOST_HISTORY],
        )?;
        let end = format!(
            "UPDATE user SET password_hash = NULL, password_set_at = NULL, password_policy = NULL, \
             must_change_password = 0, session_epoch = session_epoch + 1, updated_at = ?1 WHERE id IN {MAILED}"
        );
        self.transaction.execute(&end, [now])?;
        let sql = "UPDATE job SET passwords_ended = ?2 WHERE id = ?1";
        self.transaction.execute(sql, params![job.0, i64::try_from(ended).unwrap_or(i64::MAX)])?;
        Ok(())
    }
}
