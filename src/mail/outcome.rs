//! What became of an attempt to hand a mail over.

use crate::domain::reply::RelayReply;

pub use crate::domain::relay::Phase;

/// The outcome of one attempt. Only [`DeliveryOutcome::Accepted`] says that the relay has the mail.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum DeliveryOutcome {
    /// 250 after the final dot: the mail is the relay's now.
    Accepted {
        /// The server's own words.
        reply: String,
    },
    /// Not now: 4xx to this mail. Whether that is about the mail, its recipient or this program is not known yet.
    Deferred {
        /// The server's own words.
        reply: String,
        /// What a relay said; `None`: it was none.
        relay: Option<RelayReply>,
    },
    /// Never: 5xx to this mail, or it cannot be sent at all.
    Refused {
        /// The server's own words, or ours.
        reply: String,
        /// What a relay said; `None`: it was none.
        relay: Option<RelayReply>,
    },
    /// The connection was lost after the final dot was sent and before the reply was whole: the relay may have it.
    InDoubt {
        /// What happened.
        reply: String,
    },
    /// The relay could not be used at all. It says nothing about this mail, which burns no attempt.
    Trouble(TransportError),
}

/// Why the relay could not be used.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TransportError {
    /// What to do about it.
    pub kind: TransportErrorKind,
    /// What the program was doing.
    pub phase: Phase,
    /// One line: what happened, with the server's own words.
    pub words: String,
}

/// What kind of trouble a relay is in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TransportErrorKind {
    /// It passes: no connection, a timeout, 4xx before MAIL, a drop before the dot.
    Temporary,
    /// It does not pass by itself: 5xx at the greeting or EHLO, no STARTTLS, a reply that is not SMTP.
    Permanent,
    /// The configuration is wrong: AUTH refused, a certificate that does not verify, a `ca_file` that holds none, a
    /// directory or a program that is not there.
    Configuration,
}
