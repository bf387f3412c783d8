//! A run that the store's failure ends, and what of it is true all the same.

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
    /// The mails that it has, or may have, since the last transaction that was committed: what became of each, and the words.
    unrecorded: Vec<(MessageId, MessageState, String)>,
    /// The workers that were given a message, and have not told yet what became of it.
    at_work: HashSet<usize>,
}

impl Heard {
    /// The outcomes of the run that this one continues.
    pub(super) fn before(report: &SendReport) -> Self {
        Self { accepted: report.accepted, in_doubt: report.in_doubt, ..Self::default() }
    }

    /// A worker was given a message.
    pub(super) fn note_begun(&mut self, number: usize) {
        self.at_work.insert(number);
    }

    /// Whether a worker has a message.
    pub(super) fn is_any_at_work(&self) -> bool {
        !self.at_work.is_empty()
    }

    /// Counts what the workers tell of their last messages.
    pub(super) fn note(&mut self, requests: &[Numbered]) {
        for (number, request) in requests {
            self.at_work.remove(number);
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
                DeliveryOutcome::Deferred { .. } | DeliveryOutcome::Refused { .. } | DeliveryOutcome::Trouble(_) => {}
            }
        }
    }

    /// The store has what was heard so far.
    pub(super) fn note_recorded(&mut self) {
        self.unrecorded.clear();
    }

    /// Records what the relay has or may have, each mail by itself: a damaged page keeps one from being recorded, and the others are
    /// not sent again. Where even that fails, the mail is in doubt.
    pub(super) fn record_the_rest(&mut self, store: &Store, job: Option<JobId>, now: Timestamp) {
        for (id, state, reply) in self.unrecorded.drain(..) {
            let due_at = (state == MessageState::InDoubt).then(|| now.saturating_add(retry::hold(1)).unwrap_or(now));
            let result = AttemptResult::Tried { state, reply, due_at };
            let is_recorded = change(store, |writing| {
                writing.note_time(now)?;
                writing.record_attempts(&[(id, result)], now)
            });
            if is_recorded {
                // What rates count comes second to what keeps a mail from being sent again.
                change(store, |writing| writing.count_deliveries(job, 1, now));
            }
        }
    }

    /// Corrects a report whose last transaction failed.
    pub(super) fn correct(&self, report: &mut SendReport) {
        (report.accepted, report.in_doubt) = (self.accepted, self.in_doubt);
    }
}

/// Whether the store took a change.
fn change(store: &Store, write: impl FnOnce(&WriteTransaction<'_>) -> Result<()>) -> bool {
    let changed = store.write().and_then(|writing| {
        write(&writing)?;
        writing.commit()
    });
    changed.is_ok()
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
