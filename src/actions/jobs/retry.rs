//! `jobs retry`, `users send-reset --retry-failed`.

use crate::actions::Change;
use crate::actions::Desk;
use crate::actions::Intent;
use crate::actions::Record;
use crate::actions::Result;
use crate::actions::Scene as _;
use crate::actions::jobs::end::refuse_outranked;
use crate::actions::jobs::make::Plan;
use crate::domain::action::Action;
use crate::domain::job::JobId;
use crate::domain::job::JobState;
use crate::domain::message::MessageState;
use crate::domain::refusal::Refusal;
use crate::store::job_making::Recipients;
use crate::store::job_making::Whom;

/// Queues the failed mails of a job again, to those users who may still have one, and lets the job run. What was accepted,
/// skipped or cancelled stays. Returns whose mail had failed: those who get another one, and the others by reason. Where
/// nobody gets one, nothing is changed. Returns as well how many mails wait for their first try: the job sends them too.
///
/// # Errors
/// When there is no such job, it was cancelled, it mails users whose role may do more than the operator's, or the operator
/// may not run jobs.
pub fn failed(desk: &Desk, id: JobId, intent: &Intent) -> Result<(Plan, u64)> {
    desk.change(Action::JobsRetry, intent, |change| {
        require(change, id)?;
        let queued = change.job_counts(id)?.of(MessageState::Queued);
        let outranking = change.outranking()?;
        let recipients = Recipients {
            whom: Whom::Failed(id),
            outranking: &outranking,
            email_domains: &desk.organization().email_domains,
            sent_since: None,
            ends_passwords: false,
            now: change.now(),
        };
        let plan = Plan { parts: change.plan_retry(id, &recipients)? };
        let mut record = Record { is_unchanged: plan.mailed() == 0, ..Record::default() };
        if plan.mailed() > 0 {
            let count = change.retry_failed(id, &recipients, desk.account())?;
            change.reopen_job(id, change.now())?;
            record.note("job", id.0);
            record.note("failed", count);
            record.note("skipped", plan.skipped());
        }
        Ok((record, (plan, queued)))
    })
}

/// Makes due now what waits of a job, and lets the job run if it is paused. Returns how many mails were deferred or in doubt, how
/// many wait for their first try, and how many wait in all.
///
/// # Errors
/// As [`failed`].
pub fn deferred(desk: &Desk, id: JobId, intent: &Intent) -> Result<(u64, u64, u64)> {
    desk.change(Action::JobsRetry, intent, |change| {
        let state = require(change, id)?;
        let counts = change.job_counts(id)?;
        let tried = counts.of(MessageState::Deferred) + counts.of(MessageState::InDoubt);
        let due = change.make_due(Some(id), change.now())?;
        if state == JobState::Paused {
            change.resume_job(id, change.now())?;
        }
        let mut record = Record { is_unchanged: due == 0 && state != JobState::Paused, ..Record::default() };
        record.note("job", id.0);
        record.note("deferred", tried);
        Ok((record, (tried, counts.of(MessageState::Queued), counts.waiting())))
    })
}

/// The state of a job of which something can be tried again.
fn require(change: &Change<'_>, id: JobId) -> Result<JobState> {
    let job = change.job(id)?.ok_or(Refusal::NoSuchJob(id))?;
    refuse_outranked(change, id)?;
    if job.state == JobState::Cancelled {
        return Err(Refusal::JobState { id, state: job.state }.into());
    }
    Ok(job.state)
}
