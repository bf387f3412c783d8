//! Which message comes next.

use std::collections::HashMap;

use jiff::Timestamp;

use super::judge::objection;
use crate::domain::message::MessageId;
use crate::domain::operator::Operator;
use crate::store::Reading;
use crate::store::Result;
use crate::store::Writing;
use crate::store::outbox::Due;
use crate::store::outbox::Place;
use crate::store::outbox::Scope;

/// The messages of a scope that the run has not met yet, and those that came back.
pub(super) struct Supply<'run> {
    scope: &'run Scope,
    /// How far the store was looked through.
    place: Place,
    /// Before the store is looked at: the messages that the scope names, those that were set aside for a worker which did not
    /// come to them, and those that the relay's trouble left as they were. The next one is the last.
    at_hand: Vec<MessageId>,
    /// Whether the next message is to be one that never was tried, so that neither kind waits behind the other.
    fresh_first: bool,
    /// Who asked for the messages, as the store knows them in this transaction.
    operators: HashMap<u32, Option<Operator>>,
}

impl<'run> Supply<'run> {
    pub(super) fn new(scope: &'run Scope) -> Self {
        let at_hand = match scope {
            Scope::These(ids) => ids.iter().rev().copied().collect(),
            Scope::OfNoJob | Scope::Job(_) => Vec::new(),
        };
        let place = Place::of(if let Scope::Job(job) = scope { Some(*job) } else { None });
        Self { scope, place, at_hand, fresh_first: true, operators: HashMap::new() }
    }

    /// Forgets what another transaction may have changed.
    pub(super) fn begin_transaction(&mut self) {
        self.operators.clear();
    }

    /// The next message that can be sent, and is met only once unless it is given back. `call_off` is told of those that are
    /// not to be sent any more, and why.
    pub(super) fn take(
        &mut self,
        writing: &Writing<'_>,
        now: Timestamp,
        call_off: &mut dyn FnMut(MessageId, &str) -> Result<()>,
    ) -> Result<Option<Due>> {
        while let Some(due) = self.next(writing, now)? {
            match self.objection(writing, &due)? {
                Some(why) => call_off(due.id, why)?,
                None => return Ok(Some(due)),
            }
        }
        Ok(None)
    }

    /// Why a message is not to be sent any more.
    pub(super) fn objection(&mut self, writing: &Writing<'_>, due: &Due) -> Result<Option<&'static str>> {
        let uid = due.operator_uid;
        if let std::collections::hash_map::Entry::Vacant(place) = self.operators.entry(uid) {
            place.insert(writing.operator(uid)?);
        }
        Ok(objection(due, self.operators.get(&uid).and_then(Option::as_ref)))
    }

    /// Takes a message back that was not sent.
    pub(super) fn give_back(&mut self, id: MessageId) {
        self.at_hand.push(id);
    }

    /// Whether there is a message left.
    pub(super) fn is_anything_left(&self, reading: &Reading<'_>, now: Timestamp) -> Result<bool> {
        Ok(!self.at_hand.is_empty()
            || match self.scope {
                Scope::These(_) => false,
                Scope::OfNoJob | Scope::Job(_) => reading.anything_due(&self.place, now)?,
            })
    }

    fn next(&mut self, writing: &Writing<'_>, now: Timestamp) -> Result<Option<Due>> {
        while let Some(id) = self.at_hand.pop() {
            if let Some(due) = writing.waiting(id, now)? {
                return Ok(Some(due));
            }
        }
        let fresh = self.fresh_first;
        self.fresh_first = !fresh;
        let found = match self.scope {
            Scope::These(_) => None,
            Scope::OfNoJob | Scope::Job(_) => match writing.next_due(fresh, &self.place, now)? {
                None => writing.next_due(!fresh, &self.place, now)?,
                found => found,
            },
        };
        found.iter().for_each(|due| self.place.pass(due));
        Ok(found)
    }
}
