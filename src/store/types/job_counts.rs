//! How many messages of a job, or of the store, are in each state.

use crate::domain::message::MessageState;
use strum::EnumCount as _;
use strum::VariantArray as _;

/// How many messages are in each state.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Counts {
    pub(in crate::store) states: [u64; MessageState::COUNT],
    /// How many are in a state that the program does not know: their rows are damaged.
    pub unknown: u64,
}

impl Counts {
    /// Those in this state.
    pub fn of(&self, state: MessageState) -> u64 {
        let index = MessageState::VARIANTS.iter().position(|other| *other == state);
        index.map_or(0, |index| self.states[index])
    }

    /// All.
    pub fn total(&self) -> u64 {
        self.states.iter().sum::<u64>() + self.unknown
    }

    /// The mails: all but the users who were skipped.
    pub fn mails(&self) -> u64 {
        self.total() - self.of(MessageState::Skipped)
    }

    /// Those that the relay accepted, also those that bounced later: the limits of a run are about the relay.
    pub fn accepted_by_relay(&self) -> u64 {
        self.of(MessageState::Accepted) + self.of(MessageState::Bounced)
    }

    /// Those that have not ended.
    pub fn waiting(&self) -> u64 {
        MessageState::VARIANTS.iter().filter(|state| !state.has_ended()).map(|state| self.of(*state)).sum()
    }

    pub(in crate::store) fn add(&mut self, state: Option<MessageState>, count: u64) {
        match MessageState::VARIANTS.iter().position(|other| Some(*other) == state) {
            Some(index) => self.states[index] += count,
            None => self.unknown += count,
        }
    }
}
