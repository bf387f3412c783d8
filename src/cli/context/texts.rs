//! The sentences and templates of mails, with the organization's own.

use std::sync::Arc;

use super::Context;
use crate::cli::failure::Complaint;
use crate::mail::texts::MailTexts;
use crate::mail::texts::TextFile;
use crate::texts::Language;

impl Context {
    /// The sentences and templates of mails: the program's, with those of `[texts] directory` over them, read and tried once.
    ///
    /// # Errors
    /// Everything that is wrong in the directory.
    pub fn mail_texts(&mut self) -> anyhow::Result<Arc<MailTexts>> {
        if let Some(texts) = &self.texts {
            return Ok(Arc::clone(texts));
        }
        let texts = self.load_texts()?;
        self.texts = Some(Arc::clone(&texts));
        Ok(texts)
    }

    fn load_texts(&mut self) -> anyhow::Result<Arc<MailTexts>> {
        let section = self.config()?.texts.clone();
        let Some(directory) = &section.directory else { return Ok(MailTexts::built_in()?) };
        let unusable = || {
            let words = self.root_sees_why("mail preview test");
            Complaint::Configuration(format!("{}: not usable texts; {words}", directory.display()))
        };
        let files = match section.files() {
            // They must not read with it what they could not read themselves.
            Err(_) if self.is_restricted() => return Err(unusable().into()),
            files => files?,
        };
        let files: Vec<TextFile> =
            files.into_iter().map(|file| TextFile { name: file.name, path: file.path, text: file.text }).collect();
        match MailTexts::with(&files) {
            Err(_) if self.is_restricted() => Err(unusable().into()),
            Err(problems) => Err(Complaint::Texts(problems).into()),
            Ok(texts) => Ok(texts),
        }
    }

    /// The language that was asked for with `--locale`.
    ///
    /// # Errors
    /// When it has no texts, or those of the organization cannot be used.
    pub fn language(&mut self, tag: &str) -> anyhow::Result<Language> {
        let texts = self.mail_texts()?;
        let found = texts.texts().find(tag).cloned();
        Ok(found.ok_or_else(|| Complaint::Usage {
            words: format!(
                "--locale: no texts in `{}`; use {}",
                crate::domain::text::quoted(tag, 40),
                texts.texts().tags()
            ),
            hint: Some("[texts] directory adds languages (docs/texts.md)".to_owned()),
        })?)
    }

    /// Says that mails to a user will not be in the language that was given for them, if it has no texts.
    pub fn warn_of_language(&mut self, tag: Option<&str>) {
        // Commands that send mail report texts that cannot be used.
        let (Some(tag), Ok(texts)) = (tag.filter(|tag| !tag.is_empty()), self.mail_texts()) else { return };
        if texts.texts().find(tag).is_none() {
            let default = texts.texts().default_language();
            self.output.warn(&format!(
                "there are no texts in `{tag}` (only in {}): mails are in `{}`",
                texts.texts().tags(),
                default.tag()
            ));
        }
    }
}
