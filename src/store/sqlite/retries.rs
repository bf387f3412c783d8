//! Retries: of waiting messages, earlier than they are due, and of failed ones.

use jiff::Timestamp;
use rusqlite::ToSql;
use rusqlite::params;

use super::ReadTransaction;
use super::Result;
use super::WriteTransaction;
use super::clock::link_time;
use super::outbox::OF_RUNS;
use crate::domain::job::JobId;
use crate::domain::job::JobState;
use crate::domain::message::MessageState;
use crate::domain::operator::Account;
use crate::store::types::job_creation::RecipientSelection;
use crate::store::types::job_creation::Recipients;

/// The words for a failed mail whose user does not exist any more.
const USER_DELETED: &str = "user deleted";

impl ReadTransaction<'_> {
    /// The users whose mail of a job failed, and why some of them get no other one, the largest part first. `recipients` are those
    /// of [`AudiencePart::Failed`](crate::store::job_creation::AudiencePart::Failed).
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn plan_retry(&self, job: JobId, recipients: &Recipients<'_>) -> Result<Vec<RecipientSelection>> {
        let mut parts = self.plan_job(recipients)?;
        let sql = "SELECT count(*) FROM messages WHERE job_id = ?1 AND state = 'failed' \
                   AND NOT EXISTS (SELECT 1 FROM users WHERE users.id = user_id)";
        let deleted: i64 = self.transaction.query_row(sql, [job.0], |row| row.get(0))?;
        if deleted > 0 {
            parts.push(RecipientSelection {
                skipped: Some(USER_DELETED.to_owned()),
                count: deleted.unsigned_abs(),
                resets: 0,
                passwords: 0,
            });
        }
        Ok(parts)
    }

    /// Lists the users whose mail of a job failed, and excludes those who do not need another one because they have a password or a
    /// link since.
    pub(super) fn prepare_failed(&self, job: JobId) -> Result<()> {
        let failed =
            "FROM messages JOIN users ON users.id = messages.user_id WHERE job_id = ?1 AND messages.state = 'failed'";
        self.transaction.execute(&format!("INSERT OR IGNORE INTO temp.named SELECT users.id {failed}"), [job.0])?;
        let sql = format!(
            "INSERT OR IGNORE INTO temp.held SELECT id, why FROM (SELECT users.id AS id, CASE \
             WHEN used_at IS NOT NULL THEN 'its link was used' \
             WHEN revoked_why = 'another password' OR password_set_at > ifnull(last_try_at, messages.created_at) \
             THEN 'another password' \
             WHEN EXISTS (SELECT 1 FROM messages AS later WHERE later.user_id = messages.user_id AND later.id > messages.id \
             AND later.lifetime IS NOT NULL AND later.delivered_at IS NOT NULL) THEN 'a newer link' END AS why {failed}) \
             WHERE why IS NOT NULL"
        );
        self.transaction.execute(&sql, [job.0])?;
        Ok(())
    }
}

impl WriteTransaction<'_> {
    /// Makes the messages that wait for another attempt due now: those of a job, or of no job and all running ones. Returns how
    /// many there were.
    ///
    /// # Errors
    /// When the store cannot be written.
    pub fn make_due(&self, job: Option<JobId>, now: Timestamp) -> Result<u64> {
        let whose = if job.is_some() { "job_id IS ?2" } else { OF_RUNS };
        let sql = format!(
            "UPDATE messages SET due_at = ?1 WHERE state IN ('deferred', 'in doubt') AND due_at > ?1 AND ?2 IS ?2 AND {whose}"
        );
        Ok(self.transaction.execute(&sql, params![now.as_second(), job.map(|job| job.0)])? as u64)
    }

    /// Queues the failed mails of a job again, on request of this operator, for the `recipients` who are not skipped, to the
    /// current address of each. A mail that may have arrived keeps its link while that can be used, so that no copy has a dead
    /// link; every other mail gets a new link. Returns how many there are. They are sent only if the job is running:
    /// [`WriteTransaction::reopen_job`].
    ///
    /// # Errors
    /// When the store cannot be written.
    pub fn retry_failed(&self, job: JobId, recipients: &Recipients<'_>, operator: &Account) -> Result<u64> {
        let conditions = self.prepare_recipients(recipients)?;
        let reason = recipients.reason();
        // `?1` is the time.
        let mut values = recipients.values();
        let first = values.len() + 1;
        let fixed: [Box<dyn ToSql>; 3] = [Box::new(job.0), Box::new(operator.name.clone()), Box::new(operator.uid)];
        values.extend(fixed);
        let clause = conditions.clause_from(values.len() + 1);
        values.extend(conditions.values);
        let [id, name, uid] = [0, 1, 2].map(|offset| format!("?{}", first + offset));
        let keeps = format!(
            "(delivered_at IS NOT NULL AND revoked_at IS NULL AND address = eligible.email AND expires_at > {})",
            link_time("?1")
        );
        let kept: Vec<String> =
            ["nonce", "code_hash", "message_id", "first_try_at", "expires_at", "clock_period", "delivered_at"]
                .map(|column| format!("{column} = iif({keeps}, {column}, NULL)"))
                .into();
        let sql = format!(
            "UPDATE messages SET state = iif({keeps}, 'in doubt', 'queued'), {kept}, revoked_at = NULL, revoked_why = NULL, \
             address = eligible.email, operator = {name}, operator_uid = {uid}, due_at = ?1, attempts = 0, \
             lifetime_from = NULL, given_back = NULL, ended_at = NULL \
             FROM (SELECT users.id AS user, email, {reason} AS skipped FROM users \
             LEFT JOIN temp.held ON held.user_id = users.id{clause}) AS eligible \
             WHERE job_id = {id} AND state = 'failed' AND user_id = eligible.user AND skipped IS NULL",
            kept = kept.join(", "),
        );
        let bound: Vec<&dyn ToSql> = values.iter().map(AsRef::as_ref).collect();
        Ok(self.transaction.execute(&sql, bound.as_slice())? as u64)
    }

    /// Sets a finished or paused job to running, because failed mails of it were queued again: these no longer count as failed, and
    /// if it was not running, its limits count from here. A cancelled job remains cancelled.
    ///
    /// # Errors
    /// When the store cannot be written.
    pub fn reopen_job(&self, id: JobId, now: Timestamp) -> Result<()> {
        let Some(job) = self.job(id)? else { return Ok(()) };
        let counts = self.job_counts(id)?;
        let (accepted, failed) = (counts.accepted_by_relay(), counts.of(MessageState::Failed));
        let (base_accepted, base_failed) = match job.state {
            JobState::Cancelled => return Ok(()),
            JobState::Running => (job.base.0, job.base.1.min(failed)),
            JobState::Paused | JobState::Finished => (accepted, failed),
        };
        if job.state == JobState::Paused {
            self.resume_job(id, now)?;
        }
        let sql = "UPDATE jobs SET state = 'running', ended_at = NULL, why = NULL, paused_at = NULL, \
                   canary = iif(state = 'finished', NULL, canary), base_accepted = ?2, base_failed = ?3 WHERE id = ?1";
        self.transaction.execute(sql, params![id.0, base_accepted.cast_signed(), base_failed.cast_signed()])?;
        Ok(())
    }
}
