//! Which message comes next.

use std::collections::HashMap;
use std::collections::HashSet;
use std::collections::hash_map::Entry;

use jiff::Timestamp;

use super::judge::cancel_reason;
use crate::domain::message::MessageId;
use crate::domain::operator::Operator;
use crate::domain::operator::Standing;
use crate::domain::organization::Organization;
use crate::domain::role::Permissions;
use crate::domain::role::RoleId;
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
    /// What the organization asks of an address.
    organization: &'run Organization,
    /// Who asked for the messages, as the store knows them in this transaction.
    operators: HashMap<u32, Option<Operator>>,
    /// What the roles of the users allow, as the store says in this transaction.
    roles: HashMap<RoleId, Permissions>,
}

impl<'run> Supply<'run> {
    pub(super) fn new(scope: &'run Scope, organization: &'run Organization) -> Self {
        let at_hand = match scope {
            Scope::These(ids) => ids.iter().rev().copied().collect(),
            Scope::OfNoJob | Scope::Job(_) => Vec::new(),
        };
        let place = Place::of(if let Scope::Job(job) = scope { Some(*job) } else { None });
        let (left, operators, roles) = (HashSet::new(), HashMap::new(), HashMap::new());
        Self { scope, place, at_hand, fresh_first: true, left, organization, operators, roles }
    }

    /// Forgets what another transaction may have changed.
    pub(super) fn begin_transaction(&mut self) {
        self.operators.clear();
        self.roles.clear();
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
            match self.cancel_reason(writing, &due, now)? {
                Some(why) => call_off(due.id, why)?,
                None => return Ok(Some(due)),
            }
        }
        Ok(None)
    }

    /// Why a message is not to be sent any more.
    pub(super) fn cancel_reason(
        &mut self,
        writing: &Writing<'_>,
        due: &Due,
        now: Timestamp,
    ) -> Result<Option<&'static str>> {
        let uid = due.operator_uid;
        let operator = match self.operators.entry(uid) {
            Entry::Occupied(known) => known.into_mut(),
            Entry::Vacant(place) => place.insert(writing.operator(uid)?),
        };
        // The account that asked had no known name then where its number stands for it.
        let name = Some(due.operator.as_str()).filter(|name| *name != uid.to_string());
        let operator = Standing::of(uid, name, operator.clone()).permissions();
        let user = match due.recipient.as_ref().map(|recipient| self.roles.entry(recipient.role)) {
            None => Permissions::default(),
            Some(Entry::Occupied(known)) => *known.get(),
            Some(Entry::Vacant(place)) => {
                let permissions = writing.permissions(*place.key())?;
                *place.insert(permissions)
            }
        };
        Ok(cancel_reason(due, operator, user, self.organization, now))
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
            if let Some(due) = writing.waiting(id)? {
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
