//! `jobs run`.

use std::path::PathBuf;
use std::time::Duration;

use crate::actions::jobs::report_limit;
use crate::actions::jobs::run;
use crate::actions::metrics;
use crate::app::ActionError;
use crate::app::App;
use crate::app::ChangeOptions;
use crate::cli::context::Context;
use crate::cli::failure;
use crate::cli::failure::CliError;
use crate::cli::failure::MailFailure;
use crate::cli::jobs::metrics_file;
use crate::cli::jobs::paused;
use crate::cli::jobs::send;
use crate::cli::jobs::send::Task;
use crate::cli::value;
use crate::domain::action::Action;
use crate::domain::duration::parse_duration;
use crate::domain::job::JobId;
use crate::domain::job::JobState;
use crate::domain::report_limit::Recurrence;
use crate::domain::report_limit::signature;
use crate::private_file;

/// Send what is due: queued, deferred, or in doubt after a crash
///
/// Meant for cron, every minute: prints nothing while all is well, and skips mail that another process is sending. A
/// continuing failure is reported when mail has waited for `[jobs] complain_after`, and then once an hour; `-v` always
/// reports it, and the exit code always shows it. Another process that has sent nothing for `complain_after`, such as a
/// stopped one, is reported in the same way (exit code 75). Paused jobs wait until they are named here; the exit code
/// is 3 while users whose passwords a paused job ended have no link. Ctrl-C and SIGTERM end the run after the mails in
/// flight, within 5 seconds; a second one ends it immediately. Nothing is lost either way.
///
/// If the relay refuses every mail with the same reply, the refusal concerns this program and not the users: the run
/// stops, no attempt is counted against a user, and runs without JOB send nothing for 5 minutes, then for longer each
/// time, up to 67 minutes. They end with the exit code of the refusal. A relay that leaves every mail in doubt, because it
/// hangs up after the mail or answers something else than SMTP, stops the run in the same way (exit code 75).
#[derive(Debug, clap::Args)]
pub struct RunArgs {
    /// Send only this job; if it is paused, it is resumed and its limits start again from zero
    #[arg(value_name = "JOB")]
    job: Option<i64>,
    /// Send even if the relay refused all mail or left it in doubt a short while ago, and try deferred mail now
    #[arg(long)]
    now: bool,
    /// Stop starting new mails after this time, such as `50m`
    #[arg(long, value_name = "TIME")]
    max_runtime: Option<String>,
    /// Write numbers for monitoring to this file at the end of the run, also of one that fails: for the textfile collector
    /// of node_exporter, which reads files named `*.prom`
    #[arg(long, value_name = "FILE")]
    metrics_file: Option<PathBuf>,
    /// Reason, recorded in the audit log if a paused job is resumed or mail is tried early
    #[arg(long, value_name = "TEXT")]
    reason: Option<String>,
}

/// Runs the command.
///
/// # Errors
/// When the relay cannot be used, a mail was refused, the operator may not, or the file of metrics cannot be written.
pub fn run(context: &mut Context, args: &RunArgs) -> anyhow::Result<()> {
    let max_runtime = max_runtime(args.max_runtime.as_deref())?;
    args.metrics_file.as_deref().map_or(Ok(()), private_file::refuse_reserved)?;
    let opened = context.app(Action::JobsRun);
    // Somebody who may not run jobs writes no file.
    if opened.as_ref().is_err_and(is_refusal) {
        return opened.map(drop);
    }
    let (app, ran) = match opened {
        Ok(app) => {
            let ran = run_in(context, &app, args, max_runtime);
            (Some(app), ran)
        }
        Err(error) => (None, Err(error)),
    };
    let Some(path) = &args.metrics_file else { return ran };
    let status = ran.as_ref().map_or_else(|error| failure::code_and_words(error).0, |()| failure::OK);
    match (metrics_file::write(app.as_ref(), path, status, context.now()), ran, &app) {
        (Ok(()), ran, _) => ran,
        (Err(error), Ok(()), Some(app)) => {
            let lasting = Recurrence::Lasting("the file of metrics".to_owned());
            limit_reports(context, app, error, Some(lasting))
        }
        (Err(not_written), Err(error), _) => {
            if !matches!(error.downcast_ref(), Some(CliError::ReportedBefore { .. })) {
                context.output.warn(&failure::code_and_words(&not_written).1);
            }
            Err(error)
        }
        (Err(error), Ok(()), None) => Err(error),
    }
}

fn is_refusal(error: &anyhow::Error) -> bool {
    matches!(error.downcast_ref(), Some(ActionError::Refused(_)))
}

/// Whether a run ended because it was to end: its time or a rate was used up, and the relay took what it sent until then.
fn stopped_at_a_limit(error: &anyhow::Error) -> bool {
    matches!(
        error.downcast_ref(),
        Some(CliError::NotSent { fault: MailFailure::RateUsedUp | MailFailure::TimeLimit, .. })
    )
}

fn run_in(context: &mut Context, app: &App, args: &RunArgs, max_runtime: Option<Duration>) -> anyhow::Result<()> {
    let change_options = ChangeOptions { reason: args.reason.clone(), ..ChangeOptions::default() };
    let Some(number) = args.job else {
        if args.now {
            run::make_due(app, None, &change_options)?;
        }
        let sent = send_what_is_due(context, app, max_runtime, args.now);
        if sent.as_ref().map_or_else(stopped_at_a_limit, |()| true) {
            metrics::record_success(app);
        }
        return sent.or_else(|error| limit_reports(context, app, error, None));
    };
    let job = run::resume(app, JobId(number), &change_options)?;
    if job.state == JobState::Finished {
        context.output.say(&format!("Job {number} has finished: cxme-admin jobs show {number}"));
        return send::write_record(context, app, job.id);
    }
    let mailer = context.mailer(app)?;
    if args.now {
        run::make_due(app, Some(job.id), &change_options)?;
    }
    let stuck = run::stuck_of(app, job.id)?;
    let task = Task { max_runtime, stuck, ..Task::of_jobs(vec![job.id], &mailer) };
    send::go_on(context, app, &task)
}

fn send_what_is_due(
    context: &mut Context,
    app: &App,
    max_runtime: Option<Duration>,
    ignores_hold: bool,
) -> anyhow::Result<()> {
    let work = run::look(app)?;
    if work.is_empty() {
        if let Some(complaint) = paused::complaint(app, None)? {
            return Err(complaint.into());
        }
        let next = send::next_try(context, app);
        context
            .output
            .say(&next.map_or_else(|| "Nothing is due.".to_owned(), |next| format!("Nothing is due: {next}.")));
        return Ok(());
    }
    if let Some(hold) = work.hold.filter(|_| !ignores_hold) {
        let when = value::relative(hold.until, app.now());
        let hint = "`--now` sends at once";
        context.output.say(&format!("Held back; the next try is due {when} ({hint}): {}", hold.reply));
        // The run that was refused has told of it. Mail waits all the same, and who watches the exit code must see that.
        let code = if hold.is_for_doubts() || hold.reply.starts_with('4') { failure::LATER } else { failure::RELAY };
        return Err(CliError::ReportedBefore { code }.into());
    }
    let mailer = context.mailer(app)?;
    let jobs = work.jobs.iter().map(|job| job.id).collect();
    let (skipped, stuck) = (work.skipped, work.stuck);
    let task = Task { single: work.single, jobs, is_named: false, max_runtime, mailer: &mailer, skipped, stuck };
    send::go_on(context, app, &task)
}

/// Without a terminal, suppresses the message of a continuing failure that was reported recently: cron would mail it
/// each minute. The exit code stays.
fn limit_reports(
    context: &mut Context,
    app: &App,
    error: anyhow::Error,
    lasting: Option<Recurrence>,
) -> anyhow::Result<()> {
    // A run that was held back met no failure: what cron was told of the one before stays remembered.
    let is_held_back = matches!(error.downcast_ref(), Some(CliError::ReportedBefore { .. }));
    if !context.output.is_unattended || is_held_back {
        return Err(error);
    }
    let (code, words) = failure::code_and_words(&error);
    let complain_after = context.config()?.jobs.complain_after;
    let recurrence = lasting.unwrap_or_else(|| recurrence(&error, code, &words));
    if report_limit::is_reported(app, &recurrence, complain_after) {
        return Err(error);
    }
    Err(CliError::ReportedBefore { code }.into())
}

fn recurrence(error: &anyhow::Error, code: u8, words: &str) -> Recurrence {
    match (code, error.downcast_ref::<CliError>()) {
        // It is sent again and again until it is taken, and may have arrived each time: that is told at once.
        (failure::LATER, Some(CliError::NotSent { fault: MailFailure::InDoubt, .. })) => {
            Recurrence::Lasting("mails in doubt".to_owned())
        }
        (failure::LATER, Some(CliError::NotSent { fault: MailFailure::RateUsedUp, .. })) => Recurrence::Expected,
        (failure::LATER, Some(CliError::NotSent { fault: MailFailure::Stalled, .. })) => {
            Recurrence::Lasting("another process has stalled".to_owned())
        }
        // Nothing passes by itself until somebody raises the limit.
        (failure::LATER, _) if failure::is_shortage(error) => Recurrence::Lasting(signature(words)),
        // Mails may have left that nobody could record.
        (failure::LATER, Some(CliError::Broken { .. })) => Recurrence::Lasting("a run that the store ended".to_owned()),
        (failure::LATER, _) => Recurrence::Passing,
        (failure::PARTLY, Some(CliError::NotSent { fault: MailFailure::SomeSoFar, .. })) => {
            Recurrence::Lasting("failed mails of a running job".to_owned())
        }
        (failure::PARTLY, Some(CliError::NotSent { fault: MailFailure::Paused, .. })) => {
            Recurrence::Lasting("paused jobs that ended passwords".to_owned())
        }
        (failure::PARTLY, Some(CliError::NotSent { fault: MailFailure::Skipped, .. })) => {
            Recurrence::Lasting("damaged rows".to_owned())
        }
        (failure::RELAY | failure::CONFIGURATION, _) => {
            // The totals after the error differ each time.
            let transport_error = words.rsplit_once("; ").map_or(words, |(transport_error, _)| transport_error);
            Recurrence::Lasting(format!("{code} {}", signature(transport_error)))
        }
        _ => Recurrence::Once,
    }
}

/// The time of `--max-runtime`.
///
/// # Errors
/// When it is malformed.
pub fn max_runtime(given: Option<&str>) -> Result<Option<Duration>, CliError> {
    let usage = |words: String| CliError::Usage { words: format!("--max-runtime: {words}"), hint: None };
    given.map(parse_duration).transpose().map_err(|error| usage(error.to_string()))
}
