//! What is said of the mails of `users send-reset` and `jobs remind`.

use crate::actions::users::send_reset::LinkOptions;
use crate::cli::context::Context;
use crate::cli::failure::CliError;
use crate::domain::duration::parse_duration;

/// What the mails are
#[derive(Debug, Clone, Default, clap::Args)]
pub struct MailArgs {
    /// Lifetime of the link: 5m to 24h, or up to 7d if all mails are invitations; by default as configured
    #[arg(long, value_name = "TIME")]
    expires: Option<String>,
    /// Skip users who were sent a link within this time; `0s` skips nobody; by default as configured (15m)
    #[arg(long, value_name = "TIME")]
    unless_sent_within: Option<String>,
    /// Also mail users whose address bounces (`users list --bounced`)
    #[arg(long)]
    include_bounced: bool,
    /// Message to include in the mail, up to 1,000 characters; it may have several lines
    #[arg(long, value_name = "TEXT")]
    note: Option<String>,
}

impl MailArgs {
    /// What the action is told.
    ///
    /// # Errors
    /// When a time is malformed.
    pub fn wanted(&self, context: &mut Context) -> anyhow::Result<LinkOptions> {
        let config = context.config()?;
        let time = |option: &'static str, given: &Option<String>| {
            let usage = |words: String| CliError::Usage { words: format!("{option}: {words}"), hint: None };
            given.as_deref().map(parse_duration).transpose().map_err(|error| usage(error.to_string()))
        };
        Ok(LinkOptions {
            lifetime: time("--expires", &self.expires)?,
            reset_life: config.reset.lifetime,
            invitation_lifetime: config.reset.invitation_lifetime,
            note: self.note.clone(),
            unless_sent_within: time("--unless-sent-within", &self.unless_sent_within)?
                .unwrap_or(config.jobs.unless_sent_within),
            includes_bounced: self.include_bounced,
        })
    }
}
