//! The passwords that jobs have ended in a store, and which of them a copy brings back that is to take its place.

use std::collections::hash_map::Entry;

use rusqlite::Row;

use super::ReadTransaction;
use super::Result;
use super::StoreError;
use super::rows::unless_damaged;
use crate::domain::job::JobId;
use crate::store::types::metadata::KEY_FINGERPRINT;
use crate::store::types::passwords_back::EndedPasswords;
use crate::store::types::passwords_back::EndedUser;
use crate::store::types::passwords_back::EndingJob;
use crate::store::types::passwords_back::PasswordsBack;
use crate::store::types::passwords_back::Uncounted;

/// The users whose passwords ended, when, and when each user was added, in unix seconds. Tables are read without their indexes, which
/// may be older where the file was copied in part.
const IN_HISTORY: &str = "SELECT user_id, replaced_at, users.created_at, NULL FROM password_history NOT INDEXED \
     JOIN users ON users.id = user_id WHERE is_ended = 1";

/// The same of users who were deleted since, as far as the mails of the jobs tell, with their addresses. A message of a job was
/// created when the passwords ended.
const OF_DELETED: &str = "SELECT user_id, messages.created_at, NULL, address FROM messages NOT INDEXED WHERE is_forced = 1 \
     AND NOT EXISTS (SELECT 1 FROM users WHERE users.id = user_id)";

/// What a damaged store still tells, each table by itself, and without its indexes. A value of another type than its column tells
/// nothing.
const SALVAGED: [&str; 2] = [
    "SELECT user_id, replaced_at, NULL, NULL FROM password_history NOT INDEXED WHERE is_ended = 1 \
     AND typeof(user_id) = 'integer' AND typeof(replaced_at) = 'integer' ORDER BY id",
    "SELECT user_id, created_at, NULL, CASE typeof(address) WHEN 'text' THEN address END FROM messages NOT INDEXED \
     WHERE is_forced = 1 AND typeof(user_id) = 'integer' AND typeof(created_at) = 'integer' ORDER BY id",
];

const ADDED: &str = "SELECT id, created_at FROM users NOT INDEXED WHERE typeof(created_at) = 'integer' ORDER BY id";

const JOBS: &str = "SELECT id, created_at, passwords_ended FROM jobs NOT INDEXED WHERE passwords_ended > 0 \
     AND typeof(created_at) = 'integer' AND typeof(passwords_ended) = 'integer' ORDER BY id";

impl EndedPasswords {
    /// Those of a store of which nothing is known.
    pub fn unknown(why: Uncounted) -> Self {
        Self { uncounted: Some(why), ..Self::default() }
    }

    /// Adds what a row of [`IN_HISTORY`] or one like it tells.
    fn add(&mut self, row: &Row<'_>) -> rusqlite::Result<()> {
        let found = EndedUser { ended_at: row.get(1)?, added_at: row.get(2)?, address: row.get(3)? };
        match self.users.entry(row.get(0)?) {
            Entry::Vacant(place) => drop(place.insert(found)),
            Entry::Occupied(known) => {
                let known = known.into_mut();
                known.ended_at = known.ended_at.max(found.ended_at);
                known.address = known.address.take().or(found.address);
            }
        }
        Ok(())
    }

    fn add_job(&mut self, row: &Row<'_>) -> rusqlite::Result<()> {
        self.jobs.push(EndingJob { id: row.get(0)?, created_at: row.get(1)?, passwords: row.get(2)? });
        Ok(())
    }

    fn is_empty(&self) -> bool {
        self.users.is_empty() && self.uncounted.is_none()
    }
}

impl ReadTransaction<'_> {
    /// Whose passwords jobs have ended.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn all_ended_passwords(&self) -> Result<EndedPasswords> {
        let mut ended =
            EndedPasswords { key: self.fact(KEY_FINGERPRINT)?, has_lists: true, ..EndedPasswords::default() };
        for sql in [IN_HISTORY, OF_DELETED] {
            self.each_row(sql, |row| ended.add(row))?;
        }
        self.each_row(JOBS, |row| ended.add_job(row))?;
        // Each user of a job that is still there is in the history, or has a mail of the job.
        let most = ended.jobs.iter().map(|job| job.passwords.unsigned_abs()).max().unwrap_or_default();
        if (ended.users.len() as u64) < most {
            ended.uncounted = Some(Uncounted::Damaged);
        }
        Ok(ended)
    }

    /// Whose passwords jobs have ended, as far as a damaged store tells: the history of passwords, the mails of the jobs and the jobs
    /// each tell it by themselves.
    ///
    /// # Errors
    /// When the store cannot be read for another reason than its damage.
    pub fn salvaged_ended_passwords(&self) -> Result<EndedPasswords> {
        let mut ended = EndedPasswords::unknown(Uncounted::Damaged);
        ended.key = self.fact(KEY_FINGERPRINT).or_else(none_if_damaged)?;
        for sql in SALVAGED {
            self.each_readable_row(sql, |row| ended.add(row))?;
        }
        let users = &mut ended.users;
        self.each_readable_row(ADDED, |row| {
            if let Some(user) = users.get_mut(&row.get(0)?) {
                user.added_at = Some(row.get(1)?);
            }
            Ok(())
        })?;
        self.each_readable_row(JOBS, |row| ended.add_job(row))?;
        // From both ends: a job in the middle was met once or twice.
        ended.jobs.sort_by_key(|job| job.id);
        ended.jobs.dedup_by_key(|job| job.id);
        ended.has_lists = self.can_list_recipients()?;
        Ok(ended)
    }

    /// Whether the recipients of jobs can be listed for an operator.
    fn can_list_recipients(&self) -> Result<bool> {
        let sql = "SELECT count(messages.address), count(users.username), count(users.name), count(users.email) \
                   FROM messages LEFT JOIN users ON users.id = user_id WHERE is_forced = 1";
        let is_read = self.each_row(sql, |_| Ok(())).and_then(|()| self.operators());
        is_read.map(|_| true).or_else(|error| none_if_damaged(error).map(|none: Option<()>| none.is_some()))
    }

    fn each_row(&self, sql: &str, read: impl FnMut(&Row<'_>) -> rusqlite::Result<()>) -> Result<()> {
        Ok(self.read_each_row(sql, read)?)
    }

    /// Reads a table from its first row up to what is damaged, and from its last one.
    fn each_readable_row(&self, sql: &str, mut read: impl FnMut(&Row<'_>) -> rusqlite::Result<()>) -> Result<()> {
        if unless_damaged(self.read_each_row(sql, &mut read))?.is_some() {
            unless_damaged(self.read_each_row(&format!("{sql} DESC"), read))?;
        }
        Ok(())
    }

    fn read_each_row(&self, sql: &str, mut read: impl FnMut(&Row<'_>) -> rusqlite::Result<()>) -> rusqlite::Result<()> {
        let mut statement = self.transaction.prepare(sql)?;
        let mut rows = statement.query([])?;
        while let Some(row) = rows.next()? {
            read(row)?;
        }
        Ok(())
    }

    /// The passwords of this store, a copy, that were ended in the store that it is to replace. A password is one of them if it was
    /// set before the user's last one ended: the hash alone would not tell, because a login may have replaced it by a stronger one.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn passwords_back(&self, ended: &EndedPasswords) -> Result<PasswordsBack> {
        // That this copy has the newest event of a damaged store proves nothing: newer ones may be what is damaged.
        if ended.is_empty() {
            return Ok(PasswordsBack::default());
        }
        let is_same_store = ended.key.is_some() && self.fact(KEY_FINGERPRINT)? == ended.key;
        let sql = "SELECT id, created_at, password_set_at, email FROM users WHERE password_hash IS NOT NULL";
        let (mut passwords, mut count): (u64, u64) = (0, 0);
        self.each_row(sql, |row| {
            let (user, created_at, set_at): (i64, i64, i64) = (row.get(0)?, row.get(1)?, row.get(2)?);
            let email = row.get_ref(3)?.as_str().ok();
            let is_back = |user: &EndedUser| set_at <= user.ended_at && user.is(is_same_store, created_at, email);
            passwords += 1;
            count += u64::from(ended.users.get(&user).is_some_and(is_back));
            Ok(())
        })?;
        let mut jobs = Vec::new();
        let mut is_here =
            self.transaction.prepare("SELECT EXISTS (SELECT 1 FROM jobs WHERE id = ?1 AND created_at = ?2)")?;
        for job in &ended.jobs {
            if !is_here.query_row([job.id, job.created_at], |row| row.get(0))? {
                jobs.push(job);
            }
        }
        if ended.uncounted.is_some() {
            // A job ends a password of each user at most once.
            let most = jobs.iter().map(|job| job.passwords.unsigned_abs()).max().unwrap_or_default();
            count = count.max(most.min(passwords));
        }
        let has_lists = count > 0 && ended.has_lists;
        let jobs = jobs.into_iter().filter(|_| has_lists).map(|job| JobId(job.id)).collect();
        Ok(PasswordsBack { count, uncounted: ended.uncounted.filter(|_| count < passwords), jobs })
    }
}

/// Nothing in the place of what is damaged.
fn none_if_damaged<T>(error: StoreError) -> Result<Option<T>> {
    match error {
        // Such as a table that is missing.
        StoreError::Sql(_) => Ok(None),
        error if error.damage().is_some() => Ok(None),
        error => Err(error),
    }
}
