//! Mails: how one is written, and how it is handed over.

mod code_mask;
pub mod compose;
pub mod context;
pub mod file;
mod layouts;
mod line_breaking;
mod linked;
mod mime;
pub mod outcome;
mod prepared;
mod quoted;
mod quoted_printable;
pub mod sendmail;
pub mod smtp;
pub mod template;
mod template_trial;
pub mod texts;
mod thread;
pub mod transport;
pub mod wire;

use std::fmt;

use crate::domain::email_address::EmailAddress;
use crate::secrets::zeroizing::ZeroizingBuf;

/// Whom a mail is from and whom it is for, as the relay is told (RFC 5321, 2.3.1).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Envelope {
    /// Where what cannot be delivered comes back to: `[mail] bounce_to`, else `[mail] from`.
    pub sender: EmailAddress,
    /// The one recipient.
    pub recipient: EmailAddress,
}

impl Envelope {
    /// Whether only a relay that offers SMTPUTF8 (RFC 6531) can take it: an address in it is not ASCII.
    pub fn needs_smtputf8(&self) -> bool {
        !self.sender.as_str().is_ascii() || !self.recipient.as_str().is_ascii()
    }
}

/// One mail, whole, as it goes over the wire. It may hold the code of a reset, so its `Debug` shows no content.
#[derive(Clone, PartialEq, Eq)]
pub struct Mail {
    /// From whom and for whom.
    pub envelope: Envelope,
    /// The `Message-ID`, without its angle brackets: the same each time the message is tried.
    pub message_id: String,
    /// Header and body (RFC 5322): lines of at most 998 bytes that end in CR LF, the last one too; no other CR or LF, no
    /// NUL; not yet dot-stuffed. Pure ASCII, but for a header that an address outside ASCII makes UTF-8 (RFC 6532).
    pub content: ZeroizingBuf<Vec<u8>>,
}

impl fmt::Debug for Mail {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Mail").field("message_id", &self.message_id).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests;
