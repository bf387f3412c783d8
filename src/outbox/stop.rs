//! The request to stop a run.

use std::sync::atomic::AtomicU32;
use std::sync::atomic::Ordering;
use std::time::Duration;

/// How long messages in flight may take to end once a run was asked to stop.
const GRACE: Duration = Duration::from_secs(5);

/// Asks a run to stop, from another thread or a signal handler. After the first request nothing new is started, and
/// messages in flight may end within the grace period. After the second the run stops at once: a message that has not
/// ended is in doubt if its final dot may have been sent, and otherwise waits as if it had not been tried.
#[derive(Debug)]
pub struct StopSignal {
    asked: AtomicU32,
    grace: Duration,
}

impl StopSignal {
    /// A signal without requests. `grace`: how long messages in flight may take.
    pub fn new(grace: Duration) -> Self {
        Self { asked: AtomicU32::new(0), grace }
    }

    /// Requests once more. This only increments an atomic number, so that a signal handler may call it.
    pub fn ask(&self) {
        self.asked.fetch_add(1, Ordering::Relaxed);
    }

    /// Number of requests.
    pub fn asked(&self) -> u32 {
        self.asked.load(Ordering::Relaxed)
    }

    pub(super) fn grace(&self) -> Duration {
        self.grace
    }
}

impl Default for StopSignal {
    /// A grace period of five seconds.
    fn default() -> Self {
        Self::new(GRACE)
    }
}
