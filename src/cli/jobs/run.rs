//! `jobs run`.

use std::time::Duration;

use crate::actions::Intent;
use crate::actions::jobs::run;
use crate::cli::context::Context;
use crate::cli::data;
use crate::cli::failure::Complaint;
use crate::cli::jobs::running;
use crate::cli::jobs::running::Task;
use crate::domain::action::Action;
use crate::domain::duration::parse_duration;
use crate::domain::job::JobId;
use crate::domain::job::JobState;

/// Send what is due: queued, deferred, or in doubt after a crash
///
/// For cron, each minute: it says nothing while all is well, and leaves alone what another process sends. Paused jobs wait
/// until they are named here. Ctrl-C and SIGTERM end it when what is in flight has ended, within 5 seconds; a second one at
/// once. Nothing is lost either way.
///
/// If the relay gives every mail the same refusal, that is about this program and not about the users: the run stops, no user's
/// attempt is counted, and runs without JOB send nothing for 5 minutes, then for longer each time, at most for 67 minutes.
#[derive(Debug, clap::Args)]
pub struct RunArgs {
    /// This job alone; if it is paused, it goes on, and its limits count anew
    #[arg(value_name = "JOB")]
    job: Option<i64>,
    /// Send although the relay refused all mail a short while ago
    #[arg(long)]
    now: bool,
    /// Begin nothing new after this time, such as `50m`
    #[arg(long, value_name = "TIME")]
    max_runtime: Option<String>,
    /// Why, for the audit: that a paused job goes on is an event
    #[arg(long, value_name = "TEXT")]
    reason: Option<String>,
}

/// Runs the command.
///
/// # Errors
/// When the relay cannot be used, a mail was refused, or the operator may not.
pub fn run(context: &mut Context, args: &RunArgs) -> anyhow::Result<()> {
    let max_runtime = max_runtime(args.max_runtime.as_deref())?;
    let desk = context.desk(Action::JobsRun)?;
    let (single, jobs, is_named) = match args.job {
        Some(number) => {
            let intent = Intent { reason: args.reason.clone(), ..Intent::default() };
            let job = run::resume(&desk, JobId(number), &intent)?;
            if job.state == JobState::Finished {
                context.output.say(&format!("Job {number} is finished: cxme-admin jobs show {number}"));
                return running::write_record(context, &desk, job.id);
            }
            (false, vec![job.id], true)
        }
        None => {
            let work = run::look(&desk)?;
            if work.is_empty() {
                context.output.say("Nothing is due.");
                return Ok(());
            }
            if let Some(hold) = work.hold.filter(|_| !args.now) {
                let when = data::relative(hold.until, desk.now());
                let hint = "`--now` sends at once";
                context.output.say(&format!("Held back; the next try is due {when} ({hint}): {}", hold.reply));
                return Ok(());
            }
            (work.single, work.jobs.iter().map(|job| job.id).collect(), false)
        }
    };
    let post = context.post(&desk)?;
    running::go_on(context, &desk, &Task { single, jobs, is_named, max_runtime, post: &post })
}

/// The time of `--max-runtime`.
///
/// # Errors
/// When it is malformed.
pub fn max_runtime(given: Option<&str>) -> Result<Option<Duration>, Complaint> {
    let usage = |words: String| Complaint::Usage { words: format!("--max-runtime: {words}"), hint: None };
    given.map(parse_duration).transpose().map_err(|error| usage(error.to_string()))
}
