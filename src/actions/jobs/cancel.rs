//! `jobs cancel`.

use crate::actions::jobs::rank::refuse_protected;
use crate::actions::without_password::note_without_password;
use crate::app::App;
use crate::app::ChangeOptions;
use crate::app::EventDetails;
use crate::app::Result;
use crate::app::Transaction as _;
use crate::domain::action::Action;
use crate::domain::job::JobId;
use crate::domain::job::JobState;
use crate::domain::refusal::Refusal;

/// What a cancelled job leaves.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CancelledJob {
    /// Messages that waited.
    pub messages: u64,
    /// How many of them may have arrived.
    pub in_doubt: u64,
    /// Links that could have been used, where they were to be revoked.
    pub links: u64,
    /// Users whose passwords the job ended, and who have neither a password nor a link then.
    pub without_password: u64,
    /// How the job had ended before: then only its links were revoked.
    pub ended: Option<JobState>,
}

/// Calls a job off: what waits is not sent any more. With `revoke_links` the links that it has sent end too. A process that
/// sends it ends with what it has in flight.
///
/// # Errors
/// When there is no such job, it has ended and no links are to be revoked, or the operator may not run jobs.
pub fn cancel(app: &App, id: JobId, revoke_links: bool, change_options: &ChangeOptions) -> Result<CancelledJob> {
    app.change(Action::JobsCancel, change_options, |change| {
        let job = change.job(id)?.ok_or(Refusal::NoSuchJob(id))?;
        refuse_protected(change, id)?;
        if job.state.has_ended() && !revoke_links {
            return Err(Refusal::JobState { id, state: job.state }.into());
        }
        let why = format!("job {id} cancelled");
        let (messages, in_doubt) = change.cancel_job(id, &why, change.now())?;
        let links = if revoke_links { change.revoke_links_of_job(id, &why, change.now())? } else { 0 };
        let mut details = EventDetails::default();
        details.note("job", id.0);
        details.note("messages", messages);
        details.note("in_doubt", in_doubt);
        details.note("links", links);
        let without_password = change.job_without_password(id, change.now())?.users;
        note_without_password(&mut details, without_password);
        let ended = Some(job.state).filter(|state| state.has_ended());
        Ok((details, CancelledJob { messages, in_doubt, links, without_password, ended }))
    })
}
