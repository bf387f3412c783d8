//! What the outbox does with messages: takes the next one, begins it, settles it. Each function is one step of a
//! transaction that the engine opens and commits, so that settling one message and beginning the next is one commit.

use std::time::Duration;

use jiff::Timestamp;
use rusqlite::OptionalExtension as _;
use rusqlite::Row;
use rusqlite::params;

use super::Reading;
use super::Result;
use super::Writing;
use super::clock::PERIOD;
use super::time;
use crate::domain::email_address::EmailAddress;
use crate::domain::job::JobId;
use crate::domain::message::MailKind;
use crate::domain::message::MessageId;
use crate::domain::message::MessageState;
use crate::domain::message::NoticeCause;
use crate::domain::role::RoleId;
use crate::domain::user::Lock;
use crate::domain::user::SignIn;
use crate::domain::user::UserId;
use crate::secrets::reset_code::NONCE;
use crate::secrets::reset_code::ResetCodeHash;

/// A message that is due, with the user as he is now.
#[derive(Debug, Clone)]
pub struct Due {
    /// Its number.
    pub id: MessageId,
    /// What it is for.
    pub kind: MailKind,
    /// Where it is on its way.
    pub state: MessageState,
    /// Where it goes.
    pub address: EmailAddress,
    /// The OS account that asked for it, by name.
    pub operator: String,
    /// The same by number.
    pub operator_uid: u32,
    /// When it was queued.
    pub created_at: Timestamp,
    /// Since when it is due.
    pub due_at: Timestamp,
    /// How often it was tried.
    pub attempts: u32,
    /// When it was tried first: the mail's Date.
    pub first_try_at: Option<Timestamp>,
    /// Since when its lifetime in the queue counts: the first counted try, and later by the time its job was paused.
    pub lifetime_from: Option<Timestamp>,
    /// Its last try does not count, because the relay refused everything then.
    pub given_back: bool,
    /// How long its link lives.
    pub life: Option<Duration>,
    /// What a notice tells of.
    pub cause: Option<NoticeCause>,
    /// The operator's own words.
    pub note: Option<String>,
    /// From an earlier try.
    pub nonce: Option<[u8; NONCE]>,
    /// From an earlier try.
    pub message_id: Option<String>,
    /// The user's number.
    pub user: Option<UserId>,
    /// The user, while he exists.
    pub recipient: Option<Recipient>,
    /// Whether the user was sent another link since the message was queued.
    pub has_later_link: bool,
    /// Whether its own link was used or revoked.
    pub has_ended_link: bool,
    /// Whether it belongs to a job.
    pub is_of_job: bool,
}

/// The user of a message, as he is now.
#[derive(Debug, Clone)]
pub struct Recipient {
    /// The name to sign in with.
    pub username: String,
    /// The person's name.
    pub name: String,
    /// His address, which may be another one by now.
    pub email: EmailAddress,
    /// The language.
    pub locale: Option<String>,
    /// How he signs in.
    pub sign_in: SignIn,
    /// The role.
    pub role: RoleId,
    /// The lock, in force or past.
    pub lock: Option<Lock>,
    /// Whether he must choose another password at the next sign-in.
    pub must_change: bool,
}

/// Which messages are to be sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Scope {
    /// These.
    These(Vec<MessageId>),
    /// Whatever is due and belongs to no job.
    OfNoJob,
    /// Whatever is due of this job.
    Job(JobId),
}

impl Scope {
    /// The job whose messages they are, if they are a job's.
    pub fn job(&self) -> Option<JobId> {
        if let Self::Job(job) = self { Some(*job) } else { None }
    }
}

/// How far a run has looked through what is due, so that it meets each message once, though it may leave one as it is
/// for a while. What another process puts back behind that place is for the next run.
#[derive(Debug, Clone)]
pub struct Place {
    /// Of which job; `None`: of none.
    job: Option<JobId>,
    /// The last of those that never were tried, by time and number: what the relay's trouble has put back comes last.
    fresh: (i64, i64),
    /// The last of those that are tried again, by time and number.
    again: (i64, i64),
}

impl Place {
    /// The beginning.
    pub fn of(job: Option<JobId>) -> Self {
        // Before every message, one of a clock that was set before 1970 too.
        let beginning = (i64::MIN, i64::MIN);
        Self { job, fresh: beginning, again: beginning }
    }

    /// Goes past a message.
    pub fn pass(&mut self, due: &Due) {
        match due.state {
            MessageState::Queued => self.fresh = (due.due_at.as_second(), due.id.0),
            _ => self.again = (due.due_at.as_second(), due.id.0),
        }
    }

    /// What [`FRESH`] and [`AGAIN`] are given.
    fn values(&self, now: Timestamp) -> [Option<i64>; 6] {
        let ((fresh_at, fresh), (again_at, again)) = (self.fresh, self.again);
        let job = self.job.map(|job| job.0);
        [Some(now.as_second()), Some(fresh_at), Some(fresh), Some(again_at), Some(again), job]
    }
}

/// The messages that wait for another try.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NextTry {
    /// How many.
    pub count: u64,
    /// When the first of them is tried.
    pub due_at: Timestamp,
    /// Why it waits: the words of its last try.
    pub reply: String,
}

/// What is written of a message when it is begun.
#[derive(Debug, Clone)]
pub struct Beginning<'a> {
    /// The message.
    pub id: MessageId,
    /// The nonce, the same at each try.
    pub nonce: &'a [u8; NONCE],
    /// The Message-ID, the same at each try.
    pub message_id: &'a str,
    /// The hash of the code, if it has a link.
    pub code_hash: Option<ResetCodeHash>,
    /// The lock of the process that sends it.
    pub sender: u32,
    /// When.
    pub now: Timestamp,
}

/// What became of a try.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Settlement {
    /// The message has come to this state, with these words. One that waits again is due then.
    Tried {
        /// Accepted, deferred, failed or in doubt.
        state: MessageState,
        /// The server's words.
        reply: String,
        /// When it is tried again, if it is.
        due_at: Option<Timestamp>,
    },
    /// The relay could not be used, or refuses everything: the message waits as before this try, but for the words.
    Released {
        /// What happened.
        reply: String,
        /// When it is tried again.
        due_at: Timestamp,
        /// The relay refuses everything: the next run begins with this message.
        given_back: bool,
    },
}

const COLUMNS: &str = "message.id, kind, state, user_id, address, operator_uid, message.created_at, attempts, \
     first_try_at, life, cause, note, nonce, message_id, user.id, username, user.name, email, locale, sign_in, \
     locked_at, must_change_password, message.due_at, \
     EXISTS (SELECT 1 FROM message AS later WHERE later.user_id = message.user_id AND later.id > message.id \
     AND later.life IS NOT NULL AND (later.handed_at IS NOT NULL OR later.state = 'queued' OR later.state = 'sending' \
     OR later.state = 'deferred')), used_at IS NOT NULL OR revoked_at IS NOT NULL, \
     job_id IS NOT NULL, message.operator, locked_until, user.role_id, lifetime_from, given_back IS NOT NULL, is_forced IS NOT NULL";

/// Those that never were tried, behind a [`Place`].
const FRESH: &str = "state = 'queued' AND job_id IS ?6 AND (message.due_at, message.id) > (?2, ?3)";

/// Those that are tried again and are due, behind a [`Place`].
const AGAIN: &str = "state IN ('deferred', 'in doubt') AND job_id IS ?6 AND message.due_at <= ?1 \
     AND (message.due_at, message.id) > (?4, ?5)";

/// The condition that a message is one that `jobs run` sends: of no job, or of a job that runs.
pub(super) const OF_RUNS: &str = "(job_id IS NULL OR (SELECT job.state FROM job WHERE job.id = job_id) = 'running')";

impl Reading<'_> {
    /// The next message that is due behind `place`, of those that never were tried (`fresh`) or of those that are tried
    /// again.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn next_due(&self, fresh: bool, place: &Place, now: Timestamp) -> Result<Option<Due>> {
        let values = place.values(now);
        let condition = if fresh { FRESH } else { AGAIN };
        let sql = format!(
            "SELECT {COLUMNS} FROM message LEFT JOIN user ON user.id = user_id WHERE {condition} \
             ORDER BY message.due_at, message.id LIMIT 1"
        );
        let mut statement = self.transaction.prepare_cached(&sql)?;
        Ok(statement.query_row(values, due).optional()?)
    }

    /// A message that waits, due or not. (For an IN of more than two words SQLite makes a table, each time.)
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn waiting(&self, id: MessageId) -> Result<Option<Due>> {
        let sql = format!(
            "SELECT {COLUMNS} FROM message LEFT JOIN user ON user.id = user_id WHERE message.id = ?1 \
             AND (state = 'queued' OR state = 'deferred' OR state = 'in doubt')"
        );
        Ok(self.transaction.prepare_cached(&sql)?.query_row([id.0], due).optional()?)
    }

    /// Whether a message is due behind `place`.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn anything_due(&self, place: &Place, now: Timestamp) -> Result<bool> {
        let sql = format!(
            "SELECT EXISTS (SELECT 1 FROM message WHERE {FRESH}) OR EXISTS (SELECT 1 FROM message WHERE {AGAIN})"
        );
        Ok(self.transaction.prepare_cached(&sql)?.query_row(place.values(now), |row| row.get(0))?)
    }

    /// Whether a message has waited since before this moment, of no job or of a job that runs.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn has_waited_since(&self, since: Timestamp) -> Result<bool> {
        let sql = format!(
            "SELECT EXISTS (SELECT 1 FROM message WHERE state = 'queued' AND created_at <= ?1 AND {OF_RUNS}) \
             OR EXISTS (SELECT 1 FROM message WHERE state IN ('deferred', 'in doubt') AND created_at <= ?1 AND {OF_RUNS})"
        );
        Ok(self.transaction.prepare_cached(&sql)?.query_row([since.as_second()], |row| row.get(0))?)
    }

    /// How many messages wait for another try after `now`, of no job or of a job that runs, and the first of them.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn next_try(&self, now: Timestamp) -> Result<Option<NextTry>> {
        let waiting = format!("FROM message WHERE state IN ('deferred', 'in doubt') AND due_at > ?1 AND {OF_RUNS}");
        let sql = format!("SELECT due_at, reply {waiting} ORDER BY due_at, id LIMIT 1");
        let now = now.as_second();
        let mut first = self.transaction.prepare_cached(&sql)?;
        let first = first.query_row([now], |row| Ok((time(row.get(0)?), lossy(row, 1)?))).optional()?;
        let Some((due_at, reply)) = first else { return Ok(None) };
        let count: i64 = self
            .transaction
            .prepare_cached(&format!("SELECT count(*) {waiting}"))?
            .query_row([now], |row| row.get(0))?;
        Ok(Some(NextTry { count: count.unsigned_abs(), due_at, reply: reply.unwrap_or_default() }))
    }
}

impl Writing<'_> {
    /// Begins to send a message. When this is committed, the code's hash is on the disk before the mail leaves, and its
    /// link can be used. The transaction must have noted its time ([`Writing::note_time`]).
    ///
    /// # Errors
    /// When the store cannot be written.
    pub fn begin_message(&self, begin: &Beginning<'_>) -> Result<()> {
        let Beginning { id, nonce, message_id, code_hash, sender, now } = begin;
        let now = now.as_second();
        self.transaction
            .prepare_cached(&format!(
                "UPDATE message SET state = 'sending', sender = ?2, nonce = ?3, message_id = ?4, code_hash = ?5, \
                 first_try_at = ifnull(first_try_at, ?6), last_try_at = ?6, expires_at = ?6 + life, \
                 clock_period = {PERIOD} WHERE id = ?1"
            ))?
            .execute(params![id.0, sender, nonce, message_id, code_hash.as_ref().map(|hash| hash.0), now])?;
        Ok(())
    }

    /// Whether the relay was lost over a message in an earlier run, and no try of it was counted since.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn was_released(&self, id: MessageId) -> Result<bool> {
        let sql = "SELECT attempts = 0 AND reply IS NOT NULL AND given_back IS NULL FROM message WHERE id = ?1";
        Ok(self.transaction.query_row(sql, [id.0], |row| row.get(0)).optional()?.unwrap_or_default())
    }

    /// Writes down what became of a message that was begun. With what may have reached the relay a link's life begins anew,
    /// and the links die that the user has from before. What would wait in a job that was cancelled meanwhile is cancelled.
    ///
    /// # Errors
    /// When the store cannot be written.
    pub fn settle_message(&self, id: MessageId, settlement: &Settlement, now: Timestamp) -> Result<()> {
        let now = now.as_second();
        match settlement {
            Settlement::Released { reply, due_at, given_back } => {
                self.transaction
                    .prepare_cached(
                        "UPDATE message SET state = CASE WHEN handed_at IS NOT NULL THEN 'in doubt' \
                         WHEN attempts = 0 THEN 'queued' ELSE 'deferred' END, \
                         sender = NULL, due_at = ?2, reply = ?3, given_back = iif(?4, 1, given_back) \
                         WHERE id = ?1 AND state = 'sending'",
                    )?
                    .execute(params![id.0, due_at.as_second(), reply, given_back])?;
                self.end_with_its_job(id, now)?;
            }
            Settlement::Tried { state, reply, due_at } => {
                let may_have_it = matches!(state, MessageState::Accepted | MessageState::InDoubt);
                self.transaction
                    .prepare_cached(&format!(
                        "UPDATE message SET state = ?2, sender = NULL, attempts = attempts + 1, reply = ?3, \
                         lifetime_from = ifnull(lifetime_from, ?5), given_back = NULL, due_at = ifnull(?4, due_at), ended_at = CASE WHEN ?4 IS NULL THEN ?5 END, \
                         expires_at = CASE WHEN ?6 THEN ?5 + life ELSE expires_at END, \
                         clock_period = CASE WHEN ?6 THEN {PERIOD} ELSE clock_period END, \
                         handed_at = CASE WHEN ?6 THEN ?5 ELSE handed_at END, doubts = doubts + (?2 = 'in doubt') \
                         WHERE id = ?1 AND state = 'sending'"
                    ))?
                    .execute(params![id.0, state.word(), reply, due_at.map(Timestamp::as_second), now, may_have_it])?;
                if may_have_it {
                    self.revoke_older(id, now)?;
                }
                if due_at.is_some() {
                    self.end_with_its_job(id, now)?;
                }
            }
        }
        Ok(())
    }

    fn revoke_older(&self, id: MessageId, now: i64) -> Result<()> {
        self.transaction
            .prepare_cached(
                "UPDATE message SET revoked_at = ?2, revoked_why = 'a newer link' WHERE user_id = \
                 (SELECT user_id FROM message WHERE id = ?1 AND life IS NOT NULL) AND id < ?1 AND life IS NOT NULL \
                 AND used_at IS NULL AND revoked_at IS NULL AND expires_at IS NOT NULL",
            )?
            .execute(params![id.0, now])?;
        Ok(())
    }

    fn end_with_its_job(&self, id: MessageId, now: i64) -> Result<()> {
        self.transaction
            .prepare_cached(
                "UPDATE message SET state = 'cancelled', ended_at = ?2, reply = 'job ' || job_id || ' cancelled' || \
                 iif(handed_at IS NULL, '', '; it may have arrived: ' || ifnull(reply, '')) WHERE id = ?1 \
                 AND job_id IS NOT NULL AND (SELECT state FROM job WHERE job.id = job_id) = 'cancelled'",
            )?
            .execute(params![id.0, now])?;
        Ok(())
    }
}

/// A text that somebody may have written to the file: what is not UTF-8 in it is shown as U+FFFD, so that one bad row is
/// one bad mail, and not the end of every run.
pub(super) fn lossy(row: &Row<'_>, column: usize) -> rusqlite::Result<Option<String>> {
    let bytes = row.get_ref(column)?.as_bytes_or_null()?;
    Ok(bytes.map(|bytes| String::from_utf8_lossy(bytes).into_owned()))
}

/// Every message, as [`due`] reads it.
pub(super) fn every_due() -> String {
    format!("SELECT {COLUMNS} FROM message LEFT JOIN user ON user.id = user_id")
}

pub(super) fn due(row: &Row<'_>) -> rusqlite::Result<Due> {
    let (kind, state): (String, String) = (row.get(1)?, row.get(2)?);
    let recipient = row.get::<_, Option<i64>>(14)?.map(|_| {
        let sign_in: String = row.get(19)?;
        Ok::<_, rusqlite::Error>(Recipient {
            username: lossy(row, 15)?.unwrap_or_default(),
            name: lossy(row, 16)?.unwrap_or_default(),
            email: EmailAddress::stored(lossy(row, 17)?.unwrap_or_default()),
            locale: lossy(row, 18)?,
            sign_in: if sign_in == "saml" { SignIn::Saml } else { SignIn::Password },
            role: RoleId(row.get(28)?),
            lock: row
                .get::<_, Option<i64>>(20)?
                .map(|_| {
                    Ok::<_, rusqlite::Error>(Lock { until: row.get::<_, Option<i64>>(27)?.map(time), reason: None })
                })
                .transpose()?,
            must_change: row.get(21)?,
        })
    });
    let cause = row.get::<_, Option<String>>(10)?.and_then(|word| NoticeCause::stored(&word));
    Ok(Due {
        id: MessageId(row.get(0)?),
        kind: MailKind::stored(&kind, cause, row.get(31)?).unwrap_or(MailKind::Test),
        state: MessageState::stored(&state).unwrap_or(MessageState::Failed),
        user: row.get::<_, Option<i64>>(3)?.map(UserId),
        address: EmailAddress::stored(lossy(row, 4)?.unwrap_or_default()),
        operator_uid: row.get(5)?,
        created_at: time(row.get(6)?),
        attempts: row.get(7)?,
        first_try_at: row.get::<_, Option<i64>>(8)?.map(time),
        life: row.get::<_, Option<i64>>(9)?.map(|life| Duration::from_secs(life.unsigned_abs())),
        cause,
        note: lossy(row, 11)?,
        nonce: row.get(12)?,
        message_id: row.get(13)?,
        recipient: recipient.transpose()?,
        due_at: time(row.get(22)?),
        has_later_link: row.get(23)?,
        has_ended_link: row.get(24)?,
        is_of_job: row.get(25)?,
        operator: lossy(row, 26)?.unwrap_or_default(),
        lifetime_from: row.get::<_, Option<i64>>(29)?.map(time),
        given_back: row.get(30)?,
    })
}
