//! A message that the store's thread gives to a worker, with all data from which its mail is rendered.

use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;

use crate::domain::email_address::EmailAddress;
use crate::domain::message::MailKind;
use crate::domain::message::MessageId;
use crate::domain::message::NoticeCause;
use crate::domain::role::RoleId;
use crate::mail::Mail;
use crate::mail::compose::Composer;
use crate::mail::context::MailContent;
use crate::mail::context::MailContext;
use crate::mail::context::PasswordChoice;
use crate::mail::outcome::DeliveryOutcome;
use crate::secrets::reset_code::NONCE;
use crate::secrets::reset_code::ResetCode;

/// The data from which a mail is rendered.
#[derive(Debug)]
pub(super) struct OutgoingMail {
    pub(super) id: MessageId,
    pub(super) kind: MailKind,
    pub(super) address: EmailAddress,
    pub(super) name: String,
    pub(super) username: String,
    pub(super) role: Option<RoleId>,
    pub(super) locale: Option<String>,
    pub(super) date: Timestamp,
    pub(super) created_at: Timestamp,
    pub(super) must_change: bool,
    pub(super) nonce: [u8; NONCE],
    pub(super) message_id: String,
    pub(super) code: Option<ResetCode>,
    pub(super) lifetime: Duration,
    pub(super) cause: Option<NoticeCause>,
    pub(super) note: Option<String>,
}

/// A mail that was rendered before its message was started, with the data used.
pub(super) struct RenderedMail {
    outgoing: Arc<OutgoingMail>,
    mail: Result<Mail, DeliveryOutcome>,
}

impl RenderedMail {
    /// Renders a mail ahead of time.
    pub(super) fn new(outgoing: Arc<OutgoingMail>, composer: &Composer) -> Self {
        let mail = outgoing.compose(composer);
        Self { outgoing, mail }
    }

    /// The mail, if it was rendered from this data.
    pub(super) fn mail_of(self, outgoing: &Arc<OutgoingMail>) -> Option<Result<Mail, DeliveryOutcome>> {
        Arc::ptr_eq(&self.outgoing, outgoing).then_some(self.mail)
    }
}

impl OutgoingMail {
    /// Renders the mail. An error, or a panic of a library, affects this message only.
    ///
    /// # Errors
    /// The outcome of a message that cannot be rendered: deferred if the configuration is the cause, and failed
    /// otherwise.
    pub(super) fn compose(&self, composer: &Composer) -> Result<Mail, DeliveryOutcome> {
        let refused = |reply| DeliveryOutcome::Refused { reply, relay: None };
        let context = MailContext {
            recipient: &self.address,
            name: &self.name,
            username: &self.username,
            role: self.role,
            locale: self.locale.as_deref(),
            date: self.date,
            nonce: &self.nonce,
            message_id: &self.message_id,
            content: self.content().map_err(refused)?,
        };
        let rendered = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| composer.compose(&context)));
        let rendered =
            rendered.map_err(|_| refused("a bug: the program failed while it wrote this mail".to_owned()))?;
        rendered.map_err(|error| {
            let reply = format!("the mail cannot be written: {error}");
            if error.is_configuration() { DeliveryOutcome::Deferred { reply, relay: None } } else { refused(reply) }
        })
    }

    fn content(&self) -> Result<MailContent<'_>, String> {
        let code = || self.code.as_ref().ok_or_else(|| "the mail needs a code, and there is no reset key".to_owned());
        let (lifetime, note) = (self.lifetime, self.note.as_deref());
        Ok(match self.kind {
            MailKind::Reset => MailContent::Reset(PasswordChoice { code: code()?, lifetime, note }),
            MailKind::ForcedReset => MailContent::ForcedReset(PasswordChoice { code: code()?, lifetime, note }),
            MailKind::Invitation => MailContent::Invitation(PasswordChoice { code: code()?, lifetime, note }),
            MailKind::Notice | MailKind::AddressNotice => {
                let cause = self.cause.ok_or_else(|| "the notice does not say what it is about".to_owned())?;
                let must_change = self.must_change && self.kind == MailKind::Notice;
                MailContent::Notice { cause, must_change, time: self.created_at }
            }
            MailKind::Test => MailContent::Test,
        })
    }
}
