//! The messages of a store whose file has damaged pages.

use super::damage::RowFault;
use crate::domain::message::MessageId;

/// The messages that wait, one by one.
#[derive(Debug, Default)]
pub struct ExaminedMessages {
    /// Those that can be read, in the order in which they are sent.
    pub readable: Vec<MessageId>,
    /// The others, and what is wrong with each.
    pub unreadable: Vec<(MessageId, RowFault)>,
}
