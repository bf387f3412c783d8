//! How long a busy store is waited for.

use std::cell::Cell;
use std::time::Duration;
use std::time::Instant;

use super::stop_signals;

/// How long a writer waits for another one.
pub const ANSWER_TIMEOUT: Duration = Duration::from_secs(30);

thread_local!(static WAITS: Cell<Duration> = const { Cell::new(ANSWER_TIMEOUT) });

/// Runs something in which a busy store is waited for no longer than this.
pub fn waiting_at_most<T>(patience: Duration, run: impl FnOnce() -> T) -> T {
    let before = WAITS.replace(patience);
    let value = run();
    WAITS.set(before);
    value
}

/// Whether others are waited for as long as they ever are.
pub(super) fn waits_fully() -> bool {
    WAITS.get() >= ANSWER_TIMEOUT
}

/// SQLite's own handler sleeps up to 100 ms between tries, so that under load some never get their turn; this one looks
/// each millisecond, with a jitter that differs between processes.
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
