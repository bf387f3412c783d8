//! `jobs delete`.

use std::time::Duration;

use crate::actions::ago;
use crate::actions::jobs::rank::refuse_protected;
use crate::actions::without_password::note_without_password;
use crate::app::App;
use crate::app::ChangeOptions;
use crate::app::EventDetails;
use crate::app::Result;
use crate::app::Transaction;
use crate::domain::action::Action;
use crate::domain::job::JobId;
use crate::domain::management::ProtectedUsers;
use crate::domain::message::MessageState;
use crate::domain::refusal::Refusal;

/// Which records are deleted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DeleteScope {
    /// Those of this job.
    Job(JobId),
    /// Those of all jobs that ended longer ago than this, and single messages that did.
    OlderThan(Duration),
}

/// What is deleted.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct DeletedRecords {
    /// The jobs.
    pub jobs: Vec<JobId>,
    /// Their messages, and single ones.
    pub messages: u64,
    /// Links among them that could still be used.
    pub links: u64,
    /// Users whose passwords these jobs ended, and who have neither a password nor a link then.
    pub without_password: u64,
    /// Jobs that stay, because they mail users on whom the operator may not act.
    pub skipped: u64,
    /// Single messages that stay, because they are for users on whom the operator may not act.
    pub skipped_messages: u64,
}

/// Looks what [`delete`] would delete.
///
/// # Errors
/// As for [`delete`].
pub fn look(app: &App, old: DeleteScope) -> Result<DeletedRecords> {
    app.view(Action::JobsDelete, |view| found(view, old))
}

/// Deletes the records of what has ended. Links of a deleted job do not work any more.
///
/// # Errors
/// When there is no such job, it has not ended, a mail of it is under way, it mails users whose role may do more than the
/// operator's, or they may not run jobs.
pub fn delete(app: &App, old: DeleteScope, change_options: &ChangeOptions) -> Result<DeletedRecords> {
    app.change(Action::JobsDelete, change_options, |change| {
        let mut deleted = found(change, old)?;
        deleted.messages = 0;
        if let DeleteScope::OlderThan(age) = old {
            let protected = change.protected_users()?;
            deleted.messages += change.delete_single_messages(ago(change.now(), age), &protected, change.now())?;
        }
        for id in &deleted.jobs {
            deleted.messages += change.delete_job(*id)?;
        }
        let mut details = EventDetails::default();
        details.note("jobs", deleted.jobs.iter().map(|id| id.0).collect::<Vec<i64>>());
        details.note("messages", deleted.messages);
        details.note("links", deleted.links);
        note_without_password(&mut details, deleted.without_password);
        if deleted.skipped + deleted.skipped_messages > 0 {
            details.note("skipped_jobs", deleted.skipped);
            details.note("skipped_messages", deleted.skipped_messages);
        }
        Ok((details, deleted))
    })
}

fn found(scene: &impl Transaction, old: DeleteScope) -> Result<DeletedRecords> {
    let (reading, now) = (scene.reading(), scene.now());
    let mut found = DeletedRecords::default();
    match old {
        DeleteScope::Job(id) => {
            let job = reading.job(id)?.ok_or(Refusal::NoSuchJob(id))?;
            refuse_protected(scene, id)?;
            if !job.state.has_ended() {
                return Err(Refusal::JobState { id, state: job.state }.into());
            }
            found.jobs.push(id);
        }
        DeleteScope::OlderThan(age) => {
            // What mails users whose role may do more than the operator's stays, and keeps nobody from deleting the rest.
            let protected = scene.protected_users()?;
            found.messages += reading.count_single_messages(ago(now, age), &protected, now)?;
            let all = reading.count_single_messages(ago(now, age), &ProtectedUsers::default(), now)?;
            found.skipped_messages = all.saturating_sub(found.messages);
            found.jobs = reading.jobs_ended_before(ago(now, age))?;
            let mut beyond = Vec::new();
            for id in &found.jobs {
                if reading.protected_user_of_job(*id, &protected)?.is_some() {
                    beyond.push(*id);
                }
            }
            found.jobs.retain(|id| !beyond.contains(id));
            found.skipped = beyond.len() as u64;
        }
    }
    for id in &found.jobs {
        let counts = reading.job_counts(*id)?;
        if counts.of(MessageState::Sending) > 0 {
            return Err(Refusal::UnderWay(*id).into());
        }
        found.messages += counts.total();
        found.links += reading.job_links_open(*id, now)?;
    }
    found.without_password = reading.ended_without_link_after_deleting(&found.jobs, now)?;
    Ok(found)
}
