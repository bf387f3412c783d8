//! `jobs`.

pub mod cancel;
mod columns;
pub mod delete;
mod end_passwords;
pub mod list;
pub mod mail_args;
mod metrics_file;
pub mod pause;
pub mod paused;
pub mod progress;
pub mod recipients;
pub mod remind;
pub mod resume;
pub mod retry;
pub mod run;
pub mod send;
pub mod send_to_many;
pub mod show;
pub mod stalled;
pub mod summary;
pub mod wait;

use clap::Subcommand;

use crate::cli::context::Context;

/// Bulk sends and the outbox
#[derive(Debug, Subcommand)]
#[expect(missing_docs, reason = "each variant is documented at its struct, and that is its help")]
pub enum JobsCommand {
    List(list::ListArgs),
    Show(show::ShowArgs),
    Recipients(recipients::RecipientsArgs),
    Wait(wait::WaitArgs),
    Run(run::RunArgs),
    Pause(pause::PauseArgs),
    Resume(resume::ResumeArgs),
    Retry(retry::RetryArgs),
    Cancel(cancel::CancelArgs),
    Remind(remind::RemindArgs),
    Delete(delete::DeleteArgs),
}

/// Runs a command of the group.
///
/// # Errors
/// As the command.
pub fn run(context: &mut Context, command: JobsCommand) -> anyhow::Result<()> {
    match command {
        JobsCommand::List(args) => list::run(context, &args),
        JobsCommand::Show(args) => show::run(context, &args),
        JobsCommand::Recipients(args) => recipients::run(context, &args),
        JobsCommand::Wait(args) => wait::run(context, &args),
        JobsCommand::Pause(args) => pause::run(context, &args),
        JobsCommand::Resume(args) => resume::run(context, &args),
        JobsCommand::Retry(args) => retry::run(context, &args),
        JobsCommand::Run(args) => run::run(context, &args),
        JobsCommand::Cancel(args) => cancel::run(context, &args),
        JobsCommand::Remind(args) => remind::run(context, &args),
        JobsCommand::Delete(args) => delete::run(context, &args),
    }
}
