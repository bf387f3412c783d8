//! What became of a message: written down, and what it says of the relay.

use std::time::Instant;

use jiff::Timestamp;

use super::Engine;
use crate::domain::message::MessageId;
use crate::domain::message::MessageState;
use crate::mail::handover::Handover;
use crate::mail::handover::Phase;
use crate::mail::handover::Trouble;
use crate::mail::handover::TroubleKind;
use crate::outbox::Halt;
use crate::outbox::outcome::speaks_of_us;
use crate::store::Result;
use crate::store::Writing;
use crate::store::outbox::Settlement;

/// So many refusals of us, before the relay took anything, end the run.
const ENOUGH_REFUSALS: u32 = 3;

impl Engine<'_> {
    /// Writes down what became of a worker's message.
    pub(super) fn settle(
        &mut self,
        writing: &Writing<'_>,
        number: usize,
        id: MessageId,
        handover: Handover,
        now: Timestamp,
    ) -> Result<()> {
        let Some(in_flight) = self.workers[number].in_flight.take().filter(|in_flight| in_flight.id == id) else {
            return Ok(());
        };
        match &handover {
            Handover::Accepted { .. } => self.pace.taken(),
            Handover::Deferred { slow_down: true, .. } => self.pace.slow_down(Instant::now()),
            _ => {}
        }
        let handover = self.whose_refusal(handover);
        if let Handover::Trouble(trouble) = &handover {
            self.last_trouble = Some(trouble.clone());
        }
        let settlement = self.outcomes.settlement(&in_flight, handover, self.surroundings.random, now);
        writing.settle_message(id, &settlement, now)?;
        match settlement {
            Settlement::Tried { state, reply, .. } => {
                self.report.count(state);
                if state != MessageState::Accepted {
                    self.last_error = Some(reply);
                }
            }
            Settlement::Released if self.outcomes.is_left_alone(id) => self.supply.leave_alone(id),
            Settlement::Released => self.supply.give_back(id),
        }
        Ok(())
    }

    /// As long as the relay has taken nothing at all, a refusal that speaks of the sender may be for everybody: it burns
    /// nobody's mail, and a few of them end the run.
    fn whose_refusal(&mut self, handover: Handover) -> Handover {
        let has_taken_any = self.report.accepted + self.order.before.accepted > 0;
        let Handover::Refused { reply } = handover else { return handover };
        if has_taken_any || !speaks_of_us(&reply) {
            return Handover::Refused { reply };
        }
        self.refusals_of_us += 1;
        if self.refusals_of_us == ENOUGH_REFUSALS {
            let words = format!("the relay refuses mail from here, whoever it is for: {reply}");
            self.report.trouble = Some(Trouble { kind: TroubleKind::ForGood, phase: Phase::Rcpt, words });
            self.stop(Halt::Trouble);
        }
        Handover::Deferred { reply, slow_down: false }
    }
}
