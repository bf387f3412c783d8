//! Which message comes next.

use std::collections::HashMap;
use std::collections::HashSet;

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
    /// Those that are left alone for the rest of the run.
    left: HashSet<MessageId>,
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
        Self { scope, place, at_hand, fresh_first: true, left: HashSet::new(), operators: HashMap::new() }
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
        // The account that asked had no known name then where its number stands for it.
        let name = Some(due.operator.as_str()).filter(|name| *name != uid.to_string());
        let operator = self.operators.get(&uid).and_then(Option::as_ref);
        Ok(objection(due, operator.filter(|operator| operator.is_account(uid, name))))
    }

    /// Leaves a message alone for the rest of the run.
    pub(super) fn leave_alone(&mut self, id: MessageId) {
        self.left.insert(id);
    }

    /// Whether messages were left alone.
    pub(super) fn has_left_some(&self) -> bool {
        !self.left.is_empty()
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
                Scope::OfNoJob | Scope::Job(_) if self.left.is_empty() => reading.anything_due(&self.place, now)?,
                // Those that were left alone may lie before us again.
                Scope::OfNoJob | Scope::Job(_) => self.find(reading, &mut self.place.clone(), true, now)?.is_some(),
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
        let mut place = self.place.clone();
        let found = match self.scope {
            Scope::These(_) => None,
            Scope::OfNoJob | Scope::Job(_) => self.find(writing, &mut place, fresh, now)?,
        };
        self.place = place;
        Ok(found)
    }

    /// The next message behind a place that was not left alone, and the place behind it.
    fn find(&self, reading: &Reading<'_>, place: &mut Place, fresh: bool, now: Timestamp) -> Result<Option<Due>> {
        loop {
            let found = match reading.next_due(fresh, place, now)? {
                None => reading.next_due(!fresh, place, now)?,
                found => found,
            };
            let Some(due) = found else { return Ok(None) };
            place.pass(&due);
            if !self.left.contains(&due.id) {
                return Ok(Some(due));
            }
        }
    }
}
