//! Mails: composing and delivering them.

mod code_mask;
pub mod compose;
pub mod context;
pub mod delivery_report;
pub mod file;
mod layouts;
mod line_breaking;
mod linked;
pub mod mbox;
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

/// The sender and the recipient of a mail in SMTP (RFC 5321, 2.3.1).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Envelope {
    /// The address to which undeliverable mail is returned: `[mail] bounce_to`, else `[mail] from`.
    pub sender: EmailAddress,
    /// The only recipient.
    pub recipient: EmailAddress,
}

impl Envelope {
    /// Whether only a relay that offers SMTPUTF8 (RFC 6531) can accept it, because an address is not ASCII.
    pub fn needs_smtputf8(&self) -> bool {
        !self.sender.as_str().is_ascii() || !self.recipient.as_str().is_ascii()
    }
}

/// A complete mail, as it is sent. It may contain the code of a reset, so `Debug` does not show its content.
#[derive(Clone, PartialEq, Eq)]
pub struct Mail {
    /// The sender and the recipient.
    pub envelope: Envelope,
    /// The `Message-ID`, without its angle brackets: the same for each attempt.
    pub message_id: String,
    /// Header and body (RFC 5322): lines of at most 998 bytes that end in CR LF, including the last one; no other CR
    /// or LF and no NUL; not yet dot-stuffed. ASCII only, except for a header with an address outside ASCII, which is
    /// UTF-8 (RFC 6532).
    pub content: ZeroizingBuf<Vec<u8>>,
}

impl fmt::Debug for Mail {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Mail").field("message_id", &self.message_id).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests;
