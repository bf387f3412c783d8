//! `store backup`.

use std::path::PathBuf;

use crate::actions::store::backup;
use crate::cli::acting_args::ActingArgs;
use crate::cli::context::Context;
use crate::cli::plan;
use crate::cli::plan::PlanStep;
use crate::cli::value::Value;
use crate::domain::action::Action;

/// Back up the store while it is in use
///
/// The backup is a consistent copy with mode 0600; it never overwrites a file. It contains all hashes: protect it like
/// the store. It does not contain the reset key, which is a separate file.
#[derive(Debug, clap::Args)]
pub struct BackupArgs {
    /// New file
    #[arg(value_name = "FILE")]
    file: PathBuf,
    #[command(flatten)]
    acting: ActingArgs,
}

/// Runs the command.
///
/// # Errors
/// When there is a file already, the disk is full, or the operator may not.
pub fn run(context: &mut Context, args: &BackupArgs) -> anyhow::Result<()> {
    let app = context.app(Action::StoreBackup)?;
    backup::back_up(&app, &args.file, &args.acting.change_options())?;
    let file = args.file.display();
    if args.acting.dry_run {
        let step = PlanStep::new(Action::StoreBackup, format!("Would back up the store to {file}."));
        return plan::print(&mut context.output, app.now(), &[step.field("file", Value::text(file.to_string()))]);
    }
    context.output.say(&format!("Backed up the store to {file}."));
    Ok(())
}
