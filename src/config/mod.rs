//! The configuration: one file per section; all problems of a file are reported at once, and unknown names are
//! refused.
//!
//! A new section is a file with a struct, its `Default` and its `read`, one line in [`Config`] and one in
//! `Config::read`, and its keys in `config.example.toml`.

mod audit;
mod damaged;
mod document;
mod email_domain;
mod host;
mod jobs;
mod login;
mod mail;
mod misplaced_store;
mod organization;
mod password;
mod problems;
mod reset;
mod saml;
mod search;
mod settings;
mod sign_in;
mod smtp;
mod store;
mod texts;

use std::path::Path;

use crate::private_file;

pub use audit::AuditSection;
pub use jobs::JobsSection;
pub use mail::{FileSection, MailSection, SendmailSection, TransportName};
pub use organization::OrganizationSection;
pub use password::{Argon2Section, PasswordSection, RoleSection};
pub use problems::{Diagnostic, Diagnostics};
pub use reset::ResetSection;
pub use saml::SamlSection;
pub use search::{Search, search_path};
pub use settings::Setting;
pub use sign_in::SignInSection;
pub use smtp::{ClientCertificateFiles, PasswordFrom, SmtpLogin, SmtpSection};
pub use store::StoreSection;
pub use texts::{TextsFile, TextsSection};

use document::Document;
use mail::MailSections;

/// The largest configuration file in bytes: 1 MiB.
const LIMIT: usize = 1 << 20;

/// The settings. [`Config::default`] applies without a file.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Config {
    /// `[organization]`: the organization whose users these are.
    pub organization: OrganizationSection,
    /// `[store]`: where the users are stored.
    pub store: StoreSection,
    /// `[mail]`: the sender and the transport of mails.
    pub mail: MailSection,
    /// `[reset]`: the links with which users choose a password.
    pub reset: ResetSection,
    /// `[password]`: the password requirements.
    pub password: PasswordSection,
    /// `[sign_in]`: the limits on wrong passwords.
    pub sign_in: SignInSection,
    /// `[saml]`: users whose passwords an identity provider has.
    pub saml: SamlSection,
    /// `[jobs]`: how long mails are retried.
    pub jobs: JobsSection,
    /// `[audit]`: what the audit log requires of operators.
    pub audit: AuditSection,
    /// `[texts]`: the organization's own sentences and templates of mails.
    pub texts: TextsSection,
}

/// The part of the environment on which the meaning of a file depends.
#[derive(Debug, Clone, Copy, Default)]
pub struct ConfigEnv<'a> {
    /// `$CREDENTIALS_DIRECTORY`, in which systemd provides a service's credentials.
    pub credentials: Option<&'a Path>,
}

/// Why a configuration could not be loaded.
#[derive(Debug, thiserror::Error)]
pub enum LoadError {
    /// The file is missing, too large, or fails the check of its mode and owner.
    #[error(transparent)]
    File(#[from] private_file::FileError),
    /// The file was read, and has these problems.
    #[error(transparent)]
    Contents(#[from] Diagnostics),
}

impl Config {
    /// Reads the file `path`, which others must not be able to write.
    ///
    /// # Errors
    /// If the file cannot be read, or all its problems.
    pub fn load(path: &Path, env: ConfigEnv<'_>) -> Result<Self, LoadError> {
        Ok(Self::parse(&read_text(path)?, path, env)?)
    }

    /// Reads the text of the file `name`. Relative paths in it refer to the directory of that file.
    ///
    /// # Errors
    /// All problems of the text.
    pub fn parse(text: &str, name: &Path, env: ConfigEnv<'_>) -> Result<Self, Diagnostics> {
        let directory = name.parent().unwrap_or(Path::new(""));
        let document = Document::parse(text, directory, env);
        let mut config = Self::read(&document);
        config.password.roles.iter_mut().for_each(|role| role.file = name.to_path_buf());
        let problems = document.finish();
        if problems.is_empty() { Ok(config) } else { Err(Diagnostics::new(name, problems)) }
    }

    /// An empty file whose sections and keys were all asked for, so that it knows every valid name.
    fn schema() -> Document<'static> {
        let document = Document::parse("", Path::new(""), ConfigEnv::default());
        Self::read(&document);
        document
    }

    fn read(document: &Document<'_>) -> Self {
        let organization = OrganizationSection::read(&document.section("organization"));
        let (password, argon2) = (document.section("password"), document.section("password.argon2"));
        let mail = MailSections {
            mail: document.section("mail"),
            headers: document.section("mail.headers"),
            smtp: document.section("mail.smtp"),
            sendmail: document.section("mail.sendmail"),
            file: document.section("mail.file"),
        };
        Self {
            store: StoreSection::read(&document.section("store")),
            mail: MailSection::read(&mail),
            reset: ResetSection::read(&document.section("reset")),
            password: PasswordSection::read(&password, &argon2, document, organization.second_factor),
            sign_in: SignInSection::read(&document.section("sign_in")),
            saml: SamlSection::read(&document.section("saml")),
            jobs: JobsSection::read(&document.section("jobs")),
            audit: AuditSection::read(&document.section("audit")),
            texts: TextsSection::read(&document.section("texts")),
            organization,
        }
    }
}

/// The text of a file, which others must not be able to write.
fn read_text(path: &Path) -> Result<String, LoadError> {
    let bytes = private_file::read(path, &private_file::Rule::config(), LIMIT)?;
    Ok(utf8(&bytes, path)?.to_owned())
}

/// The bytes of a file as text.
fn utf8<'b>(bytes: &'b [u8], path: &Path) -> Result<&'b str, Diagnostics> {
    std::str::from_utf8(bytes).map_err(|error| {
        let line = 1 + bytes[..error.valid_up_to()].iter().filter(|byte| **byte == b'\n').count();
        let text = "is not UTF-8: save the file as UTF-8".to_owned();
        Diagnostics::new(path, vec![Diagnostic { line: Some(line), text }])
    })
}

#[cfg(test)]
mod tests;
