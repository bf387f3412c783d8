//! A user to be added, and a password to be set.

use jiff::Timestamp;

use crate::domain::email_address::EmailAddress;
use crate::domain::policy::MAX_HISTORY;
use crate::domain::role::RoleId;
use crate::domain::user::SignIn;
use crate::domain::user::Username;
use crate::secrets::admission::AcceptedHash;

/// How many old passwords are kept of a user: the most that a policy may refuse (`[password] history`).
pub const MOST_HISTORY: u32 = MAX_HISTORY;

/// A user to be added.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewUser {
    /// The name to sign in with.
    pub username: Username,
    /// The address.
    pub email: EmailAddress,
    /// The person's name; may be empty.
    pub name: String,
    /// The role.
    pub role: RoleId,
    /// How they sign in.
    pub sign_in: SignIn,
    /// The language.
    pub locale: Option<String>,
    /// When.
    pub created_at: Timestamp,
}

/// A password to be set.
#[derive(Debug)]
pub struct NewPassword {
    /// Its hash, and the policy it met.
    pub accepted: AcceptedHash,
    /// Whether the user must choose another password at the next sign-in.
    pub must_change: bool,
    /// Whether sessions that are open stay so.
    pub keep_sessions: bool,
    /// When.
    pub set_at: Timestamp,
    /// When it ends, where it is temporary: the user must choose another one before.
    pub expires_at: Option<Timestamp>,
    /// Whether the user chose it.
    pub is_own: bool,
}
