//! `jobs resume`.

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
use crate::domain::refusal::Refusal;
use crate::store::job_counts::Counts;

/// Resumes a paused job without sending anything: the next `jobs run` does. Returns its counts.
///
/// # Errors
/// When there is no such job, it is not paused, it mails users whose role may do more than the operator's, or the operator
/// may not run jobs.
pub fn resume(app: &App, id: JobId, change_options: &ChangeOptions) -> Result<Counts> {
    app.change(Action::JobsResume, change_options, |change| {
        let details = resume_within(change, id)?;
        Ok((details, change.job_counts(id)?))
    })
}

/// Resumes a paused job within a change, and returns what the event says of it.
///
/// # Errors
/// As [`resume`].
pub(super) fn resume_within(change: &Change<'_>, id: JobId) -> Result<EventDetails> {
    let job = change.job(id)?.ok_or(Refusal::NoSuchJob(id))?;
    refuse_protected(change, id)?;
    if job.state != JobState::Paused || !change.resume_job(id, change.now())? {
        return Err(Refusal::JobState { id, state: job.state }.into());
    }
    let mut details = EventDetails::default();
    details.note("job", id.0);
    details.note("paused", job.why.as_deref().unwrap_or_default());
    Ok(details)
}
