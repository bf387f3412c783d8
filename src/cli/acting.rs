//! The options of commands that change something.

use crate::actions::Intent;

/// Options of commands that change something
#[derive(Debug, Clone, Default, clap::Args)]
pub struct ActingArgs {
    /// Print the plan and change nothing
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
}
