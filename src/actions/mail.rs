//! `mail test`, `mail preview`.

use crate::actions::Desk;
use crate::actions::Intent;
use crate::actions::Record;
use crate::actions::Result;
use crate::actions::Scene as _;
use crate::domain::action::Action;
use crate::domain::email_address::EmailAddress;
use crate::domain::role::Permission;
use crate::domain::user::User;
use crate::domain::user::UserReference;
use crate::outbox::Order;
use crate::outbox::Post;
use crate::outbox::Report;
use crate::store::messages::Message;
use crate::store::messages::NewContent;
use crate::store::messages::NewMessage;
use crate::store::outbox::Scope;

/// Sends a test mail to an address, once: if the relay does not take it now, it is called off. `None`: it was a
/// trial.
///
/// # Errors
/// When the operator may not, or the store fails.
pub fn test(
    desk: &Desk,
    post: &Post,
    order: Order,
    address: &EmailAddress,
    intent: &Intent,
) -> Result<Option<(Message, Report)>> {
    let id = desk.change(Action::MailTest, intent, |change| {
        let id = change.queue_message(&NewMessage {
            content: NewContent::Test,
            user: None,
            address,
            operator: desk.account(),
            created_at: change.now(),
        })?;
        let mut record = Record::default();
        record.note("address", address.as_str());
        record.note("message", id.0);
        Ok((record, id))
    })?;
    if intent.dry_run {
        return Ok(None);
    }
    let report = desk.deliver(post, &Order { scope: Scope::These(vec![id]), ..order })?;
    let message = desk.outcomes(&[id]).map_err(desk.broken_after(&report))?.pop();
    // A test that arrives hours later tests nothing. It is settled as the outbox does it, without an event of its own.
    let cancelled = desk.store.write().and_then(|writing| {
        writing.cancel_message(id, "a test is not sent again", desk.now())?;
        writing.commit()
    });
    cancelled.map_err(|error| desk.broken_after(&report)(error.into()))?;
    Ok(message.map(|message| (message, report)))
}

/// The user that a mail is to be shown for; `None`: a made-up one.
///
/// # Errors
/// When there is no such user, or the operator may not see users.
pub fn preview_user(desk: &Desk, reference: Option<&UserReference>) -> Result<Option<User>> {
    desk.view(Action::MailPreview, |view| {
        let Some(reference) = reference else { return Ok(None) };
        view.require(Permission::ViewUsers)?;
        Ok(Some(view.user(reference)?))
    })
}
