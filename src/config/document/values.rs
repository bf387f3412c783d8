//! What a document says, key by key.

use toml::de::DeValue;

use super::Document;
use super::found;
use super::number;

/// A key that was asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::config) struct ReadKey {
    /// Its section.
    pub section: &'static str,
    /// Its name.
    pub key: &'static str,
    /// Its line and its value, where the document has it.
    pub said: Option<(usize, String)>,
}

impl Document<'_> {
    /// The keys that were asked for, in that order, each once.
    pub(in crate::config) fn values(&self) -> Vec<ReadKey> {
        let mut keys: Vec<ReadKey> = Vec::new();
        for &(section, key) in &self.notes.borrow().keys {
            if keys.iter().any(|other| (other.section, other.key) == (section, key)) {
                continue;
            }
            let mut table = Some(&self.root);
            for part in section.split('.') {
                table = table.and_then(|table| table.get(part)?.get_ref().as_table());
            }
            let value = table.and_then(|table| table.get(key));
            let said = value.map(|value| (self.line_of(value.span().start), shown(key, value.get_ref())));
            keys.push(ReadKey { section, key, said });
        }
        keys
    }
}

/// A value for people. Of a command only the program: its arguments may name what is secret.
fn shown(key: &str, value: &DeValue<'_>) -> String {
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
