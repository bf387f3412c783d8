//! `audit list`.

use crate::actions::Total;
use crate::app::App;
use crate::app::Result;
use crate::app::Transaction as _;
use crate::app::View;
use crate::domain::action::Action;
use crate::domain::event::Event;
use crate::domain::event_archive::EventArchive;
use crate::domain::user::UserId;
use crate::domain::user::UserReference;
use crate::domain::user_change::UserChange;
use crate::store::events::EventQuery;
use crate::store::sign_in_failures::RefusedAttempts;
use crate::store::user_changes::ChangeQuery;

/// The most changes of one user in one event: a few more than a user has fields.
const CHANGES_OF_ONE_USER: u32 = 100;

/// How many users of one event are named.
const NAMED: u32 = 5;

/// An event of a list.
#[derive(Debug, Clone)]
pub struct ListedEvent {
    /// The event.
    pub event: Event,
    /// What it changed of the user asked for, or else of the one user that it is about.
    pub changes: Vec<UserChange>,
    /// The users that it is about, as they are called now. Empty where names were not asked for.
    pub names: EventNames,
}

/// The users that an event is about: each by the present username, or by number if the user was deleted.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct EventNames {
    /// The user that the event is about, if it is one.
    pub user: Option<String>,
    /// The first of the users whom it changed, if it is about several.
    pub several: Vec<String>,
    /// The user whose settings a new one has (`users clone`).
    pub original: Option<String>,
}

/// Gives each event that meets the query to `visit`, newest first, as many as its limit says. `with_names` looks up what the users
/// are called now. A user who was deleted is chosen by the number that the events have.
///
/// # Errors
/// When the operator may not view the audit, there is no such user, or `visit` fails.
pub fn list(
    app: &App,
    query: &EventQuery,
    user: Option<&UserReference>,
    with_names: bool,
    visit: &mut dyn FnMut(ListedEvent) -> Result<()>,
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
            let names = if with_names { names(view, &event)? } else { EventNames::default() };
            visit(ListedEvent { event, changes, names })
        })?;
        Ok(Total::of(query.limit, || view.count_events(&query))?)
    })
}

/// What the users of an event are called now.
///
/// # Errors
/// When the store cannot be read.
pub(super) fn names(view: &View<'_>, event: &Event) -> Result<EventNames> {
    let name = |user: UserId| -> Result<String> {
        Ok(view.username(user)?.unwrap_or_else(|| format!("user {user}", user = user.0)))
    };
    let user = event.user_id.map(|user| name(UserId(user))).transpose()?;
    let details = event.details.as_deref().and_then(|details| serde_json::from_str::<serde_json::Value>(details).ok());
    let detail = |name: &str| details.as_ref().and_then(|details| details.get(name));
    // Of an import or a selection only the number is told.
    let several = match detail("usernames") {
        Some(_) if user.is_none() => view.users_of_event(event.number, NAMED)?,
        _ => Vec::new(),
    };
    let original = detail("cloned_from").and_then(serde_json::Value::as_i64);
    Ok(EventNames {
        user,
        several: several.into_iter().map(name).collect::<Result<_>>()?,
        original: original.map(|original| name(UserId(original))).transpose()?,
    })
}

fn user_or_deleted(view: &View<'_>, reference: &UserReference) -> Result<UserId> {
    let found = view.user(reference);
    if found.is_err()
        && let Ok(number) = reference.as_str().parse()
        && (view.is_in_audit(UserId(number))? || !view.event_archives()?.is_empty())
    {
        return Ok(UserId(number));
    }
    Ok(found?.id)
}

/// The file into which the newest of the moved events were moved; `None`: all events are in the store.
///
/// # Errors
/// When the operator may not view the audit.
pub fn newest_archive(app: &App) -> Result<Option<EventArchive>> {
    app.view(Action::AuditList, |view| Ok(view.event_archives()?.pop()))
}

/// The refused attempts that no event tells of yet: the rest of a minute becomes one event.
///
/// # Errors
/// When the operator may not view the audit.
pub fn unrecorded_attempts(app: &App) -> Result<Vec<RefusedAttempts>> {
    app.view(Action::AuditList, |view| Ok(view.refused_attempts()?))
}
