//! The audit: what was done, by whom, and the chain that shows whether the record was edited afterwards.

use jiff::Timestamp;
use sha2::Digest as _;
use sha2::Sha256;

use crate::domain::operator::Account;
use crate::domain::user::UserId;

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
    /// [`Event::chained_hash`] of this event and the one before.
    pub hash: Vec<u8>,
}

/// The hash before the first event.
pub const CHAIN_START: [u8; 32] = [0; 32];
/// The version of what is hashed; another order or other fields would be another version.
const CHAIN_VERSION: u8 = 1;

impl Event {
    /// SHA-256 over a version byte, the hash of the event before, and the fields in the order of the columns. Each field
    /// is preceded by its length (8 bytes, big endian; all ones for NULL), so that no two events hash the same bytes.
    pub fn chained_hash(&self, before: &[u8]) -> [u8; 32] {
        let mut hasher = Sha256::new();
        hasher.update([CHAIN_VERSION]);
        let mut field = |bytes: Option<&[u8]>| match bytes {
            Some(bytes) => {
                hasher.update((bytes.len() as u64).to_be_bytes());
                hasher.update(bytes);
            }
            None => hasher.update(u64::MAX.to_be_bytes()),
        };
        let optional_number = |number: Option<i64>| number.map(i64::to_be_bytes);
        field(Some(before));
        field(Some(&self.number.to_be_bytes()));
        field(Some(&self.time.to_be_bytes()));
        field(Some(self.operator.as_bytes()));
        field(Some(&self.operator_uid.to_be_bytes()));
        field(optional_number(self.login_uid).as_ref().map(<[u8; 8]>::as_slice));
        field(Some(self.host.as_bytes()));
        field(Some(&self.by_sudo.to_be_bytes()));
        field(Some(self.standing.as_bytes()));
        field(Some(self.action.as_bytes()));
        field(Some(self.outcome.as_bytes()));
        field(optional_number(self.user_id).as_ref().map(<[u8; 8]>::as_slice));
        field(self.reason.as_deref().map(str::as_bytes));
        field(self.details.as_deref().map(str::as_bytes));
        hasher.finalize().into()
    }
}

/// The chain, event by event: says where it first breaks.
#[derive(Debug)]
pub struct Chain {
    before: Vec<u8>,
    count: i64,
    sought: Option<Vec<u8>>,
    found: bool,
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
        Self { before: CHAIN_START.to_vec(), count: 0, sought, found: false }
    }

    /// Takes the next event.
    ///
    /// # Errors
    /// When it does not follow from the one before.
    pub fn follow(&mut self, event: &Event) -> Result<(), ChainBreak> {
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
        Ok(())
    }

    /// Ends the check; gives the number of events.
    ///
    /// # Errors
    /// When there are none, or the head that was sought is in none of them.
    pub fn end(self) -> Result<i64, ChainBreak> {
        if self.count == 0 {
            return Err(ChainBreak::Empty);
        }
        if self.sought.is_some() && !self.found { Err(ChainBreak::HeadNotFound) } else { Ok(self.count) }
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
        chain.end()
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
}
