//! `jobs wait`.

use std::time::Duration;

use crate::actions::jobs::show;
use crate::actions::jobs::show::JobStatus;
use crate::app::App;
use crate::app::Result;
use crate::domain::action::Action;
use crate::domain::job::JobId;
use crate::domain::job::JobState;
use crate::domain::refusal::Refusal;

/// How long the store is left alone after the first look. Each further pause is twice as long, up to [`LONGEST_PAUSE`].
const FIRST_PAUSE: Duration = Duration::from_millis(50);
/// The longest pause between two looks.
const LONGEST_PAUSE: Duration = Duration::from_secs(1);

/// What ended a wait.
#[derive(Debug)]
pub enum WaitOutcome {
    /// The job has ended, or is paused.
    Over(JobStatus),
    /// It is still running after the timeout.
    TimedOut(JobStatus),
    /// Somebody deleted it meanwhile, so how it ended is not known.
    Deleted,
}

/// Waits until a job has ended or is paused, for no longer than `timeout` where there is one. Takes no lock, and opens no transaction
/// while nobody changes the store. `waits` hears once that the job is running, and whether a process is sending it.
///
/// # Errors
/// When there is no such job, the operator may not see users, or the store cannot be read or was replaced.
pub fn wait(
    app: &App,
    id: JobId,
    timeout: Option<Duration>,
    waits: &mut dyn FnMut(&JobStatus, bool),
) -> Result<WaitOutcome> {
    let find = || app.view(Action::JobsWait, |view| show::status(view, id));
    // Asked for before the look: what is committed after it is seen by the next one.
    let mut seen = app.store().change_number()?;
    let status = find()?.ok_or(Refusal::NoSuchJob(id))?;
    if status.job.state != JobState::Running {
        return Ok(WaitOutcome::Over(status));
    }
    waits(&status, app.store().is_run(id)?);
    let (mut left, mut pause) = (timeout, FIRST_PAUSE);
    loop {
        let time = left.map_or(pause, |left| left.min(pause));
        if time.is_zero() {
            return Ok(find()?.map_or(WaitOutcome::Deleted, WaitOutcome::TimedOut));
        }
        app.clock().sleep(time);
        left = left.map(|left| left - time);
        pause = LONGEST_PAUSE.min(pause * 2);
        let number = app.store().change_number()?;
        if number == seen {
            continue;
        }
        seen = number;
        // Counting the mails of a large job takes longer than its state.
        match app.view(Action::JobsWait, |view| Ok(view.job(id)?.map(|job| job.state)))? {
            Some(JobState::Running) => {}
            Some(_) => return Ok(find()?.map_or(WaitOutcome::Deleted, WaitOutcome::Over)),
            None => return Ok(WaitOutcome::Deleted),
        }
    }
}
