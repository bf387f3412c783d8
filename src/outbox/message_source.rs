//! Which message comes next.

use std::collections::HashMap;
use std::collections::HashSet;
use std::collections::VecDeque;
use std::collections::hash_map::Entry;
use std::sync::Arc;

use jiff::Timestamp;

use super::Skipped;
use super::outgoing::OutgoingMail;
use super::store_turn::StoreTurn;
use super::validate::cancel_reason;
use crate::domain::message::MessageId;
use crate::domain::message::MessageState;
use crate::domain::operator::Authority;
use crate::domain::operator::Operator;
use crate::domain::organization::Organization;
use crate::domain::role::Permissions;
use crate::domain::role::RoleId;
use crate::store::ReadTransaction;
use crate::store::Result;
use crate::store::StoreError;
use crate::store::damage::RowFault;
use crate::store::damaged_pages::ExaminedMessages;
use crate::store::outbox::Cursor;
use crate::store::outbox::Due;
use crate::store::outbox::Found;
use crate::store::outbox::Scope;

/// After how many damaged messages the search for one in another domain ends.
const MOST_SKIPPED: u32 = 100;
/// How many messages at hand are looked at for one in another domain.
const MOST_LOOKED_AT: usize = 500;

/// The place of the messages that never were tried among those that are read ahead.
const FRESH: usize = 1;

/// What is to be done with a message that is due.
pub(super) enum Verdict {
    Send,
    /// It is not to be sent any more, for this reason.
    CallOff(&'static str),
    /// It stays as it is: a row of its operator or of a role is damaged.
    Skip,
}

/// The messages of a scope that the run has not met yet, and those that came back.
pub(super) struct MessageSource<'run> {
    scope: &'run Scope,
    /// All that it has was at hand in the beginning: the store is not looked through.
    is_listed: bool,
    /// How far the store was looked through.
    place: Cursor,
    /// Before the store is looked at: the messages that the scope names, those that were set aside for a worker which did not
    /// come to them, and those whose last try was given back. The next one is the last.
    at_hand: Vec<MessageId>,
    /// Whether the next message is to be one that never was tried, so that neither kind waits behind the other.
    fresh_first: bool,
    /// Those that the relay's trouble came over: others are tried before them.
    later: VecDeque<MessageId>,
    /// What the organization asks of an address.
    organization: &'run Organization,
    /// Read ahead in this transaction: those that are tried again, and those that never were tried ([`FRESH`]), also before it.
    ahead: [Ahead; 2],
    /// How many are read ahead at once.
    batch: usize,
    /// Those that were set aside for the workers of this transaction, wait, and were read again.
    asides: Vec<Due>,
    /// The others of them: those that are as they were when they were set aside.
    untried: Vec<MessageId>,
    /// What the store says of the changes of others ([`ReadTransaction::changes_of_others`]).
    changes_of_others: Option<i64>,
    /// What left the supply in this transaction, and so is not in the state in which it was read ahead.
    taken: HashSet<MessageId>,
    /// Who asked for the messages, as the store knows them since others have changed something last.
    operators: HashMap<u32, Option<Operator>>,
    /// What the roles of the users allow, likewise.
    roles: HashMap<RoleId, Permissions>,
    /// What was skipped in the whole run because its rows are damaged.
    skipped: Skipped,
    /// Which messages these are: one is met several times, when it was given back before.
    skipped_ids: HashSet<MessageId>,
}

/// A message that was set aside for a worker.
pub(super) struct Aside {
    due: Due,
    /// What the worker writes its mail from ahead.
    outgoing: Arc<OutgoingMail>,
    /// The changes of others when it was read.
    changes_of_others: Option<i64>,
}

impl Aside {
    /// The message.
    pub(super) fn id(&self) -> MessageId {
        self.due.id
    }
}

/// Whether a message is as it was read, where others have changed nothing and the run did not take it. What the run does itself, it does
/// to messages: one that it has tried has a nonce, and of two links to a user it may have failed the later.
fn is_as_it_was(due: &Due) -> bool {
    due.state == MessageState::Queued && due.nonce.is_none() && !due.has_later_link
}

/// Messages that were read ahead.
#[derive(Default)]
struct Ahead {
    messages: VecDeque<Found>,
    /// There are no others.
    is_all: bool,
}

impl<'run> MessageSource<'run> {
    /// `examined` are the messages of the scope, where the store has damaged pages: no other is looked for.
    pub(super) fn new(
        scope: &'run Scope,
        organization: &'run Organization,
        examined: Option<ExaminedMessages>,
    ) -> Self {
        let at_hand = match scope {
            Scope::These(ids) => ids.iter().rev().copied().collect(),
            Scope::OfNoJob | Scope::Job(_) => Vec::new(),
        };
        let is_listed = examined.is_some() || matches!(scope, Scope::These(_));
        let place = Cursor::of(if let Scope::Job(job) = scope { Some(*job) } else { None });
        let (later, operators, roles) = (VecDeque::new(), HashMap::new(), HashMap::new());
        let mut source = Self {
            scope,
            is_listed,
            place,
            at_hand,
            fresh_first: true,
            later,
            organization,
            ahead: Default::default(),
            batch: 1,
            asides: Vec::new(),
            untried: Vec::new(),
            changes_of_others: None,
            taken: HashSet::new(),
            operators,
            roles,
            skipped: Skipped::default(),
            skipped_ids: HashSet::new(),
        };
        if let Some(ExaminedMessages { readable, unreadable }) = examined {
            source.at_hand = readable;
            source.at_hand.reverse();
            unreadable.into_iter().for_each(|(id, fault)| source.skip(id, fault));
        }
        source
    }

    /// What was skipped because its rows are damaged.
    pub(super) fn skipped(&self) -> &Skipped {
        &self.skipped
    }

    /// Leaves a message as it is, and remembers why.
    fn skip(&mut self, id: MessageId, fault: RowFault) {
        if self.skipped_ids.insert(id) {
            self.skipped.add(&fault);
        }
    }

    /// A message that can be read; another one is skipped.
    fn readable(&mut self, found: Found) -> Option<Due> {
        found.map_err(|unreadable| self.skip(unreadable.id, unreadable.fault)).ok()
    }

    /// Forgets what another transaction may have changed. In this one about so many messages are taken, and the store says this of
    /// the changes of others.
    pub(super) fn begin_transaction(&mut self, batch: usize, changes_of_others: i64) {
        let is_same = self.note_changes_of_others(changes_of_others);
        let [_, fresh] = std::mem::take(&mut self.ahead);
        if is_same {
            let others =
                fresh.messages.into_iter().filter(|found| !matches!(found, Ok(due) if self.taken.contains(&due.id)));
            self.ahead[FRESH].messages =
                others.take_while(|found| matches!(found, Ok(due) if is_as_it_was(due))).collect();
        }
        // One more says whether others are left.
        self.batch = batch.saturating_add(1);
        self.asides.clear();
        self.untried.clear();
        self.taken.clear();
    }

    /// Reads the messages ahead that the next transaction is likely to take. It reads them itself if others change something before.
    pub(super) fn read_ahead(&mut self, reading: &ReadTransaction<'_>, now: Timestamp) -> Result<()> {
        if !self.is_listed {
            self.note_changes_of_others(reading.changes_of_others()?);
            self.ahead = Default::default();
            self.ahead[FRESH].messages = reading.due_batch(true, &self.place, now, self.batch)?.into();
        }
        Ok(())
    }

    /// Forgets what others may have changed; whether they have changed nothing.
    fn note_changes_of_others(&mut self, changes_of_others: i64) -> bool {
        let is_same = self.changes_of_others.replace(changes_of_others) == Some(changes_of_others);
        // A run changes neither operators nor roles.
        if !is_same {
            self.operators.clear();
            self.roles.clear();
        }
        is_same
    }

    /// A message that is set aside for a worker.
    pub(super) fn reserved(&self, due: Due, outgoing: Arc<OutgoingMail>) -> Aside {
        Aside { due, outgoing, changes_of_others: self.changes_of_others }
    }

    /// Reads the messages again that were set aside for workers, unless they are as they were.
    pub(super) fn read_reserved<'a>(
        &mut self,
        turn: &StoreTurn<'_>,
        asides: impl Iterator<Item = &'a Aside>,
    ) -> Result<()> {
        let (same, changed): (Vec<_>, Vec<_>) = asides
            .partition(|reserved| reserved.changes_of_others == self.changes_of_others && is_as_it_was(&reserved.due));
        let store = turn.store()?;
        self.untried = store.still_untried(same.iter().map(|reserved| reserved.id()))?;
        let is_read = |reserved: &&&Aside| !self.untried.contains(&reserved.id());
        let found = store.waiting_batch(same.iter().filter(is_read).chain(&changed).map(|reserved| reserved.id()))?;
        self.asides = found.into_iter().filter_map(|found| self.readable(found)).collect();
        Ok(())
    }

    /// A message that was set aside, unless it does not wait any more, or goes to another address; with its mail, if it is as it was.
    pub(super) fn take_reserved(&mut self, reserved: Aside) -> Option<(Due, Option<Arc<OutgoingMail>>)> {
        let id = reserved.id();
        if !self.taken.insert(id) {
            return None;
        }
        if self.untried.contains(&id) {
            return Some((reserved.due, Some(reserved.outgoing)));
        }
        let place = self.asides.iter().position(|due| due.id == id)?;
        let due = self.asides.swap_remove(place);
        (due.address.as_str() == reserved.due.address.as_str()).then_some((due, None))
    }

    /// The next message that can be sent, and is met only once unless it is given back. `call_off` is told of those that are
    /// not to be sent any more, and why.
    pub(super) fn take(
        &mut self,
        turn: &StoreTurn<'_>,
        now: Timestamp,
        call_off: &mut dyn FnMut(MessageId, &str) -> Result<()>,
    ) -> Result<Option<Due>> {
        while let Some(due) = self.next(turn, now)? {
            self.taken.insert(due.id);
            match self.verdict(turn, &due, now)? {
                Verdict::CallOff(why) => call_off(due.id, why)?,
                Verdict::Send => return Ok(Some(due)),
                Verdict::Skip => {}
            }
        }
        Ok(None)
    }

    /// What is to be done with a message.
    pub(super) fn verdict(&mut self, turn: &StoreTurn<'_>, due: &Due, now: Timestamp) -> Result<Verdict> {
        match self.cancel_reason(turn, due, now) {
            Ok(why) => Ok(why.map_or(Verdict::Send, Verdict::CallOff)),
            Err(StoreError::Row(fault)) => {
                self.skip(due.id, fault);
                Ok(Verdict::Skip)
            }
            Err(error) => Err(error),
        }
    }

    /// Why a message is not to be sent any more.
    fn cancel_reason(&mut self, turn: &StoreTurn<'_>, due: &Due, now: Timestamp) -> Result<Option<&'static str>> {
        let uid = due.operator_uid;
        let operator = match self.operators.entry(uid) {
            Entry::Occupied(known) => known.into_mut(),
            Entry::Vacant(place) => place.insert(turn.store()?.operator(uid)?),
        };
        // The account that asked had no known name then where its number stands for it.
        let name = Some(due.operator.as_str()).filter(|name| *name != uid.to_string());
        let operator = Authority::of(uid, name, operator.clone());
        let user = match due.recipient.as_ref().map(|recipient| self.roles.entry(recipient.role)) {
            None => Permissions::default(),
            Some(Entry::Occupied(known)) => *known.get(),
            Some(Entry::Vacant(place)) => {
                let permissions = turn.store()?.permissions(*place.key())?;
                *place.insert(permissions)
            }
        };
        Ok(cancel_reason(due, &operator, user, self.organization, now))
    }

    /// Begins with these.
    pub(super) fn begin_with(&mut self, ids: Vec<MessageId>) {
        if !self.is_listed {
            self.at_hand.extend(ids.into_iter().rev());
        }
    }

    /// Takes a message back that was not sent; `is_last`: others are tried before it.
    pub(super) fn give_back(&mut self, id: MessageId, is_last: bool) {
        if is_last { self.later.push_back(id) } else { self.at_hand.push(id) }
    }

    /// A message that was taken back has ended, or waits for another time.
    pub(super) fn forget(&mut self, id: MessageId) {
        self.later.retain(|other| *other != id);
    }

    /// The message nearest to a place in the queue that goes to none of these domains, or any; with [`MessageSource::take`]'s
    /// `call_off`.
    pub(super) fn take_elsewhere(
        &mut self,
        turn: &StoreTurn<'_>,
        place: (u32, u32),
        domains: &[String],
        now: Timestamp,
        call_off: &mut dyn FnMut(MessageId, &str) -> Result<()>,
    ) -> Result<Option<Due>> {
        let mut skipped = 0;
        while skipped < MOST_SKIPPED {
            let store = turn.store()?;
            let at_hand = self.at_hand_elsewhere(store, domains)?;
            let found = match at_hand {
                Some((id, true)) => Some(id),
                near if self.is_listed => near.map(|(id, _)| id).or_else(|| self.later.front().copied()),
                near => match store.due_elsewhere(self.scope, place, domains, now)? {
                    Some(id) => Some(id),
                    None => near.map(|(id, _)| id).or_else(|| self.later.front().copied()),
                },
            };
            let Some(id) = found else { return Ok(None) };
            self.at_hand.retain(|other| *other != id);
            self.forget(id);
            let Some(found) = store.waiting(id)? else { continue };
            self.taken.insert(id);
            let due = self.readable(found);
            match due.as_ref().map_or(Ok(Verdict::Skip), |due| self.verdict(turn, due, now))? {
                Verdict::CallOff(why) => call_off(id, why)?,
                Verdict::Send => return Ok(due),
                // It may be found again.
                Verdict::Skip => skipped += 1,
            }
        }
        Ok(None)
    }

    /// A message at hand, and whether it goes to none of these domains.
    fn at_hand_elsewhere(
        &self,
        reading: &ReadTransaction<'_>,
        domains: &[String],
    ) -> Result<Option<(MessageId, bool)>> {
        let mut any = None;
        for id in self.at_hand.iter().take(MOST_LOOKED_AT) {
            let Some(Ok(due)) = reading.waiting(*id)? else { continue };
            if !domains.iter().any(|domain| domain.eq_ignore_ascii_case(due.address.domain())) {
                return Ok(Some((*id, true)));
            }
            any.get_or_insert((*id, false));
        }
        Ok(any)
    }

    /// Whether there is a message left.
    pub(super) fn is_anything_left(&self, reading: &ReadTransaction<'_>, now: Timestamp) -> Result<bool> {
        Ok(!self.at_hand.is_empty()
            || !self.later.is_empty()
            || self.ahead.iter().any(|ahead| !ahead.messages.is_empty())
            || (!self.is_listed && reading.anything_due(&self.place, now)?))
    }

    fn next(&mut self, turn: &StoreTurn<'_>, now: Timestamp) -> Result<Option<Due>> {
        while let Some(id) = self.at_hand.pop() {
            if let Some(due) = turn.store()?.waiting(id)?.and_then(|found| self.readable(found)) {
                return Ok(Some(due));
            }
        }
        let fresh = self.fresh_first;
        self.fresh_first = !fresh;
        let found = match self.is_listed {
            true => None,
            false => match self.next_due(turn, fresh, now)? {
                None => self.next_due(turn, !fresh, now)?,
                found => found,
            },
        };
        if found.is_some() {
            return Ok(found);
        }
        while let Some(id) = self.later.pop_front() {
            if let Some(due) = turn.store()?.waiting(id)?.and_then(|found| self.readable(found)) {
                return Ok(Some(due));
            }
        }
        Ok(None)
    }

    /// The next message behind the place in the queue, of those that never were tried (`fresh`) or of those that are tried again.
    fn next_due(&mut self, turn: &StoreTurn<'_>, fresh: bool, now: Timestamp) -> Result<Option<Due>> {
        loop {
            let ahead = &mut self.ahead[usize::from(fresh)];
            if ahead.messages.is_empty() && !ahead.is_all {
                ahead.messages = turn.store()?.due_batch(fresh, &self.place, now, self.batch)?.into();
                ahead.is_all = ahead.messages.len() < self.batch;
            }
            match ahead.messages.pop_front() {
                None => return Ok(None),
                Some(Ok(due)) => {
                    self.place.pass(&due);
                    if !self.taken.contains(&due.id) {
                        return Ok(Some(due));
                    }
                }
                Some(Err(unreadable)) => {
                    self.place.pass_unreadable(&unreadable);
                    self.skip(unreadable.id, unreadable.fault);
                }
            }
        }
    }
}
