//! How a run is asked to stop.

use std::sync::atomic::AtomicU32;
use std::sync::atomic::Ordering;
use std::time::Duration;

/// How long what is in flight may take to end once a run was asked to stop.
const GRACE: Duration = Duration::from_secs(5);

/// Asks a run to stop, from another thread or a signal handler: once, and nothing new is begun, and what is in flight may
/// end within the grace; twice, and it stops at once. What has not ended then is in doubt if its final dot may have left,
/// and otherwise waits as if it had not been tried.
#[derive(Debug)]
pub struct StopSignal {
    asked: AtomicU32,
    grace: Duration,
}

impl StopSignal {
    /// One that nobody has used. `grace`: how long what is in flight may take.
    pub fn new(grace: Duration) -> Self {
        Self { asked: AtomicU32::new(0), grace }
    }

    /// Asks once more. It only writes a number, so that a signal handler may do it.
    pub fn ask(&self) {
        self.asked.fetch_add(1, Ordering::Relaxed);
    }

    /// How often somebody asked.
    pub fn asked(&self) -> u32 {
        self.asked.load(Ordering::Relaxed)
    }

    pub(super) fn grace(&self) -> Duration {
        self.grace
    }
}

impl Default for StopSignal {
    /// With five seconds of grace.
    fn default() -> Self {
        Self::new(GRACE)
    }
}
