//! What a handover means for its message.

use std::collections::HashMap;
use std::time::Duration;

use jiff::Timestamp;

use super::InFlight;
use crate::domain::message::MessageId;
use crate::domain::message::MessageState;
use crate::domain::retry;
use crate::mail::handover::Handover;
use crate::mail::handover::Phase;
use crate::mail::handover::Trouble;
use crate::random::Random;
use crate::store::outbox::Settlement;

/// How often the connection may be lost over one message before that counts as this message's own failure.
const LOST_OVER_ONE: u32 = 2;

/// Turns handovers into states: the one place that does.
pub(super) struct Outcomes {
    queue_life: Duration,
    /// How often the connection was lost over a message.
    lost_over: HashMap<MessageId, u32>,
}

impl Outcomes {
    pub(super) fn new(queue_life: Duration) -> Self {
        Self { queue_life, lost_over: HashMap::new() }
    }

    /// What is to be written down. One that waits again waits the longer the more often it was tried, and is given up when
    /// that would be longer than it may.
    pub(super) fn settlement(
        &mut self,
        in_flight: &InFlight,
        handover: Handover,
        random: &mut dyn Random,
        now: Timestamp,
    ) -> Settlement {
        let (state, reply) = match handover {
            Handover::Accepted { reply } => (MessageState::Accepted, reply),
            Handover::Refused { reply } => (MessageState::Failed, reply),
            Handover::Deferred { reply, .. } => (MessageState::Deferred, reply),
            Handover::InDoubt { reply } => (MessageState::InDoubt, reply),
            Handover::Trouble(trouble) if !self.is_lost_again(in_flight.id, &trouble) => return Settlement::Released,
            Handover::Trouble(trouble) => (MessageState::Deferred, trouble.words),
        };
        if !matches!(state, MessageState::Deferred | MessageState::InDoubt) {
            return Settlement::Tried { state, reply, due_at: None };
        }
        let mut jitter = [0; 4];
        random.fill(&mut jitter);
        let wait = retry::wait(in_flight.attempts + 1, u32::from_le_bytes(jitter));
        let due_at = now.saturating_add(wait).unwrap_or(Timestamp::MAX);
        let gives_up_at = in_flight.created_at.saturating_add(self.queue_life).unwrap_or(Timestamp::MAX);
        if due_at > gives_up_at {
            let reply = format!("gave up: {reply}");
            return Settlement::Tried { state: MessageState::Failed, reply, due_at: None };
        }
        Settlement::Tried { state, reply, due_at: Some(due_at) }
    }

    /// Whether the connection was lost over this message before, once the relay had heard of it: then it is the message's
    /// own failure, or one message could keep all others from being sent.
    fn is_lost_again(&mut self, id: MessageId, trouble: &Trouble) -> bool {
        if !matches!(trouble.phase, Phase::Rcpt | Phase::Data | Phase::Content | Phase::Dot) {
            return false;
        }
        let count = self.lost_over.entry(id).or_default();
        *count += 1;
        *count >= LOST_OVER_ONE
    }
}
