//! The sentences and templates of mails: those of the program, with those of an organization over them.

#[cfg(test)]
mod tests;

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::LazyLock;

use super::template::TemplateError;
use super::template::Templates;
use crate::texts::Texts;

static BUILT_IN: LazyLock<Result<Arc<MailTexts>, TemplateError>> = LazyLock::new(|| {
    let templates = Templates::new()?;
    Ok(Arc::new(MailTexts { texts: Texts::built_in().clone(), templates }))
});

/// A file of the directory that `[texts]` names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TextFile {
    /// Its name within the directory, such as `de.toml`, `reset.html` or `de/reset.html`.
    pub name: String,
    /// Its path, for messages.
    pub path: PathBuf,
    /// Its text.
    pub text: String,
}

/// The sentences and templates of mails.
#[derive(Debug)]
pub struct MailTexts {
    pub(super) texts: Texts,
    pub(super) templates: Templates,
}

impl MailTexts {
    /// Those of the program.
    ///
    /// # Errors
    /// When a template does not compile; it is a fault of the program.
    pub fn built_in() -> Result<Arc<Self>, TemplateError> {
        BUILT_IN.clone()
    }

    /// The sentences.
    pub fn texts(&self) -> &Texts {
        &self.texts
    }
}
