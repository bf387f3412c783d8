//! The pages that people read, and their blocks of code.

use std::fs;
use std::path::Path;
use std::path::PathBuf;

/// A Markdown file of the repository.
pub(crate) struct Page {
    /// Its path from the top of the repository.
    pub(crate) name: String,
    pub(crate) text: String,
}

/// A line of a page.
pub(crate) struct Line<'a> {
    /// From 1.
    pub(crate) number: usize,
    pub(crate) text: &'a str,
    /// Where it is.
    pub(crate) place: Place<'a>,
}

/// What a line is part of.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Place<'a> {
    /// A sentence, a heading, a table.
    Prose,
    /// A block that is indented by four blanks.
    Indented,
    /// A block between fences, with the word after the first fence.
    Fenced(&'a str),
}

/// The top of the repository.
pub(crate) fn top() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

impl Page {
    /// Reads a page.
    pub(crate) fn read(name: &str) -> Self {
        Self { name: name.to_owned(), text: fs::read_to_string(top().join(name)).unwrap() }
    }

    /// Its lines, each with its place.
    pub(crate) fn lines(&self) -> Vec<Line<'_>> {
        let mut lines: Vec<Line<'_>> = Vec::new();
        let mut fence = None;
        for (index, text) in self.text.lines().enumerate() {
            let before = lines.last().map_or(("", Place::Prose), |line| (line.text, line.place));
            let place = match (fence, text.strip_prefix("```")) {
                (None, Some(language)) => {
                    fence = Some(language);
                    Place::Prose
                }
                (Some(_), Some(_)) => {
                    fence = None;
                    Place::Prose
                }
                (Some(language), None) => Place::Fenced(language),
                // Indented text behind a sentence or in a list continues it.
                (None, None) if text.starts_with("    ") && (before.0.is_empty() || before.1 == Place::Indented) => {
                    Place::Indented
                }
                (None, None) => Place::Prose,
            };
            lines.push(Line { number: index + 1, text, place });
        }
        assert!(fence.is_none(), "{}: a fence is not closed", self.name);
        lines
    }
}

/// All pages, README.md first. The changelog tells of the past: its commands need not exist any more.
pub(crate) fn all() -> Vec<Page> {
    let mut names = vec![top().join("docs")];
    let mut found = vec!["README.md".to_owned(), "CONTRIBUTING.md".to_owned()];
    while let Some(directory) = names.pop() {
        let mut entries: Vec<PathBuf> = fs::read_dir(directory).unwrap().map(|entry| entry.unwrap().path()).collect();
        entries.sort();
        for path in entries {
            if path.is_dir() {
                names.push(path);
            } else if path.extension().is_some_and(|extension| extension == "md") {
                found.push(path.strip_prefix(top()).unwrap().to_str().unwrap().to_owned());
            }
        }
    }
    assert!(found.len() > 10, "{found:?}: the directory was not walked");
    found.iter().map(|name| Page::read(name)).collect()
}
