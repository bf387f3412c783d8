//! Who comes by sudo acts with rights that are not his own. Unless he is Admin, he uses the configuration and the store
//! that are there, and names no files: the program would read and write them for him.

use std::path::Path;

use super::Context;
use super::owner_of;
use crate::actions::Desk;
use crate::actions::Rules;
use crate::config;
use crate::config::Config;
use crate::config::Search;
use crate::domain::action::Action;
use crate::domain::refusal::Refusal;
use crate::store::Store;
use crate::store::open::Expect;

impl Context {
    /// The configuration or the store, where the option or the variable names another.
    pub(super) fn named_override(&self) -> Option<&'static str> {
        if self.global.config.is_some() || self.process.variable("CXME_ADMIN_CONFIG").is_some() {
            return Some("naming a configuration");
        }
        self.names_store().then_some("naming a store")
    }

    /// Refuses, before it is opened, a configuration or a store that somebody names who came by sudo and is not Admin.
    ///
    /// # Errors
    /// When he did.
    pub fn check_overrides(&mut self) -> anyhow::Result<()> {
        self.named_override().map_or(Ok(()), |named| self.admin_by_sudo(named))
    }

    /// Refuses `deed` to whoever came by sudo and is not Admin. Whether he is, the store of this machine says, where there
    /// is one, and not a store that he names: in one of his own he could be what he likes.
    ///
    /// # Errors
    /// When he is not, or the store of this machine cannot be read.
    pub fn admin_by_sudo(&mut self, deed: &'static str) -> anyhow::Result<()> {
        if self.process.variable("SUDO_UID").is_none() {
            return Ok(());
        }
        let usual = Search { flag: None, variable: None, ..self.search() };
        let config = match config::search_path(&usual) {
            Some(path) => Config::load(&path, self.surroundings())?,
            None => Config::default(),
        };
        let path = self.usual_store_path(&config);
        let owner = owner_of(&path);
        let account = self.account(owner);
        if owner.is_none() || !account.by_sudo {
            return Ok(());
        }
        let store = Store::open(&path, &self.store_rule(&config, owner), Expect::CurrentOrOlder)?;
        let (Some(clock), Some(random)) = (self.clock.take(), self.random.take()) else {
            anyhow::bail!("the store was opened twice");
        };
        let desk = Desk::new(store, account, Rules::default(), clock, random);
        if !desk.standing_now()?.is_admin() {
            return Err(desk.refuse(Action::StoreOpen, Refusal::NotBySudo(deed)).into());
        }
        let (clock, random) = desk.leave();
        (self.clock, self.random) = (Some(clock), Some(random));
        Ok(())
    }

    /// Refuses a file named for `action` by an operator who came by sudo and is not Admin.
    ///
    /// # Errors
    /// When he named one.
    pub fn check_file(&self, desk: &Desk, action: Action) -> anyhow::Result<()> {
        if !self.guest {
            return Ok(());
        }
        Err(desk.refuse(action, Refusal::NotBySudo("naming a file")).into())
    }

    /// As [`Context::check_file`], for input where `-` is standard input; elsewhere it would be a file of that name.
    ///
    /// # Errors
    /// When he named a file.
    pub fn check_input(&self, desk: &Desk, action: Action, path: &Path) -> anyhow::Result<()> {
        if path == Path::new("-") { Ok(()) } else { self.check_file(desk, action) }
    }
}
