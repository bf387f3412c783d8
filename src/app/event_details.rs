//! What an operator says about a change, and what its event says.

use std::borrow::Cow;

use crate::domain::secret_form::without_codes_and_keys;
use crate::domain::secret_form::without_secrets;
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

    /// Adds a detail. A text that has the form of a secret is hidden: it came in a wrong place.
    pub fn note(&mut self, name: &str, value: impl Into<serde_json::Value>) {
        let value = match value.into() {
            serde_json::Value::String(text) if name != DIGEST => shown_in_event(name, &text).into_owned().into(),
            value => value,
        };
        self.details.insert(name.to_owned(), value);
    }
}

/// The detail that holds the SHA-256 of a file, which has the form of a reset key.
const DIGEST: &str = "sha256";
/// Details that name a user or a role of the store: a name may look like a generated password.
const NAMES: [&str; 6] = ["username", "usernames", "address", "account", "role", "user"];

fn shown_in_event<'a>(name: &str, text: &'a str) -> Cow<'a, str> {
    if NAMES.contains(&name) { without_codes_and_keys(text) } else { without_secrets(text) }
}
