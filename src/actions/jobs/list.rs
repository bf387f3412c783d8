//! `jobs list`.

use crate::actions::Total;
use crate::actions::jobs::show::JobStatus;
use crate::app::App;
use crate::app::Result;
use crate::domain::action::Action;
use crate::store::ended_passwords::WithoutPassword;

/// The jobs, at most `limit` of them, the newest first.
///
/// # Errors
/// When the operator may not see users, or the store cannot be read.
pub fn list(app: &App, limit: Option<u64>) -> Result<(Vec<JobStatus>, Total)> {
    app.view(Action::JobsList, |view| {
        let mut shown = Vec::new();
        for job in view.jobs(limit)? {
            let counts = view.job_counts(job.id)?;
            shown.push(JobStatus { job, counts, skipped: Vec::new(), without_password: WithoutPassword::default() });
        }
        Ok((shown, Total::of(limit, || view.count_jobs())?))
    })
}
