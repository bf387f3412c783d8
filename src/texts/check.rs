//! Reads the sentences of an organization, and finds all their problems before a mail is composed.

#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::collections::BTreeSet;

use minijinja::Environment;
use minijinja::Value;

use super::Language;
use super::Texts;
use super::engine;
use super::keys;
use super::keys::KEYS;
use super::keys::Key;
use super::keys::Placeholder;
use super::keys::Sample;
use super::language::in_one_line;
use super::sentences::FlatSentences;
use super::sentences::Sentence;
use super::sentences::SentenceFile;
use super::sentences::TextProblem;
use super::sentences::flat;
use super::sentences::shown;
use crate::domain::user::validate_locale;

/// The longest sentence, in characters, as written in a file.
const MAX_SENTENCE: usize = 2_000;
/// The problem of a control character in a file or in a string of a template.
pub(crate) const CONTROL: &str = "holds a control character: leave it out";
/// How many missing keys a problem lists.
const MAX_NAMED: usize = 8;

impl Texts {
    /// The built-in texts, some replaced by those of an organization.
    ///
    /// # Errors
    /// All problems of its files.
    pub fn with(files: &[SentenceFile]) -> Result<Self, Vec<TextProblem>> {
        let mut languages: Vec<Language> = Self::built_in().languages().cloned().collect();
        let mut problems = Vec::new();
        let mut files: Vec<&SentenceFile> = files.iter().collect();
        // The base of a language comes before it: `de` before `de-AT`, and English first.
        files.sort_by_key(|file| (file.tag.matches('-').count(), file.tag != "en", file.tag.clone()));
        let mut seen: Vec<&str> = Vec::new();
        for file in files {
            let mut problem = |line, what| problems.push(TextProblem { path: file.path.clone(), line, what });
            if let Err(fault) = validate_locale(&file.tag) {
                problem(None, fault);
                continue;
            }
            if seen.iter().any(|tag| tag.eq_ignore_ascii_case(&file.tag)) {
                problem(None, "there is another file for this language: remove one of them".to_owned());
                continue;
            }
            seen.push(&file.tag);
            let FlatSentences { sentences, wrong } = flat(&file.text);
            let is_sound = wrong.is_empty();
            for (line, what) in wrong {
                problem(Some(line), what);
            }
            for sentence in &sentences {
                if let Some(what) = keys::find(sentence.key).and_then(|key| fault(key, &sentence.text)) {
                    problem(Some(sentence.line), format!("{}: {what}", sentence.key));
                }
            }
            let texts = Self::of(languages.clone());
            let base = texts.find(&file.tag);
            if is_sound
                && base.is_none()
                && let Some(what) = absent(&sentences)
            {
                problem(None, what);
            }
            let sentences = sentences.into_iter().map(|sentence| (sentence.key, sentence.text));
            let language = Language::new(&file.tag, sentences, Some(base.unwrap_or(texts.default_language())));
            match languages.iter_mut().find(|other| other.tag().eq_ignore_ascii_case(&file.tag)) {
                Some(other) => *other = language,
                None => languages.push(language),
            }
        }
        if problems.is_empty() { Ok(Self::of(languages)) } else { Err(problems) }
    }
}

/// The keys that a language without a base lacks, as text.
fn absent(sentences: &[Sentence]) -> Option<String> {
    let has = |key: &Key| sentences.iter().any(|sentence| sentence.key == key.name);
    let absent: Vec<&str> = KEYS.iter().filter(|key| !key.is_optional && !has(key)).map(|key| key.name).collect();
    let named = absent[..absent.len().min(MAX_NAMED)].join(", ");
    match absent.len() {
        0 => None,
        1..=MAX_NAMED => Some(format!("lacks {named}")),
        all => Some(format!("lacks {named} and {} more; docs/texts.md has all of them", all - MAX_NAMED)),
    }
}

/// Whether a text contains a control character other than a line break or a tab.
pub(crate) fn has_control(text: &str) -> bool {
    text.chars().any(|character| character.is_control() && !"\n\r\t".contains(character))
}

/// Why a text cannot be the sentence of a key.
fn fault(key: &Key, sentence: &str) -> Option<String> {
    if sentence.chars().count() > MAX_SENTENCE {
        return Some(format!("expected at most {MAX_SENTENCE} characters"));
    }
    if has_control(sentence) {
        return Some(CONTROL.to_owned());
    }
    let Ok(engine) = engine::environment() else { return None };
    fault_of_template(&engine, key, sentence)
}

fn fault_of_template(engine: &Environment<'_>, key: &Key, sentence: &str) -> Option<String> {
    let template = match engine.template_from_named_str(key.name, sentence) {
        Ok(template) => template,
        Err(error) => return Some(format!("syntax: {}", engine::words(&error))),
    };
    let used: BTreeSet<String> = template.undeclared_variables(false).into_iter().collect();
    let is_known = |name: &str| {
        key.may.iter().any(|given| given.name == name) || engine.globals().any(|(global, _)| global == name)
    };
    if let Some(unknown) = used.iter().find(|name| !is_known(name)) {
        let given: Vec<&str> = key.may.iter().map(|given| given.name).collect();
        let given = if given.is_empty() { "none".to_owned() } else { given.join(", ") };
        return Some(format!("unknown value {}; those of this sentence: {given}", shown(unknown)));
    }
    if let Some(missing) = key.must.iter().find(|name| !used.contains(**name)) {
        return Some(format!("lacks {{{{ {missing} }}}}"));
    }
    for values in combinations(key.may) {
        match template.render(values) {
            Ok(rendered) if in_one_line(&rendered).is_empty() => return Some("says nothing".to_owned()),
            Ok(rendered) if has_control(&rendered) => return Some(CONTROL.to_owned()),
            Ok(_) => {}
            Err(error) => return Some(engine::words(&error)),
        }
    }
    None
}

/// Every combination of the samples of these values.
pub(super) fn combinations(placeholders: &[Placeholder]) -> Vec<Value> {
    let mut combinations: Vec<Vec<(&str, Value)>> = vec![Vec::new()];
    for placeholder in placeholders {
        let with = |values: Vec<(&'static str, Value)>| {
            placeholder.samples.iter().map(move |sample| {
                let mut values = values.clone();
                values.push((placeholder.name, value_of(*sample)));
                values
            })
        };
        combinations = combinations.into_iter().flat_map(with).collect();
    }
    combinations.into_iter().map(|values| Value::from(BTreeMap::from_iter(values))).collect()
}

fn value_of(sample: Sample) -> Value {
    match sample {
        Sample::Nothing => Value::from(()),
        Sample::Text(text) => Value::from(text),
        Sample::Number(number) => Value::from(number),
        Sample::Switch(switch) => Value::from(switch),
    }
}
