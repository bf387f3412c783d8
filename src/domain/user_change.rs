//! What an event changed in the rows of users. The values are kept beside the event, which holds one digest of them, so that
//! they can be erased when their user is deleted and the chain of events still verifies.
//!
//! Each row has a digest over its values and a salt. Without the salt nobody could tell from the digest of an erased row
//! what its values were: names and addresses are too easy to guess (GDPR recital 26: what can be attributed again is personal
//! data).

use std::fmt;

use sha2::Digest as _;
use sha2::Sha256;

use super::field_hasher::FieldHasher;
use crate::domain::user::UserId;

/// The field of the row that tells that a user was deleted.
pub const DELETED: &str = "user";
/// The length of a salt.
pub const SALT_LENGTH: usize = 16;
/// The salt of a row whose values were erased.
pub const ERASED_SALT: [u8; SALT_LENGTH] = [0; SALT_LENGTH];

/// The version of what the digest of a row covers.
const ROW_VERSION: u8 = 1;
/// The version of what the digest of all rows of an event covers.
const ROWS_VERSION: u8 = 1;

/// One field of one user that an event changed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UserChange {
    /// Its place among all changes, from 1; changes of a later event have a higher one.
    pub id: i64,
    /// The event's number.
    pub event: i64,
    /// The user.
    pub user: UserId,
    /// The field, named as in data.
    pub field: String,
    /// The value before; `None`: there was none, or it was erased.
    pub old: Option<String>,
    /// The value after; `None`: there is none, or it was erased.
    pub new: Option<String>,
    /// Whether the values were erased, because the user was deleted.
    pub is_erased: bool,
}

/// The random bytes from which the salts of one event's changes are derived. They are not stored.
pub struct SaltSeed([u8; 32]);

impl SaltSeed {
    /// A seed of bytes that nobody can guess.
    pub fn new(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// The salt of the event's change with this number, from 0: SHA-256(seed || number), cut.
    pub fn salt(&self, number: u64) -> [u8; SALT_LENGTH] {
        let hash = Sha256::new_with_prefix(self.0).chain_update(number.to_be_bytes()).finalize();
        let mut salt = [0; SALT_LENGTH];
        salt.copy_from_slice(&hash[..SALT_LENGTH]);
        salt
    }
}

impl fmt::Debug for SaltSeed {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("SaltSeed")
    }
}

/// A change as its digest covers it. Values are bytes: somebody may have edited the file.
#[derive(Debug, Clone, Copy)]
pub struct ChangeValues<'a> {
    /// The event's number.
    pub event: i64,
    /// The user's number.
    pub user: i64,
    /// The field.
    pub field: &'a [u8],
    /// The value before.
    pub old: Option<&'a [u8]>,
    /// The value after.
    pub new: Option<&'a [u8]>,
    /// The salt.
    pub salt: &'a [u8],
}

impl ChangeValues<'_> {
    /// SHA-256 over a version byte, salt, event, user, field, old and new value, each preceded by its length.
    pub fn digest(&self) -> [u8; 32] {
        let mut hasher = FieldHasher::new(ROW_VERSION);
        hasher.bytes(Some(self.salt));
        hasher.number(Some(self.event));
        hasher.number(Some(self.user));
        hasher.bytes(Some(self.field));
        hasher.bytes(self.old);
        hasher.bytes(self.new);
        hasher.finish()
    }

    /// Whether the values are those that erasing leaves: a salt of zeros, and blanks.
    pub fn is_erased(&self) -> bool {
        let is_blank = |value: Option<&[u8]>| value.is_none_or(|value| value.iter().all(|byte| *byte == b' '));
        self.salt == ERASED_SALT && is_blank(self.old) && is_blank(self.new)
    }
}

/// The digest of all changes of one event: SHA-256 over a version byte and, change by change, user, field and digest. User and
/// field of an erased change, whose own digest cannot be computed any more, are covered by this one.
#[derive(Debug, Clone)]
pub struct ChangesDigest(FieldHasher);

impl ChangesDigest {
    /// The next change.
    pub fn add(&mut self, user: i64, field: &[u8], digest: &[u8]) {
        self.0.number(Some(user));
        self.0.bytes(Some(field));
        self.0.bytes(Some(digest));
    }

    /// The digest.
    pub fn finish(self) -> [u8; 32] {
        self.0.finish()
    }
}

impl Default for ChangesDigest {
    fn default() -> Self {
        Self(FieldHasher::new(ROWS_VERSION))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const CHANGE: ChangeValues<'_> = ChangeValues {
        event: 7,
        user: 3,
        field: b"name",
        old: Some(b"Alice"),
        new: Some(b"Alice Adams"),
        salt: &[5; SALT_LENGTH],
    };

    #[test]
    fn each_part_of_a_change_is_covered() {
        let others = [
            ChangeValues { event: 8, ..CHANGE },
            ChangeValues { user: 4, ..CHANGE },
            ChangeValues { field: b"names", old: Some(b"lice"), ..CHANGE },
            ChangeValues { old: None, ..CHANGE },
            ChangeValues { old: Some(b""), ..CHANGE },
            ChangeValues { old: CHANGE.new, new: CHANGE.old, ..CHANGE },
            ChangeValues { salt: &[6; SALT_LENGTH], ..CHANGE },
        ];
        for (place, other) in others.iter().enumerate() {
            assert_ne!(other.digest(), CHANGE.digest(), "{other:?}");
            assert!(others[..place].iter().all(|before| before.digest() != other.digest()), "{other:?}");
        }
    }

    #[test]
    fn a_change_is_erased_when_neither_value_nor_salt_is_left() {
        assert!(!CHANGE.is_erased());
        let erased = ChangeValues { old: Some(b"     "), new: None, salt: &ERASED_SALT, ..CHANGE };
        assert!(erased.is_erased());
        assert!(!ChangeValues { salt: CHANGE.salt, ..erased }.is_erased());
        assert!(!ChangeValues { old: CHANGE.old, ..erased }.is_erased());
    }

    #[test]
    fn salts_of_one_event_differ_and_its_seed_is_not_shown() {
        let seed = SaltSeed::new([9; 32]);
        assert_ne!(seed.salt(0), seed.salt(1));
        assert_ne!(seed.salt(0), SaltSeed::new([8; 32]).salt(0));
        assert_eq!(format!("{seed:?}"), "SaltSeed");
    }
}
