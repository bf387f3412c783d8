//! Sections whose names the file chooses, such as those of roles.

use std::borrow::Cow;

use toml::de::DeValue;

use super::Document;
use super::ReadNotes;
use super::Section;
use super::cut;
use super::values::ReadKey;
use super::values::shown;

/// A section with a name that the file chose.
pub(in crate::config) struct NamedSection<'d, 't> {
    /// The name.
    pub name: String,
    /// The line that names it, from 1.
    pub line: usize,
    /// Its keys.
    pub section: Section<'d, 't>,
}

/// Sections of one kind.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct NamedKind {
    /// The section that has them.
    group: &'static str,
    /// The name under which the keys of each are known.
    each: &'static str,
}

impl<'t> Document<'t> {
    /// The sections that `group` has, whose keys are all known as those of `each`.
    pub(in crate::config) fn named_sections(
        &self,
        group: &'static str,
        each: &'static str,
    ) -> Vec<NamedSection<'_, 't>> {
        let outer = self.section(group);
        let mut notes = self.notes.borrow_mut();
        notes.named.push(NamedKind { group, each });
        notes.sections.push(each);
        drop(notes);
        let mut found = Vec::new();
        for (key, value) in outer.table.into_iter().flatten() {
            let Some(table) = value.get_ref().as_table() else { continue };
            let name = key.get_ref().clone().into_owned();
            let label = Cow::Owned(label(group, &cut(&name)));
            let section = Section { document: self, name: each, label, table: Some(table) };
            found.push(NamedSection { name, line: self.line_of(key.span().start), section });
        }
        found
    }

    /// A section of the kind `each` that the file does not have, for the names of its keys.
    pub(in crate::config) fn absent_section(&self, each: &'static str) -> Section<'_, 't> {
        Section { document: self, name: each, label: Cow::Borrowed(each), table: None }
    }

    /// The keys of all sections of a kind that the document has.
    pub(super) fn named_values(&self) -> Vec<ReadKey> {
        let kinds = self.notes.borrow().named.clone();
        let mut found = Vec::new();
        for NamedKind { group, .. } in kinds {
            for (name, section) in self.table(group).into_iter().flatten() {
                for (key, value) in section.get_ref().as_table().into_iter().flatten() {
                    let given = Some((self.line_of(value.span().start), shown(key.get_ref(), value.get_ref())));
                    let key = format!("\"{}\".{}", cut(name.get_ref()), key.get_ref());
                    found.push(ReadKey { section: group, key, given });
                }
            }
        }
        found
    }
}

/// The header of a section, without brackets.
pub(in crate::config) fn label(group: &str, name: &str) -> String {
    format!("{group}.\"{name}\"")
}

impl ReadNotes {
    /// The path by which a name in a section is known.
    pub(super) fn path_of(&self, section: &str, name: &str, value: &DeValue<'_>) -> String {
        let kind = self.named.iter().find(|kind| kind.group == section);
        match kind {
            Some(kind) if value.as_table().is_some() => kind.each.to_owned(),
            _ if section.is_empty() => name.to_owned(),
            _ => format!("{section}.{name}"),
        }
    }

    /// Whether a path without quotes is that of a section of some kind.
    pub(super) fn is_named_section(&self, path: &str) -> bool {
        self.named.iter().any(|kind| below(path, kind.group).is_some())
    }

    /// Whether a path without quotes is that of a key in a section of some kind.
    pub(super) fn is_named_key(&self, path: &str) -> bool {
        let is_key = |kind: &NamedKind, name: &str| {
            let name = name.rsplit_once('.').map(|(_, key)| key);
            self.keys.iter().any(|(section, key)| *section == kind.each && Some(*key) == name)
        };
        self.named.iter().any(|kind| below(path, kind.group).is_some_and(|name| is_key(kind, name)))
    }

    /// Whether a name stands for those that the file chooses.
    pub(super) fn is_kind(&self, section: &str) -> bool {
        self.named.iter().any(|kind| kind.each == section)
    }
}

fn below<'p>(path: &'p str, group: &str) -> Option<&'p str> {
    path.strip_prefix(group)?.strip_prefix('.')
}
