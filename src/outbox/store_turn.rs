//! The transaction of a turn, in which all workers that ask are answered.

use std::cell::RefCell;

use jiff::Timestamp;

use crate::domain::message::MessageId;
use crate::store::Result;
use crate::store::WriteTransaction;
use crate::store::attempts::AttemptResult;
use crate::store::attempts::AttemptStart;

/// The transaction of a turn. The results of attempts, and the attempts that start, are collected and written together. Nobody reads
/// the store before it has all that was collected so far.
pub(super) struct StoreTurn<'run> {
    writing: WriteTransaction<'run>,
    /// When the turn began.
    now: Timestamp,
    /// The lock of this process.
    sender: u32,
    results: RefCell<Vec<(MessageId, AttemptResult)>>,
    starts: RefCell<Vec<AttemptStart>>,
}

impl<'run> StoreTurn<'run> {
    /// Begins the turn at `now`, for the process that has the lock `sender`.
    pub(super) fn new(writing: WriteTransaction<'run>, sender: u32, now: Timestamp) -> Self {
        Self { writing, now, sender, results: RefCell::default(), starts: RefCell::default() }
    }

    /// Records the result of an attempt.
    pub(super) fn record(&self, id: MessageId, result: AttemptResult) {
        self.results.borrow_mut().push((id, result));
    }

    /// Starts an attempt.
    pub(super) fn start(&self, start: AttemptStart) {
        self.starts.borrow_mut().push(start);
    }

    /// The store as this turn has left it so far.
    pub(super) fn store(&self) -> Result<&WriteTransaction<'run>> {
        // A message may have been released and be started again in one turn, but not the other way round.
        self.writing.record_attempts(&self.results.take(), self.now)?;
        self.writing.start_attempts(&self.starts.take(), self.sender, self.now)?;
        Ok(&self.writing)
    }

    /// Writes what was collected, and commits.
    pub(super) fn commit(self) -> Result<()> {
        self.store()?;
        self.writing.commit()
    }
}
