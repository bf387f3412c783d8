//! A job that ends the passwords of those whom it mails, in the transaction that creates it; and the passwords that were ended. What a
//! restore brings back of them is in `passwords_back.rs`.

use jiff::Timestamp;
use rusqlite::Row;
use rusqlite::ToSql;
use rusqlite::params;

use super::ReadTransaction;
use super::Result;
use super::StoreError;
use super::WriteTransaction;
use super::links;
use crate::domain::job::JobId;
use crate::domain::user::UserId;
use crate::secrets::password_hash::PasswordHash;
use crate::store::types::ended_passwords::MOST_ENDED;
use crate::store::types::ended_passwords::WithoutPassword;
use crate::store::types::users::MOST_HISTORY;

/// The users who are mailed.
const MAILED: &str = "(SELECT id FROM temp.meant WHERE skipped IS NULL)";

/// Whether a message of a job is still to be sent.
const WAITS: &str = "(of_job.state IN ('queued', 'sending', 'deferred', 'in doubt'))";

/// The condition that a user has neither a password nor a link that can be used at `?2`.
fn is_without_password() -> String {
    format!(
        "password_set_at IS NULL AND sign_in = 'password' AND NOT EXISTS (SELECT 1 FROM messages \
         WHERE messages.user_id = users.id AND lifetime IS NOT NULL AND delivered_at IS NOT NULL AND {})",
        links::open("?2")
    )
}

impl ReadTransaction<'_> {
    /// The passwords of a user that jobs have ended, newest first: at most [`MOST_ENDED`].
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn ended_passwords(&self, id: UserId) -> Result<Vec<PasswordHash>> {
        let sql =
            "SELECT password_hash FROM password_history WHERE user_id = ?1 AND is_ended = 1 ORDER BY id DESC LIMIT ?2";
        let mut statement = self.transaction.prepare_cached(sql)?;
        let hashes = statement.query_map(params![id.0, MOST_ENDED], |row| row.get::<_, String>(0))?;
        let mut ended = Vec::new();
        for hash in hashes {
            ended.extend(PasswordHash::parse(&hash?));
        }
        Ok(ended)
    }
}

/// The condition that a user could log in with a password, and has none.
const NO_PASSWORD: &str = "password_set_at IS NULL AND sign_in = 'password'";

/// The condition that a message has a link that can be used at the time that `now` binds, or waits to bring one.
fn may_bring_link(now: &str) -> String {
    let open = links::open_or_sending(now);
    format!("lifetime IS NOT NULL AND (state IN ('queued', 'deferred', 'in doubt') OR {open})")
}

impl ReadTransaction<'_> {
    /// Counts the users who have no password because a job ended it, and to whom no mail with a link that can still be used was
    /// brought since, by this job or another.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn job_without_password(&self, id: JobId, now: Timestamp) -> Result<WithoutPassword> {
        let sql = format!(
            "SELECT count(*), ifnull(sum({WAITS}), 0), ifnull(sum(of_job.state = 'failed'), 0) \
             FROM messages AS of_job JOIN users ON users.id = of_job.user_id \
             WHERE of_job.job_id = ?1 AND of_job.is_forced = 1 AND {}",
            is_without_password()
        );
        let count = |row: &Row<'_>, column| row.get::<_, i64>(column).map(i64::unsigned_abs);
        let found = self.transaction.query_row(&sql, [id.0, now.as_second()], |row| {
            Ok(WithoutPassword { users: count(row, 0)?, waiting: count(row, 1)?, failed: count(row, 2)? })
        });
        match found.map_err(StoreError::from) {
            Err(StoreError::Corrupt(_)) => self.job_without_password_one_by_one(id, now),
            found => found,
        }
    }

    /// The same of a store with damaged pages. Nobody can sign in whose row is on one of them.
    fn job_without_password_one_by_one(&self, id: JobId, now: Timestamp) -> Result<WithoutPassword> {
        let sql = format!("SELECT count(*) > 0 FROM users WHERE id = ?1 AND {}", is_without_password());
        let mut is_without = self.transaction.prepare(&sql)?;
        let sql = format!(
            "SELECT user_id, {WAITS}, of_job.state = 'failed' FROM messages AS of_job WHERE job_id = ?1 AND is_forced = 1"
        );
        let mut messages = self.transaction.prepare(&sql)?;
        let mut messages = messages.query([id.0])?;
        let mut found = WithoutPassword::default();
        while let Some(message) = messages.next()? {
            let user: Option<i64> = message.get(0)?;
            let read = is_without.query_row(params![user, now.as_second()], |row| row.get(0));
            let is_counted = match read.map_err(StoreError::from) {
                Err(StoreError::Corrupt(_)) => true,
                read => read?,
            };
            if is_counted {
                found.users += 1;
                found.waiting += u64::from(message.get::<_, bool>(1)?);
                found.failed += u64::from(message.get::<_, bool>(2)?);
            }
        }
        Ok(found)
    }

    /// Counts the users who have no password because a job ended it, and no link that can still be used, nor a mail that waits to
    /// bring one.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn ended_without_link(&self, now: Timestamp) -> Result<u64> {
        let sql = format!(
            "SELECT count(*) FROM users WHERE id IN (SELECT user_id FROM password_history WHERE is_ended = 1) \
             AND {NO_PASSWORD} AND NOT EXISTS (SELECT 1 FROM messages WHERE messages.user_id = users.id AND {})",
            may_bring_link("?1")
        );
        Ok(self.transaction.query_row(&sql, [now.as_second()], |row| row.get::<_, i64>(0))?.unsigned_abs())
    }

    /// The same of the users whose passwords these jobs ended, once the jobs and their messages are deleted.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn ended_without_link_after_deleting(&self, jobs: &[JobId], now: Timestamp) -> Result<u64> {
        let jobs = jobs.iter().map(|job| job.0.to_string()).collect::<Vec<_>>().join(", ");
        let sql = format!(
            "SELECT count(*) FROM users WHERE {NO_PASSWORD} \
             AND id IN (SELECT user_id FROM messages WHERE job_id IN ({jobs}) AND is_forced = 1) \
             AND NOT EXISTS (SELECT 1 FROM messages WHERE messages.user_id = users.id AND {} \
             AND ifnull(job_id, 0) NOT IN ({jobs}))",
            may_bring_link("?1")
        );
        Ok(self.transaction.query_row(&sql, [now.as_second()], |row| row.get::<_, i64>(0))?.unsigned_abs())
    }

    /// The paused jobs that ended passwords, the oldest first.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn paused_after_ending(&self) -> Result<Vec<JobId>> {
        let sql = "SELECT id FROM jobs WHERE state = 'paused' AND passwords_ended > 0 ORDER BY id";
        let mut statement = self.transaction.prepare(sql)?;
        let jobs = statement.query_map([], |row| Ok(JobId(row.get(0)?)))?;
        Ok(jobs.collect::<rusqlite::Result<_>>()?)
    }
}

impl WriteTransaction<'_> {
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
            "INSERT INTO password_history (user_id, replaced_at, password_hash, is_ended) \
             SELECT id, ?1, password_hash, 1 FROM users WHERE id IN {MAILED} AND password_hash IS NOT NULL"
        );
        let ended = self.transaction.execute(&history, [now])?;
        // Neither pushes the other out.
        for (which, most) in [("is_ended IS NULL", MOST_HISTORY), ("is_ended = 1", MOST_ENDED)] {
            let sql = format!(
                "DELETE FROM password_history WHERE {which} AND user_id IN \
                 (SELECT user_id FROM password_history WHERE {which} GROUP BY user_id HAVING count(*) > ?1) AND id NOT IN \
                 (SELECT kept.id FROM password_history AS kept WHERE kept.user_id = password_history.user_id \
                 AND kept.{which} ORDER BY kept.id DESC LIMIT ?1)"
            );
            self.transaction.execute(&sql, [most])?;
        }
        let end = format!(
            "UPDATE users SET password_hash = NULL, password_set_at = NULL, password_policy = NULL, \
             password_expires_at = NULL, password_is_own = 0, must_change_password = 0, session_epoch = session_epoch + 1, updated_at = ?1 WHERE id IN {MAILED}"
        );
        self.transaction.execute(&end, [now])?;
        let sql = "UPDATE jobs SET passwords_ended = ?2 WHERE id = ?1";
        self.transaction.execute(sql, params![job.0, i64::try_from(ended).unwrap_or(i64::MAX)])?;
        Ok(())
    }
}
