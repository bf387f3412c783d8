//! Finds out whether mails could be sent now, before something that cannot be undone.

use std::future::Future;
use std::time::Duration;

use jiff::Timestamp;
use tokio::time::timeout;

use super::Mailer;
use super::outgoing::OutgoingMail;
use super::resources;
use super::runtime::SHUTDOWN;
use crate::domain::message::MailKind;
use crate::domain::message::MessageId;
use crate::domain::user::User;
use crate::mail::Mail;
use crate::mail::outcome::DeliveryOutcome;
use crate::mail::outcome::Phase;
use crate::mail::outcome::TransportError;
use crate::mail::outcome::TransportErrorKind;
use crate::mail::transport::Transport;
use crate::secrets::reset_code::NONCE;
use crate::secrets::reset_code::ResetCode;

/// How long [`probe`] waits at most.
const PROBE: Duration = Duration::from_secs(60);

/// A mail with a link, as it would be sent.
#[derive(Debug)]
pub struct SampleMail {
    /// The recipient.
    pub user: User,
    /// The kind of mail.
    pub kind: MailKind,
    /// The lifetime of its link.
    pub lifetime: Duration,
    /// The operator's message.
    pub note: Option<String>,
}

impl SampleMail {
    /// Renders the mail with a code that belongs to no message; `None`: this mail would fail, whatever the
    /// configuration.
    fn compose(&self, mailer: &Mailer, now: Timestamp) -> Option<Result<Mail, TransportError>> {
        let Self { user, kind, lifetime, note } = self;
        let (id, nonce) = (MessageId(0), [0; NONCE]);
        let outgoing = OutgoingMail {
            id,
            kind: *kind,
            address: user.email.clone(),
            name: user.name.clone(),
            username: user.username.to_string(),
            role: Some(user.role),
            locale: user.locale.clone(),
            date: now,
            created_at: now,
            must_change: false,
            nonce,
            message_id: mailer.composer.message_id(id, &nonce),
            code: Some(ResetCode::make(mailer.key.as_ref()?, &nonce, user.id)),
            lifetime: *lifetime,
            cause: None,
            note: note.clone(),
        };
        match outgoing.compose(&mailer.composer) {
            Ok(mail) => Some(Ok(mail)),
            Err(DeliveryOutcome::Deferred { reply: words, .. }) => {
                let (kind, phase) = (TransportErrorKind::Configuration, Phase::Local);
                Some(Err(TransportError { kind, phase, message: words }))
            }
            Err(_) => None,
        }
    }
}

/// Finds out whether such mails could be sent now ([`Transport::probe`]). Waits at most a minute, because an operator may
/// be waiting.
///
/// # Errors
/// The error of the relay or the program, or of the configuration if it keeps the mails from being rendered.
pub fn probe(mailer: &Mailer, samples: &[SampleMail], now: Timestamp) -> Result<(), TransportError> {
    let mails: Vec<Mail> = samples.iter().filter_map(|sample| sample.compose(mailer, now)).collect::<Result<_, _>>()?;
    run(&mailer.transport, PROBE, mailer.transport.probe(&mails))
}

/// Finds out whether mail from the sender of `mail` could be sent now ([`Transport::probe_sender`]), within this time.
///
/// # Errors
/// The error of the relay or the program.
pub fn probe_sender(transport: &Transport, mail: &Mail, within: Duration) -> Result<(), TransportError> {
    run(transport, within, transport.probe_sender(mail))
}

fn run(
    transport: &Transport,
    within: Duration,
    probing: impl Future<Output = Result<(), TransportError>>,
) -> Result<(), TransportError> {
    let later = |phase, words| TransportError { kind: TransportErrorKind::Temporary, phase, message: words };
    // If tokio gets no descriptors for its signals, it panics.
    resources::check(transport, 1).map_err(|error| later(Phase::Local, error.to_string()))?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let runtime = runtime.map_err(|error| later(Phase::Local, format!("too few resources to send mail: {error}")))?;
    let probed = runtime.block_on(async { timeout(within, probing).await });
    runtime.shutdown_timeout(SHUTDOWN);
    probed.unwrap_or_else(|_| {
        let words = format!("the relay cannot be used within {} s", within.as_secs());
        Err(later(Phase::Connect, words))
    })
}
