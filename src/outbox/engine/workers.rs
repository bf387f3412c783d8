//! The workers of a run, as the store's thread sees them.

use crate::domain::email_address::EmailAddress;
use crate::domain::message::MessageId;
use crate::outbox::InFlight;

/// A worker, as the store's thread sees it.
#[derive(Default)]
pub(super) struct Worker {
    pub(super) in_flight: Option<InFlight>,
    /// The message that was set aside for it, and where that goes.
    pub(super) aside: Option<(MessageId, EmailAddress)>,
    /// How many refusals were known when that was announced.
    pub(super) known_refusals: u64,
    /// It was told to wait for its turn, and the turn is its own.
    pub(super) has_turn: bool,
    /// It was told that there is nothing more to do.
    pub(super) has_ended: bool,
}
