//! `store check --repair-times`.

use jiff::Timestamp;

use crate::app::App;
use crate::app::ChangeOptions;
use crate::app::EventDetails;
use crate::app::Result;
use crate::app::Transaction as _;
use crate::domain::action::Action;
use crate::store::ReadTransaction;
use crate::store::times::TimesAhead;

/// The times that were written while the clock was ahead, in words; empty: none.
///
/// # Errors
/// When the operator may not manage the store, or it cannot be read.
pub fn times_ahead(app: &App) -> Result<Vec<TimesAhead>> {
    app.view(Action::StoreRepairTimes, |view| Ok(view.times_ahead(view.now())?))
}

/// When the newest event was, if that is ahead of the clock and no repair of times has followed it.
///
/// # Errors
/// When the operator may not manage the store, or it cannot be read.
pub fn event_ahead(app: &App) -> Result<Option<Timestamp>> {
    app.view(Action::StoreRepairTimes, |view| event_ahead_of(view, view.now()))
}

fn event_ahead_of(reading: &ReadTransaction<'_>, now: Timestamp) -> Result<Option<Timestamp>> {
    Ok(reading.latest_event_since(Action::StoreRepairTimes.word())?.filter(|latest| *latest > now))
}

/// Brings the times that were written while the clock was ahead to the present. Gives what they were. Events keep theirs, and the
/// event of this says that the clock is right now.
///
/// # Errors
/// When the operator may not manage the store, or it cannot be written.
pub fn repair_times(app: &App, change_options: &ChangeOptions) -> Result<Vec<TimesAhead>> {
    app.change(Action::StoreRepairTimes, change_options, |change| {
        let ahead = change.times_ahead(change.now())?;
        change.bring_times_to(change.now())?;
        let is_unchanged = ahead.is_empty() && event_ahead_of(change, change.now())?.is_none();
        let mut details = EventDetails { is_unchanged, ..EventDetails::default() };
        for TimesAhead { what, count, .. } in &ahead {
            details.note(&what.replace(' ', "_").replace(['`', '\''], ""), *count);
        }
        Ok((details, ahead))
    })
}
