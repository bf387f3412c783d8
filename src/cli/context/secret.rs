//! Secrets that come without a prompt: from a file, or by a pipe.

use std::io::Read as _;
use std::path::Path;

use zeroize::Zeroizing;

use super::Context;
use crate::cli::failure::CliError;
use crate::cli::files::InputFile;
use crate::private_file;
use crate::private_file::FileError;
use crate::private_file::Rule;
use crate::secrets::lines;
use crate::secrets::lines::PASSWORD_FILE_LIMIT;
use crate::secrets::lines::Secret;

/// How the password of a user comes to the program without a prompt.
#[derive(Debug, Clone)]
pub enum PasswordSource {
    /// The first line of standard input.
    Stdin,
    /// A file, or standard input.
    File(InputFile),
}

impl PasswordSource {
    /// As an error names it.
    fn name(&self) -> String {
        match self {
            Self::File(InputFile::File(path)) => path.display().to_string(),
            Self::File(InputFile::Stdin) | Self::Stdin => "standard input".to_owned(),
        }
    }
}

impl Context {
    /// Checks that a generated secret, which is shown once, would reach somebody: before the change that needs it.
    ///
    /// # Errors
    /// Why it would be lost.
    pub fn check_secret_output(&self) -> Result<(), CliError> {
        self.process.check_stdout().map_err(CliError::WouldBeLost)
    }

    /// Checks that what a command prints of a change would reach somebody: before the change. An output that leads to /dev/null, or
    /// whose reader has gone, is wanted so.
    ///
    /// # Errors
    /// Why it would be lost.
    pub fn check_data_output(&self) -> Result<(), CliError> {
        match self.process.check_stdout() {
            Err(lost) if !lost.is_wanted() => Err(CliError::NoOutput(lost)),
            _ => Ok(()),
        }
    }

    /// The first line of a secret that comes without a prompt, without the byte order mark of an editor. What follows the
    /// line is ignored.
    ///
    /// # Errors
    /// When standard input is a terminal, the file is not private, or the text is UTF-16.
    pub fn secret_line(&mut self, source: &PasswordSource) -> anyhow::Result<Secret> {
        Ok(lines::first_line(self.secret_text(source)?))
    }

    /// The two lines of standard input, each of which is a secret; `what` names them.
    ///
    /// # Errors
    /// As [`Context::secret_line`], and when there are not two lines.
    pub fn two_secrets(&mut self, what: &str) -> anyhow::Result<(Secret, Secret)> {
        let text = self.secret_text(&PasswordSource::Stdin)?;
        let wrong = |_| CliError::Data(format!("standard input must be two lines: {what}"));
        Ok(lines::two_lines(text).map_err(wrong)?)
    }

    fn secret_text(&mut self, source: &PasswordSource) -> anyhow::Result<Secret> {
        let bytes = self.secret_bytes(source)?;
        let named = |error| CliError::Data(format!("{}: {error}", source.name()));
        Ok(lines::without_mark(bytes).map_err(named)?)
    }

    /// All bytes of a secret that comes without a prompt, up to a limit that no secret reaches.
    ///
    /// # Errors
    /// When standard input is a terminal, or the file is not private.
    pub fn secret_bytes(&mut self, source: &PasswordSource) -> anyhow::Result<Secret> {
        match source {
            PasswordSource::File(InputFile::File(path)) => {
                let read = private_file::read(path, &Rule::secret(), PASSWORD_FILE_LIMIT);
                Ok(read.map_err(|problem| without_password(problem, path))?)
            }
            PasswordSource::File(InputFile::Stdin) | PasswordSource::Stdin => self.secret_stdin(),
        }
    }

    fn secret_stdin(&mut self) -> anyhow::Result<Secret> {
        if self.process.stdin.is_terminal {
            let words = "`--stdin` needs a pipe or a file: standard input is a terminal, which would show the secret";
            let hint = Some("use a pipe; or omit `--stdin` where the command can prompt without echo".to_owned());
            return Err(CliError::Usage { words: words.to_owned(), hint }.into());
        }
        // Room for all of it at once: a buffer that grows leaves copies behind.
        let mut bytes = Zeroizing::new(Vec::with_capacity(PASSWORD_FILE_LIMIT + 1));
        let limited = &mut (&mut self.process.stdin.bytes).take(PASSWORD_FILE_LIMIT as u64 + 1);
        limited.read_to_end(&mut bytes)?;
        Ok(bytes)
    }
}

/// The problem of a file that is to hold a password, without its name where that may be the password itself: no such file is in
/// the current directory.
fn without_password(problem: FileError, path: &Path) -> anyhow::Error {
    let is_bare = !path.as_os_str().as_encoded_bytes().contains(&b'/');
    if is_bare && path.symlink_metadata().is_err() {
        return CliError::NoPasswordFile.into();
    }
    problem.into()
}
