//! What holds, key by key, and whether the file says it: for people who look for the reason of something.

use std::path::Path;

use super::Config;
use super::ConfigEnv;
use super::LoadError;
use super::document::Document;

/// Every key with its default.
const EXAMPLE: &str = include_str!("../../config.example.toml");

/// A key, and what holds for it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Setting {
    /// Section and key, joined by dots.
    pub name: String,
    /// The value; `None`: there is none, and no default.
    pub value: Option<String>,
    /// The line of the file that says it; `None`: the default holds.
    pub line: Option<usize>,
}

/// The names of all keys in the order of the example, where a key without a default is a comment.
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
    /// What holds, key by key: of the file at `path`, or of none.
    ///
    /// # Errors
    /// As [`Config::load`].
    pub fn settings(path: Option<&Path>, env: ConfigEnv<'_>) -> Result<Vec<Setting>, LoadError> {
        let text = path.map_or_else(|| Ok(String::new()), super::read_text)?;
        let directory = path.and_then(Path::parent).unwrap_or(Path::new(""));
        let document = Document::parse(&text, directory, env);
        let config = Self::read(&document);
        let example = Document::parse(EXAMPLE, Path::new(""), ConfigEnv::default());
        Self::read(&example);
        let defaults = example.values();
        let settings = document.values().into_iter().map(|asked| {
            let name = format!("{}.{}", asked.section, asked.key);
            let line = asked.said.as_ref().map(|(line, _)| *line);
            let default = || defaults.iter().find(|other| (other.section, &other.key) == (asked.section, &asked.key));
            let said = asked.said.clone().or_else(|| default().and_then(|default| default.said.clone()));
            let value = said.map(|(_, value)| value);
            let value = if line.is_none() { config.depending_default(&name).or(value) } else { value };
            Setting { name, value, line }
        });
        let mut settings: Vec<Setting> = settings.collect();
        let order = order();
        // A name that the file chose is in the place of the example of its section.
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
