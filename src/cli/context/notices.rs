//! The notices of a change: sent after it, with a word to the operator of what became of them.

use std::time::Duration;

use super::Context;
use crate::actions::notices;
use crate::actions::notices::Noticed;
use crate::app::App;
use crate::domain::message::MessageId;

/// How long a command that changes a password tries to send the notice of it.
const NOTICE_PATIENCE: Duration = Duration::from_secs(10);

impl Context {
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
        let sent = self.mailer_without_links(app, None).and_then(|mailer| {
            let noticed = notices::send_notices(app, &mailer, ids, &app.send_options().rates, NOTICE_PATIENCE)?;
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
