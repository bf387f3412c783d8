//! The files that arguments name. They are told by their type, so that one rule meets them all and no command can leave
//! it out: a file to be opened is a [`PathBuf`], input that may be standard input an [`InputFile`].

use std::ffi::OsString;
use std::fmt;
use std::fs::File;
use std::io;
use std::io::Read;
use std::path::Path;
use std::path::PathBuf;

use clap::ArgMatches;

use crate::domain::refusal::FilePurpose;
use crate::private_file;
use crate::private_file::FileError;
use crate::private_file::FsCredentials;
use crate::private_file::Rule;

/// Input that an argument names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum InputFile {
    /// `-`: standard input.
    Stdin,
    /// A file.
    File(PathBuf),
}

impl From<OsString> for InputFile {
    fn from(given: OsString) -> Self {
        if given == "-" { Self::Stdin } else { Self::File(given.into()) }
    }
}

impl fmt::Display for InputFile {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Stdin => formatter.write_str("-"),
            Self::File(path) => write!(formatter, "{}", path.display()),
        }
    }
}

/// What the arguments of a command name.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct NamedFiles {
    /// A configuration.
    pub config: bool,
    /// A store.
    pub store: bool,
    /// Any other file or directory, and what it is for.
    pub file: Option<FilePurpose>,
    /// `-` where it would be a file of that name.
    pub hyphen: bool,
}

impl NamedFiles {
    /// Those of a command and of the commands above it.
    pub fn of(matches: &ArgMatches) -> Self {
        let mut named = Self::default();
        let mut level = Some(matches);
        while let Some(matches) = level {
            for id in matches.ids() {
                named.add(matches, id.as_str());
            }
            level = matches.subcommand().map(|(_, below)| below);
        }
        named
    }

    fn add(&mut self, matches: &ArgMatches, id: &str) {
        // Another type is an error here, and no file.
        for path in matches.try_get_many::<PathBuf>(id).ok().flatten().into_iter().flatten() {
            match id {
                "config" => self.config = true,
                "store" => self.store = true,
                _ => self.file = Some(purpose(matches, id)),
            }
            self.hyphen |= path == Path::new("-");
        }
        for input in matches.try_get_many::<InputFile>(id).ok().flatten().into_iter().flatten() {
            if *input != InputFile::Stdin {
                self.file.get_or_insert(FilePurpose::Input);
            }
        }
    }
}

/// What the file in this argument is for.
fn purpose(matches: &ArgMatches, id: &str) -> FilePurpose {
    // Hashes go to a file alone.
    let needs_file = matches.try_get_one::<bool>("with_hashes").ok().flatten() == Some(&true);
    match id {
        "to" if !needs_file => FilePurpose::Output("--to"),
        "out" if !["generate", "before"].iter().any(|id| has_option(matches, id)) => FilePurpose::Output("--out"),
        _ => FilePurpose::Other,
    }
}

/// Whether the command has an option of this name.
fn has_option(matches: &ArgMatches, id: &str) -> bool {
    matches.ids().any(|other| other.as_str() == id)
}

/// A file of data to be read. What fails names it.
pub struct DataFile {
    file: File,
    path: PathBuf,
}

/// Opens a file of data to be read.
///
/// # Errors
/// When the system refuses.
pub fn open_data(path: &Path) -> anyhow::Result<DataFile> {
    let failed = |error| FileError::Io { path: path.to_owned(), doing: "opened", error };
    // The operator names it, and not the store.
    let _own = FsCredentials::own();
    Ok(DataFile { file: File::open(path).map_err(failed)?, path: path.to_owned() })
}

/// Opens a regular file; a pipe would be waited for.
///
/// # Errors
/// When it is none, or the system refuses.
pub fn open_regular(path: &Path) -> Result<File, FileError> {
    // The operator names it, and not the store.
    let _own = FsCredentials::own();
    let failed = |error| FileError::Io { path: path.to_owned(), doing: "opened", error };
    match path.metadata().map_err(failed)?.is_file() {
        true => File::open(path).map_err(failed),
        false => Err(FileError::NotAFile { path: path.to_owned(), kind: "no regular file" }),
    }
}

/// Opens a file that holds passwords. Only its owner may read it.
///
/// # Errors
/// When others may read it, or the system refuses.
pub fn open_secret(path: &Path) -> anyhow::Result<DataFile> {
    Ok(DataFile { file: private_file::open(path, &Rule::secret())?, path: path.to_owned() })
}

impl Read for DataFile {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.file
            .read(buffer)
            .map_err(|error| io::Error::new(error.kind(), format!("{}: {error}", self.path.display())))
    }
}
