//! `jobs cancel`.

use crate::actions::jobs::cancel;
use crate::cli::acting_args::ActingArgs;
use crate::cli::context::Context;
use crate::cli::jobs::summary;
use crate::cli::jobs::summary::counted;
use crate::cli::plan;
use crate::cli::plan::PlanStep;
use crate::cli::value::Value;
use crate::domain::action::Action;
use crate::domain::job::JobId;
use crate::domain::job::JobState;

/// Cancel a job's unsent mail
///
/// A running sender stops after the mail in flight. Sent mails cannot be recalled, but their links can be revoked.
#[derive(Debug, clap::Args)]
pub struct CancelArgs {
    /// Number of the job
    #[arg(value_name = "JOB")]
    job: i64,
    /// Also revoke the links that the job has sent
    #[arg(long)]
    revoke_links: bool,
    #[command(flatten)]
    acting: ActingArgs,
}

/// Runs the command.
///
/// # Errors
/// When there is no such job, it has ended, or the operator may not run jobs.
pub fn run(context: &mut Context, args: &CancelArgs) -> anyhow::Result<()> {
    let app = context.app(Action::JobsCancel)?;
    let cancelled = cancel::cancel(&app, JobId(args.job), args.revoke_links, &args.acting.change_options())?;
    let (job, links) = (args.job, counted(cancelled.links, "link"));
    let revoked = if args.revoke_links { format!(", {links} revoked") } else { String::new() };
    let mails = counted(cancelled.messages, "mail");
    let ended = cancelled.ended.map(JobState::word);
    if args.acting.dry_run {
        let words = match ended {
            Some(state) => format!("Would revoke {links} of job {job}, which is {state} already."),
            None => format!("Would cancel job {job}: {mails} cancelled{revoked}."),
        };
        let without = summary::would_be_without_password(cancelled.without_password);
        let words = [Some(words), without].into_iter().flatten().collect::<Vec<_>>().join(" ");
        let step = PlanStep::new(Action::JobsCancel, words)
            .field("job", Value::Number(args.job))
            .field("cancelled", Value::count(cancelled.messages))
            .field("in_doubt", Value::count(cancelled.in_doubt))
            .field("links", Value::count(cancelled.links))
            .field("without_password", Value::count(cancelled.without_password));
        plan::print(&mut context.output, app.now(), &[step])?;
    } else {
        context.output.say(&match ended {
            Some(state) => format!("Revoked {links} of job {job}, which is {state} already."),
            None => format!("Cancelled job {job}: {mails} cancelled{revoked}."),
        });
    }
    if !args.acting.dry_run
        && let Some(words) = summary::words_without_password(cancelled.without_password)
    {
        let next = format!("to mail them: {}", summary::SEND_AGAIN);
        context.output.warn(&format!("{words}, and the job mails them no more; {next}"));
    }
    if cancelled.in_doubt > 0 && !args.revoke_links {
        let words = format!("{} of them may have arrived, with a link that works", counted(cancelled.in_doubt, "mail"));
        context.output.warn(&format!("{words}: `--revoke-links` ends it"));
    }
    Ok(())
}
