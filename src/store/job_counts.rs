//! How many messages of a job are in each state.

use super::ReadTransaction;
use super::Result;
use crate::domain::job::JobId;
use crate::domain::message::MessageState;
use strum::EnumCount as _;
use strum::VariantArray as _;

/// How many messages of a job are in each state.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Counts {
    states: [u64; MessageState::COUNT],
    /// How many are in a state that the program does not know: their rows are damaged.
    pub unknown: u64,
}

impl Counts {
    /// Those in this state.
    pub fn of(&self, state: MessageState) -> u64 {
        let place = MessageState::VARIANTS.iter().position(|other| *other == state);
        place.map_or(0, |place| self.states[place])
    }

    /// All.
    pub fn total(&self) -> u64 {
        self.states.iter().sum::<u64>() + self.unknown
    }

    /// The mails: all but the users who were skipped.
    pub fn mails(&self) -> u64 {
        self.total() - self.of(MessageState::Skipped)
    }

    /// Those that have not ended.
    pub fn waiting(&self) -> u64 {
        MessageState::VARIANTS.iter().filter(|state| !state.has_ended()).map(|state| self.of(*state)).sum()
    }

    fn add(&mut self, state: Option<MessageState>, count: u64) {
        match MessageState::VARIANTS.iter().position(|other| Some(*other) == state) {
            Some(place) => self.states[place] += count,
            None => self.unknown += count,
        }
    }
}

impl ReadTransaction<'_> {
    /// How many messages of a job are in each state.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn job_counts(&self, id: JobId) -> Result<Counts> {
        let sql = "SELECT state, count(*) FROM messages WHERE job_id = ?1 GROUP BY state";
        let mut statement = self.transaction.prepare_cached(sql)?;
        let mut rows = statement.query([id.0])?;
        let mut counts = Counts::default();
        while let Some(row) = rows.next()? {
            let state = row.get_ref(0)?.as_str().ok().and_then(MessageState::stored);
            counts.add(state, row.get::<_, i64>(1)?.unsigned_abs());
        }
        Ok(counts)
    }
}
