//! The mail relay: how the connection to it is protected, how the program logs in to it, and the parts of the dialogue.

use std::fmt;

/// How the connection is protected.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, strum::IntoStaticStr, strum::VariantArray)]
#[strum(serialize_all = "lowercase")]
pub enum Security {
    /// TLS from the first byte (RFC 8314, 3.3), usually on port 465.
    Implicit,
    /// TLS after STARTTLS (RFC 3207), usually on port 587; without it nothing is sent.
    #[default]
    StartTls,
    /// None; to a loopback address only.
    None,
}

impl Security {
    /// The word in the configuration.
    pub fn word(self) -> &'static str {
        self.into()
    }
}

/// How the program logs in (RFC 4954).
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, strum::IntoStaticStr, strum::VariantArray)]
#[strum(serialize_all = "lowercase")]
pub enum LoginMethod {
    /// The best that the relay offers and takes: PLAIN, else LOGIN. The others are only used where they are named.
    #[default]
    Auto,
    /// PLAIN (RFC 4616).
    Plain,
    /// LOGIN, which was never standardised.
    Login,
    /// XOAUTH2, which was never standardised: the password is an access token.
    XOauth2,
    /// OAUTHBEARER (RFC 7628): the password is an access token.
    OauthBearer,
}

impl LoginMethod {
    /// The word in the configuration.
    pub fn word(self) -> &'static str {
        self.into()
    }
}

/// A part of the dialogue, in its order (RFC 5321, 4.5.3.2 gives each its timeout).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
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
    /// A program or a directory in place of a relay.
    Local,
    /// The end of a program in place of a relay, which was given the mail.
    Program,
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
            Self::Program => "the end of the program",
        })
    }
}
