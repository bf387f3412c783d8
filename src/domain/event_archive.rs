//! Files into which old events were moved, and how the chain continues behind them.
//!
//! A file has one JSON object a line: first a [`ArchiveHeader`], then each event in the order of the chain, and behind an event its user
//! changes. An event has every field that its hash covers, as it was in the store, so the file proves itself from its first event to
//! its last. That nothing of it was exchanged as a whole, the store proves: it keeps an [`EventArchive`] for each file, and the
//! event that tells of it says the same.

use jiff::Timestamp;
use serde::Deserialize;
use serde::Serialize;

use crate::domain::action::Action;
use crate::domain::event::EventFields;
use crate::domain::event::EventOutcome;
use crate::domain::user_change::ChangeValues;

/// The version of the form of a file.
pub const VERSION: u32 = 1;
/// The newest events stay in the store for so many days: what an operator did lately is there to be seen.
pub const KEPT_DAYS: i64 = 30;

/// The events that one file has.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EventArchive {
    /// The number of the first one.
    pub first: i64,
    /// The number of the last one.
    pub last: i64,
    /// The hash of the last one, from which the chain continues.
    pub last_hash: Vec<u8>,
    /// All of them happened before this moment, in unix seconds.
    pub before: i64,
    /// How many user changes moved with them.
    pub changes: i64,
    /// The path of the file at that time.
    pub file: String,
    /// SHA-256 of the file.
    pub sha256: Vec<u8>,
    /// The number of the event that tells of it.
    pub event: i64,
}

impl EventArchive {
    /// How many events the file has.
    pub fn events(&self) -> u64 {
        (self.last - self.first + 1).unsigned_abs()
    }

    /// What the event that tells of it has in its details, besides what the program adds.
    pub fn details(&self) -> serde_json::Map<String, serde_json::Value> {
        let mut details = serde_json::Map::new();
        details.insert("first".to_owned(), self.first.into());
        details.insert("last".to_owned(), self.last.into());
        details.insert("last_hash".to_owned(), hex(&self.last_hash).into());
        details.insert("changes".to_owned(), self.changes.into());
        details.insert("sha256".to_owned(), hex(&self.sha256).into());
        details
    }

    /// Whether this event tells of it.
    pub fn is_told_by(&self, event: &EventFields<'_>) -> bool {
        let details = event.details.and_then(|details| serde_json::from_str::<serde_json::Value>(details).ok());
        let says = |(name, value): &(&str, serde_json::Value)| {
            details.as_ref().and_then(|details| details.get(name)) == Some(value)
        };
        let is_archive = tells_of_archive(event) && event.number == self.event;
        let facts = [
            ("first", self.first.into()),
            ("last", self.last.into()),
            ("last_hash", hex(&self.last_hash).into()),
            ("changes", self.changes.into()),
            ("sha256", hex(&self.sha256).into()),
        ];
        is_archive && facts.iter().all(says)
    }
}

/// Whether an event tells that events were moved into a file.
pub fn tells_of_archive(event: &EventFields<'_>) -> bool {
    event.action == Action::AuditArchive.word() && event.outcome == EventOutcome::Done.word()
}

/// The first line of a file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ArchiveHeader {
    /// [`VERSION`]; its name says what the file is.
    pub cxme_admin_audit_archive: u32,
    /// The number of the first event.
    pub first: i64,
    /// The number of the last event.
    pub last: i64,
    /// The hash of the event before the first one: zeros before event 1.
    pub hash_before: String,
    /// The hash of the last event.
    pub last_hash: String,
    /// How many user changes there are.
    pub changes: i64,
}

impl ArchiveHeader {
    /// The header of a file.
    pub fn new(archive: &EventArchive, hash_before: &[u8]) -> Self {
        Self {
            cxme_admin_audit_archive: VERSION,
            first: archive.first,
            last: archive.last,
            hash_before: hex(hash_before),
            last_hash: hex(&archive.last_hash),
            changes: archive.changes,
        }
    }
}

/// An event in a file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[expect(missing_docs, reason = "each is the field of Event with its name; hashes are hexadecimal")]
pub struct ArchivedEvent {
    pub number: i64,
    /// RFC 3339 in UTC.
    pub time: String,
    pub operator: String,
    pub operator_uid: i64,
    pub login_uid: Option<i64>,
    pub host: String,
    pub identified_by: String,
    pub authority: String,
    pub action: String,
    pub outcome: String,
    pub user_id: Option<i64>,
    pub reason: Option<String>,
    /// The text as it was hashed, and no object.
    pub details: Option<String>,
    pub changes_digest: String,
    pub hash: String,
}

/// A user change in a file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[expect(missing_docs, reason = "each is the column of user_changes with its name; salt and digest are hexadecimal")]
pub struct ArchivedChange {
    pub event: i64,
    pub user_id: i64,
    pub field: TextOrBytes,
    pub old: Option<TextOrBytes>,
    pub new: Option<TextOrBytes>,
    pub salt: String,
    pub digest: String,
}

/// A text, or bytes that are none: somebody wrote to the store with another program.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
#[expect(missing_docs, reason = "the doc comment of the type says it")]
pub enum TextOrBytes {
    Text(String),
    Hex { hex: String },
}

/// A line of a file behind its header.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
#[expect(missing_docs, reason = "named by their types")]
pub enum ArchiveLine {
    Event(ArchivedEvent),
    Change(ArchivedChange),
}

impl ArchivedEvent {
    /// The event as a file has it; `None`: its time is none that a calendar has, and no program wrote that.
    pub fn new(event: &EventFields<'_>) -> Option<Self> {
        Some(Self {
            number: event.number,
            time: Timestamp::from_second(event.time).ok()?.to_string(),
            operator: event.operator.to_owned(),
            operator_uid: event.operator_uid,
            login_uid: event.login_uid,
            host: event.host.to_owned(),
            identified_by: event.identified_by.to_owned(),
            authority: event.authority.to_owned(),
            action: event.action.to_owned(),
            outcome: event.outcome.to_owned(),
            user_id: event.user_id,
            reason: event.reason.map(str::to_owned),
            details: event.details.map(str::to_owned),
            changes_digest: hex(event.changes_digest),
            hash: hex(event.hash),
        })
    }

    /// Gives the fields as the chain has them to `take`. What is not hexadecimal is another hash than any.
    pub fn with_fields<T>(&self, take: impl FnOnce(&EventFields<'_>) -> T) -> T {
        let (digest, hash) = (bytes_of(&self.changes_digest), bytes_of(&self.hash));
        take(&EventFields {
            number: self.number,
            time: self.time.parse::<Timestamp>().map_or(i64::MIN, Timestamp::as_second),
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
            changes_digest: &digest,
            hash: &hash,
        })
    }
}

impl ArchivedChange {
    /// The change as a file has it.
    pub fn new(values: &ChangeValues<'_>, digest: &[u8]) -> Self {
        Self {
            event: values.event,
            user_id: values.user,
            field: TextOrBytes::of(values.field),
            old: values.old.map(TextOrBytes::of),
            new: values.new.map(TextOrBytes::of),
            salt: hex(values.salt),
            digest: hex(digest),
        }
    }

    /// Gives the change as its digest covers it, and its digest, to `take`.
    pub fn with_values<T>(&self, take: impl FnOnce(&ChangeValues<'_>, &[u8]) -> T) -> T {
        let (salt, digest) = (bytes_of(&self.salt), bytes_of(&self.digest));
        let (field, old, new) =
            (self.field.bytes(), self.old.as_ref().map(TextOrBytes::bytes), self.new.as_ref().map(TextOrBytes::bytes));
        let values = ChangeValues {
            event: self.event,
            user: self.user_id,
            field: &field,
            old: old.as_deref(),
            new: new.as_deref(),
            salt: &salt,
        };
        take(&values, &digest)
    }
}

impl TextOrBytes {
    fn of(bytes: &[u8]) -> Self {
        match std::str::from_utf8(bytes) {
            Ok(text) => Self::Text(text.to_owned()),
            Err(_) => Self::Hex { hex: hex(bytes) },
        }
    }

    fn bytes(&self) -> Vec<u8> {
        match self {
            Self::Text(text) => text.as_bytes().to_vec(),
            Self::Hex { hex } => bytes_of(hex),
        }
    }
}

/// TextOrBytes as hexadecimal digits.
pub fn hex(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    let digits = |byte: &u8| [byte >> 4, byte & 15].map(|half| char::from(DIGITS[usize::from(half)]));
    bytes.iter().flat_map(digits).collect()
}

/// The bytes of hexadecimal digits; nothing, where there is anything else.
fn bytes_of(digits: &str) -> Vec<u8> {
    from_hex(digits).unwrap_or_default()
}

/// The bytes of hexadecimal digits.
pub fn from_hex(digits: &str) -> Option<Vec<u8>> {
    let half = |digit: u8| char::from(digit).to_digit(16).and_then(|half| u8::try_from(half).ok());
    let pair = |pair: &[u8]| match pair {
        [high, low] => Some(half(*high)? << 4 | half(*low)?),
        _ => None,
    };
    digits.as_bytes().chunks(2).map(pair).collect()
}
