//! Where configuration, store and key are, and what says so.

use std::ffi::OsStr;
use std::ffi::OsString;
use std::io::ErrorKind;
use std::os::unix::fs::MetadataExt as _;
use std::path::Path;
use std::path::PathBuf;

use super::Context;
use super::INIT;
use super::SERVICE_ACCOUNT;
use crate::cli::as_typed;
use crate::cli::failure::CliError;
use crate::config;
use crate::config::Config;
use crate::config::ConfigEnv;
use crate::config::Search;
use crate::domain::store_location;
use crate::private_file::FileError;
use crate::private_file::FsCredentials;
use crate::private_file::owner_of;
use crate::private_file::owner_of_place;
use crate::store::StoreError;

/// Names the configuration.
const CONFIG_VARIABLE: &str = "CXME_ADMIN_CONFIG";
/// Names the store.
const STORE_VARIABLE: &str = "CXME_ADMIN_STORE";

/// What says where something is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Source {
    /// An option of the command.
    Flag(&'static str),
    /// A variable of the environment.
    Variable(&'static str),
    /// The configuration.
    File,
    /// Nothing: it is at its usual place.
    Default,
}

impl Source {
    /// The word in data.
    pub fn word(self) -> &'static str {
        match self {
            Self::Flag(_) => "flag",
            Self::Variable(_) => "env",
            Self::File => "file",
            Self::Default => "default",
        }
    }

    /// As it is typed, where it is.
    pub fn typed(self) -> Option<&'static str> {
        match self {
            Self::Flag(name) | Self::Variable(name) => Some(name),
            Self::File | Self::Default => None,
        }
    }
}

impl Context {
    /// Whether the store was named by the option or the variable.
    pub fn names_store(&self) -> bool {
        self.named_store().is_some()
    }

    /// The configuration file that is read; `None`: there is none, and the defaults hold. It is looked for with the process's own
    /// rights, so that it is the same one before and after root took those of the store's account.
    pub fn config_path(&self) -> Option<PathBuf> {
        let _own = FsCredentials::own();
        config::search_path(&self.search())
    }

    fn search(&self) -> Search<'_> {
        Search {
            flag: self.config_flag(),
            variable: self.variable(CONFIG_VARIABLE),
            xdg_config_home: self.own_directory("XDG_CONFIG_HOME"),
            home: self.own_directory("HOME"),
            system: Some(&self.process.system.config),
        }
    }

    /// A variable that says where something is; for a restricted operator none does.
    fn variable(&self, name: &str) -> Option<&OsStr> {
        self.process.variable(name).filter(|_| !self.restricted)
    }

    /// A variable that names a directory of the operator's own; one that names somebody else's is ignored. After `su`, or doas
    /// with `keepenv`, HOME may still be that of the caller, who could choose the settings there.
    fn own_directory(&self, name: &str) -> Option<&OsStr> {
        self.variable(name).filter(|path| owner_if_others(Path::new(path)).is_none())
    }

    /// The variables that would be looked into, but that the directory that they name belongs to another account, in words.
    pub fn ignored_directories(&self) -> Vec<String> {
        let searches_config = self.config_source() == Source::Default;
        let searches_store = self.named_store().is_none() && !self.uses_system_paths();
        let searched = [
            ("HOME", searches_config || searches_store),
            ("XDG_CONFIG_HOME", searches_config),
            ("XDG_DATA_HOME", searches_store),
        ];
        let ignored = searched.into_iter().filter(|(_, is_searched)| *is_searched).filter_map(|(name, _)| {
            let path = Path::new(self.variable(name)?);
            let owner = self.process.accounts.described(owner_if_others(path)?);
            Some(format!("{name} is ignored: {} belongs to {owner}", path.display()))
        });
        ignored.collect()
    }

    fn config_flag(&self) -> Option<&Path> {
        self.global.config.as_deref().filter(|_| !self.restricted)
    }

    /// The store that the option or the variable names. A variable never takes another store into a configuration that an
    /// option names: options outrank variables, whichever of the two settings they are about.
    fn named_store(&self) -> Option<(&Path, Source)> {
        let flag =
            self.global.store.as_deref().filter(|_| !self.restricted).map(|path| (path, Source::Flag("--store")));
        let variable = || Some((Path::new(self.variable(STORE_VARIABLE)?), Source::Variable(STORE_VARIABLE)));
        flag.or_else(|| variable().filter(|_| self.config_flag().is_none()))
    }

    /// What says which configuration is read.
    pub fn config_source(&self) -> Source {
        match (self.config_flag(), self.variable(CONFIG_VARIABLE)) {
            (Some(_), _) => Source::Flag("--config"),
            (None, Some(_)) => Source::Variable(CONFIG_VARIABLE),
            (None, None) => Source::Default,
        }
    }

    /// What says where the store is.
    pub fn store_source(&self, config: &Config) -> Source {
        let configured = || if config.store.path.is_some() { Source::File } else { Source::Default };
        self.named_store().map_or_else(configured, |(_, source)| source)
    }

    /// The command without questions that is the same as an answer at the terminal. Where the operator typed `verb` themselves, it
    /// is what they typed; otherwise `words`, with the options that name configuration and store, and the reason. `more` says
    /// where the answer comes from.
    pub fn equivalent(&self, verb: &str, words: &[&str], reason: Option<&str>, more: &str) -> String {
        let verbs = ["add", "password", "set-password", "send-reset"];
        let typed = &self.process.arguments;
        let group = typed.iter().skip_while(|word| *word != "users");
        let is_typed =
            group.into_iter().find(|word| verbs.iter().any(|verb| *word == verb)).is_some_and(|word| word == verb);
        let mut command: Vec<OsString> = Vec::new();
        if is_typed {
            command.extend(typed.iter().cloned());
        } else {
            command.push("cxme-admin".into());
            for (flag, path) in [("-c", self.global.config.as_deref()), ("--store", self.global.store.as_deref())] {
                if let Some(path) = path {
                    command.extend([flag.into(), path.into()]);
                }
            }
            command.extend(words.iter().map(Into::into));
            if let Some(reason) = reason {
                command.push(format!("--reason={reason}").into());
            }
        }
        format!("{}{more}", as_typed(&command))
    }

    /// An error of opening the store at `path`, with the command that helps. Where the store is another account's, that is
    /// the same command with sudo: an operator who forgot sudo must not be led into a store of their own.
    pub(super) fn with_sudo_hint(&self, error: StoreError, path: &Path, config: &Config) -> anyhow::Error {
        let is_out_of_reach = matches!(error, StoreError::Missing(_) | StoreError::Loose(_));
        let others = self.other_accounts_store(path, &self.process.arguments).filter(|_| is_out_of_reach);
        match (others, error) {
            (Some(complaint), _) => complaint.into(),
            (None, StoreError::Missing(path)) => {
                let named_by = match self.store_source(config) {
                    Source::Flag(name) | Source::Variable(name) => format!("set by `{name}`"),
                    Source::File => "set by `[store] path`".to_owned(),
                    Source::Default => "the default path".to_owned(),
                };
                let create = (!self.restricted).then_some(INIT);
                CliError::NoStore { path, named_by, create }.into()
            }
            (None, StoreError::Loose(problem)) => match self.as_owner_of(path, &problem) {
                Some(way) => CliError::StoreOfAccount { problem, way }.into(),
                None => StoreError::Loose(problem).into(),
            },
            (None, error) => error.into(),
        }
    }

    /// The program by sudo, as the account that the store at `path` belongs to, where `problem` is that it does, and its
    /// directory is that account's too. In a directory of others the account may be one that planted the file, as it may be
    /// for any other file than the store itself.
    fn as_owner_of(&self, path: &Path, problem: &FileError) -> Option<String> {
        let is_of_store = match problem {
            FileError::Owner { path: found, .. } | FileError::ParentOwner { path: found, .. } => found == path,
            FileError::Io { path: found, error, .. } => found == path && error.kind() == ErrorKind::PermissionDenied,
            _ => false,
        };
        let me = self.process.accounts.effective_uid;
        let owner = path.parent()?.metadata().ok()?.uid();
        // A file that cannot be seen is in a directory where nobody else can have put it.
        let is_owners = owner_of(path).is_none_or(|of_file| of_file == owner);
        let is_hint = is_of_store && is_owners && me != 0 && owner != me;
        let account = self.process.accounts.name(owner);
        let words = if owner == 0 { vec!["sudo".into()] } else { vec!["sudo".into(), "-u".into(), account.into()] };
        is_hint.then(|| format!("{} cxme-admin …", as_typed(&words)))
    }

    /// The store of another account that an operator without sudo means, who named none and has none: the configured one at
    /// `path`, or else the system's. `words` are the command that sudo is to run there.
    pub fn other_accounts_store(&self, path: &Path, words: &[OsString]) -> Option<CliError> {
        let me = self.process.accounts.effective_uid;
        let names_any = self.named_store().is_some() || self.config_source() != Source::Default;
        if me == 0 || self.caller.is_some() || names_any || owner_of(path) == Some(me) {
            return None;
        }
        let system = &self.process.system;
        let has_own_config = self.config_path().is_some_and(|config| config != system.config);
        let others = |path: &Path| owner_of_place(path).filter(|&owner| owner != me);
        let (store, owner) = match (others(path), has_own_config) {
            (Some(owner), _) => (path, owner),
            (None, true) => return None,
            (None, false) => (system.store.as_path(), others(&system.store)?),
        };
        let owner = self.process.accounts.name(owner);
        let typed = as_typed(words);
        let way = if owner == "root" { format!("sudo {typed}") } else { format!("sudo -u {owner} {typed}") };
        Some(CliError::OtherAccountsStore { is_system: store == system.store, store: store.to_owned(), owner, way })
    }

    /// Where `init` puts a configuration when there is none.
    ///
    /// # Errors
    /// [`CliError::NoHome`], [`CliError::OthersHome`].
    pub fn new_config_path(&self) -> Result<PathBuf, CliError> {
        let variable = || self.variable(CONFIG_VARIABLE).map(PathBuf::from);
        if let Some(named) = self.config_flag().map(Path::to_owned).or_else(variable) {
            return Ok(named);
        }
        if self.uses_system_paths() {
            return Ok(self.process.system.config.clone());
        }
        let options = "`--config` or CXME_ADMIN_CONFIG";
        let home = self.home_directory("XDG_CONFIG_HOME", ".config", "configuration", options)?;
        Ok(home.join("cxme-admin/config.toml"))
    }

    /// What the configuration's meaning depends on besides its text.
    pub fn surroundings(&self) -> ConfigEnv<'_> {
        ConfigEnv { credentials: self.variable("CREDENTIALS_DIRECTORY").map(Path::new) }
    }

    /// Where the store is: the option, the variable, the configuration, or the usual place.
    ///
    /// # Errors
    /// [`CliError::NoHome`], [`CliError::OthersHome`]; [`CliError::Configuration`] where it is a URL.
    pub fn store_path(&self, config: &Config) -> Result<PathBuf, CliError> {
        if let Some((path, source)) = self.named_store() {
            let named_by = source.typed().unwrap_or_default();
            let refused = |error| CliError::Configuration(format!("{named_by}: {error}"));
            return store_location::check(path).map(|()| path.to_owned()).map_err(refused);
        }
        if let Some(path) = &config.store.path {
            return Ok(path.clone());
        }
        if self.uses_system_paths() {
            return Ok(self.process.system.store.clone());
        }
        let options = "`--store` or CXME_ADMIN_STORE";
        let home = self.home_directory("XDG_DATA_HOME", ".local/share", "store", options)?;
        Ok(home.join("cxme-admin/store.db"))
    }

    /// A directory of the XDG Base Directory Specification, which says that relative paths are to be ignored: the store would
    /// be in whatever directory the operator is in. `what` is to be there, unless `options` name another place.
    fn home_directory(
        &self,
        variable: &'static str,
        below_home: &str,
        what: &'static str,
        options: &'static str,
    ) -> Result<PathBuf, CliError> {
        let absolute = |name| self.own_directory(name).map(Path::new).filter(|path| path.is_absolute());
        if let Some(directory) = absolute(variable) {
            return Ok(directory.to_owned());
        }
        let unknown = || {
            let of_home = |words: &String| words.starts_with("HOME ");
            match self.ignored_directories().into_iter().find(of_home) {
                Some(ignored) => CliError::OthersHome { ignored, what, options },
                None => CliError::NoHome { variable, what, options },
            }
        };
        let home = absolute("HOME").ok_or_else(unknown)?;
        Ok(home.join(below_home))
    }

    /// Whether configuration and store are the machine's, and not below a home directory.
    fn uses_system_paths(&self) -> bool {
        let uid = self.process.accounts.effective_uid;
        let is_service = || self.process.accounts.name(uid) == SERVICE_ACCOUNT;
        // Whatever its name is: the account for which the machine's own store was made.
        let is_owner = || owner_of_place(&self.process.system.store) == Some(uid);
        self.restricted || uid == 0 || is_service() || is_owner()
    }
}

/// The owner of a directory that belongs to another account than that of the process, to root too: after `su`, HOME may be the
/// one of root, where the account can search nothing. A directory that is not there is nobody's.
fn owner_if_others(path: &Path) -> Option<u32> {
    let _own = FsCredentials::own();
    let owner = path.metadata().ok()?.uid();
    Some(owner).filter(|&owner| owner != nix::unistd::geteuid().as_raw())
}
