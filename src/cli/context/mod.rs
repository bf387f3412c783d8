//! Joins what a command needs: the configuration, the store, the operator, and the app made of them.

mod elevated;
mod login;
mod mail;
mod mailer;
mod paths;
mod plain_terminal;
mod policy;
mod restore;
mod rights;
mod secret;
mod texts;

use std::path::Path;
use std::path::PathBuf;
use std::sync::Arc;

use crate::actions::ActionError;
use crate::actions::App;
use crate::actions::AppRules;
use crate::actions::PolicySource;
use crate::actions::policy_check::HashingCost;
use crate::cli::Global;
use crate::cli::failure::CliError;
use crate::cli::output::Charset;
use crate::cli::output::Output;
use crate::clock::Clock;
use crate::config::Config;
use crate::config::ConfigEnv;
use crate::config::LoadError;
use crate::domain::action::Action;
use crate::domain::elevation::Caller;
use crate::domain::elevation::acting_account;
use crate::domain::operator::Account;
use crate::domain::organization::Organization;
use crate::domain::role::Permission;
use crate::domain::sign_in::SignInRules;
use crate::domain::text;
use crate::mail::texts::MailTexts;
use crate::private_file;
use crate::private_file::FsCredentials;
use crate::private_file::Rule;
use crate::process::Process;
use crate::process::terminal::PromptError;
use crate::process::terminal::Terminal;
use crate::random::Random;
use crate::secrets::key::ResetKey;
use crate::secrets::password_hash::HashParameters;
use crate::store::Store;
use crate::store::open::ExpectedVersion;

use plain_terminal::PlainTerminal;

pub use paths::Source;
pub use paths::owner_of;
pub use paths::owner_of_store;
pub use secret::PasswordSource;

/// The account that a package makes for the program.
const SERVICE_ACCOUNT: &str = "cxme-admin";
/// The command that creates what the options and variables name.
const INIT: &str = "cxme-admin init";
/// The most that is read of a file with a password, in bytes: more than any password has, with its newline.
const PASSWORD_FILE_LIMIT: usize = 64 * 1024;
/// The most that is read of a file with a key, in bytes.
const KEY_LIMIT: usize = 4_096;

/// What the commands work with.
pub struct Context {
    /// What they write to.
    pub output: Output,
    /// The outside world, without the streams that are in `output`.
    pub process: Process,
    /// The global options.
    pub global: Global,
    /// Whether the operator was asked for a yes, and gave it.
    pub was_asked: bool,
    clock: Option<Box<dyn Clock>>,
    random: Option<Box<dyn Random>>,
    config: Option<Config>,
    texts: Option<Arc<MailTexts>>,
    restricted: bool,
    /// Who called the elevation program that started this one, if one did; found by [`Context::restrict`].
    caller: Option<Caller>,
    /// The group of the account that called sudo.
    caller_gid: Option<u32>,
    /// With whose rights root works on the store.
    rights: Option<FsCredentials>,
}

/// Reads a configuration file, or a part of it.
type ConfigLoader = fn(&Path, ConfigEnv<'_>) -> Result<Config, LoadError>;

impl Context {
    /// A context; nothing is opened yet.
    pub fn new(mut process: Process, global: Global, clock: Box<dyn Clock>, random: Box<dyn Random>) -> Self {
        let output = Output::new(&mut process, &global);
        let was_asked = false;
        Self {
            output,
            process,
            global,
            was_asked,
            clock: Some(clock),
            random: Some(random),
            config: None,
            texts: None,
            restricted: false,
            caller: None,
            caller_gid: None,
            rights: None,
        }
    }

    /// Opens the store for an action, and asks whether the operator may do it: before anything else, so that no command
    /// does, asks, reads or prints anything for an operator who may not.
    ///
    /// # Errors
    /// When the configuration, a file or the store is not as it must be, or the operator may not do that.
    pub fn app(&mut self, action: Action) -> anyhow::Result<App> {
        self.app_with(action, &[])
    }

    /// As [`Context::app`], for an action that needs these permissions besides its own.
    ///
    /// # Errors
    /// As [`Context::app`].
    pub fn app_with(&mut self, action: Action, besides: &[Permission]) -> anyhow::Result<App> {
        let app = self.app_for(ExpectedVersion::Current)?;
        self.permitted(app, action, besides)
    }

    /// As [`Context::app`], also on a store of an older version, for a command that has something to show without a store:
    /// the inner error says why there is no app. A restricted operator, and one whom the store refuses, gets only the error.
    ///
    /// # Errors
    /// As [`Context::app`].
    pub fn app_if_usable(&mut self, action: Action) -> anyhow::Result<anyhow::Result<App>> {
        let opened = self.app_for(ExpectedVersion::CurrentOrOlder).and_then(|app| self.permitted(app, action, &[]));
        let is_refusal = |error: &anyhow::Error| {
            matches!(error.downcast_ref::<ActionError>(), Some(ActionError::Refused(_))) || self.restricted
        };
        match opened {
            Err(error) if is_refusal(&error) => Err(error),
            opened => Ok(opened),
        }
    }

    /// The app, if the operator may do the action there; otherwise what it was lent is taken back.
    fn permitted(&mut self, app: App, action: Action, besides: &[Permission]) -> anyhow::Result<App> {
        if let Err(error) = app.authorize(action, besides) {
            let (clock, random) = app.leave();
            (self.clock, self.random) = (Some(clock), Some(random));
            return Err(error.into());
        }
        Ok(app)
    }

    /// Opens a store that may be of an older version. What the operator may do is not asked.
    ///
    /// # Errors
    /// As [`Context::app`].
    pub fn app_for(&mut self, expect: ExpectedVersion) -> anyhow::Result<App> {
        self.open_app(expect, Config::load, rules)
    }

    /// As [`Context::app_for`], with the configuration that `load` reads and the rules that it gives.
    fn open_app(
        &mut self,
        expect: ExpectedVersion,
        load: ConfigLoader,
        rules: fn(&Config) -> anyhow::Result<AppRules>,
    ) -> anyhow::Result<App> {
        let config = self.config_by(load)?.clone();
        let path = self.store_path(&config)?;
        let owner = owner_of_store(&path);
        let account = self.account(owner);
        let rule = self.store_rule(&config, owner);
        self.take_rights_for(&path)?;
        let store = Store::open(&path, &rule, expect).map_err(|error| self.with_sudo_hint(error, &path, &config))?;
        self.output.hold_beside(&path);
        let rules = rules(&config)?;
        let (Some(clock), Some(random)) = (self.clock.take(), self.random.take()) else {
            anyhow::bail!("the store was opened twice");
        };
        Ok(App::new(store, account, rules, clock, random))
    }

    /// The randomness, for a command that builds no app.
    ///
    /// # Errors
    /// When an app has it already.
    pub fn take_random(&mut self) -> anyhow::Result<Box<dyn Random>> {
        self.random.take().ok_or_else(|| anyhow::anyhow!("the randomness is in use"))
    }

    /// The present moment, for a command that has no app.
    ///
    /// # Errors
    /// When an app has the clock.
    pub fn now(&self) -> anyhow::Result<jiff::Timestamp> {
        self.clock.as_ref().map(|clock| clock.now()).ok_or_else(|| anyhow::anyhow!("the clock is in use"))
    }

    /// The configuration in force.
    ///
    /// # Errors
    /// When the file has problems, or is writable by others.
    pub fn config(&mut self) -> anyhow::Result<&Config> {
        self.config_by(Config::load)
    }

    fn config_by(&mut self, load: ConfigLoader) -> anyhow::Result<&Config> {
        if self.config.is_none() {
            self.config = Some(self.load_config(load)?);
        }
        self.config.as_ref().ok_or_else(|| anyhow::anyhow!("no configuration"))
    }

    /// Lets the defaults hold, for who is about to make the configuration that was named.
    pub fn config_by_default(&mut self) -> &Config {
        self.config.insert(Config::default())
    }

    fn load_config(&self, load: ConfigLoader) -> anyhow::Result<Config> {
        let Some(path) = self.config_path() else { return Ok(Config::default()) };
        let loaded = load(&path, self.surroundings());
        match loaded {
            // They must not read with it what they could not read themselves: not one word of the content.
            Err(error) if self.restricted => Err(CliError::Configuration(self.unusable(&path, &error)).into()),
            Err(LoadError::File(private_file::FileError::Missing { .. })) => {
                let named_by = self.config_source().typed().unwrap_or_default();
                Err(CliError::NoConfiguration { path, named_by, create: INIT }.into())
            }
            loaded => Ok(loaded?),
        }
    }

    /// What a restricted operator is told of a configuration that cannot be used.
    fn unusable(&self, path: &Path, error: &LoadError) -> String {
        let words = match error {
            LoadError::File(private_file::FileError::Io { error, .. })
                if error.kind() == std::io::ErrorKind::PermissionDenied =>
            {
                let account = self.process.accounts.name(self.process.accounts.effective_uid);
                format!("the account {} may not read it", text::visible(&account))
            }
            _ => format!("not a usable configuration; {}", self.root_sees_why("policy show")),
        };
        format!("{}: {words}", path.display())
    }

    /// How somebody who may run any command sees what a restricted operator is not shown.
    fn root_sees_why(&self, command: &str) -> String {
        let as_root = self.caller.map_or_else(|| "sudo".to_owned(), |caller| caller.by.as_root());
        format!("root sees why: {as_root} cxme-admin {command}")
    }

    /// Where the reset key is, and the key, if there is one.
    ///
    /// # Errors
    /// When the configuration cannot be loaded. A key that is loose or malformed is the inner error.
    pub fn key(&mut self) -> anyhow::Result<(PathBuf, anyhow::Result<Option<ResetKey>>)> {
        let path = self.key_path()?;
        let read = private_file::read(&path, &self.secret_rule()?.not_mounted(), KEY_LIMIT);
        let key = match read {
            Ok(content) => {
                let named = |error| CliError::Configuration(format!("{}: {error}", path.display())).into();
                ResetKey::from_file(&content).map(Some).map_err(named)
            }
            Err(private_file::FileError::Missing { .. }) => Ok(None),
            Err(problem) => Err(problem.into()),
        };
        Ok((path, key))
    }

    /// Who acts.
    pub fn account(&self, store_owner: Option<u32>) -> Account {
        let accounts = &self.process.accounts;
        let (uid, elevation) = acting_account(accounts.effective_uid, store_owner, self.caller);
        let known = accounts.known_name(uid);
        Account {
            uid,
            is_name_known: known.is_some(),
            name: known.unwrap_or_else(|| uid.to_string()),
            login_uid: accounts.login_uid,
            host: accounts.host.clone(),
            elevation,
        }
    }

    /// How the store's file must be: private, but for the group that may read it where one is configured.
    pub fn store_rule(&self, config: &Config, owner: Option<u32>) -> Rule {
        let rule = Rule::store(config.store.reader_group.is_some());
        // root may use a store that belongs to the service account.
        if self.process.accounts.effective_uid == 0 { rule.owned_also_by(owner) } else { rule }
    }

    /// The terminal, shown only what it can show.
    fn able(&self, inner: Box<dyn Terminal>) -> Box<dyn Terminal> {
        let (charset, is_dumb) = (Charset::of(&self.process), self.process.is_dumb_terminal());
        Box::new(PlainTerminal { inner, charset, is_dumb })
    }

    /// The terminal to ask at.
    ///
    /// # Errors
    /// When there is none, or `--no-input` was given; `hint` says what to give instead.
    pub fn terminal(&self, question: &str, hint: &str) -> anyhow::Result<Box<dyn Terminal>> {
        let question = question.trim_end_matches('?');
        let cannot = |hint: String| CliError::CannotAsk { question: question.to_owned(), hint };
        if self.global.no_input {
            return Err(cannot(hint.to_owned()).into());
        }
        // `init` asks before there is a configuration.
        let retry_for = self
            .config
            .as_ref()
            .map_or_else(|| Config::default().password.prompt_timeout, |config| config.password.prompt_timeout);
        match self.process.terminal(retry_for) {
            Ok(terminal) => Ok(self.able(terminal)),
            // su starts a session without a terminal, and leaves it as the standard streams.
            Err(PromptError::NoTerminal) if self.process.stdin.is_terminal => {
                let of_su = format!("{hint}; or use a shell: `su -c` takes the terminal away, unless given `--pty`");
                Err(cannot(of_su).into())
            }
            Err(PromptError::NoTerminal) => Err(cannot(hint.to_owned()).into()),
            Err(error) => Err(error.into()),
        }
    }
}

/// The organization as configured.
pub fn organization(config: &Config) -> Organization {
    Organization {
        name: config.organization.name.clone(),
        help_contact: config.organization.help_contact.clone(),
        email_domains: config.organization.email_domains.clone(),
        saml_domains: config.saml.email_domains.clone(),
        saml_contact: config.saml.contact.clone(),
    }
}

/// The rules of an app, as the configuration has them.
fn rules(config: &Config) -> anyhow::Result<AppRules> {
    let read = config.clone();
    // Boxed so that the kind of the error can still be told.
    let policy = PolicySource::new(move || {
        policy::policy(&read).map_err(anyhow::Error::reallocate_into_boxed_dyn_error_without_backtrace)
    });
    Ok(AppRules {
        organization: organization(config),
        policy,
        hashing: HashingCost::Known(hashing(config)?),
        sign_in: sign_in(config),
    })
}

fn sign_in(config: &Config) -> SignInRules {
    SignInRules { max_failures: config.sign_in.max_failures }
}

fn hashing(config: &Config) -> anyhow::Result<HashParameters> {
    let section = &config.password.argon2;
    let parameters = HashParameters::new(section.memory_kib, section.iterations, section.parallelism);
    Ok(parameters.map_err(|error| CliError::Configuration(format!("[password.argon2]: {error}")))?)
}
