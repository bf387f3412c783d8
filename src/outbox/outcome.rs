//! What the outcome of a delivery attempt means for its message.

use std::collections::HashMap;
use std::time::Duration;

use jiff::Timestamp;

use super::InFlight;
use crate::domain::message::MessageId;
use crate::domain::message::MessageState;
use crate::domain::retry;
use crate::mail::outcome::DeliveryOutcome;
use crate::mail::outcome::Phase;
use crate::random::Random;
use crate::store::attempts::AttemptResult;

/// After the relay was lost this many times while it handled one message, that counts as a failed attempt of the
/// message.
const MAX_LOST: u32 = 2;

/// Converts delivery outcomes to the results of attempts; nothing else does.
pub(super) struct Outcomes {
    queue_lifetime: Duration,
    /// How often the relay was lost while it handled a message.
    lost: HashMap<MessageId, u32>,
}

impl Outcomes {
    pub(super) fn new(queue_lifetime: Duration) -> Self {
        Self { queue_lifetime, lost: HashMap::new() }
    }

    /// The result to record. A message that must wait waits longer the more often it was tried, and fails if that
    /// would exceed its lifetime in the queue.
    pub(super) fn result(
        &mut self,
        in_flight: &InFlight,
        outcome: DeliveryOutcome,
        random: &dyn Random,
        now: Timestamp,
    ) -> AttemptResult {
        let (state, reply) = match outcome {
            DeliveryOutcome::Accepted { reply } => (MessageState::Accepted, reply),
            DeliveryOutcome::Refused { reply, .. } => (MessageState::Failed, reply),
            DeliveryOutcome::Deferred { reply, .. } => (MessageState::Deferred, reply),
            DeliveryOutcome::InDoubt { reply } => (MessageState::InDoubt, reply),
            // Before MAIL no message can be the cause, so no attempt is counted.
            DeliveryOutcome::TransportFailed(transport_error)
                if transport_error.phase >= Phase::Mail && self.is_lost_again(in_flight.id) =>
            {
                (MessageState::Deferred, transport_error.message)
            }
            DeliveryOutcome::TransportFailed(transport_error) => {
                return self.released(in_flight, transport_error.message, now, None);
            }
        };
        if !matches!(state, MessageState::Deferred | MessageState::InDoubt) {
            return AttemptResult::Tried { state, reply, due_at: None };
        }
        let gives_up_at = self.gives_up_at(in_flight.lifetime_from, now);
        let due_at = if state == MessageState::InDoubt {
            // It waits long, and is tried once more at the end.
            let due_at = after(now, retry::wait_in_doubt(in_flight.doubts.saturating_add(1), jitter(random)));
            if now < gives_up_at { due_at.min(gives_up_at) } else { due_at }
        } else {
            next_try_at(in_flight, random, now)
        };
        if due_at > gives_up_at {
            return given_up(&reply);
        }
        AttemptResult::Tried { state, reply, due_at: Some(due_at) }
    }

    /// The result for a permanent refusal that may concern everybody: the message is deferred, and fails only when
    /// the refusal is known to be its own.
    pub(super) fn suspected(
        &self,
        in_flight: &InFlight,
        reply: String,
        random: &dyn Random,
        now: Timestamp,
    ) -> AttemptResult {
        if self.gives_up_at(in_flight.lifetime_from, now) < now {
            return given_up(&reply);
        }
        let due_at = Some(next_try_at(in_flight, random, now));
        AttemptResult::Tried { state: MessageState::Deferred, reply, due_at }
    }

    /// The result for an attempt that does not count. `given_back`: if the relay refuses everything, until when.
    pub(super) fn released(
        &self,
        in_flight: &InFlight,
        reply: String,
        now: Timestamp,
        given_back: Option<Timestamp>,
    ) -> AttemptResult {
        if self.gives_up_at(in_flight.lifetime_from, now) < now {
            return given_up(&reply);
        }
        AttemptResult::Released { reply, due_at: given_back.unwrap_or(now), given_back: given_back.is_some() }
    }

    /// Until when a message is tried whose lifetime started at `lifetime_from`; if it was never tried, the lifetime
    /// starts now.
    pub(super) fn gives_up_at(&self, lifetime_from: Option<Timestamp>, now: Timestamp) -> Timestamp {
        lifetime_from.unwrap_or(now).saturating_add(self.queue_lifetime).unwrap_or(Timestamp::MAX)
    }

    /// Notes that the relay was lost at a message in an earlier run.
    pub(super) fn note_lost_before(&mut self, id: MessageId) {
        self.lost.entry(id).or_insert(1);
    }

    /// Notes that the relay was lost at a message. Returns whether that was the case before.
    pub(super) fn is_lost_again(&mut self, id: MessageId) -> bool {
        let count = self.lost.entry(id).or_default();
        *count += 1;
        *count >= MAX_LOST
    }
}

fn next_try_at(in_flight: &InFlight, random: &dyn Random, now: Timestamp) -> Timestamp {
    after(now, retry::wait(in_flight.attempts + 1, jitter(random)))
}

fn jitter(random: &dyn Random) -> u32 {
    let mut jitter = [0; 4];
    random.fill(&mut jitter);
    u32::from_le_bytes(jitter)
}

fn after(now: Timestamp, wait: Duration) -> Timestamp {
    now.saturating_add(wait).unwrap_or(Timestamp::MAX)
}

fn given_up(reply: &str) -> AttemptResult {
    AttemptResult::Tried { state: MessageState::Failed, reply: format!("gave up: {reply}"), due_at: None }
}
