//! Sending what an action has queued, and what became of it. The outbox records each attempt itself.

use std::thread;
use std::time::Duration;
use std::time::Instant;

use crate::app::ActionError;
use crate::app::App;
use crate::app::Change;
use crate::app::Result;
use crate::app::Transaction as _;
use crate::domain::message::MessageId;
use crate::domain::message::MessageState;
use crate::outbox;
use crate::outbox::BrokenRun;
use crate::outbox::Mailer;
use crate::outbox::Progress;
use crate::outbox::SendOptions;
use crate::outbox::SendReport;
use crate::store::lock_file::LockGuard;
use crate::store::messages::Message;

/// How long a command waits for a message of its own that another process took up before it could.
const OTHER_SENDER: Duration = Duration::from_secs(10);
/// How often it looks.
const GLANCE: Duration = Duration::from_millis(50);

/// Marks what dead processes were sending, within a change that a dry run undoes: it sees what the real run would.
pub(super) fn doubt_senders(change: &Change<'_>, dead: &[LockGuard]) -> Result<()> {
    for sender in dead {
        change.doubt_sender(sender.number(), change.now())?;
    }
    Ok(())
}

impl App {
    /// Takes up what a process was sending that has died, so that nobody's link counts as under way for ever.
    pub(super) fn take_up_the_dead(&self) -> Result<()> {
        Ok(outbox::take_up_the_dead(self.store(), self.clock())?)
    }

    /// The locks of the processes that [`App::take_up_the_dead`] would find, for a dry run, which leaves their messages as they
    /// are.
    pub(super) fn dead_senders(&self) -> Result<Vec<LockGuard>> {
        Ok(outbox::dead_senders(self.store())?)
    }

    /// Sends these messages, or whatever is due, as the order says.
    pub(super) fn deliver(&self, mailer: &Mailer, send_options: &SendOptions) -> Result<SendReport> {
        self.deliver_observed(mailer, send_options, &mut |_| ())
    }

    /// The same, and tells `observer` how far it is.
    pub(super) fn deliver_observed(
        &self,
        mailer: &Mailer,
        send_options: &SendOptions,
        observer: &mut dyn FnMut(&Progress<'_>),
    ) -> Result<SendReport> {
        let (clock, random) = (self.clock(), self.random());
        let ran = outbox::run_observed(self.store(), mailer, send_options, clock, random, observer);
        ran.map_err(|broken| {
            let BrokenRun { report, error } = *broken;
            self.broken_after(&report)(error.into())
        })
    }

    /// The error of a failure after this much was sent.
    pub(super) fn broken_after(&self, report: &SendReport) -> impl Fn(ActionError) -> ActionError {
        let report = report.clone();
        move |error| ActionError::Broken { report: Box::new(report.clone()), error: Box::new(self.explained(error)) }
    }

    /// The messages as they are now. One that another process is sending is waited for, a while.
    pub(super) fn outcomes(&self, ids: &[MessageId]) -> Result<Vec<Message>> {
        let until = Instant::now() + OTHER_SENDER;
        loop {
            let reading = self.store().read()?;
            let mut messages = Vec::with_capacity(ids.len());
            for id in ids {
                messages.extend(reading.message(*id)?);
            }
            let is_under_way = messages.iter().any(|message| message.state == MessageState::Sending);
            if !is_under_way || Instant::now() >= until {
                return Ok(messages);
            }
            drop(reading);
            thread::sleep(GLANCE);
        }
    }
}
