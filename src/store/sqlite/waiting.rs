//! How long the program waits for a busy store, and how a process that writes much leaves time for others.

use std::cell::Cell;
use std::time::Duration;
use std::time::Instant;

use super::Result;
use super::Store;
use super::StoreError;
use super::WriteTransaction;
use crate::store::stop_signals;

/// How long a writer waits for others.
pub(super) const ANSWER_TIMEOUT: Duration = Duration::from_secs(30);
/// How often a waiting writer asks its caller whether to continue.
const ASK_EVERY: Duration = Duration::from_secs(1);
/// How long the store is left free for others at a time: longer than [`wait_for_the_writer`] sleeps between two attempts.
const FREE_FOR: Duration = Duration::from_millis(2);
/// The longest time without such a moment.
const FREE_EVERY: Duration = Duration::from_millis(100);

thread_local!(static WAITS: Cell<Duration> = const { Cell::new(ANSWER_TIMEOUT) });

/// Runs `run`, which waits for a busy store at most this long.
pub fn waiting_at_most<T>(patience: Duration, run: impl FnOnce() -> T) -> T {
    let before = WAITS.replace(patience);
    let value = run();
    WAITS.set(before);
    value
}

/// Whether this thread waits for others as long as [`ANSWER_TIMEOUT`].
pub(super) fn waits_fully() -> bool {
    WAITS.get() >= ANSWER_TIMEOUT
}

/// Waits before the next attempt to take the lock; false: not any longer. SQLite's own handler sleeps up to 100 ms between
/// attempts, so that under load some processes never get the lock. This one tries every millisecond, with a jitter that differs
/// between processes.
pub(super) fn wait_for_the_writer(tries: i32) -> bool {
    thread_local!(static SINCE: Cell<Option<Instant>> = const { Cell::new(None) });
    if tries == 0 {
        SINCE.set(Some(Instant::now()));
    }
    if SINCE.get().is_some_and(|since| since.elapsed() >= WAITS.get()) {
        return false;
    }
    let scattered = u64::from(std::process::id()).wrapping_mul(2_654_435_761) ^ u64::from(tries.unsigned_abs());
    stop_signals::stop_if_asked();
    std::thread::sleep(Duration::from_micros(500 + scattered.wrapping_mul(0x9e37_79b9_7f4a_7c15) % 1_000));
    true
}

impl Store {
    /// As [`Store::write`], but while other processes write, `continues` is asked about once a second whether to keep waiting. Its
    /// argument says whether [`Store::write`] would have given up by then.
    ///
    /// # Errors
    /// As [`Store::write`]; [`StoreError::Busy`] when `continues` returns false.
    pub fn write_while(&self, mut continues: impl FnMut(bool) -> bool) -> Result<WriteTransaction<'_>> {
        let began = Instant::now();
        loop {
            match self.write_within(ASK_EVERY) {
                Err(StoreError::Busy) if continues(began.elapsed() >= ANSWER_TIMEOUT) => {}
                begun => return begun,
            }
        }
    }

    /// Leaves the store free for a moment if this process has kept it busy for long, so that others can write. A process that makes
    /// one transaction after the other calls this between them; `unused` is for how long it has just not used the store.
    pub fn yield_to_others(&self, unused: Duration) {
        if unused < FREE_FOR {
            if self.was_free.get().elapsed() < FREE_EVERY {
                return;
            }
            std::thread::sleep(FREE_FOR);
        }
        self.was_free.set(Instant::now());
    }
}
