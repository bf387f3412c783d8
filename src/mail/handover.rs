//! What became of an attempt to hand a mail over.

use std::fmt;

/// The outcome of one attempt. Only [`Handover::Accepted`] says that the relay has the mail.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Handover {
    /// 250 after the final dot: the mail is the relay's now.
    Accepted {
        /// The server's own words.
        reply: String,
    },
    /// Not now, for this recipient: 4xx at RCPT or after the dot, 421 while the mail was under way.
    Deferred {
        /// The server's own words.
        reply: String,
        /// The relay asks for a slower pace (421, 4.7.x).
        slow_down: bool,
    },
    /// Never, for this mail: 5xx at RCPT or after the dot, or the relay cannot carry the address.
    Refused {
        /// The server's own words, or ours.
        reply: String,
    },
    /// The connection was lost after the final dot was sent and before the reply was whole: the relay may have it.
    InDoubt {
        /// What happened.
        reply: String,
    },
    /// The relay could not be used at all. It says nothing about this mail, which burns no attempt.
    Trouble(Trouble),
}

/// Why the relay could not be used.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Trouble {
    /// What to do about it.
    pub kind: TroubleKind,
    /// What the program was doing.
    pub phase: Phase,
    /// One line: what happened, with the server's own words.
    pub words: String,
}

/// What kind of trouble a relay is in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TroubleKind {
    /// It passes: no connection, a timeout, 4xx or 421, a drop before the dot.
    Later,
    /// It does not pass by itself: 5xx at the greeting, EHLO or MAIL, no STARTTLS, a reply that is not SMTP.
    ForGood,
    /// The configuration is wrong: AUTH refused, a certificate that does not verify, a `ca_file` that holds none, a
    /// folder or a program that is not there.
    Configuration,
}

/// A part of the dialogue (RFC 5321, 4.5.3.2 gives each its patience).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Phase {
    /// Looking up the name and connecting.
    Connect,
    /// The TLS handshake.
    Tls,
    /// Waiting for the 220.
    Greeting,
    /// EHLO.
    Ehlo,
    /// STARTTLS.
    StartTls,
    /// AUTH.
    Auth,
    /// MAIL FROM.
    Mail,
    /// RCPT TO.
    Rcpt,
    /// DATA, before the 354.
    Data,
    /// The content, up to the final dot.
    Content,
    /// The reply to the final dot.
    Dot,
    /// A program or a folder in place of a relay.
    Local,
}

impl fmt::Display for Phase {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::Connect => "connecting",
            Self::Tls => "TLS",
            Self::Greeting => "the greeting",
            Self::Ehlo => "EHLO",
            Self::StartTls => "STARTTLS",
            Self::Auth => "AUTH",
            Self::Mail => "MAIL FROM",
            Self::Rcpt => "RCPT TO",
            Self::Data => "DATA",
            Self::Content => "the content",
            Self::Dot => "the end of the mail",
            Self::Local => "handing over",
        })
    }
}
