//! What delivery reports say of messages and of the addresses of users.

use jiff::Timestamp;
use rusqlite::OptionalExtension as _;
use rusqlite::params;

use super::ReadTransaction;
use super::Result;
use super::WriteTransaction;
use super::damage::lossy;
use crate::domain::bounce::Bounce;
use crate::domain::message::MessageId;
use crate::domain::message::MessageState;
use crate::domain::user::UserId;
use crate::store::types::bounces::SentMessage;

impl ReadTransaction<'_> {
    /// A message that the relay may have taken and that may have bounced. One whose link was used has arrived, and one in flight is
    /// for a later look.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn sent_message(&self, id: MessageId) -> Result<Option<SentMessage>> {
        let sql = "SELECT message_id, address, user_id, delivered_at, state FROM messages WHERE id = ?1 \
                   AND message_id IS NOT NULL AND delivered_at IS NOT NULL AND used_at IS NULL AND state <> 'sending'";
        let found = self.transaction.prepare_cached(sql)?.query_row([id.0], |row| {
            Ok(SentMessage {
                id,
                message_id: lossy(row, 0)?.unwrap_or_default(),
                address: lossy(row, 1)?.unwrap_or_default(),
                user: row.get::<_, Option<i64>>(2)?.map(UserId),
                delivered_at: super::time(row.get(3)?),
                is_bounced: row.get_ref(4)?.as_str().is_ok_and(|state| state == MessageState::Bounced.word()),
            })
        });
        Ok(found.optional()?)
    }
}

impl WriteTransaction<'_> {
    /// Records that a message did not arrive, with the remote server's words. Its link is revoked: only those have it who read
    /// the report, which may hold the mail.
    ///
    /// # Errors
    /// When the store cannot be written.
    pub fn bounce_message(&self, id: MessageId, reply: &str, now: Timestamp) -> Result<()> {
        let sql = "UPDATE messages SET state = 'bounced', ended_at = ?2, reply = ?3, given_back = NULL, \
                   revoked_why = CASE WHEN lifetime IS NOT NULL AND revoked_at IS NULL THEN 'bounced' ELSE revoked_why END, \
                   revoked_at = CASE WHEN lifetime IS NOT NULL THEN ifnull(revoked_at, ?2) ELSE revoked_at END WHERE id = ?1";
        self.transaction.prepare_cached(sql)?.execute(params![id.0, now.as_second(), reply])?;
        Ok(())
    }

    /// Records that the address of a user takes no mail; false: that was known, or reported later.
    ///
    /// # Errors
    /// When the store cannot be written.
    pub fn bounce_user(&self, id: UserId, bounce: &Bounce) -> Result<bool> {
        let sql = "UPDATE users SET bounced_at = ?2, bounce_reply = ?3 WHERE id = ?1 AND (bounced_at IS NULL OR bounced_at < ?2)";
        let values = params![id.0, bounce.at.as_second(), bounce.reply];
        Ok(self.transaction.prepare_cached(sql)?.execute(values)? > 0)
    }

    /// Forgets that the address of a user takes no mail.
    ///
    /// # Errors
    /// When the store cannot be written.
    pub fn clear_bounce(&self, id: UserId) -> Result<()> {
        let sql = "UPDATE users SET bounced_at = NULL, bounce_reply = NULL WHERE id = ?1";
        self.transaction.prepare_cached(sql)?.execute([id.0])?;
        Ok(())
    }
}
