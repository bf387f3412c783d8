//! Sends commands and reads replies, with deadlines and bounds, and copies them to the transcript.

use std::io;
use std::time::Duration;

use tokio::time::Instant;
use tokio::time::timeout_at;
use tokio_rustls::rustls::AlertDescription;
use tokio_rustls::rustls::Error;
use zeroize::Zeroizing;

use super::Side;
use super::Transcript;
use super::mask::Mask;
use super::reply::MAX_LINE;
use super::reply::PartialReply;
use super::reply::Reply;
use super::stream::RelayStream;
use super::tls;
use crate::domain::text;

/// How many bytes are read at a time.
const READ: usize = 4096;

/// A time limit.
#[derive(Debug, Clone, Copy)]
pub(super) struct Timeout {
    /// For the next complete reply, or the next block that is sent.
    pub(super) wait: Duration,
    /// The end of everything, however much of `wait` is left.
    pub(super) end: Instant,
}

impl Timeout {
    pub(super) fn deadline(self) -> Instant {
        (Instant::now() + self.wait).min(self.end)
    }
}

/// Why there is no reply.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum NoReply {
    /// The connection is lost, or the relay took too long.
    Lost(String),
    /// The relay ended TLS with this alert.
    Alert(AlertDescription),
    /// The data is not SMTP.
    Garbage(String),
}

/// A write that did not send everything.
#[derive(Debug)]
pub(super) struct IncompleteWrite {
    /// At most this many bytes may have been sent.
    pub(super) left: usize,
    /// What happened.
    pub(super) words: String,
}

/// A connection for commands and replies.
pub(super) struct Wire {
    stream: RelayStream,
    /// Bytes that were read but not parsed yet.
    received: Vec<u8>,
    transcript: Option<Transcript>,
    /// Secrets that are masked in case the relay sends them back.
    mask: Mask,
    masks_only_shown: bool,
}

impl Wire {
    pub(super) fn new(stream: RelayStream, transcript: Option<Transcript>) -> Self {
        Self { stream, received: Vec::new(), transcript, mask: Mask::default(), masks_only_shown: false }
    }

    /// Whether nothing was received after the replies that were read.
    pub(super) fn is_quiet(&self) -> bool {
        self.received.is_empty()
    }

    /// The underlying stream, for TLS on top of it; only if [`Wire::is_quiet`].
    pub(super) fn into_stream(self) -> RelayStream {
        self.stream
    }

    /// From now on `mask` applies to everything that is received, until [`Wire::mask_only_shown`].
    pub(super) fn mask(&mut self, mask: Mask) {
        self.mask = mask;
        self.masks_only_shown = false;
    }

    /// From now on the mask only applies to what is shown: refusals and the transcript. Other replies are too many to
    /// be masked, one for each command of each mail.
    pub(super) fn mask_only_shown(&mut self) {
        self.masks_only_shown = true;
    }

    /// Adds a line of ours to the transcript.
    pub(super) fn note(&self, line: &str) {
        if let Some(transcript) = &self.transcript {
            transcript.line(Side::Ours, &text::visible(line));
        }
    }

    /// Sends bytes, without adding them to the transcript.
    ///
    /// # Errors
    /// If the connection is lost, or the network accepts none of it in time.
    pub(super) async fn send(&mut self, bytes: &[u8], timeout: Timeout) -> Result<(), IncompleteWrite> {
        let mut sent = 0;
        while sent < bytes.len() {
            let rest = &bytes[sent..];
            let words = match timeout_at(timeout.deadline(), self.stream.write(rest)).await {
                Ok(Ok(0)) => "the connection is closed".to_owned(),
                Ok(Ok(count)) => {
                    sent += count;
                    continue;
                }
                Ok(Err(error)) => tls::lost(&error),
                Err(_) => "the relay takes no more: time is up".to_owned(),
            };
            return Err(IncompleteWrite { left: sent + self.stream.may_have_left(rest), words });
        }
        Ok(())
    }

    /// Sends one command and adds it to the transcript.
    ///
    /// # Errors
    /// Those of [`Wire::send`].
    pub(super) async fn command(&mut self, command: &str, timeout: Timeout) -> Result<(), NoReply> {
        self.note(command);
        let line = Zeroizing::new(format!("{command}\r\n"));
        self.send(line.as_bytes(), timeout).await.map_err(|cut| NoReply::Lost(cut.words))
    }

    /// Reads one complete reply. The deadline is for all of it, however slowly it comes.
    ///
    /// # Errors
    /// If there is none in time, or the data is not a reply.
    pub(super) async fn reply(&mut self, timeout: Timeout) -> Result<Reply, NoReply> {
        let deadline = timeout.deadline();
        let started = Instant::now();
        let mut unfinished = PartialReply::default();
        loop {
            while let Some(line) = self.line()? {
                if let Some(reply) = unfinished.take(&line).map_err(NoReply::Garbage)? {
                    return Ok(reply);
                }
            }
            match timeout_at(deadline, self.stream.read(&mut self.received, READ)).await {
                Ok(Ok(0)) => return Err(NoReply::Lost(closed(unfinished.is_empty() && self.received.is_empty()))),
                Ok(Ok(_)) => {}
                Ok(Err(error)) => return Err(lost(&error)),
                Err(_) => {
                    let waited = started.elapsed().as_secs();
                    return Err(NoReply::Lost(format!("no reply within {waited} s")));
                }
            }
        }
    }

    /// Like [`Wire::reply`], for a reply whose text is kept even if it is not a refusal.
    ///
    /// # Errors
    /// Those of [`Wire::reply`].
    pub(super) async fn reply_to_keep(&mut self, timeout: Timeout) -> Result<Reply, NoReply> {
        let before = std::mem::replace(&mut self.masks_only_shown, false);
        let reply = self.reply(timeout).await;
        self.masks_only_shown = before;
        reply
    }

    /// The next complete line that was received, without its end. A line that ends in LF alone is accepted, because
    /// nothing depends on it.
    fn line(&mut self) -> Result<Option<Vec<u8>>, NoReply> {
        let end = self.received.iter().position(|byte| *byte == b'\n');
        if end.unwrap_or(self.received.len()) > MAX_LINE {
            return Err(NoReply::Garbage(format!("a line of more than {MAX_LINE} bytes")));
        }
        let Some(end) = end else { return Ok(None) };
        let mut bytes: Vec<u8> = self.received.drain(..=end).collect();
        bytes.pop();
        if bytes.last() == Some(&b'\r') {
            bytes.pop();
        }
        let is_shown =
            !self.masks_only_shown || self.transcript.is_some() || !matches!(bytes.first(), Some(b'2' | b'3'));
        let line = if is_shown { self.mask.line(bytes) } else { bytes };
        if let Some(transcript) = &self.transcript {
            let shown = String::from_utf8_lossy(&line);
            transcript.line(Side::Relay, &text::quoted(&shown, 1000));
        }
        Ok(Some(line))
    }

    /// Sends QUIT and waits a moment for any reply.
    pub(super) async fn quit(mut self, wait: Duration) {
        let timeout = Timeout { wait, end: Instant::now() + wait };
        if self.command("QUIT", timeout).await.is_ok() {
            let _ = self.reply(timeout).await;
        }
        let _ = timeout_at(timeout.end, self.stream.shut_down()).await;
    }
}

fn lost(error: &io::Error) -> NoReply {
    match error.get_ref().and_then(|inner| inner.downcast_ref::<Error>()) {
        Some(Error::AlertReceived(alert)) => NoReply::Alert(*alert),
        _ => NoReply::Lost(tls::lost(error)),
    }
}

fn closed(is_between_replies: bool) -> String {
    match is_between_replies {
        true => "the relay closed the connection without a reply".to_owned(),
        false => "the relay closed the connection in the middle of a reply".to_owned(),
    }
}
