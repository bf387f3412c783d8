//! How far the opening of a connection has come, for a caller that shows each step.

use std::fmt;
use std::net::SocketAddr;
use std::sync::Arc;

use jiff::Timestamp;

/// A step of opening a connection that was done. After another address or another password, a step may be done again.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum OpeningStep {
    /// The TCP connection.
    Connected(SocketAddr),
    /// The TLS handshake, in which the relay's certificate was verified.
    Encrypted(EncryptionDetails),
    /// The relay's reply to EHLO; for STARTTLS, to the EHLO after it. The extensions that the program uses, as a relay
    /// writes them.
    Greeted(Vec<String>),
}

/// An encrypted connection.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EncryptionDetails {
    /// The version and the cipher suite.
    pub protocol: String,
    /// The end of the validity of the relay's certificate; `None`: it is too far away for a time.
    pub valid_until: Option<Timestamp>,
}

/// A function that receives one step.
type StepSink = dyn Fn(OpeningStep) + Send + Sync;

/// Receives each step of opening a connection, when it is done.
#[derive(Clone)]
pub struct OpeningObserver(Arc<StepSink>);

impl OpeningObserver {
    /// An observer that passes each step to `receive`.
    pub fn new(receive: impl Fn(OpeningStep) + Send + Sync + 'static) -> Self {
        Self(Arc::new(receive))
    }

    pub(super) fn step(&self, step: OpeningStep) {
        (self.0)(step);
    }
}

impl fmt::Debug for OpeningObserver {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("OpeningObserver")
    }
}
