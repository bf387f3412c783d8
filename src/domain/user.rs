//! A user: an account of the organization.

use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use jiff::Timestamp;

use crate::domain::bounce::Bounce;
use crate::domain::email_address;
use crate::domain::email_address::EmailAddress;
use crate::domain::invisible;
pub use crate::domain::password_age::PasswordStatus;
use crate::domain::password_age::PasswordTimes;
use crate::domain::password_age::end_of;
use crate::domain::role::RoleId;
use crate::domain::text;

/// The number of a user in the store; never given to another one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct UserId(pub i64);

/// The longest username, in characters.
pub const MAX_USERNAME: usize = 64;

/// The name a user signs in with: ASCII letters, digits and `._-`, so that it can never be taken for an address (no @)
/// or for an option, and no two that look alike exist; compared without case.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Username(String);

/// Why a text is not a username.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum UsernameError {
    /// It is empty.
    #[error("is empty")]
    Empty,
    /// It is longer than 64 characters.
    #[error("is longer than 64 characters")]
    TooLong,
    /// It starts with a dot or a hyphen.
    #[error("starts with `{0}`: start with a letter, a digit or `_`")]
    Start(char),
    /// It holds another character than ASCII letters, digits and `._-`.
    #[error("holds `{0}`: only ASCII letters, digits and `._-` are allowed")]
    Character(String),
}

impl Username {
    /// The name as stored.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// A name that the store holds already.
    pub fn stored(text: String) -> Self {
        Self(text)
    }
}

impl FromStr for Username {
    type Err = UsernameError;

    fn from_str(text: &str) -> Result<Self, UsernameError> {
        validate_username(text)?;
        Ok(Self(text.to_owned()))
    }
}

/// Judges without allocating: an import does it a million times.
///
/// # Errors
/// The first fault found.
pub fn validate_username(text: &str) -> Result<(), UsernameError> {
    let Some(first) = text.chars().next() else { return Err(UsernameError::Empty) };
    if let Some(other) = text.chars().find(|&c| !c.is_ascii_alphanumeric() && !"._-".contains(c)) {
        return Err(UsernameError::Character(text::visible(other.encode_utf8(&mut [0; 4])).into_owned()));
    }
    if text.len() > MAX_USERNAME {
        return Err(UsernameError::TooLong);
    }
    if first == '.' || first == '-' {
        return Err(UsernameError::Start(first));
    }
    Ok(())
}

impl fmt::Display for Username {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&text::visible(&self.0))
    }
}

/// What an operator gave for a user, as a message may repeat it: what nobody could have as a username or an address may be a
/// password or a code in the wrong place. A name that is only mistyped is shown, also one with a character that nobody sees.
pub fn shown_reference(given: &str) -> &str {
    let seen: String = given.trim().chars().filter(|&c| !invisible::is_invisible(c)).collect();
    let may_be_shown = if seen.contains('@') {
        email_address::validate(&seen).is_ok()
    } else {
        seen.chars().count() <= MAX_USERNAME && seen.chars().all(|c| c.is_alphanumeric() || "._-".contains(c))
    };
    if may_be_shown { given } else { "(hidden: may be a password or code)" }
}

/// Which user is meant: what an operator gives for one, the username or the email address, whole; or one who was found before.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum UserReference {
    /// A username; it has no @.
    Username(String),
    /// An email address.
    Email(String),
    /// A user who was found before, whatever their name is by now; with the name that they had then, for messages.
    Id(UserId, Username),
}

impl UserReference {
    /// A user who was found before.
    pub fn of(user: &User) -> Self {
        Self::Id(user.id, user.username.clone())
    }

    /// Reads what was given. Whatever it is: a text that cannot name a user simply finds none.
    pub fn new(given: &str) -> Self {
        if given.contains('@') { Self::Email(given.to_owned()) } else { Self::Username(given.to_owned()) }
    }

    /// What was given.
    pub fn as_str(&self) -> &str {
        match self {
            Self::Username(text) | Self::Email(text) => text,
            Self::Id(_, username) => username.as_str(),
        }
    }

    /// What was given, as a message may repeat it ([`shown_reference`]).
    pub fn shown(&self) -> &str {
        shown_reference(self.as_str())
    }
}

/// How a user signs in; read in any case, because spreadsheets capitalize words. The column alone decides; `[saml] email_domains` only sets it when an address comes in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, strum::EnumString, strum::IntoStaticStr, strum::VariantArray)]
#[strum(serialize_all = "lowercase", ascii_case_insensitive, parse_err_ty = String, parse_err_fn = unknown_sign_in)]
pub enum SignIn {
    /// With a password kept here.
    Password,
    /// At the organization's SAML identity provider; no password is ever set here.
    Saml,
}

impl SignIn {
    /// The word in the store, in data and in options.
    pub fn word(self) -> &'static str {
        self.into()
    }
}

fn unknown_sign_in(text: &str) -> String {
    format!("`{}` is not a sign-in: take `password` or `saml`", text::quoted(text, 40))
}

/// A lock that keeps a user from signing in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Lock {
    /// When it ends by itself; `None`: only `users unlock` ends it.
    pub until: Option<Timestamp>,
    /// Why, as the operator gave it.
    pub reason: Option<String>,
}

impl Lock {
    /// Whether the lock keeps the user out at `now`.
    pub fn is_in_force(&self, now: Timestamp) -> bool {
        lock_is_in_force(self.until, now)
    }
}

/// What locking a user changes, whose lock may be in force already.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum LockChange {
    /// The user gets this lock.
    Set(Lock),
    /// The same lock is in force.
    Same,
    /// The lock in force ends later, and stays as it is.
    Kept(Lock),
}

/// Whether a lock that ends at `until` (`None`: only by `users unlock`) ends later than one that ends at `other`. Seconds count,
/// as in the store. `store/sqlite/users.rs` has a copy in SQL, which a property test holds to it.
pub fn lock_ends_later(until: Option<Timestamp>, other: Option<Timestamp>) -> bool {
    other.is_some_and(|other| until.is_none_or(|until| until.as_second() > other.as_second()))
}

/// Whether a lock that ends at `until` (`None`: only by `users unlock`) keeps its user out at `now`. At its end the user is
/// free. This is the rule; `store/sqlite/users.rs` and the view `login` have fast copies of it in SQL, which a property test holds
/// to it.
pub fn lock_is_in_force(until: Option<Timestamp>, now: Timestamp) -> bool {
    until.is_none_or(|until| until > now)
}

/// Whether a user may sign in at all.
#[derive(Debug, Clone, Copy, PartialEq, Eq, strum::EnumString, strum::IntoStaticStr, strum::VariantArray)]
#[strum(serialize_all = "lowercase", ascii_case_insensitive, parse_err_ty = String, parse_err_fn = unknown_status)]
pub enum Status {
    /// They may.
    Active,
    /// A lock is in force.
    Locked,
}

impl Status {
    /// The word in data and in options.
    pub fn word(self) -> &'static str {
        self.into()
    }
}

fn unknown_status(text: &str) -> String {
    format!("`{}` is not a status: take `active` or `locked`", text::quoted(text, 40))
}

/// A user as stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct User {
    /// The number.
    pub id: UserId,
    /// The name to sign in with.
    pub username: Username,
    /// The address that mail goes to.
    pub email: EmailAddress,
    /// The person's name; may be empty.
    pub name: String,
    /// The role.
    pub role: RoleId,
    /// How the user signs in.
    pub sign_in: SignIn,
    /// The language of mails and pages, a BCP 47 tag; `None`: the organization's.
    pub locale: Option<String>,
    /// The lock, in force or past.
    pub lock: Option<Lock>,
    /// The password, if there is one.
    pub password: Option<PasswordStatus>,
    /// Whether the user must choose another password at the next sign-in. Of a user without a password it is about the one that
    /// an operator sets next.
    pub must_change_password: bool,
    /// Raised by whatever must end the sessions a login system has open.
    pub session_epoch: i64,
    /// That the address takes no mail, as a delivery report said.
    pub bounce: Option<Bounce>,
    /// The last login that `verify-password` or the portal saw.
    pub last_login_at: Option<Timestamp>,
    /// When the user was added.
    pub created_at: Timestamp,
    /// When the record last changed.
    pub updated_at: Timestamp,
}

impl User {
    /// Whether the user must choose another password than the first one that an operator sets.
    pub fn must_change_password_next(&self) -> bool {
        self.must_change_password && self.password.is_none()
    }

    /// Whether the user may sign in at `now`.
    pub fn status(&self, now: Timestamp) -> Status {
        if self.is_locked(now) { Status::Locked } else { Status::Active }
    }

    /// Whether a lock is in force at `now`.
    pub fn is_locked(&self, now: Timestamp) -> bool {
        self.lock.as_ref().is_some_and(|lock| lock.is_in_force(now))
    }

    /// What `lock` changes for the user at `now`. A lock in force never ends sooner by another one: only `users unlock` ends it.
    /// It keeps its reason where `lock` gives none. `store/sqlite/selected_users.rs` has a copy in SQL for many users, which a property test
    /// holds to it.
    pub fn locking(&self, lock: &Lock, now: Timestamp) -> LockChange {
        let Some(old) = self.lock.as_ref().filter(|old| old.is_in_force(now)) else {
            return LockChange::Set(lock.clone());
        };
        if lock_ends_later(old.until, lock.until) {
            return LockChange::Kept(old.clone());
        }
        let reason = lock.reason.clone().or_else(|| old.reason.clone());
        let is_same = !lock_ends_later(lock.until, old.until) && reason == old.reason;
        if is_same { LockChange::Same } else { LockChange::Set(Lock { until: lock.until, reason }) }
    }

    /// Whether the user may sign in with a password at `now`: the rule of the view `login`, which shows those of them whose
    /// hash every reader takes.
    pub fn may_log_in(&self, now: Timestamp, times: &PasswordTimes) -> bool {
        self.has_password_to_try(now) && !self.has_expired_password(now, times)
    }

    /// Whether a password of the user can be compared at `now`, also a temporary one that has ended.
    pub fn has_password_to_try(&self, now: Timestamp) -> bool {
        self.sign_in == SignIn::Password && self.password.is_some() && !self.is_locked(now)
    }

    /// Whether the user's password was temporary and has ended by `now`.
    pub fn has_expired_password(&self, now: Timestamp, times: &PasswordTimes) -> bool {
        self.password.as_ref().is_some_and(|password| times.has_expired(password, now))
    }

    /// Whether the user must choose another password at the next sign-in: somebody demands it, or the password has reached its
    /// greatest age at `now`.
    pub fn must_change(&self, now: Timestamp, times: &PasswordTimes) -> bool {
        let is_too_old = |password| times.is_too_old(password, self.role, now);
        self.must_change_password || self.password.as_ref().is_some_and(is_too_old)
    }

    /// From when on the user may change a password that they chose, where `least` is its least age and it is younger; `None`: now.
    /// A password that must be changed, and one that somebody else chose, can always be changed. So can one that a clock set which
    /// was ahead of `now`.
    pub fn must_keep_password_until(
        &self,
        least: Duration,
        now: Timestamp,
        times: &PasswordTimes,
    ) -> Option<Timestamp> {
        let password = self.password.as_ref().filter(|password| password.is_own && password.set_at <= now)?;
        let end = end_of(password.set_at, least);
        (end > now && !self.must_change(now, times)).then_some(end)
    }
}

/// Judges a language tag: letters, digits and hyphens (RFC 5646, 2.1, in outline).
///
/// # Errors
/// A line that says what a tag looks like.
pub fn validate_locale(text: &str) -> Result<(), String> {
    let fits = |part: &str| (1..=8).contains(&part.len()) && part.bytes().all(|byte| byte.is_ascii_alphanumeric());
    let language = text.split('-').next().unwrap_or("");
    if text.len() <= 35 && (2..=3).contains(&language.len()) && text.split('-').all(fits) {
        return Ok(());
    }
    Err(format!("`{}` is not a language tag such as `en` or `de-AT`", text::quoted(text, 40)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn usernames_are_plain_ascii() {
        assert!("alice.o_brien-2".parse::<Username>().is_ok());
        assert_eq!("".parse::<Username>(), Err(UsernameError::Empty));
        assert_eq!("-rf".parse::<Username>(), Err(UsernameError::Start('-')));
        assert_eq!("a".repeat(65).parse::<Username>(), Err(UsernameError::TooLong));
        assert_eq!("аlice".parse::<Username>(), Err(UsernameError::Character("а".to_owned())));
        assert_eq!("a\u{1b}[2J".parse::<Username>(), Err(UsernameError::Character("\\u{1b}".to_owned())));
    }

    #[test]
    fn a_reference_with_an_at_is_an_address() {
        assert_eq!(UserReference::new("alice"), UserReference::Username("alice".to_owned()));
        assert_eq!(UserReference::new("a@b"), UserReference::Email("a@b".to_owned()));
    }

    #[test]
    fn language_tags_have_their_form() {
        assert!(["en", "de-AT", "zh-Hant-TW"].iter().all(|tag| validate_locale(tag).is_ok()));
        assert!(["", "e", "english", "de_AT", "de-", "de\n"].iter().all(|tag| validate_locale(tag).is_err()));
    }
}
