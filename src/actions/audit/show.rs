//! `audit show`.

use crate::app::App;
use crate::app::Result;
use crate::app::View;
use crate::domain::action::Action;
use crate::domain::archive_refusal::ArchiveRefusal;
use crate::domain::event::Event;
use crate::domain::refusal::Refusal;
use crate::domain::user::UserId;
use crate::domain::user_change::UserChange;
use crate::store::user_changes::ChangeQuery;

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
        let event = found(view, number)?;
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

fn found(view: &View<'_>, number: i64) -> Result<Event> {
    if let Some(event) = view.event(number)? {
        return Ok(event);
    }
    let archive = view.event_archives()?.into_iter().find(|archive| (archive.first..=archive.last).contains(&number));
    Err(match archive {
        Some(archive) => ArchiveRefusal::Moved { number, file: archive.file }.into(),
        None => Refusal::NoSuchEvent(number).into(),
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
        found(view, number)?;
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
