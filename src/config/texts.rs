//! `[texts]`: the organization's own sentences and templates of mails.

use std::fs;
use std::io;
use std::path::Path;
use std::path::PathBuf;

use super::Diagnostic;
use super::Diagnostics;
use super::LoadError;
use super::document::Section;
use crate::private_file;
use crate::private_file::FileError as FileProblem;
use crate::private_file::FsCredentials;
use crate::private_file::Rule;

/// The largest file in bytes: 128 KiB.
const LIMIT: usize = 128 << 10;
/// The most files, so that a directory for another purpose is not read completely.
const MAX_FILES: usize = 500;

/// The location of the organization's own texts.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct TextsSection {
    /// A directory with `LANGUAGE.toml` files and templates, which replace the built-in ones.
    pub directory: Option<PathBuf>,
}

/// A file below the directory.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TextsFile {
    /// The path within the directory, such as `de.toml` or `de/reset.html`.
    pub name: String,
    /// The full path.
    pub path: PathBuf,
    /// The content.
    pub text: String,
}

impl TextsSection {
    pub(super) fn read(section: &Section<'_, '_>) -> Self {
        Self { directory: section.path("directory") }
    }

    /// The files in the directory and its subdirectories, sorted by name; none without a directory. Hidden files and
    /// editor backups (`name~`) are ignored. Others must not be able to write the files or the directories. The
    /// process's own rights apply.
    ///
    /// # Errors
    /// If the directory is missing or others may write in it, or if a file is writable by others, too large or not
    /// UTF-8.
    pub fn files(&self) -> Result<Vec<TextsFile>, LoadError> {
        let mut files = Vec::new();
        let Some(directory) = &self.directory else { return Ok(files) };
        let _own = FsCredentials::own();
        for path in entries(directory)? {
            if path.is_dir() {
                let inner = entries(&path)?;
                for path in inner {
                    files.push(read(directory, path)?);
                }
            } else {
                files.push(read(directory, path)?);
            }
            if files.len() > MAX_FILES {
                let text = format!("holds more than {MAX_FILES} files: name the directory with the texts alone");
                return Err(Diagnostics::new(directory, vec![Diagnostic { line: None, text }]).into());
            }
        }
        Ok(files)
    }
}

/// The paths in a directory, in which others must not be able to write.
fn entries(directory: &Path) -> Result<Vec<PathBuf>, LoadError> {
    // The rule checks the directory of a path; the file itself need not exist.
    private_file::validate_place(&directory.join("*"), &Rule::config()).map_err(|problem| match problem {
        FileProblem::Missing { .. } => FileProblem::NoDirectory { directory: directory.to_path_buf() },
        FileProblem::Io { doing, error, .. } => FileProblem::Io { path: directory.to_path_buf(), doing, error },
        other => other,
    })?;
    let unread = |error: io::Error| FileProblem::Io { path: directory.to_path_buf(), doing: "listed", error };
    let mut paths = Vec::new();
    for entry in fs::read_dir(directory).map_err(unread)? {
        let entry = entry.map_err(unread)?;
        let name = entry.file_name();
        let is_left_out = |name: &str| name.starts_with('.') || name.ends_with('~');
        if !name.to_str().is_some_and(is_left_out) {
            paths.push(entry.path());
        }
    }
    paths.sort();
    Ok(paths)
}

fn read(directory: &Path, path: PathBuf) -> Result<TextsFile, LoadError> {
    let bytes = private_file::read(&path, &Rule::config(), LIMIT)?;
    let text = super::utf8(&bytes, &path)?.to_owned();
    let name = path.strip_prefix(directory).unwrap_or(&path).to_string_lossy().into_owned();
    Ok(TextsFile { name, path, text })
}
