//! `audit list`.

use crate::actions::Total;
use crate::app::App;
use crate::app::Result;
use crate::app::Transaction as _;
use crate::app::View;
use crate::domain::action::Action;
use crate::domain::event::Event;
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

/// The refused attempts that no event tells of yet: the rest of a minute becomes one event.
///
/// # Errors
/// When the operator may not view the audit.
pub fn unrecorded_attempts(app: &App) -> Result<Vec<RefusedAttempts>> {
    app.view(Action::AuditList, |view| Ok(view.refused_attempts()?))
}
