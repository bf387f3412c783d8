//! A configuration file that is being read: returns the values of each section, and notes their problems.
//!
//! Each section asks for its keys one by one, and so defines which keys it has. At the end, every other name is a
//! problem. So no list of keys must be maintained besides the code that reads them.

mod known;
pub(super) mod named;
mod one_or_more;
mod values;

use std::borrow::Cow;
use std::cell::RefCell;
use std::fmt::Display;
use std::ops::{Range, RangeInclusive};
use std::path::{Path, PathBuf};
use std::time::Duration;

use toml::Spanned;
use toml::de::{DeArray, DeInteger, DeTable, DeValue};

use super::ConfigEnv;
use super::problems::Diagnostic;
use super::problems::SYNTAX;
use crate::domain::duration::DisplayDuration;
use crate::domain::duration::parse_duration;
use crate::domain::secret_form;
use crate::domain::store_location;

/// The longest line of text, in characters: it has to fit on a page, in a mail and in a table.
const MAX_TEXT: usize = 200;
/// How much of a value a message repeats, in characters.
const MAX_FOUND: usize = 40;

/// A file that is being read.
pub(super) struct Document<'t> {
    text: &'t str,
    root: DeTable<'t>,
    /// The base of relative paths.
    directory: &'t Path,
    env: ConfigEnv<'t>,
    notes: RefCell<ReadNotes>,
}

/// What is noted while reading.
#[derive(Default)]
struct ReadNotes {
    problems: Vec<Diagnostic>,
    /// The sections and keys that were asked for.
    sections: Vec<&'static str>,
    keys: Vec<(&'static str, &'static str)>,
    /// The sections whose keys have names chosen by the file.
    open: Vec<&'static str>,
    /// The sections whose names the file chooses.
    named: Vec<named::NamedKind>,
    /// Whether the headers are so broken that a key may seem to be in another section than intended.
    headers_broken: bool,
}

impl<'t> Document<'t> {
    pub(super) fn parse(text: &'t str, directory: &'t Path, env: ConfigEnv<'t>) -> Self {
        let (root, errors) = DeTable::parse_recoverable(text);
        let document =
            Self { text, root: root.into_inner(), directory, env, notes: RefCell::new(ReadNotes::default()) };
        for error in errors {
            document.note_syntax(error.message(), error.span());
        }
        document
    }

    /// Whether the text is valid TOML.
    pub(super) fn is_sound(text: &str) -> bool {
        DeTable::parse_recoverable(text).1.is_empty()
    }

    /// Like [`Document::parse`], for one section and its subsections only: the rest of the text is ignored.
    pub(super) fn parse_part(text: &'t str, directory: &'t Path, env: ConfigEnv<'t>, section: &'static str) -> Self {
        let mut document = Self::parse(text, directory, env);
        let names = document.root.keys().map(|key| key.get_ref().clone().into_owned());
        for other in names.filter(|name| name != section).collect::<Vec<_>>() {
            document.root.remove(other.as_str());
        }
        document
    }

    /// Whether the text has a section, or a key, of this name.
    pub(super) fn has(&self, section: &str) -> bool {
        self.root.contains_key(section)
    }

    /// Whether a problem was noted for a section or for the syntax, or whether the section has an unknown key.
    pub(super) fn has_problem_in(self, section: &str) -> bool {
        let place = format!("[{section}]");
        self.finish().iter().any(|problem| problem.is_syntax_error() || problem.text.starts_with(&place))
    }

    /// A section by its dotted name; empty if the file does not have it.
    pub(super) fn section(&self, name: &'static str) -> Section<'_, 't> {
        self.notes.borrow_mut().sections.push(name);
        let mut table = Some(&self.root);
        let mut parts = name.split('.').peekable();
        while let Some(part) = parts.next() {
            let Some(value) = table.and_then(|table| table.get(part)) else {
                table = None;
                break;
            };
            table = value.get_ref().as_table();
            // If both `password` and `password.argon2` are read, only the one that is not a table is reported.
            if table.is_none() && parts.peek().is_none() {
                let what = format!("expected a section, found {}", found(value.get_ref()));
                self.note(value.span().start, format!("[{name}]: {what}"));
            }
        }
        Section { document: self, name, label: Cow::Borrowed(name), table }
    }

    /// Ends the reading: every name that no section asked for becomes a problem.
    pub(super) fn finish(self) -> Vec<Diagnostic> {
        if !self.notes.borrow().headers_broken {
            self.note_unknown_names("", &self.root);
        }
        self.notes.into_inner().problems
    }

    fn note_unknown_names(&self, section: &str, table: &DeTable<'_>) {
        for (key, value) in table {
            let name: &str = key.get_ref();
            let path = self.notes.borrow().path_of(section, name, value.get_ref());
            if self.notes.borrow().keys.contains(&(section, name)) || self.notes.borrow().open.contains(&section) {
                continue;
            }
            let known_section = self.notes.borrow().sections.contains(&path.as_str());
            match value.get_ref().as_table() {
                Some(inner) if known_section => self.note_unknown_names(&path, inner),
                // It was reported when the section was asked for.
                None if known_section => {}
                table => {
                    let text = self.notes.borrow().unknown_name(section, name, &path, table.is_some());
                    self.note(key.span().start, text);
                }
            }
        }
    }

    fn note_syntax(&self, message: &str, span: Option<Range<usize>>) {
        let start = span.as_ref().map_or(0, |span| span.start);
        let line = self.text.lines().nth(self.line_of(start) - 1).unwrap_or_default();
        if line.trim_start().trim_start_matches('\u{feff}').starts_with('[') {
            self.notes.borrow_mut().headers_broken = true;
        }
        let culprit = span.and_then(|span| self.text.get(span)).filter(|text| !text.is_empty());
        let culprit = culprit.map(|text| format!(": {}", cut(text))).unwrap_or_default();
        self.note(start, format!("{SYNTAX}{message}{culprit}"));
    }

    /// Notes a problem, unless the line has a syntax error: values recovered from such a line are guesses.
    fn note(&self, position: usize, text: String) {
        let line = Some(self.line_of(position));
        let mut notes = self.notes.borrow_mut();
        if !notes.problems.iter().any(|problem| problem.line == line && problem.is_syntax_error()) {
            notes.problems.push(Diagnostic { line, text });
        }
    }

    fn line_of(&self, position: usize) -> usize {
        let before = &self.text.as_bytes()[..position.min(self.text.len())];
        1 + before.iter().filter(|byte| **byte == b'\n').count()
    }
}

/// One section of a file that is being read. Each getter returns `None` if the key is missing, and also if its value
/// is invalid: then the problem is noted, and the caller continues with the default.
pub(super) struct Section<'d, 't> {
    document: &'d Document<'t>,
    /// The name by which its keys are known.
    name: &'static str,
    /// The name in messages.
    label: Cow<'static, str>,
    table: Option<&'d DeTable<'t>>,
}

impl<'d, 't> Section<'d, 't> {
    /// Notes a problem of `key`: `what` says what was expected and found, or with which other key it conflicts.
    pub(super) fn problem(&self, key: &'static str, what: impl Display) {
        let position = self.value(key).map_or(0, |value| value.span().start);
        self.note(position, key, what);
    }

    /// Text of one line, which may be empty.
    pub(super) fn text(&self, key: &'static str) -> Option<String> {
        self.validated(key, one_line)
    }

    /// Text of one line, not empty.
    pub(super) fn some_text(&self, key: &'static str) -> Option<String> {
        self.validated(
            key,
            |text| {
                if text.trim().is_empty() { Err("expected some text".to_owned()) } else { one_line(text) }
            },
        )
    }

    /// `true` or `false`.
    pub(super) fn switch(&self, key: &'static str) -> Option<bool> {
        let value = self.ask(key)?;
        let switch = value.get_ref().as_bool();
        if switch.is_none() {
            self.unexpected(value, key, "true or false");
        }
        switch
    }

    /// An integer within `range`. `reason`: why the range has these bounds; may be empty.
    pub(super) fn whole(&self, key: &'static str, range: RangeInclusive<u32>, reason: &str) -> Option<u32> {
        let value = self.ask(key)?;
        let number = value.get_ref().as_integer().and_then(number).filter(|number| range.contains(number));
        if number.is_none() {
            let reason = if reason.is_empty() { String::new() } else { format!(" ({reason})") };
            self.unexpected(value, key, format!("a whole number from {} to {}{reason}", range.start(), range.end()));
        }
        number
    }

    /// A duration within `range`.
    pub(super) fn duration(&self, key: &'static str, range: RangeInclusive<Duration>) -> Option<Duration> {
        self.validated(key, |text| {
            let duration = parse_duration(text).map_err(|problem| problem.to_string())?;
            let (shortest, longest) = (DisplayDuration(*range.start()), DisplayDuration(*range.end()));
            let inside = Some(duration).filter(|duration| range.contains(duration));
            inside.ok_or_else(|| format!("expected a duration from {shortest} to {longest}"))
        })
    }

    /// A list of texts without duplicates, each validated by `validate`, whose error says what was expected.
    pub(super) fn list(
        &self,
        key: &'static str,
        validate: impl Fn(&str) -> Result<String, String>,
    ) -> Option<Vec<String>> {
        let value = self.ask(key)?;
        let Some(items) = value.get_ref().as_array() else {
            self.unexpected(value, key, "a list in brackets, as in `[\"a\", \"b\"]`");
            return None;
        };
        Some(self.items(key, items, validate))
    }

    fn items(&self, key: &str, items: &DeArray<'_>, validate: impl Fn(&str) -> Result<String, String>) -> Vec<String> {
        let mut good = Vec::new();
        for item in items {
            let Some(text) = item.get_ref().as_str() else {
                self.unexpected(item, key, "text in quotes");
                continue;
            };
            match validate(text) {
                Ok(text) if good.contains(&text) => {
                    self.note(
                        item.span().start,
                        key,
                        format_args!("{} appears twice in the list", found(item.get_ref())),
                    );
                }
                Ok(text) => good.push(text),
                Err(what) => self.refused(item, key, &what),
            }
        }
        good
    }

    /// The path of a file that the program creates or finds itself; relative to the configuration's directory.
    pub(super) fn path(&self, key: &'static str) -> Option<PathBuf> {
        self.validated(key, |text| some_path(text).map(|path| self.document.directory.join(path)))
    }

    /// Where the store is: like [`Section::path`], but not a URL, which is not repeated because it may contain a password.
    pub(super) fn store_location(&self, key: &'static str) -> Option<PathBuf> {
        let path = self.path(key)?;
        let value = self.value(key)?;
        let checked = store_location::check(Path::new(value.get_ref().as_str()?));
        checked.map(|()| path).inspect_err(|error| self.note(value.span().start, key, error)).ok()
    }

    /// The path of a file that the operator provides: like [`Section::path`], but a name without a slash refers to a
    /// systemd credential, if the service has any (systemd.exec(5), `LoadCredential=`).
    pub(super) fn file(&self, key: &'static str) -> Option<PathBuf> {
        self.validated(key, |text| self.provided(text))
    }

    /// The paths of one or several such files.
    pub(super) fn files(&self, key: &'static str) -> Option<Vec<PathBuf>> {
        self.one_or_more(key, |text| self.provided(text))
    }

    fn provided(&self, text: &str) -> Result<PathBuf, String> {
        let Document { directory, env, .. } = self.document;
        let bare = !text.contains('/');
        let directory = env.credentials.filter(|_| bare).unwrap_or(directory);
        some_path(text).map(|path| directory.join(path))
    }

    /// One of `all`, written as `word` returns it.
    pub(super) fn choice<T: Copy>(&self, key: &'static str, all: &[T], word: fn(T) -> &'static str) -> Option<T> {
        self.validated(key, |text| {
            let chosen = all.iter().copied().find(|one| word(*one) == text);
            chosen.ok_or_else(|| format!("expected one of {}", listed(all.iter().map(|one| word(*one)))))
        })
    }

    /// The command line of a program: its absolute path and its arguments, which no shell interprets. The message
    /// does not repeat an invalid one, because it may contain a password.
    pub(super) fn command(&self, key: &'static str) -> Option<Vec<String>> {
        let words = |list: &DeArray<'_>| {
            list.iter().map(|word| word.get_ref().as_str().map(str::to_owned)).collect::<Option<Vec<_>>>()
        };
        let command = self.ask(key)?.get_ref().as_array().and_then(words).filter(|words| {
            words.first().is_some_and(|program| program.starts_with('/'))
                && !words.iter().any(|word| word.contains('\0'))
        });
        if command.is_none() {
            let example = "as in `[\"/usr/bin/pass\", \"mail\"]`";
            self.problem(key, format_args!("expected a program's absolute path and its arguments, {example}"));
        }
        command
    }

    /// Whether the key exists, valid or not.
    pub(super) fn has(&self, key: &str) -> bool {
        self.value(key).is_some()
    }

    /// Whether the key is missing for certain, so that another key that needs it is a problem. Not if the file has a
    /// syntax error, which could hide the key.
    pub(super) fn lacks(&self, key: &str) -> bool {
        !self.has(key) && !self.document.notes.borrow().problems.iter().any(Diagnostic::is_syntax_error)
    }

    /// Text that `validate` accepts or converts; its error says what was expected.
    pub(super) fn validated<T>(&self, key: &'static str, validate: impl Fn(&str) -> Result<T, String>) -> Option<T> {
        let value = self.ask(key)?;
        let Some(text) = value.get_ref().as_str() else {
            self.unexpected(value, key, "text in quotes");
            return None;
        };
        validate(text).inspect_err(|what| self.refused(value, key, what)).ok()
    }

    fn ask(&self, key: &'static str) -> Option<&'d Spanned<DeValue<'t>>> {
        self.document.notes.borrow_mut().keys.push((self.name, key));
        self.value(key)
    }

    fn value(&self, key: &str) -> Option<&'d Spanned<DeValue<'t>>> {
        self.table?.get(key)
    }

    fn unexpected(&self, value: &Spanned<DeValue<'_>>, key: &str, what: impl Display) {
        self.refused(value, key, &format!("expected {what}"));
    }

    fn refused(&self, value: &Spanned<DeValue<'_>>, key: &str, what: &str) {
        self.note(value.span().start, key, format_args!("{what}, found {}", found(value.get_ref())));
    }

    fn note(&self, position: usize, key: &str, what: impl Display) {
        self.document.note(position, format!("[{}] {key}: {what}", self.label));
    }
}

fn one_line(text: &str) -> Result<String, String> {
    // In a mail, a line break in a name would start another header; an escape sequence would act on a terminal.
    if text.chars().any(|c| c.is_control() || matches!(c, '\u{2028}' | '\u{2029}')) {
        return Err("expected one line without control characters".to_owned());
    }
    if text.chars().count() > MAX_TEXT {
        return Err(format!("expected at most {MAX_TEXT} characters"));
    }
    Ok(text.to_owned())
}

fn some_path(text: &str) -> Result<&Path, String> {
    if text.is_empty() || text.contains('\0') { Err("expected a path".to_owned()) } else { Ok(Path::new(text)) }
}

fn number(integer: &DeInteger<'_>) -> Option<u32> {
    u32::from_str_radix(integer.as_str(), integer.radix()).ok()
}

/// A value for a message: the value itself if it is short, otherwise its type.
fn found(value: &DeValue<'_>) -> String {
    match value {
        DeValue::String(text) => format!("\"{}\"", cut(text)),
        DeValue::Integer(number) => cut(&number.to_string()),
        DeValue::Float(number) => cut(number.as_str()),
        DeValue::Boolean(switch) => switch.to_string(),
        DeValue::Datetime(time) => time.to_string(),
        DeValue::Array(_) => "a list".to_owned(),
        DeValue::Table(_) => "a section".to_owned(),
    }
}

/// Text shortened to one line, without what may be a secret.
fn cut(text: &str) -> String {
    let text = secret_form::beginning_without_secrets(text, MAX_FOUND);
    let shown: String = text.chars().take(MAX_FOUND).flat_map(char::escape_debug).collect();
    if text.chars().nth(MAX_FOUND).is_some() { format!("{shown}…") } else { shown }
}

fn listed(names: impl IntoIterator<Item = impl Display>) -> String {
    names.into_iter().map(|name| name.to_string()).collect::<Vec<_>>().join(", ")
}

/// The known name that was probably meant: up to a third of its letters may differ.
fn nearest<'n>(name: &str, known: impl Iterator<Item = &'n str>) -> Option<&'n str> {
    let plain = |name: &str| name.to_lowercase().replace('-', "_");
    let name = plain(name);
    known
        .map(|known| (strsim::damerau_levenshtein(&name, &plain(known)), known))
        .filter(|(distance, known)| *distance <= known.len().div_ceil(3))
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, known)| known)
}
