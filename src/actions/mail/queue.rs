//! `mail queue`: the messages that wait, and calling one off.

use std::collections::HashMap;

use crate::actions::Total;
use crate::actions::rates::used_up;
use crate::app::ActionError;
use crate::app::App;
use crate::app::ChangeOptions;
use crate::app::EventDetails;
use crate::app::Result;
use crate::app::Transaction as _;
use crate::domain::action::Action;
use crate::domain::message::MessageId;
use crate::domain::message::MessageState;
use crate::domain::rate::Rates;
use crate::domain::refusal::Refusal;
use crate::outbox::quota::UsedUp;
use crate::store::messages::Message;

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
            change.require_may_act_on(&user)?;
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
