//! Operators who use sudo, doas, run0 or pkexec run with the rights of root or of the service account. Unless they have the
//! role Admin, they may not choose another configuration, store or file: the program would open it for them with rights that
//! are not theirs.
//!
//! This is decided once, before anything is opened, and it fails closed: operators who use such a program are restricted until
//! the usual store says that they are an Admin. The usual store is the one that the machine's own configuration names, or its
//! default. No option, no variable and no home directory has a part in finding it: in a store of their own anybody is
//! what they like.

use super::Context;
use crate::app::ActionError;
use crate::app::App;
use crate::cli::failure::CliError;
use crate::cli::files::NamedFiles;
use crate::domain::action::Action;
use crate::domain::elevation;
use crate::domain::elevation::Caller;
use crate::domain::elevation::CallersDiffer;
use crate::domain::elevation::Elevation;
use crate::domain::refusal::Refusal;
use crate::domain::text;
use crate::domain::uid;
use crate::domain::uid::ROOT;
use crate::private_file::owner_of;
use crate::process::sudo::SudoRights;
use crate::store::open::ExpectedVersion;
use strum::VariantArray as _;

/// The variables that are the program's own.
const OWN_VARIABLES: &str = "CXME_";

impl Context {
    /// Finds out who called, decides whether the operator is restricted, and refuses what a restricted one may not name. Called
    /// before anything is opened.
    ///
    /// # Errors
    /// When they named it, or when it cannot be known who called.
    pub fn restrict(&mut self, named: NamedFiles) -> anyhow::Result<()> {
        match self.refusal_of(named)? {
            Some(refusal) => Err(self.refuse(refusal)),
            None => Ok(()),
        }
    }

    /// Finds out the same, and whether [`Context::restrict`] would refuse; nothing is recorded.
    pub fn may_name(&mut self, named: NamedFiles) -> bool {
        matches!(self.refusal_of(named), Ok(None))
    }

    /// Who called, whether they are restricted, and what is refused of what they named.
    fn refusal_of(&mut self, named: NamedFiles) -> anyhow::Result<Option<Refusal>> {
        let callers = self.callers()?;
        self.caller = match elevation::caller(self.process.accounts.effective_uid, &callers) {
            Ok(caller) => caller,
            Err(CallersDiffer(one, other)) => {
                self.restricted = true;
                let named = |Caller { uid, by }| {
                    let account = self.process.accounts.name(uid);
                    format!("{} names {}", by.variable(), text::quoted(&account, 80))
                };
                let (one, other) = (named(one), named(other));
                // Recorded as done by the account of the process: either of them may be somebody whom the other one named.
                return Ok(Some(Refusal::CallersDiffer { one, other }));
            }
        };
        let Some(caller) = self.caller.filter(|&caller| self.has_rights_of_others(caller)) else { return Ok(None) };
        // Until the usual store says otherwise; so no other one is looked for.
        self.restricted = true;
        let is_admin = self.at_usual_store(|app| {
            app.account().uid == caller.uid && app.current_authority().is_ok_and(|authority| authority.is_admin())
        });
        if is_admin == Some(true) {
            self.restricted = false;
            self.forget_usual_store();
            return Ok(None);
        }
        let by = caller.by;
        let named_what = |what: &str| Some(Refusal::NotElevated { what: what.to_owned(), by });
        Ok(match named {
            NamedFiles { config: true, .. } => named_what("`--config`"),
            NamedFiles { store: true, .. } => named_what("`--store`"),
            NamedFiles { file: Some(purpose), hyphen: is_hyphen, .. } => {
                Some(Refusal::NamedFile { by, is_hyphen, purpose })
            }
            NamedFiles { .. } => {
                let mut variables = self.process.variables_with(OWN_VARIABLES);
                variables.next().and_then(|name| named_what(&format!("`{name}`")))
            }
        })
    }

    /// Whether the operator may not choose configuration, store and files.
    pub fn is_restricted(&self) -> bool {
        self.restricted
    }

    /// The program that started this one for a restricted operator.
    pub(super) fn restricted_by(&self) -> Option<Elevation> {
        self.caller.filter(|_| self.restricted).map(|caller| caller.by)
    }

    /// Refuses something to a restricted operator; the usual store, where there is one, remembers it.
    ///
    /// # Errors
    /// When the operator is restricted.
    pub fn refuse_restricted(&mut self, what: &str) -> anyhow::Result<()> {
        match self.restricted_by() {
            Some(by) => Err(self.refuse(Refusal::NotElevated { what: what.to_owned(), by })),
            None => Ok(()),
        }
    }

    /// Lets a restricted operator set up this machine only where sudo itself says that they may do anything here. doas and pkexec
    /// cannot be asked about others.
    ///
    /// # Errors
    /// When it does not say so.
    pub fn may_init(&mut self) -> anyhow::Result<()> {
        let Some(Caller { uid, by }) = self.caller.filter(|_| self.restricted) else { return Ok(()) };
        let accounts = &self.process.accounts;
        let account = accounts.name(uid);
        let refusal = match accounts.asks_sudo(uid) {
            SudoRights::Yes => return Ok(()),
            SudoRights::No => Refusal::InitElevated { by, account, is_known: true },
            SudoRights::CannotBeAsked => Refusal::InitElevated { by, account, is_known: false },
        };
        Err(ActionError::Refused(refusal).into())
    }

    /// Whether a caller, who is not root, was given the rights of another account or, by sudo, of another group.
    fn has_rights_of_others(&self, caller: Caller) -> bool {
        let accounts = &self.process.accounts;
        let has_other_group = self.caller_gid.is_some_and(|gid| gid != accounts.effective_gid);
        caller.uid != ROOT && (caller.uid != accounts.effective_uid || has_other_group)
    }

    /// The account that the variable of each elevation program names, where it is set.
    fn callers(&mut self) -> anyhow::Result<Vec<Caller>> {
        self.caller_gid = self.number_of("SUDO_GID")?;
        let mut callers = Vec::new();
        for &by in Elevation::VARIANTS {
            let uid = match by {
                Elevation::Sudo | Elevation::Pkexec => self.number_of(by.variable())?,
                Elevation::Doas => self.account_of(by.variable())?,
            };
            callers.extend(uid.map(|uid| Caller { uid, by }));
        }
        Ok(callers)
    }

    // In these two, ignoring a wrong value, such as none, would treat the caller as the account whose rights they have.

    fn number_of(&self, name: &'static str) -> anyhow::Result<Option<u32>> {
        let Some(value) = self.process.variable_or_empty(name) else { return Ok(None) };
        let number = value.to_str().and_then(|number| number.parse().ok()).filter(|&number| number != uid::NONE);
        let wrong = || CliError::Configuration(format!("the variable {name} is not a number"));
        Ok(Some(number.ok_or_else(wrong)?))
    }

    fn account_of(&self, name: &'static str) -> anyhow::Result<Option<u32>> {
        let Some(value) = self.process.variable_or_empty(name) else { return Ok(None) };
        let given = value.to_string_lossy().into_owned();
        let found = match value.to_str() {
            Some(account) if !account.is_empty() => self.process.accounts.number(account),
            _ => Ok(None),
        };
        let found = found.map_err(|error| CliError::AccountLookup { given: given.clone(), error })?;
        let unknown = || {
            let given = text::quoted(&given, 80);
            CliError::Configuration(format!("the variable {name} names no account of this machine: `{given}`"))
        };
        Ok(Some(found.ok_or_else(unknown)?))
    }

    fn refuse(&mut self, refusal: Refusal) -> anyhow::Error {
        let recorded = self.at_usual_store(|app| app.refuse(Action::StoreOpen, refusal.clone()));
        recorded.unwrap_or(ActionError::Refused(refusal)).into()
    }

    /// Lets the options and variables of an operator who is not restricted name another configuration or store than the usual one.
    /// The configuration is not read again where it is the same.
    fn forget_usual_store(&mut self) {
        self.setup = None;
        let path = self.config_path();
        self.config.take_if(|read| read.path != path);
    }

    /// Runs something at the usual store; `None` where there is none, or it is neither root nor its owner who runs this.
    fn at_usual_store<T>(&mut self, run: impl FnOnce(&App) -> T) -> Option<T> {
        let setup = self.setup().ok()?;
        let owner = owner_of(setup.store_path());
        let effective_uid = self.process.accounts.effective_uid;
        if effective_uid != ROOT && Some(effective_uid) != owner {
            return None;
        }
        let _rights = self.rights_for(setup.store_path()).ok()?;
        let account = |owner| self.account(Some(owner));
        Some(run(&App::open_as(setup, ExpectedVersion::CurrentOrOlder, account).ok()?))
    }
}
