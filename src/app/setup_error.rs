//! Why something cannot be built from the configuration.

use std::fmt::Display;
use std::path::PathBuf;

use crate::app::MailerError;
use crate::app::password_command::PasswordCommandError;
use crate::config::LoadError;
use crate::domain::policy::UnreadableList;
use crate::domain::text;
use crate::mail::template::TemplateError;
use crate::private_file::FileError;
use crate::texts::TextProblem;

/// Why something cannot be built from the configuration. No error repeats a secret.
#[derive(Debug, thiserror::Error)]
pub enum SetupError {
    /// A value of the configuration, or the content of a file that it names, is wrong.
    #[error("{0}")]
    Configuration(String),
    /// A file that the configuration names cannot be used.
    #[error(transparent)]
    Load(#[from] LoadError),
    /// The file of the reset key cannot be used.
    #[error(transparent)]
    File(#[from] FileError),
    /// The reset key is missing.
    #[error("{}: {}", .0.display(), MailerError::NoKey)]
    NoKey(PathBuf),
    /// A file of the organization's own texts cannot be used.
    #[error(transparent)]
    TextsFile(LoadError),
    /// The organization's own texts are wrong.
    #[error("{}", match .0.as_slice() { [problem] => problem.to_string(), problems => format!("the texts have {} problems", problems.len()) })]
    Texts(Vec<TextProblem>),
    /// A template of the program is wrong.
    #[error(transparent)]
    Template(#[from] TemplateError),
    /// The program that gives the relay's password did not.
    #[error("{command}: {error}")]
    PasswordCommand {
        /// Which key of the configuration names it, and the program, without its arguments.
        command: String,
        /// Why not.
        error: PasswordCommandError,
    },
    /// A list of refused passwords cannot be used.
    #[error(transparent)]
    UnreadableList(#[from] UnreadableList),
    /// The configuration asks something of a role that the store does not have.
    #[error("{place}: no such role: `{}`", text::quoted(role, 80))]
    UnknownRole {
        /// The role.
        role: String,
        /// The file, the line and the section.
        place: String,
    },
    /// The configuration was read for a login, and this needs more of it.
    #[error("this command reads no password requirements")]
    OnlyForLogin,
}

impl SetupError {
    /// Something is wrong in `place`, such as a file or a section.
    pub(super) fn configuration(place: impl Display, error: impl Display) -> Self {
        Self::Configuration(format!("{place}: {error}"))
    }
}
