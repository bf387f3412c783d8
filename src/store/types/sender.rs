//! A process that sends.

use std::fmt;

use jiff::Timestamp;

use crate::domain::text;

/// A process that sends.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sender {
    /// Its number, in its own PID namespace.
    pub process: u32,
    /// The name of the host as a process of another PID namespace, such as a container, sees it; `None`: it is in the namespace of
    /// the reader.
    pub elsewhere: Option<String>,
    /// When it began to send.
    pub began_at: Timestamp,
    /// The time of its last activity: it recorded the outcome of a mail, or tried to reach the relay.
    pub active_at: Timestamp,
}

impl fmt::Display for Sender {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "process {}", self.process)?;
        self.elsewhere.as_ref().map_or(Ok(()), |host| write!(f, " of another container (host {})", text::visible(host)))
    }
}
