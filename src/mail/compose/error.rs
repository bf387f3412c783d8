//! The errors of composing a mail.

use thiserror::Error;

use crate::domain::email_address::EmailAddressError;
use crate::mail::template::TemplateError;
use crate::mail::wire::WireFormatError;

/// Why no mail of the organization can be composed.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum MailIdentityError {
    /// `from` or `reply_to` is not ASCII before the @ although `bounce_to` is: the envelope would announce a plain
    /// mail, and the relay would get one that needs SMTPUTF8 (RFC 6531, 3.1).
    #[error("`{0}` is not ASCII before the @, and the address for bounces is: take an address in ASCII")]
    NotAscii(String),
    /// lettre refuses the name of a header, which is a bug.
    #[error("the header `{0}` cannot be written")]
    Header(String),
}

/// Why a mail cannot be composed. It shows no content of the mail.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum ComposeError {
    /// The stored address of the user is not valid.
    #[error("the user's email address {0}")]
    Recipient(EmailAddressError),
    /// The stored Message-ID of the message is not valid.
    #[error("`{0}` is no Message-ID")]
    MessageId(String),
    /// The mail needs a link, and the configuration has none.
    #[error("`[reset] link` is not set in the configuration")]
    NoLink,
    /// A template failed.
    #[error(transparent)]
    Template(#[from] TemplateError),
    /// A template of the organization leaves out the link for this user.
    #[error("a template in the directory of [texts] leaves the link out")]
    WithoutLink,
    /// lettre refuses a header, which is a bug.
    #[error("the mail cannot be written: {0}")]
    Build(String),
    /// The bytes must not be sent, which is a bug.
    #[error("the mail cannot be sent: {0}")]
    Wire(#[from] WireFormatError),
}

impl ComposeError {
    /// Whether the configuration or its templates are the cause, and not the message: once they are fixed, the mail
    /// can be composed.
    pub fn is_configuration(&self) -> bool {
        matches!(self, Self::NoLink | Self::Template(_) | Self::WithoutLink)
    }
}
