//! `audit list`, `audit show`, `audit verify`, `audit head`.

use crate::actions::Desk;
use crate::actions::Result;
use crate::actions::Scene as _;
use crate::domain::action::Action;
use crate::domain::event::Chain;
use crate::domain::event::Event;
use crate::domain::event::Verified;
use crate::domain::refusal::Refusal;
use crate::domain::user::UserReference;
use crate::store::events::EventQuery;
use crate::store::sign_in_failures::RefusedAttempts;

/// Gives each event that meets the query to `visit`, newest first. A user is named by what he is called now, or by his
/// number when he is deleted.
///
/// # Errors
/// When the operator may not view the audit, or `visit` fails.
pub fn list(
    desk: &Desk,
    query: &EventQuery,
    user: Option<&UserReference>,
    visit: &mut dyn FnMut(Event) -> Result<()>,
) -> Result<()> {
    desk.view(Action::AuditList, |view| {
        let mut query = query.clone();
        if let Some(reference) = user {
            query.user = Some(view.user(reference)?.id);
        }
        view.each_event(&query, visit)
    })
}

/// An event by its number.
///
/// # Errors
/// When there is none, or the operator may not view the audit.
pub fn show(desk: &Desk, number: i64) -> Result<Event> {
    desk.view(Action::AuditShow, |view| Ok(view.event(number)?.ok_or(Refusal::NoSuchEvent(number))?))
}

/// The refused attempts that no event tells of yet: the rest of a minute becomes one event.
///
/// # Errors
/// When the operator may not view the audit.
pub fn unrecorded_attempts(desk: &Desk) -> Result<Vec<RefusedAttempts>> {
    desk.view(Action::AuditList, |view| Ok(view.refused_attempts()?))
}

/// Checks the chain from its start, with the user changes of each event, and that a head kept elsewhere is in it.
///
/// # Errors
/// [`ActionError::Chain`] with the first break.
pub fn verify(desk: &Desk, head: Option<Vec<u8>>) -> Result<Verified> {
    desk.view(Action::AuditVerify, |view| view.follow_chain(Chain::new(head), |_| ()))
}

/// The newest event's number and hash.
///
/// # Errors
/// When the operator may not view the audit.
pub fn head(desk: &Desk) -> Result<Option<(i64, Vec<u8>)>> {
    desk.view(Action::AuditHead, |view| Ok(view.newest_event()?.map(|event| (event.number, event.hash))))
}
