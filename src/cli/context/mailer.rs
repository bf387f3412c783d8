//! What sends mails, with errors that the operator may see.

use super::Context;
use crate::app::App;
use crate::mail::compose::Composer;
use crate::mail::smtp::Transcript;
use crate::outbox::Mailer;

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
    /// As [`App::mailer`].
    pub fn mailer(&self, app: &App) -> anyhow::Result<Mailer> {
        app.mailer().map_err(|error| self.shown(error))
    }

    /// What sending mails without links takes. `transcript` hears the dialogue with a relay.
    ///
    /// # Errors
    /// As [`App::mailer_without_links`].
    pub fn mailer_without_links(&self, app: &App, transcript: Option<Transcript>) -> anyhow::Result<Mailer> {
        app.mailer_without_links(transcript).map_err(|error| self.shown(error))
    }

    /// What writes mails.
    ///
    /// # Errors
    /// As [`App::composer`].
    pub fn composer(&self, app: &App) -> anyhow::Result<Composer> {
        app.composer().map_err(|error| self.shown(error))
    }
}
