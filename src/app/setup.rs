//! What an app is built from: the configuration, which was read once, the place of the store, and what of the machine matters.
//! Everything that the configuration names is built here and in the files beside, so that the command line and any other caller build
//! the same.

use std::fmt;
use std::path::Path;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::OnceLock;

use crate::app::SetupError;
use crate::app::hashing_cost::HashingCost;
use crate::clock::Clock;
use crate::config::Config;
use crate::domain::organization::Organization;
use crate::domain::sign_in::SignInRules;
use crate::domain::uid::ROOT;
use crate::mail::texts::MailTexts;
use crate::mail::texts::TextFile;
use crate::private_file;
use crate::private_file::FileError;
use crate::private_file::Rule;
use crate::private_file::owner_of_place;
use crate::random::Random;
use crate::secrets::key::ResetKey;
use crate::secrets::password_hash::HashParameters;

/// The most that is read of a file with a key, in bytes.
const KEY_LIMIT: usize = 4_096;

/// What an [`App`](crate::app::App) is built from. Apps of one process share it.
///
/// A process of root takes the rights of the account that owns the store before it opens an app, and keeps them on each thread that
/// works with it ([`FsCredentials`](crate::private_file::FsCredentials)).
pub struct Setup {
    pub(super) config: Arc<Config>,
    /// Whether the configuration was read for a login, which needs no more of it than `[store]`.
    is_for_login: bool,
    store_path: PathBuf,
    /// The account whose rights the process has.
    pub(super) uid: u32,
    /// The name of the machine.
    pub(super) host: String,
    pub(super) organization: Organization,
    texts: OnceLock<Arc<MailTexts>>,
    pub(super) clock: Arc<dyn Clock>,
    pub(super) random: Arc<dyn Random>,
}

impl Setup {
    /// A setup of a process that runs as the account `uid` on the machine `host`. Nothing is read or opened.
    pub fn new(
        config: Arc<Config>,
        store_path: PathBuf,
        uid: u32,
        host: &str,
        clock: Arc<dyn Clock>,
        random: Arc<dyn Random>,
    ) -> Self {
        let organization = Organization {
            name: config.organization.name.clone(),
            help_contact: config.organization.help_contact.clone(),
            email_domains: config.organization.email_domains.clone(),
            saml_domains: config.saml.email_domains.clone(),
            saml_contact: config.saml.contact.clone(),
        };
        let (host, texts) = (host.to_owned(), OnceLock::new());
        Self { config, is_for_login: false, store_path, uid, host, organization, texts, clock, random }
    }

    /// The same, of a configuration that [`Config::load_for_login`] read: no password requirements are known.
    #[must_use]
    pub fn for_login(self) -> Self {
        Self { is_for_login: true, ..self }
    }

    /// The configuration.
    pub fn config(&self) -> &Arc<Config> {
        &self.config
    }

    /// Where the store is, or would be.
    pub fn store_path(&self) -> &Path {
        &self.store_path
    }

    /// How the store's file must be: private, but for the group that may read it where one is configured.
    pub fn store_rule(&self) -> Rule {
        self.owned(Rule::store(self.config.store.reader_group.is_some()))
    }

    /// How a file with a secret must be.
    pub fn secret_rule(&self) -> Rule {
        self.owned(Rule::secret())
    }

    /// root may use what belongs to the account that owns the store.
    fn owned(&self, rule: Rule) -> Rule {
        if self.uid == ROOT { rule.owned_also_by(owner_of_place(&self.store_path)) } else { rule }
    }

    /// Where the reset key is, or would be.
    pub fn key_path(&self) -> PathBuf {
        let configured = self.config.reset.key_file.clone();
        configured.unwrap_or_else(|| self.store_path.with_file_name("reset.key"))
    }

    /// The reset key, if there is one.
    ///
    /// # Errors
    /// When its file is loose, cannot be read, or holds no key.
    pub fn key(&self) -> Result<Option<ResetKey>, SetupError> {
        let path = self.key_path();
        match private_file::read(&path, &self.secret_rule().not_mounted(), KEY_LIMIT) {
            Ok(content) => {
                let named = |error| SetupError::configuration(path.display(), error);
                ResetKey::from_file(&content).map(Some).map_err(named)
            }
            Err(FileError::Missing { .. }) => Ok(None),
            Err(problem) => Err(problem.into()),
        }
    }

    /// The sentences and templates of mails: the program's, with those of `[texts] directory` over them. They are read and tried
    /// once.
    ///
    /// # Errors
    /// [`SetupError::TextsFile`], [`SetupError::Texts`] with everything that is wrong in the directory.
    pub fn mail_texts(&self) -> Result<Arc<MailTexts>, SetupError> {
        if let Some(texts) = self.texts.get() {
            return Ok(Arc::clone(texts));
        }
        let section = &self.config.texts;
        let texts = if section.directory.is_none() {
            MailTexts::built_in()?
        } else {
            let files = section.files().map_err(SetupError::TextsFile)?.into_iter();
            let files: Vec<TextFile> =
                files.map(|file| TextFile { name: file.name, path: file.path, text: file.text }).collect();
            MailTexts::with(&files).map_err(SetupError::Texts)?
        };
        Ok(Arc::clone(self.texts.get_or_init(|| texts)))
    }

    /// How logins are guarded.
    pub(super) fn sign_in_rules(&self) -> SignInRules {
        SignInRules { max_failures: self.config.sign_in.max_failures }
    }

    /// What a new hash costs. For a login, a cost that no hash can have is as little known as one that cannot be read.
    pub(super) fn hashing_cost(&self) -> Result<HashingCost, SetupError> {
        let section = &self.config.password.argon2;
        let parameters = HashParameters::new(section.memory_kib, section.iterations, section.parallelism);
        match parameters {
            Ok(parameters) if self.config.password.is_argon2_known => Ok(HashingCost::Known(parameters)),
            Err(error) if !self.is_for_login => Err(SetupError::configuration("[password.argon2]", error)),
            _ => Ok(HashingCost::Unknown),
        }
    }

    /// The organization.
    pub fn organization(&self) -> &Organization {
        &self.organization
    }

    /// The clock.
    pub fn clock(&self) -> &dyn Clock {
        self.clock.as_ref()
    }

    /// Whether the configuration was read for a login alone.
    pub(super) fn is_for_login(&self) -> bool {
        self.is_for_login
    }
}

impl fmt::Debug for Setup {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Setup").field("store_path", &self.store_path).finish_non_exhaustive()
    }
}
