//! `audit export`.

use crate::app::ActionError;
use crate::app::App;
use crate::app::Result;
use crate::app::View;
use crate::domain::action::Action;
use crate::domain::archive_refusal::ArchiveRefusal;
use crate::domain::event::EventFields;
use crate::domain::event_archive::EventArchive;
use crate::domain::refusal::Refusal;
use crate::domain::user_change::UserChange;

/// Where an export begins.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ExportStart {
    /// With the first event.
    First,
    /// With the first event at this moment, in unix seconds, or later.
    Since(i64),
    /// Behind an event that the reader has.
    After(ExportPosition),
}

/// An event up to which a reader has all.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ExportPosition {
    /// Its number.
    pub number: i64,
    /// Its hash, which says whether the store still has this event; `None`: the reader did not keep it.
    pub hash: Option<Vec<u8>>,
}

/// Takes an event, with what it changed of the one user that it is about.
pub type EventSink<'sink> = dyn FnMut(&EventFields<'_>, &[UserChange]) -> Result<()> + 'sink;

/// Gives the events from `start` on to `visit`, in the order of the chain, at most `limit`. Returns the last one; `None`: there was
/// none.
///
/// # Errors
/// When the operator may not view the audit, the store does not have the event behind which it begins, or `visit` fails.
pub fn export(
    app: &App,
    start: &ExportStart,
    limit: Option<u64>,
    visit: &mut EventSink<'_>,
) -> Result<Option<ExportPosition>> {
    app.view(Action::AuditExport, |view| {
        let after = match start {
            ExportStart::First => 0,
            ExportStart::Since(time) => match view.first_event_since(*time)? {
                Some(first) => first - 1,
                None => return Ok(None),
            },
            ExportStart::After(position) => {
                require(view, position)?;
                position.number
            }
        };
        let mut last = None;
        view.each_event_after(after, limit, |event, changes| {
            visit(event, changes)?;
            let ExportPosition { number, hash } =
                last.get_or_insert_with(|| ExportPosition { number: 0, hash: Some(Vec::new()) });
            *number = event.number;
            let hash = hash.get_or_insert_default();
            hash.clear();
            hash.extend_from_slice(event.hash);
            Ok::<_, ActionError>(())
        })?;
        Ok(last)
    })
}

/// Asks whether the store is still the one that the reader has read: a backup that was restored has fewer events, or others under
/// the same numbers.
fn require(view: &View<'_>, position: &ExportPosition) -> Result<()> {
    let ExportPosition { number, hash } = position;
    if *number == 0 {
        return Ok(());
    }
    if let Some(archive) = view.event_archives()?.pop().filter(|archive| *number <= archive.last) {
        let EventArchive { last, last_hash, file, .. } = archive;
        return match hash {
            _ if *number < last => Err(ArchiveRefusal::MovedBehind { after: *number, last, file }.into()),
            Some(hash) if *hash != last_hash => Err(Refusal::OtherEvent(*number).into()),
            _ => Ok(()),
        };
    }
    match view.event(*number)? {
        Some(event) if hash.as_ref().is_none_or(|hash| *hash == event.hash) => Ok(()),
        Some(_) => Err(Refusal::OtherEvent(*number).into()),
        None => {
            let newest = view.newest_event()?.map_or(0, |event| event.number);
            Err(Refusal::EventNotThere { number: *number, newest }.into())
        }
    }
}

/// A number that is another one when others have changed the store since it was asked for last.
///
/// # Errors
/// [`StoreError::Replaced`](crate::store::StoreError::Replaced) when another file has taken the place of the store.
pub fn change_number(app: &App) -> Result<i64> {
    Ok(app.store().change_number()?)
}
