//! `store restore --latest`: the newest backup of a directory, and nothing in its place.

use std::path::Path;
use std::path::PathBuf;

use jiff::Timestamp;

use crate::app::ActionError;
use crate::cli;
use crate::cli::failure;
use crate::cli::failure::CliError;
use crate::store::StoreError;
use crate::store::backup;

/// The newest backup of a directory, and the one before it.
pub(super) struct Latest {
    pub(super) file: PathBuf,
    before: Option<PathBuf>,
}

impl Latest {
    /// Finds the newest backup by its name. Where names do not tell which one is the newest, it is not guessed.
    ///
    /// # Errors
    /// When there is none, there are some of several stores, or its name is later than `now`.
    pub(super) fn find(directory: &Path, now: Timestamp) -> Result<Self, StoreError> {
        let mut backups = backup::backups_in(directory)?.into_iter();
        let (name, file) = backups.next().ok_or_else(|| StoreError::NoBackup(directory.to_owned()))?;
        if name.time() > now {
            return Err(StoreError::BackupAhead(file));
        }
        Ok(Self { file, before: backups.next().map(|(_, file)| file) })
    }

    /// An error of restoring it: where the backup is to blame, with the command that restores the one before it. An older backup loses
    /// more, so the operator decides whether to take it.
    pub(super) fn explain(&self, error: anyhow::Error) -> anyhow::Error {
        if !is_of_copy(&error, &self.file) {
            return error;
        }
        let typed = |file: &PathBuf| format!("cxme-admin store restore {}", cli::as_typed(&[file.into()]));
        failure::of_newest_backup(&error, self.before.as_ref().map(typed)).into()
    }
}

/// Whether an error tells of the copy, and not of the store or the machine.
fn is_of_copy(error: &anyhow::Error, copy: &Path) -> bool {
    if let Some(CliError::NotABackup(_)) = error.downcast_ref() {
        return true;
    }
    let of_store = error.downcast_ref::<StoreError>().or_else(|| match error.downcast_ref::<ActionError>() {
        Some(ActionError::Store(error)) => Some(error),
        _ => None,
    });
    match of_store {
        Some(
            StoreError::DamagedCopy { .. }
            | StoreError::Schema { .. }
            | StoreError::HasLog(_)
            | StoreError::PreRelease { .. }
            | StoreError::IsTheStore(_),
        ) => true,
        Some(StoreError::Empty(path) | StoreError::NotOurs(path)) => path == copy,
        // Its owner, its mode, or what else has its name.
        Some(StoreError::Loose(problem)) => problem.to_string().contains(&*copy.to_string_lossy()),
        _ => false,
    }
}
