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
            Handover::Trouble(trouble) if self.is_lost_again(in_flight.id) && speaks_of_the_mail(trouble.phase) => {
                (MessageState::Deferred, trouble.words)
            }
            Handover::Trouble(trouble) if self.is_left_alone(in_flight.id) && self.gives_up_at(in_flight) < now => {
                (MessageState::Failed, format!("gave up: {}", trouble.words))
            }
            Handover::Trouble(_) => return Settlement::Released,
        };
        if !matches!(state, MessageState::Deferred | MessageState::InDoubt) {
            return Settlement::Tried { state, reply, due_at: None };
        }
        let mut jitter = [0; 4];
        random.fill(&mut jitter);
        let wait = retry::wait(in_flight.attempts + 1, u32::from_le_bytes(jitter));
        let due_at = now.saturating_add(wait).unwrap_or(Timestamp::MAX);
        if due_at > self.gives_up_at(in_flight) {
            let reply = format!("gave up: {reply}");
            return Settlement::Tried { state: MessageState::Failed, reply, due_at: None };
        }
        Settlement::Tried { state, reply, due_at: Some(due_at) }
    }

    fn gives_up_at(&self, in_flight: &InFlight) -> Timestamp {
        in_flight.first_try_at.saturating_add(self.queue_life).unwrap_or(Timestamp::MAX)
    }

    /// Whether a message is to be left alone for the rest of the run, as it is: the connection was lost over it more than
    /// once, and it could keep all others from being sent.
    pub(super) fn is_left_alone(&self, id: MessageId) -> bool {
        self.lost_over.get(&id).is_some_and(|count| *count >= LOST_OVER_ONE)
    }

    /// Notes that the connection was lost over a message; whether it was before.
    fn is_lost_again(&mut self, id: MessageId) -> bool {
        let count = self.lost_over.entry(id).or_default();
        *count += 1;
        *count >= LOST_OVER_ONE
    }
}

/// Whether the relay had heard of the mail itself. Then a lost connection is the mail's own failure; before that nobody
/// knows whose it is, and it burns nobody's attempt.
fn speaks_of_the_mail(phase: Phase) -> bool {
    matches!(phase, Phase::Rcpt | Phase::Data | Phase::Content | Phase::Dot)
}

/// Whether a refusal speaks of who sends, and not of who is to get the mail: no login, no relaying, a sender that is not
/// wanted. By default Postfix says so only at RCPT (`smtpd_delay_reject`). RFC 4954: 530; RFC 3463: X.7.x is policy, X.1.7
/// and X.1.8 the sender's address.
pub(super) fn speaks_of_us(reply: &str) -> bool {
    let mut words = reply.split_ascii_whitespace();
    let code = words.next().unwrap_or_default();
    let status = words.next().unwrap_or_default();
    code == "530" || status.starts_with("5.7.") || status == "5.1.7" || status == "5.1.8"
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_said_of_the_sender_is_told_from_what_is_said_of_the_recipient() {
        for reply in [
            "530 5.7.0 Must issue a STARTTLS command first",
            "530 Authentication required",
            "554 5.7.1 <x@example.net>: Relay access denied",
            "550 5.1.8 <a@b>: Sender address rejected: Domain not found",
        ] {
            assert!(speaks_of_us(reply), "{reply}");
        }
        for reply in ["550 5.1.1 no such user", "550 mailbox unavailable", "552 5.3.4 too big", ""] {
            assert!(!speaks_of_us(reply), "{reply}");
        }
    }
}
