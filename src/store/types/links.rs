//! Links as stored, and which of them a list shows.

use super::messages::LinkState;
use super::messages::LinkStatus;
use crate::domain::message::MessageId;
use crate::domain::user::UserId;

/// Which links a list shows.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct LinkQuery {
    /// Those of this user.
    pub user: Option<UserId>,
    /// Those in this state.
    pub state: Option<LinkState>,
    /// The limit of the number of results.
    pub limit: Option<u64>,
}

/// A link, found by its code.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Link {
    /// The message that contains it.
    pub message: MessageId,
    /// The user it was created for, who may be deleted by now.
    pub user: UserId,
    /// Its status.
    pub metadata: LinkStatus,
}

/// The links and mails of users who are protected from the operator.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct ProtectedLinks {
    /// Links that can still be used.
    pub links: u64,
    /// Mails with a link that wait to be sent.
    pub waiting: u64,
    /// One of their users.
    pub user: Option<UserId>,
}
