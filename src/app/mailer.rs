//! What sending takes, as the configuration says it: how mails are written, the way they leave, and the key of the codes.

use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;

use crate::app::App;
use crate::app::MailerError;
use crate::app::Result;
use crate::app::Setup;
use crate::app::SetupError;
use crate::domain::message::MailKind;
use crate::domain::message::NoticeCause;
use crate::domain::policy::RoleRequirements;
use crate::mail::compose::Composer;
use crate::mail::context::MailContent;
use crate::mail::context::MailIdentity;
use crate::mail::context::PasswordChoice;
use crate::mail::smtp::Transcript;
use crate::mail::transport::Transport;
use crate::outbox::Mailer;
use crate::outbox::SendOptions;
use crate::secrets::key::ResetKey;
use crate::secrets::reset_code::ResetCode;
use crate::store::metadata::KEY_FINGERPRINT;

impl Setup {
    /// What writes mails that list these password requirements.
    ///
    /// # Errors
    /// As [`App::composer`].
    pub fn composer(&self, policy: &RoleRequirements) -> Result<Composer> {
        let config = self.config();
        let from = config.mail.from.clone().ok_or(MailerError::NoMail)?;
        let identity = MailIdentity {
            from,
            reply_to: config.mail.reply_to.clone(),
            bounce_to: config.mail.bounce_to.clone(),
            headers: &config.mail.headers,
            organization: &self.organization,
            time_zone: config.organization.time_zone.clone(),
            link: config.reset.link.clone(),
            policy,
            texts: self.mail_texts()?,
        };
        Ok(Composer::new(identity).map_err(|error| SetupError::configuration("[mail]", error))?)
    }

    /// The content of a sample of a mail, with a code of no message.
    pub fn sample_content<'a>(
        &self,
        kind: MailKind,
        code: &'a ResetCode,
        note: Option<&'a str>,
        time: Timestamp,
    ) -> MailContent<'a> {
        let reset = &self.config().reset;
        let choice = |lifetime: Duration| PasswordChoice { code, lifetime, note };
        let notice = |cause| MailContent::Notice { cause, must_change: false, time };
        match kind {
            MailKind::Reset => MailContent::Reset(choice(reset.lifetime)),
            MailKind::ForcedReset => MailContent::ForcedReset(choice(reset.lifetime)),
            MailKind::Invitation => MailContent::Invitation(choice(reset.invitation_lifetime)),
            MailKind::Notice => notice(NoticeCause::SetByOperator),
            MailKind::AddressNotice => notice(NoticeCause::AddressReplaced),
            MailKind::Test => MailContent::Test,
        }
    }
}

impl App {
    /// What sending mails with links takes.
    ///
    /// # Errors
    /// When mail, link or key are not configured, or not as they must be.
    pub fn mailer(&self) -> Result<Mailer> {
        if self.setup.config().mail.from.is_none() {
            return Err(MailerError::NoMail.into());
        }
        let key = self.setup.key()?.ok_or_else(|| SetupError::NoKey(self.setup.key_path()))?;
        let mailer = self.mailer_of(Some(key), None)?;
        self.check_mailer(&mailer)?;
        Ok(mailer)
    }

    /// What sending mails without links takes. `transcript` hears the dialogue with a relay.
    ///
    /// # Errors
    /// When mail is not configured, or not as it must be.
    pub fn mailer_without_links(&self, transcript: Option<Transcript>) -> Result<Mailer> {
        self.mailer_of(None, transcript)
    }

    fn mailer_of(&self, key: Option<ResetKey>, transcript: Option<Transcript>) -> Result<Mailer> {
        let composer = self.composer()?;
        let transport = match (self.setup.transport()?.ok_or(MailerError::NoMail)?, transcript) {
            (Transport::Smtp(mut relay), Some(transcript)) => {
                relay.transcript = Some(transcript);
                Transport::Smtp(relay)
            }
            (transport, _) => transport,
        };
        let queue_lifetime = self.setup.config().jobs.queue_lifetime;
        let organization = self.organization().clone();
        Ok(Mailer { composer: Arc::new(composer), transport: Arc::new(transport), key, organization, queue_lifetime })
    }

    /// What writes mails.
    ///
    /// # Errors
    /// When mail is not configured, its addresses do not go together, or the organization's own texts are wrong.
    pub fn composer(&self) -> Result<Composer> {
        self.setup.mail_texts()?;
        if self.setup.config().mail.from.is_none() {
            return Err(MailerError::NoMail.into());
        }
        self.setup.composer(self.requirements_now()?)
    }

    /// Refuses what could not make the store's links.
    ///
    /// # Errors
    /// [`MailerError`]; when the store cannot be read.
    pub fn check_mailer(&self, mailer: &Mailer) -> Result<()> {
        if !mailer.composer.has_link() {
            return Err(MailerError::NoLink.into());
        }
        let key = mailer.key.as_ref().ok_or(MailerError::NoKey)?;
        let own = self.store.read()?.fact(KEY_FINGERPRINT)?;
        if own.as_deref() == Some(&key.fingerprint()) { Ok(()) } else { Err(MailerError::OtherKey.into()) }
    }

    /// How a command sends its own messages: over few connections, and without waiting for a relay that cannot be used, because
    /// `jobs run` tries again.
    pub fn send_options(&self) -> SendOptions {
        let smtp = &self.setup.config().mail.smtp;
        let connections = usize::try_from(smtp.connections).unwrap_or(usize::MAX);
        SendOptions { connections, rates: smtp.rates.clone(), ..SendOptions::default() }
    }
}
