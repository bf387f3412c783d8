//! `jobs show`, and what other commands show of a job.

use std::time::Duration;

use crate::actions::ago;
use crate::actions::rates::used_up;
use crate::app::App;
use crate::app::Result;
use crate::app::Transaction as _;
use crate::app::View;
use crate::domain::action::Action;
use crate::domain::job::JobId;
use crate::domain::job::JobState;
use crate::domain::message::MessageState;
use crate::domain::rate::Rates;
use crate::domain::refusal::Refusal;
use crate::outbox::quota::UsedUp;
use crate::store::ended_passwords::WithoutPassword;
use crate::store::job_counts::Counts;
use crate::store::jobs::Job;
use crate::store::jobs::RecipientOutcome;

/// The time over which the pace of a job is measured.
const MINUTE: Duration = Duration::from_secs(60);
/// How many different answers are shown.
const MOST_OUTCOMES: u64 = 10;

/// A job with what became of it so far.
#[derive(Debug, Clone)]
pub struct JobStatus {
    /// The job.
    pub job: Job,
    /// How many messages are in each state.
    pub counts: Counts,
    /// Why users were skipped, the most frequent reasons first; empty in a list of jobs.
    pub skipped: Vec<RecipientOutcome>,
    /// The users who have no password because the job ended it, and no link since; none in a list of jobs.
    pub without_password: WithoutPassword,
}

/// A job with all that is known of it.
#[derive(Debug, Clone)]
pub struct JobDetails {
    /// The job, and its counts.
    pub shown: JobStatus,
    /// How many links were used.
    pub used: u64,
    /// How many mails may have arrived more than once.
    pub perhaps_twice: u64,
    /// How many mails the relay accepted lately, and in how many seconds.
    pub pace: (u64, u64),
    /// How long it takes to the end at that pace.
    pub left: Option<Duration>,
    /// What became of those that were not accepted, the most frequent first.
    pub outcomes: Vec<RecipientOutcome>,
    /// Whether a process sends its messages now.
    pub is_sent_now: bool,
    /// The rate per hour or day that keeps its messages waiting.
    pub used_up: Option<UsedUp>,
}

/// A job. `rates` are those that hold for all mail.
///
/// # Errors
/// When there is none with this number, or the operator may not see users.
pub fn show(app: &App, id: JobId, rates: &Rates) -> Result<JobDetails> {
    app.view(Action::JobsShow, |view| {
        let job = view.job(id)?.ok_or(Refusal::NoSuchJob(id))?;
        let counts = view.job_counts(id)?;
        let (taken, first) = view.job_accepted_since(id, ago(view.now(), MINUTE))?;
        // A job that began a moment ago has not had the whole minute.
        let over = first.map_or(0, |first| view.now().as_second() - first.as_second()).max(1).unsigned_abs();
        let is_sent_now = app.store().is_run(id)?;
        // What waits for another try is not a matter of pace.
        let queued = counts.of(MessageState::Queued);
        let seconds = queued.saturating_mul(over).checked_div(taken).filter(|_| queued > 0 && is_sent_now);
        let outcomes = view.job_outcomes(id, MOST_OUTCOMES)?;
        let may_wait = job.state == JobState::Running && counts.waiting() > 0;
        let used_up = if may_wait { used_up(view, rates, Some(&job))? } else { None };
        Ok(JobDetails {
            used_up,
            used: view.job_links_used(id)?,
            perhaps_twice: view.job_perhaps_twice(id)?,
            pace: (taken, over),
            left: seconds.map(Duration::from_secs),
            shown: shown(view, job, counts, of_skipped(&outcomes))?,
            outcomes,
            is_sent_now,
        })
    })
}

/// The job itself, and how many messages are in each state.
///
/// # Errors
/// When there is none with this number, or the operator may not see users.
pub fn find(app: &App, id: JobId) -> Result<JobStatus> {
    app.view(Action::JobsShow, |view| status(view, id)?.ok_or_else(|| Refusal::NoSuchJob(id).into()))
}

/// The same in a view of another action; `None`: there is none with this number.
pub(super) fn status(view: &View<'_>, id: JobId) -> Result<Option<JobStatus>> {
    let Some(job) = view.job(id)? else { return Ok(None) };
    let counts = view.job_counts(id)?;
    let has_skipped = counts.of(MessageState::Skipped) > 0;
    let outcomes = if has_skipped { view.job_outcomes(id, MOST_OUTCOMES)? } else { Vec::new() };
    shown(view, job, counts, of_skipped(&outcomes)).map(Some)
}

/// The paused jobs that ended passwords of users who have neither a password nor a link since.
///
/// # Errors
/// When the operator may not run jobs, or the store cannot be read.
pub fn paused_without_password(app: &App) -> Result<Vec<JobStatus>> {
    app.view(Action::JobsRun, |view| {
        let mut paused = Vec::new();
        for id in view.paused_after_ending()? {
            let Some(job) = view.job(id)? else { continue };
            let shown = shown(view, job, view.job_counts(id)?, Vec::new())?;
            paused.extend(Some(shown).filter(|shown| shown.without_password.users > 0));
        }
        Ok(paused)
    })
}

fn shown(view: &View<'_>, job: Job, counts: Counts, skipped: Vec<RecipientOutcome>) -> Result<JobStatus> {
    let has_ended_some = job.passwords_ended.is_some_and(|ended| ended > 0);
    let without_password = match has_ended_some {
        true => view.job_without_password(job.id, view.now())?,
        false => WithoutPassword::default(),
    };
    Ok(JobStatus { job, counts, skipped, without_password })
}

fn of_skipped(outcomes: &[RecipientOutcome]) -> Vec<RecipientOutcome> {
    outcomes.iter().filter(|outcome| outcome.state == MessageState::Skipped).cloned().collect()
}
