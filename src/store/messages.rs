//! Messages: looked up, queued and called off by operators. What the outbox does with them is in `outbox.rs`, and what
//! becomes of a reset's link in `links.rs`.

use std::time::Duration;

use jiff::Timestamp;
use rusqlite::OptionalExtension as _;
use rusqlite::Row;
use rusqlite::params;

use super::ReadTransaction;
use super::Result;
use super::WriteTransaction;
use super::clock::SEEN;
use super::damage;
use super::damage::RowFault;
use super::damage::lossy;
use super::time;
use crate::domain::email_address::EmailAddress;
use crate::domain::job::JobId;
use crate::domain::link;
use crate::domain::message::MailKind;
use crate::domain::message::MessageId;
use crate::domain::message::MessageState;
use crate::domain::message::NoticeCause;
use crate::domain::operator::Account;
use crate::domain::user::UserId;

/// The operator's words in a message: its own, or those of its job.
pub(super) const NOTE: &str = "coalesce(note, (SELECT jobs.note FROM jobs WHERE jobs.id = job_id)) AS note";

/// The columns of a message, and the name of its user.
pub(super) const COLUMNS: &str = "messages.id, kind, state, user_id, address, operator, operator_uid, messages.created_at, \
     due_at, attempts, last_try_at, ended_at, lifetime, cause, \
     coalesce(note, (SELECT jobs.note FROM jobs WHERE jobs.id = job_id)) AS note, expires_at, used_at, revoked_at, revoked_why, message_id, \
     reply, (SELECT username FROM users WHERE users.id = user_id), delivered_at, times_in_doubt, job_id, \
     is_forced IS NOT NULL";

/// The columns of every message as [`message`] reads them, without looking for its user, its job and what the clock has shown: those
/// are examined in their own rows.
pub(super) fn columns_alone() -> String {
    let alone = COLUMNS.replace("(SELECT username FROM users WHERE users.id = user_id)", "NULL");
    format!("{}, NULL", alone.replace(NOTE, "note"))
}

/// The numbers of the messages that have not ended, by the three small indexes that have them: one `IN` over all states
/// would be looked up in none of them.
pub(super) const WAITING: &str = "SELECT id FROM messages WHERE state = 'queued' UNION ALL \
     SELECT id FROM messages WHERE state IN ('deferred', 'in doubt') UNION ALL \
     SELECT id FROM messages WHERE state = 'sending'";

/// A message to be queued.
#[derive(Debug, Clone)]
pub struct NewMessage<'a> {
    /// What it is for.
    pub content: NewContent<'a>,
    /// The user; none for a test.
    pub user: Option<UserId>,
    /// Where it goes.
    pub address: &'a EmailAddress,
    /// Who asked for it.
    pub operator: &'a Account,
    /// When.
    pub created_at: Timestamp,
}

/// What a message is for, with what only such a one has.
#[derive(Debug, Clone, Copy)]
pub enum NewContent<'a> {
    /// A link.
    Link {
        /// For a user who never had a password.
        invitation: bool,
        /// How long the link lives from its last hand-over.
        lifetime: Duration,
        /// The operator's own words.
        note: Option<&'a str>,
    },
    /// Word of a changed password or address.
    Notice(NoticeCause),
    /// A mail of `mail test`.
    Test,
}

/// A message as stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Message {
    /// Its number.
    pub id: MessageId,
    /// What it is for.
    pub kind: MailKind,
    /// Where it is on its way.
    pub state: MessageState,
    /// The user's number.
    pub user: Option<UserId>,
    /// The user's name, while they exist.
    pub username: Option<String>,
    /// Where it goes; empty: its user was deleted.
    pub address: String,
    /// The OS account that asked for it.
    pub operator: String,
    /// That account's number.
    pub operator_uid: u32,
    /// When it was queued.
    pub created_at: Timestamp,
    /// When it is tried next, while it waits.
    pub due_at: Timestamp,
    /// How often it was tried.
    pub attempts: u32,
    /// When it was tried last.
    pub last_try_at: Option<Timestamp>,
    /// When it ended.
    pub ended_at: Option<Timestamp>,
    /// What became of its link, if it has one.
    pub link: Option<LinkStatus>,
    /// What a notice tells of.
    pub cause: Option<NoticeCause>,
    /// The operator's own words.
    pub note: Option<String>,
    /// Its Message-ID, once it was tried.
    pub message_id: Option<String>,
    /// The server's words, or why it was cancelled.
    pub reply: Option<String>,
    /// How often it was in doubt: so many copies more than one may have arrived.
    pub times_in_doubt: u32,
    /// The job it belongs to.
    pub job: Option<JobId>,
}

impl Message {
    /// The address; `None`: its user was deleted.
    pub fn known_address(&self) -> Option<&str> {
        Some(self.address.as_str()).filter(|address| !address.is_empty())
    }
}

/// What is known of a link; never its code.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LinkStatus {
    /// How long it lives from its last hand-over.
    pub lifetime: Duration,
    /// When it expires; none before the first try.
    pub expires_at: Option<Timestamp>,
    /// The latest time that the store has seen since `expires_at` was set.
    pub seen_at: Option<Timestamp>,
    /// Its mail is under way: the relay may have it before its answer is noted.
    pub is_sending: bool,
    /// When the relay accepted its mail last, or may have.
    pub delivered_at: Option<Timestamp>,
    /// When it was used.
    pub used_at: Option<Timestamp>,
    /// When it was revoked.
    pub revoked_at: Option<Timestamp>,
    /// Why.
    pub revoked_why: Option<String>,
}

/// The address of a row, without the blanks that are left of one whose user was deleted.
fn address_of(address: String) -> String {
    if address.trim().is_empty() { String::new() } else { address }
}

/// Whether a link can be used.
#[derive(Debug, Clone, Copy, PartialEq, Eq, strum::EnumString, strum::IntoStaticStr, strum::VariantArray)]
#[strum(serialize_all = "lowercase", parse_err_ty = String, parse_err_fn = unknown_link_state)]
pub enum LinkState {
    /// No mail that may have arrived holds it.
    Unsent,
    /// It can.
    Open,
    /// It was.
    Used,
    /// Its life is over.
    Expired,
    /// Something ended it.
    Revoked,
}

impl LinkState {
    /// The word in data and in options.
    pub fn word(self) -> &'static str {
        self.into()
    }
}

fn unknown_link_state(_: &str) -> String {
    "expected unsent, open, used, expired or revoked".to_owned()
}

impl LinkStatus {
    /// Whether the link sets a password at `now`: it is [`LinkState::Open`].
    pub fn is_usable(&self, now: Timestamp) -> bool {
        self.state(now) == LinkState::Open
    }

    /// Whether somebody may have its mail. `links.rs` has a copy of this in SQL.
    fn may_have_arrived(&self) -> bool {
        self.expires_at.is_some() && (self.is_sending || self.delivered_at.is_some())
    }

    /// Whether its end has passed at `now`, or had at a time that the store has seen.
    fn has_expired(&self, now: Timestamp) -> bool {
        self.expires_at.is_some_and(|time| time <= link::link_time(now, self.seen_at))
    }

    /// What the link is at `now`.
    pub fn state(&self, now: Timestamp) -> LinkState {
        match self {
            Self { used_at: Some(_), .. } => LinkState::Used,
            Self { revoked_at: Some(_), .. } => LinkState::Revoked,
            Self { .. } if !self.may_have_arrived() => LinkState::Unsent,
            Self { .. } if self.has_expired(now) => LinkState::Expired,
            Self { .. } => LinkState::Open,
        }
    }
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

    /// The newest message with a link that may have reached this user between `since` and `now`, or that is under way. What a
    /// clock that was ahead says was sent later than now does not count: it would keep links back for years. One whose link
    /// was revoked does not count, because it is of no use to them; one whose link has expired does, because it is asked
    /// whether they were mailed.
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

    /// Whether a message waits that is to bring a link.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn any_link_waits(&self) -> Result<bool> {
        let sql = format!("SELECT EXISTS (SELECT 1 FROM messages WHERE id IN ({WAITING}) AND lifetime IS NOT NULL)");
        Ok(self.transaction.query_row(&sql, [], |row| row.get(0))?)
    }

    /// A row that cannot be used is left out, and is the error in the end: the others are of use.
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

    /// Calls a message off that still waits; false: it does not wait, or there is none.
    ///
    /// # Errors
    /// When the store cannot be written.
    pub fn cancel_message(&self, id: MessageId, why: &str, now: Timestamp) -> Result<bool> {
        let sql = "UPDATE messages SET state = 'cancelled', ended_at = ?2, reply = ?3 \
                   WHERE id = ?1 AND state IN ('queued', 'deferred', 'in doubt')";
        Ok(self.transaction.execute(sql, params![id.0, now.as_second(), why])? > 0)
    }

    /// Calls off what still waits to bring this user a link, because another one is about to be queued.
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
