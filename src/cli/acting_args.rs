//! The options of commands that change something.

use crate::app::ChangeOptions;

/// Options of commands that change something
#[derive(Debug, Clone, Default, clap::Args)]
pub struct ActingArgs {
    /// Show what would be done without doing it
    #[arg(short = 'n', long)]
    pub dry_run: bool,
    /// Reason, recorded in the audit log
    #[arg(long, value_name = "TEXT")]
    pub reason: Option<String>,
}

impl ActingArgs {
    /// What the action is told.
    pub fn change_options(&self) -> ChangeOptions {
        ChangeOptions { reason: self.reason.clone(), dry_run: self.dry_run }
    }
}
