//! Time is passed in: [`Clock`] is the only way the program learns what time it is, so that every test can say it.

use std::sync::Arc;
use std::sync::atomic::AtomicI64;
use std::sync::atomic::Ordering;
use std::time::Duration;
use std::time::SystemTime;

use jiff::Timestamp;

/// Tells the time, in whole seconds: the store keeps integer unix seconds, so nothing finer may decide anything. Threads can
/// share it.
pub trait Clock: Send + Sync {
    /// The present moment, with the fraction of the second cut off.
    fn now(&self) -> Timestamp;

    /// Waits so long.
    fn sleep(&self, time: Duration);
}

/// The clock of the machine. Where it is set beyond the calendar, which ends in the last days of 9999, it tells the calendar's
/// end: a wrong clock is no reason to refuse logins.
#[derive(Debug, Clone, Copy)]
pub struct SystemClock;

impl Clock for SystemClock {
    fn now(&self) -> Timestamp {
        #[expect(clippy::disallowed_methods, reason = "the one place that reads the machine's clock")]
        let now = SystemTime::now();
        whole_seconds(now)
    }

    fn sleep(&self, time: Duration) {
        std::thread::sleep(time);
    }
}

/// The time in whole seconds, within the calendar.
fn whole_seconds(time: SystemTime) -> Timestamp {
    let seconds = |length: Duration| i64::try_from(length.as_secs()).unwrap_or(i64::MAX);
    let seconds = match time.duration_since(SystemTime::UNIX_EPOCH) {
        Ok(after) => seconds(after),
        Err(error) => -seconds(error.duration()),
    };
    let seconds = seconds.clamp(Timestamp::MIN.as_second(), Timestamp::MAX.as_second());
    Timestamp::from_second(seconds).unwrap_or_default()
}

/// A clock that stands still until it is set; clones share the hand.
#[derive(Debug, Clone)]
pub struct ScriptedClock(Arc<AtomicI64>);

impl ScriptedClock {
    /// A clock that shows `now`.
    pub fn new(now: Timestamp) -> Self {
        Self(Arc::new(AtomicI64::new(now.as_second())))
    }

    /// Moves the hand, forwards or back.
    pub fn set(&self, now: Timestamp) {
        self.0.store(now.as_second(), Ordering::Relaxed);
    }
}

impl Clock for ScriptedClock {
    fn now(&self) -> Timestamp {
        Timestamp::from_second(self.0.load(Ordering::Relaxed)).unwrap_or_default()
    }

    /// Takes no time: the hand moves.
    fn sleep(&self, time: Duration) {
        self.set(self.now().saturating_add(time).unwrap_or(Timestamp::MAX));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_clock_outside_the_calendar_tells_its_nearest_end() {
        let at = |seconds: i64| {
            let length = Duration::from_secs(seconds.unsigned_abs());
            let epoch = SystemTime::UNIX_EPOCH;
            whole_seconds(if seconds < 0 { epoch - length } else { epoch + length }).as_second()
        };
        for seconds in [0, 1_800_000_000, -1, -86_400, Timestamp::MIN.as_second(), Timestamp::MAX.as_second()] {
            assert_eq!(at(seconds), seconds);
        }
        // 9999-12-31, and the end of what a clock can say.
        for seconds in [253_402_214_400, 253_402_300_800, i64::MAX] {
            assert_eq!(at(seconds), Timestamp::MAX.as_second(), "{seconds}");
        }
        assert_eq!(at(-9_000_000_000_000), Timestamp::MIN.as_second());
    }
}
