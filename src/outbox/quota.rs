//! Rates per hour and day: quotas, which are counted over all runs and processes.

use std::fmt;

use jiff::Timestamp;

use super::StopReason;
use super::limits::StartDecision;
use crate::domain::job::JobId;
use crate::domain::rate::QuotaAllowance;
use crate::domain::rate::Rate;
use crate::domain::rate::Rates;
use crate::store::ReadTransaction;
use crate::store::Result;
use crate::store::WriteTransaction;

/// A quota of which nothing is left. Display says which.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct UsedUp {
    /// Which one.
    pub rate: Rate,
    /// When the next mail may leave.
    pub until: Timestamp,
    /// It is the job's own, and other mail may leave.
    pub is_of_job: bool,
}

impl fmt::Display for UsedUp {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let whose = if self.is_of_job { " of this job" } else { "" };
        write!(formatter, "the rate {}{whose} is used up", self.rate)
    }
}

/// The quota that keeps mail from leaving now, if one does: of those of all mail and those of a job itself the one that does so
/// for longest.
///
/// # Errors
/// When the store cannot be read.
pub fn used_up(
    reading: &ReadTransaction<'_>,
    rates: &Rates,
    job: Option<(JobId, &Rates)>,
    now: Timestamp,
) -> Result<Option<UsedUp>> {
    let none = Rates::default();
    let (job, job_rates) = job.map_or((None, &none), |(job, rates)| (Some(job), rates));
    let mut quotas = Quotas::new(rates, job, job_rates);
    quotas.look(reading, 0, now)?;
    Ok(quotas.used_up)
}

/// How many mails may leave now, by which rate.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Left {
    /// How many; at least one.
    pub count: u64,
    /// The rate that leaves no more.
    pub rate: Rate,
}

/// How many mails of a job may leave in the moment in which it is created, where quotas limit that: those of all mail, and those
/// of the job, of which nothing is used. Where one of them is used up, [`used_up`] says so.
///
/// # Errors
/// When the store cannot be read.
pub fn left_for_new_job(
    reading: &ReadTransaction<'_>,
    rates: &Rates,
    job_rates: &Rates,
    now: Timestamp,
) -> Result<Option<Left>> {
    let mut lefts: Vec<Left> = job_rates.quotas().map(|rate| Left { count: u64::from(rate.count()), rate }).collect();
    for rate in rates.quotas() {
        let delivered = reading.delivered_since(rate.first_minute(now), None)?;
        if let QuotaAllowance::Left(count) = rate.allowance(&delivered, reading.count_in_flight(None)?, now) {
            lefts.push(Left { count, rate });
        }
    }
    Ok(lefts.into_iter().min_by_key(|left| left.count))
}

/// The quotas of a run, and what they leave.
#[derive(Debug)]
pub(super) struct Quotas {
    /// Each with the job whose messages it counts; `None`: all messages.
    quotas: Vec<(Rate, Option<JobId>)>,
    /// The job that is sent.
    job: Option<JobId>,
    /// How many messages were delivered, or may have been, that the store does not count yet.
    delivered: u64,
    /// How many messages may still be begun.
    left: u64,
    used_up: Option<UsedUp>,
}

impl Quotas {
    /// The quotas of all mail, and those of a job.
    pub(super) fn new(rates: &Rates, job: Option<JobId>, job_rates: &Rates) -> Self {
        let of_job = job_rates.quotas().filter(|_| job.is_some()).map(|rate| (rate, job));
        let quotas = rates.quotas().map(|rate| (rate, None)).chain(of_job).collect();
        Self { quotas, job, delivered: 0, left: u64::MAX, used_up: None }
    }

    /// A message was delivered, or may have been.
    pub(super) fn note_delivered(&mut self) {
        self.delivered += 1;
    }

    /// Counts what was delivered since the last time in the store, and looks what is left.
    pub(super) fn look_again(&mut self, writing: &WriteTransaction<'_>, own: u64, now: Timestamp) -> Result<()> {
        if self.delivered > 0 {
            writing.count_deliveries(self.job, std::mem::take(&mut self.delivered), now)?;
        }
        self.look(writing, own, now)
    }

    /// Looks at what was delivered and what is in flight, `own` of them in this run.
    pub(super) fn look(&mut self, reading: &ReadTransaction<'_>, own: u64, now: Timestamp) -> Result<()> {
        (self.left, self.used_up) = (u64::MAX, None);
        for &(rate, job) in &self.quotas {
            let delivered = reading.delivered_since(rate.first_minute(now), job)?;
            let in_flight = reading.count_in_flight(job)?;
            let until = match rate.allowance(&delivered, in_flight, now) {
                QuotaAllowance::Left(left) => {
                    self.left = self.left.min(left);
                    continue;
                }
                QuotaAllowance::UsedUpUntil(until) => until,
            };
            self.left = 0;
            // What this run has in flight may be refused, and then there is some left.
            let others = in_flight.saturating_sub(own);
            let is_used_up =
                own == 0 || matches!(rate.allowance(&delivered, others, now), QuotaAllowance::UsedUpUntil(_));
            if is_used_up && self.used_up.is_none_or(|used_up| used_up.until < until) {
                self.used_up = Some(UsedUp { rate, until, is_of_job: job.is_some() });
            }
        }
        Ok(())
    }

    /// Whether another message may be begun.
    pub(super) fn leave(&self) -> StartDecision {
        match self.used_up {
            Some(used_up) => StartDecision::Never(StopReason::RateUsedUp(used_up)),
            // One of those in flight may not be delivered.
            None if self.left == 0 => StartDecision::Later,
            None => StartDecision::Yes,
        }
    }

    /// A message was begun.
    pub(super) fn begin(&mut self) {
        self.left = self.left.saturating_sub(1);
    }

    /// Whether fewer than this many are left.
    pub(super) fn has_less_than(&self, count: usize) -> bool {
        self.left < count as u64
    }
}
