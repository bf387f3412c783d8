//! Checks whether the system can execute a program (execve(2)), without starting it.

use std::ffi::OsStr;
use std::fs::File;
use std::io;
use std::io::Read as _;
use std::os::unix::ffi::OsStrExt as _;
use std::path::Path;
use std::path::PathBuf;

use nix::unistd::AccessFlags;
use nix::unistd::eaccess;

use super::NOT_A_PROGRAM;
use crate::domain::text;

/// How much of a file Linux examines (`BINPRM_BUF_SIZE`), which bounds the first line of a script.
const HEAD: u64 = 256;
/// How many scripts can be each other's interpreters (execve(2)).
const SCRIPTS: u32 = 4;

/// Why a program cannot be executed.
#[derive(Debug)]
pub(super) struct NotExecutable {
    /// The interpreter named in its first line, or in that of its interpreter; `None`: the program itself is the
    /// cause.
    interpreter: Option<PathBuf>,
    pub(super) error: io::Error,
}

impl std::fmt::Display for NotExecutable {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match &self.interpreter {
            Some(path) => {
                write!(formatter, "its interpreter `{}`: {}", text::quoted(&path.to_string_lossy(), 200), self.error)
            }
            None => write!(formatter, "{}", self.error),
        }
    }
}

/// Refuses a program that does not exist, that may not be executed, or that is neither in ELF format nor a script; or
/// whose interpreter is such a program.
///
/// # Errors
/// The error of execve(2).
pub(super) fn check(program: &Path) -> Result<(), NotExecutable> {
    let mut interpreter: Option<PathBuf> = None;
    for _ in 0..=SCRIPTS {
        let path = interpreter.as_deref().unwrap_or(program);
        match interpreter_of(path) {
            Ok(None) => return Ok(()),
            Ok(Some(next)) => interpreter = Some(next),
            Err(error) => return Err(NotExecutable { interpreter, error }),
        }
    }
    Err(NotExecutable { interpreter, error: nix::errno::Errno::ELOOP.into() })
}

/// The interpreter of a script; `None`: it is not a script.
fn interpreter_of(path: &Path) -> io::Result<Option<PathBuf>> {
    eaccess(path, AccessFlags::X_OK)?;
    let mut head = Vec::new();
    match File::open(path) {
        Ok(file) => file.take(HEAD).read_to_end(&mut head)?,
        // It may be executable without being readable, and then nothing more can be found out.
        Err(error) if error.kind() == io::ErrorKind::PermissionDenied => return Ok(None),
        Err(error) => return Err(error),
    };
    if head.starts_with(b"\x7fELF") {
        return Ok(None);
    }
    let line = head.strip_prefix(b"#!").and_then(|rest| rest.split(|byte| *byte == b'\n').next());
    let is_blank = |byte: &u8| matches!(byte, b' ' | b'\t');
    let name = line.and_then(|line| line.split(is_blank).find(|word| !word.is_empty()));
    let name = name.ok_or_else(|| io::Error::from_raw_os_error(NOT_A_PROGRAM))?;
    // The program is started in the directory `/`.
    Ok(Some(Path::new("/").join(OsStr::from_bytes(name))))
}
