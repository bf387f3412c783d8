//! The messages that the outbox sends next, with all that it needs to know about them. Each function is one step of a transaction
//! that the engine opens and commits, so that recording attempts and starting the next ones (`attempts.rs`) is one commit.

use std::sync::LazyLock;

use jiff::Timestamp;
use rusqlite::OptionalExtension as _;
use rusqlite::Row;
use rusqlite::params_from_iter;

use super::ReadTransaction;
use super::Result;
use super::damage;
use super::damage::lossy;
use super::messages::NOTE;
use super::time;
use super::users::bounce;
use crate::domain::email_address::EmailAddress;
use crate::domain::message::MailKind;
use crate::domain::message::MessageId;
use crate::domain::message::MessageState;
use crate::domain::message::NoticeCause;
use crate::domain::role::RoleId;
use crate::domain::user::Lock;
use crate::domain::user::UserId;
use crate::store::types::damage::RowFault;
use crate::store::types::outbox::Cursor;
use crate::store::types::outbox::Due;
use crate::store::types::outbox::Found;
use crate::store::types::outbox::NextTry;
use crate::store::types::outbox::Recipient;
use crate::store::types::outbox::StoredValue;
use crate::store::types::outbox::Unreadable;

impl Cursor {
    /// The values for [`FRESH`] and [`AGAIN`].
    pub(super) fn values(&self, now: Timestamp) -> [StoredValue; 6] {
        let ((fresh_at, fresh), (again_at, again)) = (self.fresh.clone(), self.again.clone());
        let job = self.job.map_or(StoredValue::Null, |job| StoredValue::Integer(job.0));
        let [now, fresh, again] = [now.as_second(), fresh, again].map(StoredValue::Integer);
        [now, fresh_at, fresh, again_at, again, job]
    }
}

/// Whether the user was sent another link since the message was queued.
const HAS_LATER_LINK: &str = "EXISTS (SELECT 1 FROM messages AS later WHERE later.user_id = messages.user_id \
     AND later.id > messages.id AND later.lifetime IS NOT NULL AND (later.delivered_at IS NOT NULL OR later.state = 'queued' \
     OR later.state = 'sending' OR later.state = 'deferred'))";

/// The columns of [`due`], with those of the user.
fn columns(has_later_link: &str, note: &str) -> String {
    format!(
        "messages.id, kind, state, user_id, address, operator_uid, messages.created_at, attempts, \
     first_try_at, lifetime, cause, {note}, nonce, message_id, users.id, username, users.name, email, locale, sign_in, \
     locked_at, must_change_password, messages.due_at, {has_later_link}, used_at IS NOT NULL OR revoked_at IS NOT NULL, \
     job_id IS NOT NULL, messages.operator, locked_until, users.role_id, lifetime_from, given_back IS NOT NULL, is_forced IS NOT NULL, times_in_doubt, \
     bounced_at, bounce_reply"
    )
}

/// Messages that were never tried, behind a [`Cursor`].
const FRESH: &str = "state = 'queued' AND job_id IS ?6 AND (messages.due_at, messages.id) > (?2, ?3)";

/// Messages that are due for another try, behind a [`Cursor`].
const AGAIN: &str = "state IN ('deferred', 'in doubt') AND job_id IS ?6 AND messages.due_at <= ?1 \
     AND (messages.due_at, messages.id) > (?4, ?5)";

static NEXT_FRESH: LazyLock<String> = LazyLock::new(|| next_due(FRESH));
static NEXT_AGAIN: LazyLock<String> = LazyLock::new(|| next_due(AGAIN));

fn next_due(condition: &str) -> String {
    format!("{} WHERE {condition} ORDER BY messages.due_at, messages.id LIMIT ?7", every_due())
}

/// The ids of all these messages, for a store with damaged pages: SQLite reads only the indexes, as far as it can.
pub(super) const IDS_OF_FRESH: &str = "SELECT id FROM messages INDEXED BY messages_queued WHERE state = 'queued' \
     AND job_id IS ?6 AND (due_at, id) > (?2, ?3) ORDER BY due_at, id";
pub(super) const IDS_OF_AGAIN: &str = "SELECT id FROM messages INDEXED BY messages_deferred \
     WHERE state IN ('deferred', 'in doubt') AND job_id IS ?6 AND due_at <= ?1 AND (due_at, id) > (?4, ?5) ORDER BY due_at, id";

/// One waiting message. (For an IN of more than two words, SQLite creates a table each time.)
static STILL_WAITING: LazyLock<String> = LazyLock::new(|| {
    let waits = "(state = 'queued' OR state = 'deferred' OR state = 'in doubt')";
    format!("{} WHERE messages.id = ?1 AND {waits}", every_due())
});

const STILL_UNTRIED: &str = "SELECT EXISTS (SELECT 1 FROM messages WHERE id = ?1 AND state = 'queued' AND nonce IS NULL \
     AND used_at IS NULL AND revoked_at IS NULL)";

static ANYTHING_DUE: LazyLock<String> = LazyLock::new(|| {
    format!("SELECT EXISTS (SELECT 1 FROM messages WHERE {FRESH}) OR EXISTS (SELECT 1 FROM messages WHERE {AGAIN})")
});

/// The condition that a message is one that `jobs run` sends: of no job, or of a job that runs.
pub(super) const OF_RUNS: &str = "(job_id IS NULL OR (SELECT jobs.state FROM jobs WHERE jobs.id = job_id) = 'running')";

impl ReadTransaction<'_> {
    /// The next messages that are due behind `cursor`, at most `most`: of those that never were tried (`fresh`), or of those
    /// that are tried again.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn due_batch(&self, fresh: bool, cursor: &Cursor, now: Timestamp, most: usize) -> Result<Vec<Found>> {
        let sql = if fresh { &NEXT_FRESH } else { &NEXT_AGAIN };
        let [now, fresh_at, fresh_id, again_at, again_id, job] = cursor.values(now);
        let most = i64::try_from(most).unwrap_or(i64::MAX);
        let values = [now, fresh_at, fresh_id, again_at, again_id, job, StoredValue::Integer(most)];
        let mut statement = self.transaction.prepare_cached(sql)?;
        let found = statement.query_map(params_from_iter(values), found)?;
        Ok(found.collect::<rusqlite::Result<_>>()?)
    }

    /// The waiting ones of these messages, due or not, in the given order.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn waiting_batch(&self, ids: impl IntoIterator<Item = MessageId>) -> Result<Vec<Found>> {
        let mut statement = self.transaction.prepare_cached(&STILL_WAITING)?;
        let found = ids.into_iter().filter_map(|id| statement.query_row([id.0], found).optional().transpose());
        Ok(found.collect::<rusqlite::Result<_>>()?)
    }

    /// A number that changes with each commit of another connection, and with none of this one: while it is the same, no other
    /// process has changed anything.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn changes_of_others(&self) -> Result<i64> {
        Ok(self.transaction.prepare_cached("PRAGMA data_version")?.query_row([], |row| row.get(0))?)
    }

    /// The ones of these messages that were queued and never tried, and still are, in the given order. If no other process has
    /// changed anything ([`ReadTransaction::changes_of_others`]), they and their users are still as they were read.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn still_untried(&self, ids: impl IntoIterator<Item = MessageId>) -> Result<Vec<MessageId>> {
        let mut statement = self.transaction.prepare_cached(STILL_UNTRIED)?;
        let mut still = Vec::new();
        for id in ids {
            if statement.query_row([id.0], |row| row.get(0))? {
                still.push(id);
            }
        }
        Ok(still)
    }

    /// A waiting message, due or not.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn waiting(&self, id: MessageId) -> Result<Option<Found>> {
        Ok(self.waiting_batch([id])?.pop())
    }

    /// Whether a message is due behind `cursor`.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn anything_due(&self, cursor: &Cursor, now: Timestamp) -> Result<bool> {
        Ok(self.transaction.prepare_cached(&ANYTHING_DUE)?.query_row(cursor.values(now), |row| row.get(0))?)
    }

    /// Whether a message has waited since before this moment, of no job or of a job that runs.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn has_waited_since(&self, since: Timestamp) -> Result<bool> {
        let sql = format!(
            "SELECT EXISTS (SELECT 1 FROM messages WHERE state = 'queued' AND created_at <= ?1 AND {OF_RUNS}) \
             OR EXISTS (SELECT 1 FROM messages WHERE state IN ('deferred', 'in doubt') AND created_at <= ?1 AND {OF_RUNS})"
        );
        Ok(self.transaction.prepare_cached(&sql)?.query_row([since.as_second()], |row| row.get(0))?)
    }

    /// How many messages wait for another try after `now`, of no job or of a job that runs, and the first of them.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn next_try(&self, now: Timestamp) -> Result<Option<NextTry>> {
        let waiting = format!(
            "FROM messages WHERE state IN ('deferred', 'in doubt') AND due_at > ?1 AND typeof(due_at) = 'integer' AND {OF_RUNS}"
        );
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

/// Every message, as [`due`] reads it.
pub(super) fn every_due() -> String {
    format!("SELECT {} FROM messages LEFT JOIN users ON users.id = user_id", columns(HAS_LATER_LINK, NOTE))
}

/// Every message that may be due at some time, as [`due`] reads it, without its user, its job and other messages. An accepted
/// message never is due again. (For `ON FALSE`, SQLite would read the whole other table for each row.)
pub(super) fn every_message_alone() -> String {
    format!(
        "SELECT {} FROM messages LEFT JOIN users ON users.id = NULL WHERE state IS NOT 'accepted'",
        columns("0", "note")
    )
}

/// Every user as [`recipient`] reads it.
pub(super) fn every_recipient() -> String {
    format!("SELECT {} FROM users LEFT JOIN messages ON messages.id = NULL", columns("0", "note"))
}

/// A message, or the fault of its row.
fn found(row: &Row<'_>) -> rusqlite::Result<Found> {
    let error = match due(row) {
        Ok(due) => return Ok(Ok(due)),
        Err(error) => error,
    };
    let Some(fault) = RowFault::of(&error).cloned() else { return Err(error) };
    let is_fresh = row.get_ref(2)?.as_str().is_ok_and(|state| state == MessageState::Queued.word());
    Ok(Err(Unreadable { id: MessageId(row.get(0)?), is_fresh, due_at: row.get(22)?, fault }))
}

pub(super) fn due(row: &Row<'_>) -> rusqlite::Result<Due> {
    damage::named("messages", row, due_of)
}

/// The user of a message.
pub(super) fn recipient(row: &Row<'_>) -> rusqlite::Result<Recipient> {
    damage::named_by("users", 14, row, recipient_of)
}

fn recipient_of(row: &Row<'_>) -> rusqlite::Result<Recipient> {
    let until = row.get::<_, Option<i64>>(27)?.map(time);
    Ok(Recipient {
        username: lossy(row, 15)?.unwrap_or_default(),
        name: lossy(row, 16)?.unwrap_or_default(),
        email: EmailAddress::stored(row.get(17)?),
        locale: lossy(row, 18)?,
        sign_in: damage::sign_in(row, 19)?,
        role: RoleId(row.get(28)?),
        lock: row.get::<_, Option<i64>>(20)?.map(|_| Lock { until, reason: None }),
        must_change: row.get(21)?,
        bounce: bounce(row, 33)?,
    })
}

fn due_of(row: &Row<'_>) -> rusqlite::Result<Due> {
    let (kind, state) = (damage::word(row, 1)?, damage::word(row, 2)?);
    let recipient = row.get::<_, Option<i64>>(14)?.map(|_| recipient(row));
    let cause = lossy(row, 10)?.as_deref().and_then(NoticeCause::stored);
    let kind = MailKind::stored(kind, cause, row.get(31)?).ok_or_else(|| damage::unknown_word(1, kind))?;
    // Without a user, nobody would know whom a link is for.
    let user = match row.get::<_, Option<i64>>(3)? {
        None if kind != MailKind::Test => row.get::<_, i64>(3).map(Some)?,
        user => user,
    };
    Ok(Due {
        id: MessageId(row.get(0)?),
        kind,
        state: MessageState::stored(state).ok_or_else(|| damage::unknown_word(2, state))?,
        user: user.map(UserId),
        // An address that is not text would differ from the address of the user: the mail would be cancelled, and the damage never
        // mentioned.
        address: EmailAddress::stored(row.get(4)?),
        operator_uid: row.get(5)?,
        created_at: time(row.get(6)?),
        attempts: damage::count(row, 7)?,
        doubts: damage::count(row, 32)?,
        first_try_at: row.get::<_, Option<i64>>(8)?.map(time),
        lifetime: damage::lifetime(row, 9)?,
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
