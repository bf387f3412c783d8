//! `users export`.

use std::path::Path;

use crate::app::ActionError;
use crate::app::App;
use crate::app::ChangeOptions;
use crate::app::EventDetails;
use crate::app::Result;
use crate::domain::action::Action;

/// Writes the event of an export with hashes: who took them out, and how many. `finish` puts the file in its place, so that there is no
/// event of a file that could not be written, and `remove` takes it away again where the event cannot be written.
///
/// # Errors
/// When the operator may not, or one of the two cannot be written.
pub fn record_export<F>(
    app: &App,
    count: u64,
    to: &Path,
    change_options: &ChangeOptions,
    finish: impl FnOnce() -> Result<F>,
    remove: impl FnOnce(F),
) -> Result<()> {
    let mut finished = None;
    let recorded = app.change(Action::UsersExportHashes, change_options, |_| {
        finished = Some(finish()?);
        let mut details = EventDetails::default();
        details.note("users", count);
        details.note("to", to.display().to_string());
        Ok((details, ()))
    });
    match (recorded, finished) {
        (Err(error), Some(file)) => {
            remove(file);
            Err(ActionError::Unfinished { path: to.to_path_buf(), error: Box::new(error) })
        }
        (recorded, _) => recorded,
    }
}
