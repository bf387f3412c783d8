//! The prompts at the controlling terminal.

use std::time::Instant;

use zeroize::Zeroizing;

use super::PromptError;
use super::Terminal;
use super::choice::choose_once;
use super::controlling::ControllingTerminal;
use super::controlling::Echo;

impl Terminal for ControllingTerminal {
    fn show(&mut self, text: &str) -> Result<(), PromptError> {
        self.write(text, Instant::now() + self.timeout(), None)
    }

    fn ask_secret(&mut self, prompt: &str) -> Result<Zeroizing<String>, PromptError> {
        self.ask(prompt, Echo::Off)
    }

    fn ask_line(&mut self, prompt: &str) -> Result<String, PromptError> {
        self.ask(prompt, Echo::On).map(|mut text| std::mem::take(&mut *text))
    }

    fn choose(&mut self, question: &str, choices: &[&str]) -> Result<Option<usize>, PromptError> {
        self.repeat(|watch| choose_once(self, question, choices, watch))
    }

    fn rows(&self) -> Option<u16> {
        rustix::termios::tcgetwinsize(self.file()).ok().map(|size| size.ws_row).filter(|rows| *rows > 0)
    }
}
