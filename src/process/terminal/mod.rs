//! Prompts: one line at a time, at the terminal itself, never from standard input.
//!
//! Whatever ends a prompt (an answer, Ctrl-C, Ctrl-Z, a signal, a panic, the timeout), the terminal gets its settings
//! back, and nothing that was typed is left for the shell to read.

mod choice;
mod controlling;
mod editor;
mod keys;
mod prompt_lock;
mod questions;
mod scripted;
mod settings;
mod shown;
mod signals;

use std::io;
use std::time::Duration;

use nix::errno::Errno;
use zeroize::Zeroizing;

pub use controlling::ControllingTerminal;
pub use scripted::ScriptedTerminal;

pub(super) use signals::restore_default;

/// The default timeout of a prompt.
pub const ANSWER_TIMEOUT: Duration = Duration::from_secs(300);

/// Prompts the operator.
///
/// Texts are shown unchanged: a caller removes control characters from a user's name first.
pub trait Terminal {
    /// Shows `text`, for example the requirements of a password before its prompt. Its line breaks are its own.
    ///
    /// # Errors
    /// If the terminal cannot be written.
    fn show(&mut self, text: &str) -> Result<(), PromptError>;

    /// Shows `prompt` and reads one line without showing it. Backspace, Ctrl-W and Ctrl-U delete a character (a
    /// Unicode scalar value), a word, or the line; arrow keys and other escape sequences do nothing.
    ///
    /// The answer is the edited line without the line break, including every TAB, NUL, other control character and
    /// space; it may be empty.
    ///
    /// # Errors
    /// Every [`PromptError`]. Then nothing that was typed is kept.
    fn ask_secret(&mut self, prompt: &str) -> Result<Zeroizing<String>, PromptError>;

    /// Shows `prompt` and reads one line, which is shown while it is typed (a confirmation, a name). Editing is the
    /// same as for a secret. Text pasted after a line break is not shown: it may be a password for the next prompt.
    ///
    /// # Errors
    /// Those of [`Terminal::ask_secret`].
    fn ask_line(&mut self, prompt: &str) -> Result<String, PromptError>;

    /// Lets the operator pick one of `choices` with the arrow keys; none is selected at first. `None`: Esc.
    ///
    /// # Errors
    /// Those of [`Terminal::ask_secret`].
    fn choose(&mut self, question: &str, choices: &[&str]) -> Result<Option<usize>, PromptError>;

    /// The number of rows of the terminal; `None`: not known.
    fn rows(&self) -> Option<u16> {
        None
    }
}

/// Why a prompt has no answer.
#[derive(Debug, thiserror::Error)]
pub enum PromptError {
    /// The process has no controlling terminal: it runs from cron, in a pipeline of a service, or under setsid(1).
    #[error("there is no terminal to ask at")]
    NoTerminal,
    /// Ctrl-D, or the terminal was closed. A line without Enter is never an answer.
    #[error("the input ended before Enter: nothing was taken")]
    EndOfInput,
    /// No answer came within the timeout.
    #[error("no answer within {}", in_words(*.0))]
    TimedOut(Duration),
    /// Bytes that are not UTF-8 (RFC 3629), as from a terminal set to Latin-1. They are not replaced.
    #[error("the input is not UTF-8: set the terminal to UTF-8 and type it again")]
    NotUtf8,
    /// The line is longer than any answer may be.
    #[error("the line is too long: at most {} bytes", keys::MAX_LINE)]
    TooLong,
    /// More than one line was pasted. The rest must not answer the next prompt.
    #[error("the paste holds a line break: give one line only")]
    LineBreakInPaste,
    /// A signal came that the program handles elsewhere. A signal that it does not handle ends the process instead.
    #[error("the question was interrupted by a signal")]
    Interrupted,
    /// Another process prompts at the same terminal; with its number, if known. Each would restore the settings that
    /// the other has made, and a secret would be shown.
    #[error("another command{} is asking at this terminal: answer it first, then run this one again",
            .0.map(|process| format!(" (process {process})")).unwrap_or_default())]
    Taken(Option<i32>),
    /// The terminal failed.
    #[error("cannot use the terminal: {0}")]
    Io(#[source] io::Error),
}

impl From<io::Error> for PromptError {
    fn from(error: io::Error) -> Self {
        match error.kind() {
            io::ErrorKind::Interrupted => Self::Interrupted,
            _ => Self::Io(error),
        }
    }
}

impl From<Errno> for PromptError {
    fn from(error: Errno) -> Self {
        io::Error::from(error).into()
    }
}

fn in_words(time: Duration) -> String {
    match time.as_secs() {
        60 => "1 minute".to_owned(),
        seconds if seconds > 0 && seconds % 60 == 0 => format!("{} minutes", seconds / 60),
        1 => "1 second".to_owned(),
        seconds => format!("{seconds} seconds"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_timeout_is_described_in_words() {
        assert_eq!(PromptError::TimedOut(ANSWER_TIMEOUT).to_string(), "no answer within 5 minutes");
        assert_eq!(PromptError::TimedOut(Duration::from_secs(60)).to_string(), "no answer within 1 minute");
        assert_eq!(PromptError::TimedOut(Duration::from_secs(90)).to_string(), "no answer within 90 seconds");
    }

    #[test]
    fn an_interrupted_call_is_not_a_failure_of_the_terminal() {
        assert!(matches!(PromptError::from(Errno::EINTR), PromptError::Interrupted));
        assert!(matches!(PromptError::from(Errno::EIO), PromptError::Io(_)));
    }
}
