//! Sends what there is to send, shows how far it is, and says what came of it: for `jobs run`, and for the command that creates a job.

use std::time::Duration;
use std::time::Instant;

use jiff::Timestamp;

use crate::actions::jobs::report_limit;
use crate::actions::jobs::run;
use crate::actions::jobs::run::RunOutcome;
use crate::actions::jobs::show;
use crate::actions::jobs::show::JobStatus;
use crate::app::ActionError;
use crate::app::App;
use crate::app::error::without_promise;
use crate::cli::column::Column;
use crate::cli::context::Context;
use crate::cli::data;
use crate::cli::failure;
use crate::cli::failure::CliError;
use crate::cli::failure::MailFailure;
use crate::cli::jobs::columns;
use crate::cli::jobs::paused;
use crate::cli::jobs::progress::ProgressLine;
use crate::cli::jobs::stalled;
use crate::cli::jobs::summary;
use crate::cli::jobs::summary::counted;
use crate::cli::mail::fault_of;
use crate::cli::mail::hint_for;
use crate::cli::output::Format;
use crate::cli::value;
use crate::domain::job::JobId;
use crate::domain::job::JobState;
use crate::domain::message::MessageState;
use crate::domain::refusal::Refusal;
use crate::domain::relay::Phase;
use crate::outbox::Mailer;
use crate::outbox::SendOptions;
use crate::outbox::SendReport;
use crate::outbox::Skipped;
use crate::outbox::StopReason;
use crate::store::StoreError;
use crate::store::outbox::NextTry;

/// What becomes of mails in doubt.
const IN_DOUBT: &str = "a mail in doubt may have arrived, and jobs run sends it again; why: cxme-admin mail queue";

/// What is to be sent.
#[derive(Debug)]
pub struct Task<'a> {
    /// The messages of no job.
    pub single: bool,
    /// Jobs, one after the other.
    pub jobs: Vec<JobId>,
    /// A job was named: that another process has it is an error.
    pub is_named: bool,
    /// How long messages may be begun.
    pub max_runtime: Option<Duration>,
    /// What sending takes.
    pub mailer: &'a Mailer,
    /// Jobs that cannot be sent, because their rows are damaged.
    pub skipped: Skipped,
    /// Mails of which that is so.
    pub stuck: Skipped,
}

impl<'a> Task<'a> {
    /// These jobs alone, which were named.
    pub fn of_jobs(jobs: Vec<JobId>, mailer: &'a Mailer) -> Self {
        let (skipped, stuck) = (Skipped::default(), Skipped::default());
        Self { single: false, jobs, is_named: true, max_runtime: None, mailer, skipped, stuck }
    }
}

/// What was sent.
#[derive(Debug, Default)]
struct SentMails {
    /// Of each part that this process sent.
    reports: Vec<SendReport>,
    /// How many parts another process sends.
    elsewhere: usize,
    /// Whether a mail of no job failed.
    has_single_failed: bool,
    /// Jobs that turned out to be damaged.
    skipped: Skipped,
    /// The store failed, and with it the run.
    broken: Option<ActionError>,
}

/// Sends, and says what came of it.
///
/// # Errors
/// When the relay cannot be used, a mail was refused, a job was paused or has work left, the store failed, or somebody
/// asked it to stop.
pub fn go_on(context: &mut Context, app: &App, task: &Task<'_>) -> anyhow::Result<()> {
    let retry_for = context.config()?.mail.smtp.retry_for;
    let begin_until = task.max_runtime.map(|time| Instant::now() + time);
    let send_options = SendOptions { retry_for, begin_until, ..app.send_options() };
    let (sent, signal) = match context.stoppable(send_options) {
        Ok((send_options, signal)) => (send(context, app, task, &send_options), Some(signal)),
        // The job may have ended passwords: which one it is, and how many users wait, is told all the same.
        Err(error) => {
            let broken = Some(ActionError::from(error.downcast::<StoreError>()?));
            (SentMails { broken, ..SentMails::default() }, None)
        }
    };
    let signal = signal.map_or(0, |by| by.number());
    let named = task.jobs.first().copied().filter(|_| task.is_named);
    let is_idle = |report: &SendReport| {
        report.total() == 0 && report.stop_reason.is_none() && report.transport_error.is_none() && !report.bug
    };
    if sent.reports.iter().all(is_idle) && sent.broken.is_none() && sent.elsewhere > 0 {
        return match (stalled::complaint(context, app, None)?, named) {
            (Some(complaint), _) => Err(complaint.into()),
            (None, Some(id)) => Err(ActionError::Refused(Refusal::JobRuns(id)).into()),
            (None, None) => {
                context.output.say("Another process is sending the mail that is due.");
                Ok(())
            }
        };
    }
    let report = summary::sum(&sent.reports);
    let (mut skipped_jobs, mut skipped_mails) = (task.skipped.clone(), report.skipped.clone());
    skipped_jobs.add_all(&sent.skipped);
    skipped_mails.add_all(&task.stuck);
    // Where the store fails, it may not say any more how far the job is.
    let shown: Vec<JobStatus> = task.jobs.iter().filter_map(|id| show::find(app, *id).ok()).collect();
    let words = match (shown.first(), task.jobs.first()) {
        (Some(shown), _) if task.is_named => summary::line(shown),
        (_, Some(id)) if task.is_named => format!("job {id}: {report}"),
        _ => {
            let without = shown.iter().map(|shown| shown.without_password.users).sum();
            let without = summary::words_without_password(without).map_or(String::new(), |words| format!("; {words}"));
            format!("{report}{}{without}", summary::first_failed(&report))
        }
    };
    if let Some(error) = sent.broken {
        return Err(broken(&error, &words, &report).into());
    }
    if let Some(id) = named {
        write_record(context, app, id).map_err(|error| with_counts(error, &words))?;
    }
    let validated = validate(task, &report, sent.has_single_failed, &shown, words, (signal, app.now()));
    match with_skipped(validated, &skipped_jobs, &skipped_mails) {
        Err(complaint) => Err(complaint.into()),
        Ok(words) => {
            if !task.is_named
                && let Some(complaint) =
                    stalled::complaint(context, app, Some(&words)).map_err(|error| with_counts(error, &words))?
            {
                return Err(complaint.into());
            }
            if !task.is_named
                && let Some(complaint) =
                    paused::complaint(app, Some(&words)).map_err(|error| with_counts(error, &words))?
            {
                return Err(complaint.into());
            }
            if !task.is_named && report.accepted > 0 {
                report_limit::forget(app);
            }
            let next = if task.is_named { None } else { next_try(context, app) };
            context.output.say(&next.map_or_else(|| format!("{words}."), |next| format!("{words}; {next}.")));
            Ok(())
        }
    }
}

/// What waits for another try, when, and why, for a person who looks on.
pub fn next_try(context: &Context, app: &App) -> Option<String> {
    if !context.output.says() {
        return None;
    }
    let now = app.now();
    let NextTry { count, due_at, reply } = run::next_try(app).ok().flatten()?;
    let waits = if count == 1 { "waits" } else { "wait" };
    let why = if reply.is_empty() { String::new() } else { format!(": {reply}") };
    Some(format!("{} {waits}, the next try is due {}{why}", counted(count, "mail"), value::relative(due_at, now)))
}

fn send(context: &mut Context, app: &App, task: &Task<'_>, send_options: &SendOptions) -> SentMails {
    let mut sent = SentMails::default();
    let single = task.single.then_some(None);
    for part in single.into_iter().chain(task.jobs.iter().copied().map(Some)) {
        let (mut bar, mut is_told): (Option<ProgressLine>, bool) = (None, false);
        let output = &mut context.output;
        let observer = &mut |total: u64, progress: &crate::outbox::Progress<'_>| {
            if bar.is_none() && (total > 0 || progress.relay_retry_in.is_some()) {
                bar = ProgressLine::begin(output, total);
            }
            if let Some(bar) = &bar {
                bar.show(output, progress);
            } else if progress.relay_retry_in.is_some() && !std::mem::replace(&mut is_told, true) {
                // Where nothing can be drawn anew, once.
                let why = progress.last_error.unwrap_or("it cannot be used");
                output.say(&format!("Waiting for the relay: {why}."));
            }
        };
        let ran = match part {
            None => run::run_single(app, task.mailer, send_options, observer),
            Some(id) => run::run_job(app, task.mailer, id, send_options, observer),
        };
        if let Some(bar) = bar {
            bar.end(&mut context.output);
        }
        match ran {
            Ok(RunOutcome::Elsewhere) => sent.elsewhere += 1,
            Ok(RunOutcome::Sent(report)) => {
                sent.has_single_failed |= part.is_none() && report.failed > 0;
                // A single mail that cannot be delivered keeps no job from starting.
                let is_transport_failed =
                    report.stop_reason == Some(StopReason::TransportFailed) && !report.is_over_one;
                let is_used_up = report.used_up().is_some_and(|used_up| !used_up.is_of_job);
                let is_over = is_transport_failed
                    || is_used_up
                    || matches!(report.stop_reason, Some(StopReason::OutOfTime | StopReason::Stopped));
                sent.reports.push(report);
                if is_over {
                    break;
                }
            }
            Err(error) => {
                let error = match error {
                    ActionError::Broken { report, error } => {
                        sent.reports.push(*report);
                        *error
                    }
                    error => error,
                };
                match error {
                    // One job that is damaged keeps no other from being sent.
                    ActionError::Store(StoreError::Row(fault)) if !task.is_named => sent.skipped.add(&fault),
                    error => {
                        sent.broken = Some(error);
                        break;
                    }
                }
            }
        }
    }
    sent
}

/// What the store's failure leaves: more than an error of a command that changes nothing.
fn broken(error: &ActionError, words: &str, report: &SendReport) -> CliError {
    let told = without_promise(error);
    let is_shortage = matches!(error, ActionError::Store(error) if error.is_shortage());
    let is_damaged = matches!(error, ActionError::Store(error) if error.damage().is_some());
    let hint = failure::hint_of(error).filter(|_| is_shortage || is_damaged);
    CliError::Broken {
        code: failure::code_of(error),
        is_shortage,
        words: format!("{told}; {words}"),
        hint: hint.unwrap_or_else(|| failure::run_again(report).to_owned()),
    }
}

/// A failure of the store after the run, with what the run came to.
fn with_counts(error: anyhow::Error, words: &str) -> anyhow::Error {
    match error.downcast::<ActionError>() {
        // Everything that was sent is recorded.
        Ok(error) => broken(&error, words, &SendReport::default()).into(),
        Err(other) => other,
    }
}

/// Names what was skipped because it is damaged. Another error keeps its exit code.
fn with_skipped(validated: Result<String, CliError>, jobs: &Skipped, mails: &Skipped) -> Result<String, CliError> {
    let Some(skipped) = summary::of_skipped(jobs, mails) else { return validated };
    match validated {
        Err(CliError::NotSent { fault, words, hint }) => {
            Err(CliError::NotSent { fault, words: format!("{words}; {skipped}"), hint })
        }
        Err(other) => Err(other),
        Ok(words) => Err(CliError::NotSent {
            fault: MailFailure::Skipped,
            words: format!("{words}; {skipped}"),
            hint: "all that is damaged, and what to do: cxme-admin store check".to_owned(),
        }),
    }
}

/// Whether all is well, and the words for it.
fn validate(
    task: &Task<'_>,
    report: &SendReport,
    has_single_failed: bool,
    shown: &[JobStatus],
    words: String,
    (signal, now): (i32, Timestamp),
) -> Result<String, CliError> {
    let go_on = || "unsent mail waits in the outbox: cxme-admin jobs run".to_owned();
    let not_sent = |fault, words, hint| Err(CliError::NotSent { fault, words, hint });
    if report.bug {
        return not_sent(MailFailure::Bug, words, "this is a bug: please report it".to_owned());
    }
    match report.stop_reason {
        Some(StopReason::Stopped) => {
            return Err(CliError::Stopped {
                signal,
                words: format!("Stopped by {}: {words}.", signal_name(signal)),
                hint: go_on(),
            });
        }
        Some(StopReason::OutOfTime) => {
            return not_sent(MailFailure::TimeLimit, format!("time limit reached; {words}"), go_on());
        }
        _ => {}
    }
    if let Some(transport_error) = &report.transport_error {
        let fault = match fault_of(transport_error) {
            MailFailure::Later if transport_error.phase == Phase::Dot && report.in_doubt > 0 => MailFailure::InDoubt,
            fault => fault,
        };
        let hint = if fault == MailFailure::InDoubt { IN_DOUBT } else { hint_for(fault) };
        return not_sent(fault, format!("{}; {words}", transport_error.message), hint.to_owned());
    }
    if let Some(complaint) = shown.iter().find_map(complaint_of_end) {
        return Err(match complaint {
            // A run that names a job prints its line, and `jobs recipients` has the rest.
            CliError::NotSent { fault, words, hint } if !task.is_named => {
                CliError::NotSent { fault, words: words + &summary::first_failed(report), hint }
            }
            other => other,
        });
    }
    if let Some(used_up) = report.used_up() {
        let words = format!("{}; {words}", summary::of_used_up(&used_up, now));
        return not_sent(MailFailure::RateUsedUp, words, go_on());
    }
    if task.is_named && shown.iter().any(|shown| shown.counts.waiting() > report.skipped.count) {
        return not_sent(MailFailure::Later, words, go_on());
    }
    if report.failed > 0 {
        let hint = match task.jobs.first() {
            Some(id) => format!("details: cxme-admin jobs show {id}"),
            None => "details: cxme-admin resets list -o csv".to_owned(),
        };
        let fault = if has_single_failed { MailFailure::Some } else { MailFailure::SomeSoFar };
        return not_sent(fault, words, hint);
    }
    if report.in_doubt > 0 {
        return not_sent(MailFailure::InDoubt, words, IN_DOUBT.to_owned());
    }
    Ok(words)
}

/// What is said of a job that is paused, or has finished without every mail being accepted; `None`: all is well, or it has not come to
/// that.
pub fn complaint_of_end(told: &JobStatus) -> Option<CliError> {
    let JobStatus { job, counts, without_password: without, .. } = told;
    let id = job.id;
    let has_failed = counts.of(MessageState::Failed) > 0;
    let hint = match job.state {
        JobState::Paused => format!("see: cxme-admin jobs show {id}; then: cxme-admin jobs run {id}"),
        // The job ends with this run: a user who was told "later" until now is told what became of it.
        JobState::Finished if has_failed || without.users > 0 => {
            let mut hint = format!("details: cxme-admin jobs recipients {id}");
            if has_failed {
                hint += &format!("; to try again: cxme-admin jobs retry {id}");
            }
            if without.users > without.failed {
                hint += &format!("; to mail those without a password: {}", summary::SEND_AGAIN);
            }
            hint
        }
        _ => return None,
    };
    Some(CliError::NotSent { fault: MailFailure::Some, words: summary::line(told), hint })
}

/// The name of a signal, such as SIGTERM.
pub fn signal_name(signal: i32) -> String {
    nix::sys::signal::Signal::try_from(signal).map_or_else(|_| format!("signal {signal}"), |signal| signal.to_string())
}

const RECORD: [Column<JobStatus>; 10] = [
    columns::JOB,
    columns::STATE,
    columns::MAILS,
    columns::ACCEPTED,
    columns::DEFERRED,
    columns::FAILED,
    columns::IN_DOUBT,
    columns::CANCELLED,
    columns::WAITING,
    columns::SKIPPED,
];

/// Writes the state and the counts of a job as data, where data was asked for.
///
/// # Errors
/// When the job cannot be read, or standard output cannot be written.
pub fn write_record(context: &mut Context, app: &App, id: JobId) -> anyhow::Result<()> {
    if context.output.format == Format::Table {
        return Ok(());
    }
    let status = show::find(app, id)?;
    let (headings, cells): (Vec<_>, Vec<_>) = RECORD.iter().map(|column| column.of(&status)).unzip();
    Ok(data::record(&mut context.output, &headings, &cells, app.now())?)
}
