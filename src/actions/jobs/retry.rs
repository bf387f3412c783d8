//! `jobs retry`, `users send-reset --retry-failed`.

use crate::actions::jobs::create::JobPlan;
use crate::actions::jobs::rank::refuse_protected;
use crate::app::App;
use crate::app::Change;
use crate::app::ChangeOptions;
use crate::app::EventDetails;
use crate::app::Result;
use crate::app::Transaction as _;
use crate::domain::action::Action;
use crate::domain::job::JobId;
use crate::domain::job::JobState;
use crate::domain::message::MessageState;
use crate::domain::refusal::Refusal;
use crate::store::job_creation::AudiencePart;
use crate::store::job_creation::Recipients;

/// Queues the failed mails of a job again, to those users who may still have one, and lets the job run. What was accepted,
/// skipped or cancelled stays. Returns whose mail had failed: those who get another one, and the others by reason. Where
/// nobody gets one, nothing is changed. Returns as well how many mails wait for their first try: the job sends them too.
///
/// # Errors
/// When there is no such job, it was cancelled, it mails users whose role may do more than the operator's, or the operator
/// may not run jobs.
pub fn failed(app: &App, id: JobId, change_options: &ChangeOptions) -> Result<(JobPlan, u64)> {
    app.change(Action::JobsRetry, change_options, |change| {
        require(change, id)?;
        let queued = change.job_counts(id)?.of(MessageState::Queued);
        let protected = change.protected_users()?;
        let recipients = Recipients {
            whom: AudiencePart::Failed(id),
            protected: &protected,
            email_domains: &app.organization().email_domains,
            sent_since: None,
            ends_passwords: false,
            includes_bounced: false,
            now: change.now(),
        };
        let plan = JobPlan { parts: change.plan_retry(id, &recipients)? };
        let mut details = EventDetails { is_unchanged: plan.mailed() == 0, ..EventDetails::default() };
        if plan.mailed() > 0 {
            let count = change.retry_failed(id, &recipients, app.account())?;
            change.reopen_job(id, change.now())?;
            details.note("job", id.0);
            details.note("failed", count);
            details.note("skipped", plan.skipped());
        }
        Ok((details, (plan, queued)))
    })
}

/// Makes due now what waits of a job, and lets the job run if it is paused. Returns how many mails were deferred or in doubt, how
/// many wait for their first try, and how many wait in all.
///
/// # Errors
/// As [`failed`].
pub fn deferred(app: &App, id: JobId, change_options: &ChangeOptions) -> Result<(u64, u64, u64)> {
    app.change(Action::JobsRetry, change_options, |change| {
        let state = require(change, id)?;
        let counts = change.job_counts(id)?;
        let tried = counts.of(MessageState::Deferred) + counts.of(MessageState::InDoubt);
        let due = change.make_due(Some(id), change.now())?;
        if state == JobState::Paused {
            change.resume_job(id, change.now())?;
        }
        let mut details =
            EventDetails { is_unchanged: due == 0 && state != JobState::Paused, ..EventDetails::default() };
        details.note("job", id.0);
        details.note("deferred", tried);
        Ok((details, (tried, counts.of(MessageState::Queued), counts.waiting())))
    })
}

/// The state of a job of which something can be tried again.
fn require(change: &Change<'_>, id: JobId) -> Result<JobState> {
    let job = change.job(id)?.ok_or(Refusal::NoSuchJob(id))?;
    refuse_protected(change, id)?;
    if job.state == JobState::Cancelled {
        return Err(Refusal::JobState { id, state: job.state }.into());
    }
    Ok(job.state)
}
