//! The words of what cannot be built from the configuration.

use super::BUG;
use super::CONFIGURATION;
use super::LATER;
use super::PROCESSES;
use super::RenderedError;
use super::of_config;
use super::of_file;
use super::unknown_names::screenful;
use crate::app::SetupError;
use crate::config::LoadError;

pub(super) fn of_setup(error: &SetupError) -> RenderedError {
    match error {
        SetupError::Configuration(_) => RenderedError::new(CONFIGURATION, error),
        SetupError::Load(error) | SetupError::TextsFile(error) => of_config(error),
        SetupError::File(problem) => of_file(problem),
        SetupError::NoKey(_) => RenderedError::new(CONFIGURATION, error)
            .hint("restore it from its backup, or name it: [reset] key_file; if it is lost: cxme-admin init --new-key"),
        SetupError::Texts(problems) => {
            let details = if problems.len() > 1 { screenful(problems, ToString::to_string) } else { Vec::new() };
            RenderedError { details, ..RenderedError::new(CONFIGURATION, error) }
                .hint("docs/texts.md describes the files; to check them again: cxme-admin mail preview test")
        }
        SetupError::PasswordCommand { error: failure, .. } if failure.is_shortage() => {
            RenderedError::new(LATER, error).hint(format!("{PROCESSES}, and run the command again"))
        }
        SetupError::UnreadableList(_) => of_unreadable_list(error),
        SetupError::UnknownRole { role, .. } => RenderedError::new(CONFIGURATION, error).hint(format!(
            "correct the name, or add the role: {}",
            crate::cli::as_typed(&["cxme-admin", "roles", "add", role].map(Into::into))
        )),
        SetupError::PasswordCommand { .. } => RenderedError::new(CONFIGURATION, error),
        SetupError::Template(_) | SetupError::OnlyForLogin => RenderedError::new(BUG, error),
    }
}

/// A list that the configuration names; without it no password is accepted.
pub(super) fn of_unreadable_list(error: impl ToString) -> RenderedError {
    RenderedError::new(CONFIGURATION, error)
        .hint("build it again, or copy it again from where it was built: cxme-admin policy blocklist build")
}

/// Whether the process may not have what it needs of the machine.
pub(super) fn is_shortage_of_setup(error: &SetupError) -> bool {
    match error {
        SetupError::File(problem) | SetupError::Load(LoadError::File(problem)) => problem.is_shortage_of_descriptors(),
        SetupError::PasswordCommand { error, .. } => error.is_shortage(),
        _ => false,
    }
}
