//! The last time that a relay refused everything.

use jiff::Timestamp;

use crate::domain::retry;

/// The prefix of the reply of a hold that began because everything was in doubt. No reply of a relay begins with it.
pub(in crate::store) const IN_DOUBT: &str = "in doubt: ";

/// The last time the relay refused everything, or left everything in doubt.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RelayHold {
    /// Until when nothing is sent unless somebody asks for it.
    pub until: Timestamp,
    /// How many times in a row; 0 once the relay has accepted a mail.
    pub count: u32,
    /// The relay's words, or what happened.
    pub reply: String,
    /// The relay has accepted a mail since.
    pub has_accepted: bool,
}

impl RelayHold {
    /// Whether the relay left everything in doubt. Otherwise it refused everything.
    pub fn is_for_doubts(&self) -> bool {
        self.reply.starts_with(IN_DOUBT)
    }

    /// The relay's words, or what happened, alone.
    pub fn words(&self) -> &str {
        self.reply.strip_prefix(IN_DOUBT).unwrap_or(&self.reply)
    }

    /// Whether nothing is sent at `now`. If the end is further away than any hold lasts, a clock that was ahead has set it.
    pub fn is_in_force(&self, now: Timestamp) -> bool {
        let left = self.until.duration_since(now);
        left.is_positive() && left.unsigned_abs() <= retry::LONGEST_HOLD
    }
}
