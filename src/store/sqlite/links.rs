//! The links of resets: found by the hash of their code, used, revoked.

use jiff::Timestamp;
use rusqlite::OptionalExtension as _;
use rusqlite::params;

use super::ReadTransaction;
use super::Result;
use super::WriteTransaction;
use super::clock::SEEN;
use super::clock::link_time;
use super::messages::COLUMNS;
use super::messages::message;
use super::protected_users::is_protected;
use crate::domain::management::ProtectedUsers;
use crate::domain::message::MessageId;
use crate::domain::user::UserId;
use crate::secrets::reset_code::ResetCodeHash;
use crate::store::types::links::Link;
use crate::store::types::links::LinkQuery;
use crate::store::types::links::ProtectedLinks;
use crate::store::types::messages::LinkState;
use crate::store::types::messages::Message;

/// The condition that the mail of a link may have arrived: the relay accepted it, or may have, or it is in flight and may be read
/// before the reply of the relay is recorded.
const MAY_HAVE_ARRIVED: &str = "expires_at IS NOT NULL AND (delivered_at IS NOT NULL OR state = 'sending')";

/// The condition that a link can be used at the time that `now` binds. [`LinkStatus::is_usable`] in SQL.
pub(super) fn open(now: &str) -> String {
    format!("used_at IS NULL AND revoked_at IS NULL AND {MAY_HAVE_ARRIVED} AND expires_at > {}", link_time(now))
}

/// The condition that a link can be used at the time that `now` binds, or is in a mail in flight, whose lifetime begins with the
/// reply of the relay.
pub(super) fn open_or_sending(now: &str) -> String {
    format!("(used_at IS NULL AND revoked_at IS NULL AND state = 'sending' OR {})", open(now))
}

impl ReadTransaction<'_> {
    /// The link with this code, whatever its state is.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn link_by_code(&self, hash: &ResetCodeHash) -> Result<Option<Link>> {
        // The index has only the beginning of the hash.
        let sql = format!(
            "SELECT {COLUMNS}, {SEEN} FROM messages WHERE substr(code_hash, 1, 8) = substr(?1, 1, 8) AND code_hash = ?1 \
             AND user_id IS NOT NULL AND lifetime IS NOT NULL"
        );
        let found = self.transaction.prepare_cached(&sql)?.query_row([hash.0], message).optional()?;
        Ok(found.and_then(|found| Some(Link { message: found.id, user: found.user?, metadata: found.link? })))
    }

    /// Passes each message whose link matches the query to `visit`, newest first.
    ///
    /// # Errors
    /// When the store cannot be read, or `visit` fails.
    pub fn each_link<E: From<super::StoreError>>(
        &self,
        query: &LinkQuery,
        now: Timestamp,
        visit: &mut dyn FnMut(Message) -> std::result::Result<(), E>,
    ) -> std::result::Result<(), E> {
        let condition = format!("{} ORDER BY messages.id DESC LIMIT ?3", query.condition());
        let user = query.user.map(|user| user.0);
        self.visit_messages(&condition, &[&now.as_second(), &user, &super::limit(query.limit)], visit)
    }

    /// How many links match the query, without its limit.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn count_links(&self, query: &LinkQuery, now: Timestamp) -> Result<u64> {
        let sql = format!("SELECT count(*) FROM messages WHERE {}", query.condition());
        let values = params![now.as_second(), query.user.map(|user| user.0)];
        Ok(self.transaction.query_row(&sql, values, |row| row.get::<_, i64>(0))?.unsigned_abs())
    }
}

impl LinkQuery {
    /// The condition of matching messages, at the moment `?1`, with the user of the query as `?2`.
    fn condition(&self) -> String {
        let state = match self.state {
            None => String::new(),
            Some(LinkState::Unsent) => {
                format!("AND used_at IS NULL AND revoked_at IS NULL AND NOT ({MAY_HAVE_ARRIVED})")
            }
            Some(LinkState::Open) => format!("AND {}", open("?1")),
            Some(LinkState::Used) => "AND used_at IS NOT NULL".to_owned(),
            Some(LinkState::Expired) => {
                let time = link_time("?1");
                format!("AND used_at IS NULL AND revoked_at IS NULL AND {MAY_HAVE_ARRIVED} AND expires_at <= {time}")
            }
            Some(LinkState::Revoked) => "AND used_at IS NULL AND revoked_at IS NOT NULL".to_owned(),
        };
        // Each of the two uses an index; `OR` would use none.
        let whose = if self.user.is_some() { "user_id = ?2" } else { "?2 IS NULL" };
        format!("?1 IS ?1 AND {whose} AND lifetime IS NOT NULL {state}")
    }
}

impl WriteTransaction<'_> {
    /// Marks a link as used; false: it can no longer be used.
    ///
    /// # Errors
    /// When the store cannot be written.
    pub fn use_link(&self, id: MessageId, now: Timestamp) -> Result<bool> {
        let sql = format!("UPDATE messages SET used_at = ?1 WHERE id = ?2 AND {}", open("?1"));
        Ok(self.transaction.execute(&sql, params![now.as_second(), id.0])? > 0)
    }

    /// Revokes a link that can still be used, and cancels its mail if that waits to be sent again; false: it can no longer be used.
    ///
    /// # Errors
    /// When the store cannot be written.
    pub fn revoke_link(&self, id: MessageId, why: &str, now: Timestamp) -> Result<bool> {
        let sql = format!("UPDATE messages SET revoked_at = ?1, revoked_why = ?3 WHERE id = ?2 AND {}", open("?1"));
        if self.transaction.execute(&sql, params![now.as_second(), id.0, why])? == 0 {
            return Ok(false);
        }
        let sql = "UPDATE messages SET state = 'cancelled', ended_at = ?1, reply = ?3 WHERE id = ?2 \
                   AND state IN ('queued', 'deferred', 'in doubt')";
        self.transaction.execute(sql, params![now.as_second(), id.0, why])?;
        Ok(true)
    }

    /// Revokes the links that can still be used, and cancels the waiting messages with a link: of one user, or of all users but
    /// those who are protected from the operator. Returns how many links and how many messages there were.
    ///
    /// # Errors
    /// When the store cannot be written.
    pub fn revoke_links(
        &self,
        user: Option<UserId>,
        protected: &ProtectedUsers,
        why: &str,
        now: Timestamp,
    ) -> Result<(u64, u64)> {
        let user = user.map(|user| user.0);
        let whose = match user {
            Some(_) => "user_id = ?2".to_owned(),
            None => format!("?2 IS NULL AND {}", not_for(protected)),
        };
        let sql = format!(
            "UPDATE messages SET revoked_at = ?1, revoked_why = ?3 WHERE {whose} AND lifetime IS NOT NULL AND {}",
            open_or_sending("?1")
        );
        let links = self.transaction.execute(&sql, params![now.as_second(), user, why])?;
        let sql = format!(
            "UPDATE messages SET state = 'cancelled', ended_at = ?1, reply = ?3 WHERE {whose} AND lifetime IS NOT NULL \
             AND state IN ('queued', 'deferred', 'in doubt')"
        );
        let waiting = self.transaction.execute(&sql, params![now.as_second(), user, why])?;
        Ok((links as u64, waiting as u64))
    }
}

impl ReadTransaction<'_> {
    /// The links and messages that [`WriteTransaction::revoke_links`] keeps if it is called for all users.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn links_of_protected(&self, protected: &ProtectedUsers, now: Timestamp) -> Result<ProtectedLinks> {
        if protected.is_empty() {
            return Ok(ProtectedLinks::default());
        }
        let sql = format!(
            "SELECT count(*) FILTER (WHERE {USABLE}), count(*) FILTER (WHERE state IN ('queued', 'deferred', 'in doubt')), \
             min(user_id) \
             FROM messages WHERE user_id IS NOT NULL AND NOT ({}) AND lifetime IS NOT NULL \
             AND ({USABLE} OR state IN ('queued', 'deferred', 'in doubt'))",
            not_for(protected),
            USABLE = open_or_sending("?1"),
        );
        let counts = self.transaction.query_row(&sql, [now.as_second()], |row| {
            Ok((row.get::<_, i64>(0)?, row.get::<_, i64>(1)?, row.get::<_, Option<i64>>(2)?))
        })?;
        let (links, waiting) = (counts.0.unsigned_abs(), counts.1.unsigned_abs());
        Ok(ProtectedLinks { links, waiting, user: counts.2.map(UserId) })
    }
}

/// The condition that a message is for none of these users.
pub(super) fn not_for(protected: &ProtectedUsers) -> String {
    // A mail of `mail test` is for no user.
    format!("ifnull(user_id, 0) NOT IN (SELECT users.id FROM users WHERE {})", is_protected(protected, "users"))
}

impl WriteTransaction<'_> {
    /// Revokes all links that can still be used and whose mail does not wait to be sent again. Returns how many there were.
    ///
    /// # Errors
    /// When the store cannot be written.
    pub fn end_open_links(&self, why: &str, now: Timestamp) -> Result<u64> {
        let sql = format!(
            "UPDATE messages SET revoked_at = ?1, revoked_why = ?2 WHERE lifetime IS NOT NULL AND {} \
             AND state NOT IN ('queued', 'deferred', 'in doubt')",
            open("?1")
        );
        Ok(self.transaction.execute(&sql, params![now.as_second(), why])? as u64)
    }
}
