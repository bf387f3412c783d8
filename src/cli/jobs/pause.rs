//! `jobs pause`.

use crate::actions::jobs::pause;
use crate::cli::acting_args::ActingArgs;
use crate::cli::context::Context;
use crate::cli::jobs::summary::counted;
use crate::cli::plan;
use crate::cli::plan::PlanStep;
use crate::cli::value::Value;
use crate::domain::action::Action;
use crate::domain::job::JobId;

/// Pause a running job
///
/// No new mail of the job is started, even if another process is sending it; mails in flight are completed. The job
/// waits until `jobs resume`, or `jobs run` with its number.
#[derive(Debug, clap::Args)]
pub struct PauseArgs {
    /// Number of the job
    #[arg(value_name = "JOB")]
    job: i64,
    #[command(flatten)]
    acting: ActingArgs,
}

/// Runs the command.
///
/// # Errors
/// When there is no such job, it is not running, or the operator may not run jobs.
pub fn run(context: &mut Context, args: &PauseArgs) -> anyhow::Result<()> {
    let app = context.app(Action::JobsPause)?;
    let counts = pause::pause(&app, JobId(args.job), &args.acting.change_options())?;
    let waiting = counted(counts.waiting(), "unsent mail");
    if args.acting.dry_run {
        let step = PlanStep::new(Action::JobsPause, format!("Would pause job {} ({waiting}).", args.job));
        let step = step.field("job", Value::Number(args.job)).field("waiting", Value::count(counts.waiting()));
        return plan::print(&mut context.output, app.now(), &[step]);
    }
    context.output.say(&format!("Paused job {} ({waiting}).", args.job));
    Ok(())
}
