//! `[jobs]`: how long mails are retried, and how often a user gets one.

use std::time::Duration;

use super::document::Section;

const DAY: Duration = Duration::from_secs(86_400);
const HOUR: Duration = Duration::from_secs(3_600);

/// The settings for the mails of jobs and for single mails.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct JobsSection {
    /// How long after its creation a message is retried before the program gives up.
    pub queue_lifetime: Duration,
    /// A user who was sent a reset within this time gets no other one; zero: no limit.
    pub unless_sent_within: Duration,
    /// How long mail may wait before `jobs run` reports it without a terminal.
    pub complain_after: Duration,
}

impl Default for JobsSection {
    fn default() -> Self {
        Self { queue_lifetime: DAY, unless_sent_within: Duration::from_secs(15 * 60), complain_after: HOUR }
    }
}

impl JobsSection {
    pub(super) fn read(section: &Section<'_, '_>) -> Self {
        let default = Self::default();
        let (within, lifetime) = (Duration::ZERO..=30 * DAY, Duration::from_secs(60)..=30 * DAY);
        Self {
            queue_lifetime: section.duration("queue_lifetime", lifetime).unwrap_or(default.queue_lifetime),
            unless_sent_within: section
                .duration("unless_sent_within", within.clone())
                .unwrap_or(default.unless_sent_within),
            complain_after: section.duration("complain_after", within).unwrap_or(default.complain_after),
        }
    }
}
