//! Time is passed in: [`Clock`] is the only way the program learns what time it is, so that every test can say it.

use std::cell::Cell;
use std::rc::Rc;
use std::time::Duration;

use jiff::Timestamp;

/// Tells the time, in whole seconds: the store keeps integer unix seconds, so nothing finer may decide anything.
pub trait Clock {
    /// The present moment, with the fraction of the second cut off.
    fn now(&self) -> Timestamp;

    /// Waits so long.
    fn sleep(&self, time: Duration);
}

/// The clock of the machine.
#[derive(Debug, Clone, Copy)]
pub struct SystemClock;

impl Clock for SystemClock {
    fn now(&self) -> Timestamp {
        #[expect(clippy::disallowed_methods, reason = "the one place that reads the machine's clock")]
        let now = Timestamp::now();
        Timestamp::from_second(now.as_second()).unwrap_or(now)
    }

    fn sleep(&self, time: Duration) {
        std::thread::sleep(time);
    }
}

/// A clock that stands still until it is set; clones share the hand.
#[derive(Debug, Clone)]
pub struct ScriptedClock(Rc<Cell<Timestamp>>);

impl ScriptedClock {
    /// A clock that shows `now`.
    pub fn new(now: Timestamp) -> Self {
        Self(Rc::new(Cell::new(now)))
    }

    /// Moves the hand, forwards or back.
    pub fn set(&self, now: Timestamp) {
        self.0.set(now);
    }
}

impl Clock for ScriptedClock {
    fn now(&self) -> Timestamp {
        self.0.get()
    }

    /// Takes no time: the hand moves.
    fn sleep(&self, time: Duration) {
        self.0.set(self.0.get().saturating_add(time).unwrap_or(Timestamp::MAX));
    }
}
