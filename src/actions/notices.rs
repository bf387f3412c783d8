//! The notices of a changed password or address: queued in the change, and sent after it.

use std::time::Duration;
use std::time::Instant;

use crate::app::App;
use crate::app::Change;
use crate::app::Result;
use crate::app::Transaction as _;
use crate::domain::email_address::EmailAddress;
use crate::domain::message::MessageId;
use crate::domain::message::MessageState;
use crate::domain::message::NoticeCause;
use crate::domain::rate::Rates;
use crate::domain::user::User;
use crate::outbox::Mailer;
use crate::outbox::SendOptions;
use crate::store::messages::NewContent;
use crate::store::messages::NewMessage;
use crate::store::outbox::Scope;

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
            let transport_error = late.or(report.transport_error.map(|transport_error| transport_error.message));
            let why = transport_error
                .or(used_up)
                .or(message.reply.clone())
                .unwrap_or_else(|| message.state.word().to_owned());
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
        operator: change.app().account(),
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
            operator: change.app().account(),
            created_at: change.now(),
        })
    };
    Ok(vec![queue(NoticeCause::AddressReplaced, former)?, queue(NoticeCause::AddressSet, &user.email)?])
}
