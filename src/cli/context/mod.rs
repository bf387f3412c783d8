//! What a command needs of the terminal and of the machine: who calls, which configuration and store they mean, and the app that is
//! built from them.

mod elevated;
mod mailer;
mod notices;
mod paths;
mod plain_terminal;
mod restore;
mod rights;
mod secret;
mod stoppable;
mod texts;

use std::path::Path;
use std::path::PathBuf;
use std::sync::Arc;

use crate::app::ActionError;
use crate::app::App;
use crate::app::Setup;
use crate::app::SetupError;
use crate::cli::Global;
use crate::cli::failure::CliError;
use crate::cli::output::Charset;
use crate::cli::output::Output;
use crate::cli::reason_given::ReasonGiven;
use crate::clock::Clock;
use crate::config::Config;
use crate::config::LoadError;
use crate::domain::action::Action;
use crate::domain::elevation::Caller;
use crate::domain::elevation::acting_account;
use crate::domain::operator::Account;
use crate::domain::role::Permission;
use crate::domain::text;
use crate::private_file;
use crate::private_file::FsCredentials;
use crate::process::Process;
use crate::process::terminal::PromptError;
use crate::process::terminal::Terminal;
use crate::random::Random;
use crate::store::open::ExpectedVersion;

use plain_terminal::PlainTerminal;

pub use paths::Source;
pub use secret::PasswordSource;
pub use stoppable::StoppedBy;

/// The account that a package makes for the program.
const SERVICE_ACCOUNT: &str = "cxme-admin";
/// The command that creates what the options and variables name.
const INIT: &str = "cxme-admin init";

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
    /// What the arguments say of a reason.
    pub(in crate::cli) reason: ReasonGiven,
    clock: Arc<dyn Clock>,
    random: Arc<dyn Random>,
    config: Option<ReadConfig>,
    setup: Option<Arc<Setup>>,
    restricted: bool,
    /// Who called the elevation program that started this one, if one did; found by [`Context::restrict`].
    caller: Option<Caller>,
    /// The group of the account that called sudo.
    caller_gid: Option<u32>,
    /// With whose rights root works on the store.
    rights: Option<FsCredentials>,
}

/// The configuration, read once.
struct ReadConfig {
    /// The file; `None`: there is none, and the defaults hold.
    path: Option<PathBuf>,
    config: Arc<Config>,
    /// Whether only what a login needs was read.
    is_for_login: bool,
}

/// How much of a configuration is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Reading {
    /// All of it; whatever is wrong in it is an error.
    Whole,
    /// What a login needs: a configuration whose `[store]` can be read is enough, and no file that it names is read.
    ForLogin,
}

impl Context {
    /// A context; nothing is opened yet.
    pub fn new(mut process: Process, global: Global, clock: Arc<dyn Clock>, random: Arc<dyn Random>) -> Self {
        let output = Output::new(&mut process, &global);
        let was_asked = false;
        Self {
            output,
            process,
            global,
            was_asked,
            reason: ReasonGiven::Enough,
            clock,
            random,
            config: None,
            setup: None,
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
        let app = permitted(self.app_for(ExpectedVersion::Current)?, action, besides)?;
        self.require_reason(action)?;
        Ok(app)
    }

    /// As [`Context::app`], also on a store of an older version, for a command that has something to show without a store:
    /// the inner error says why there is no app. A restricted operator, and one whom the store refuses, gets only the error.
    ///
    /// # Errors
    /// As [`Context::app`].
    pub fn app_if_usable(&mut self, action: Action) -> anyhow::Result<anyhow::Result<App>> {
        let opened = self.app_for(ExpectedVersion::CurrentOrOlder).and_then(|app| permitted(app, action, &[]));
        let is_refusal = |error: &anyhow::Error| {
            matches!(error.downcast_ref::<ActionError>(), Some(ActionError::Refused(_))) || self.restricted
        };
        match opened {
            Err(error) if is_refusal(&error) => Err(error),
            opened => Ok(opened),
        }
    }

    /// Opens a store that may be of an older version. What the operator may do is not asked.
    ///
    /// # Errors
    /// As [`Context::app`].
    pub fn app_for(&mut self, expected: ExpectedVersion) -> anyhow::Result<App> {
        self.open_app(expected, Reading::Whole)
    }

    /// As [`Context::app`], for a command that checks passwords and sets none: a configuration whose `[store]` can be read
    /// is enough, and no file that it names is read.
    ///
    /// # Errors
    /// As [`Context::app`].
    pub fn login_app(&mut self, action: Action) -> anyhow::Result<App> {
        permitted(self.open_app(ExpectedVersion::Current, Reading::ForLogin)?, action, &[])
    }

    /// Opens the store for the completion of a command line: no more of the configuration is read than says where the store is. What the
    /// operator may do is not asked.
    ///
    /// # Errors
    /// As [`Context::app`].
    pub fn app_for_completion(&mut self) -> anyhow::Result<App> {
        self.open_app(ExpectedVersion::Current, Reading::ForLogin)
    }

    fn open_app(&mut self, expected: ExpectedVersion, reading: Reading) -> anyhow::Result<App> {
        let setup = self.setup_by(reading)?;
        let path = setup.store_path().to_owned();
        self.take_rights_for(&path)?;
        let opened = App::open_as(Arc::clone(&setup), expected, |owner| self.account(Some(owner)));
        let opened = opened.map_err(|error| match error {
            ActionError::Store(error) => self.with_sudo_hint(error, &path, setup.config()),
            error => error.into(),
        });
        let app = opened?;
        self.output.hold_beside(&path);
        Ok(app)
    }

    /// The randomness, for a command that builds no app.
    pub fn random(&self) -> &dyn Random {
        self.random.as_ref()
    }

    /// The present moment, for a command that has no app.
    pub fn now(&self) -> jiff::Timestamp {
        self.clock.now()
    }

    /// The configuration in force.
    ///
    /// # Errors
    /// When the file has problems, or is writable by others.
    pub fn config(&mut self) -> anyhow::Result<Arc<Config>> {
        self.config_by(Reading::Whole)
    }

    fn config_by(&mut self, reading: Reading) -> anyhow::Result<Arc<Config>> {
        if let Some(read) = &self.config {
            return Ok(Arc::clone(&read.config));
        }
        let path = self.config_path();
        let config = Arc::new(path.as_deref().map_or_else(|| Ok(Config::default()), |path| self.read(path, reading))?);
        let is_for_login = reading == Reading::ForLogin;
        self.config = Some(ReadConfig { path, config: Arc::clone(&config), is_for_login });
        Ok(config)
    }

    /// Lets the defaults hold, for who is about to make the configuration that was named.
    pub fn config_by_default(&mut self) -> Arc<Config> {
        let config = Arc::new(Config::default());
        self.config = Some(ReadConfig { path: None, config: Arc::clone(&config), is_for_login: false });
        self.setup = None;
        config
    }

    fn read(&self, path: &Path, reading: Reading) -> anyhow::Result<Config> {
        let loaded = match reading {
            Reading::Whole => Config::load(path, self.surroundings()),
            Reading::ForLogin => Config::load_for_login(path, self.surroundings()),
        };
        match loaded {
            // They must not read with it what they could not read themselves: not one word of the content.
            Err(error) if self.restricted => Err(CliError::Configuration(self.unusable(path, &error)).into()),
            Err(LoadError::File(private_file::FileError::Missing { .. })) => {
                let named_by = self.config_source().typed().unwrap_or_default();
                Err(CliError::NoConfiguration { path: path.to_owned(), named_by, create: INIT }.into())
            }
            loaded => Ok(loaded?),
        }
    }

    /// What apps are built from: the configuration, and where the store is.
    ///
    /// # Errors
    /// When the configuration cannot be loaded, or nothing says where the store is.
    pub fn setup(&mut self) -> anyhow::Result<Arc<Setup>> {
        self.setup_by(Reading::Whole)
    }

    fn setup_by(&mut self, reading: Reading) -> anyhow::Result<Arc<Setup>> {
        if let Some(setup) = &self.setup {
            return Ok(Arc::clone(setup));
        }
        let config = self.config_by(reading)?;
        let store_path = self.store_path(&config)?;
        let accounts = &self.process.accounts;
        let (clock, random) = (Arc::clone(&self.clock), Arc::clone(&self.random));
        let setup = Setup::new(config, store_path, accounts.effective_uid, &accounts.host, clock, random);
        let is_for_login = self.config.as_ref().is_some_and(|read| read.is_for_login);
        let setup = Arc::new(if is_for_login { setup.for_login() } else { setup });
        self.setup = Some(Arc::clone(&setup));
        Ok(setup)
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
    pub fn root_sees_why(&self, command: &str) -> String {
        let as_root = self.caller.map_or_else(|| "sudo".to_owned(), |caller| caller.by.as_root());
        format!("root sees why: {as_root} cxme-admin {command}")
    }

    /// An error of what the configuration names, as the operator may see it: those who are restricted must not read with the
    /// program what they could not read themselves.
    fn shown(&self, error: ActionError) -> anyhow::Error {
        match error {
            ActionError::Setup(SetupError::TextsFile(_) | SetupError::Texts(_)) if self.restricted => {
                let directory = self.config.as_ref().and_then(|read| read.config.texts.directory.clone());
                let directory = directory.unwrap_or_default();
                let words = self.root_sees_why("mail preview test");
                CliError::Configuration(format!("{}: not usable texts; {words}", directory.display())).into()
            }
            error => error.into(),
        }
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
            .map_or_else(|| Config::default().password.prompt_timeout, |read| read.config.password.prompt_timeout);
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

/// The app, if the operator may do the action there.
fn permitted(app: App, action: Action, besides: &[Permission]) -> anyhow::Result<App> {
    app.authorize(action, besides)?;
    Ok(app)
}
