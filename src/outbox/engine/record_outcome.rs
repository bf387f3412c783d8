//! Records the result of a message, and what it shows about the relay.

use std::time::Instant;

use jiff::Timestamp;

use super::Engine;
use crate::domain::message::MessageId;
use crate::domain::message::MessageState;
use crate::domain::relay::Phase;
use crate::domain::reply::RefusalSubject;
use crate::domain::reply::RelayReply;
use crate::domain::reply::Throttle;
use crate::mail::outcome::DeliveryOutcome;
use crate::outbox::InFlight;
use crate::outbox::store_turn::StoreTurn;
use crate::outbox::suspicion::Suspect;
use crate::store::Result;
use crate::store::attempts::AttemptResult;

/// After this many consecutive 4yz replies the run slows down, whatever their text.
const THROTTLED: u32 = 3;
const HOPELESS: u32 = 5;

impl Engine<'_> {
    /// Records the result of a worker's message.
    pub(super) fn record_outcome(
        &mut self,
        turn: &StoreTurn<'_>,
        number: usize,
        id: MessageId,
        outcome: DeliveryOutcome,
        now: Timestamp,
    ) -> Result<()> {
        let Some(in_flight) = self.workers[number].in_flight.take().filter(|in_flight| in_flight.id == id) else {
            return Ok(());
        };
        match outcome {
            DeliveryOutcome::Deferred { reply, relay: Some(relay) }
            | DeliveryOutcome::Refused { reply, relay: Some(relay) } => {
                self.invalid_replies.reset();
                let is_before_content = relay.phase < Phase::Content;
                if relay.phase == Phase::Dot {
                    self.doubts.answered();
                }
                self.record_refusal(turn, &in_flight, relay, reply, now)?;
                if is_before_content {
                    // No message was announced behind its content.
                    self.workers[number].known_refusals = self.suspicion.known();
                }
                Ok(())
            }
            DeliveryOutcome::TransportFailed(transport_error) => {
                self.suspicion.forget_probe(id);
                let is_after_opening = transport_error.phase >= Phase::Mail;
                let is_repeated = self.invalid_replies.is_repeated(id, &transport_error);
                if transport_error.phase == Phase::Program {
                    // The program already had the mail, so the mail is not given to it twice in a run.
                    let outcome = DeliveryOutcome::Deferred { reply: transport_error.message, relay: None };
                    self.record(turn, &in_flight, outcome, now);
                    return Ok(());
                }
                if !is_repeated {
                    // A run without time to retry would end at the same message each time and never reach the others.
                    if is_after_opening && turn.store()?.was_released(id)? {
                        self.outcomes.note_lost_before(id);
                    }
                    self.message_source.give_back(id, is_after_opening);
                    self.record(turn, &in_flight, DeliveryOutcome::TransportFailed(transport_error), now);
                    return Ok(());
                }
                let outcome = DeliveryOutcome::Refused { reply: transport_error.message, relay: None };
                self.record(turn, &in_flight, outcome, now);
                Ok(())
            }
            outcome => {
                self.invalid_replies.reset();
                if matches!(outcome, DeliveryOutcome::Accepted { .. }) {
                    self.note_accepted(turn, &in_flight, now)?;
                } else {
                    self.suspicion.forget_probe(id);
                }
                let reply = if let DeliveryOutcome::InDoubt { reply } = &outcome { Some(reply.clone()) } else { None };
                self.record(turn, &in_flight, outcome, now);
                reply.map_or(Ok(()), |reply| self.note_in_doubt(turn, &in_flight, &reply, now))
            }
        }
    }

    fn record(&mut self, turn: &StoreTurn<'_>, in_flight: &InFlight, outcome: DeliveryOutcome, now: Timestamp) {
        let result = self.outcomes.result(in_flight, outcome, self.context.random, now);
        self.write(turn, in_flight.id, result);
    }

    fn write(&mut self, turn: &StoreTurn<'_>, id: MessageId, result: AttemptResult) {
        if let AttemptResult::Tried { state, reply, .. } = &result {
            self.message_source.forget(id);
            self.report.count(*state);
            if *state == MessageState::Failed {
                self.report.first_failed.get_or_insert((id, self.send_options.scope.job()));
            }
            if matches!(state, MessageState::Accepted | MessageState::InDoubt) {
                self.quotas.note_delivered();
            }
            if *state != MessageState::Accepted {
                self.last_error = Some(reply.clone());
            }
        }
        turn.record(id, result);
    }

    fn note_accepted(&mut self, turn: &StoreTurn<'_>, in_flight: &InFlight, now: Timestamp) -> Result<()> {
        self.doubts.answered();
        self.pace.note_accepted();
        self.connections.note_accepted();
        self.relay.throttled_in_row = 0;
        self.relay.hopeless = 0;
        let cleared = self.suspicion.accepted(in_flight.known_refusals);
        self.fail(turn, cleared, now)?;
        let Some(hold) = &mut self.relay.hold else { return Ok(()) };
        if in_flight.is_test {
            // An operator checks whether the relay works again, often with an address from which the relay accepts
            // everything. The next run finds out for all; until then, no message fails because of the refusals
            // before.
            hold.until = now;
            return turn.store()?.lift_relay_hold();
        }
        // What the relay refused temporarily, like everything else, and accepts now, was greylisted.
        self.relay.greylists |= in_flight.given_back && hold.reply.starts_with('4');
        if !hold.has_accepted || hold.count > 0 {
            (hold.has_accepted, hold.count) = (true, 0);
            turn.store()?.end_relay_hold()?;
        }
        Ok(())
    }

    /// Handles a refusal of the relay. Whether it concerns this recipient or everybody may only be known from the
    /// replies to others.
    fn record_refusal(
        &mut self,
        turn: &StoreTurn<'_>,
        in_flight: &InFlight,
        reply: RelayReply,
        words: String,
        now: Timestamp,
    ) -> Result<()> {
        let is_permanent = reply.is_permanent();
        if let Some((known, until)) = &self.relay.refuses_everything
            && known.is_same(&reply)
        {
            let result = self.outcomes.released(in_flight, words, now, Some(*until));
            self.write(turn, in_flight.id, result);
            return Ok(());
        }
        if reply.phase == Phase::Mail && !is_permanent {
            return self.record_refused_sender(turn, in_flight, &reply, words, now);
        }
        let with_reply = |words| match is_permanent {
            true => DeliveryOutcome::Refused { reply: words, relay: None },
            false => DeliveryOutcome::Deferred { reply: words, relay: None },
        };
        if self.is_its_own(in_flight, &reply) {
            self.suspicion.forget_probe(in_flight.id);
            let cleared = self.suspicion.answered(reply.phase, in_flight.known_refusals);
            self.fail(turn, cleared, now)?;
            self.record(turn, in_flight, with_reply(words), now);
            return Ok(());
        }
        let is_paced = !is_permanent && self.report.accepted > 0 && reply.throttle() != Throttle::No;
        // The message is deferred until that is known, so that nobody is failed for a refusal of everybody.
        if is_permanent {
            let result = self.outcomes.suspected(in_flight, words.clone(), self.context.random, now);
            self.write(turn, in_flight.id, result);
        } else {
            self.record(turn, in_flight, with_reply(words.clone()), now);
        }
        let suspect = Suspect { id: in_flight.id, lifetime_from: in_flight.lifetime_from, is_permanent };
        let is_hopeless = is_paced && self.note_throttle(&reply);
        let known = in_flight.known_refusals;
        let cleared = self.suspicion.refused(suspect, known, &in_flight.domain, reply, words, is_paced);
        self.fail(turn, cleared, now)?;
        if is_hopeless || self.suspicion.is_confirmed() {
            self.stop_refused(turn, now)?;
        }
        Ok(())
    }

    /// Whether the refusal concerns this message only, whatever the replies to others are.
    fn is_its_own(&self, in_flight: &InFlight, reply: &RelayReply) -> bool {
        // It was refused with everything else before, and since then the relay has accepted others.
        let has_accepted_others = self.relay.hold.as_ref().is_some_and(|hold| hold.has_accepted);
        let is_greylisted = self.relay.greylists && reply.phase == Phase::Rcpt && !reply.is_permanent();
        reply.about() == RefusalSubject::Recipient || in_flight.given_back && has_accepted_others || is_greylisted
    }

    /// Handles a 4yz reply to MAIL, which comes before the relay knows the recipient. Until the relay has accepted a
    /// message it is unusable; after that, it wants less mail. Another message is tried before this one again.
    fn record_refused_sender(
        &mut self,
        turn: &StoreTurn<'_>,
        in_flight: &InFlight,
        reply: &RelayReply,
        words: String,
        now: Timestamp,
    ) -> Result<()> {
        self.suspicion.forget_probe(in_flight.id);
        let has_accepted = self.report.accepted > 0;
        let is_hopeless = has_accepted && self.note_throttle(reply);
        if has_accepted && self.outcomes.is_lost_again(in_flight.id) {
            self.record(turn, in_flight, DeliveryOutcome::Deferred { reply: words.clone(), relay: None }, now);
        } else {
            self.message_source.give_back(in_flight.id, true);
            let result = self.outcomes.released(in_flight, words.clone(), now, None);
            self.write(turn, in_flight.id, result);
        }
        if is_hopeless {
            let cleared = self.suspicion.accepted(u64::MAX);
            self.fail(turn, cleared, now)?;
            self.refuse_everything(turn, reply.clone(), &words, now)?;
        }
        Ok(())
    }

    /// Handles a refusal with which the relay may ask for less mail. Returns whether even the slowest pace does not
    /// help.
    fn note_throttle(&mut self, reply: &RelayReply) -> bool {
        self.relay.throttled_in_row += 1;
        let is_lowered = match reply.throttle() {
            Throttle::Connections => {
                // Several connections get this reply at about the same time. If only one is open, the reply is about
                // the pace.
                let open = self.open_connections();
                self.connections.lower(open.saturating_sub(1)) || open > 1
            }
            Throttle::Pace => false,
            _ if self.relay.throttled_in_row >= THROTTLED || self.pace.is_slowed() => false,
            Throttle::Unclear | Throttle::No => return false,
        };
        let was_slowest = self.pace.is_slowest();
        // Replies to mails announced at an earlier pace show nothing about this one.
        let is_slowed = !is_lowered && self.pace.slow_down(Instant::now());
        if is_slowed {
            self.connections.lower(self.connections.allowed() / 2);
        }
        self.relay.hopeless += u32::from(was_slowest && is_slowed);
        self.relay.hopeless >= HOPELESS
    }
}
