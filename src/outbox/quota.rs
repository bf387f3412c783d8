//! Quotas: rates per hour and day, counted over all runs and processes.

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

/// A used-up quota. `Display` names it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct UsedUp {
    /// The quota.
    pub rate: Rate,
    /// When the next mail may leave.
    pub until: Timestamp,
    /// It counts only one job, so that other mail may leave.
    pub is_of_job: bool,
}

impl fmt::Display for UsedUp {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let whose = if self.is_of_job { " of this job" } else { "" };
        write!(formatter, "the rate {}{whose} is used up", self.rate)
    }
}

/// The quota that keeps mail from leaving now, if there is one: of the quotas for all mail and those of the job, the
/// one that does so for the longest time.
///
/// # Errors
/// If the store cannot be read.
pub fn used_up(
    reading: &ReadTransaction<'_>,
    rates: &Rates,
    job: Option<(JobId, &Rates)>,
    now: Timestamp,
) -> Result<Option<UsedUp>> {
    let none = Rates::default();
    let (job, job_rates) = job.map_or((None, &none), |(job, rates)| (Some(job), rates));
    let mut quotas = Quotas::new(rates, job, job_rates);
    quotas.update(reading, 0, now)?;
    Ok(quotas.used_up)
}

/// How many mails may leave now, and the rate that limits them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Left {
    /// Number of mails; at least one.
    pub count: u64,
    /// The rate that allows no more.
    pub rate: Rate,
}

/// How many mails of a job may leave at the moment of its creation, if quotas limit them: the quotas for all mail,
/// and the unused quotas of the job. If a quota is used up, [`used_up`] returns it.
///
/// # Errors
/// If the store cannot be read.
pub fn left_for_new_job(
    reading: &ReadTransaction<'_>,
    rates: &Rates,
    job_rates: &Rates,
    now: Timestamp,
) -> Result<Option<Left>> {
    let mut limits: Vec<Left> = job_rates.quotas().map(|rate| Left { count: u64::from(rate.count()), rate }).collect();
    for rate in rates.quotas() {
        let delivered = reading.delivered_since(rate.first_minute(now), None)?;
        if let QuotaAllowance::Left(count) = rate.allowance(&delivered, reading.count_in_flight(None)?, now) {
            limits.push(Left { count, rate });
        }
    }
    Ok(limits.into_iter().min_by_key(|left| left.count))
}

/// The quotas of a run, and what is left of them.
#[derive(Debug)]
pub(super) struct Quotas {
    /// Each quota with the job whose messages it counts; `None`: all messages.
    quotas: Vec<(Rate, Option<JobId>)>,
    /// The job that the run sends.
    job: Option<JobId>,
    /// Number of messages that were or may have been delivered and that the store does not count yet.
    delivered: u64,
    /// Number of messages that may still be started.
    left: u64,
    used_up: Option<UsedUp>,
}

impl Quotas {
    /// The quotas for all mail, and those of a job.
    pub(super) fn new(rates: &Rates, job: Option<JobId>, job_rates: &Rates) -> Self {
        let of_job = job_rates.quotas().filter(|_| job.is_some()).map(|rate| (rate, job));
        let quotas = rates.quotas().map(|rate| (rate, None)).chain(of_job).collect();
        Self { quotas, job, delivered: 0, left: u64::MAX, used_up: None }
    }

    /// Counts a message that was or may have been delivered.
    pub(super) fn note_delivered(&mut self) {
        self.delivered += 1;
    }

    /// Counts the deliveries since the last call in the store, and computes what is left.
    pub(super) fn count_and_update(&mut self, writing: &WriteTransaction<'_>, own: u64, now: Timestamp) -> Result<()> {
        if self.delivered > 0 {
            writing.count_deliveries(self.job, std::mem::take(&mut self.delivered), now)?;
        }
        self.update(writing, own, now)
    }

    /// Computes what is left, from the deliveries in the store and the messages in flight, `own` of them in this run.
    pub(super) fn update(&mut self, reading: &ReadTransaction<'_>, own: u64, now: Timestamp) -> Result<()> {
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
            // Messages in flight of this run may be refused, and then there is some left.
            let others = in_flight.saturating_sub(own);
            let is_used_up =
                own == 0 || matches!(rate.allowance(&delivered, others, now), QuotaAllowance::UsedUpUntil(_));
            if is_used_up && self.used_up.is_none_or(|used_up| used_up.until < until) {
                self.used_up = Some(UsedUp { rate, until, is_of_job: job.is_some() });
            }
        }
        Ok(())
    }

    /// Whether another message may be started.
    pub(super) fn start_decision(&self) -> StartDecision {
        match self.used_up {
            Some(used_up) => StartDecision::Never(StopReason::RateUsedUp(used_up)),
            // A message in flight may not be delivered.
            None if self.left == 0 => StartDecision::Later,
            None => StartDecision::Yes,
        }
    }

    /// Counts a started message.
    pub(super) fn note_start(&mut self) {
        self.left = self.left.saturating_sub(1);
    }

    /// Whether fewer than `count` are left.
    pub(super) fn has_less_than(&self, count: usize) -> bool {
        self.left < count as u64
    }
}
