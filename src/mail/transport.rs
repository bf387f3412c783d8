//! The transports of mails: those that the configuration names, and an open connection of each.

use std::sync::Arc;
use std::sync::Mutex;
use std::sync::PoisonError;

use super::Envelope;
use super::Mail;
use super::file::MailDirectory;
use super::outcome::DeliveryOutcome;
use super::outcome::TransportError;
use super::sendmail::Sendmail;
use super::smtp;
use super::smtp::Relay;

/// A transport for mails.
#[derive(Debug, Clone)]
pub enum Transport {
    /// A relay, by SMTP.
    Smtp(Box<Relay>),
    /// Memory, for tests.
    Memory(MemoryTransport),
    /// A program on this machine.
    Sendmail(Sendmail),
    /// A directory in which each mail becomes a file.
    Directory(MailDirectory),
}

/// An open transport.
#[derive(Debug)]
pub enum OpenTransport {
    /// See [`Transport::Smtp`].
    Smtp(Box<smtp::SmtpConnection>),
    /// See [`Transport::Memory`].
    Memory(MemoryTransport),
    /// See [`Transport::Sendmail`]; the program is started for each mail.
    Sendmail(Sendmail),
    /// See [`Transport::Directory`].
    Directory(MailDirectory),
}

/// Mails in memory; clones share them.
#[derive(Debug, Clone, Default)]
pub struct MemoryTransport(Arc<Mutex<Vec<Mail>>>);

impl MemoryTransport {
    /// The mails delivered so far.
    pub fn mails(&self) -> Vec<Mail> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

/// What a relay is asked without sending a mail.
enum Rehearsal<'a> {
    /// Whether it would accept such mails.
    Mails(&'a [Mail]),
    /// Whether it accepts mail from the sender of this one.
    Sender(&'a Mail),
}

impl Transport {
    /// The text for an accepted mail; `mail` is what it is called. In a directory no relay has the mail, and nobody
    /// gets it.
    pub fn accepted(&self, mail: &str) -> String {
        match self {
            Self::Smtp(_) => format!("the relay accepted {mail}"),
            Self::Sendmail(_) => format!("sendmail accepted {mail}"),
            Self::Directory(_) | Self::Memory(_) => format!("{mail} was written to a file; nobody receives it"),
        }
    }

    /// Whether accepted mails go to their recipients.
    pub fn reaches_people(&self) -> bool {
        match self {
            Self::Smtp(_) | Self::Sendmail(_) => true,
            Self::Directory(_) | Self::Memory(_) => false,
        }
    }

    /// Opens the transport; for SMTP: connect, TLS, EHLO, AUTH.
    ///
    /// # Errors
    /// If the relay, the program or the directory cannot be used.
    pub async fn open(&self) -> Result<OpenTransport, TransportError> {
        match self {
            Self::Smtp(relay) => Ok(OpenTransport::Smtp(Box::new(relay.open().await?))),
            Self::Memory(memory) => Ok(OpenTransport::Memory(memory.clone())),
            Self::Sendmail(sendmail) => Ok(OpenTransport::Sendmail(sendmail.clone())),
            Self::Directory(directory) => directory.open().map(|()| OpenTransport::Directory(directory.clone())),
        }
    }
}

impl Transport {
    /// Checks whether such mails could be sent now, without sending one: opens a connection to the relay, announces
    /// the mails and closes it.
    ///
    /// # Errors
    /// Those of [`Transport::open`]; if the relay would refuse all mail; if the sendmail program cannot be executed.
    pub async fn probe(&self, mails: &[Mail]) -> Result<(), TransportError> {
        self.rehearse(Rehearsal::Mails(mails)).await
    }

    /// As [`Transport::probe`], but only asks whether the relay accepts mail from the sender of `mail`, and names no
    /// recipient.
    ///
    /// # Errors
    /// As [`Transport::probe`].
    pub async fn probe_sender(&self, mail: &Mail) -> Result<(), TransportError> {
        self.rehearse(Rehearsal::Sender(mail)).await
    }

    async fn rehearse(&self, rehearsal: Rehearsal<'_>) -> Result<(), TransportError> {
        if let Self::Sendmail(sendmail) = self {
            return sendmail.probe();
        }
        let mut open = self.open().await?;
        let rehearsed = match (&mut open, rehearsal) {
            (OpenTransport::Smtp(connection), Rehearsal::Mails(mails)) => connection.rehearse(mails).await,
            (OpenTransport::Smtp(connection), Rehearsal::Sender(mail)) => connection.rehearse_sender(mail).await,
            (OpenTransport::Memory(_) | OpenTransport::Sendmail(_) | OpenTransport::Directory(_), _) => Ok(()),
        };
        open.close().await;
        rehearsed
    }
}

impl OpenTransport {
    /// Delivers one mail. `next` is the envelope of the mail that follows on this connection, if there is one: if the
    /// relay allows it, that is sent in the same write as the end of this mail, and the next call must be for it.
    pub async fn deliver(&mut self, mail: &Mail, next: Option<&Envelope>) -> DeliveryOutcome {
        match self {
            Self::Smtp(connection) => connection.deliver(mail, next).await,
            Self::Memory(memory) => {
                let _ = next;
                memory.0.lock().unwrap_or_else(PoisonError::into_inner).push(mail.clone());
                DeliveryOutcome::Accepted { reply: "kept".to_owned() }
            }
            Self::Sendmail(sendmail) => sendmail.deliver(mail).await,
            Self::Directory(directory) => directory.deliver(mail).await,
        }
    }

    /// Whether another mail can be delivered; not after the connection is lost.
    pub fn is_open(&self) -> bool {
        match self {
            Self::Smtp(connection) => connection.is_open(),
            Self::Memory(_) | Self::Sendmail(_) | Self::Directory(_) => true,
        }
    }

    /// Whether this connection has delivered as many mails as it may.
    pub fn is_used_up(&self) -> bool {
        match self {
            Self::Smtp(connection) => connection.is_used_up(),
            Self::Memory(_) | Self::Sendmail(_) | Self::Directory(_) => false,
        }
    }

    /// Whether the envelope given as `next` can be pipelined.
    pub fn can_pipeline(&self) -> bool {
        match self {
            Self::Smtp(connection) => connection.can_pipeline(),
            Self::Memory(_) | Self::Sendmail(_) | Self::Directory(_) => false,
        }
    }

    /// Whether a mail was announced that the next call must be for.
    pub fn has_announced(&self) -> bool {
        match self {
            Self::Smtp(connection) => connection.has_announced(),
            Self::Memory(_) | Self::Sendmail(_) | Self::Directory(_) => false,
        }
    }

    /// Whether the last mail may have been sent, if [`OpenTransport::deliver`] was not awaited to its end.
    pub fn may_have_left(&self) -> bool {
        match self {
            Self::Smtp(connection) => connection.may_have_left(),
            Self::Memory(_) | Self::Sendmail(_) | Self::Directory(_) => true,
        }
    }

    /// Sends QUIT, and waits briefly for the reply.
    pub async fn close(self) {
        match self {
            Self::Smtp(connection) => connection.close().await,
            Self::Memory(_) | Self::Sendmail(_) | Self::Directory(_) => {}
        }
    }
}
