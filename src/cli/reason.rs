//! The reason that an organization may require of its operators (`[audit] require_reason`).
//!
//! A command asks for it when it asks for the operator's permission, before it does anything else. What the operator types takes
//! the place of `--reason`: the command begins anew with it.

use std::fmt;

use super::context::Context;
use super::failure::CliError;
use super::prompt;
use super::reason_given::ReasonGiven;
use crate::app::ActionError;
use crate::domain::action::Action;
use crate::domain::refusal::Refusal;
use crate::domain::text;

/// A reason that an operator typed at the question. The command is to begin anew with it.
#[derive(Debug)]
pub(super) struct ReasonTyped(pub(super) String);

impl fmt::Display for ReasonTyped {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("the command begins anew with a reason")
    }
}

impl std::error::Error for ReasonTyped {}

impl Context {
    /// Asks for a reason where the action needs one and none was given.
    ///
    /// # Errors
    /// An error that carries the answer; when the configuration cannot be loaded, or nobody can be asked.
    pub fn require_reason(&mut self, action: Action) -> anyhow::Result<()> {
        if !matches!(self.reason, ReasonGiven::Missing | ReasonGiven::Blank) {
            return Ok(());
        }
        let Some(command) = self.config()?.audit.require_reason.of(action) else { return Ok(()) };
        if self.reason == ReasonGiven::Blank {
            return Err(ActionError::from(Refusal::ReasonRequired(command)).into());
        }
        let hint = format!("give `--reason TEXT`: `{command}` needs a reason here ([audit] require_reason)");
        let mut terminal = self.terminal("Reason", &hint)?;
        let reason = prompt::line(&mut *terminal, "Reason", "")?;
        let validated = text::check_line(&reason, text::MAX_REASON);
        validated.map_err(|fault| CliError::Usage { words: format!("the reason {fault}"), hint: None })?;
        if reason.is_empty() {
            return Err(ActionError::from(Refusal::ReasonRequired(command)).into());
        }
        Err(ReasonTyped(reason).into())
    }
}
