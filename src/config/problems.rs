//! The problems of a configuration file, reported all at once in the order of its lines.

use std::fmt;
use std::path::{Path, PathBuf};

/// One problem.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Diagnostic {
    /// The line, from 1; `None`: it concerns the whole file.
    pub line: Option<usize>,
    /// The place and the problem: `[section] key: what was expected, what was found`.
    pub text: String,
}

/// The prefix of a syntax error.
pub(super) const SYNTAX: &str = "syntax: ";

impl Diagnostic {
    /// Whether the line is not valid TOML, so that the meaning of it and its neighbours is a guess.
    pub(super) fn is_syntax_error(&self) -> bool {
        self.text.starts_with(SYNTAX)
    }
}

/// All problems of one file; never empty. `Display` shows one line for each.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Diagnostics {
    file: PathBuf,
    list: Vec<Diagnostic>,
}

impl Diagnostics {
    /// The problems of `file`, sorted by line.
    pub(super) fn new(file: &Path, mut list: Vec<Diagnostic>) -> Self {
        list.sort_by_key(|problem| problem.line);
        Self { file: file.to_path_buf(), list }
    }

    /// Number of problems.
    #[expect(clippy::len_without_is_empty, reason = "it is never empty")]
    pub fn len(&self) -> usize {
        self.list.len()
    }

    /// The problems in the order of their lines.
    pub fn iter(&self) -> impl Iterator<Item = &Diagnostic> {
        self.list.iter()
    }
}

impl fmt::Display for Diagnostics {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let file = self.file.display();
        for (index, problem) in self.list.iter().enumerate() {
            if index > 0 {
                writeln!(f)?;
            }
            match problem.line {
                Some(line) => write!(f, "{file}:{line}: {}", problem.text)?,
                None => write!(f, "{file}: {}", problem.text)?,
            }
        }
        Ok(())
    }
}

impl std::error::Error for Diagnostics {}
