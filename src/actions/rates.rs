//! The rates of a job, and the quotas that they leave.

use crate::app::ActionError;
use crate::app::Result;
use crate::app::Transaction as _;
use crate::app::View;
use crate::domain::rate::Rates;
use crate::outbox::quota;
use crate::outbox::quota::UsedUp;
use crate::store::StoreError;
use crate::store::damage::RowFault;
use crate::store::jobs::Job;

/// The rates of a job itself.
///
/// # Errors
/// When the store holds none that can be read: a limit that cannot be read must not be one that does not hold.
pub(super) fn rates_of(job: &Job) -> Result<Rates> {
    let rates = job.sending.rates.as_deref().map(str::parse::<Rates>).transpose();
    rates.map(Option::unwrap_or_default).map_err(|_| unreadable(job, "rate", job.sending.rates.as_deref()))
}

pub(super) fn unreadable(job: &Job, column: &str, value: Option<&str>) -> ActionError {
    StoreError::Row(RowFault::of_job(job.id, column, value.unwrap_or_default())).into()
}

/// The quota that keeps the mails of a job from leaving now, or those of no job. Rates that cannot be read keep a job from being
/// sent, and say so there; they keep nobody from looking at it.
///
/// # Errors
/// When the store cannot be read.
pub(in crate::actions) fn used_up(view: &View<'_>, rates: &Rates, job: Option<&Job>) -> Result<Option<UsedUp>> {
    let job_rates = job.and_then(|job| rates_of(job).ok()).unwrap_or_default();
    Ok(quota::used_up(view, rates, job.map(|job| (job.id, &job_rates)), view.now())?)
}
