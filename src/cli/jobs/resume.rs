//! `jobs resume`.

use crate::actions::jobs::resume;
use crate::cli::acting_args::ActingArgs;
use crate::cli::context::Context;
use crate::cli::jobs::summary::counted;
use crate::cli::plan;
use crate::cli::plan::PlanStep;
use crate::cli::value::Value;
use crate::domain::action::Action;
use crate::domain::job::JobId;

/// Resume a paused job
///
/// Sends nothing itself: the next `jobs run` does. If a limit paused the job, its limits start again from zero; a job
/// that an operator paused continues where it was.
#[derive(Debug, clap::Args)]
pub struct ResumeArgs {
    /// Number of the job
    #[arg(value_name = "JOB")]
    job: i64,
    #[command(flatten)]
    acting: ActingArgs,
}

/// Runs the command.
///
/// # Errors
/// When there is no such job, it is not paused, or the operator may not run jobs.
pub fn run(context: &mut Context, args: &ResumeArgs) -> anyhow::Result<()> {
    let app = context.app(Action::JobsResume)?;
    let counts = resume::resume(&app, JobId(args.job), &args.acting.change_options())?;
    let waiting = counted(counts.waiting(), "unsent mail");
    if args.acting.dry_run {
        let step = PlanStep::new(Action::JobsResume, format!("Would resume job {} ({waiting}).", args.job));
        let step = step.field("job", Value::Number(args.job)).field("waiting", Value::count(counts.waiting()));
        return plan::print(&mut context.output, app.now(), &[step]);
    }
    let send = format!("To send now: cxme-admin jobs run {}", args.job);
    context.output.say(&format!("Resumed job {} ({waiting}). {send}", args.job));
    Ok(())
}
