//! Jobs that nobody has finished.

use std::time::Duration;

use super::finding::CheckResult;
use super::finding::FaultClass;
use super::finding::Finding;
use crate::actions::ago;
use crate::app::App;
use crate::domain::action::Action;
use crate::domain::text;
use crate::store::jobs::UnfinishedJob;

/// A job in which nothing happened for so long was forgotten.
const STUCK: Duration = Duration::from_secs(86_400);
/// How many are named.
const NAMED: usize = 3;

/// Names the jobs that have not ended, and in which nothing happened for a day.
///
/// # Errors
/// When the operator may not manage the store, or it cannot be read.
pub fn check_jobs(app: &App) -> CheckResult {
    let now = app.now();
    let stuck = app.view(Action::Doctor, |view| Ok(view.unfinished_jobs(ago(now, STUCK))?))?;
    let Some(first) = stuck.first() else { return Ok(Finding::ok("no job has been unfinished for a day")) };
    let hours = |job: &UnfinishedJob| now.duration_since(job.since).as_hours();
    let named = stuck.iter().take(NAMED).map(|job| format!("job {} ({} for {} h)", job.id, job.state, hours(job)));
    let mut words = named.collect::<Vec<_>>().join(", ");
    if stuck.len() > NAMED {
        words += &format!(" and {} more", stuck.len() - NAMED);
    }
    let words = format!("{}: {words}", text::counted(stuck.len() as u64, "unfinished job"));
    let next = format!("cxme-admin jobs show {}; to continue: cxme-admin jobs run {0}", first.id);
    Ok(Finding::warning(FaultClass::Later, words, next))
}
