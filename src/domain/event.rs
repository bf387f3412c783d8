//! The audit: what was done, by whom, and the chain that shows whether the record was edited afterwards.

use jiff::Timestamp;

use super::field_hasher::FieldHasher;
use crate::domain::operator::Account;
use crate::domain::text;
use crate::domain::user::UserId;
use crate::domain::user_change::ChangeValues;
use crate::domain::user_change::ChangesDigest;

/// Whether the action was done.
#[derive(Debug, Clone, Copy, PartialEq, Eq, strum::IntoStaticStr)]
#[strum(serialize_all = "lowercase")]
pub enum EventOutcome {
    /// It was.
    Done,
    /// It was refused.
    Refused,
}

impl EventOutcome {
    /// The word in the store and in data.
    pub fn word(self) -> &'static str {
        self.into()
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
    pub authority: String,
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
    /// What named the operator: `uid`, the account of the process, or the elevation program whose variable did: `sudo`, `doas` or
    /// `pkexec`.
    pub identified_by: String,
    /// The role's name.
    pub authority: String,
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
    /// [`ChangesDigest`] of what the event changed in the rows of users.
    pub changes_digest: Vec<u8>,
    /// [`Event::chained_hash`] of this event and the one before.
    pub hash: Vec<u8>,
}

/// The fields of an [`Event`], wherever they are: a chain of a million is followed without copying them.
#[derive(Debug, Clone, Copy)]
#[expect(missing_docs, reason = "each is the field of Event with its name")]
pub struct EventFields<'a> {
    pub number: i64,
    pub time: i64,
    pub operator: &'a str,
    pub operator_uid: i64,
    pub login_uid: Option<i64>,
    pub host: &'a str,
    pub identified_by: &'a str,
    pub authority: &'a str,
    pub action: &'a str,
    pub outcome: &'a str,
    pub user_id: Option<i64>,
    pub reason: Option<&'a str>,
    pub details: Option<&'a str>,
    pub changes_digest: &'a [u8],
    pub hash: &'a [u8],
}

/// The hash before the first event.
pub const CHAIN_START: [u8; 32] = [0; 32];
/// The version of what is hashed: another order or other fields are another version. Versions 1 to 3 were pre-releases.
const HASH_VERSION: u8 = 4;

impl EventFields<'_> {
    /// SHA-256 over a version byte, the hash of the event before, and the fields in the order of the columns. Each field is preceded
    /// by its length (8 bytes, big endian; all ones for NULL), so that no two events hash the same bytes.
    pub fn chained_hash(&self, before: &[u8]) -> [u8; 32] {
        let mut hasher = FieldHasher::new(HASH_VERSION);
        hasher.bytes(Some(before));
        hasher.number(Some(self.number));
        hasher.number(Some(self.time));
        hasher.text(Some(self.operator));
        hasher.number(Some(self.operator_uid));
        hasher.number(self.login_uid);
        hasher.text(Some(self.host));
        hasher.text(Some(self.identified_by));
        hasher.text(Some(self.authority));
        hasher.text(Some(self.action));
        hasher.text(Some(self.outcome));
        hasher.number(self.user_id);
        hasher.text(self.reason);
        hasher.text(self.details);
        hasher.bytes(Some(self.changes_digest));
        hasher.finish()
    }
}

impl Event {
    /// The fields.
    pub fn fields(&self) -> EventFields<'_> {
        EventFields {
            number: self.number,
            time: self.time,
            operator: &self.operator,
            operator_uid: self.operator_uid,
            login_uid: self.login_uid,
            host: &self.host,
            identified_by: &self.identified_by,
            authority: &self.authority,
            action: &self.action,
            outcome: &self.outcome,
            user_id: self.user_id,
            reason: self.reason.as_deref(),
            details: self.details.as_deref(),
            changes_digest: &self.changes_digest,
            hash: &self.hash,
        }
    }

    /// [`EventFields::chained_hash`].
    pub fn chained_hash(&self, before: &[u8]) -> [u8; 32] {
        self.fields().chained_hash(before)
    }
}

/// The chain, event by event, and the user changes of each: says where it first breaks.
#[derive(Debug)]
pub struct ChainVerifier {
    before: Vec<u8>,
    count: i64,
    sought: Option<Vec<u8>>,
    found: bool,
    /// What the newest event says of its user changes.
    expected: Vec<u8>,
    /// Of those that were found.
    changes: ChangesDigest,
    erased: u64,
}

/// What the check of a whole chain found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ChainReport {
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
    /// The store's count of its events is gone, or lower than the newest event: the person who edited it may have deleted newer events.
    #[error("newer events than event {newest} may be missing: the store's count of its events was removed or edited")]
    CountEdited {
        /// The number of the newest event.
        newest: i64,
    },
    /// There is no event at all.
    #[error("the audit log is empty: all events were deleted, including the one that `init` recorded")]
    Empty,
    /// The head that was kept elsewhere is in no event.
    #[error("no event has the hash given with `--head`: events were cut off or rewritten since it was noted")]
    HeadNotFound,
}

impl ChainVerifier {
    /// A chain to be checked from its start; `sought` is a head that was kept elsewhere.
    pub fn new(sought: Option<Vec<u8>>) -> Self {
        Self {
            before: CHAIN_START.to_vec(),
            count: 0,
            sought,
            found: false,
            expected: ChangesDigest::default().finish().to_vec(),
            changes: ChangesDigest::default(),
            erased: 0,
        }
    }

    /// Takes the next event.
    ///
    /// # Errors
    /// When it does not follow from the one before, or that one's user changes are not those that it says.
    pub fn follow(&mut self, event: &EventFields<'_>) -> Result<(), ChainBreak> {
        self.end_changes()?;
        let expected = self.count + 1;
        if event.number != expected {
            return Err(ChainBreak::Missing { expected, found: event.number });
        }
        if event.hash != event.chained_hash(&self.before) {
            return Err(ChainBreak::Changed(event.number));
        }
        self.count = expected;
        self.before.clear();
        self.before.extend_from_slice(event.hash);
        self.found |= self.sought.as_ref() == Some(&self.before);
        self.expected.clear();
        self.expected.extend_from_slice(event.changes_digest);
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
        Ok(())
    }

    fn end_changes(&mut self) -> Result<(), ChainBreak> {
        let changes = std::mem::take(&mut self.changes).finish();
        if self.expected == changes { Ok(()) } else { Err(ChainBreak::Changes(self.count)) }
    }

    /// Ends the check. `counted` is the highest number that the store has given to an event; `None`: its count is gone.
    ///
    /// # Errors
    /// When there are no events, the user changes of the newest are not those that it says, the newest are missing or may be, or
    /// the head that was sought is in none of them.
    pub fn end(mut self, counted: Option<i64>) -> Result<ChainReport, ChainBreak> {
        if self.count == 0 {
            return Err(ChainBreak::Empty);
        }
        self.end_changes()?;
        match counted {
            Some(counted) if counted > self.count => return Err(ChainBreak::CutOff { newest: self.count, counted }),
            Some(counted) if counted == self.count => {}
            _ => return Err(ChainBreak::CountEdited { newest: self.count }),
        }
        if self.sought.is_some() && !self.found {
            return Err(ChainBreak::HeadNotFound);
        }
        Ok(ChainReport { events: self.count, erased: self.erased })
    }
}

#[cfg(test)]
mod tests;
