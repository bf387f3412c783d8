//! `store backup`.

use std::num::NonZeroU32;
use std::path::Path;
use std::path::PathBuf;

use crate::actions::store::verify_copy::verify;
use crate::app::ActionError;
use crate::app::App;
use crate::app::ChangeOptions;
use crate::app::EventDetails;
use crate::app::Result;
use crate::app::Transaction as _;
use crate::domain::action::Action;
use crate::private_file::FileError;
use crate::store::StoreError;
use crate::store::backup::EarlierBackups;
use crate::store::backup::KeptBackup;

/// A backup in a directory, and what became of the earlier ones.
#[derive(Debug)]
pub struct DirectoryBackup {
    /// The new backup.
    pub file: PathBuf,
    /// The earlier backups that were deleted, or would be, oldest first.
    pub deleted: Vec<PathBuf>,
    /// Those that could not be deleted, each with the reason.
    pub undeleted: Vec<(PathBuf, StoreError)>,
    /// Those whose names are later than the clock.
    pub ahead: Vec<PathBuf>,
    /// Files with the name of a backup that are none, or belong to another account.
    pub others: Vec<PathBuf>,
}

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

/// Copies the store into a directory, under a name of the present time, and examines the copy before it gets that name. With `keep`,
/// deletes the earlier backups of the store there that are more than so many with the new one, when the new one is on the disk and
/// recorded: whatever fails, nothing is deleted before.
///
/// # Errors
/// When the operator may not, the directory is not there or not safe, its disk is full, or the copy is not sound.
pub fn back_up_into(
    app: &App,
    directory: &Path,
    keep: Option<NonZeroU32>,
    change_options: &ChangeOptions,
) -> Result<DirectoryBackup> {
    let store = app.store();
    let trial = ChangeOptions { dry_run: true, ..change_options.clone() };
    let (backup, name) = app.change(Action::StoreBackup, &trial, |change| {
        let label = change.store_label()?;
        Ok((EventDetails::default(), store.begin_copy_in(directory, label, change.now())?))
    })?;
    if change_options.dry_run {
        let earlier = keep.map(|keep| store.earlier_than_begun(&backup, name, keep, app.now())).transpose()?;
        let mut planned = DirectoryBackup::new(directory.join(name.to_string()));
        planned.plan(earlier);
        return Ok(planned);
    }
    let copy = store.write_copy(backup)?;
    verify(app, &copy)?;
    let mut finished = None;
    let recorded = app.change(Action::StoreBackup, change_options, |_| {
        let kept = copy.finish_in_directory()?;
        let mut details = EventDetails::default();
        details.note("to", kept.path().display().to_string());
        if let Some(keep) = keep {
            details.note("keep", keep.get());
        }
        finished = Some(kept);
        Ok((details, ()))
    });
    let kept = match (recorded, finished) {
        (Ok(()), Some(kept)) => kept,
        (Ok(()), None) => return Err(StoreError::Unrecorded.into()),
        (Err(error), None) => return Err(error),
        (Err(error), Some(kept)) => {
            let path = kept.path().to_owned();
            kept.remove();
            return Err(ActionError::Unfinished { path, error: Box::new(error) });
        }
    };
    let mut done = DirectoryBackup::new(kept.path().to_owned());
    if let Some(keep) = keep {
        done.rotate(&kept, store.earlier_than(&kept, keep, app.now()));
    }
    Ok(done)
}

impl DirectoryBackup {
    /// A backup with no earlier ones.
    pub fn new(file: PathBuf) -> Self {
        Self { file, deleted: Vec::new(), undeleted: Vec::new(), ahead: Vec::new(), others: Vec::new() }
    }

    /// Tells what would be deleted.
    fn plan(&mut self, earlier: Option<EarlierBackups>) {
        if let Some(EarlierBackups { surplus, ahead, others }) = earlier {
            self.deleted = surplus.iter().map(|file| file.path().to_owned()).collect();
            (self.ahead, self.others) = (ahead, others);
        }
    }

    /// Deletes the earlier backups that are too many. The new one is kept whatever fails here.
    fn rotate(&mut self, kept: &KeptBackup, earlier: crate::store::Result<EarlierBackups>) {
        let surplus = match earlier {
            Ok(EarlierBackups { surplus, ahead, others }) => {
                (self.ahead, self.others) = (ahead, others);
                surplus
            }
            Err(error) => return self.undeleted.push((directory_of(kept), error)),
        };
        for file in surplus {
            match kept.delete(&file) {
                Ok(()) => self.deleted.push(file.path().to_owned()),
                // Another run has deleted it.
                Err(StoreError::Loose(FileError::Missing { .. })) => {}
                Err(error) => self.undeleted.push((file.path().to_owned(), error)),
            }
        }
        if !self.deleted.is_empty()
            && let Err(error) = kept.sync_directory()
        {
            self.undeleted.push((directory_of(kept), error));
        }
    }
}

fn directory_of(kept: &KeptBackup) -> PathBuf {
    kept.path().parent().unwrap_or(kept.path()).to_owned()
}
