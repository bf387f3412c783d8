//! `store backup`.

use std::path::Path;

use crate::app::ActionError;
use crate::app::App;
use crate::app::ChangeOptions;
use crate::app::EventDetails;
use crate::app::Result;
use crate::domain::action::Action;

/// Copies the store while others use it. The event is recorded with the file in its place: a copy that failed has none.
///
/// # Errors
/// When the operator may not, there is a file already, or the disk is full.
pub fn back_up(app: &App, destination: &Path, change_options: &ChangeOptions) -> Result<()> {
    // Asks for the permission, and creates the file.
    let trial = ChangeOptions { dry_run: true, ..change_options.clone() };
    let backup = app
        .change(Action::StoreBackup, &trial, |_| Ok((EventDetails::default(), app.store().begin_copy(destination)?)))?;
    if change_options.dry_run {
        return Ok(());
    }
    let copy = app.store().write_copy(backup)?;
    let mut finished = None;
    let recorded = app.change(Action::StoreBackup, change_options, |_| {
        finished = Some(copy.finish()?);
        let mut details = EventDetails::default();
        details.note("to", destination.display().to_string());
        Ok((details, ()))
    });
    match (recorded, finished) {
        (Err(error), Some(copy)) => {
            copy.remove();
            Err(ActionError::Unfinished { path: destination.to_path_buf(), error: Box::new(error) })
        }
        (recorded, _) => recorded,
    }
}
