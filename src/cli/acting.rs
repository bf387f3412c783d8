//! The options of commands that change something.

use crate::actions::Intent;

/// Options of commands that change something
#[derive(Debug, Clone, Default, clap::Args)]
pub struct ActingArgs {
    /// Check everything and say what would be done, and do nothing
    #[arg(short = 'n', long)]
    pub dry_run: bool,
    /// Why, for the audit
    #[arg(long, value_name = "TEXT")]
    pub reason: Option<String>,
}

impl ActingArgs {
    /// What the action is told.
    pub fn intent(&self) -> Intent {
        Intent { reason: self.reason.clone(), dry_run: self.dry_run }
    }

    /// "deleted" or "would be deleted".
    pub fn verb(&self, done: &str) -> String {
        if self.dry_run { format!("would be {done}") } else { format!("is {done}") }
    }
}
