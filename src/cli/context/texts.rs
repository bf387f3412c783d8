//! Languages that an operator names, and whether there are texts in them.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::Context;
use crate::cli::failure::CliError;
use crate::domain::text;
use crate::mail::texts::MailTexts;
use crate::texts::Language;

/// How many languages without texts are named; the others are counted.
const NAMED: usize = 5;

impl Context {
    /// The sentences and templates of mails: the program's, with those of `[texts] directory` over them.
    ///
    /// # Errors
    /// Everything that is wrong in the directory.
    pub fn mail_texts(&mut self) -> anyhow::Result<Arc<MailTexts>> {
        let setup = self.setup()?;
        setup.mail_texts().map_err(|error| self.shown(error.into()))
    }

    /// The language that was asked for with `--locale`.
    ///
    /// # Errors
    /// When it has no texts, or those of the organization cannot be used.
    pub fn language(&mut self, tag: &str) -> anyhow::Result<Language> {
        let texts = self.mail_texts()?;
        let found = texts.texts().find(tag).cloned();
        Ok(found.ok_or_else(|| CliError::Usage {
            words: format!("--locale: no texts in `{}`; use {}", text::quoted(tag, 40), texts.texts().tags()),
            hint: Some("[texts] directory adds languages (docs/texts.md)".to_owned()),
        })?)
    }

    /// Says that mails to a user will not be in the language that was given for them, if it has no texts.
    pub fn warn_of_language(&mut self, tag: Option<&str>) {
        // Commands that send mail report texts that cannot be used.
        let (Some(tag), Ok(texts)) = (tag.filter(|tag| !tag.is_empty()), self.mail_texts()) else { return };
        let texts = texts.texts();
        if texts.find(tag).is_none() {
            let (tags, default) = (texts.tags(), texts.default_language().tag());
            self.output.warn(&format!("there are no texts in `{tag}` (only in {tags}): mails are in `{default}`"));
        }
    }

    /// The same of many users: once, with the languages and how many users have them.
    pub fn warn_of_languages(&mut self, tags: &BTreeMap<String, u64>) {
        let Some(texts) = Some(tags).filter(|tags| !tags.is_empty()).and_then(|_| self.mail_texts().ok()) else {
            return;
        };
        let texts = texts.texts();
        let missing: Vec<(&String, u64)> =
            tags.iter().filter(|(tag, _)| texts.find(tag).is_none()).map(|(tag, count)| (tag, *count)).collect();
        if missing.is_empty() {
            return;
        }
        let mut named: Vec<String> =
            missing.iter().take(NAMED).map(|(tag, _)| format!("`{}`", text::quoted(tag, 40))).collect();
        if missing.len() > NAMED {
            named.push(format!("{} more", missing.len() - NAMED));
        }
        let users = text::counted(missing.iter().map(|(_, count)| count).sum(), "user");
        let (named, tags, default) = (named.join(", "), texts.tags(), texts.default_language().tag());
        self.output
            .warn(&format!("there are no texts in {named} (only in {tags}): mails to {users} are in `{default}`"));
    }
}
