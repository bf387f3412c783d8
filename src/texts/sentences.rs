//! Parses the sentences of a file.

use std::fmt;
use std::ops::Range;
use std::path::PathBuf;

use toml::de::DeTable;
use toml::de::DeValue;

use super::keys;
use super::keys::KEYS;
use crate::domain::spelling;
use crate::domain::text;

/// A file with sentences of a language.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SentenceFile {
    /// The language's tag, which is the name of the file.
    pub tag: String,
    /// The path, for messages.
    pub path: PathBuf,
    /// The content: TOML.
    pub text: String,
}

/// A problem of a sentence or a template of the organization.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TextProblem {
    /// The file.
    pub path: PathBuf,
    /// The line, from 1; `None`: it concerns the whole file.
    pub line: Option<usize>,
    /// The problem, and what is expected.
    pub what: String,
}

impl TextProblem {
    /// Sorts problems by file and line.
    pub fn sort(problems: &mut [Self]) {
        problems.sort_by(|one, other| (&one.path, one.line).cmp(&(&other.path, other.line)));
    }
}

impl fmt::Display for TextProblem {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let file = self.path.to_string_lossy();
        write!(formatter, "{}", text::visible(&file))?;
        match self.line {
            Some(line) => write!(formatter, ":{line}: {}", self.what),
            None => write!(formatter, ": {}", self.what),
        }
    }
}

/// A sentence in a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Sentence {
    pub(super) key: &'static str,
    pub(super) text: String,
    pub(super) line: usize,
}

/// The sentences and the problems of a file.
#[derive(Debug, Default)]
pub(super) struct FlatSentences {
    pub(super) sentences: Vec<Sentence>,
    /// Each problem with its line.
    pub(super) wrong: Vec<(usize, String)>,
}

/// The sentences of a file, its tables flattened, and its syntax problems.
pub(super) fn flat(text: &str) -> FlatSentences {
    let (root, errors) = DeTable::parse_recoverable(text);
    let mut flat = FlatSentences::default();
    for error in errors {
        let start = error.span().map_or(0, |span: Range<usize>| span.start);
        flat.wrong.push((line_of(text, start), format!("syntax: {}", error.message())));
    }
    flat.wrong.dedup();
    if flat.wrong.is_empty() {
        flat.add(text, "", root.get_ref());
    }
    flat
}

fn line_of(text: &str, position: usize) -> usize {
    let before = &text.as_bytes()[..position.min(text.len())];
    1 + before.iter().filter(|byte| **byte == b'\n').count()
}

impl FlatSentences {
    fn add(&mut self, text: &str, table: &str, content: &DeTable<'_>) {
        for (name, value) in content {
            let name: &str = name.get_ref();
            let name = if table.is_empty() { name.to_owned() } else { format!("{table}.{name}") };
            let line = line_of(text, value.span().start);
            let is_table =
                KEYS.iter().any(|key| key.name.strip_prefix(&name).is_some_and(|rest| rest.starts_with('.')));
            match (value.get_ref(), keys::find(&name)) {
                (DeValue::Table(inner), _) if is_table => self.add(text, &name, inner),
                (DeValue::String(sentence), Some(key)) => {
                    self.sentences.push(Sentence { key: key.name, text: sentence.to_string(), line });
                }
                (_, Some(_)) => self.wrong.push((line, format!("{name}: expected text in quotes"))),
                (_, None) if is_table => self.wrong.push((line, format!("{name}: expected a section"))),
                (_, None) => self.wrong.push((line, format!("{}: unknown sentence{}", shown(&name), nearest(&name)))),
            }
        }
    }
}

/// A name from a file for a message: of limited length, without control characters.
pub(super) fn shown(given: &str) -> String {
    text::quoted(given, 60)
}

/// A hint about the key that was probably meant.
fn nearest(name: &str) -> String {
    let near = KEYS.iter().filter_map(|key| Some((spelling::slips(name, key.name)?, key.name))).min();
    near.map_or_else(|| "; docs/texts.md has all of them".to_owned(), |(_, near)| format!(", did you mean {near}?"))
}
