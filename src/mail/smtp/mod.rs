//! The dialogue with a mail relay (RFC 5321), driven phase by phase, so that what became of a mail is always known.
//!
//! A [`Relay`] says where mails go; [`Relay::open`] connects, encrypts and logs in, and gives a [`SmtpConnection`]. The
//! files: `relay` (the settings), `account` and `login_memory` (who the program is there, and what logins have shown),
//! `addresses` (the race to one that answers), `opening` (up to EHLO), `login` (AUTH), `mask`
//! (what is not shown), `connection` (MAIL, RCPT, DATA, the dot), `wire` (bytes, deadlines, bounds), `stream` and `tls` below
//! it, `reply` and `capabilities` (what the relay says), `content` and `envelope` (what may be sent at all).
//!
//! # What is not trusted
//!
//! The relay: each reply has a deadline as a whole and a bound in lines and bytes, so that neither an endless reply nor
//! one byte a second holds a worker or fills its memory. What it says becomes one visible line, without our secrets.
//! The caller: addresses and content are checked before the first byte of them is sent, because one bare line break
//! would be a mail of somebody else (RUSTSEC-2026-0561).

mod account;
mod addresses;
mod capabilities;
mod connection;
mod content;
mod envelope;
mod login;
mod login_memory;
mod mask;
mod opening;
mod relay;
mod relay_error;
mod reply;
mod stream;
mod tls;
mod wire;

pub use account::Login;
pub use connection::SmtpConnection;
pub use login_memory::PasswordRenewal;
pub use relay::Relay;
pub use relay_error::RelayError;
pub use tls::ClientCertificate;
pub use tls::TlsOptions;
pub use tls::Trust;

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

/// How long each part may take (RFC 5321, 4.5.3.2). A deadline is for a reply as a whole, not for its next byte.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Timeouts {
    /// Looking up the name, and then connecting to one address.
    pub connect: Duration,
    /// The TLS handshake.
    pub tls: Duration,
    /// The greeting. RFC 5321 gives it 5 minutes, which a person at a terminal does not wait.
    pub greeting: Duration,
    /// The same while the name of the relay has another address that was not tried yet.
    pub next_address: Duration,
    /// EHLO, STARTTLS, and each step of AUTH.
    pub hello: Duration,
    /// MAIL and RSET.
    pub mail: Duration,
    /// RCPT: the relay may look the recipient up elsewhere.
    pub rcpt: Duration,
    /// The 354 after DATA.
    pub data: Duration,
    /// Each block of the content that the network takes.
    pub block: Duration,
    /// The reply to the final dot. Less than the 10 minutes of RFC 5321 sends mails twice.
    pub dot: Duration,
    /// Opening a connection in all, and one mail in all: what the parts above may add up to.
    pub whole: Duration,
    /// The reply to QUIT, which changes nothing any more.
    pub quit: Duration,
}

impl Default for Timeouts {
    fn default() -> Self {
        Self {
            connect: Duration::from_secs(30),
            tls: Duration::from_secs(60),
            greeting: Duration::from_secs(60),
            next_address: Duration::from_secs(10),
            hello: Duration::from_secs(120),
            mail: Duration::from_secs(300),
            rcpt: Duration::from_secs(300),
            data: Duration::from_secs(120),
            block: Duration::from_secs(180),
            dot: Duration::from_secs(600),
            whole: Duration::from_secs(1_800),
            quit: Duration::from_secs(1),
        }
    }
}

/// Whose a line of the transcript is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Side {
    /// This program said it.
    Ours,
    /// The relay said it.
    Relay,
    /// Nobody said it: what became of the connection besides, such as the address and TLS.
    Note,
    /// The same, where the configuration could be better.
    Advice,
}

/// What hears one line.
type TranscriptSink = dyn Fn(Side, &str) + Send + Sync;

/// Hears each line of the dialogue, as `mail test -v` shows it: visible, without the password and without the content.
#[derive(Clone)]
pub struct Transcript(Arc<TranscriptSink>);

impl Transcript {
    /// A transcript that gives each line to `hear`.
    pub fn new(hear: impl Fn(Side, &str) + Send + Sync + 'static) -> Self {
        Self(Arc::new(hear))
    }

    fn line(&self, side: Side, line: &str) {
        (self.0)(side, line);
    }
}

impl fmt::Debug for Transcript {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Transcript")
    }
}
