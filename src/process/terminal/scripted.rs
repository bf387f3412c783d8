//! A terminal for tests, with prepared answers.

use std::cell::RefCell;
use std::collections::VecDeque;
use std::rc::Rc;

use zeroize::Zeroizing;

use super::PromptError;
use super::Terminal;

/// The typed answer, or the error instead.
type Answer = Result<Zeroizing<String>, PromptError>;

/// Returns its answers one after the other, and records what would be visible on the screen.
///
/// Clones share the answers and the transcript. After the last answer it behaves like a closed terminal:
/// [`PromptError::EndOfInput`].
#[derive(Debug, Clone, Default)]
pub struct ScriptedTerminal {
    answers: Rc<RefCell<VecDeque<Answer>>>,
    transcript: Rc<RefCell<String>>,
}

impl ScriptedTerminal {
    /// A terminal at which `answers` are typed.
    pub fn new<A: Into<String>>(answers: impl IntoIterator<Item = Result<A, PromptError>>) -> Self {
        let answers = answers.into_iter().map(|answer| answer.map(|text| Zeroizing::new(text.into()))).collect();
        Self { answers: Rc::new(RefCell::new(answers)), transcript: Rc::default() }
    }

    /// The text shown so far. It grows later, so take it before the terminal is passed on.
    pub fn transcript(&self) -> Rc<RefCell<String>> {
        Rc::clone(&self.transcript)
    }

    fn next_answer(&mut self, prompt: &str) -> Answer {
        self.transcript.borrow_mut().push_str(prompt);
        self.answers.borrow_mut().pop_front().unwrap_or(Err(PromptError::EndOfInput))
    }
}

impl Terminal for ScriptedTerminal {
    fn show(&mut self, text: &str) -> Result<(), PromptError> {
        self.transcript.borrow_mut().push_str(text);
        Ok(())
    }

    fn ask_secret(&mut self, prompt: &str) -> Result<Zeroizing<String>, PromptError> {
        let answer = self.next_answer(prompt);
        self.transcript.borrow_mut().push('\n');
        answer
    }

    fn ask_line(&mut self, prompt: &str) -> Result<String, PromptError> {
        let answer = self.next_answer(prompt).map(|mut text| std::mem::take(&mut *text));
        let mut transcript = self.transcript.borrow_mut();
        transcript.push_str(answer.as_deref().unwrap_or_default());
        transcript.push('\n');
        answer
    }

    /// The answer is the number of the choice, from 1; anything else selects none.
    fn choose(&mut self, question: &str, choices: &[&str]) -> Result<Option<usize>, PromptError> {
        self.show(&format!("{question}\n"))?;
        for (index, choice) in choices.iter().enumerate() {
            self.show(&format!("  {}. {choice}\n", index + 1))?;
        }
        let answer = self.ask_line("")?;
        let number = answer.parse::<usize>().ok().filter(|number| (1..=choices.len()).contains(number));
        Ok(number.map(|number| number - 1))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_transcript_shows_what_is_on_the_screen_and_no_secret() {
        let mut terminal = ScriptedTerminal::new([Ok("hunter2"), Ok("yes")]);
        let transcript = terminal.transcript();
        terminal.show("At least 15 characters.\n").unwrap();
        assert_eq!(terminal.ask_secret("Password: ").unwrap().as_str(), "hunter2");
        assert_eq!(terminal.ask_line("Sure? ").unwrap(), "yes");
        assert_eq!(*transcript.borrow(), "At least 15 characters.\nPassword: \nSure? yes\n");
    }

    #[test]
    fn a_failure_is_an_answer_too_and_after_the_last_one_the_input_ends() {
        let mut terminal = ScriptedTerminal::new([Err::<&str, _>(PromptError::NotUtf8)]);
        assert!(matches!(terminal.ask_secret("Password: "), Err(PromptError::NotUtf8)));
        assert!(matches!(terminal.ask_line("Sure? "), Err(PromptError::EndOfInput)));
    }
}
