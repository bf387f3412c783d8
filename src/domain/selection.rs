//! Which users a command means: what the selection flags say, joined by "and".

use std::rc::Rc;

use jiff::Timestamp;

use crate::domain::policy::Fingerprints;
use crate::domain::role::RoleId;
use crate::domain::search::SearchText;
use crate::domain::user::SignIn;
use crate::domain::user::Status;
use crate::domain::user::UserReference;

/// The users that meet every condition given; without one, all.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Selection {
    /// Username, email or name holds this text.
    pub search: Option<SearchText>,
    /// The role.
    pub role: Option<RoleId>,
    /// Active or locked.
    pub status: Option<Status>,
    /// How they sign in.
    pub sign_in: Option<SignIn>,
    /// The domain of the address, in either form.
    pub email_domain: Option<String>,
    /// Has no password, though one is the way to sign in.
    pub no_password: bool,
    /// Has a password.
    pub with_password: bool,
    /// Signs in otherwise than the domain of the address says; the domains are those of the identity provider.
    pub sign_in_unlike_domains: Option<Vec<String>>,
    /// The password was set before this moment.
    pub password_set_before: Option<Timestamp>,
    /// The password met another policy than that of the user's role, or none that is known.
    pub policy_other_than: Option<PoliciesInForce>,
    /// No login was ever noted.
    pub never_logged_in: bool,
    /// A delivery report said that the address takes no mail.
    pub bounced: bool,
    /// These, by name.
    pub named: Option<Rc<[UserReference]>>,
    /// Not these, by name. A name that no user has excludes nobody.
    pub not_named: Option<Rc<[UserReference]>>,
}

/// The policies in force, for users whose password met another one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PoliciesInForce {
    /// Their fingerprints.
    pub fingerprints: Fingerprints,
    /// Whether such users are few: then they are found by an index. It only says how to look, and not what is found.
    pub others_are_few: bool,
}

/// What a list is ordered by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum UserOrder {
    /// The address, as CXME lists users.
    #[default]
    Email,
    /// The username.
    Username,
    /// The person's name.
    Name,
    /// When the user was added.
    Created,
    /// When the password was set; users without one first.
    PasswordSet,
    /// The last login; users without one first.
    LastLogin,
}

/// A list of users: which, in what order, how many.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct UserQuery {
    /// Which.
    pub selection: Selection,
    /// In what order.
    pub order: UserOrder,
    /// From the other end.
    pub reverse: bool,
    /// At most so many.
    pub limit: Option<u64>,
}
