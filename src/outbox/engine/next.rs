//! Starts the next message of a worker, and reserves the one after it.

use std::sync::Arc;
use std::time::Duration;
use std::time::Instant;

use jiff::Timestamp;

use super::Engine;
use crate::domain::message::MailKind;
use crate::domain::message::MessageState;
use crate::outbox::InFlight;
use crate::outbox::limits;
use crate::outbox::limits::StartDecision;
use crate::outbox::message_source::ReservedMessage;
use crate::outbox::message_source::Verdict;
use crate::outbox::outgoing::OutgoingMail;
use crate::outbox::store_turn::StoreTurn;
use crate::outbox::worker::WorkerResponse;
use crate::secrets::reset_code::NONCE;
use crate::secrets::reset_code::ResetCode;
use crate::store::Result;
use crate::store::attempts::AttemptStart;
use crate::store::outbox::Due;

impl Engine<'_> {
    /// The next message for a free worker, or what the worker does instead.
    pub(super) fn next(
        &mut self,
        turn: &StoreTurn<'_>,
        number: usize,
        can_pipeline: bool,
        now: Timestamp,
    ) -> Result<WorkerResponse> {
        let reserved = self.workers[number].reserved.take();
        let known_refusals =
            if reserved.is_some() { self.workers[number].known_refusals } else { self.suspicion.known() };
        let instead = match self.start_decision() {
            StartDecision::Yes => None,
            // The relay may already wait for the content of the reserved message.
            StartDecision::Later if reserved.is_some() => Some(WorkerResponse::Open(Duration::ZERO)),
            StartDecision::Later => Some(WorkerResponse::Wait(super::POLL_INTERVAL)),
            StartDecision::Never(why) => {
                self.stop(why);
                Some(WorkerResponse::End)
            }
        };
        if let Some(answer) = instead {
            reserved.into_iter().for_each(|reserved| self.message_source.give_back(reserved.id(), false));
            return Ok(answer);
        }
        let (due, outgoing) = match reserved {
            Some(reserved) => match self.still_due(turn, reserved, now)? {
                Some(found) => found,
                // The relay may already wait for its content.
                None => return Ok(WorkerResponse::Open(Duration::ZERO)),
            },
            None if self.suspicion.is_probing() && self.suspicion.wants_probe().is_none() => {
                return Ok(WorkerResponse::Wait(super::POLL_INTERVAL));
            }
            None => {
                let has_turn = std::mem::take(&mut self.workers[number].has_turn);
                let wait = if has_turn { Duration::ZERO } else { self.pace.next(Instant::now()) };
                if !wait.is_zero() {
                    self.workers[number].has_turn = true;
                    return Ok(WorkerResponse::Wait(wait));
                }
                let due = match self.suspicion.is_probing() {
                    true => self.take_probe(turn, now)?,
                    false => self.take(turn, now)?,
                };
                match due {
                    Some(due) => (due, None),
                    None if !self.suspicion.is_probing() => return Ok(WorkerResponse::End),
                    None if self.in_flight() > 0 => return Ok(WorkerResponse::Wait(super::POLL_INTERVAL)),
                    None => {
                        self.conclude(turn, now)?;
                        return Ok(WorkerResponse::Wait(Duration::ZERO));
                    }
                }
            }
        };
        let in_flight = InFlight {
            id: due.id,
            lifetime_from: due.lifetime_from,
            attempts: due.attempts,
            given_back: due.given_back,
            domain: due.address.domain().to_ascii_lowercase(),
            known_refusals,
            doubts: due.doubts,
            known_doubts: self.doubts.known(),
            is_test: due.kind == MailKind::Test,
        };
        let outgoing = self.start_attempt(turn, &due, outgoing, now);
        self.quotas.note_start();
        self.workers[number].in_flight = Some(in_flight);
        let next = if can_pipeline { self.reserve(turn, number, now)? } else { None };
        Ok(WorkerResponse::Send { outgoing, next })
    }

    fn start_decision(&self) -> StartDecision {
        match self.report.stop_reason {
            Some(why) if self.is_stopping => StartDecision::Never(why),
            _ if self.doubts.is_probing() && self.in_flight() > 0 => StartDecision::Later,
            _ => match limits::start_decision(self.send_options, &self.report, self.in_flight() as u64, Instant::now())
            {
                StartDecision::Yes => self.quotas.start_decision(),
                decision => decision,
            },
        }
    }

    /// Takes a reserved message if it must still be sent to that address; with its rendered mail if the message is
    /// unchanged.
    fn still_due(
        &mut self,
        turn: &StoreTurn<'_>,
        reserved: ReservedMessage,
        now: Timestamp,
    ) -> Result<Option<(Due, Option<Arc<OutgoingMail>>)>> {
        let id = reserved.id();
        let Some((due, outgoing)) = self.message_source.take_reserved(reserved) else { return Ok(None) };
        match self.message_source.verdict(turn, &due, now)? {
            Verdict::Send => Ok(Some((due, outgoing))),
            Verdict::Skip => Ok(None),
            Verdict::Cancel(why) => {
                turn.store()?.cancel_message(id, why, now)?;
                self.report.count(MessageState::Cancelled);
                Ok(None)
            }
        }
    }

    /// Takes the next message that must be sent, and cancels those before it that no longer must.
    fn take(&mut self, turn: &StoreTurn<'_>, now: Timestamp) -> Result<Option<Due>> {
        let report = &mut self.report;
        self.message_source.take(turn, now, &mut |id, why| {
            report.count(MessageState::Cancelled);
            turn.store()?.cancel_message(id, why, now).map(|_| ())
        })
    }

    /// Reserves the worker's next message, and returns the data from which its mail is rendered.
    fn reserve(&mut self, turn: &StoreTurn<'_>, number: usize, now: Timestamp) -> Result<Option<Arc<OutgoingMail>>> {
        // A worker that must wait before its next message must not have announced one.
        let is_canary = self.send_options.canary.is_some_and(|count| self.report.accepted < count);
        let is_scarce = self.quotas.has_less_than(2 * self.workers.len());
        let is_probing = self.suspicion.is_probing() || self.doubts.is_probing();
        if self.pace.is_limited() || is_canary || is_scarce || is_probing {
            return Ok(None);
        }
        let Some(due) = self.take(turn, now)? else { return Ok(None) };
        let outgoing = Arc::new(self.outgoing(&due, now));
        self.workers[number].reserved = Some(self.message_source.reserved(due, Arc::clone(&outgoing)));
        self.workers[number].known_refusals = self.suspicion.known();
        Ok(Some(outgoing))
    }

    /// Starts the attempt for a message. Uses `outgoing`, from which the mail may already be rendered, if its date is
    /// the current second.
    fn start_attempt(
        &mut self,
        turn: &StoreTurn<'_>,
        due: &Due,
        outgoing: Option<Arc<OutgoingMail>>,
        now: Timestamp,
    ) -> Arc<OutgoingMail> {
        let outgoing = outgoing.filter(|outgoing| outgoing.date == date(due, now));
        let outgoing = outgoing.unwrap_or_else(|| Arc::new(self.outgoing(due, now)));
        turn.start(AttemptStart {
            id: due.id,
            nonce: outgoing.nonce,
            message_id: outgoing.message_id.clone(),
            code_hash: outgoing.code.as_ref().map(ResetCode::hash),
        });
        outgoing
    }

    fn outgoing(&mut self, due: &Due, now: Timestamp) -> OutgoingMail {
        let nonce = due.nonce.unwrap_or_else(|| {
            let mut nonce = [0; NONCE];
            self.context.random.fill(&mut nonce);
            nonce
        });
        let code = match (&self.mailer.key, due.user) {
            (Some(key), Some(user)) if due.kind.has_link() => Some(ResetCode::make(key, &nonce, user)),
            _ => None,
        };
        let recipient = due.recipient.as_ref();
        OutgoingMail {
            id: due.id,
            kind: due.kind,
            address: due.address.clone(),
            name: recipient.map(|user| user.name.clone()).unwrap_or_default(),
            username: recipient.map(|user| user.username.clone()).unwrap_or_default(),
            role: recipient.map(|user| user.role),
            locale: recipient.and_then(|user| user.locale.clone()),
            date: date(due, now),
            created_at: due.created_at,
            must_change: recipient.is_some_and(|user| user.must_change),
            nonce,
            message_id: due.message_id.clone().unwrap_or_else(|| self.mailer.composer.message_id(due.id, &nonce)),
            code,
            lifetime: due.lifetime.unwrap_or_default(),
            cause: due.cause,
            note: due.note.clone(),
        }
    }
}

/// The Date of a message that is started now, in whole seconds, as in the store.
fn date(due: &Due, now: Timestamp) -> Timestamp {
    due.first_try_at.unwrap_or_else(|| Timestamp::from_second(now.as_second()).unwrap_or(now))
}
