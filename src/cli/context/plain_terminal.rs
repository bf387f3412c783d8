//! A terminal that shows less than Unicode, understands nothing but lines of text, or has too few rows for a choice.

use zeroize::Zeroizing;

use crate::cli::output::Charset;
use crate::process::terminal::PromptError;
use crate::process::terminal::Terminal;

/// How often a choice is asked for where the answer is none of the numbers.
const TRIES: u32 = 3;

/// How many rows a choice with the arrow keys needs besides one for each choice.
const QUESTION_ROWS: usize = 2;

/// A terminal that is shown only what it can show.
pub(super) struct PlainTerminal {
    pub(super) inner: Box<dyn Terminal>,
    pub(super) charset: Charset,
    /// Whether the cursor cannot be moved: a choice is asked for by number.
    pub(super) is_dumb: bool,
}

impl PlainTerminal {
    fn shown(&self, text: &str) -> String {
        if self.charset == Charset::Unicode {
            return text.to_owned();
        }
        // Line by line: a line break is no character to be made visible.
        text.split('\n').map(|line| self.charset.show(line)).collect::<Vec<_>>().join("\n")
    }
}

impl Terminal for PlainTerminal {
    fn show(&mut self, text: &str) -> Result<(), PromptError> {
        let text = self.shown(text);
        self.inner.show(&text)
    }

    fn ask_secret(&mut self, prompt: &str) -> Result<Zeroizing<String>, PromptError> {
        let prompt = self.shown(prompt);
        self.inner.ask_secret(&prompt)
    }

    fn ask_line(&mut self, prompt: &str) -> Result<String, PromptError> {
        let prompt = self.shown(prompt);
        self.inner.ask_line(&prompt)
    }

    fn choose(&mut self, question: &str, choices: &[&str]) -> Result<Option<usize>, PromptError> {
        let has_room = self.inner.rows().is_none_or(|rows| usize::from(rows) >= choices.len() + QUESTION_ROWS);
        if has_room && !self.is_dumb {
            return self.inner.choose(&self.shown(question), choices);
        }
        let list = choices.iter().enumerate().map(|(place, choice)| format!("  {}  {choice}\n", place + 1));
        self.show(&format!("{question}\n{}", list.collect::<String>()))?;
        for _ in 0..TRIES {
            let answer = self.ask_line(&format!("Number, 1 to {} (Enter: neither): ", choices.len()))?;
            match answer.trim() {
                "" => return Ok(None),
                number => match number.parse::<usize>() {
                    Ok(number) if (1..=choices.len()).contains(&number) => return Ok(Some(number - 1)),
                    _ => {}
                },
            }
        }
        Ok(None)
    }
}
