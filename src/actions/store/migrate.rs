//! `store migrate`.

use std::path::Path;
use std::path::PathBuf;

use crate::actions::store::verify_copy::verify_file;
use crate::app::App;
use crate::app::ChangeOptions;
use crate::app::EventDetails;
use crate::app::Result;
use crate::domain::action::Action;
use crate::private_file::FileError;
use crate::store::StoreError;
use crate::store::backup::BackupInProgress;

/// What a migration found and did.
#[derive(Debug, PartialEq, Eq)]
pub struct MigrationOutcome {
    /// The version that the store had.
    pub found: i64,
    /// The copy made first, or that would be; `None`: there is nothing to do.
    pub copy: Option<PathBuf>,
}

/// Brings the store to the present schema, with a copy made first where there is anything to do: at `copy_to`, or beside
/// the store. The copy is examined before anything is changed, and removed again if the migration fails.
///
/// # Errors
/// When the operator may not, the copy is not sound, or a step fails; the store is as it was then.
pub fn migrate(app: &App, copy_to: Option<&Path>, change_options: &ChangeOptions) -> Result<MigrationOutcome> {
    let found = app.view(Action::StoreMigrate, |_| Ok(app.store().version()?))?;
    let newest = app.store().newest_version();
    if found == newest {
        return Ok(MigrationOutcome { found, copy: None });
    }
    let (backup, copy) = match copy_to {
        Some(path) => (app.store().begin_copy(path)?, path.to_owned()),
        None => begin_beside(app, found)?,
    };
    if change_options.dry_run {
        return Ok(MigrationOutcome { found, copy: Some(copy) });
    }
    let written = app.store().write_copy(backup)?;
    verify_file(app, &written)?;
    let finished = written.finish()?;
    let found = match app.store().migrate() {
        Ok(found) => found,
        Err(error) => {
            // The store is what was copied.
            finished.remove();
            return Err(error.into());
        }
    };
    app.change(Action::StoreMigrate, change_options, |_| {
        let mut details = EventDetails::default();
        details.note("from_version", found);
        details.note("to_version", newest);
        Ok((details, ()))
    })?;
    Ok(MigrationOutcome { found, copy: Some(copy) })
}

/// Begins a copy beside the store, under the first name that is free: a run that was killed may have left one.
fn begin_beside(app: &App, found: i64) -> Result<(BackupInProgress, PathBuf)> {
    let mut number = 1_u32;
    loop {
        let more = if number == 1 { String::new() } else { format!("_{number}") };
        let path = app.store().path().with_extension(format!("before-{found}{more}.db"));
        match app.store().begin_copy(&path) {
            Err(StoreError::Loose(FileError::Exists { .. })) => number = number.saturating_add(1),
            begun => return Ok((begun?, path)),
        }
    }
}
