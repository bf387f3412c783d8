//! A desk on a copy that is to take the store's place.

use std::path::Path;
use std::path::PathBuf;

use super::Context;
use super::owner_of;
use super::rules;
use crate::actions::Desk;
use crate::actions::store;
use crate::store::Store;
use crate::store::open::Expect;
use crate::store::restore::Restoring;

impl Context {
    /// Where the store is, or would be.
    ///
    /// # Errors
    /// When the configuration cannot be loaded.
    pub fn place_of_store(&mut self) -> anyhow::Result<PathBuf> {
        let config = self.config()?.clone();
        Ok(self.store_path(&config))
    }

    /// Asks the store that is there, if there is one, whether the operator may replace it.
    ///
    /// # Errors
    /// When he may not, or the store cannot be opened.
    pub fn may_replace_store(&mut self) -> anyhow::Result<()> {
        if self.place_of_store()?.symlink_metadata().is_err() {
            return Ok(());
        }
        let desk = self.desk_for(Expect::CurrentOrOlder)?;
        store::may_replace(&desk)?;
        let (clock, random) = desk.leave();
        (self.clock, self.random) = (Some(clock), Some(random));
        Ok(())
    }

    /// Copies a copy beside the store's place, and sits down at it.
    ///
    /// # Errors
    /// When the copy cannot be used, or the configuration is not as it must be.
    pub fn desk_on_copy(&mut self, copy: &Path) -> anyhow::Result<(Restoring, Desk)> {
        let config = self.config()?.clone();
        let place = self.place_of_store()?;
        let owner = owner_of(&place).or_else(|| owner_of(copy));
        let rule = self.store_rule(&config, owner);
        let (restoring, store): (Restoring, Store) = Restoring::begin(copy, &place, &rule)?;
        let account = self.account(owner);
        let rules = rules(&config)?;
        let (Some(clock), Some(random)) = (self.clock.take(), self.random.take()) else {
            anyhow::bail!("the store was opened twice");
        };
        Ok((restoring, Desk::new(store, account, rules, clock, random)))
    }
}
