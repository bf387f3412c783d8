//! `jobs cancel`, `jobs delete`.

use std::time::Duration;

use super::run::ago;
use crate::actions::Desk;
use crate::actions::Intent;
use crate::actions::Record;
use crate::actions::Result;
use crate::actions::Scene as _;
use crate::domain::action::Action;
use crate::domain::job::JobId;
use crate::domain::refusal::Refusal;

/// What a cancelled job leaves.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Cancelled {
    /// Messages that waited.
    pub messages: u64,
    /// Links that could have been used, where they were to be revoked.
    pub links: u64,
}

/// Calls a job off: what waits is not sent any more. With `revoke_links` the links that it has sent end too. A process that
/// sends it ends with what it has in flight.
///
/// # Errors
/// When there is no such job, it has ended and no links are to be revoked, or the operator may not run jobs.
pub fn cancel(desk: &Desk, id: JobId, revoke_links: bool, intent: &Intent) -> Result<Cancelled> {
    desk.change(Action::JobsCancel, intent, |change| {
        let job = change.job(id)?.ok_or(Refusal::NoSuchJob(id))?;
        if job.state.has_ended() && !revoke_links {
            return Err(Refusal::JobState { id, state: job.state }.into());
        }
        let why = format!("job {id} cancelled");
        let messages = change.cancel_job(id, &why, change.now())?;
        let links = if revoke_links { change.revoke_links_of_job(id, &why, change.now())? } else { 0 };
        let mut record = Record::default();
        record.note("job", id.0);
        record.note("messages", messages);
        record.note("links", links);
        Ok((record, Cancelled { messages, links }))
    })
}

/// Which records are deleted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Old {
    /// Those of this job.
    Job(JobId),
    /// Those of all jobs that ended longer ago than this, and single messages that did.
    OlderThan(Duration),
}

/// What was deleted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Deleted {
    /// The jobs.
    pub jobs: Vec<JobId>,
    /// Their messages, and single ones.
    pub messages: u64,
}

/// Deletes the records of what has ended. Links of a deleted job do not work any more.
///
/// # Errors
/// When there is no such job, it has not ended, or the operator may not run jobs.
pub fn delete(desk: &Desk, old: Old, intent: &Intent) -> Result<Deleted> {
    desk.change(Action::JobsDelete, intent, |change| {
        let mut messages = 0;
        let jobs = match old {
            Old::Job(id) => {
                let job = change.job(id)?.ok_or(Refusal::NoSuchJob(id))?;
                if !job.state.has_ended() {
                    return Err(Refusal::JobState { id, state: job.state }.into());
                }
                vec![id]
            }
            Old::OlderThan(age) => {
                let before = ago(change.now(), age);
                messages += change.delete_single_messages(before, change.now())?;
                change.jobs_ended_before(before)?
            }
        };
        for id in &jobs {
            messages += change.delete_job(*id)?;
        }
        let mut record = Record::default();
        record.note("jobs", jobs.iter().map(|id| id.0).collect::<Vec<i64>>());
        record.note("messages", messages);
        Ok((record, Deleted { jobs, messages }))
    })
}
