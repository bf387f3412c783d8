//! The workers of a run, as the store's thread sees them.

use crate::outbox::InFlight;
use crate::outbox::message_source::Aside;

/// A worker, as the store's thread sees it.
#[derive(Default)]
pub(super) struct Worker {
    pub(super) in_flight: Option<InFlight>,
    /// The message that was set aside for it.
    pub(super) reserved: Option<Aside>,
    /// How many refusals were known when that was announced.
    pub(super) known_refusals: u64,
    /// It was told to wait for its turn, and the turn is its own.
    pub(super) has_turn: bool,
    /// It was told that there is nothing more to do.
    pub(super) has_ended: bool,
}
