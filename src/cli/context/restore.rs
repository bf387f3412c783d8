//! An app on a copy that is to take the store's place, and a damaged store that is examined.

use std::path::Path;
use std::path::PathBuf;

use super::Context;
use crate::actions::store::check;
use crate::actions::store::check::Salvage;
use crate::actions::store::restore;
use crate::app::ActionError;
use crate::app::App;
use crate::cli::failure::CliError;
use crate::private_file::owner_of_place;
use crate::store::Store;
use crate::store::StoreError;
use crate::store::damaged;
use crate::store::damaged::DamagedStore;
use crate::store::open::ExpectedVersion;
use crate::store::passwords_back::EndedPasswords;
use crate::store::passwords_back::Uncounted;
use crate::store::restore::RestoreInProgress;

impl Context {
    /// Where the store is, or would be.
    ///
    /// # Errors
    /// When the configuration cannot be loaded.
    pub fn place_of_store(&mut self) -> anyhow::Result<PathBuf> {
        Ok(self.setup()?.store_path().to_owned())
    }

    /// Asks the store that is there, if there is one, whether the operator may replace it, and whose passwords were ended in it.
    ///
    /// # Errors
    /// When they may not, or the store cannot be opened.
    pub fn may_replace_store(&mut self) -> anyhow::Result<EndedPasswords> {
        if self.place_of_store()?.symlink_metadata().is_err() {
            return Ok(EndedPasswords::unknown(Uncounted::NoStore));
        }
        let app = match self.app_for(ExpectedVersion::CurrentOrOlder) {
            Ok(app) => app,
            Err(error) => return self.may_replace_damaged(error),
        };
        restore::may_replace(&app).map_err(anyhow::Error::from).or_else(|error| self.may_replace_damaged(error))
    }

    /// Lets a damaged store be replaced, which cannot be asked who is an operator: by the account that it belongs to or by
    /// root, who could move its file away as well, and never by a restricted operator. The copy is asked then.
    fn may_replace_damaged(&mut self, error: anyhow::Error) -> anyhow::Result<EndedPasswords> {
        match store_error(&error) {
            Some(damaged) if damaged.damage().is_some() && !self.is_restricted() => self.salvage_ended_passwords(),
            // It has lost its beginning, and is kept under another name.
            Some(StoreError::NotOurs(path)) if !self.is_restricted() && damaged::may_be_store(path) => {
                self.salvage_ended_passwords()
            }
            Some(StoreError::NotOurs(path)) => {
                let path = path.display();
                let words = format!(
                    "{path}: not a cxme-admin store; it was not replaced: if it is your damaged store, move it away with its \
                     -wal, -shm and -journal files and run this again"
                );
                Err(CliError::Configuration(words).into())
            }
            _ => Err(error),
        }
    }

    /// Whose passwords were ended in a damaged store, as far as it tells.
    fn salvage_ended_passwords(&mut self) -> anyhow::Result<EndedPasswords> {
        let path = self.place_of_store()?;
        let salvaged = self.open_damaged(&path).and_then(|damaged| Ok(restore::salvage_ended_passwords(&damaged)?));
        salvaged.or_else(|error| match store_error(&error) {
            Some(damaged) if damaged.damage().is_some() => Ok(EndedPasswords::unknown(Uncounted::Damaged)),
            // SQLite cannot begin to read it.
            Some(StoreError::NotOurs(_) | StoreError::Sql(_)) => Ok(EndedPasswords::unknown(Uncounted::Damaged)),
            _ => Err(error),
        })
    }

    fn open_damaged(&mut self, path: &Path) -> anyhow::Result<DamagedStore> {
        let rule = self.setup()?.store_rule();
        self.take_rights_for(path)?;
        Ok(DamagedStore::open(path, &rule)?)
    }

    /// Examines a store that is so damaged that it cannot be asked who is an operator, for the account that it belongs to or root,
    /// who could read the file without the program, and never for a restricted operator.
    ///
    /// # Errors
    /// The `error` that led here, where it tells of no damage; when the file cannot be opened.
    pub fn examine_damaged(&mut self, path: &Path, error: anyhow::Error) -> anyhow::Result<Salvage> {
        let Some(words) = store_error(&error).and_then(StoreError::damage) else { return Err(error) };
        let (own, owner) = (self.process.accounts.effective_uid, owner_of_place(path));
        if self.is_restricted() || (own != 0 && owner.is_some_and(|owner| owner != own)) {
            return Err(StoreError::NotExaminable(words).into());
        }
        Ok(check::examine_damaged(&self.open_damaged(path)?)?)
    }

    /// Copies a copy beside the store's place, and sits down at it.
    ///
    /// # Errors
    /// When the copy cannot be used, or the configuration is not as it must be.
    pub fn app_on_copy(&mut self, copy: &Path) -> anyhow::Result<(RestoreInProgress, App)> {
        let setup = self.setup()?;
        let place = setup.store_path();
        // Never the owner of the copy: anyone who planted one would be trusted for it.
        let account = self.account(owner_of_place(place));
        self.take_rights_for(place)?;
        let (restoring, store): (RestoreInProgress, Store) =
            RestoreInProgress::begin(copy, place, &setup.store_rule(), self.now()).map_err(|error| match error {
                StoreError::NotOurs(path) => CliError::NotABackup(path).into(),
                error => anyhow::Error::from(error),
            })?;
        Ok((restoring, App::with_store(setup, account, store)?))
    }
}

/// The store's error in another one.
fn store_error(error: &anyhow::Error) -> Option<&StoreError> {
    error.downcast_ref::<StoreError>().or_else(|| match error.downcast_ref::<ActionError>() {
        Some(ActionError::Store(error)) => Some(error),
        _ => None,
    })
}
