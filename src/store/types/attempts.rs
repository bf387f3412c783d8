//! An attempt to send a message: what it starts with, and its result.

use jiff::Timestamp;

use crate::domain::message::MessageId;
use crate::domain::message::MessageState;
use crate::secrets::reset_code::NONCE;
use crate::secrets::reset_code::ResetCodeHash;

/// The start of an attempt to send a message.
#[derive(Debug, Clone)]
pub struct AttemptStart {
    /// The message.
    pub id: MessageId,
    /// The nonce, the same at each attempt.
    pub nonce: [u8; NONCE],
    /// The Message-ID, the same at each attempt.
    pub message_id: String,
    /// The hash of the code, if it has a link.
    pub code_hash: Option<ResetCodeHash>,
}

/// The result of an attempt.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum AttemptResult {
    /// The message now has this state. If it waits again, it is due at `due_at`.
    Tried {
        /// Accepted, deferred, failed or in doubt.
        state: MessageState,
        /// The server's words.
        reply: String,
        /// When it is tried again, if it is.
        due_at: Option<Timestamp>,
    },
    /// The relay could not be used, or refuses everything: the message waits as before this attempt, with another reply.
    Released {
        /// What happened.
        reply: String,
        /// When it is tried again.
        due_at: Timestamp,
        /// The relay refuses everything: the next run begins with this message.
        given_back: bool,
    },
}
