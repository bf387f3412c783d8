//! `jobs pause`.

use crate::actions::jobs::rank::refuse_protected;
use crate::app::App;
use crate::app::ChangeOptions;
use crate::app::EventDetails;
use crate::app::Result;
use crate::app::Transaction as _;
use crate::domain::action::Action;
use crate::domain::job::JobId;
use crate::domain::job::PAUSED_BY;
use crate::domain::refusal::Refusal;
use crate::store::job_counts::Counts;

/// Pauses a running job: no new mail of it is started, also where another process is sending it. Returns the counts at
/// that moment.
///
/// # Errors
/// When there is no such job, it is not running, it mails users whose role may do more than the operator's, or the operator
/// may not run jobs.
pub fn pause(app: &App, id: JobId, change_options: &ChangeOptions) -> Result<Counts> {
    app.change(Action::JobsPause, change_options, |change| {
        let job = change.job(id)?.ok_or(Refusal::NoSuchJob(id))?;
        refuse_protected(change, id)?;
        if !change.pause_job(id, &format!("{PAUSED_BY}{}", app.account().name), change.now())? {
            return Err(Refusal::JobState { id, state: job.state }.into());
        }
        let counts = change.job_counts(id)?;
        let mut details = EventDetails::default();
        details.note("job", id.0);
        details.note("waiting", counts.waiting());
        Ok((details, counts))
    })
}
