//! Notices of changed addresses for an import, which changes many at once.

use jiff::Timestamp;
use rusqlite::params;

use super::Result;
use super::WriteTransaction;
use super::import::HAS_OTHER_EMAIL;
use crate::domain::message::MailKind;
use crate::domain::message::NoticeCause;
use crate::domain::operator::Account;

impl WriteTransaction<'_> {
    /// Queues two notices for each user to whom the staged rows give another address: one to the former, one to the new. To be
    /// called after the rows were matched with users and before they are written. The same address in another form is no other
    /// address. Gives the number of notices.
    ///
    /// # Errors
    /// When the store cannot be written.
    pub fn queue_address_notices(&self, operator: &Account, now: Timestamp) -> Result<u64> {
        let mut notices = 0;
        for (cause, address) in [(NoticeCause::AddressReplaced, "u.email"), (NoticeCause::AddressSet, "i.email")] {
            let sql = format!(
                "INSERT INTO messages (kind, state, user_id, address, operator, operator_uid, created_at, due_at, cause) \
                 SELECT ?1, 'queued', u.id, {address}, ?2, ?3, ?4, ?4, ?5 FROM temp.incoming AS i \
                 JOIN main.users AS u ON u.id = i.target WHERE {HAS_OTHER_EMAIL} ORDER BY i.number"
            );
            let kind = MailKind::AddressNotice.stored_word();
            let values = params![kind, operator.name, operator.uid, now.as_second(), cause.word()];
            notices += self.transaction.execute(&sql, values)? as u64;
        }
        Ok(notices)
    }
}
