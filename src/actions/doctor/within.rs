//! Work that may never end, and is waited for only so long.

use std::io;
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use crate::store::stop_signals;

/// Why work gave nothing.
#[derive(Debug, thiserror::Error)]
pub enum NoResult {
    /// It did not end in time. Its thread stays, and ends with the process.
    #[error("no answer within {} s", .0.as_secs())]
    TimeIsUp(Duration),
    /// No thread can be started for it.
    #[error("no thread can be started: {0}")]
    NoThread(#[source] io::Error),
}

/// Runs `work` in a thread of its own, and waits for it at most for `limit`.
///
/// # Errors
/// [`NoResult`].
pub fn within<T: Send + 'static>(limit: Duration, work: impl FnOnce() -> T + Send + 'static) -> Result<T, NoResult> {
    let (sender, result) = mpsc::sync_channel(1);
    start(move || drop(sender.send(work()))).map_err(NoResult::NoThread)?;
    // A thread that panicked has no result either, and has said so.
    result.recv_timeout(limit).map_err(|_| NoResult::TimeIsUp(limit))
}

/// Starts a thread that takes no stop signals, so that the process is never stopped in a transaction.
pub(super) fn start(work: impl FnOnce() + Send + 'static) -> io::Result<()> {
    let deferred = stop_signals::defer();
    let started = thread::Builder::new().name("check".to_owned()).spawn(work);
    drop(deferred);
    started.map(drop)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn work_that_never_ends_is_not_waited_for() {
        let (_sender, never) = mpsc::channel::<()>();
        let limit = Duration::from_millis(20);
        let waited = within(limit, move || never.recv());
        assert!(matches!(waited, Err(NoResult::TimeIsUp(time)) if time == limit));
        assert_eq!(within(Duration::from_secs(60), || 7).unwrap(), 7);
    }
}
