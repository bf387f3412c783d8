//! What sending takes, as the configuration says it: how mails are written, the way they leave, and the key of the codes.

use std::sync::Arc;
use std::sync::atomic::AtomicI32;
use std::sync::atomic::Ordering;
use std::time::Duration;

use super::Context;
use crate::actions::App;
use crate::actions::MailerError;
use crate::actions::mailer;
use crate::actions::mailer::Noticed;
use crate::cli::failure::CliError;
use crate::cli::failure::MailFailure;
use crate::domain::message::MessageId;
use crate::mail::compose::Composer;
use crate::mail::context::MailIdentity;
use crate::mail::smtp::Transcript;
use crate::mail::transport::Transport;
use crate::outbox::Mailer;
use crate::outbox::SendOptions;
use crate::outbox::StopSignal;
use crate::secrets::key::ResetKey;
use crate::store::StoreError;

/// How long a command that changes a password tries to send the notice of it.
const NOTICE_PATIENCE: Duration = Duration::from_secs(10);

/// By which signal a run was asked to stop.
#[derive(Debug, Clone, Default)]
pub struct StoppedBy(Arc<AtomicI32>);

impl StoppedBy {
    /// Its number; 0: by none.
    pub fn number(&self) -> i32 {
        self.0.load(Ordering::Relaxed)
    }
}

impl Context {
    /// Whether the configuration names a sender, so that mail can be sent.
    ///
    /// # Errors
    /// When the configuration cannot be loaded.
    pub fn has_mail(&mut self) -> anyhow::Result<bool> {
        Ok(self.config()?.mail.from.is_some())
    }

    /// What sending mails with links takes.
    ///
    /// # Errors
    /// When mail, link or key are not configured, or not as they must be.
    pub fn mailer(&mut self, app: &App) -> anyhow::Result<Mailer> {
        if !self.has_mail()? {
            return Err(crate::actions::ActionError::Post(MailerError::NoMail).into());
        }
        let (path, key) = self.key()?;
        let missing = || CliError::NotSent {
            fault: MailFailure::Configuration,
            words: format!("{}: {}", path.display(), MailerError::NoKey),
            hint: "restore it from its backup, or name it: [reset] key_file; if it is lost: cxme-admin init --new-key"
                .to_owned(),
        };
        let key = key?.ok_or_else(missing)?;
        let mailer = self.post_with(app, Some(key), None)?;
        mailer::check_mailer(app, &mailer)?;
        Ok(mailer)
    }

    /// What sending mails without links takes. `transcript` hears the dialogue with a relay.
    ///
    /// # Errors
    /// When mail is not configured, or not as it must be.
    pub fn post_without_links(&mut self, app: &App, transcript: Option<Transcript>) -> anyhow::Result<Mailer> {
        self.post_with(app, None, transcript)
    }

    fn post_with(
        &mut self,
        app: &App,
        key: Option<ResetKey>,
        transcript: Option<Transcript>,
    ) -> anyhow::Result<Mailer> {
        let composer = self.composer(app)?;
        let transport = self.transport()?.ok_or(crate::actions::ActionError::Post(MailerError::NoMail))?;
        let transport = match (transport, transcript) {
            (Transport::Smtp(mut relay), Some(transcript)) => {
                relay.transcript = Some(transcript);
                Transport::Smtp(relay)
            }
            (transport, _) => transport,
        };
        let queue_lifetime = self.config()?.jobs.queue_lifetime;
        let organization = app.organization().clone();
        Ok(Mailer { composer: Arc::new(composer), transport: Arc::new(transport), key, organization, queue_lifetime })
    }

    /// What writes mails.
    ///
    /// # Errors
    /// When mail is not configured, its addresses do not go together, or the organization's own texts are wrong.
    pub fn composer(&mut self, app: &App) -> anyhow::Result<Composer> {
        let texts = self.mail_texts()?;
        let config = self.config()?;
        let from = config.mail.from.clone().ok_or(crate::actions::ActionError::Post(MailerError::NoMail))?;
        let identity = MailIdentity {
            from,
            reply_to: config.mail.reply_to.clone(),
            bounce_to: config.mail.bounce_to.clone(),
            headers: &config.mail.headers,
            organization: app.organization(),
            time_zone: config.organization.time_zone.clone(),
            link: config.reset.link.clone(),
            policy: app.policy()?,
            texts,
        };
        Ok(Composer::new(identity).map_err(|error| CliError::Configuration(format!("[mail]: {error}")))?)
    }

    /// How a command sends its own messages: over few connections, and without waiting for a relay in trouble, because
    /// `jobs run` tries again.
    ///
    /// # Errors
    /// When the configuration cannot be loaded.
    pub fn send_options(&mut self) -> anyhow::Result<SendOptions> {
        let connections = usize::try_from(self.config()?.mail.smtp.connections)?;
        Ok(SendOptions { connections, rates: self.config()?.mail.smtp.rates.clone(), ..SendOptions::default() })
    }

    /// The order of a run that ends in good order when somebody asks it to, and by which signal that was.
    ///
    /// # Errors
    /// When signals cannot be listened to.
    pub fn stoppable(&mut self, send_options: SendOptions) -> anyhow::Result<(SendOptions, StoppedBy)> {
        let stop = Arc::new(StopSignal::default());
        let by = StoppedBy::default();
        let (asked, noted) = (Arc::clone(&stop), Arc::clone(&by.0));
        let listening = self.process.on_stop_request(move |signal| {
            noted.store(signal, Ordering::Relaxed);
            asked.ask();
        });
        listening.map_err(StoreError::NoThread)?;
        Ok((SendOptions { stop: Some(stop), ..send_options }, by))
    }

    /// Sends the notice that a change of a password has queued. The password is changed by now, so nothing here fails
    /// the command.
    pub fn send_notice(&mut self, app: &App, notice: Option<MessageId>) {
        self.send_notices(app, notice.as_slice(), ("the user", "is", "The user is"));
    }

    /// The same for the notices of a changed address, to the former one and to the new one.
    pub fn send_address_notices(&mut self, app: &App, notices: &[MessageId]) {
        self.send_notices(app, notices, ("the old and the new address", "are", "The old and the new address are"));
    }

    fn send_notices(&mut self, app: &App, ids: &[MessageId], (whom, are, they_are): (&str, &str, &str)) {
        if ids.is_empty() {
            return;
        }
        let sent = self.post_without_links(app, None).and_then(|mailer| {
            let noticed = mailer::send_notices(app, &mailer, ids, &self.config()?.mail.smtp.rates, NOTICE_PATIENCE)?;
            Ok((noticed, mailer.transport.reaches_people()))
        });
        match sent {
            Ok((Noticed::Sent, true)) => self.output.say(&format!("{they_are} notified by mail.")),
            Ok((Noticed::Sent, false)) => self.output.say(match ids.len() {
                1 => "The notice to the user was written to a file; nobody receives it.",
                _ => "The notices to the old and the new address were written to files; nobody receives them.",
            }),
            Ok((Noticed::Waits(why), _)) => self
                .output
                .warn(&format!("{whom} {are} not notified by mail yet: {why}; `cxme-admin jobs run` tries again")),
            Ok((Noticed::NotSent(why), _)) => self.output.warn(&format!("{whom} could not be notified by mail: {why}")),
            Err(error) => self
                .output
                .warn(&format!("{whom} {are} not notified by mail yet: {error:#}; `cxme-admin jobs run` tries again")),
        }
    }
}
