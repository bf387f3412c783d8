//! The sentences and templates of mails: the built-in ones, and those of an organization that replace them.

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
    /// The path within the directory, such as `de.toml`, `reset.html` or `de/reset.html`.
    pub name: String,
    /// The full path, for messages.
    pub path: PathBuf,
    /// The content.
    pub text: String,
}

/// The sentences and templates of mails.
#[derive(Debug)]
pub struct MailTexts {
    pub(super) texts: Texts,
    pub(super) templates: Templates,
}

impl MailTexts {
    /// The built-in ones.
    ///
    /// # Errors
    /// If a template does not compile, which is a bug.
    pub fn built_in() -> Result<Arc<Self>, TemplateError> {
        BUILT_IN.clone()
    }

    /// The sentences.
    pub fn texts(&self) -> &Texts {
        &self.texts
    }
}
