//! Finds a place that may name a store in a file whose `[store]` has no path: the store at the default path could be
//! another one, so a login is refused then. A mistake in another section, such as a mistyped key of `[mail]`, names
//! no store; and a valid key or section is no mistake, however similar its name is to `store` (such as `min_score`).

use std::borrow::Cow;
use std::path::Path;

use super::Config;
use super::ConfigEnv;
use super::Diagnostic;
use super::damaged::bare;
use super::damaged::lines_of;
use super::document::Document;

/// The first place that may name a store. `has_store`: the text has a `[store]`, which is checked elsewhere.
pub(super) fn find(text: &str, is_sound: bool, has_store: bool) -> Option<Diagnostic> {
    if is_sound { in_sound(text) } else { in_damaged(&without_section(text, has_store)) }
}

fn misplaced(line: usize) -> Diagnostic {
    let text = "may be meant for [store], and is not in it: move it there as `path`, or remove it".to_owned();
    Diagnostic { line: Some(line), text }
}

/// Only unknown names can be misplaced.
fn in_sound(text: &str) -> Option<Diagnostic> {
    let document = Document::parse(text, Path::new(""), ConfigEnv::default());
    Config::read(&document);
    let unknown = document.unknown_keys();
    let found = unknown.iter().find(|key| {
        let is_path = key.text.is_some_and(|text| is_path_of_store(key.name, text, key.is_top));
        is_path
            || !key.is_section_known && names_in(key.name).any(|name| is_near_store(&name) || is_key_of_store(&name))
    });
    found.map(|key| misplaced(key.line))
}

/// Like [`in_sound`], for a file that cannot be parsed: line by line, as far as sections and keys can be recognized.
fn in_damaged(text: &str) -> Option<Diagnostic> {
    // In data that is not text (compressed, UTF-16, or with the line ends of a classic Mac) no line can be
    // recognized.
    let is_text = |line: &str| !line.trim_end_matches('\r').chars().any(|c| c.is_control() && c != '\t');
    let known = Config::schema();
    let (mut section, mut is_top) = (String::new(), true);
    for (index, line) in text.split('\n').enumerate() {
        let number = index + 1;
        if !is_text(line) {
            let text = "is not a line of UTF-8 text, and could hide [store]".to_owned();
            return Some(Diagnostic { line: Some(number), text });
        }
        let code = line.trim_start_matches(|c: char| c.is_whitespace() || c == '\u{feff}');
        if code.starts_with('#') {
            continue;
        }
        let (before, value) = code.split_once('=').unwrap_or((code, ""));
        let (path, is_known) = match code.strip_prefix('[') {
            Some(header) => {
                is_top = false;
                section = bare(header.trim_start_matches('[').split([']', '#']).next().unwrap_or_default());
                (section.clone(), known.knows_section(&section))
            }
            None => {
                let path = if is_top { bare(before) } else { format!("{section}.{}", bare(before)) };
                let is_known = known.knows_key(&path);
                (path, is_known)
            }
        };
        if ["[store", "store]"].iter().any(|part| value.to_lowercase().contains(part)) {
            return Some(misplaced(number));
        }
        let is_of_store = path == "store" || path.starts_with("store.");
        if is_known && !is_of_store {
            continue;
        }
        let is_header = before.contains(['[', ']']) || before.contains('.');
        let is_near = |name: &String| (is_header || !value.is_empty()) && is_near_store(name) || is_key_of_store(name);
        if is_path_of_store(before.trim(), value, is_top) || names_in(before).any(|name| is_near(&name)) {
            return Some(misplaced(number));
        }
    }
    None
}

/// The text without the lines of its `[store]`, if it has one.
fn without_section(text: &str, has_store: bool) -> Cow<'_, str> {
    if !has_store {
        return Cow::Borrowed(text);
    }
    let of_store = lines_of(text, "store");
    let others = text.lines().zip(of_store.lines()).map(|(line, own)| if own.is_empty() { line } else { "" });
    Cow::Owned(others.collect::<Vec<_>>().join("\n"))
}

/// The names in a key or a header, in lower case.
fn names_in(text: &str) -> impl Iterator<Item = String> {
    let names = text.split(|c: char| !c.is_alphanumeric() && !matches!(c, '_' | '-')).map(str::to_lowercase);
    names.filter(|name| !name.is_empty())
}

/// Whether a name is that of a key of `[store]`.
fn is_key_of_store(name: &str) -> bool {
    name == "path" || name == "reader_group"
}

/// Whether a name could mean the store, such as `stores`, `store_path`, `db` or `database-file`.
fn is_near_store(name: &str) -> bool {
    name.contains("store")
        || strsim::damerau_levenshtein(name, "store") <= 2
        || name
            .split(['_', '-'])
            .any(|part| ["db", "database", "sqlite"].contains(&part) || strsim::damerau_levenshtein(part, "store") <= 1)
}

/// Whether a value could be the path of a store: anywhere, by its suffix; and before all sections, where no key
/// belongs, any path whose key is in no section.
fn is_path_of_store(name: &str, value: &str, is_top: bool) -> bool {
    let text = value.trim().trim_start_matches(['"', '\'']);
    let text = text.split(['"', '\'']).next().unwrap_or_default().to_lowercase();
    let has_ending = [".db", ".sqlite", ".sqlite3"].iter().any(|ending| text.ends_with(ending));
    let is_path = text.starts_with(['/', '~']) || text.starts_with("./") || text.starts_with("../");
    has_ending || is_top && is_path && !Config::schema().has_key_anywhere(name)
}
