//! The audit: what was done, by whom, and the chain that shows whether the record was edited afterwards.

use std::str::FromStr;

use jiff::Timestamp;
use strum::VariantArray as _;

use super::field_hasher::FieldHasher;
use crate::domain::operator::Account;
use crate::domain::text;
use crate::domain::user::UserId;

/// Whether the action was done.
#[derive(Debug, Clone, Copy, PartialEq, Eq, strum::IntoStaticStr, strum::VariantArray)]
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

impl FromStr for EventOutcome {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let found = Self::VARIANTS.iter().copied().find(|outcome| outcome.word() == text);
        found.ok_or_else(|| format!("`{}` is not an outcome: take `done` or `refused`", text::quoted(text, 40)))
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
    /// [`ChangesDigest`](crate::domain::user_change::ChangesDigest) of what the event changed in the rows of users.
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
