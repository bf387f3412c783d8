//! What delivery reports are compared with.

use jiff::Timestamp;

use crate::domain::message::MessageId;
use crate::domain::user::UserId;

/// A message that was tried, as a delivery report is compared with it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SentMessage {
    /// Its number.
    pub id: MessageId,
    /// Its Message-ID, without angle brackets.
    pub message_id: String,
    /// Where it went; blank: its user was deleted.
    pub address: String,
    /// The user; `None`: a mail of `mail test`.
    pub user: Option<UserId>,
    /// When the relay took it last, or may have.
    pub delivered_at: Timestamp,
    /// Whether a report that it bounced was recorded before.
    pub is_bounced: bool,
}
