//! A job: one bulk send, many messages.

use std::fmt;

/// The number of a job in the store; never given to another one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct JobId(pub i64);

/// How the reason starts with which an operator paused a job; the limits of such a job count on when it is resumed.
pub const PAUSED_BY: &str = "by ";

/// Where a job is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, strum::EnumString, strum::IntoStaticStr, strum::VariantArray)]
#[strum(serialize_all = "lowercase")]
pub enum JobState {
    /// Its messages are sent by the process that runs it; none may be doing that now.
    Running,
    /// It waits for an operator to look at it.
    Paused,
    /// Each of its messages has ended.
    Finished,
    /// An operator called it off.
    Cancelled,
}

impl JobState {
    /// The word in the store and in data.
    pub fn word(self) -> &'static str {
        self.into()
    }

    /// Whether nothing of it is sent any more.
    pub fn has_ended(self) -> bool {
        matches!(self, Self::Finished | Self::Cancelled)
    }

    /// The state of a word in the store.
    pub fn stored(word: &str) -> Option<Self> {
        word.parse().ok()
    }
}

impl fmt::Display for JobId {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(formatter)
    }
}

impl fmt::Display for JobState {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.word())
    }
}

#[cfg(test)]
mod tests {
    use strum::VariantArray as _;

    use super::*;

    #[test]
    fn every_word_of_the_store_reads_back() {
        for &state in JobState::VARIANTS {
            assert_eq!(JobState::stored(state.word()), Some(state));
        }
        assert_eq!(JobState::stored("lost"), None);
    }
}
