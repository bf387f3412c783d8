//! Operators who use sudo run with the rights of root or of the service account. Unless they have the role Admin, they
//! may not choose another configuration, store or file: the program would open it for them with rights that are not
//! theirs.
//!
//! This is decided once, before anything is opened, and it fails closed: operators who use sudo are restricted until the
//! usual store says that they are an Admin. The usual store is the one that the machine's own configuration names, or its
//! default. No option, no variable and no home directory has a part in finding it: in a store of their own anybody is
//! what they like.

use super::Context;
use super::owner_of;
use crate::actions::ActionError;
use crate::actions::Desk;
use crate::actions::Rules;
use crate::cli::failure::Complaint;
use crate::cli::files::NamedFiles;
use crate::config::Config;
use crate::domain::action::Action;
use crate::domain::refusal::Refusal;
use crate::process::sudo::SudoRights;
use crate::store::Store;
use crate::store::open::Expect;

/// The variables that are the program's own.
const OWN_VARIABLES: &str = "CXME_";

impl Context {
    /// Decides whether the operator is restricted, and refuses what a restricted one may not name. Called before anything
    /// is opened.
    ///
    /// # Errors
    /// When they named it, or when it cannot be known who called sudo.
    pub fn restrict(&mut self, named: NamedFiles) -> anyhow::Result<()> {
        let Some(person) = self.sudo_caller()? else { return Ok(()) };
        // Until the usual store says otherwise; so no other one is looked for.
        self.restricted = true;
        let is_admin = self.at_usual_store(|desk| {
            desk.account().uid == person && desk.standing_now().is_ok_and(|standing| standing.is_admin())
        });
        if is_admin == Some(true) {
            self.restricted = false;
            return Ok(());
        }
        let variable = || self.process.variables_with(OWN_VARIABLES).next().map(|name| format!("`{name}`"));
        let refusal = match named {
            NamedFiles { config: true, .. } => Some(Refusal::NotBySudo("`--config`".to_owned())),
            NamedFiles { store: true, .. } => Some(Refusal::NotBySudo("`--store`".to_owned())),
            NamedFiles { file: Some(purpose), hyphen: is_hyphen, .. } => {
                Some(Refusal::NamedFile { is_hyphen, purpose })
            }
            NamedFiles { .. } => variable().map(Refusal::NotBySudo),
        };
        refusal.map_or(Ok(()), |refusal| Err(self.refuse_by_sudo(refusal)))
    }

    /// Whether the operator may not choose configuration, store and files.
    pub fn is_restricted(&self) -> bool {
        self.restricted
    }

    /// Refuses something to a restricted operator; the usual store, where there is one, remembers it.
    ///
    /// # Errors
    /// When the operator is restricted.
    pub fn not_by_sudo(&mut self, what: &str) -> anyhow::Result<()> {
        if self.restricted { Err(self.refuse_by_sudo(Refusal::NotBySudo(what.to_owned()))) } else { Ok(()) }
    }

    /// Lets a restricted operator set up this machine only where sudo itself says that they may do anything here.
    ///
    /// # Errors
    /// When it does not say so.
    pub fn may_init(&mut self) -> anyhow::Result<()> {
        let Some(person) = self.sudo_caller()?.filter(|_| self.restricted) else { return Ok(()) };
        let accounts = &self.process.accounts;
        let account = accounts.name(person);
        let refusal = match accounts.asks_sudo(person) {
            SudoRights::Yes => return Ok(()),
            SudoRights::No => Refusal::InitBySudo { account, is_known: true },
            SudoRights::CannotBeAsked => Refusal::InitBySudo { account, is_known: false },
        };
        Err(ActionError::Refused(refusal).into())
    }

    /// The account that called sudo, where that is not root, and sudo gave it the rights of another account or group.
    fn sudo_caller(&self) -> anyhow::Result<Option<u32>> {
        let Some(uid) = self.number_of("SUDO_UID")? else { return Ok(None) };
        let accounts = &self.process.accounts;
        let has_other_group = self.number_of("SUDO_GID")?.is_some_and(|gid| gid != accounts.effective_gid);
        Ok(Some(uid).filter(|&uid| uid != 0 && (uid != accounts.effective_uid || has_other_group)))
    }

    fn number_of(&self, name: &'static str) -> anyhow::Result<Option<u32>> {
        let Some(value) = self.process.variable(name) else { return Ok(None) };
        let number = value.to_str().and_then(|number| number.parse::<u32>().ok());
        // Ignoring it would treat the sudo user as the target account.
        let wrong = || Complaint::Configuration(format!("the variable {name} is not a number"));
        Ok(Some(number.ok_or_else(wrong)?))
    }

    fn refuse_by_sudo(&mut self, refusal: Refusal) -> anyhow::Error {
        let recorded = self.at_usual_store(|desk| desk.refuse(Action::StoreOpen, refusal.clone()));
        recorded.unwrap_or(ActionError::Refused(refusal)).into()
    }

    /// Runs something at the usual store; `None` where there is none, or it cannot be used by those who come by sudo.
    fn at_usual_store<T>(&mut self, run: impl FnOnce(&Desk) -> T) -> Option<T> {
        let config = match self.config_path() {
            Some(path) => Config::load(&path, self.surroundings()).ok()?,
            None => Config::default(),
        };
        let path = self.store_path(&config).ok()?;
        let owner = owner_of(&path);
        let account = self.account(owner);
        if !account.by_sudo {
            return None;
        }
        let _rights = self.rights_for(&path).ok()?;
        let store = Store::open(&path, &self.store_rule(&config, owner), Expect::CurrentOrOlder).ok()?;
        let (clock, random) = self.clock.take().zip(self.random.take())?;
        let desk = Desk::new(store, account, Rules::default(), clock, random);
        let value = run(&desk);
        let (clock, random) = desk.leave();
        (self.clock, self.random) = (Some(clock), Some(random));
        Some(value)
    }
}
