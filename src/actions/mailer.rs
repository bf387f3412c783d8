//! What waits in the outbox: `mail queue`, and the sending that follows a change which queued a mail.

use std::collections::HashMap;
use std::thread;
use std::time::Duration;
use std::time::Instant;

use crate::actions::ActionError;
use crate::actions::App;
use crate::actions::ChangeOptions;
use crate::actions::EventDetails;
use crate::actions::MailerError;
use crate::actions::Result;
use crate::actions::Total;
use crate::actions::Transaction as _;
use crate::actions::rates::used_up;
use crate::domain::action::Action;
use crate::domain::email_address::EmailAddress;
use crate::domain::message::MessageId;
use crate::domain::message::MessageState;
use crate::domain::message::NoticeCause;
use crate::domain::rate::Rates;
use crate::domain::refusal::Refusal;
use crate::domain::user::User;
use crate::outbox;
use crate::outbox::BrokenRun;
use crate::outbox::Mailer;
use crate::outbox::Progress;
use crate::outbox::SendOptions;
use crate::outbox::SendReport;
use crate::outbox::quota::UsedUp;
use crate::secrets::ResetKey;
use crate::store::lock_file::LockGuard;
use crate::store::messages::Message;
use crate::store::messages::NewContent;
use crate::store::messages::NewMessage;
use crate::store::metadata::KEY_FINGERPRINT;
use crate::store::outbox::Scope;

use super::Change;

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
    /// Refuses a key that is not the store's.
    ///
    /// # Errors
    /// [`MailerError::OtherKey`]; when the store cannot be read.
    pub fn check_key(&self, key: &ResetKey) -> Result<()> {
        let own = self.store.read()?.fact(KEY_FINGERPRINT)?;
        if own.as_deref() == Some(&key.fingerprint()) { Ok(()) } else { Err(MailerError::OtherKey.into()) }
    }

    /// Takes up what a process was sending that has died, so that nobody's link counts as under way for ever.
    pub(super) fn take_up_the_dead(&self) -> Result<()> {
        Ok(outbox::take_up_the_dead(&self.store, self.clock.as_ref())?)
    }

    /// The locks of the processes that [`App::take_up_the_dead`] would find, for a dry run, which leaves their messages as they
    /// are.
    pub(super) fn dead_senders(&self) -> Result<Vec<LockGuard>> {
        Ok(outbox::dead_senders(&self.store)?)
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
        let mut random = self.random.borrow_mut();
        let (clock, random) = (self.clock.as_ref(), random.as_mut());
        let ran = outbox::run_observed(&self.store, mailer, send_options, clock, random, observer);
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
            let reading = self.store.read()?;
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

/// What sending a notice came to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Noticed {
    /// The relay has it.
    Sent,
    /// It waits for another try; why.
    Waits(String),
    /// It is not tried again; why.
    NotSent(String),
}

/// Sends the notices that a change has queued: once, within this time. They were asked for with the change, so no permission
/// is asked for again. Of several, the first that is not sent says what it came to.
///
/// # Errors
/// When the store fails.
pub fn send_notices(
    app: &App,
    mailer: &Mailer,
    ids: &[MessageId],
    rates: &Rates,
    retry_for: Duration,
) -> Result<Noticed> {
    let deadline = Some(Instant::now() + retry_for);
    let send_options =
        SendOptions { scope: Scope::These(ids.to_vec()), deadline, rates: rates.clone(), ..SendOptions::default() };
    let report = app.deliver(mailer, &send_options)?;
    let messages = app.outcomes(ids).map_err(app.broken_after(&report))?;
    let unsent = messages.iter().find(|message| message.state != MessageState::Accepted);
    Ok(match unsent {
        None if messages.len() == ids.len() => Noticed::Sent,
        Some(message) => {
            // At the deadline it is a matter of chance what was waited for last.
            let late = deadline.filter(|deadline| *deadline <= Instant::now());
            let late = late.map(|_| "the relay did not answer in time".to_owned());
            let used_up = report.used_up().map(|used_up| used_up.to_string());
            let trouble = late.or(report.trouble.map(|trouble| trouble.words));
            let why = trouble.or(used_up).or(message.reply.clone()).unwrap_or_else(|| message.state.word().to_owned());
            if message.state.has_ended() { Noticed::NotSent(why) } else { Noticed::Waits(why) }
        }
        None => Noticed::NotSent("its user was deleted".to_owned()),
    })
}

/// Queues the notice of a changed password, in the change that changes it.
pub(super) fn queue_notice(change: &Change<'_>, user: &User, cause: NoticeCause) -> Result<MessageId> {
    Ok(change.queue_message(&NewMessage {
        content: NewContent::Notice(cause),
        user: Some(user.id),
        address: &user.email,
        operator: change.app.account(),
        created_at: change.now(),
    })?)
}

/// Queues the notices of a changed address, to the former and to the new address, in the same change. An attacker who changes
/// the address of an account cannot keep its user from learning of it. Locked users and users who sign in with SAML are
/// notified as well: the notice has no link.
pub(super) fn queue_address_notices(change: &Change<'_>, user: &User, former: &EmailAddress) -> Result<Vec<MessageId>> {
    let queue = |cause, address: &EmailAddress| {
        change.queue_message(&NewMessage {
            content: NewContent::Notice(cause),
            user: Some(user.id),
            address,
            operator: change.app.account(),
            created_at: change.now(),
        })
    };
    Ok(vec![queue(NoticeCause::AddressReplaced, former)?, queue(NoticeCause::AddressSet, &user.email)?])
}

/// Refuses what could not make the store's links.
///
/// # Errors
/// [`MailerError`].
pub fn check_mailer(app: &App, mailer: &Mailer) -> Result<()> {
    if !mailer.composer.has_link() {
        return Err(MailerError::NoLink.into());
    }
    app.check_key(mailer.key.as_ref().ok_or(MailerError::NoKey)?)
}

/// What keeps a message waiting besides the time of its next try.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Delay {
    /// A rate per hour or day.
    UsedUp(UsedUp),
    /// Its job is paused.
    Paused,
}

/// Gives each message that has not ended to `visit`, at most `limit` of them, the oldest first, and what keeps it waiting.
/// `rates` are those that hold for all mail.
///
/// # Errors
/// When the operator may not see users, or `visit` fails.
pub fn queue(
    app: &App,
    rates: &Rates,
    limit: Option<u64>,
    visit: &mut dyn FnMut(Message, Option<Delay>) -> Result<()>,
) -> Result<Total> {
    app.view(Action::MailQueue, |view| {
        let of_all = used_up(view, rates, None)?;
        let mut of_jobs = HashMap::new();
        for job in view.running_jobs()?.0 {
            of_jobs.insert(job.id, used_up(view, rates, Some(&job))?);
        }
        let paused = view.paused_jobs()?;
        view.each_waiting_message(limit, &mut |message| {
            if message.state != MessageState::Sending && message.job.is_some_and(|job| paused.contains(&job)) {
                return visit(message, Some(Delay::Paused));
            }
            // What is not due yet waits for its time.
            let used_up = message.job.map_or(of_all, |job| of_jobs.get(&job).copied().flatten());
            let may_leave = message.state != MessageState::Sending && message.due_at <= view.now();
            visit(message, used_up.filter(|_| may_leave).map(Delay::UsedUp))
        })?;
        Ok(Total::of(limit, || view.count_waiting_messages())?)
    })
}

/// Calls a message off that waits.
///
/// # Errors
/// When there is none with this number, it does not wait any more, its user outranks the operator, or the operator may not.
pub fn cancel(app: &App, id: MessageId, change_options: &ChangeOptions) -> Result<Message> {
    app.change(Action::MailCancel, change_options, |change| {
        let message = change.message(id)?.ok_or(Refusal::NoSuchMessage(id.0))?;
        if let Some(user) = message.user.map(|user| change.user_by_id(user)).transpose()?.flatten() {
            change.outrank(user.role, user.username.as_str(), Some(user.id))?;
        }
        if !change.cancel_message(id, "by an operator", change.now())? {
            let state = message.state.word();
            return Err(ActionError::from(Refusal::NotWaiting { id: id.0, state }));
        }
        let mut details = EventDetails { user: message.user, ..EventDetails::default() };
        details.note("message", id.0);
        details.note("kind", message.kind.word());
        // Nothing in an event can be erased: the user, if there is one, is named by their number.
        if message.user.is_none() {
            details.note("address", message.address.as_str());
        }
        Ok((details, message))
    })
}
