//! A message on its way from the store's thread to a worker: all that its mail is written from.

use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;

use crate::domain::email_address::EmailAddress;
use crate::domain::message::MailKind;
use crate::domain::message::MessageId;
use crate::domain::message::NoticeCause;
use crate::mail::Mail;
use crate::mail::compose::Composer;
use crate::mail::handover::Handover;
use crate::mail::letter::Choice;
use crate::mail::letter::Content;
use crate::mail::letter::Letter;
use crate::secrets::reset_code::NONCE;
use crate::secrets::reset_code::ResetCode;

/// All that a mail is written from.
#[derive(Debug)]
pub(super) struct Parcel {
    pub(super) id: MessageId,
    pub(super) kind: MailKind,
    pub(super) address: EmailAddress,
    pub(super) name: String,
    pub(super) username: String,
    pub(super) locale: Option<String>,
    pub(super) date: Timestamp,
    pub(super) created_at: Timestamp,
    pub(super) must_change: bool,
    pub(super) nonce: [u8; NONCE],
    pub(super) message_id: String,
    pub(super) code: Option<ResetCode>,
    pub(super) life: Duration,
    pub(super) cause: Option<NoticeCause>,
    pub(super) note: Option<String>,
}

/// A mail that was written before its message was begun, with what it was written from.
pub(super) struct Written {
    parcel: Arc<Parcel>,
    mail: Result<Mail, Handover>,
}

impl Written {
    /// Writes a mail ahead.
    pub(super) fn new(parcel: Arc<Parcel>, composer: &Composer) -> Self {
        let mail = parcel.compose(composer);
        Self { parcel, mail }
    }

    /// The mail, if it was written from this parcel.
    pub(super) fn mail_of(self, parcel: &Arc<Parcel>) -> Option<Result<Mail, Handover>> {
        Arc::ptr_eq(&self.parcel, parcel).then_some(self.mail)
    }
}

impl Parcel {
    /// Writes the mail. What goes wrong costs this message alone: an error, or a panic of a library.
    ///
    /// # Errors
    /// What becomes of the message that cannot be written: it waits where the configuration can be set right, and fails otherwise.
    pub(super) fn compose(&self, composer: &Composer) -> Result<Mail, Handover> {
        let refused = |reply| Handover::Refused { reply, relay: None };
        let letter = Letter {
            recipient: &self.address,
            name: &self.name,
            username: &self.username,
            locale: self.locale.as_deref(),
            date: self.date,
            nonce: &self.nonce,
            message_id: &self.message_id,
            content: self.content().map_err(refused)?,
        };
        let written = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| composer.compose(&letter)));
        let written = written.map_err(|_| refused("a bug: the program failed while it wrote this mail".to_owned()))?;
        written.map_err(|error| {
            let reply = format!("the mail cannot be written: {error}");
            if error.is_configuration() { Handover::Deferred { reply, relay: None } } else { refused(reply) }
        })
    }

    fn content(&self) -> Result<Content<'_>, String> {
        let code = || self.code.as_ref().ok_or_else(|| "the mail needs a code, and there is no reset key".to_owned());
        let (life, note) = (self.life, self.note.as_deref());
        Ok(match self.kind {
            MailKind::Reset => Content::Reset(Choice { code: code()?, life, note }),
            MailKind::ForcedReset => Content::ForcedReset(Choice { code: code()?, life, note }),
            MailKind::Invitation => Content::Invitation(Choice { code: code()?, life, note }),
            MailKind::Notice | MailKind::AddressNotice => {
                let cause = self.cause.ok_or_else(|| "the notice does not say what it is about".to_owned())?;
                let must_change = self.must_change && self.kind == MailKind::Notice;
                Content::Notice { cause, must_change, time: self.created_at }
            }
            MailKind::Test => Content::Test,
        })
    }
}
