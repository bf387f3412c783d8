//! Why a mail could not be written.

use thiserror::Error;

use crate::domain::email_address::EmailAddressError;
use crate::mail::template::TemplateError;
use crate::mail::wire::WireFormatError;

/// Why no mail of the organization could be written.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum MailIdentityError {
    /// `from` or `reply_to` is not ASCII before the @ while `bounce_to` is: the relay would be asked to take a plain mail, and would
    /// get one that only SMTPUTF8 allows (RFC 6531, 3.1).
    #[error("`{0}` is not ASCII before the @, and the address for bounces is: take an address in ASCII")]
    NotAscii(String),
    /// The library that writes mails refuses the name of a header; it is a fault of the program.
    #[error("the header `{0}` cannot be written")]
    Header(String),
}

/// Why a mail could not be written. Nothing of its content is in it.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum ComposeError {
    /// What the store holds as the user's address is none.
    #[error("the user's email address {0}")]
    Recipient(EmailAddressError),
    /// What the store holds as the message's Message-ID is none.
    #[error("`{0}` is no Message-ID")]
    MessageId(String),
    /// The mail is to carry a link, and the configuration has none.
    #[error("`[reset] link` is not set in the configuration")]
    NoLink,
    /// A template failed.
    #[error(transparent)]
    Template(#[from] TemplateError),
    /// A template of the organization leaves the link out for this user.
    #[error("a template in the directory of [texts] leaves the link out")]
    WithoutLink,
    /// The library that writes mails refuses a header; it is a fault of the program.
    #[error("the mail cannot be written: {0}")]
    Build(String),
    /// The bytes are none that may leave; it is a fault of the program.
    #[error("the mail cannot be sent: {0}")]
    Wire(#[from] WireFormatError),
}

impl ComposeError {
    /// Whether it is about the configuration or its templates, and not about the message: it can be set right, and the mail written
    /// then.
    pub fn is_configuration(&self) -> bool {
        matches!(self, Self::NoLink | Self::Template(_) | Self::WithoutLink)
    }
}
