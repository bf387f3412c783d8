//! The effective settings, key by key, and whether the file sets them, for `config show`.

use std::path::Path;

use super::Config;
use super::ConfigEnv;
use super::LoadError;
use super::document::Document;

/// Every key with its default.
const EXAMPLE: &str = include_str!("../../config.example.toml");

/// A key with its effective value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Setting {
    /// Section and key, joined by dots.
    pub name: String,
    /// The value; `None`: there is none, and no default.
    pub value: Option<String>,
    /// The line of the file that sets it; `None`: the default applies.
    pub line: Option<usize>,
}

/// The names of all keys in the order of the example, where a key without a default is commented out.
fn order() -> Vec<String> {
    let mut section = "";
    let mut names = Vec::new();
    for line in EXAMPLE.lines() {
        let words = line.strip_prefix("# ").unwrap_or(line);
        if let Some(name) = line.strip_prefix('[') {
            section = name.trim_end_matches(']');
        } else if let Some((key, _)) = words.split_once(" = ").filter(|(key, _)| !key.contains(' ')) {
            names.push(format!("{section}.{key}"));
        }
    }
    names
}

impl Config {
    /// The effective settings of the file `path`, or without a file.
    ///
    /// # Errors
    /// Those of [`Config::load`].
    pub fn settings(path: Option<&Path>, env: ConfigEnv<'_>) -> Result<Vec<Setting>, LoadError> {
        let text = path.map_or_else(|| Ok(String::new()), super::read_text)?;
        let directory = path.and_then(Path::parent).unwrap_or(Path::new(""));
        let document = Document::parse(&text, directory, env);
        let config = Self::read(&document);
        let example = Document::parse(EXAMPLE, Path::new(""), ConfigEnv::default());
        Self::read(&example);
        let defaults = example.values();
        let settings = document.values().into_iter().map(|key| {
            let name = format!("{}.{}", key.section, key.key);
            let line = key.given.as_ref().map(|(line, _)| *line);
            let default = || defaults.iter().find(|other| (other.section, &other.key) == (key.section, &key.key));
            let found = key.given.clone().or_else(|| default().and_then(|default| default.given.clone()));
            let value = found.map(|(_, value)| value);
            let value = if line.is_none() { config.depending_default(&name).or(value) } else { value };
            Setting { name, value, line }
        });
        let mut settings: Vec<Setting> = settings.collect();
        let order = order();
        // A key with a name chosen by the file is sorted like the example in its section.
        let is_beside = |name: &str, other: &str| {
            name.rsplit_once('.').map(|(section, _)| section) == other.rsplit_once('.').map(|(section, _)| section)
        };
        settings.sort_by_key(|setting| {
            let exact = order.iter().position(|name| *name == setting.name);
            exact.or_else(|| order.iter().position(|name| is_beside(name, &setting.name)))
        });
        Ok(settings)
    }

    /// The default of a key whose default depends on others.
    fn depending_default(&self, name: &str) -> Option<String> {
        match name {
            "password.min_length" => Some(self.password.min_length.to_string()),
            "mail.smtp.port" => Some(self.mail.smtp.port.to_string()),
            _ => None,
        }
    }
}
