//! The names of a document that the sections know, and those that they do not.

use toml::de::DeTable;
use toml::de::DeValue;

use super::Document;
use super::ReadNotes;
use super::cut;
use super::listed;
use super::nearest;

/// An unknown key or section, or a known section that is not a table.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::config) struct UnknownKey<'d> {
    /// The line.
    pub line: usize,
    /// The name, without those of the enclosing sections.
    pub name: &'d str,
    /// The value, if it is a text.
    pub text: Option<&'d str>,
    /// Whether it is outside of all sections.
    pub is_top: bool,
    /// Whether it has the name of a section but is not a table.
    pub is_section_known: bool,
}

impl Document<'_> {
    /// Whether a section is known.
    pub(in crate::config) fn knows_section(&self, path: &str) -> bool {
        let notes = self.notes.borrow();
        notes.sections.contains(&path) || notes.is_named_section(path)
    }

    /// Whether a key, with its section as prefix, is known.
    pub(in crate::config) fn knows_key(&self, path: &str) -> bool {
        let notes = self.notes.borrow();
        let below = |section: &str| path.strip_prefix(section).and_then(|rest| rest.strip_prefix('.'));
        notes.keys.iter().any(|(section, key)| below(section) == Some(key))
            || notes.open.iter().any(|section| below(section).is_some())
            || notes.is_named_key(path)
    }

    /// The known keys with their sections.
    #[cfg(test)]
    pub(in crate::config) fn known_keys(&self) -> Vec<(&'static str, &'static str)> {
        self.notes.borrow().keys.clone()
    }

    /// Whether any section has a key of this name.
    pub(in crate::config) fn has_key_anywhere(&self, name: &str) -> bool {
        self.notes.borrow().keys.iter().any(|(_, key)| *key == name)
    }

    /// The unknown names, including those in unknown tables, in the order of the parser.
    pub(in crate::config) fn unknown_keys(&self) -> Vec<UnknownKey<'_>> {
        let mut unknown = Vec::new();
        self.collect_unknown("", &self.root, &mut unknown);
        unknown
    }

    fn collect_unknown<'d>(&'d self, section: &str, table: &'d DeTable<'_>, unknown: &mut Vec<UnknownKey<'d>>) {
        for (key, value) in table {
            let name: &str = key.get_ref();
            let path = self.notes.borrow().path_of(section, name, value.get_ref());
            let is_section_known = self.knows_section(&path);
            match value.get_ref().as_table() {
                Some(inner) if is_section_known => self.collect_unknown(&path, inner, unknown),
                _ if self.knows_key(&path) => {}
                _ => {
                    let line = self.line_of(key.span().start);
                    let (text, is_top) = (value.get_ref().as_str(), section.is_empty());
                    unknown.push(UnknownKey { line, name, text, is_top, is_section_known });
                    self.collect_all(&path, value.get_ref(), unknown);
                }
            }
        }
    }

    /// Adds the names in an unknown value: all of them are unknown too.
    fn collect_all<'d>(&'d self, path: &str, value: &'d DeValue<'_>, unknown: &mut Vec<UnknownKey<'d>>) {
        match value {
            DeValue::Table(table) => self.collect_unknown(path, table, unknown),
            DeValue::Array(items) => {
                items.iter().for_each(|item| self.collect_all(path, item.get_ref(), unknown));
            }
            _ => {}
        }
    }
}

impl ReadNotes {
    /// The text for an unknown name.
    pub(super) fn unknown_name(&self, section: &str, name: &str, path: &str, is_table: bool) -> String {
        // The keys of sections of one kind are asked for once for each.
        let mut here: Vec<&str> = Vec::new();
        for (_, key) in self.keys.iter().filter(|(owner, _)| *owner == section) {
            if !here.contains(key) {
                here.push(key);
            }
        }
        if is_table {
            let nearest = nearest(path, self.sections.iter().copied()).map(|near| format!("did you mean [{near}]?"));
            let all = || format!("the sections are {}", listed(self.sections.iter().map(|name| format!("[{name}]"))));
            return format!("[{}]: unknown section, {}", cut(path), nearest.unwrap_or_else(all));
        }
        let place = if section.is_empty() { String::new() } else { format!("[{section}] ") };
        let hint = nearest(name, here.iter().copied())
            .map(|near| format!("did you mean `{near}`?"))
            .or_else(|| {
                let elsewhere = self.keys.iter().find(|(_, key)| *key == name);
                elsewhere.map(|(owner, _)| format!("it belongs in [{owner}]"))
            })
            .unwrap_or_else(|| {
                if here.is_empty() {
                    "every key belongs in a section".to_owned()
                } else {
                    format!("the keys here are {}", listed(here))
                }
            });
        format!("{place}{}: unknown key, {hint}", cut(name))
    }
}
