//! The transaction of a turn.

use std::cell::RefCell;

use jiff::Timestamp;

use crate::domain::message::MessageId;
use crate::store::Result;
use crate::store::WriteTransaction;
use crate::store::attempts::AttemptResult;
use crate::store::attempts::AttemptStart;

/// The transaction of a turn. It collects the results of attempts and the attempts that start, and writes them
/// together. Access to the store goes through [`StoreTurn::store`], which first writes what was collected so far.
pub(super) struct StoreTurn<'run> {
    writing: WriteTransaction<'run>,
    /// The start of the turn.
    now: Timestamp,
    /// The number of this process's lock.
    sender: u32,
    results: RefCell<Vec<(MessageId, AttemptResult)>>,
    starts: RefCell<Vec<AttemptStart>>,
}

impl<'run> StoreTurn<'run> {
    /// Starts the turn at `now`, for the process that has the lock `sender`.
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

    /// The store, after writing what was collected so far.
    pub(super) fn store(&self) -> Result<&WriteTransaction<'run>> {
        // In one turn a message may be released and then started again, but not the other way round.
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
