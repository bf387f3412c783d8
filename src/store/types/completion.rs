//! Users whose name begins with a text.

use crate::domain::role::RoleId;

/// What a user is looked up by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum UserNameKind {
    /// The username.
    Username,
    /// The email address.
    Email,
}

/// From which end of the stretch users are given.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FromEnd {
    /// The first ones, in order.
    First,
    /// The last ones, in reverse order.
    Last,
}

/// A user as completion needs them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UserWithPrefix {
    /// The name that begins with the text.
    pub name: String,
    /// The address.
    pub email: String,
    /// The person's name.
    pub person: String,
    /// The role.
    pub role: RoleId,
}
