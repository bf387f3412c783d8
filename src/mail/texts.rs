//! The sentences and templates of mails: those of the program, with those of an organization over them.

#[cfg(test)]
mod tests;
mod trial;

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::LazyLock;

use super::template;
use super::template::TemplateError;
use super::template::TemplateFile;
use super::template::Templates;
use crate::domain::text;
use crate::texts::SentenceFile;
use crate::texts::TextProblem;
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
    texts: Texts,
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

    /// Those of the program with these files over them, after every kind of mail was written with them once.
    ///
    /// # Errors
    /// Everything that is wrong in the files.
    pub fn with(files: &[TextFile]) -> Result<Arc<Self>, Vec<TextProblem>> {
        let (sentences, templates, mut problems) = sorted(files);
        let texts = Texts::with(&sentences).unwrap_or_else(|more| {
            problems.extend(more);
            Texts::built_in().clone()
        });
        if problems.is_empty() {
            problems.extend(templates.iter().filter_map(|file| without_sentences(file, &texts)));
        }
        let mail_texts = match Templates::with(&templates) {
            Ok(compiled) if problems.is_empty() => {
                let mail_texts = Arc::new(Self { texts, templates: compiled });
                problems = trial::problems(&mail_texts, &templates);
                Some(mail_texts)
            }
            Ok(_) => None,
            Err(more) => {
                problems.extend(more);
                None
            }
        };
        match mail_texts {
            Some(mail_texts) if problems.is_empty() => Ok(mail_texts),
            _ => {
                TextProblem::sort(&mut problems);
                Err(problems)
            }
        }
    }

    /// The sentences.
    pub fn texts(&self) -> &Texts {
        &self.texts
    }
}

/// Sorts files by their names into sentences and templates, with a problem for each that is neither.
fn sorted(files: &[TextFile]) -> (Vec<SentenceFile>, Vec<TemplateFile>, Vec<TextProblem>) {
    let (mut sentences, mut templates, mut problems) = (Vec::new(), Vec::new(), Vec::new());
    for file in files {
        let (language, name) = match file.name.rsplit_once('/') {
            Some((language, name)) => (Some(language.to_owned()), name),
            None => (None, file.name.as_str()),
        };
        let (path, text) = (file.path.clone(), file.text.clone());
        match (name.strip_suffix(".toml"), template::known_name(name)) {
            (Some(tag), _) if language.is_none() => {
                sentences.push(SentenceFile { tag: tag.to_owned(), path, text });
            }
            (_, Some(name)) => templates.push(TemplateFile { language, name, path, text }),
            _ => {
                let known = template::names().collect::<Vec<_>>().join(", ");
                let what = format!(
                    "`{}` is neither LANGUAGE.toml nor a template ({known}): rename or remove it",
                    text::quoted(name, 60)
                );
                problems.push(TextProblem { path, line: None, what });
            }
        }
    }
    (sentences, templates, problems)
}

/// A template for a language that has no sentences would be for nobody.
fn without_sentences(file: &TemplateFile, texts: &Texts) -> Option<TextProblem> {
    let tag = file.language.as_deref()?;
    let is_known = texts.languages().any(|language| language.tag().eq_ignore_ascii_case(tag));
    let what = format!("no sentences for the language `{0}`: add {0}.toml", text::quoted(tag, 40));
    (!is_known).then(|| TextProblem { path: file.path.clone(), line: None, what })
}
