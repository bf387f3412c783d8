//! `audit list`, `audit show`, `audit verify`, `audit head`.

use crate::actions::Total;
use crate::app::App;
use crate::app::Result;
use crate::app::Transaction as _;
use crate::app::View;
use crate::domain::action::Action;
use crate::domain::event::ChainReport;
use crate::domain::event::ChainVerifier;
use crate::domain::event::Event;
use crate::domain::refusal::Refusal;
use crate::domain::user::UserId;
use crate::domain::user::UserReference;
use crate::domain::user_change::UserChange;
use crate::store::events::EventQuery;
use crate::store::sign_in_failures::RefusedAttempts;
use crate::store::user_changes::ChangeQuery;

/// The most changes of one user in one event: a few more than a user has fields.
const CHANGES_OF_ONE_USER: u32 = 100;

/// Gives each event that meets the query to `visit`, newest first, as many as its limit says, with what it changed of the user asked for, or else of the
/// one user that it is about. A user who was deleted is named by the number that the events have.
///
/// # Errors
/// When the operator may not view the audit, there is no such user, or `visit` fails.
pub fn list(
    app: &App,
    query: &EventQuery,
    user: Option<&UserReference>,
    visit: &mut dyn FnMut(&Event, &[UserChange]) -> Result<()>,
) -> Result<Total> {
    app.view(Action::AuditList, |view| {
        let mut query = query.clone();
        if let Some(reference) = user {
            query.user = Some(user_or_deleted(view, reference)?);
        }
        view.each_event(&query, |event| {
            let user = query.user.or(event.user_id.map(UserId));
            let changes = match user {
                Some(_) => {
                    let of_both = ChangeQuery { event: Some(event.number), user, after: 0, limit: CHANGES_OF_ONE_USER };
                    view.user_changes(&of_both)?
                }
                None => Vec::new(),
            };
            visit(&event, &changes)
        })?;
        Ok(Total::of(query.limit, || view.count_events(&query))?)
    })
}

fn user_or_deleted(view: &View<'_>, reference: &UserReference) -> Result<UserId> {
    let found = view.user(reference);
    if found.is_err()
        && let Ok(number) = reference.as_str().parse()
        && view.is_in_audit(UserId(number))?
    {
        return Ok(UserId(number));
    }
    Ok(found?.id)
}

/// The most changes that are shown of one event; an import may have a million.
const CHANGES_OF_ONE_EVENT: u32 = 100;

/// How many changes are read at once where all of an event are shown.
const CHANGES_IN_A_PAGE: u32 = 1_000;

/// An event, and what it changed.
#[derive(Debug)]
pub struct EventWithChanges {
    /// The event.
    pub event: Event,
    /// The first of the user changes, each with the username that its user has now; `None`: the user was deleted.
    pub changes: Vec<(UserChange, Option<String>)>,
    /// How many user changes there are.
    pub changes_total: u64,
}

/// An event by its number.
///
/// # Errors
/// When there is none, or the operator may not view the audit.
pub fn show(app: &App, number: i64) -> Result<EventWithChanges> {
    app.view(Action::AuditShow, |view| {
        let event = view.event(number)?.ok_or(Refusal::NoSuchEvent(number))?;
        let of_event = ChangeQuery { event: Some(number), limit: CHANGES_OF_ONE_EVENT, ..ChangeQuery::default() };
        let mut changes = Vec::new();
        for change in view.user_changes(&of_event)? {
            let user = view.user_by_id(change.user)?;
            changes.push((change, user.map(|user| user.username.to_string())));
        }
        let (changes_total, _) = view.count_user_changes(number)?;
        Ok(EventWithChanges { event, changes, changes_total })
    })
}

/// Gives every user change of an event to `visit`, with the username that its user has now; `None`: the user was deleted.
///
/// # Errors
/// When there is no such event, the operator may not view the audit, or `visit` fails.
pub fn each_change(
    app: &App,
    number: i64,
    visit: &mut dyn FnMut(&UserChange, Option<&str>) -> Result<()>,
) -> Result<()> {
    app.view(Action::AuditShow, |view| {
        view.event(number)?.ok_or(Refusal::NoSuchEvent(number))?;
        let mut page = ChangeQuery { event: Some(number), limit: CHANGES_IN_A_PAGE, ..ChangeQuery::default() };
        // The changes of a user follow each other.
        let mut user: Option<(UserId, Option<String>)> = None;
        loop {
            let changes = view.user_changes(&page)?;
            for change in &changes {
                if user.as_ref().is_none_or(|(id, _)| *id != change.user) {
                    let found = view.user_by_id(change.user)?;
                    user = Some((change.user, found.map(|user| user.username.as_str().to_owned())));
                }
                visit(change, user.as_ref().and_then(|(_, name)| name.as_deref()))?;
            }
            match changes.last() {
                Some(last) => page.after = last.id,
                None => return Ok(()),
            }
        }
    })
}

/// The refused attempts that no event tells of yet: the rest of a minute becomes one event.
///
/// # Errors
/// When the operator may not view the audit.
pub fn unrecorded_attempts(app: &App) -> Result<Vec<RefusedAttempts>> {
    app.view(Action::AuditList, |view| Ok(view.refused_attempts()?))
}

/// Checks the chain from its start, with the user changes of each event, and that a head kept elsewhere is in it.
///
/// # Errors
/// [`ActionError::Chain`](crate::app::ActionError::Chain) with the first break.
pub fn verify(app: &App, head: Option<Vec<u8>>) -> Result<ChainReport> {
    app.view(Action::AuditVerify, |view| view.follow_chain(ChainVerifier::new(head), |_| ()))
}

/// The newest event's number and hash.
///
/// # Errors
/// When the operator may not view the audit.
pub fn head(app: &App) -> Result<Option<(i64, Vec<u8>)>> {
    app.view(Action::AuditHead, |view| Ok(view.newest_event()?.map(|event| (event.number, event.hash))))
}
