//! The outcome of an attempt to deliver a mail.

use crate::domain::reply::RelayReply;

pub use crate::domain::relay::Phase;

/// The outcome of one attempt. Only [`DeliveryOutcome::Accepted`] means that the relay has the mail.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum DeliveryOutcome {
    /// 250 after the final dot: the relay is responsible for the mail now.
    Accepted {
        /// The server's reply.
        reply: String,
    },
    /// A temporary refusal: 4xx to this mail. Whether it concerns the mail, its recipient or this program is not
    /// known yet.
    Deferred {
        /// The server's reply.
        reply: String,
        /// The parsed reply of a relay; `None`: it was not one.
        relay: Option<RelayReply>,
    },
    /// A permanent refusal: 5xx to this mail, or the mail cannot be sent at all.
    Refused {
        /// The server's reply, or our own text.
        reply: String,
        /// The parsed reply of a relay; `None`: it was not one.
        relay: Option<RelayReply>,
    },
    /// The connection was lost after the final dot was sent and before the complete reply: the relay may have the
    /// mail.
    InDoubt {
        /// What happened.
        reply: String,
    },
    /// The relay could not be used at all. This shows nothing about the mail, so no attempt is counted.
    TransportFailed(TransportError),
}

/// Why the relay could not be used.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TransportError {
    /// What can be done about it.
    pub kind: TransportErrorKind,
    /// What the program was doing.
    pub phase: Phase,
    /// One line: what happened, with the server's reply.
    pub message: String,
}

/// The kinds of transport errors.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TransportErrorKind {
    /// Temporary: no connection, a timeout, 4xx before MAIL, a lost connection before the dot.
    Temporary,
    /// Permanent: 5xx at the greeting or EHLO, no STARTTLS, a reply that is not SMTP.
    Permanent,
    /// The configuration is wrong: AUTH refused, a certificate that does not verify, a `ca_file` without
    /// certificates, a missing directory or program.
    Configuration,
}
