//! The audit: what was done, by whom, and the chain that shows whether the record was edited afterwards.

use jiff::Timestamp;

use super::field_hasher::FieldHasher;
use crate::domain::operator::Account;
use crate::domain::text;
use crate::domain::user::UserId;
use crate::domain::user_change::ChangeValues;
use crate::domain::user_change::ChangesDigest;

/// Whether the deed was done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// It was.
    Done,
    /// It was refused.
    Refused,
}

impl Outcome {
    /// The word in the store and in data.
    pub fn word(self) -> &'static str {
        match self {
            Self::Done => "done",
            Self::Refused => "refused",
        }
    }
}

/// One entry, before it has a number and a hash.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewEvent {
    /// When.
    pub time: Timestamp,
    /// Who.
    pub account: Account,
    /// By what right: the role's name.
    pub standing: String,
    /// What.
    pub action: String,
    /// Done or refused.
    pub outcome: &'static str,
    /// The user it was done to, if it was one.
    pub user: Option<UserId>,
    /// Why, as the operator gave it.
    pub reason: Option<String>,
    /// Old and new values as JSON, never a secret.
    pub details: Option<String>,
}

/// One entry as stored. Fields are kept as they were read, so that a hash speaks of the bytes that are there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Event {
    /// Its place in the chain, from 1.
    pub number: i64,
    /// When, in unix seconds.
    pub time: i64,
    /// The name of the OS account.
    pub operator: String,
    /// Its number.
    pub operator_uid: i64,
    /// The audit login uid.
    pub login_uid: Option<i64>,
    /// The host.
    pub host: String,
    /// 1 if the account came by sudo.
    pub by_sudo: i64,
    /// The role's name.
    pub standing: String,
    /// The command.
    pub action: String,
    /// `done` or `refused`.
    pub outcome: String,
    /// The user's number.
    pub user_id: Option<i64>,
    /// The operator's reason.
    pub reason: Option<String>,
    /// JSON.
    pub details: Option<String>,
    /// [`ChangesDigest`] of what the event changed in the rows of users; `None`: an older program wrote the event.
    pub changes_digest: Option<Vec<u8>>,
    /// [`Event::chained_hash`] of this event and the one before.
    pub hash: Vec<u8>,
}

/// The hash before the first event.
pub const CHAIN_START: [u8; 32] = [0; 32];
/// The version of what is hashed in an event without a digest of user changes, as older programs wrote them.
const WITHOUT_CHANGES: u8 = 1;
/// The version of what is hashed now; another order or other fields would be another version.
const WITH_CHANGES: u8 = 2;

impl Event {
    /// SHA-256 over a version byte, the hash of the event before, the fields in the order of the columns, and the digest of the
    /// user changes (version 2; version 1 has none). Each field is preceded by its length (8 bytes, big endian; all ones for
    /// NULL), so that no two events hash the same bytes.
    pub fn chained_hash(&self, before: &[u8]) -> [u8; 32] {
        let version = if self.changes_digest.is_some() { WITH_CHANGES } else { WITHOUT_CHANGES };
        let mut hasher = FieldHasher::new(version);
        hasher.bytes(Some(before));
        hasher.number(Some(self.number));
        hasher.number(Some(self.time));
        hasher.text(Some(&self.operator));
        hasher.number(Some(self.operator_uid));
        hasher.number(self.login_uid);
        hasher.text(Some(&self.host));
        hasher.number(Some(self.by_sudo));
        hasher.text(Some(&self.standing));
        hasher.text(Some(&self.action));
        hasher.text(Some(&self.outcome));
        hasher.number(self.user_id);
        hasher.text(self.reason.as_deref());
        hasher.text(self.details.as_deref());
        if let Some(digest) = &self.changes_digest {
            hasher.bytes(Some(digest));
        }
        hasher.finish()
    }
}

/// The chain, event by event, and the user changes of each: says where it first breaks.
#[derive(Debug)]
pub struct Chain {
    before: Vec<u8>,
    count: i64,
    sought: Option<Vec<u8>>,
    found: bool,
    /// What the newest event says of its user changes.
    expected: Option<Vec<u8>>,
    /// Those that were found, and how many.
    changes: ChangesDigest,
    changes_found: u64,
    erased: u64,
}

/// What the check of a whole chain found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Verified {
    /// How many events there are.
    pub events: i64,
    /// How many user changes have lost their values with their users.
    pub erased: u64,
}

/// Where and how a chain is broken.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ChainBreak {
    /// A number is missing: the event was deleted, or another inserted.
    #[error("event {expected} is missing (the next one has number {found})")]
    Missing {
        /// The number that should follow.
        expected: i64,
        /// The number that does.
        found: i64,
    },
    /// An event does not have the hash that its fields give.
    #[error("event {0} was changed after it was written, or the one before it was")]
    Changed(i64),
    /// A value that an event recorded does not have the digest that it had.
    #[error("event {event}: the change of user {user}, {}, was edited after it was written", text::quoted(.field, 40))]
    ChangeEdited {
        /// The event.
        event: i64,
        /// The user's number.
        user: i64,
        /// The field, whatever it holds.
        field: String,
    },
    /// The values are gone, and the user was not deleted.
    #[error("event {event}: the values of user {user} were erased, and no event says that the user was deleted")]
    ErasedWithoutDeletion {
        /// The event.
        event: i64,
        /// The user's number.
        user: i64,
    },
    /// The user changes of an event are others than it says.
    #[error("event {0}: user changes were added, removed or edited after it was written")]
    Changes(i64),
    /// A user change belongs to no event.
    #[error("a user change names event {0}, which does not exist")]
    StrayChange(i64),
    /// The newest events are gone: the store has counted further.
    #[error("the events after event {newest} are missing: the store has counted to {counted}")]
    CutOff {
        /// The number of the newest event.
        newest: i64,
        /// The highest number that the store has given to an event.
        counted: i64,
    },
    /// There is no event at all.
    #[error("the audit log is empty: all events were deleted, including the one that `init` recorded")]
    Empty,
    /// The head that was kept elsewhere is in no event.
    #[error("no event has the hash given with `--head`: events were cut off or rewritten since it was noted")]
    HeadNotFound,
}

impl Chain {
    /// A chain to be checked from its start; `sought` is a head that was kept elsewhere.
    pub fn new(sought: Option<Vec<u8>>) -> Self {
        Self {
            before: CHAIN_START.to_vec(),
            count: 0,
            sought,
            found: false,
            expected: None,
            changes: ChangesDigest::default(),
            changes_found: 0,
            erased: 0,
        }
    }

    /// Takes the next event.
    ///
    /// # Errors
    /// When it does not follow from the one before, or that one's user changes are not those that it says.
    pub fn follow(&mut self, event: &Event) -> Result<(), ChainBreak> {
        self.end_changes()?;
        let expected = self.count + 1;
        if event.number != expected {
            return Err(ChainBreak::Missing { expected, found: event.number });
        }
        if event.hash != event.chained_hash(&self.before) {
            return Err(ChainBreak::Changed(event.number));
        }
        self.count = expected;
        self.before.clone_from(&event.hash);
        self.found |= self.sought.as_ref() == Some(&self.before);
        self.expected.clone_from(&event.changes_digest);
        Ok(())
    }

    /// Takes the next user change of the newest event, with the digest that it had when it was written. `is_deleted` says
    /// whether the store records that its user was deleted.
    ///
    /// # Errors
    /// When it belongs to another event, does not have that digest, or was erased without the user.
    pub fn change(&mut self, values: &ChangeValues<'_>, digest: &[u8], is_deleted: bool) -> Result<(), ChainBreak> {
        let ChangeValues { event, user, field, .. } = *values;
        if event != self.count {
            return Err(ChainBreak::StrayChange(event));
        }
        if values.is_erased() {
            if !is_deleted {
                return Err(ChainBreak::ErasedWithoutDeletion { event, user });
            }
            self.erased += 1;
        } else if values.digest() != digest {
            let field = String::from_utf8_lossy(field).into_owned();
            return Err(ChainBreak::ChangeEdited { event, user, field });
        }
        self.changes.add(user, field, digest);
        self.changes_found += 1;
        Ok(())
    }

    fn end_changes(&mut self) -> Result<(), ChainBreak> {
        let changes = std::mem::take(&mut self.changes).finish();
        let found = std::mem::take(&mut self.changes_found);
        let is_right = match self.expected.take() {
            Some(expected) => expected == changes,
            None => found == 0,
        };
        if is_right { Ok(()) } else { Err(ChainBreak::Changes(self.count)) }
    }

    /// Ends the check. `counted` is the highest number that the store has given to an event, as far as it knows.
    ///
    /// # Errors
    /// When there are no events, the user changes of the newest are not those that it says, the newest are missing, or the head
    /// that was sought is in none of them.
    pub fn end(mut self, counted: Option<i64>) -> Result<Verified, ChainBreak> {
        if self.count == 0 {
            return Err(ChainBreak::Empty);
        }
        self.end_changes()?;
        if let Some(counted) = counted.filter(|counted| *counted > self.count) {
            return Err(ChainBreak::CutOff { newest: self.count, counted });
        }
        if self.sought.is_some() && !self.found {
            return Err(ChainBreak::HeadNotFound);
        }
        Ok(Verified { events: self.count, erased: self.erased })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn event(number: i64, before: &[u8]) -> Event {
        let mut event = Event {
            number,
            time: 1_800_000_000 + number,
            operator: "root".to_owned(),
            operator_uid: 0,
            login_uid: None,
            host: "host".to_owned(),
            by_sudo: 0,
            standing: "Admin".to_owned(),
            action: "users lock".to_owned(),
            outcome: "done".to_owned(),
            user_id: Some(number),
            reason: None,
            details: Some("{}".to_owned()),
            changes_digest: (number % 2 == 0).then(|| ChangesDigest::default().finish().to_vec()),
            hash: Vec::new(),
        };
        event.hash = event.chained_hash(before).to_vec();
        event
    }

    fn chain(length: i64) -> Vec<Event> {
        let mut events: Vec<Event> = Vec::new();
        for number in 1..=length {
            let before = events.last().map_or(CHAIN_START.to_vec(), |event| event.hash.clone());
            events.push(event(number, &before));
        }
        events
    }

    fn verify(events: &[Event], head: Option<Vec<u8>>) -> Result<i64, ChainBreak> {
        let mut chain = Chain::new(head);
        events.iter().try_for_each(|event| chain.follow(event))?;
        Ok(chain.end(Some(events.len() as i64))?.events)
    }

    #[test]
    fn a_field_moved_into_its_neighbour_changes_the_hash() {
        let mut other = event(1, &CHAIN_START);
        (other.standing, other.action) = ("Adminu".to_owned(), "sers lock".to_owned());
        assert_ne!(other.chained_hash(&CHAIN_START), event(1, &CHAIN_START).chained_hash(&CHAIN_START));
        let mut empty = event(1, &CHAIN_START);
        empty.reason = Some(String::new());
        assert_ne!(empty.chained_hash(&CHAIN_START), event(1, &CHAIN_START).chained_hash(&CHAIN_START));
    }

    #[test]
    fn each_way_of_tampering_is_found() {
        let good = chain(9);
        assert_eq!(verify(&good, None), Ok(9));
        assert_eq!(verify(&[], None), Err(ChainBreak::Empty));
        let mut changed = good.clone();
        changed[4].reason = Some("another".to_owned());
        assert_eq!(verify(&changed, None), Err(ChainBreak::Changed(5)));
        let mut deleted = good.clone();
        deleted.remove(4);
        assert_eq!(verify(&deleted, None), Err(ChainBreak::Missing { expected: 5, found: 6 }));
        let mut swapped = good.clone();
        swapped.swap(2, 3);
        assert!(verify(&swapped, None).is_err());
    }

    #[test]
    fn a_cut_tail_and_a_new_chain_are_found_only_with_the_head_kept_elsewhere() {
        let good = chain(9);
        let head = good[8].hash.clone();
        assert_eq!(verify(&good, Some(head.clone())), Ok(9));
        assert_eq!(verify(&good[..7], None), Ok(7));
        assert_eq!(verify(&good[..7], Some(head.clone())), Err(ChainBreak::HeadNotFound));
        let mut chain = Chain::new(None);
        good[..7].iter().try_for_each(|event| chain.follow(event)).unwrap();
        let cut_off = chain.end(Some(9)).unwrap_err();
        assert_eq!(cut_off, ChainBreak::CutOff { newest: 7, counted: 9 });
        let mut rewritten = good[..4].to_vec();
        for number in 5..=9 {
            let mut next = event(number, &rewritten.last().unwrap().hash);
            next.operator = "mallory".to_owned();
            next.hash = next.chained_hash(&rewritten.last().unwrap().hash).to_vec();
            rewritten.push(next);
        }
        assert_eq!(verify(&rewritten, None), Ok(9));
        assert_eq!(verify(&rewritten, Some(head)), Err(ChainBreak::HeadNotFound));
    }

    /// The bytes that version 1 hashed, spelled out: events of older programs must verify for ever.
    #[test]
    fn an_event_of_an_older_program_has_the_hash_that_it_had() {
        let hex: String = event(1, &CHAIN_START).hash.iter().map(|byte| format!("{byte:02x}")).collect();
        assert_eq!(hex, "a0efb405bb89f88256ad700adeac1df125ce10c0f7cb11dde1b4d22541c0b039");
        let mut edited = event(2, &CHAIN_START);
        edited.changes_digest = None;
        assert_ne!(
            edited.chained_hash(&CHAIN_START).to_vec(),
            edited.hash,
            "the digest cannot be taken out of an event"
        );
    }

    /// A field and its new value.
    type Named = (&'static [u8], &'static [u8]);

    /// An event of version 2 with these changes, of user 3.
    fn changed(changes: &[Named]) -> Event {
        let mut digest = ChangesDigest::default();
        for (field, new) in changes {
            digest.add(3, field, &values(field, new).digest());
        }
        let mut event = event(1, &CHAIN_START);
        event.changes_digest = Some(digest.finish().to_vec());
        event.hash = event.chained_hash(&CHAIN_START).to_vec();
        event
    }

    fn values<'a>(field: &'a [u8], new: &'a [u8]) -> ChangeValues<'a> {
        ChangeValues { event: 1, user: 3, field, old: None, new: Some(new), salt: &[1; 16] }
    }

    #[test]
    fn user_changes_that_are_not_those_of_their_event_are_found() {
        let (name, email): (Named, Named) = ((b"name", b"Alice"), (b"email", b"a@example.com"));
        let run = |found: &[(ChangeValues<'_>, [u8; 32], bool)]| {
            let mut chain = Chain::new(None);
            chain.follow(&changed(&[name, email]))?;
            found.iter().try_for_each(|(values, digest, is_deleted)| chain.change(values, digest, *is_deleted))?;
            chain.end(None)
        };
        let of =
            |(field, new): (&'static [u8], &'static [u8])| (values(field, new), values(field, new).digest(), false);
        assert_eq!(run(&[of(name), of(email)]), Ok(Verified { events: 1, erased: 0 }));
        for wrong in [&[of(name)][..], &[of(email), of(name)], &[of(name), of(email), of(email)], &[]] {
            assert_eq!(run(wrong), Err(ChainBreak::Changes(1)), "{wrong:?}");
        }
        let edited = (values(b"name", b"Eve"), of(name).1, false);
        let found = ChainBreak::ChangeEdited { event: 1, user: 3, field: "name".to_owned() };
        assert_eq!(run(&[edited, of(email)]), Err(found));
        let stray = (ChangeValues { event: 2, ..of(email).0 }, of(email).1, false);
        assert_eq!(run(&[of(name), stray]), Err(ChainBreak::StrayChange(2)));
        let blank = ChangeValues { new: Some(b"     "), salt: &[0; 16], ..of(name).0 };
        assert_eq!(run(&[(blank, of(name).1, true), of(email)]), Ok(Verified { events: 1, erased: 1 }));
        let not_deleted = ChainBreak::ErasedWithoutDeletion { event: 1, user: 3 };
        assert_eq!(run(&[(blank, of(name).1, false), of(email)]), Err(not_deleted));
        assert_eq!(run(&[(blank, [0; 32], true), of(email)]), Err(ChainBreak::Changes(1)));
    }

    #[test]
    fn an_event_of_an_older_program_has_no_user_changes() {
        let mut chain = Chain::new(None);
        chain.follow(&event(1, &CHAIN_START)).unwrap();
        chain.change(&values(b"name", b"Eve"), &values(b"name", b"Eve").digest(), false).unwrap();
        assert_eq!(chain.end(None), Err(ChainBreak::Changes(1)));
    }
}
