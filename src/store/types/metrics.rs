//! Numbers for monitoring.

use jiff::Timestamp;

use crate::domain::job::JobState;
use crate::store::types::job_counts::Counts;

/// Numbers for monitoring. They name no user.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Metrics {
    /// The messages by state.
    pub messages: Counts,
    /// When the oldest unsent message of no job was queued; `None`: none waits.
    pub oldest_single: Option<Timestamp>,
    /// When the oldest unsent message of a running job was queued; `None`: none waits.
    pub oldest_of_job: Option<Timestamp>,
    /// The jobs by state.
    pub jobs: Vec<(JobState, u64)>,
    /// Until when nothing is sent, because the relay refused everything; `None`: it did not, or has accepted mail since.
    pub relay_hold_until: Option<Timestamp>,
    /// When a `jobs run` last succeeded.
    pub last_success: Option<Timestamp>,
    /// How many events tell of a refused action.
    pub refused_actions: u64,
    /// The number of the newest event.
    pub event_head: u64,
    /// How many users have an address that takes no mail.
    pub bouncing_users: u64,
}
