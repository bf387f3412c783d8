//! Questions to the operator: one line at a time, at the terminal itself, never from standard input.
//!
//! Whatever happens during a question (an answer, Ctrl-C, Ctrl-Z, a signal, a panic, no answer in time), the terminal's
//! settings are what they were before, and nothing that was typed is left for the shell to read.

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

/// How long a question waits for its answer, if nothing else is said.
pub const ANSWER_TIMEOUT: Duration = Duration::from_secs(300);

/// Asks the operator.
///
/// Texts are shown as they are: a caller that puts a user's name into one takes the control characters out of it first.
pub trait Terminal {
    /// Shows `text` (what is required of a password, before it is asked for). Its line breaks are its own.
    ///
    /// # Errors
    /// When the terminal takes no text.
    fn show(&mut self, text: &str) -> Result<(), PromptError>;

    /// Shows `prompt` and reads one line without showing what is typed. Backspace, Ctrl-W and Ctrl-U edit it, a character
    /// (a Unicode scalar value), a word, or all of it at a time; arrows and other escape sequences do nothing.
    ///
    /// The answer is what is left, without the line break, and with every TAB, NUL, other control character and space; it
    /// can be empty.
    ///
    /// # Errors
    /// Every [`PromptError`]. None of what was typed is kept then.
    fn ask_secret(&mut self, prompt: &str) -> Result<Zeroizing<String>, PromptError>;

    /// Shows `prompt` and reads one line, which shows as it is typed (a confirmation, a name), and is edited as a secret one.
    /// What is pasted behind its line break does not show: it may be a password that belongs to the next question.
    ///
    /// # Errors
    /// As [`Terminal::ask_secret`].
    fn ask_line(&mut self, prompt: &str) -> Result<String, PromptError>;

    /// Lets one of `choices` be picked with the arrow keys, none of them to begin with; `None`: Esc.
    ///
    /// # Errors
    /// As [`Terminal::ask_secret`].
    fn choose(&mut self, question: &str, choices: &[&str]) -> Result<Option<usize>, PromptError>;

    /// How many rows the terminal has; `None`: that is not known.
    fn rows(&self) -> Option<u16> {
        None
    }
}

/// Why a question has no answer.
#[derive(Debug, thiserror::Error)]
pub enum PromptError {
    /// The process has no controlling terminal: it runs from cron, in a pipeline of a service, or under setsid(1).
    #[error("there is no terminal to ask at")]
    NoTerminal,
    /// Ctrl-D, or the terminal was closed. A line without its Enter never counts as an answer.
    #[error("the input ended before Enter: nothing was taken")]
    EndOfInput,
    /// No answer came in the time given.
    #[error("no answer within {}", in_words(*.0))]
    TimedOut(Duration),
    /// A byte sequence that is not UTF-8 (RFC 3629), as a terminal set to Latin-1 sends. Nothing is replaced.
    #[error("the input is not UTF-8: set the terminal to UTF-8 and type it again")]
    NotUtf8,
    /// The line is longer than any answer.
    #[error("the line is too long: at most {} bytes", keys::LONGEST)]
    TooLong,
    /// More than one line was pasted. The rest must not become the answer to the next question.
    #[error("the paste holds a line break: give one line only")]
    LineBreakInPaste,
    /// A signal came that the program handles elsewhere. One that it does not handle ends it, and this is not seen.
    #[error("the question was interrupted by a signal")]
    Interrupted,
    /// Another process asks at the same terminal, by its number where that is known. Each would restore the settings that the
    /// other one has made, and what is typed would show.
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
    fn the_time_that_ran_out_is_said_in_words() {
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
