//! The values of a document, key by key.

use toml::de::DeTable;
use toml::de::DeValue;

use super::Document;
use super::Section;
use super::cut;
use super::found;
use super::number;

/// A key that was asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::config) struct ReadKey {
    /// The section.
    pub section: &'static str,
    /// The name.
    pub key: String,
    /// The line and the value, if the document has the key.
    pub given: Option<(usize, String)>,
}

impl Document<'_> {
    /// The keys that were asked for, in that order, without duplicates.
    pub(in crate::config) fn values(&self) -> Vec<ReadKey> {
        let mut keys: Vec<ReadKey> = Vec::new();
        for &(section, key) in &self.notes.borrow().keys {
            if self.notes.borrow().is_kind(section)
                || keys.iter().any(|other| (other.section, other.key.as_str()) == (section, key))
            {
                continue;
            }
            let value = self.table(section).and_then(|table| table.get(key));
            let given = value.map(|value| (self.line_of(value.span().start), shown(key, value.get_ref())));
            keys.push(ReadKey { section, key: key.to_owned(), given });
        }
        for &section in &self.notes.borrow().open {
            for (key, value) in self.table(section).into_iter().flatten() {
                let given = Some((self.line_of(value.span().start), shown("", value.get_ref())));
                keys.push(ReadKey { section, key: key.get_ref().to_string(), given });
            }
        }
        keys.extend(self.named_values());
        keys
    }

    /// A section by its dotted name, if the document has it.
    pub(super) fn table(&self, section: &str) -> Option<&DeTable<'_>> {
        section.split('.').try_fold(&self.root, |table, part| table.get(part)?.get_ref().as_table())
    }
}

impl Section<'_, '_> {
    /// All keys of a section with arbitrary names, each with a text that `validate` accepts or converts. `validate`
    /// also gets the entries before; its error says what was expected.
    pub(in crate::config) fn entries<T>(&self, validate: impl Fn(&str, &str, &[T]) -> Result<T, String>) -> Vec<T> {
        self.document.notes.borrow_mut().open.push(self.name);
        let mut good = Vec::new();
        for (key, value) in self.table.into_iter().flatten() {
            let name: &str = key.get_ref();
            let validated = match value.get_ref().as_str() {
                Some(text) => validate(name, text, &good),
                None => Err(format!("expected text in quotes, found {}", found(value.get_ref()))),
            };
            match validated {
                Ok(one) => good.push(one),
                Err(what) => self.note(key.span().start, &cut(name), what),
            }
        }
        good
    }
}

/// A value for display. Of a command only the program is shown, because its arguments may be secret.
pub(super) fn shown(key: &str, value: &DeValue<'_>) -> String {
    match value {
        DeValue::String(text) => text.to_string(),
        DeValue::Integer(integer) => number(integer).map_or_else(|| integer.to_string(), |number| number.to_string()),
        DeValue::Array(list) => {
            let words: Vec<String> = list.iter().map(|word| shown("", word.get_ref())).collect();
            match (key.ends_with("command"), words.as_slice()) {
                (true, [program, _, ..]) => format!("{program} (arguments not shown)"),
                (_, []) => "[]".to_owned(),
                _ => words.join(", "),
            }
        }
        other => found(other),
    }
}
