//! A run that the store's failure ends, and what of it is true all the same.

use std::fmt;

use super::SendReport;
use super::requests::Numbered;
use super::requests::WorkerRequest;
use crate::domain::text;
use crate::mail::outcome::DeliveryOutcome;
use crate::store::StoreError;

/// The store's failure, and what the run had come to by then.
#[derive(Debug)]
pub struct BrokenRun {
    /// What it had come to. What the relay said counts, whether the store has it or not.
    pub report: SendReport,
    /// The failure.
    pub error: StoreError,
}

impl From<StoreError> for Box<BrokenRun> {
    /// The failure of a run that has sent nothing.
    fn from(error: StoreError) -> Self {
        Self::new(BrokenRun { report: SendReport::default(), error })
    }
}

/// What the relay said of the mails of a run, counted when it is heard: what a failed transaction holds is lost in the store.
#[derive(Debug, Default)]
pub(super) struct Heard {
    accepted: u64,
    in_doubt: u64,
}

impl Heard {
    /// Counts what the workers tell of their last messages.
    pub(super) fn note(&mut self, requests: &[Numbered]) {
        for (_, request) in requests {
            let (WorkerRequest::Next { last: Some((_, outcome)), .. } | WorkerRequest::Lost(_, outcome)) = request
            else {
                continue;
            };
            match outcome {
                DeliveryOutcome::Accepted { .. } => self.accepted += 1,
                DeliveryOutcome::InDoubt { .. } => self.in_doubt += 1,
                DeliveryOutcome::Deferred { .. } | DeliveryOutcome::Refused { .. } | DeliveryOutcome::Trouble(_) => {}
            }
        }
    }

    /// Corrects a report whose last transaction failed.
    pub(super) fn correct(&self, report: &mut SendReport) {
        (report.accepted, report.in_doubt) = (self.accepted, self.in_doubt);
    }
}

/// The counts that are not zero.
impl fmt::Display for SendReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let counts = [
            (self.accepted, "accepted"),
            (self.deferred, "deferred"),
            (self.failed, "failed"),
            (self.in_doubt, "in doubt"),
            (self.cancelled, "cancelled"),
        ];
        let mut counts = counts.iter().filter(|(count, _)| *count > 0);
        let Some((count, word)) = counts.next() else { return f.write_str("no mail was sent") };
        write!(f, "{} {word}", text::grouped(*count, ','))?;
        counts.try_for_each(|(count, word)| write!(f, ", {} {word}", text::grouped(*count, ',')))
    }
}
