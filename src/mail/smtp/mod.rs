//! The dialogue with a mail relay (RFC 5321), phase by phase, so that the outcome of a mail is always known.
//!
//! A [`Relay`] has the settings. [`Relay::open`] connects, encrypts and logs in, and returns an [`SmtpConnection`].
//! The files: `relay` (the settings), `account` and `login_memory` (the account at the relay, and what logins have
//! shown), `addresses` (the race to an address that answers), `opening` (up to EHLO), `login` (AUTH), `mask` (secrets
//! in replies), `progress` (the steps of opening, for an observer), `connection` (MAIL, RCPT, DATA, the dot), `wire` (bytes, deadlines, bounds), with `stream` and `tls`
//! below it, `reply` and `capabilities` (what the relay sends), `content` and `envelope` (what may be sent to it).
//!
//! # What is not trusted
//!
//! The relay: each complete reply has a deadline, and a bound in lines and bytes, so that neither an endless reply
//! nor one byte a second blocks a worker or fills its memory. Its text becomes one line without control characters
//! and without our secrets. The caller: addresses and content are checked before the first byte of them is sent,
//! because one bare line break could smuggle in another mail (RUSTSEC-2026-0561).

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
mod progress;
mod relay;
mod relay_error;
mod reply;
mod stream;
mod tls;
mod wire;

pub use account::Login;
pub use connection::SmtpConnection;
pub use login_memory::PasswordRenewal;
pub use progress::EncryptionDetails;
pub use progress::OpeningObserver;
pub use progress::OpeningStep;
pub use relay::Relay;
pub use relay_error::RelayError;
pub use tls::ClientCertificate;
pub use tls::TlsOptions;
pub use tls::Trust;

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

/// The time limits (RFC 5321, 4.5.3.2). A limit is for a complete reply, not for its next byte.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Timeouts {
    /// Looking up the name, and connecting to one address.
    pub connect: Duration,
    /// The TLS handshake.
    pub tls: Duration,
    /// The greeting. RFC 5321 allows 5 minutes, but an operator at a terminal does not wait that long.
    pub greeting: Duration,
    /// The greeting, while the name of the relay has another address that was not tried yet.
    pub next_address: Duration,
    /// EHLO, STARTTLS, and each step of AUTH.
    pub hello: Duration,
    /// MAIL and RSET.
    pub mail: Duration,
    /// RCPT, at which the relay may look up the recipient elsewhere.
    pub rcpt: Duration,
    /// The 354 after DATA.
    pub data: Duration,
    /// Each block of the content.
    pub block: Duration,
    /// The reply to the final dot. A limit below the 10 minutes of RFC 5321 leads to duplicate mails.
    pub dot: Duration,
    /// Opening a connection, or delivering one mail: the sum of the parts above.
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

/// The origin of a line of the transcript.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Side {
    /// Sent by this program.
    Ours,
    /// Sent by the relay.
    Relay,
    /// Information about the connection, such as the address and TLS.
    Note,
    /// Advice to improve the configuration.
    Advice,
}

/// A function that receives one line.
type TranscriptSink = dyn Fn(Side, &str) + Send + Sync;

/// Receives each line of the dialogue, for `mail test -v`: without control characters, without the password and
/// without the content.
#[derive(Clone)]
pub struct Transcript(Arc<TranscriptSink>);

impl Transcript {
    /// A transcript that passes each line to `receive`.
    pub fn new(receive: impl Fn(Side, &str) + Send + Sync + 'static) -> Self {
        Self(Arc::new(receive))
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
