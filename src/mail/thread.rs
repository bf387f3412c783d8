//! Blocking work in a thread of its own. Tokio's functions for it (`spawn_blocking`, `lookup_host`) panic if no
//! thread can be started, as under `ulimit -u` or `ulimit -v`.

use std::io;
use std::thread;

use tokio::sync::oneshot;

/// Why there is no result.
#[derive(Debug, thiserror::Error)]
pub(super) enum ThreadError {
    #[error("no thread can be started: {0}")]
    NotStarted(#[source] io::Error),
    /// The work panicked.
    #[error("a bug: the thread ended without a result")]
    Panicked,
}

/// Runs `work` in a new thread and returns its result. If the caller no longer waits, the result is dropped.
pub(super) async fn in_thread<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> Result<T, ThreadError> {
    let (sender, result) = oneshot::channel();
    let started = thread::Builder::new().name("waiting".to_owned()).spawn(move || drop(sender.send(work())));
    started.map_err(ThreadError::NotStarted)?;
    result.await.map_err(|_| ThreadError::Panicked)
}
