//! What a delivery attempt means for its message.

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

/// How often the relay may be lost over one message before that counts as this message's own failure.
const LOST_OVER_ONE: u32 = 2;

/// Turns handovers into states: the one place that does.
pub(super) struct Outcomes {
    queue_lifetime: Duration,
    /// How often the relay was lost over a message.
    lost_over: HashMap<MessageId, u32>,
}

impl Outcomes {
    pub(super) fn new(queue_lifetime: Duration) -> Self {
        Self { queue_lifetime, lost_over: HashMap::new() }
    }

    /// What is to be written down. One that waits again waits the longer the more often it was tried, and is given up when
    /// that would be longer than it may.
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
            // Before MAIL nobody knows whose trouble it is, and it burns nobody's attempt.
            DeliveryOutcome::Trouble(trouble) if trouble.phase >= Phase::Mail && self.is_lost_again(in_flight.id) => {
                (MessageState::Deferred, trouble.words)
            }
            DeliveryOutcome::Trouble(trouble) => return self.released(in_flight, trouble.words, now, None),
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

    /// The same for a permanent refusal of which it is not known yet whether it is the message's own: it waits, and fails only
    /// when that is known.
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

    /// The same for a message whose try does not count; `given_back`: until when, if the relay refuses everything.
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

    /// Until when a message is tried whose lifetime counts since then; if it never was tried, it counts from now on.
    pub(super) fn gives_up_at(&self, lifetime_from: Option<Timestamp>, now: Timestamp) -> Timestamp {
        lifetime_from.unwrap_or(now).saturating_add(self.queue_lifetime).unwrap_or(Timestamp::MAX)
    }

    /// Notes that the relay was lost over a message in an earlier run.
    pub(super) fn was_lost_over(&mut self, id: MessageId) {
        self.lost_over.entry(id).or_insert(1);
    }

    /// Notes that the relay was lost over a message; whether it was before.
    pub(super) fn is_lost_again(&mut self, id: MessageId) -> bool {
        let count = self.lost_over.entry(id).or_default();
        *count += 1;
        *count >= LOST_OVER_ONE
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
