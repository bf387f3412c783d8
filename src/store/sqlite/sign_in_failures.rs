//! Counts of what strangers can cause: wrong passwords by user, refused attempts by kind and account. Every count is best-effort
//! and not part of a change: it is written only if no other process is writing at this moment, so that no check of a password or a
//! code waits for a writer, and none fails because a count was lost.

use std::time::Duration;

use jiff::Timestamp;
use rusqlite::OptionalExtension as _;
use rusqlite::Row;
use rusqlite::params;

use super::ReadTransaction;
use super::Result;
use super::Store;
use super::WriteTransaction;
use super::damage;
use super::time;
use crate::domain::elevation;
use crate::domain::elevation::Elevation;
use crate::domain::operator::Account;
use crate::domain::sign_in::SignInFailures;
use crate::domain::user::UserId;
use crate::secrets::admission::Rehashed;
use crate::store::types::sign_in_failures::AttemptKind;
use crate::store::types::sign_in_failures::RefusedAttempt;
use crate::store::types::sign_in_failures::RefusedAttempts;

/// Refused attempts of one kind are recorded in at most one event per this many seconds.
const EVENT_EVERY: i64 = 60;

/// Of the logins within this many seconds, one is recorded, so that a busy login system does not fill the queue of the disk.
const LOGIN_RECORDED_EVERY: i64 = 60;

/// How long a successful login waits for a gap between other writers: too short to be noticed, but long enough to be recorded
/// beside a job that commits every few milliseconds.
const LOGIN_PATIENCE: Duration = Duration::from_millis(20);

/// The query for the wrong passwords of users.
pub(super) const FAILURES: &str = "SELECT user_id, count, last_at, client FROM sign_in_failures";

/// The query for the refused attempts that no event records yet.
pub(super) const ATTEMPTS: &str = "SELECT action, refusal, count, since, operator, operator_uid, login_uid, host, \
     identified_by, authority FROM refused_attempts WHERE count > 0";

pub(super) fn failures(row: &Row<'_>) -> rusqlite::Result<SignInFailures> {
    damage::named("sign_in_failures", row, failures_of)
}

fn failures_of(row: &Row<'_>) -> rusqlite::Result<SignInFailures> {
    Ok(SignInFailures {
        count: row.get::<_, i64>(1)?.cast_unsigned(),
        last_at: Some(time(row.get(2)?)),
        client: row.get(3)?,
    })
}

pub(super) fn attempts(row: &Row<'_>) -> rusqlite::Result<RefusedAttempts> {
    damage::named("refused_attempts", row, attempts_of)
}

fn attempts_of(row: &Row<'_>) -> rusqlite::Result<RefusedAttempts> {
    let account = Account {
        name: row.get(4)?,
        // The name is stored as the event would have had it.
        is_name_known: true,
        uid: row.get(5)?,
        login_uid: row.get(6)?,
        host: row.get(7)?,
        elevation: Elevation::named(row.get_ref(8)?.as_str()?),
    };
    Ok(RefusedAttempts {
        action: row.get(0)?,
        refusal: row.get(1)?,
        count: row.get::<_, i64>(2)?.cast_unsigned(),
        since: time(row.get(3)?),
        account,
        authority: row.get(9)?,
    })
}

impl ReadTransaction<'_> {
    /// The wrong passwords of a user since the last right one.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn sign_in_failures(&self, id: UserId) -> Result<SignInFailures> {
        let sql = format!("{FAILURES} WHERE user_id = ?1");
        let found = self.transaction.prepare_cached(&sql)?.query_row([id.0], failures);
        Ok(found.optional()?.unwrap_or_default())
    }

    /// The refused attempts that no event records yet.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn refused_attempts(&self) -> Result<Vec<RefusedAttempts>> {
        self.refused_attempts_where("?1 IS NULL", None)
    }

    fn refused_attempts_where(&self, condition: &str, value: Option<i64>) -> Result<Vec<RefusedAttempts>> {
        let sql = format!("{ATTEMPTS} AND {condition} ORDER BY action, operator_uid");
        let mut statement = self.transaction.prepare_cached(&sql)?;
        let found = statement.query_map([value], attempts)?;
        Ok(found.collect::<rusqlite::Result<_>>()?)
    }
}

impl WriteTransaction<'_> {
    /// Appends an event for each kind and account of refused attempts whose minute is over.
    ///
    /// # Errors
    /// When the store cannot be written.
    pub fn append_refused_attempts(&self, now: Timestamp) -> Result<()> {
        let due = format!("NOT {}", recently("?1"));
        for attempts in self.refused_attempts_where(&due, Some(now.as_second()))? {
            self.append_event(&attempts.event(now))?;
            let sql = "UPDATE refused_attempts SET event_at = ?2, count = 0, since = NULL WHERE action = ?1 AND operator_uid = ?3";
            self.transaction.execute(sql, params![attempts.action, now.as_second(), attempts.account.uid])?;
        }
        Ok(())
    }

    /// Deletes the count of wrong passwords of a user; returns whether there was one.
    ///
    /// # Errors
    /// When the store cannot be written.
    pub fn clear_sign_in_failures(&self, id: UserId) -> Result<bool> {
        Ok(self.transaction.execute("DELETE FROM sign_in_failures WHERE user_id = ?1", [id.0])? > 0)
    }

    fn add_sign_in_failure(&self, id: UserId, client: Option<&str>, now: Timestamp) -> Result<()> {
        // The user may be deleted by now.
        let sql = "INSERT INTO sign_in_failures (user_id, count, last_at, client) \
                   SELECT id, 1, ?2, ?3 FROM users WHERE id = ?1 \
                   ON CONFLICT (user_id) DO UPDATE SET count = count + 1, last_at = ?2, client = ?3";
        self.transaction.prepare_cached(sql)?.execute(params![id.0, now.as_second(), client])?;
        Ok(())
    }

    /// Counts the attempt if an event of its kind was written less than a minute ago; returns whether it did.
    fn add_to_recent_attempts(&self, attempt: &RefusedAttempt<'_>) -> Result<bool> {
        let RefusedAttempt { event, refusal, kind } = attempt;
        let account = &event.account;
        let same = if matches!(kind, AttemptKind::Operator { .. }) { "AND refusal = ?3" } else { "" };
        let sql = format!(
            "UPDATE refused_attempts SET count = count + 1, since = ifnull(since, ?2), refusal = ?3, operator = ?4, \
             login_uid = ?6, host = ?7, identified_by = ?8, authority = ?9 WHERE action = ?1 AND operator_uid = ?5 AND {} {same}",
            recently("?2")
        );
        let changed = self.transaction.prepare_cached(&sql)?.execute(params![
            event.action,
            event.time.as_second(),
            refusal,
            account.name,
            account.uid,
            account.login_uid,
            account.host,
            elevation::word(account.elevation),
            event.authority,
        ])?;
        Ok(changed > 0)
    }

    /// Records that an event of this kind was written.
    fn start_minute(&self, attempt: &RefusedAttempt<'_>) -> Result<()> {
        let RefusedAttempt { event, refusal, .. } = attempt;
        let account = &event.account;
        let sql = "INSERT INTO refused_attempts (action, refusal, event_at, count, since, operator, operator_uid, login_uid, \
                   host, identified_by, authority) VALUES (?1, ?3, ?2, 0, NULL, ?4, ?5, ?6, ?7, ?8, ?9) \
                   ON CONFLICT (action, operator_uid) DO UPDATE SET refusal = ?3, event_at = ?2, count = 0, since = NULL";
        self.transaction.prepare_cached(sql)?.execute(params![
            event.action,
            event.time.as_second(),
            refusal,
            account.name,
            account.uid,
            account.login_uid,
            account.host,
            elevation::word(account.elevation),
            event.authority,
        ])?;
        Ok(())
    }
}

/// The condition that an event was written less than a minute before the moment `now`. An event in the future, of a clock that was
/// ahead, does not meet it.
fn recently(now: &str) -> String {
    format!("({now} - event_at BETWEEN 0 AND {})", EVENT_EVERY - 1)
}

impl Store {
    /// Records a refused attempt: at most one event a minute for each kind and account; for an operator, for attempts with the same
    /// words. Wrong passwords and codes are counted only if no other process is writing now. Other attempts reveal nothing by their
    /// duration, and wait for a gap as long as a successful login does.
    ///
    /// # Errors
    /// When another process is writing, or the store cannot be written; the attempt is refused in any case.
    pub fn count_refused(&self, attempt: &RefusedAttempt<'_>) -> Result<()> {
        let writing = match attempt.kind {
            AttemptKind::Secret { .. } => self.write_within(Duration::ZERO)?,
            AttemptKind::Stranger => self.write_within(LOGIN_PATIENCE)?,
            AttemptKind::Operator { .. } => self.write()?,
        };
        let now = attempt.event.time;
        if let AttemptKind::Operator { may_be_counted: false } = attempt.kind {
            writing.append_event(&attempt.event)?;
            return writing.commit();
        }
        if let AttemptKind::Secret { failure: Some((id, client)) } = attempt.kind {
            writing.add_sign_in_failure(id, client, now)?;
        }
        if !writing.add_to_recent_attempts(attempt)? {
            let (action, uid) = (attempt.event.action.as_str(), attempt.event.account.uid);
            let mut waiting = writing.refused_attempts()?;
            waiting.retain(|attempts| attempts.action == action && attempts.account.uid == uid);
            let is_other = |before: &RefusedAttempts| {
                matches!(attempt.kind, AttemptKind::Operator { .. }) && before.refusal != attempt.refusal
            };
            match waiting.pop() {
                Some(before) if is_other(&before) => {
                    writing.append_event(&before.event(now))?;
                    writing.append_event(&attempt.event)?;
                }
                Some(before) => {
                    let all = RefusedAttempts { count: before.count + 1, ..before };
                    let account = attempt.event.account.clone();
                    let authority = attempt.event.authority.clone();
                    writing.append_event(&RefusedAttempts { account, authority, ..all }.event(now))?;
                }
                None => writing.append_event(&attempt.event)?,
            }
            writing.start_minute(attempt)?;
        }
        writing.commit()
    }

    /// Records a correct password, if others leave a gap within 20 ms: the login, at most once a minute for each user; the reset of
    /// the count of wrong passwords; and, if the hash costs too little, a stronger hash of the same password. This does not change
    /// the password: the time it was set, the history, the session epoch, the policy and the links remain.
    ///
    /// # Errors
    /// When other processes keep writing, or the store cannot be written; the password is correct in any case.
    pub fn record_login(&self, id: UserId, rehashed: Option<&Rehashed>, now: Timestamp) -> Result<()> {
        let sql = "SELECT last_login_at IS NULL OR abs(?2 - last_login_at) >= ?3 \
                       OR EXISTS (SELECT 1 FROM sign_in_failures WHERE user_id = users.id) FROM users WHERE id = ?1";
        let values = params![id.0, now.as_second(), LOGIN_RECORDED_EVERY];
        let is_news: Option<bool> = self.connection.query_row(sql, values, |row| row.get(0)).optional()?;
        if is_news != Some(true) && rehashed.is_none() {
            return Ok(());
        }
        let writing = self.write_within(LOGIN_PATIENCE)?;
        let sql = "UPDATE users SET last_login_at = ?2 WHERE id = ?1";
        writing.transaction.execute(sql, params![id.0, now.as_second()])?;
        writing.clear_sign_in_failures(id)?;
        if let Some(rehashed) = rehashed {
            let sql = "UPDATE users SET password_hash = ?3, password_rehashes = password_rehashes + 1 \
                       WHERE id = ?1 AND password_hash = ?2";
            writing.transaction.execute(sql, params![id.0, rehashed.old().as_str(), rehashed.new_hash().as_str()])?;
        }
        writing.commit()
    }
}
