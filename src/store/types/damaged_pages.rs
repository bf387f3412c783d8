//! The messages of a store whose file has damaged pages.

use super::damage::RowFault;
use crate::domain::message::MessageId;

/// The waiting messages, each read on its own.
#[derive(Debug, Default)]
pub struct ExaminedMessages {
    /// The readable messages, in the order in which they are sent.
    pub readable: Vec<MessageId>,
    /// The other messages, each with its fault.
    pub unreadable: Vec<(MessageId, RowFault)>,
}
