//! The rows of an import, and its result.

use jiff::Timestamp;

use crate::domain::role::RoleId;
use crate::domain::user::SignIn;
use crate::secrets::admission::ImportedHash;

/// One row of the input. `None`: the input does not say.
#[derive(Debug, Clone, Copy)]
pub struct Incoming<'a> {
    /// Its number among the rows of the input, from 1.
    pub number: u64,
    /// Its line in the input, for messages.
    pub line: u64,
    /// The username; made from the address where the input does not say.
    pub username: &'a str,
    /// Whether the input says the username; an update matches the row by it then, and by the address otherwise.
    pub username_given: bool,
    /// The address; only a row of an update may leave it out.
    pub email: Option<&'a str>,
    /// The person's name.
    pub name: Option<&'a str>,
    /// The role.
    pub role: Option<RoleId>,
    /// How they sign in.
    pub sign_in: Option<SignIn>,
    /// How the address says that they sign in.
    pub sign_in_by_domain: SignIn,
    /// Whether the address is in none of the organization's domains: only a user who has it already may have it.
    pub is_foreign: bool,
    /// The language.
    pub locale: Option<Given<&'a str>>,
    /// Locked for good, or active.
    pub locked: Option<bool>,
    /// When the lock ends by itself. Without `locked` it is for users who are locked already.
    pub locked_until: Option<Given<Timestamp>>,
    /// Whether they must choose another password.
    pub must_change: Option<bool>,
    /// The password hash.
    pub password_hash: Option<ImportedHash<'a>>,
}

/// What the input says of a field that may be without a value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Given<T> {
    /// It is to have none.
    Nothing,
    /// It is to have this one.
    Value(T),
}

impl<'a> Given<&'a str> {
    /// An empty text is none.
    pub fn of_text(text: &'a str) -> Self {
        if text.is_empty() { Self::Nothing } else { Self::Value(text) }
    }
}

/// A row of the input.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RowPlace {
    /// Its number among the rows, from 1.
    pub number: u64,
    /// Its line.
    pub line: u64,
}

/// What is wrong with a row, seen beside the others and the store.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Conflict {
    /// The username stands in this earlier row too.
    UsernameTwice(RowPlace),
    /// The address stands in this earlier row too.
    EmailTwice(RowPlace),
    /// Another user has the username.
    UsernameTaken,
    /// Another user has the address.
    EmailTaken,
    /// The row adds a user and has no address.
    NoEmail,
    /// No user has the username, or the address, and none is to be added.
    NoUser {
        /// Whether the row says the username.
        by_username: bool,
    },
    /// The user's role may do more than the operator's.
    Outranked,
    /// The user is outside the operator's limits.
    OutsideLimits,
    /// The user signs in with SAML, and the row has a password hash.
    SamlWithHash,
    /// The row has the end of a lock, and its user is not locked.
    EndWithoutLock,
    /// The user is to change a password, and signs in with SAML.
    NothingToChange,
    /// The address is new, and in none of the organization's domains.
    ForeignEmail,
    /// The hash is that of a password of the user that was ended.
    EndedPassword,
}

/// What an import did, or would do.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Imported {
    /// Users added.
    pub added: u64,
    /// Users changed.
    pub changed: u64,
    /// Users that were so already.
    pub unchanged: u64,
}
