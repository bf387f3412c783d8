//! A key whose value is one text or a list of texts.

use toml::Spanned;
use toml::de::DeValue;

use super::Section;

impl Section<'_, '_> {
    /// A text, or a list of texts, each of which `validate` accepts or converts; its error says what was expected.
    pub(in crate::config) fn one_or_more<T>(
        &self,
        key: &'static str,
        validate: impl Fn(&str) -> Result<T, String>,
    ) -> Option<Vec<T>> {
        let value = self.ask(key)?;
        let items: Vec<&Spanned<DeValue<'_>>> = match value.get_ref() {
            DeValue::Array(list) => list.iter().collect(),
            _ => vec![value],
        };
        let mut good = Vec::new();
        for item in items {
            match item.get_ref().as_str().map(&validate) {
                None => self.unexpected(item, key, "text in quotes"),
                Some(Err(what)) => self.refused(item, key, &what),
                Some(Ok(validated)) => good.push(validated),
            }
        }
        Some(good)
    }

    /// Whether the value is an empty list.
    pub(in crate::config) fn is_empty_list(&self, key: &str) -> bool {
        self.value(key).and_then(|value| value.get_ref().as_array()).is_some_and(|list| list.is_empty())
    }
}
