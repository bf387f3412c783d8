//! `mail test`.

use crate::app::App;
use crate::app::ChangeOptions;
use crate::app::EventDetails;
use crate::app::Result;
use crate::app::Transaction as _;
use crate::domain::action::Action;
use crate::domain::email_address::EmailAddress;
use crate::outbox::Mailer;
use crate::outbox::SendOptions;
use crate::outbox::SendReport;
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
    app: &App,
    mailer: &Mailer,
    send_options: SendOptions,
    address: &EmailAddress,
    change_options: &ChangeOptions,
) -> Result<Option<(Message, SendReport)>> {
    let id = app.change(Action::MailTest, change_options, |change| {
        let id = change.queue_message(&NewMessage {
            content: NewContent::Test,
            user: None,
            address,
            operator: app.account(),
            created_at: change.now(),
        })?;
        let mut details = EventDetails::default();
        details.note("address", address.as_str());
        details.note("message", id.0);
        Ok((details, id))
    })?;
    if change_options.dry_run {
        return Ok(None);
    }
    let report = app.deliver(mailer, &SendOptions { scope: Scope::These(vec![id]), ..send_options })?;
    let message = app.outcomes(&[id]).map_err(app.broken_after(&report))?.pop();
    // A test that arrives hours later tests nothing. It is settled as the outbox does it, without an event of its own.
    let cancelled = app.store().write().and_then(|writing| {
        writing.cancel_message(id, "a test is not sent again", app.now())?;
        writing.commit()
    });
    cancelled.map_err(|error| app.broken_after(&report)(error.into()))?;
    Ok(message.map(|message| (message, report)))
}
