//! What an operator says about a change, and what its event says.

use crate::domain::user::User;
use crate::domain::user::UserId;

/// What the operator says about a change besides its object.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ChangeOptions {
    /// Why; kept in the event.
    pub reason: Option<String>,
    /// Do everything, then undo it instead of saving.
    pub dry_run: bool,
}

/// What the event of a change says besides who, when and what.
#[derive(Debug, Default)]
pub struct EventDetails {
    /// The user it was done to, if it was one.
    pub user: Option<UserId>,
    /// Old and new values, never a secret.
    pub details: serde_json::Map<String, serde_json::Value>,
    /// Whether everything was so already: then there is no event.
    pub is_unchanged: bool,
}

impl EventDetails {
    /// A record about a user, with the username: the number alone would say nothing once the user is deleted. No other value of
    /// the user belongs into an event, because it could not be erased with the user.
    pub fn of(user: &User) -> Self {
        let mut details = Self { user: Some(user.id), ..Self::default() };
        details.note("username", user.username.as_str());
        details
    }

    /// Adds a detail.
    pub fn note(&mut self, name: &str, value: impl Into<serde_json::Value>) {
        self.details.insert(name.to_owned(), value.into());
    }
}
