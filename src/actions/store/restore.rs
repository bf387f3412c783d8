//! `store restore`.

use std::path::Path;
use std::path::PathBuf;

use jiff::Timestamp;

use crate::actions::store::check::Contents;
use crate::actions::store::check::StoreReport;
use crate::actions::store::check::contents;
use crate::app::ActionError;
use crate::app::App;
use crate::app::ChangeOptions;
use crate::app::EventDetails;
use crate::app::Result;
use crate::app::Transaction as _;
use crate::domain::action::Action;
use crate::domain::selection::Selection;
use crate::store::StoreError;
use crate::store::damaged::DamagedStore;
use crate::store::passwords_back::EndedPasswords;
use crate::store::passwords_back::PasswordsBack;
use crate::store::restore::RestoreInProgress;
use crate::store::restore::UnsettledRows;

/// A copy that is ready to take the store's place.
#[derive(Debug, PartialEq, Eq)]
pub struct PreparedRestore {
    /// How many users it has.
    pub users: u64,
    /// When its newest event was, before this one.
    pub newest: Option<Timestamp>,
    /// What was true when it was made, and may not be so any more.
    pub unsettled: UnsettledRows,
    /// The passwords in it that were ended in the store that it replaces.
    pub passwords_back: PasswordsBack,
    /// Where the store that it replaces will be kept, if there is one.
    pub kept: Option<PathBuf>,
}

/// Asks the store that is to be replaced whether the operator may do that, and refuses while mail of it is being sent, since
/// what the sender knows would not be in the copy, or while another process replaces it. Gives whose passwords were ended in it.
///
/// # Errors
/// When the operator may not, mail is being sent, or another process replaces the store.
pub fn may_replace(app: &App) -> Result<EndedPasswords> {
    app.view(Action::StoreRestore, |view| {
        app.store().refuse_if_locked()?;
        Ok(view.all_ended_passwords()?)
    })
}

/// Whose passwords were ended in a damaged store that is to be replaced, as far as it tells. The caller has checked that this account
/// could move the file away without the program.
///
/// # Errors
/// When the file cannot be read for another reason than its damage.
pub fn salvage_ended_passwords(damaged: &DamagedStore) -> Result<EndedPasswords> {
    Ok(damaged.store.read()?.salvaged_ended_passwords()?)
}

/// Examines a copy, and writes into it what makes it safe to go on from, with the event of its being restored. `app` is
/// that of the copy, `ended` what [`may_replace`] gave of the store that is there.
///
/// # Errors
/// [`StoreError::DamagedCopy`] when it is not sound; when the operator may not manage the store.
pub fn prepare_restored(
    app: &App,
    restoring: &RestoreInProgress,
    file: &Path,
    ended: &EndedPasswords,
    change_options: &ChangeOptions,
) -> Result<PreparedRestore> {
    prepare(app, restoring, file, ended, change_options).map_err(|error| match error {
        // It is not the store that is damaged.
        ActionError::Store(error) => error.of_copy(file).into(),
        other => other,
    })
}

fn prepare(
    app: &App,
    restoring: &RestoreInProgress,
    file: &Path,
    ended: &EndedPasswords,
    change_options: &ChangeOptions,
) -> Result<PreparedRestore> {
    let newest = app.view(Action::StoreRestore, |view| {
        let (Contents { examined, newest, .. }, ()) = contents(app.store(), view, None, || ())?;
        let faults: Vec<String> = examined.iter().flat_map(StoreReport::lines).collect();
        if !faults.is_empty() {
            return Err(StoreError::DamagedCopy { path: file.to_owned(), faults }.into());
        }
        Ok(newest.and_then(|newest| Timestamp::from_second(newest).ok()))
    })?;
    app.change(Action::StoreRestore, change_options, |change| {
        let unsettled = change.unsettle(change.now())?;
        let users = change.count_users(&Selection::default(), change.now())?;
        let mut details = EventDetails::default();
        details.note("from", file.display().to_string());
        details.note("links", unsettled.links);
        details.note("messages", unsettled.messages);
        details.note("jobs", unsettled.jobs);
        let passwords_back = change.passwords_back(ended)?;
        if passwords_back.count > 0 {
            details.note("ended_passwords", passwords_back.count);
        }
        if let Some(uncounted) = passwords_back.uncounted {
            details.note("ended_passwords_uncounted", uncounted.word());
        }
        let kept = restoring.kept().map(Path::to_owned);
        if let Some(kept) = &kept {
            details.note("replaced_store", kept.display().to_string());
        }
        Ok((details, PreparedRestore { users, newest, unsettled, passwords_back, kept }))
    })
}

/// Puts the copy in the store's place.
///
/// # Errors
/// When the store is in use for too long, or the disk does not take it; it is as it was then.
pub fn finish_restored(app: App, restoring: RestoreInProgress) -> Result<()> {
    Ok(restoring.finish(app.into_store())?)
}
