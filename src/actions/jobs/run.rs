//! `jobs run`: whatever is due is sent, the messages of no job and those of every job that runs.

use crate::actions::jobs::rank::refuse_protected;
use crate::actions::jobs::resume::resume_within;
use crate::actions::rates::rates_of;
use crate::actions::rates::unreadable;
use crate::app::App;
use crate::app::ChangeOptions;
use crate::app::EventDetails;
use crate::app::Result;
use crate::app::Transaction as _;
use crate::domain::action::Action;
use crate::domain::job::JobId;
use crate::domain::job::JobState;
use crate::domain::message::MessageState;
use crate::domain::refusal::Refusal;
use crate::domain::share::Share;
use crate::outbox::Mailer;
use crate::outbox::Progress;
use crate::outbox::SendOptions;
use crate::outbox::SendReport;
use crate::outbox::Skipped;
use crate::outbox::StopReason;
use crate::store::job_counts::Counts;
use crate::store::jobs::Job;
use crate::store::outbox::Cursor;
use crate::store::outbox::NextTry;
use crate::store::outbox::Scope;
use crate::store::relay_refusals::RelayHold;

/// What one run of a job, or of the messages of no job, came to.
#[derive(Debug)]
pub enum RunOutcome {
    /// It was sent as far as the report says.
    Sent(SendReport),
    /// Another process does that now.
    Elsewhere,
}

/// Hears how far a run is, and of how many messages in all (0: not known).
pub type Observer<'run> = dyn FnMut(u64, &Progress<'_>) + 'run;

/// What `jobs run` has to do.
#[derive(Debug, Clone, Default)]
pub struct RunScope {
    /// Whether a message of no job is due, or was being sent by a process that died.
    pub single: bool,
    /// The jobs that run, the oldest first.
    pub jobs: Vec<Job>,
    /// The jobs that run and whose rows are damaged: they are left as they are.
    pub skipped: Skipped,
    /// The messages whose rows are damaged so that no run would meet them.
    pub stuck: Skipped,
    /// The relay refused everything a short while ago, and nothing is to be sent unless somebody asks for it.
    pub hold: Option<RelayHold>,
}

impl RunScope {
    /// Whether there is nothing.
    pub fn is_empty(&self) -> bool {
        !self.single && self.jobs.is_empty() && self.skipped.count == 0 && self.stuck.count == 0
    }
}

/// Looks what there is to do.
///
/// # Errors
/// When the operator may not run jobs, or the store cannot be read.
pub fn look(app: &App) -> Result<RunScope> {
    app.view(Action::JobsRun, |view| {
        let single = view.anything_due(&Cursor::of(None), view.now())? || !view.senders_in_flight()?.is_empty();
        let hold = view.relay_hold()?.filter(|hold| hold.is_in_force(view.now()));
        let (jobs, faults) = view.running_jobs()?;
        let mut skipped = Skipped::default();
        faults.iter().for_each(|fault| skipped.add(fault));
        let mut stuck = Skipped::default();
        view.stuck_messages()?.iter().for_each(|fault| stuck.add_stuck(fault));
        Ok(RunScope { single, jobs, skipped, stuck, hold })
    })
}

/// The messages of a job that no run would meet.
///
/// # Errors
/// When the operator may not run jobs, or the store cannot be read.
pub fn stuck_of(app: &App, job: JobId) -> Result<Skipped> {
    app.view(Action::JobsRun, |view| {
        let mut stuck = Skipped::default();
        view.messages_in_unknown_state(Some(job))?.iter().for_each(|fault| stuck.add(fault));
        Ok(stuck)
    })
}

/// The messages that wait for another try, and the first of them.
///
/// # Errors
/// When the operator may not run jobs, or the store cannot be read.
pub fn next_try(app: &App) -> Result<Option<NextTry>> {
    app.view(Action::JobsRun, |view| Ok(view.next_try(view.now())?))
}

/// A job that is to be sent. A paused one continues: that is a change, and has its event. Sending a job that
/// runs decides nothing; resuming a paused one does, so the operator must not be outranked by the users that it mails.
///
/// # Errors
/// When there is no such job, it was cancelled, it mails users whose role may do more than the operator's, or the operator
/// may not run jobs.
pub fn resume(app: &App, id: JobId, change_options: &ChangeOptions) -> Result<Job> {
    let job = app.view(Action::JobsRun, |view| {
        let job = view.job(id)?.ok_or(Refusal::NoSuchJob(id))?;
        match job.state {
            JobState::Running | JobState::Finished => Ok(job),
            JobState::Paused | JobState::Cancelled => refuse_protected(view, id).map(|()| job),
        }
    })?;
    match job.state {
        JobState::Running | JobState::Finished => return Ok(job),
        JobState::Cancelled => return Err(Refusal::JobState { id, state: job.state }.into()),
        JobState::Paused => {}
    }
    app.change(Action::JobsRun, change_options, |change| Ok((resume_within(change, id)?, ())))?;
    Ok(job)
}

/// Makes due now what waits for another try: of a job, or of no job and of every job that runs. Gives how many messages there
/// were.
///
/// # Errors
/// When the operator may not run jobs, or the store cannot be written.
pub fn make_due(app: &App, job: Option<JobId>, change_options: &ChangeOptions) -> Result<u64> {
    app.change(Action::JobsRun, change_options, |change| {
        let count = change.make_due(job, change.now())?;
        let mut details = EventDetails { is_unchanged: count == 0, ..EventDetails::default() };
        if let Some(job) = job {
            details.note("job", job.0);
        }
        details.note("due_now", count);
        Ok((details, count))
    })
}

/// Sends the messages of no job that are due.
///
/// # Errors
/// When the key is missing or another one while links wait, or the store fails:
/// [`ActionError::Broken`](crate::app::ActionError::Broken) once sending has begun.
pub fn run_single(
    app: &App,
    mailer: &Mailer,
    send_options: &SendOptions,
    observer: &mut Observer<'_>,
) -> Result<RunOutcome> {
    let has_links = app.view(Action::JobsRun, |view| Ok(view.any_link_waits()?))?;
    if has_links {
        app.check_mailer(mailer)?;
    }
    let Some(_lock) = app.store().lock_as_runner(None)? else { return Ok(RunOutcome::Elsewhere) };
    let send_options = SendOptions { scope: Scope::OfNoJob, ..send_options.clone() };
    Ok(RunOutcome::Sent(app.deliver_observed(mailer, &send_options, &mut |progress| observer(0, progress))?))
}

/// Sends the messages of a job that are due, as the job says. `send_options` has what the operator says besides: it counts where
/// the job says nothing.
///
/// # Errors
/// When the key is missing or another one, or the store fails:
/// [`ActionError::Broken`](crate::app::ActionError::Broken) once sending has begun.
pub fn run_job(
    app: &App,
    mailer: &Mailer,
    id: JobId,
    send_options: &SendOptions,
    observer: &mut Observer<'_>,
) -> Result<RunOutcome> {
    app.check_mailer(mailer)?;
    let Some(_lock) = app.store().lock_as_runner(Some(id))? else { return Ok(RunOutcome::Elsewhere) };
    let (job, counts) =
        app.view(Action::JobsRun, |view| Ok((view.job(id)?.ok_or(Refusal::NoSuchJob(id))?, view.job_counts(id)?)))?;
    if job.state != JobState::Running {
        return Ok(RunOutcome::Sent(SendReport::default()));
    }
    let send_options = order_of(&job, &counts, send_options)?;
    let waiting = counts.waiting();
    let report = app.deliver_observed(mailer, &send_options, &mut |progress| observer(waiting, progress))?;
    let pause = report.stop_reason.and_then(pause_of);
    let settled = app.store().settle_job(id, pause.as_deref(), app.now());
    settled.map_err(|error| app.broken_after(&report)(error.into()))?;
    Ok(RunOutcome::Sent(report))
}

/// How a job is sent.
fn order_of(job: &Job, counts: &Counts, send_options: &SendOptions) -> Result<SendOptions> {
    let sending = &job.sending;
    let connections = sending.connections.and_then(|count| usize::try_from(count).ok());
    let job_rates = rates_of(job)?;
    let max_failures = sending.max_failures.as_deref().map(str::parse::<Share>).transpose();
    let unless_given = Share::unless_given(counts.mails());
    let (accepted, failed) = job.base;
    // What waits for another try is counted when it has had it.
    let before = SendReport {
        accepted: counts.accepted_by_relay().saturating_sub(accepted),
        failed: counts.of(MessageState::Failed).saturating_sub(failed),
        ..SendReport::default()
    };
    Ok(SendOptions {
        scope: Scope::Job(job.id),
        connections: connections.unwrap_or(send_options.connections),
        job_rates,
        max_failures: max_failures
            .map_err(|_| unreadable(job, "max_failures", sending.max_failures.as_deref()))?
            .or(unless_given),
        canary: sending.canary,
        before,
        ..send_options.clone()
    })
}

/// Why a job waits for an operator after this; `None`: it does not.
fn pause_of(stop_reason: StopReason) -> Option<String> {
    match stop_reason {
        StopReason::TooManyFailures { failed, settled } => Some(format!("too many failures: {failed} of {settled}")),
        StopReason::CanaryFailed => Some("one of the first messages was not accepted".to_owned()),
        StopReason::TransportFailed
        | StopReason::OutOfTime
        | StopReason::Stopped
        | StopReason::Ended
        | StopReason::RateUsedUp(_) => None,
    }
}
