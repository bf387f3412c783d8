//! The workers of a run, as the store's thread sees them.

use crate::outbox::InFlight;
use crate::outbox::message_source::ReservedMessage;

/// A worker, as the store's thread sees it.
#[derive(Default)]
pub(super) struct Worker {
    pub(super) in_flight: Option<InFlight>,
    /// The message that is reserved for it.
    pub(super) reserved: Option<ReservedMessage>,
    /// Number of refusals that were known when that message was announced.
    pub(super) known_refusals: u64,
    /// It has waited for its turn, which is its own now.
    pub(super) has_turn: bool,
    /// It was told to end.
    pub(super) has_ended: bool,
}
