//! `jobs wait`.

use std::time::Duration;

use crate::actions::jobs::wait;
use crate::actions::jobs::wait::WaitOutcome;
use crate::cli::context::Context;
use crate::cli::failure::CliError;
use crate::cli::failure::MailFailure;
use crate::cli::jobs::send;
use crate::cli::jobs::summary;
use crate::cli::jobs::summary::counted;
use crate::domain::action::Action;
use crate::domain::duration::DisplayDuration;
use crate::domain::duration::parse_duration;
use crate::domain::job::JobId;
use crate::domain::job::JobState;
use crate::domain::message::MessageState;

/// Wait until a job has ended or is paused
///
/// Sends nothing, locks nothing and changes nothing: `jobs run` sends the mail, from cron or by somebody else. The exit code is the one
/// that `jobs run` has at the end of the job: 0 if every mail was accepted, 3 if some failed or the job is paused; also 3 if the
/// job was cancelled before all of its mails were sent, and 75 if it is still running after `--timeout`.
#[derive(Debug, clap::Args)]
pub struct WaitArgs {
    /// Number of the job
    #[arg(value_name = "JOB")]
    job: i64,
    /// Stop waiting after this time, such as `1h`
    #[arg(long, value_name = "TIME")]
    timeout: Option<String>,
}

/// Runs the command.
///
/// # Errors
/// When there is no such job, some of its mails failed, it is paused, it was cancelled or deleted, it is still running after the timeout, or
/// the operator may not see users.
pub fn run(context: &mut Context, args: &WaitArgs) -> anyhow::Result<()> {
    let timeout = timeout(args.timeout.as_deref())?;
    let app = context.app(Action::JobsWait)?;
    let id = JobId(args.job);
    let output = &mut context.output;
    let waited = wait::wait(&app, id, timeout, &mut |status, is_sent_now| {
        let waiting = counted(status.counts.waiting(), "unsent mail");
        let sender =
            if is_sent_now { String::new() } else { format!("; no process is sending it: cxme-admin jobs run {id}") };
        output.say(&format!("Waiting for job {id} ({waiting}){sender}"));
    })?;
    let (status, is_over) = match waited {
        WaitOutcome::Over(status) => (status, true),
        WaitOutcome::TimedOut(status) => (status, false),
        WaitOutcome::Deleted => return Err(CliError::JobDeleted(id).into()),
    };
    send::write_record(context, &app, id)?;
    let words = summary::line(&status);
    if !is_over {
        let time = DisplayDuration(timeout.unwrap_or_default());
        let words = format!("{words}; still running after {time}");
        let hint = format!("to see its progress: cxme-admin jobs show {id}");
        return Err(CliError::NotSent { fault: MailFailure::Later, words, hint }.into());
    }
    if let Some(complaint) = send::complaint_of_end(&status) {
        return Err(complaint.into());
    }
    if status.job.state == JobState::Cancelled && status.counts.of(MessageState::Cancelled) > 0 {
        let hint = format!("details: cxme-admin jobs recipients {id}");
        return Err(CliError::NotSent { fault: MailFailure::Some, words, hint }.into());
    }
    context.output.say(&format!("{words}."));
    Ok(())
}

/// The time of `--timeout`.
fn timeout(given: Option<&str>) -> Result<Option<Duration>, CliError> {
    let usage = |words: String| CliError::Usage { words: format!("--timeout: {words}"), hint: None };
    given.map(parse_duration).transpose().map_err(|error| usage(error.to_string()))
}
