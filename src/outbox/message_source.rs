//! The source of the next message to send.

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

/// The search for a message to another domain ends after this many damaged messages.
const MAX_SKIPPED: u32 = 100;
/// The number of messages at hand that are examined for one to another domain.
const MAX_EXAMINED: usize = 500;

/// The index of never-tried messages in `MessageSource::ahead`.
const FRESH: usize = 1;

/// What to do with a due message.
pub(super) enum Verdict {
    Send,
    /// It must not be sent any more, for this reason.
    Cancel(&'static str),
    /// It is left unchanged, because the row of its operator or of a role is damaged.
    Skip,
}

/// The messages of a scope that the run has not handled yet, and those that were given back.
pub(super) struct MessageSource<'run> {
    scope: &'run Scope,
    /// All messages were at hand from the start: the store is not searched.
    is_listed: bool,
    /// How far the store was searched.
    cursor: Cursor,
    /// The messages taken before the store is searched: those that the scope names, those that were reserved for a worker and
    /// not started, and those whose last attempt was given back. The next one is the last element.
    at_hand: Vec<MessageId>,
    /// Whether the next message is one that was never tried, so that neither kind waits behind the other.
    fresh_first: bool,
    /// The messages at which the relay failed: others are tried before them.
    later: VecDeque<MessageId>,
    /// The organization, which determines the addresses that may get links.
    organization: &'run Organization,
    /// Read ahead in this transaction: messages to try again, and those never tried ([`FRESH`]), the latter perhaps
    /// before the transaction.
    ahead: [Ahead; 2],
    /// How many messages are read ahead at a time.
    batch: usize,
    /// The reserved messages of this transaction's workers that were read again and still wait.
    reread: Vec<Due>,
    /// The other reserved messages: unchanged since they were reserved.
    unchanged: Vec<MessageId>,
    /// The counter of changes by other connections ([`ReadTransaction::changes_of_others`]).
    changes_of_others: Option<i64>,
    /// The messages taken in this transaction, whose state is no longer the one that was read ahead.
    taken: HashSet<MessageId>,
    /// The operators who created messages, as read since others last changed the store.
    operators: HashMap<u32, Option<Operator>>,
    /// The permissions of the users' roles, as read since then.
    roles: HashMap<RoleId, Permissions>,
    /// The messages that the whole run skipped because their rows are damaged.
    skipped: Skipped,
    /// Their ids: a message that was given back is found several times.
    skipped_ids: HashSet<MessageId>,
}

/// A message that is reserved for a worker.
pub(super) struct ReservedMessage {
    due: Due,
    /// The data from which the worker renders its mail ahead of time.
    outgoing: Arc<OutgoingMail>,
    /// The counter of changes by others when it was read.
    changes_of_others: Option<i64>,
}

impl ReservedMessage {
    /// The id of the message.
    pub(super) fn id(&self) -> MessageId {
        self.due.id
    }
}

/// Whether a message cannot have changed since it was read, if others have changed nothing and the run did not take it. The run itself
/// changes messages only: a message that it tried has a nonce, and if a user has two links, it may have failed the later one.
fn is_unchanged(due: &Due) -> bool {
    due.state == MessageState::Queued && due.nonce.is_none() && !due.has_later_link
}

/// Messages that were read ahead.
#[derive(Default)]
struct Ahead {
    messages: VecDeque<Found>,
    /// There are no further ones.
    is_all: bool,
}

impl<'run> MessageSource<'run> {
    /// `examined`: in a store with damaged pages, the messages of the scope; no other message is searched for.
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
        let cursor = Cursor::of(if let Scope::Job(job) = scope { Some(*job) } else { None });
        let (later, operators, roles) = (VecDeque::new(), HashMap::new(), HashMap::new());
        let mut source = Self {
            scope,
            is_listed,
            cursor,
            at_hand,
            fresh_first: true,
            later,
            organization,
            ahead: Default::default(),
            batch: 1,
            reread: Vec::new(),
            unchanged: Vec::new(),
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

    /// The messages that were skipped because their rows are damaged.
    pub(super) fn skipped(&self) -> &Skipped {
        &self.skipped
    }

    /// Leaves a message unchanged and counts the fault.
    fn skip(&mut self, id: MessageId, fault: RowFault) {
        if self.skipped_ids.insert(id) {
            self.skipped.add(&fault);
        }
    }

    /// The message, if it can be read; otherwise counts it as skipped.
    fn readable(&mut self, found: Found) -> Option<Due> {
        found.map_err(|unreadable| self.skip(unreadable.id, unreadable.fault)).ok()
    }

    /// Forgets what may have changed since the last transaction. `batch`: about how many messages this one takes;
    /// `changes_of_others`: the store's counter of changes by others.
    pub(super) fn begin_transaction(&mut self, batch: usize, changes_of_others: i64) {
        let is_same = self.note_changes_of_others(changes_of_others);
        let [_, fresh] = std::mem::take(&mut self.ahead);
        if is_same {
            let others =
                fresh.messages.into_iter().filter(|found| !matches!(found, Ok(due) if self.taken.contains(&due.id)));
            self.ahead[FRESH].messages =
                others.take_while(|found| matches!(found, Ok(due) if is_unchanged(due))).collect();
        }
        // One more shows whether others are left.
        self.batch = batch.saturating_add(1);
        self.reread.clear();
        self.unchanged.clear();
        self.taken.clear();
    }

    /// Reads the messages that the next transaction is likely to take. That transaction reads them again if others
    /// change something before it.
    pub(super) fn read_ahead(&mut self, reading: &ReadTransaction<'_>, now: Timestamp) -> Result<()> {
        if !self.is_listed {
            self.note_changes_of_others(reading.changes_of_others()?);
            self.ahead = Default::default();
            self.ahead[FRESH].messages = reading.due_batch(true, &self.cursor, now, self.batch)?.into();
        }
        Ok(())
    }

    /// Forgets what others may have changed. Returns whether they have changed nothing.
    fn note_changes_of_others(&mut self, changes_of_others: i64) -> bool {
        let is_same = self.changes_of_others.replace(changes_of_others) == Some(changes_of_others);
        // A run changes neither operators nor roles.
        if !is_same {
            self.operators.clear();
            self.roles.clear();
        }
        is_same
    }

    /// Reserves a message for a worker.
    pub(super) fn reserved(&self, due: Due, outgoing: Arc<OutgoingMail>) -> ReservedMessage {
        ReservedMessage { due, outgoing, changes_of_others: self.changes_of_others }
    }

    /// Reads the reserved messages again, unless they are unchanged.
    pub(super) fn read_reserved<'a>(
        &mut self,
        turn: &StoreTurn<'_>,
        reread: impl Iterator<Item = &'a ReservedMessage>,
    ) -> Result<()> {
        let (same, changed): (Vec<_>, Vec<_>) = reread
            .partition(|reserved| reserved.changes_of_others == self.changes_of_others && is_unchanged(&reserved.due));
        let store = turn.store()?;
        self.unchanged = store.still_untried(same.iter().map(|reserved| reserved.id()))?;
        let is_read = |reserved: &&&ReservedMessage| !self.unchanged.contains(&reserved.id());
        let found = store.waiting_batch(same.iter().filter(is_read).chain(&changed).map(|reserved| reserved.id()))?;
        self.reread = found.into_iter().filter_map(|found| self.readable(found)).collect();
        Ok(())
    }

    /// Takes a reserved message, unless it no longer waits or now has another address; with its rendered mail if it
    /// is unchanged.
    pub(super) fn take_reserved(&mut self, reserved: ReservedMessage) -> Option<(Due, Option<Arc<OutgoingMail>>)> {
        let id = reserved.id();
        if !self.taken.insert(id) {
            return None;
        }
        if self.unchanged.contains(&id) {
            return Some((reserved.due, Some(reserved.outgoing)));
        }
        let cursor = self.reread.iter().position(|due| due.id == id)?;
        let due = self.reread.swap_remove(cursor);
        (due.address.as_str() == reserved.due.address.as_str()).then_some((due, None))
    }

    /// The next message to send. Each is returned once unless it is given back. Calls `cancel` for messages that must
    /// not be sent any more, with the reason.
    pub(super) fn take(
        &mut self,
        turn: &StoreTurn<'_>,
        now: Timestamp,
        cancel: &mut dyn FnMut(MessageId, &str) -> Result<()>,
    ) -> Result<Option<Due>> {
        while let Some(due) = self.next(turn, now)? {
            self.taken.insert(due.id);
            match self.verdict(turn, &due, now)? {
                Verdict::Cancel(why) => cancel(due.id, why)?,
                Verdict::Send => return Ok(Some(due)),
                Verdict::Skip => {}
            }
        }
        Ok(None)
    }

    /// What to do with a message.
    pub(super) fn verdict(&mut self, turn: &StoreTurn<'_>, due: &Due, now: Timestamp) -> Result<Verdict> {
        match self.cancel_reason(turn, due, now) {
            Ok(why) => Ok(why.map_or(Verdict::Send, Verdict::Cancel)),
            Err(StoreError::Row(fault)) => {
                self.skip(due.id, fault);
                Ok(Verdict::Skip)
            }
            Err(error) => Err(error),
        }
    }

    /// The reason to cancel a message.
    fn cancel_reason(&mut self, turn: &StoreTurn<'_>, due: &Due, now: Timestamp) -> Result<Option<&'static str>> {
        let uid = due.operator_uid;
        let operator = match self.operators.entry(uid) {
            Entry::Occupied(known) => known.into_mut(),
            Entry::Vacant(cursor) => cursor.insert(turn.store()?.operator(uid)?),
        };
        // If the operator is recorded by number, the account had no known name at the time.
        let name = Some(due.operator.as_str()).filter(|name| *name != uid.to_string());
        let operator = Authority::of(uid, name, operator.clone());
        let user = match due.recipient.as_ref().map(|recipient| self.roles.entry(recipient.role)) {
            None => Permissions::default(),
            Some(Entry::Occupied(known)) => *known.get(),
            Some(Entry::Vacant(cursor)) => {
                let permissions = turn.store()?.permissions(*cursor.key())?;
                *cursor.insert(permissions)
            }
        };
        Ok(cancel_reason(due, &operator, user, self.organization, now))
    }

    /// Puts these messages first.
    pub(super) fn put_first(&mut self, ids: Vec<MessageId>) {
        if !self.is_listed {
            self.at_hand.extend(ids.into_iter().rev());
        }
    }

    /// Takes back a message that was not sent; `is_last`: others are tried before it.
    pub(super) fn give_back(&mut self, id: MessageId, is_last: bool) {
        if is_last { self.later.push_back(id) } else { self.at_hand.push(id) }
    }

    /// Drops a message that was given back and has ended, or waits for another time.
    pub(super) fn forget(&mut self, id: MessageId) {
        self.later.retain(|other| *other != id);
    }

    /// The message nearest to `cursor` in the queue that goes to none of `domains`, or else any message. `cancel` as
    /// for [`MessageSource::take`].
    pub(super) fn take_elsewhere(
        &mut self,
        turn: &StoreTurn<'_>,
        cursor: (u32, u32),
        domains: &[String],
        now: Timestamp,
        cancel: &mut dyn FnMut(MessageId, &str) -> Result<()>,
    ) -> Result<Option<Due>> {
        let mut skipped = 0;
        while skipped < MAX_SKIPPED {
            let store = turn.store()?;
            let at_hand = self.at_hand_elsewhere(store, domains)?;
            let found = match at_hand {
                Some((id, true)) => Some(id),
                near if self.is_listed => near.map(|(id, _)| id).or_else(|| self.later.front().copied()),
                near => match store.due_elsewhere(self.scope, cursor, domains, now)? {
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
                Verdict::Cancel(why) => cancel(id, why)?,
                Verdict::Send => return Ok(due),
                // The search may find it again.
                Verdict::Skip => skipped += 1,
            }
        }
        Ok(None)
    }

    /// A message at hand, and whether it goes to none of `domains`.
    fn at_hand_elsewhere(
        &self,
        reading: &ReadTransaction<'_>,
        domains: &[String],
    ) -> Result<Option<(MessageId, bool)>> {
        let mut any = None;
        for id in self.at_hand.iter().take(MAX_EXAMINED) {
            let Some(Ok(due)) = reading.waiting(*id)? else { continue };
            if !domains.iter().any(|domain| domain.eq_ignore_ascii_case(due.address.domain())) {
                return Ok(Some((*id, true)));
            }
            any.get_or_insert((*id, false));
        }
        Ok(any)
    }

    /// Whether a message is left.
    pub(super) fn has_more(&self, reading: &ReadTransaction<'_>, now: Timestamp) -> Result<bool> {
        Ok(!self.at_hand.is_empty()
            || !self.later.is_empty()
            || self.ahead.iter().any(|ahead| !ahead.messages.is_empty())
            || (!self.is_listed && reading.anything_due(&self.cursor, now)?))
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

    /// The next message of the queue after the current cursor: one never tried (`fresh`), or one to try again.
    fn next_due(&mut self, turn: &StoreTurn<'_>, fresh: bool, now: Timestamp) -> Result<Option<Due>> {
        loop {
            let ahead = &mut self.ahead[usize::from(fresh)];
            if ahead.messages.is_empty() && !ahead.is_all {
                ahead.messages = turn.store()?.due_batch(fresh, &self.cursor, now, self.batch)?.into();
                ahead.is_all = ahead.messages.len() < self.batch;
            }
            match ahead.messages.pop_front() {
                None => return Ok(None),
                Some(Ok(due)) => {
                    self.cursor.pass(&due);
                    if !self.taken.contains(&due.id) {
                        return Ok(Some(due));
                    }
                }
                Some(Err(unreadable)) => {
                    self.cursor.pass_unreadable(&unreadable);
                    self.skip(unreadable.id, unreadable.fault);
                }
            }
        }
    }
}
