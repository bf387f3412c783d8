//! The mail relay: how the connection to it is protected, and how the program logs in to it.

/// How the connection is protected.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
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
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Implicit, Self::StartTls, Self::None];

    /// The word in the configuration.
    pub fn word(self) -> &'static str {
        match self {
            Self::Implicit => "implicit",
            Self::StartTls => "starttls",
            Self::None => "none",
        }
    }
}

/// How the program logs in (RFC 4954).
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum LoginMethod {
    /// The best that the relay offers: PLAIN, else LOGIN. XOAUTH2 is only used where it is named.
    #[default]
    Auto,
    /// PLAIN (RFC 4616).
    Plain,
    /// LOGIN, which was never standardised.
    Login,
    /// XOAUTH2: the password is an access token.
    XOauth2,
}

impl LoginMethod {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Auto, Self::Plain, Self::Login, Self::XOauth2];

    /// The word in the configuration.
    pub fn word(self) -> &'static str {
        match self {
            Self::Auto => "auto",
            Self::Plain => "plain",
            Self::Login => "login",
            Self::XOauth2 => "xoauth2",
        }
    }
}
