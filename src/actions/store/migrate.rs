//! `store migrate`.

use std::path::Path;
use std::path::PathBuf;

use crate::app::App;
use crate::app::ChangeOptions;
use crate::app::EventDetails;
use crate::app::Result;
use crate::domain::action::Action;

/// What a migration found and did.
#[derive(Debug, PartialEq, Eq)]
pub struct MigrationOutcome {
    /// The version that the store had.
    pub found: i64,
    /// The copy made first; `None`; nothing was done.
    pub copy: Option<PathBuf>,
}

/// Brings the store to the present schema, with a copy made first where there is anything to do: at `copy_to`, or beside
/// the store.
///
/// # Errors
/// When the operator may not, or a step fails; the store is as it was then.
pub fn migrate(app: &App, copy_to: Option<&Path>, change_options: &ChangeOptions) -> Result<MigrationOutcome> {
    let found = app.view(Action::StoreMigrate, |_| Ok(app.store().version()?))?;
    let newest = app.store().newest_version();
    if found == newest || change_options.dry_run {
        return Ok(MigrationOutcome { found, copy: None });
    }
    let copy = copy_to.map_or_else(|| app.store().path().with_extension(format!("before-{found}.db")), Path::to_owned);
    app.store().write_copy(app.store().begin_copy(&copy)?)?.finish()?;
    let found = app.store().migrate()?;
    app.change(Action::StoreMigrate, change_options, |_| {
        let mut details = EventDetails::default();
        details.note("from_version", found);
        details.note("to_version", newest);
        Ok((details, ()))
    })?;
    Ok(MigrationOutcome { found, copy: Some(copy) })
}
