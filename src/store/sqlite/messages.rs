//! Messages: looked up, queued, and cancelled by operators. The functions of the outbox are in `outbox.rs`, those of reset links in
//! `links.rs`.

use jiff::Timestamp;
use rusqlite::OptionalExtension as _;
use rusqlite::Row;
use rusqlite::params;

use super::ReadTransaction;
use super::Result;
use super::WriteTransaction;
use super::clock::SEEN;
use super::damage;
use super::damage::lossy;
use super::time;
use crate::domain::job::JobId;
use crate::domain::message::MailKind;
use crate::domain::message::MessageId;
use crate::domain::message::MessageState;
use crate::domain::message::NoticeCause;
use crate::domain::user::UserId;
use crate::store::types::damage::RowFault;
use crate::store::types::messages::LinkStatus;
use crate::store::types::messages::Message;
use crate::store::types::messages::NewContent;
use crate::store::types::messages::NewMessage;

/// The operator's note in a message: its own, or that of its job.
pub(super) const NOTE: &str = "coalesce(note, (SELECT jobs.note FROM jobs WHERE jobs.id = job_id)) AS note";

/// The columns of a message, and the name of its user.
pub(super) const COLUMNS: &str = "messages.id, kind, state, user_id, address, operator, operator_uid, messages.created_at, \
     due_at, attempts, last_try_at, ended_at, lifetime, cause, \
     coalesce(note, (SELECT jobs.note FROM jobs WHERE jobs.id = job_id)) AS note, expires_at, used_at, revoked_at, revoked_why, message_id, \
     reply, (SELECT username FROM users WHERE users.id = user_id), delivered_at, times_in_doubt, job_id, \
     is_forced IS NOT NULL";

/// The columns of every message as [`message`] reads them, without its user, its job and the times that the store has seen, which
/// are examined in their own rows.
pub(super) fn columns_alone() -> String {
    let alone = COLUMNS.replace("(SELECT username FROM users WHERE users.id = user_id)", "NULL");
    format!("{}, NULL", alone.replace(NOTE, "note"))
}

/// The ids of the messages that have not ended, by three small indexes. One `IN` over all states would use none of them.
pub(super) const WAITING: &str = "SELECT id FROM messages WHERE state = 'queued' UNION ALL \
     SELECT id FROM messages WHERE state IN ('deferred', 'in doubt') UNION ALL \
     SELECT id FROM messages WHERE state = 'sending'";

/// The address in a row; empty if only the blanks are left of it, because the user was deleted.
fn address_of(address: String) -> String {
    if address.trim().is_empty() { String::new() } else { address }
}

impl ReadTransaction<'_> {
    /// A message by its number.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn message(&self, id: MessageId) -> Result<Option<Message>> {
        let sql = format!("SELECT {COLUMNS}, {SEEN} FROM messages WHERE id = ?1");
        Ok(self.transaction.prepare_cached(&sql)?.query_row([id.0], message).optional()?)
    }

    /// Gives each message that has not ended to `visit`, at most `limit` of them, the oldest first.
    ///
    /// # Errors
    /// When the store cannot be read, or `visit` fails.
    pub fn each_waiting_message<E: From<super::StoreError>>(
        &self,
        limit: Option<u64>,
        visit: &mut dyn FnMut(Message) -> std::result::Result<(), E>,
    ) -> std::result::Result<(), E> {
        let condition = format!("messages.id IN ({WAITING}) ORDER BY messages.id LIMIT ?1");
        self.visit_messages(&condition, &[&super::limit(limit)], visit)
    }

    /// How many messages have not ended.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn count_waiting_messages(&self) -> Result<u64> {
        let sql = format!("SELECT count(*) FROM ({WAITING})");
        Ok(self.transaction.query_row(&sql, [], |row| row.get::<_, i64>(0))?.unsigned_abs())
    }

    /// The newest message with a link that may have reached this user between `since` and `now`, or that is in flight. A message
    /// that was sent later than now, by a clock that was ahead, does not count: it would hold links back for years. A revoked link
    /// does not count, because it is of no use to the user. An expired one does, because the question is whether the user was
    /// mailed.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn recent_link(&self, user: UserId, since: Timestamp, now: Timestamp) -> Result<Option<Message>> {
        let sql = format!(
            "SELECT {COLUMNS}, {SEEN} FROM messages WHERE user_id = ?1 AND lifetime IS NOT NULL AND revoked_at IS NULL \
             AND (state = 'sending' OR (delivered_at > ?2 AND delivered_at <= ?3)) ORDER BY messages.id DESC LIMIT 1"
        );
        let values = params![user.0, since.as_second(), now.as_second()];
        Ok(self.transaction.prepare_cached(&sql)?.query_row(values, message).optional()?)
    }

    /// Whether a message with a link waits.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn any_link_waits(&self) -> Result<bool> {
        let sql = format!("SELECT EXISTS (SELECT 1 FROM messages WHERE id IN ({WAITING}) AND lifetime IS NOT NULL)");
        Ok(self.transaction.query_row(&sql, [], |row| row.get(0))?)
    }

    /// A row that cannot be read is skipped, and its error is returned at the end, after all other rows were visited.
    pub(super) fn visit_messages<E: From<super::StoreError>>(
        &self,
        condition: &str,
        values: &[&dyn rusqlite::ToSql],
        visit: &mut dyn FnMut(Message) -> std::result::Result<(), E>,
    ) -> std::result::Result<(), E> {
        let failed = |error: rusqlite::Error| E::from(error.into());
        let sql = format!("SELECT {COLUMNS}, {SEEN} FROM messages WHERE {condition}");
        let mut statement = self.transaction.prepare(&sql).map_err(failed)?;
        let mut rows = statement.query(values).map_err(failed)?;
        let mut fault = None;
        while let Some(row) = rows.next().map_err(failed)? {
            match message(row) {
                Ok(message) => visit(message)?,
                Err(error) if RowFault::of(&error).is_some() => drop(fault.get_or_insert(error)),
                Err(error) => return Err(failed(error)),
            }
        }
        fault.map_or(Ok(()), |fault| Err(failed(fault)))
    }
}

impl WriteTransaction<'_> {
    /// Queues a message.
    ///
    /// # Errors
    /// When the store cannot be written.
    pub fn queue_message(&self, new: &NewMessage<'_>) -> Result<MessageId> {
        let (kind, lifetime, note, cause) = match new.content {
            NewContent::Link { invitation, lifetime, note } => {
                let kind = if invitation { MailKind::Invitation } else { MailKind::Reset };
                (kind, Some(lifetime.as_secs().cast_signed()), note, None)
            }
            NewContent::Notice(cause) => (cause.kind(), None, None, Some(cause.word())),
            NewContent::Test => (MailKind::Test, None, None, None),
        };
        let mut statement = self.transaction.prepare_cached(
            "INSERT INTO messages (kind, state, user_id, address, operator, operator_uid, created_at, due_at, lifetime, cause, \
             note) VALUES (?1, 'queued', ?2, ?3, ?4, ?5, ?6, ?6, ?7, ?8, ?9)",
        )?;
        statement.execute(params![
            kind.stored_word(),
            new.user.map(|user| user.0),
            new.address.as_str(),
            new.operator.name,
            new.operator.uid,
            new.created_at.as_second(),
            lifetime,
            cause,
            note,
        ])?;
        Ok(MessageId(self.transaction.last_insert_rowid()))
    }

    /// Cancels a waiting message; false: it does not wait, or there is none.
    ///
    /// # Errors
    /// When the store cannot be written.
    pub fn cancel_message(&self, id: MessageId, why: &str, now: Timestamp) -> Result<bool> {
        let sql = "UPDATE messages SET state = 'cancelled', ended_at = ?2, reply = ?3 \
                   WHERE id = ?1 AND state IN ('queued', 'deferred', 'in doubt')";
        Ok(self.transaction.execute(sql, params![id.0, now.as_second(), why])? > 0)
    }

    /// Cancels the waiting messages with a link for this user, because another one is about to be queued.
    ///
    /// # Errors
    /// When the store cannot be written.
    pub fn cancel_waiting_links(&self, user: UserId, why: &str, now: Timestamp) -> Result<()> {
        let sql = "UPDATE messages SET state = 'cancelled', ended_at = ?2, reply = ?3 \
                   WHERE user_id = ?1 AND lifetime IS NOT NULL AND state IN ('queued', 'deferred', 'in doubt')";
        self.transaction.execute(sql, params![user.0, now.as_second(), why])?;
        Ok(())
    }
}

pub(super) fn message(row: &Row<'_>) -> rusqlite::Result<Message> {
    damage::named("messages", row, message_of)
}

fn message_of(row: &Row<'_>) -> rusqlite::Result<Message> {
    let moment = |column| Ok::<_, rusqlite::Error>(row.get::<_, Option<i64>>(column)?.map(time));
    let (kind, state): (String, String) = (row.get(1)?, row.get(2)?);
    let state = MessageState::stored(&state).ok_or_else(|| damage::unknown_word(2, &state))?;
    let link = damage::lifetime(row, 12)?.map(|lifetime| {
        Ok::<_, rusqlite::Error>(LinkStatus {
            lifetime,
            expires_at: moment(15)?,
            seen_at: moment(26)?,
            is_sending: state == MessageState::Sending,
            delivered_at: moment(22)?,
            used_at: moment(16)?,
            revoked_at: moment(17)?,
            revoked_why: lossy(row, 18)?,
        })
    });
    let cause = row.get::<_, Option<String>>(13)?.and_then(|word| NoticeCause::stored(&word));
    Ok(Message {
        id: MessageId(row.get(0)?),
        kind: MailKind::stored(&kind, cause, row.get(25)?).ok_or_else(|| damage::unknown_word(1, &kind))?,
        state,
        user: row.get::<_, Option<i64>>(3)?.map(UserId),
        username: lossy(row, 21)?,
        address: address_of(row.get(4)?),
        operator: lossy(row, 5)?.unwrap_or_default(),
        operator_uid: row.get(6)?,
        created_at: time(row.get(7)?),
        due_at: time(row.get(8)?),
        attempts: damage::count(row, 9)?,
        last_try_at: moment(10)?,
        ended_at: moment(11)?,
        link: link.transpose()?,
        cause,
        note: lossy(row, 14)?,
        message_id: row.get(19)?,
        reply: lossy(row, 20)?,
        times_in_doubt: damage::count(row, 23)?,
        job: row.get::<_, Option<i64>>(24)?.map(JobId),
    })
}
