//! A choice with the arrow keys, by dialoguer, at the controlling terminal.
//!
//! dialoguer leaves the cursor hidden when a key cannot be read, and console, which reads the keys, takes every signal
//! for Ctrl-C. Both are fixed here: signals are noted and raised again as for the other questions.

use std::fs::File;
use std::io;

use dialoguer::Select;
use dialoguer::console::Term;
use dialoguer::theme::SimpleTheme;

use super::PromptError;
use super::signals::Watch;

#[expect(clippy::disallowed_methods, reason = "a terminal is no file that matters")]
fn open() -> io::Result<File> {
    File::options().read(true).write(true).open("/dev/tty")
}

/// Lets one of `choices` be picked; `None`: Esc.
pub(super) fn choose(question: &str, choices: &[&str]) -> Result<Option<usize>, PromptError> {
    // Descriptors of its own, because console wants those that block.
    let term = Term::read_write_pair(open()?, open()?);
    loop {
        let watch = Watch::begin()?;
        // Nothing is chosen to begin with: otherwise Enter after a key that means nothing here, such as `2`, would take it.
        let select = Select::with_theme(&SimpleTheme)
            .with_prompt(format!("{question} (arrow keys, then Enter; Esc: neither)"))
            .items(choices);
        let picked = select.interact_on_opt(&term);
        // On a terminal that was closed there is no cursor to show.
        let _ = term.show_cursor();
        let noted = watch.end().without_consoles_own();
        noted.raise()?;
        // After a stop it is asked again.
        if noted.any() && !noted.deadly() && picked.is_err() {
            continue;
        }
        return match picked {
            Ok(picked) => Ok(picked),
            Err(dialoguer::Error::IO(error)) if error.kind() == io::ErrorKind::UnexpectedEof => {
                Err(PromptError::EndOfInput)
            }
            Err(dialoguer::Error::IO(error)) => Err(error.into()),
        };
    }
}
