//! A run that an error of the store ended, and what is known about its messages.

use std::collections::HashSet;
use std::fmt;

use jiff::Timestamp;

use super::SendReport;
use super::requests::Numbered;
use super::requests::WorkerRequest;
use crate::domain::job::JobId;
use crate::domain::message::MessageId;
use crate::domain::message::MessageState;
use crate::domain::retry;
use crate::domain::text;
use crate::mail::outcome::DeliveryOutcome;
use crate::store::Result;
use crate::store::Store;
use crate::store::StoreError;
use crate::store::WriteTransaction;
use crate::store::attempts::AttemptResult;

/// An error of the store during a run, and the totals of the run up to then.
#[derive(Debug)]
pub struct BrokenRun {
    /// The totals. They include what the relay replied, whether or not the store has it.
    pub report: SendReport,
    /// The error.
    pub error: StoreError,
}

impl From<StoreError> for Box<BrokenRun> {
    /// The error of a run that has sent nothing.
    fn from(error: StoreError) -> Self {
        Self::new(BrokenRun { report: SendReport::default(), error })
    }
}

/// The outcomes that the workers reported, counted when they come in: a failed transaction loses them in the store.
#[derive(Debug, Default)]
pub(super) struct ReceivedOutcomes {
    accepted: u64,
    in_doubt: u64,
    /// Messages that were or may have been delivered and are not committed yet, each with its state and the reply.
    unrecorded: Vec<(MessageId, MessageState, String)>,
    /// Workers that were given a message and have not reported its outcome yet.
    in_flight: HashSet<usize>,
}

impl ReceivedOutcomes {
    /// Starts with the totals of the run that this one continues.
    pub(super) fn before(report: &SendReport) -> Self {
        Self { accepted: report.accepted, in_doubt: report.in_doubt, ..Self::default() }
    }

    /// Notes that a worker was given a message.
    pub(super) fn note_started(&mut self, number: usize) {
        self.in_flight.insert(number);
    }

    /// Whether a worker has a message.
    pub(super) fn is_any_in_flight(&self) -> bool {
        !self.in_flight.is_empty()
    }

    /// Counts the outcomes in these requests.
    pub(super) fn note(&mut self, requests: &[Numbered]) {
        for (number, request) in requests {
            self.in_flight.remove(number);
            let (WorkerRequest::Next { last: Some((id, outcome)), .. } | WorkerRequest::Lost(id, outcome)) = request
            else {
                continue;
            };
            match outcome {
                DeliveryOutcome::Accepted { reply } => {
                    self.accepted += 1;
                    self.unrecorded.push((*id, MessageState::Accepted, reply.clone()));
                }
                DeliveryOutcome::InDoubt { reply } => {
                    self.in_doubt += 1;
                    self.unrecorded.push((*id, MessageState::InDoubt, reply.clone()));
                }
                DeliveryOutcome::Deferred { .. }
                | DeliveryOutcome::Refused { .. }
                | DeliveryOutcome::TransportFailed(_) => {}
            }
        }
    }

    /// Notes that the outcomes so far were committed.
    pub(super) fn note_recorded(&mut self) {
        self.unrecorded.clear();
    }

    /// Records the messages that were or may have been delivered, each in its own transaction: if a damaged page
    /// keeps one from being recorded, the others are still not sent again. A message that cannot be recorded remains
    /// in doubt.
    pub(super) fn record_the_rest(&mut self, store: &Store, job: Option<JobId>, now: Timestamp) {
        for (id, state, reply) in self.unrecorded.drain(..) {
            let due_at = (state == MessageState::InDoubt).then(|| now.saturating_add(retry::hold(1)).unwrap_or(now));
            let result = AttemptResult::Tried { state, reply, due_at };
            let is_recorded = change(store, |writing| {
                writing.note_time(now)?;
                writing.record_attempts(&[(id, result)], now)
            });
            if is_recorded {
                // The count for rates matters less than not sending a mail again, so it is a change of its own.
                change(store, |writing| writing.count_deliveries(job, 1, now));
            }
        }
    }

    /// Corrects the report of a run whose last transaction failed.
    pub(super) fn correct(&self, report: &mut SendReport) {
        (report.accepted, report.in_doubt) = (self.accepted, self.in_doubt);
    }
}

/// Whether a change was committed.
fn change(store: &Store, write: impl FnOnce(&WriteTransaction<'_>) -> Result<()>) -> bool {
    let changed = store.write().and_then(|writing| {
        write(&writing)?;
        writing.commit()
    });
    changed.is_ok()
}

/// Shows the counts that are not zero.
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
