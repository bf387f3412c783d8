//! A job that ends the passwords of those whom it mails, in the transaction that creates it; and the passwords that were ended.

use std::collections::HashMap;

use jiff::Timestamp;
use rusqlite::Row;
use rusqlite::ToSql;
use rusqlite::params;

use super::ReadTransaction;
use super::Result;
use super::WriteTransaction;
use super::links;
use super::metadata::KEY_FINGERPRINT;
use super::users::MOST_HISTORY;
use crate::domain::job::JobId;
use crate::domain::user::UserId;
use crate::secrets::password_hash::PasswordHash;

/// How many ended passwords of a user are kept, the newest ones. Each costs a new password one verification of Argon2, so there must
/// be a limit; a password that was ended ten times ago has been of no use to anybody since.
pub const MOST_ENDED: u32 = 10;

/// The users who are mailed.
const MAILED: &str = "(SELECT id FROM temp.meant WHERE skipped IS NULL)";

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

/// Whose passwords jobs have ended in a store, for comparing it with a copy that is to take its place.
#[derive(Debug, Default)]
pub struct EndedPasswords {
    /// By user: when the user was added, and when the last password ended, in unix seconds. Ids are never given again, but the copy
    /// may be of another store.
    users: HashMap<i64, (i64, i64)>,
    /// The same of users who were deleted since, as far as the mails of the jobs tell: the address, and when the last password ended.
    deleted: HashMap<i64, (String, i64)>,
    /// The fingerprint of the reset key: a copy with the same one is a copy of this store.
    key: Option<Vec<u8>>,
    /// The jobs, and when each was created.
    jobs: Vec<(i64, i64)>,
}

/// The passwords of a copy that were ended after it was made.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct PasswordsBack {
    /// How many users log in with them once the copy is the store.
    pub count: u64,
    /// The jobs that ended them, as far as the store that is replaced still has them; the copy has none of them.
    pub jobs: Vec<JobId>,
}

/// Users whose passwords a job ended, and who have neither a password nor a link since.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct WithoutPassword {
    /// How many.
    pub users: u64,
    /// How many of them the job still mails.
    pub waiting: u64,
    /// How many of them have a mail of the job that failed, so that it can be tried again.
    pub failed: u64,
}

/// The condition that a user could log in with a password, and has none.
const NO_PASSWORD: &str = "password_set_at IS NULL AND sign_in = 'password'";

/// The condition that a message has a link that can be used at the time that `now` binds, or waits to bring one.
fn may_bring_link(now: &str) -> String {
    let open = links::open_or_sending(now);
    format!("life IS NOT NULL AND (state IN ('queued', 'deferred', 'in doubt') OR {open})")
}

impl ReadTransaction<'_> {
    /// Counts the users who have no password because a job ended it, and to whom no mail with a link that can still be used was
    /// brought since, by this job or another.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn job_without_password(&self, id: JobId, now: Timestamp) -> Result<WithoutPassword> {
        let sql = format!(
            "SELECT count(*), ifnull(sum(of_job.state IN ('queued', 'sending', 'deferred', 'in doubt')), 0), \
             ifnull(sum(of_job.state = 'failed'), 0) \
             FROM message AS of_job JOIN user ON user.id = of_job.user_id \
             WHERE of_job.job_id = ?1 AND of_job.is_forced = 1 AND password_set_at IS NULL AND sign_in = 'password' \
             AND NOT EXISTS (SELECT 1 FROM message WHERE message.user_id = user.id AND life IS NOT NULL \
             AND handed_at IS NOT NULL AND {})",
            links::open("?2")
        );
        let count = |row: &Row<'_>, column| row.get::<_, i64>(column).map(i64::unsigned_abs);
        Ok(self.transaction.query_row(&sql, [id.0, now.as_second()], |row| {
            Ok(WithoutPassword { users: count(row, 0)?, waiting: count(row, 1)?, failed: count(row, 2)? })
        })?)
    }

    /// Counts the users who have no password because a job ended it, and no link that can still be used, nor a mail that waits to
    /// bring one.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn ended_without_link(&self, now: Timestamp) -> Result<u64> {
        let sql = format!(
            "SELECT count(*) FROM user WHERE id IN (SELECT user_id FROM password_history WHERE is_ended = 1) \
             AND {NO_PASSWORD} AND NOT EXISTS (SELECT 1 FROM message WHERE message.user_id = user.id AND {})",
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
            "SELECT count(*) FROM user WHERE {NO_PASSWORD} \
             AND id IN (SELECT user_id FROM message WHERE job_id IN ({jobs}) AND is_forced = 1) \
             AND NOT EXISTS (SELECT 1 FROM message WHERE message.user_id = user.id AND {} \
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
        let sql = "SELECT id FROM job WHERE state = 'paused' AND passwords_ended > 0 ORDER BY id";
        let mut statement = self.transaction.prepare(sql)?;
        let jobs = statement.query_map([], |row| Ok(JobId(row.get(0)?)))?;
        Ok(jobs.collect::<rusqlite::Result<_>>()?)
    }

    /// Whose passwords jobs have ended.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn all_ended_passwords(&self) -> Result<EndedPasswords> {
        let sql = "SELECT user_id, user.created_at, max(replaced_at) FROM password_history JOIN user ON user.id = user_id \
                   WHERE is_ended = 1 GROUP BY user_id";
        let mut statement = self.transaction.prepare(sql)?;
        let users = statement.query_map([], |row| Ok((row.get(0)?, (row.get(1)?, row.get(2)?))))?;
        let users = users.collect::<rusqlite::Result<_>>()?;
        let mut statement = self.transaction.prepare("SELECT id, created_at FROM job WHERE passwords_ended > 0")?;
        let jobs = statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?;
        let jobs = jobs.collect::<rusqlite::Result<_>>()?;
        let sql = "SELECT user_id, address, max(job.created_at) FROM message JOIN job ON job.id = job_id WHERE is_forced = 1 \
                   AND NOT EXISTS (SELECT 1 FROM user WHERE user.id = user_id) GROUP BY user_id";
        let mut statement = self.transaction.prepare(sql)?;
        let deleted = statement.query_map([], |row| Ok((row.get(0)?, (row.get(1)?, row.get(2)?))))?;
        let deleted = deleted.collect::<rusqlite::Result<_>>()?;
        Ok(EndedPasswords { users, deleted, key: self.fact(KEY_FINGERPRINT)?, jobs })
    }

    /// The passwords of this store, a copy, that were ended in the store that it is to replace. A password is one of them if it was
    /// set before the user's last one ended: the hash alone would not tell, because a login may have replaced it by a stronger one.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn passwords_back(&self, ended: &EndedPasswords) -> Result<PasswordsBack> {
        if ended.users.is_empty() && ended.deleted.is_empty() {
            return Ok(PasswordsBack::default());
        }
        let is_same_store = ended.key.is_some() && self.fact(KEY_FINGERPRINT)? == ended.key;
        let sql = "SELECT id, created_at, password_set_at, email FROM user WHERE password_hash IS NOT NULL";
        let mut statement = self.transaction.prepare(sql)?;
        let mut rows = statement.query([])?;
        let mut count = 0;
        while let Some(row) = rows.next()? {
            let (user, created_at, set_at): (i64, i64, i64) = (row.get(0)?, row.get(1)?, row.get(2)?);
            let is_ended = |ended_at: &i64| set_at <= *ended_at;
            let is_back = match (ended.users.get(&user), ended.deleted.get(&user)) {
                (Some((added_at, ended_at)), _) => *added_at == created_at && is_ended(ended_at),
                (None, Some((address, ended_at))) => {
                    is_ended(ended_at)
                        && (is_same_store || row.get_ref(3)?.as_str().is_ok_and(|email| email == address))
                }
                (None, None) => false,
            };
            count += u64::from(is_back);
        }
        let mut jobs = Vec::new();
        let mut is_here =
            self.transaction.prepare("SELECT EXISTS (SELECT 1 FROM job WHERE id = ?1 AND created_at = ?2)")?;
        for (job, created_at) in ended.jobs.iter().filter(|_| count > 0) {
            if !is_here.query_row([job, created_at], |row| row.get(0))? {
                jobs.push(JobId(*job));
            }
        }
        Ok(PasswordsBack { count, jobs })
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
             SELECT id, ?1, password_hash, 1 FROM user WHERE id IN {MAILED} AND password_hash IS NOT NULL"
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
            "UPDATE user SET password_hash = NULL, password_set_at = NULL, password_policy = NULL, \
             must_change_password = 0, session_epoch = session_epoch + 1, updated_at = ?1 WHERE id IN {MAILED}"
        );
        self.transaction.execute(&end, [now])?;
        let sql = "UPDATE job SET passwords_ended = ?2 WHERE id = ?1";
        self.transaction.execute(sql, params![job.0, i64::try_from(ended).unwrap_or(i64::MAX)])?;
        Ok(())
    }
}
