//! The columns of lists and exports of users.

use std::str::FromStr;

use crate::actions::users::list::ListContext;
use crate::cli::one_of::OneOf;
use crate::cli::value::Heading;
use crate::cli::value::Value;
use crate::domain::user::SignIn;
use crate::domain::user::Status;
use crate::store::user_list::UserRow;

/// A column of a list of users.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[expect(missing_docs, reason = "each is named after its field")]
pub enum UserColumn {
    Id,
    Username,
    Email,
    Name,
    Role,
    Status,
    LockedUntil,
    SignIn,
    Locale,
    PasswordSetAt,
    MustChangePassword,
    PasswordExpiresAt,
    SessionEpoch,
    LastLoginAt,
    BouncedAt,
    BounceReply,
    CreatedAt,
    UpdatedAt,
    PasswordHash,
}

impl UserColumn {
    /// All columns that a list may show; a hash is for exports alone.
    pub const LISTED: [Self; 18] = [
        Self::Id,
        Self::Username,
        Self::Email,
        Self::Name,
        Self::Role,
        Self::Status,
        Self::LockedUntil,
        Self::SignIn,
        Self::Locale,
        Self::PasswordSetAt,
        Self::MustChangePassword,
        Self::PasswordExpiresAt,
        Self::SessionEpoch,
        Self::LastLoginAt,
        Self::BouncedAt,
        Self::BounceReply,
        Self::CreatedAt,
        Self::UpdatedAt,
    ];

    /// What a table shows where nobody says otherwise: it fits 80 columns.
    pub const TABLE: [Self; 6] =
        [Self::Username, Self::Email, Self::Name, Self::Status, Self::PasswordSetAt, Self::LastLoginAt];

    /// What a table of users whose address bounces shows where nobody says otherwise.
    pub const BOUNCED: [Self; 4] = [Self::Username, Self::Email, Self::BouncedAt, Self::BounceReply];

    /// What data holds where nobody says otherwise.
    pub const DATA: [Self; 14] = [
        Self::Username,
        Self::Email,
        Self::Name,
        Self::Role,
        Self::Status,
        Self::LockedUntil,
        Self::SignIn,
        Self::Locale,
        Self::PasswordSetAt,
        Self::MustChangePassword,
        Self::PasswordExpiresAt,
        Self::LastLoginAt,
        Self::CreatedAt,
        Self::UpdatedAt,
    ];

    /// Parses the name of a listed column.
    pub fn one_of() -> OneOf<Self> {
        OneOf::new(Self::LISTED.map(|column| column.head().name))
    }

    /// Its name in data, and its heading.
    pub fn head(self) -> Heading {
        let (name, title) = match self {
            Self::Id => ("id", "ID"),
            Self::Username => ("username", "USERNAME"),
            Self::Email => ("email", "EMAIL"),
            Self::Name => ("name", "NAME"),
            Self::Role => ("role", "ROLE"),
            Self::Status => ("status", "STATUS"),
            Self::LockedUntil => ("locked_until", "LOCKED UNTIL"),
            Self::SignIn => ("sign_in", "SIGN-IN"),
            Self::Locale => ("locale", "LOCALE"),
            Self::PasswordSetAt => ("password_set_at", "PASSWORD"),
            Self::MustChangePassword => ("must_change_password", "MUST CHANGE"),
            Self::PasswordExpiresAt => ("password_expires_at", "PASSWORD ENDS"),
            Self::SessionEpoch => ("session_epoch", "SESSION EPOCH"),
            Self::LastLoginAt => ("last_login_at", "LAST LOGIN"),
            Self::BouncedAt => ("bounced_at", "BOUNCED"),
            Self::BounceReply => ("bounce_reply", "REPLY"),
            Self::CreatedAt => ("created_at", "ADDED"),
            Self::UpdatedAt => ("updated_at", "CHANGED"),
            Self::PasswordHash => ("password_hash", "HASH"),
        };
        Heading { name, title }
    }

    /// Its value in a row.
    pub fn cell<'row>(self, row: &UserRow<'row>, surroundings: &'row ListContext) -> Value<'row> {
        match self {
            Self::Id => Value::Number(row.id()),
            Self::Username => Value::text(row.username()),
            Self::Email => Value::text(row.email()),
            Self::Name => Value::prose(row.name()),
            Self::Role => Value::text_or(surroundings.roles.get(&row.role()).map(String::as_str), ""),
            Self::Status => Value::text(row.status(surroundings.now).word()),
            // The end of a lock that is over says nothing, and an import would refuse it.
            Self::LockedUntil => match row.status(surroundings.now) {
                Status::Active => Value::Nothing(""),
                Status::Locked => Value::time_or(row.locked_until(), ""),
            },
            Self::SignIn => Value::text(row.sign_in().word()),
            Self::Locale => Value::text_or(row.locale(), ""),
            Self::PasswordSetAt => {
                let none = if row.sign_in() == SignIn::Saml { "SAML" } else { "none" };
                Value::time_or(row.password_set_at(), none)
            }
            Self::MustChangePassword => Value::Flag(must_change(row, surroundings)),
            Self::PasswordExpiresAt => Value::time_or(row.password_expires_at(), ""),
            Self::SessionEpoch => Value::Number(row.session_epoch()),
            Self::LastLoginAt => Value::time_or(row.last_login_at(), "never"),
            Self::BouncedAt => Value::time_or(row.bounced_at(), ""),
            Self::BounceReply => Value::prose_or(row.bounce_reply(), ""),
            Self::CreatedAt => Value::time_or(row.created_at(), ""),
            Self::UpdatedAt => Value::time_or(row.updated_at(), ""),
            Self::PasswordHash => Value::text_or(row.password_hash(), ""),
        }
    }
}

/// Whether the user must choose another password: somebody demands it, or it has reached its greatest age.
fn must_change(row: &UserRow<'_>, ListContext { now, times, .. }: &ListContext) -> bool {
    let is_too_old = |password| times.is_too_old(&password, row.role(), *now);
    row.must_change_password() || !times.max_ages.is_empty() && row.password().is_some_and(is_too_old)
}

impl FromStr for UserColumn {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let found = Self::LISTED.into_iter().find(|column| column.head().name == text);
        found.ok_or_else(|| {
            let names: Vec<&str> = Self::LISTED.iter().map(|column| column.head().name).collect();
            format!("no such column; accepted columns: {}", names.join(", "))
        })
    }
}
