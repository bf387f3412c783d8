//! The next message of a worker: begun, and the one after it set aside.

use std::sync::Arc;
use std::time::Duration;
use std::time::Instant;

use jiff::Timestamp;

use super::Engine;
use super::Turn;
use crate::domain::message::MailKind;
use crate::domain::message::MessageState;
use crate::outbox::InFlight;
use crate::outbox::limits;
use crate::outbox::limits::Leave;
use crate::outbox::parcel::Parcel;
use crate::outbox::supply::Aside;
use crate::outbox::supply::Verdict;
use crate::outbox::worker::Answer;
use crate::secrets::reset_code::NONCE;
use crate::secrets::reset_code::ResetCode;
use crate::store::Result;
use crate::store::attempts::AttemptStart;
use crate::store::outbox::Due;

impl Engine<'_> {
    /// The next message for a worker that is free, or what it does instead.
    pub(super) fn next(&mut self, turn: &Turn<'_>, number: usize, can_ride: bool, now: Timestamp) -> Result<Answer> {
        let aside = self.workers[number].aside.take();
        let known_refusals = if aside.is_some() { self.workers[number].known_refusals } else { self.suspicion.known() };
        let instead = match self.leave() {
            Leave::Yes => None,
            // The relay may wait for the content of the one that was set aside.
            Leave::Later if aside.is_some() => Some(Answer::Open(Duration::ZERO)),
            Leave::Later => Some(Answer::Wait(super::LOOK)),
            Leave::Never(why) => {
                self.stop(why);
                Some(Answer::End)
            }
        };
        if let Some(answer) = instead {
            aside.into_iter().for_each(|aside| self.supply.give_back(aside.id(), false));
            return Ok(answer);
        }
        let (due, parcel) = match aside {
            Some(aside) => match self.still_due(turn, aside, now)? {
                Some(found) => found,
                // The relay may wait for its content.
                None => return Ok(Answer::Open(Duration::ZERO)),
            },
            None if self.suspicion.is_probing() && self.suspicion.wants_probe().is_none() => {
                return Ok(Answer::Wait(super::LOOK));
            }
            None => {
                let has_turn = std::mem::take(&mut self.workers[number].has_turn);
                let wait = if has_turn { Duration::ZERO } else { self.pace.next(Instant::now()) };
                if !wait.is_zero() {
                    self.workers[number].has_turn = true;
                    return Ok(Answer::Wait(wait));
                }
                let due = match self.suspicion.is_probing() {
                    true => self.take_probe(turn, now)?,
                    false => self.take(turn, now)?,
                };
                match due {
                    Some(due) => (due, None),
                    None if !self.suspicion.is_probing() => return Ok(Answer::End),
                    None if self.in_flight() > 0 => return Ok(Answer::Wait(super::LOOK)),
                    None => {
                        self.conclude(turn, now)?;
                        return Ok(Answer::Wait(Duration::ZERO));
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
            is_test: due.kind == MailKind::Test,
        };
        let parcel = self.begin(turn, &due, parcel, now);
        self.quotas.begin();
        self.workers[number].in_flight = Some(in_flight);
        let next = if can_ride { self.set_aside(turn, number, now)? } else { None };
        Ok(Answer::Send { parcel, next })
    }

    fn leave(&self) -> Leave {
        match self.report.halt {
            Some(why) if self.is_stopping => Leave::Never(why),
            _ => match limits::leave(self.order, &self.report, self.in_flight() as u64, Instant::now()) {
                Leave::Yes => self.quotas.leave(),
                leave => leave,
            },
        }
    }

    /// A message that was set aside, if it is still to be sent to that address; with its parcel, if it is as it was.
    fn still_due(
        &mut self,
        turn: &Turn<'_>,
        aside: Aside,
        now: Timestamp,
    ) -> Result<Option<(Due, Option<Arc<Parcel>>)>> {
        let id = aside.id();
        let Some((due, parcel)) = self.supply.take_aside(aside) else { return Ok(None) };
        match self.supply.verdict(turn, &due, now)? {
            Verdict::Send => Ok(Some((due, parcel))),
            Verdict::Skip => Ok(None),
            Verdict::CallOff(why) => {
                turn.store()?.cancel_message(id, why, now)?;
                self.report.count(MessageState::Cancelled);
                Ok(None)
            }
        }
    }

    /// The next message that is to be sent; those that are not to be sent any more are called off on the way.
    fn take(&mut self, turn: &Turn<'_>, now: Timestamp) -> Result<Option<Due>> {
        let report = &mut self.report;
        self.supply.take(turn, now, &mut |id, why| {
            report.count(MessageState::Cancelled);
            turn.store()?.cancel_message(id, why, now).map(|_| ())
        })
    }

    /// Sets the message aside that the worker comes to after the one it has now; what its mail is written from.
    fn set_aside(&mut self, turn: &Turn<'_>, number: usize, now: Timestamp) -> Result<Option<Arc<Parcel>>> {
        // A worker that must wait before its next message must not have announced one.
        let is_canary = self.order.canary.is_some_and(|count| self.report.accepted < count);
        let is_scarce = self.quotas.has_less_than(2 * self.workers.len());
        if self.pace.is_limited() || is_canary || is_scarce || self.suspicion.is_probing() {
            return Ok(None);
        }
        let Some(due) = self.take(turn, now)? else { return Ok(None) };
        let parcel = Arc::new(self.parcel(&due, now));
        self.workers[number].aside = Some(self.supply.aside(due, Arc::clone(&parcel)));
        self.workers[number].known_refusals = self.suspicion.known();
        Ok(Some(parcel))
    }

    /// Begins a message, with the parcel that its mail may have been written from ahead, if that is of this second.
    fn begin(&mut self, turn: &Turn<'_>, due: &Due, parcel: Option<Arc<Parcel>>, now: Timestamp) -> Arc<Parcel> {
        let parcel = parcel.filter(|parcel| parcel.date == date(due, now));
        let parcel = parcel.unwrap_or_else(|| Arc::new(self.parcel(due, now)));
        turn.start(AttemptStart {
            id: due.id,
            nonce: parcel.nonce,
            message_id: parcel.message_id.clone(),
            code_hash: parcel.code.as_ref().map(ResetCode::hash),
        });
        parcel
    }

    fn parcel(&mut self, due: &Due, now: Timestamp) -> Parcel {
        let nonce = due.nonce.unwrap_or_else(|| {
            let mut nonce = [0; NONCE];
            self.surroundings.random.fill(&mut nonce);
            nonce
        });
        let code = match (&self.post.key, due.user) {
            (Some(key), Some(user)) if due.kind.has_link() => Some(ResetCode::make(key, &nonce, user)),
            _ => None,
        };
        let recipient = due.recipient.as_ref();
        Parcel {
            id: due.id,
            kind: due.kind,
            address: due.address.clone(),
            name: recipient.map(|user| user.name.clone()).unwrap_or_default(),
            username: recipient.map(|user| user.username.clone()).unwrap_or_default(),
            locale: recipient.and_then(|user| user.locale.clone()),
            date: date(due, now),
            created_at: due.created_at,
            must_change: recipient.is_some_and(|user| user.must_change),
            nonce,
            message_id: due.message_id.clone().unwrap_or_else(|| self.post.composer.message_id(due.id, &nonce)),
            code,
            life: due.life.unwrap_or_default(),
            cause: due.cause,
            note: due.note.clone(),
        }
    }
}

/// The Date of a message that is begun now, in whole seconds as the store has it.
fn date(due: &Due, now: Timestamp) -> Timestamp {
    due.first_try_at.unwrap_or_else(|| Timestamp::from_second(now.as_second()).unwrap_or(now))
}
